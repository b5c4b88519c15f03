"""Scores of drawn images beside real ones: points in the 64 features of the course's classifier. No log p(x) in them.

Each score can be fooled by a generator made for it, so one alone says little. They depend on how many images are
compared, so compare only scores of equal numbers. Compare like with like: pixel probabilities (grey) with grey images,
Bernoulli draws with black-and-white ones. All need real images that are drawn at random: the first half of MNIST's
test set is another distribution than the second.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.evaluation import hole_fraction
from vae_helpers.fidelity import features_and_logits, load_classifier
from vae_helpers.validation import as_seed, check_dtype_of, check_finite, check_takes, check_whole, checked

CHUNK = 500  # points at a time: with 5,000 others, 20 MB of distances
SAME = 1e-6  # of the largest distance from the middle: points nearer than that are the same, but for rounding


class SampleScores(NamedTuple):
    """What four scores, in five numbers, say of drawn images.

    >>> SampleScores(holes=0.2, imbalance=0.08, frechet=88.3, precision=0.64, recall=0.75).recall
    0.75
    """

    holes: float  # share in which the classifier is less than 80 % sure of any digit; real test images: 0.01
    imbalance: float  # share that would have to change its class, for ten equal ones
    frechet: float  # squared distance of the two Gaussians; 0 is the same
    precision: float  # share of drawn images that lie where real ones lie
    recall: float  # share of real images that lie where drawn ones lie


@checked
def score_samples(drawn: Float[Tensor, "N 1 28 28"], real: Float[Tensor, "M 1 28 28"], k: int = 3) -> SampleScores:
    """All scores of images that a generator has drawn, beside real ones.

    >>> images = torch.rand(20, 1, 28, 28)
    >>> scores = score_samples(drawn=images, real=images)  # a copy of every real image
    >>> (scores.precision, scores.recall, abs(round(scores.frechet, 3)))
    (1.0, 1.0, 0.0)

    Args:
        drawn: pixel probabilities, as from ``VAE.sample``, if the real images are grey; draws, if black and white.
        real: drawn at random from a data set; as many as ``drawn`` where two generators are to be compared.
        k: neighbours, of :func:`precision_and_recall`.

    Raises:
        TypeError: images of another dtype than the classifier's weights (float32).
        ValueError: values outside [0, 1], or no more than k images.
    """
    return score_features(digit_features(drawn, name="drawn"), digit_features(real, name="real"), k)


@checked
@torch.no_grad()
def score_features(drawn: Float[Tensor, "N 64"], real: Float[Tensor, "M 64"], k: int = 3) -> SampleScores:
    """:func:`score_samples` of features that are there already, so that those of real images are computed once.

    >>> features = digit_features(torch.rand(20, 1, 28, 28))
    >>> score_features(drawn=features[:10], real=features[10:]) == score_features(features[:10], features[10:])
    True

    Args:
        drawn, real: as from :func:`digit_features`.
        k: neighbours.

    Raises:
        TypeError: drawn features of another dtype than the classifier's weights (float32).
        ValueError: NaN, or no more than k points.
    """
    judge = load_classifier()
    check_dtype_of(judge, drawn=drawn)
    precision, recall = precision_and_recall(real, drawn, k)
    logits = judge.layers[-1](drawn)
    return SampleScores(
        holes=hole_fraction(logits).item(),
        imbalance=imbalance(class_shares(logits)).item(),
        frechet=frechet_distance(drawn, real).item(),
        precision=precision,
        recall=recall,
    )


def score_seeds(
    generate: Callable[[int, int], Float[Tensor, "N 1 28 28"]],
    real: Float[Tensor, "M 1 28 28"],
    n: int = 1000,
    seeds: int = 5,
) -> list[SampleScores]:
    """:func:`score_samples` with seeds 0, 1, ...: each draws ``n`` samples, and ``n`` of the real images at random.

    >>> images = torch.rand(30, 1, 28, 28)
    >>> len(score_seeds(lambda n, seed: random_images(images, n, seed), images, n=10, seeds=2))
    2

    Args:
        generate: draws n images with a seed, as ``lambda n, seed: model.sample(n, seed=seed)`` does.
        real: at least n; the fewer beyond, the more the draws have in common, and the less their spread says.
        n: images of each kind, more than 3.
        seeds: how many.

    Raises:
        TypeError: ``generate`` can't be called so, or gives images of another dtype than float32.
        ValueError: unusable images, or fewer than ``n``.
    """
    check_whole(1, n=n, seeds=seeds)
    check_takes("generate", generate, n, 0)
    return [score_samples(generate(n, seed), random_images(real, n, seed)) for seed in range(seeds)]


@checked
def random_images(images: Float[Tensor, "M 1 28 28"], n: int, seed: int = 0) -> Float[Tensor, "N 1 28 28"]:
    """``n`` of the images, chosen at random, none twice.

    >>> random_images(torch.rand(5, 1, 28, 28), 3).shape
    torch.Size([3, 1, 28, 28])

    Raises:
        ValueError: there are fewer, or n < 1.
    """
    check_whole(1, n=n)
    if len(images) < n:
        raise ValueError(f"images: want at least {n}, got {len(images)}")
    return images[torch.randperm(len(images), generator=Generator().manual_seed(as_seed(seed)))[:n]]


def digit_features(images: Float[Tensor, "N 1 28 28"], name: str = "images") -> Float[Tensor, "N 64"]:
    """The 64 numbers, all >= 0, from which the course's classifier reads the digit.

    >>> digit_features(torch.rand(5, 1, 28, 28)).shape
    torch.Size([5, 64])

    Args:
        images: values in [0, 1].
        name: for errors.

    Raises:
        TypeError: images of another dtype than the classifier's weights (float32).
        ValueError: no images, or values outside [0, 1].
    """
    return features_and_logits(load_classifier(), images, name)[0]


@checked
def frechet_distance(a: Float[Tensor, "N F"], b: Float[Tensor, "M F"]) -> Float[Tensor, ""]:
    """The *squared* Fréchet distance of two Gaussians that have the means and covariances of two sets of points.

    |mean_a - mean_b|^2 + tr(A + B - 2 (A^1/2 B A^1/2)^1/2). Of Inception's features it is the FID; of the 64 features
    here it is another number, not to be compared with published ones. It sees no more than means and covariances, and
    from few points it comes out too high. Computed in float64.

    >>> a = torch.tensor([[0.0], [2.0]])  # mean 1, variance 2
    >>> frechet_distance(a, a + 3)
    tensor(9., dtype=torch.float64)

    Args:
        a, b: at least two points each; a feature that never changes is welcome.

    Raises:
        ValueError: NaN, fewer than two points, or points of different dimensions.

    Source: Dowson and Landau 1982, "The Fréchet distance between multivariate normal distributions"; of features:
    Heusel et al. 2017 (arXiv 1706.08500), equation 6.
    """
    check_finite(a=a, b=b)
    _check_more_than(1, a=a, b=b)
    a, b = a.double(), b.double()
    cov_a, cov_b = torch.atleast_2d(a.T.cov()), torch.atleast_2d(b.T.cov())  # of one feature, cov() is a number
    root = sqrt_of(cov_a)
    between = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return between + (cov_a + cov_b - 2 * sqrt_of(root @ cov_b @ root)).trace()


@checked
def sqrt_of(matrix: Float[Tensor, "F F"]) -> Float[Tensor, "F F"]:
    """The symmetric square root of a covariance matrix: multiplied by itself, it gives the matrix again.

    >>> sqrt_of(torch.tensor([[5.0, 4.0], [4.0, 5.0]])).round()
    tensor([[2., 1.],
            [1., 2.]])

    Args:
        matrix: symmetric, no eigenvalue below 0 but by rounding.

    Raises:
        ValueError: NaN, or no square matrix.
    """
    check_finite(matrix=matrix)
    eigenvalues, vectors = torch.linalg.eigh(matrix)
    return vectors * eigenvalues.clamp(min=0).sqrt() @ vectors.T


@checked
def precision_and_recall(real: Float[Tensor, "N F"], drawn: Float[Tensor, "M F"], k: int = 3) -> tuple[float, float]:
    """Which share of the drawn points lies among the real ones, and which share of the real ones among the drawn.

    Each point of a set has a ball that reaches to its k-th nearest neighbour in that set; a point of the other set
    lies among them if it is in any of the balls (their rim included). Where more than k points are copies of one,
    their balls have radius 0 and hold further copies alone: fifty copies of each of a hundred images have a recall
    near 0. A drawn point far from all others has a large ball, so a few of them can raise recall.

    >>> real = torch.tensor([[0.0], [1.0], [2.0], [9.0]])
    >>> precision_and_recall(real, drawn=torch.tensor([[1.0], [1.5], [1.75]]), k=1)
    (1.0, 0.5)

    Args:
        real, drawn: features of images, more than k each; memory grows with their number, not with its square.
        k: which neighbour.

    Raises:
        ValueError: NaN, no more than k points, or points of different dimensions.

    Source: Kynkäänniemi et al. 2019 (arXiv 1904.06991), equations 1 and 2.
    """
    check_whole(1, k=k)
    check_finite(real=real, drawn=drawn)
    _check_more_than(k, real=real, drawn=drawn)
    middle = real.double().mean(dim=0)
    real, drawn = real.double() - middle, drawn.double() - middle
    slack = SAME * torch.cat([real, drawn]).norm(dim=1).max()
    reach_real, reach_drawn = (_reach(points, k) + slack for points in (real, drawn))
    drawn_inside, real_inside = torch.zeros(len(drawn), dtype=torch.bool), []
    for part, reach in zip(real.split(CHUNK), reach_real.split(CHUNK), strict=True):
        distances = torch.cdist(part, drawn)
        drawn_inside |= (distances <= reach[:, None]).any(dim=0)
        real_inside.append((distances <= reach_drawn).any(dim=1))
    return drawn_inside.double().mean().item(), torch.cat(real_inside).double().mean().item()


def _reach(points: Tensor, k: int) -> Tensor:
    """Of each point, the distance to its k-th nearest neighbour, itself not counted (a copy of it is)."""
    reach = []
    for start in range(0, len(points), CHUNK):
        distances = torch.cdist(points[start : start + CHUNK], points)
        distances.diagonal(start).fill_(torch.inf)
        reach.append(distances.topk(k, dim=1, largest=False).values[:, -1])
    return torch.cat(reach)


def class_shares(class_logits: Float[Tensor, "N K"]) -> Float[Tensor, " K"]:
    """The share of each class, by a classifier's outputs.

    >>> class_shares(torch.tensor([[2.0, 0.0], [3.0, 1.0], [0.0, 1.0], [1.0, 0.0]]))
    tensor([0.7500, 0.2500])
    """
    return class_logits.argmax(dim=1).bincount(minlength=class_logits.shape[1]) / len(class_logits)


@checked
def imbalance(shares: Float[Tensor, " K"]) -> Float[Tensor, ""]:
    """The total variation from equal shares: what part of all would have to change its class. 0 is balanced.

    >>> imbalance(torch.tensor([0.5, 0.3, 0.2, 0.0]))  # from 1/4 each
    tensor(0.3000)
    """
    check_whole(1, classes=len(shares))
    return (shares - 1 / len(shares)).clamp(min=0).sum()


def _check_more_than(k: int, **sets: Tensor) -> None:
    for name, points in sets.items():
        if len(points) <= k:
            raise ValueError(f"{name}: want more than {k} points, got {len(points)}")
