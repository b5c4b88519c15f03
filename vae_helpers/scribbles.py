"""Odd strokes, made by rule, and how well a score tells them from ordinary ones.

They have all that can be had without writing a digit: eight points, edges that are touched, a tablet's units. So a
score can't win by telling numbers of another make.
"""

import math

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor
from torch.distributions import MultivariateNormal

from vae_helpers.data.pen_digits import POINTS, UNITS
from vae_helpers.pen import resample, stretch
from vae_helpers.validation import as_seed, check_finite, check_some, check_unit_interval, check_whole, checked

SLIP = 0.1  # how far aside the one point is: a tenth of the frame
WAVES = 3  # of which a scribble is made in x, and in y
SEEN = 60  # places of a scribble's pen, before they are resampled
CHUNK = 500  # strokes at a time, where each is compared with all


@checked
def odd_strokes(
    strokes: Float[Tensor, "N 8 2"], labels: Integer[Tensor, " N"], seed: int = 0
) -> dict[str, Float[Tensor, "N 8 2"]]:
    """Six kinds of odd strokes by their name, as many of each as there are digits, in [0, 1] as the digits are.

    >>> digits, labels = torch.rand(4, 8, 2), torch.tensor([2, 7, 7, 1])
    >>> {kind: len(odd) for kind, odd in odd_strokes(digits, labels).items()}
    {'scribbles': 4, 'backwards': 4, 'mirrored': 4, 'spliced': 4, 'shuffled': 4, 'one point aside': 4}

    Args:
        strokes: digits, from 0 to 1.
        labels: their classes.
        seed: for all draws.

    Returns:
        - "scribbles": smooth lines of no digit (:func:`scribbles`).
        - "backwards": each digit from its last point to its first; the ink is the same.
        - "mirrored": left and right exchanged.
        - "spliced": the first four points of a digit, then the last four of one of another class.
        - "shuffled": the points of a digit in random order.
        - "one point aside": one of the points, any, moved by 0.1 in any direction.

    Raises:
        TypeError, ValueError: values outside [0, 1], no strokes, or all of one class, of which none can be spliced.
    """
    check_unit_interval(strokes=strokes)
    check_some(strokes=strokes)
    if labels.unique().numel() < 2:
        raise ValueError(f"labels: want two classes or more, got {labels.unique().numel()}")
    generator = Generator().manual_seed(as_seed(seed))
    n = torch.arange(len(strokes))
    mirrored = torch.stack([1 - strokes[..., 0], strokes[..., 1]], dim=2)
    others = strokes[_others(labels.cpu(), generator)]
    spliced = torch.cat([strokes[:, : POINTS // 2], others[:, POINTS // 2 :]], dim=1)
    order = torch.rand(strokes.shape[:2], generator=generator).argsort(dim=1)
    aside = strokes.clone()
    angle = 2 * math.pi * torch.rand(len(strokes), generator=generator)
    which = torch.randint(POINTS, n.shape, generator=generator)
    aside[n, which] += SLIP * torch.stack([angle.cos(), angle.sin()], dim=1).to(strokes)
    return {
        "scribbles": scribbles(len(strokes), seed).to(strokes),
        "backwards": strokes.flip(1),
        "mirrored": mirrored,
        "spliced": _on_the_tablet(spliced, generator),
        "shuffled": strokes[n[:, None], order],
        "one point aside": _on_the_tablet(aside, generator),
    }


def scribbles(n: int, seed: int = 0) -> Float[Tensor, "n 8 2"]:
    """Smooth lines of no digit: x and y are sums of three waves with random heights and phases.

    >>> scribbles(3).shape
    torch.Size([3, 8, 2])

    They touch all four edges, as the data do. Wave k has k halves from the line's start to its end, and a height from
    N(0, 1/k^2). Some look like a digit, as a hand's scribbles may.

    Args:
        n: how many.
        seed: for them.

    Raises:
        ValueError: a number that is not whole and >= 1.
    """
    check_whole(1, n=n)
    generator = Generator().manual_seed(as_seed(seed))
    k = torch.arange(1, WAVES + 1)
    heights = torch.randn(int(n), 2, WAVES, generator=generator) / k
    phases = 2 * math.pi * torch.rand(heights.shape, generator=generator)
    times = torch.linspace(0, 1, SEEN)[:, None, None, None]
    lines = (heights * torch.cos(math.pi * k * times + phases)).sum(dim=3)  # (SEEN, n, 2)
    return _on_the_tablet(torch.stack([resample(line) for line in lines.unbind(dim=1)]), generator)


@checked
def auc(ordinary: Float[Tensor, " N"], odd: Float[Tensor, " M"]) -> float:
    """The probability that an odd one's score is above an ordinary one's: 1 is perfect, 0.5 is a coin. Ties count half.

    It is the area under the receiver operating characteristic (AUC): the share of odd ones found against the share of
    ordinary ones that are suspected too, over all thresholds.

    >>> auc(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))  # of four pairs, three are right and one is tied
    0.875

    Args:
        ordinary, odd: scores, of any unit: the higher, the odder.

    Raises:
        ValueError: no scores of one of the two, or NaN.

    Source: Hanley & McNeil 1982, *Radiology* 143, 29-36.
    """
    check_some(ordinary=ordinary, odd=odd)
    for name, scores in (("ordinary", ordinary), ("odd", odd)):
        if scores.isnan().any():
            raise ValueError(f"{name}: contains NaN, which is neither above nor below a score")
    right = sum((part[:, None] > ordinary).sum().item() for part in odd.split(CHUNK))
    tied = sum((part[:, None] == ordinary).sum().item() for part in odd.split(CHUNK))
    return (right + 0.5 * tied) / (len(ordinary) * len(odd))


@checked
def nearest_distance(strokes: Float[Tensor, "N 8 2"], known: Float[Tensor, "M 8 2"]) -> Float[Tensor, " N"]:
    """The distance of each stroke to the nearest known one, over all 16 numbers: a score that needs no training.

    >>> nearest_distance(torch.zeros(1, 8, 2), torch.stack([torch.ones(8, 2), torch.full((8, 2), 0.5)]))
    tensor([2.])

    Args:
        strokes: to be scored.
        known: ordinary ones.

    Returns:
        One distance a stroke, in the units of its coordinates: for those from 0 to 1, sides of the square.

    Raises:
        ValueError: no known strokes, or NaN.
    """
    check_some(known=known)
    check_finite(strokes=strokes, known=known)
    mode = "donot_use_mm_for_euclid_dist"  # the matrix product loses digits, and differs between processors
    parts = [torch.cdist(part, known.flatten(1), compute_mode=mode).amin(1) for part in strokes.flatten(1).split(CHUNK)]
    return torch.cat(parts)


@checked
def class_gaussians_nll(
    strokes: Float[Tensor, "N 8 2"], known: Float[Tensor, "M 8 2"], labels: Integer[Tensor, " M"]
) -> Float[Tensor, " N"]:
    """-log p(x) of each stroke under a mixture: a full Gaussian for each class of the known strokes, in nats.

    >>> known, labels = torch.rand(100, 8, 2), torch.arange(2).repeat(50)
    >>> class_gaussians_nll(known[:3], known, labels).shape
    torch.Size([3])

    Args:
        strokes: to be scored.
        known, labels: ordinary ones, and their classes.

    Returns:
        One value a stroke; a density's, so it may be negative.

    Raises:
        ValueError: no strokes, NaN, or a class whose known ones are too few or too much alike to have a density on 16
            numbers.
    """
    check_some(strokes=strokes, known=known)
    check_finite(strokes=strokes, known=known)
    each = []
    for label in labels.unique():
        own = known[labels == label].flatten(1).double()
        if len(own) <= own.shape[1]:
            raise ValueError(f"labels: want more than {own.shape[1]} of each class, got {len(own)} of {label}")
        covariance = torch.cov(own.T)
        if torch.linalg.cholesky_ex(covariance).info:
            raise ValueError(f"known: want strokes of each class that vary in all 16 numbers, got none so of {label}")
        gaussian = MultivariateNormal(own.mean(dim=0), covariance)
        each.append(gaussian.log_prob(strokes.flatten(1).double()) + math.log(len(own) / len(known)))
    return -torch.stack(each).logsumexp(dim=0).to(strokes.dtype)


def _others(labels: Integer[Tensor, " N"], generator: Generator) -> Integer[Tensor, " N"]:
    """For each example the number of one of another class, drawn at random."""
    chances = ((part[:, None] != labels).float() for part in labels.split(CHUNK))
    return torch.cat([torch.multinomial(part, 1, generator=generator)[:, 0] for part in chances])


def _on_the_tablet(strokes: Float[Tensor, "N T 2"], generator: Generator) -> Float[Tensor, "N T 2"]:
    """Stretched to the edges, noted in the tablet's whole numbers, and spread over their steps, as the data are."""
    places = (stretch(strokes) * UNITS).floor()
    return (places + torch.rand(places.shape, generator=generator).to(places)) / UNITS
