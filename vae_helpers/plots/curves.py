"""Curves and dots: losses by epoch, densities and lengths along a path, the integrand of the KL, convergence."""

import math

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.plots.colors import CLASS_COLORS
from vae_helpers.training import History

LINE_STYLES = (  # told apart by dashes as well as by colour
    {"color": "black", "ls": "-"},
    {"color": "#0b5fa5", "ls": "--"},
    {"color": "#c75000", "ls": "-."},
    {"color": "0.45", "ls": (0, (1, 1))},
    {"color": "#832db6", "ls": (0, (6, 1, 1, 1, 1, 1))},
)


def loss_curves(history: History, fig: Figure | None = None) -> Figure:
    """Total, reconstruction and KL by epoch, training and (where measured) test, in nats per image."""
    fig = fig or plt.figure(figsize=(9, 2.8))
    fig.clear()
    for axis, term in zip(fig.subplots(1, 3), ("total", "reconstruction", "kl"), strict=True):
        for split, style in (("train", "o--"), ("test", "o-")):
            if history.rows and f"{split}_{term}" in history.rows[0]:
                axis.plot(history["epoch"], history[f"{split}_{term}"], style, ms=3, label=split)
        title = {"total": "negative ELBO", "reconstruction": "reconstruction", "kl": "KL"}[term]
        axis.set(title=title, xlabel="epoch", ylabel="nats per image" if term == "total" else "")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend(frameon=False)
    fig.tight_layout()
    return fig


def path_profile(t: Tensor, densities: dict[str, Tensor], classes: Tensor) -> Figure:
    """Log-densities along a path, over a band with the class that each point belongs to; all of shape (T,)."""
    fig, (top, band) = plt.subplots(2, 1, figsize=(8, 3.2), sharex=True, height_ratios=[5, 1])
    for (name, values), style in zip(densities.items(), ("-", "--", ":"), strict=False):
        top.plot(t.numpy(), values.numpy(), style, color="black", label=name)
    top.set(ylabel="log-density, nats")
    top.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    top.grid(alpha=0.3)
    edges = [0, *((classes[1:] != classes[:-1]).nonzero().flatten() + 1).tolist(), len(classes)]
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        digit, width = int(classes[start]), (stop - start) / len(classes)
        band.barh(0, width, left=start / len(classes), color=CLASS_COLORS[digit], edgecolor="white")
        if width > 0.03:
            band.text((start + stop) / 2 / len(classes), 0, str(digit), ha="center", va="center", weight="bold")
    band.set(yticks=[], xlabel="t", xlim=(0, 1), ylabel="class")
    fig.tight_layout()
    return fig


def path_lengths(t: Tensor, lengths: dict[str, Tensor], prior_lengths: Tensor) -> Figure:
    """|z| along many paths, each (paths, T): their mean, and shaded where 90 % of them lie.

    A grey band holds 95 % of the lengths of the prior's samples, (N,).
    """
    fig, axis = plt.subplots(figsize=(7, 3.2))
    axis.axhspan(*prior_lengths.quantile(torch.tensor([0.025, 0.975])).tolist(), color="0.9", label="95 % of the prior")
    for (name, values), style in zip(lengths.items(), LINE_STYLES[1:], strict=False):
        low, high = values.quantile(torch.tensor([0.05, 0.95]), dim=0)
        axis.fill_between(t, low, high, color=style["color"], alpha=0.2, lw=0, label=f"90 % of {name}")
        axis.plot(t, values.mean(dim=0), **style, lw=2, label=f"{name}, mean")
    axis.set(xlabel="t", ylabel="|z|")
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.tight_layout()
    return fig


def dots(rows: dict[str, Tensor], xlabel: str, each: str = "one seed") -> Figure:
    """One row for each entry: a dot for each of its values, ``each`` says of what, and a line at their mean."""
    fig, axis = plt.subplots(figsize=(9, 0.45 * len(rows) + 1.1))
    for k, values in enumerate(rows.values()):
        axis.plot(values.numpy(), [k] * len(values), "o", color="black", alpha=0.6, label="" if k else each)
        axis.plot([values.mean().item()] * 2, [k - 0.3, k + 0.3], color="black", lw=2, label="" if k else "mean")
    axis.set(
        xlabel=xlabel, yticks=range(len(rows)), yticklabels=list(rows), ylim=(len(rows) - 0.5, -0.5), xlim=(0, None)
    )
    axis.grid(axis="x", alpha=0.3)
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.tight_layout()
    return fig


def kl_picture(mu: float, sigma: float) -> Figure:
    """q = N(mu, sigma^2) and p = N(0, 1), and the integrand q log(q/p) whose signed areas add up to the KL.

    The axis shows four standard deviations of q or more; the areas are those of the whole integrand.
    """
    reach = max(6, 2 * math.ceil((abs(mu) + 4 * sigma) / 2))
    q, p = (torch.distributions.Normal(*values) for values in ((mu, sigma), (0.0, 1.0)))
    shown = torch.linspace(-reach, reach, 1201, dtype=torch.float64)
    whole = mu + sigma * torch.linspace(-10, 10, 4001, dtype=torch.float64)
    curve, integrand = (q.log_prob(z).exp() * (q.log_prob(z) - p.log_prob(z)) for z in (shown, whole))
    above, below = (torch.trapezoid(part, whole).item() for part in (integrand.clamp(min=0), integrand.clamp(max=0)))
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2))
    left.plot(shown, p.log_prob(shown).exp(), "--", color="0.35", label="p")
    left.plot(shown, q.log_prob(shown).exp(), color="#0b5fa5", label="q")
    left.set(xlabel="z", ylabel="density", title="the two densities")
    left.legend(frameon=False)
    right.plot(shown, curve, color="black")
    right.fill_between(shown, curve.clamp(min=0), color="#8ec5f2")
    right.fill_between(shown, curve.clamp(max=0), color="#ffc766")
    right.axhline(0, color="0.5", lw=0.8)
    areas = f"blue {above:.3f} − orange {-below:.3f} = {above + below:.3f} nats"
    right.set(xlabel="z", ylabel="q log(q/p)", title=areas)
    fig.tight_layout()
    return fig


def convergence(sizes: Tensor, errors: dict[str, Tensor], band: Tensor) -> Figure:
    """Absolute errors of an estimate by sample size, each (T,), under its 95 % band (T,), on logarithmic axes."""
    fig, axis = plt.subplots(figsize=(7, 3.2))
    axis.fill_between(sizes, band, color="0.9", label="95 % band")
    for (name, values), marker in zip(errors.items(), "osd^", strict=False):
        axis.plot(sizes, values, marker, color="black", ms=4, alpha=0.7, mfc="none", label=name)
    axis.set(xscale="log", yscale="log", xlabel="number of samples", ylabel="absolute error, nats")
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axis.grid(alpha=0.3)
    fig.tight_layout()
    return fig


def lines(
    x: Tensor,
    curves: dict[str, Tensor],
    *,
    xlabel: str,
    ylabel: str,
    log: str = "",
    marks: dict[str, float] | None = None,
    ylim: tuple[float, float] | None = None,
) -> Figure:
    """Named curves (T,) over x (T,), told apart by their dashes; ``marks`` are named vertical lines.

    Args:
        log: the axes to make logarithmic: "", "x", "y" or "xy".
    """
    fig, axis = plt.subplots(figsize=(7.5, 3.2))
    for (name, values), style in zip(curves.items(), LINE_STYLES, strict=False):
        axis.plot(x, values, **style, lw=1.8, label=name)
    for k, (name, place) in enumerate((marks or {}).items()):
        axis.axvline(place, color="0.5", ls=":", lw=1)
        axis.annotate(name, (place, 0.97 - 0.1 * (k % 3)), xycoords=axis.get_xaxis_transform(), fontsize=9, va="top")
    axis.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    axis.set(xlabel=xlabel, ylabel=ylabel)
    if ylim:
        axis.set_ylim(ylim)
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axis.grid(alpha=0.3)
    fig.tight_layout()
    return fig
