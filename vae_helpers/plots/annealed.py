"""How far a bound lies below an exact log p(x), by the number of draws."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
from jaxtyping import AbstractArray, Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.plots.curves import LINE_STYLES
from vae_helpers.validation import check_finite, check_fits, check_whole

MARKERS = "osD^v"


def bound_bias(draws: Sequence[int], gaps: dict[str, Float[Tensor, "N S"]]) -> Figure:
    """Mean of bound - log p(x) by the number of draws, with bars of two standard errors; 0 is the exact log p(x).

    Args:
        draws: S numbers, rising.
        gaps: log p(x) - bound, a row an image, a column a number of draws, by the name of the q; up to five.

    Raises:
        TypeError: no dict of tensors.
        ValueError: no number of draws, fewer than two images, NaN, not a column for each number, or more than five
            names.
    """
    if not isinstance(gaps, dict) or not gaps:
        raise TypeError(f"gaps: want a dict of gaps by the name of q, got {gaps!r:.60}")
    if len(gaps) > len(LINE_STYLES):
        raise ValueError(f"gaps: want at most {len(LINE_STYLES)} names, got {len(gaps)}")
    check_whole(1, draws=len(draws))
    for name, values in gaps.items():
        _check_images(Float[Tensor, f"N {len(draws)}"], f"gaps[{name!r}]", values)
    fig, axis = plt.subplots(figsize=(9.5, 4.2), layout="constrained")
    axis.axhline(0, color="#0b8043", lw=3, alpha=0.6, label="exact $\\log p(x)$")
    for (name, values), style, marker in zip(gaps.items(), LINE_STYLES, MARKERS, strict=False):
        bars = 2 * values.std(dim=0) / math.sqrt(len(values))
        axis.errorbar(draws, -values.mean(dim=0), yerr=bars, **style, marker=marker, ms=6, lw=2, capsize=4, label=name)
    axis.set_xscale("log", base=2)
    axis.set_xticks(draws, [f"{k}" for k in draws])
    axis.set_xlabel("draws $K$ for each image (logarithmic)", fontsize=12)
    axis.set_ylabel("bound $-$ exact $\\log p(x)$, nats", fontsize=12)
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, fontsize=12, loc="lower right")
    return fig


def paired_gains(gains: dict[str, Float[Tensor, " N"]], xlabel: str) -> Figure:
    """A row for each name: a dot an image, and the mean of all with a bar of two standard errors; a line at 0.

    Args:
        gains: how much higher one answer is than another for the same image, in nats; at least two images.
        xlabel: what is compared.

    Raises:
        TypeError: no dict of tensors.
        ValueError: fewer than two images, or NaN.
    """
    if not isinstance(gains, dict) or not gains:
        raise TypeError(f"gains: want a dict of gains by name, got {gains!r:.60}")
    for name, values in gains.items():
        _check_images(Float[Tensor, " N"], f"gains[{name!r}]", values)
    fig, axis = plt.subplots(figsize=(9.5, 1.1 * len(gains) + 1.2), layout="constrained")
    axis.axvline(0, color="0.4", lw=1.5)
    for row, values in enumerate(gains.values()):
        label = None if row else "one image"
        axis.plot(values, [row] * len(values), "o", color="#0b5fa5", alpha=0.45, ms=8, mec="none", label=label)
        bar = 2 * values.std().item() / math.sqrt(len(values))
        style = {"fmt": "D", "color": "#c75000", "ms": 9, "capsize": 6, "lw": 2.5}
        label = None if row else "mean, two standard errors"
        axis.errorbar(values.mean().item(), row + 0.25, xerr=bar, **style, label=label)
    axis.set_yticks(range(len(gains)), gains, fontsize=12)
    axis.set_ylim(len(gains) - 0.4, -0.6)
    axis.set_xlabel(xlabel, fontsize=12)
    axis.grid(alpha=0.3, axis="x")
    fig.legend(frameon=False, fontsize=12, loc="outside upper center", ncols=2)
    return fig


def _check_images(wanted: type[AbstractArray], name: str, values: Tensor) -> None:
    check_fits(wanted, **{name: values})
    check_finite(**{name: values})
    if len(values) < 2:
        raise ValueError(f"{name}: want at least two images, got shape {tuple(values.shape)}")
