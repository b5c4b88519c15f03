"""A mean with its standard error, written with as many digits as the error allows."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.validation import check_finite, checked


class Estimate(NamedTuple):
    """A value and its standard error.

    >>> print(Estimate(98.7634, 0.2741), Estimate(91.7281, 1.0931), Estimate(4.7712, 0.0142))
    98.8 ± 0.3 91.7 ± 1.1 4.771 ± 0.014
    """

    value: float
    error: float

    def __str__(self) -> str:
        """The error with one digit, with two if the first is a 1; the value to the same place."""
        digits = places(self.error)
        return f"{self.value:,.{digits}f} ± {self.error:,.{digits}f}"

    def __neg__(self) -> "Estimate":
        return Estimate(-self.value, self.error)

    def __sub__(self, other: "Estimate") -> "Estimate":
        """The difference of two *independent* estimates, such as of different images. Else take ``mean_of`` of pairs.

        >>> print(Estimate(98.8, 0.3) - Estimate(98.3, 0.4))
        0.5 ± 0.5
        """
        if not isinstance(other, Estimate):
            return NotImplemented
        return Estimate(self.value - other.value, math.hypot(self.error, other.error))


def places(error: float) -> int:
    """How many digits after the point an error allows: one of its own, two if the first is a 1.

    >>> places(0.27), places(0.014), places(0.096), places(30.0)
    (1, 3, 1, 0)

    Raises:
        ValueError: an error that is negative, infinite or NaN.
    """
    if not 0 <= error < math.inf:
        raise ValueError(f"error: want a finite number >= 0, got {error}")
    if error == 0:
        return 2
    first, exponent = f"{error:.1e}".split("e")  # rounded to two digits: 0.096 is 9.6e-02
    if not first.startswith("1"):
        first, exponent = f"{error:.0e}".split("e")
    return max(0, (first[0] == "1") * ("." in first) - int(exponent))


@checked
def mean_of(values: Float[Tensor, " N"]) -> Estimate:
    """The mean over images, and the standard error of it: the standard deviation over the root of their number.

    For the difference of two models, or of two measures, give the differences image by image: its error is far
    smaller than those of the two means, since easy images are easy for both.

    >>> print(mean_of(torch.tensor([1.0, 2.0, 3.0, 2.0])))
    2.0 ± 0.4

    Args:
        values: one an image.

    Raises:
        ValueError: fewer than two values, or NaN.
    """
    if len(values) < 2:
        raise ValueError(f"values: want at least two, got {len(values)}")
    check_finite(values=values)
    values = values.double()
    return Estimate(values.mean().item(), values.std().item() / math.sqrt(len(values)))


def best_of(scores: Sequence[float]) -> Estimate:
    """By how much the lowest of some runs is below their mean, and the standard error of that mean.

    The best of five runs that differ by chance alone lies 1.16 standard deviations below, on average; this difference
    itself varies by 0.50 of them, hardly more than the mean, 0.45.

    >>> print(best_of([105.0, 104.0, 106.0]))
    1.0 ± 0.6

    Args:
        scores: two or more, the lower the better.

    Raises:
        ValueError: fewer than two scores, or NaN.
    """
    mean = mean_of(torch.tensor([*scores], dtype=torch.float64))
    return Estimate(mean.value - min(scores), mean.error)
