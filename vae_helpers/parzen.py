"""The Parzen-window score of a generator: log p of test images under a Gaussian around each of its samples.

The images are grey values in [0, 1], so this is the log of a density, and may lie above 0: not to be compared with the
log-probability of Bernoulli pixels.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.validation import check_positive, check_same_dtype, check_some, checked

CHUNK = 500  # images at a time: with 10,000 samples, 20 MB of distances
WIDTHS = (0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25, 0.275, 0.3)


@checked
def parzen_log_prob(
    samples: Float[Tensor, "S 1 28 28"], x: Float[Tensor, "N 1 28 28"], sigma: float
) -> Float[Tensor, " N"]:
    """log of the mean over samples s of N(x; s, sigma^2 I), in nats, for each image x.

    >>> x = torch.zeros(1, 1, 28, 28)
    >>> parzen_log_prob(x, x, sigma=1.0)  # -784/2 ln(2 pi)
    tensor([-720.4478])

    Raises:
        TypeError: samples and images of two dtypes.
        ValueError: no sample, no image, or a width that is not above 0.

    Source: Breuleux, Bengio and Vincent 2011; Theis, van den Oord and Bethge 2015 (arXiv 1511.01844) on what it hides.
    """
    check_positive(sigma=sigma)
    return _all_widths(samples, x, (sigma,))[0]


@checked
def best_width(
    samples: Float[Tensor, "S 1 28 28"], x: Float[Tensor, "N 1 28 28"], widths: Sequence[float] = WIDTHS
) -> float:
    """The width under which the images x (validation images, none of the samples) have the highest mean score.

    >>> x = torch.rand(20, 1, 28, 28)
    >>> best_width(x[:10], x[10:], widths=(0.01, 0.4, 10.0))
    0.4

    Raises:
        TypeError: samples and images of two dtypes.
        ValueError: no width, one that is not above 0, no sample, or no image.
    """
    if not len(widths):
        raise ValueError("widths: want at least one, got none")
    for width in widths:
        check_positive(widths=width)
    return widths[int(_all_widths(samples, x, widths).mean(dim=1).argmax())]


@torch.no_grad()
def _all_widths(samples: Tensor, x: Tensor, widths: Sequence[float]) -> Float[Tensor, "W N"]:
    """Every width from the same distances, which take nearly all of the time."""
    check_some(samples=samples, x=x)
    check_same_dtype(samples=samples, x=x)
    parts = []
    for part in x.flatten(1).split(CHUNK):
        squares = torch.cdist(part, samples.flatten(1)).square()
        parts.append(torch.stack([(-squares / (2 * sigma**2)).logsumexp(dim=1) for sigma in widths]))
    per_width = torch.tensor([x[0].numel() / 2 * math.log(2 * math.pi * sigma**2) for sigma in widths]).to(x)
    return torch.cat(parts, dim=1) - math.log(len(samples)) - per_width[:, None]
