"""What the importance slider shows, on paper: which draws carry the mean weight, and the bound's path over them."""

import math

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from vae_helpers.importance import effective_sample_size, log_mean_weights
from vae_helpers.validation import check_finite, check_fits, check_some, check_whole

BOUND, LARGEST, DRAWS, TRUTH = "#3f90da", "#0b3d6b", "#a9a9a9", "#a33e00"  # as in widgets/importance_slider.js
ORDERS = 20
BINS = 26


def draws_that_count(
    log_weights: dict[str, Tensor], truth: dict[str, float] | None = None, most: int | None = None
) -> Figure:
    """For one image each, a row: where the log weights lie and which carry the mean, and the bound over their number.

    On the left are the first ``most`` draws: their share in each bin (grey), and the share of the sum of the weights
    that comes from there (blue, the largest weight darker). On the right stands the log of the mean of the first k
    weights, as they were drawn (blue) and in twenty other orders (grey); dashed is the ELBO, the mean of all logs.

    Args:
        log_weights: (K,) in nats, by what the row is called.
        truth: log p(x) in nats of the rows where it is known, by the same names.
        most: the largest k; all draws when not given. With fewer, another order brings other draws.

    Raises:
        TypeError: log weights that are no tensors of floats.
        ValueError: no rows, no draws, a wrong shape, NaN, a ``most`` that is not from 1 to K, or a truth of no row.
    """
    truth = truth or {}
    check_whole(1, most=1 if most is None else most)
    if not log_weights or not set(truth) <= set(log_weights):
        raise ValueError(f"log_weights: want a row at least, and one for each of {[*truth]}, got {[*log_weights]}")
    for logs in log_weights.values():
        check_fits(Float[Tensor, " K"], log_weights=logs)
        check_some(log_weights=logs)
        check_finite(log_weights=logs)
        if most is not None and most > len(logs):
            raise ValueError(f"most: want at most {len(logs)}, as many as there are draws, got {most}")
    shape = {"figsize": (11.5, 1.85 * len(log_weights) + 0.5), "layout": "constrained", "width_ratios": (1, 1.15)}
    fig, axes = plt.subplots(len(log_weights), 2, squeeze=False, **shape)
    for (name, logs), (left, right) in zip(log_weights.items(), axes, strict=True):
        k = len(logs) if most is None else int(most)
        _draw_weights(left, logs[:k].double(), name)
        _draw_path(right, logs.double(), k, truth.get(name))
    axes[-1, 0].set_xlabel("log weight, nats")
    axes[-1, 1].set_xlabel("number of draws k")
    for column, names in ((0, 2), (1, 4)):
        pairs = [zip(*axis.get_legend_handles_labels(), strict=True) for axis in axes[:, column]]
        found = {label: handle for both in pairs for handle, label in both}  # the truth may be in a later row alone
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1.02), "ncols": names, "frameon": False, "fontsize": 10}
        axes[0, column].legend(found.values(), found.keys(), borderpad=0, handlelength=1.6, **place)
    return fig


def _draw_weights(axis: Axes, logs: Tensor, name: str) -> None:
    shares = logs.softmax(dim=0)
    low, high = logs.quantile(0.01).item(), logs.max().item()
    high = high if high > low else low + 1
    place = ((logs - low) / (high - low) * BINS).long().clamp(0, BINS - 1)
    of_draws = torch.bincount(place, minlength=BINS) / len(logs)
    of_weight = torch.zeros(BINS, dtype=logs.dtype).index_add(0, place, shares)
    width = (high - low) / BINS
    at = (low + width * torch.arange(BINS)).numpy()
    axis.bar(at, of_draws.numpy(), 0.48 * width, align="edge", color=DRAWS, label="share of the draws")
    axis.bar(at + width / 2, of_weight.numpy(), 0.48 * width, align="edge", color=BOUND, label="of the weight")
    top = int(place[logs.argmax()])
    axis.bar(at[top] + width / 2, shares.max().item(), 0.48 * width, align="edge", color=LARGEST)
    axis.axvline(logs.mean().item(), color="k", ls="--", lw=1.6)
    axis.axvline(log_mean_weights(logs[None]).item(), color="k", lw=1.6)
    effective = effective_sample_size(logs[None]).item()
    words = f"{name}\neffective {effective:.1f} of {len(logs):,}\none draw: {100 * shares.max():.1f} %"
    highest = max(0.15, of_draws.max().item(), of_weight.max().item())
    axis.set(xlim=(low - width, high + 0.6 * (high - low)), ylim=(0, 1.1 * highest))  # the words have the rest
    axis.text(0.985, 0.93, words, transform=axis.transAxes, ha="right", va="top", fontsize=11)
    axis.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")


def _draw_path(axis: Axes, logs: Tensor, most: int, truth: float | None) -> None:
    counts = torch.arange(1, most + 1)
    generator = Generator().manual_seed(0)
    orders = [torch.randperm(len(logs), generator=generator) for _ in range(ORDERS)]
    paths = [_path(logs[order][:most]) for order in orders]
    for i, path in enumerate(paths):
        axis.plot(counts, path, color=DRAWS, lw=0.7, alpha=0.8, label="other orders" if i == 0 else None)
    own = _path(logs[:most])
    axis.plot(counts, own, color="#0b5fa5", lw=2.4, label="bound")
    axis.plot(most, own[-1], "o", color=LARGEST, ms=7, clip_on=False, zorder=5)
    axis.axhline(logs.mean().item(), color="k", ls="--", lw=1.6, label="ELBO")
    if truth is not None:
        axis.axhline(truth, color=TRUTH, lw=2, label="log p(x), by a grid")
    ends = torch.stack([path[-1] for path in paths])
    below = min(logs.mean().item(), ends.min().item())
    above = max(torch.stack([*paths, own]).max().item(), -math.inf if truth is None else truth)
    room = max(above - below, 0.1)
    axis.set(xscale="log", xlim=(1, max(most, 2)), ylim=(below - 0.5 * room, above + 0.1 * room), ylabel="nats")
    axis.xaxis.set_major_formatter(lambda k, _: f"{k:,.0f}")
    axis.grid(alpha=0.3)


def _path(logs: Tensor) -> Tensor:
    """The log of the mean of the first k weights, for each k."""
    return logs.logcumsumexp(dim=0) - torch.arange(1, len(logs) + 1, dtype=logs.dtype).log()
