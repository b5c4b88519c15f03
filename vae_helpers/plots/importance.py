"""Bounds of log p(x) against the number of draws."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.validation import check_finite, check_fits

BOUND, TRUTH, LOGS = "#0b5fa5", "#c75000", "0.45"


def bounds_against_draws(
    draws: Sequence[int],
    bounds: dict[str, Float[Tensor, "N S"]],
    truth: dict[str, Float[Tensor, " N"]] | None = None,
) -> Figure:
    """A panel a model: the mean bound over images, with a band of one standard error of its rise from the first.

    Bounds of one image rise together, so that the rise is surer than the bound: the error is of paired differences.

    Args:
        draws: S of them, the first usually 1.
        bounds: by model, a column for each number of draws, as ``importance.bounds_by_draws`` gives them; at least
            two images.
        truth: log p(x) of the same images, of those models where it is known.

    Raises:
        TypeError: no dicts of tensors.
        ValueError: no model, fewer than two images, NaN, not one column for each number of draws, or a truth of other
            images or of no model.
    """
    truth = {} if truth is None else truth
    if not isinstance(bounds, dict) or not isinstance(truth, dict):
        raise TypeError(f"bounds and truth: want dicts by model, got {bounds!r:.60} and {truth!r:.60}")
    if not bounds:
        raise ValueError("bounds: want those of at least one model, got none")
    if not set(truth) <= set(bounds):
        raise ValueError(f"truth: want that of {', '.join(bounds)}, got that of {', '.join(truth)}")
    for name, values in bounds.items():
        check_fits(Float[Tensor, f"N {len(draws)}"], bounds=values)
        check_finite(bounds=values)
        if len(values) < 2:
            raise ValueError(f"bounds: want at least two images, got {len(values)}")
        if name in truth:
            check_fits(Float[Tensor, f"{len(values)}"], truth=truth[name])
            check_finite(truth=truth[name])
    fig, axes = plt.subplots(1, len(bounds), figsize=(5.2 * len(bounds), 3.9), squeeze=False, layout="constrained")
    for axis, (name, values) in zip(axes[0], bounds.items(), strict=True):
        _panel(axis, draws, values)
        if name in truth:
            axis.axhline(truth[name].mean().item(), color=TRUTH, ls="--", lw=2, label="log p(x), by a grid")
        axis.set_title(name, fontsize=13)
    axes[0, 0].set_ylabel("nats per image; higher is better", fontsize=12)
    told = {}
    for axis in fig.axes:
        told |= dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    fig.legend(told.values(), told.keys(), frameon=False, fontsize=11, ncols=3, loc="outside lower center")
    return fig


def _panel(axis: Axes, draws: Sequence[int], values: Float[Tensor, "N S"]) -> None:
    mean = values.mean(dim=0)
    error = (values - values[:, :1]).std(dim=0) / len(values) ** 0.5
    axis.fill_between(draws, mean - error, mean + error, color=BOUND, alpha=0.2, lw=0)
    axis.plot(draws, mean, "o-", color=BOUND, lw=2, ms=5, label="log of the mean of K weights")
    axis.axhline(mean[0].item(), color=LOGS, ls=":", lw=2, label="mean of their logs: the ELBO")
    axis.set(xscale="log")
    axis.set_xlabel("draws K", fontsize=12)
    axis.tick_params(labelsize=11)
    axis.grid(alpha=0.3)
