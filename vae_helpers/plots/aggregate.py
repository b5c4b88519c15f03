"""The pictures of notebook 09's table: where codes lie beside the prior, and what it costs to bring them there."""

import math
from itertools import groupby
from statistics import median
from typing import Any

import matplotlib.pyplot as plt
from jaxtyping import Float, Integer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from torch import Tensor

from vae_helpers.plots.colors import CLASS_COLORS
from vae_helpers.validation import check_fits, check_positive, checked

NAMES = {"ae": "AE", "vae": "VAE", "aae": "AAE", "wae": "WAE"}
PANELS = {  # of the table's columns: what stands above, and the value of a model whose codes are draws of the prior
    "reconstruction": ("reconstruction,\nnats per image", None),
    "mmd": ("squared MMD\n(logarithmic)", None),
    "variances": ("least and largest\nvariance of the codes", 1.0),
    "holes": ("holes, share of\n5,000 draws", None),
    "imbalance": ("imbalance of\nthe classes", None),
}
STYLES = (("o", "#0b5fa5"), ("s", "#c75000"), ("^", "#832db6"))  # told apart by shape, too
COLLAPSED = 0.1  # of the least variance of the codes, 1 for draws of the prior
LEAST = 1e-5  # an estimate of the MMD below it (it may lie below 0) is drawn there

Row = dict[str, Any]


def collapsed(row: Row) -> bool:
    """Whether the codes have (nearly) lost a direction, or all: the least variance along any is below 0.1."""
    return row["variances"][0] < COLLAPSED


@checked
def code_maps(codes: dict[str, Tensor], labels: Integer[Tensor, " N"], reach: float = 5.0) -> Figure:
    """Codes (N, 2) of the same images from several models, all on one scale; circles at 1 and 2 sd of N(0, I).

    Raises:
        TypeError: no dict, or an empty one; labels that are no whole numbers.
        ValueError: codes of another shape, or a reach that is not > 0.
    """
    check_positive(reach=reach)
    if not isinstance(codes, dict) or not codes:
        raise TypeError(f"codes: want a dict of codes by their titles, got {codes!r:.60}")
    fig, axes = plt.subplots(1, len(codes), figsize=(2.9 * len(codes) + 1, 3.4), sharey=True, squeeze=False)
    for axis, (name, points) in zip(axes[0], codes.items(), strict=True):
        check_fits(Float[Tensor, f"{len(labels)} 2"], **{f"codes[{name!r}]": points})
        for digit in labels.unique().tolist():
            own = points[labels == digit]
            axis.scatter(*own.T.numpy(), s=3, alpha=0.6, linewidths=0, color=CLASS_COLORS[digit], label=str(digit))
        for radius in (1, 2):
            axis.add_patch(Circle((0, 0), radius, fill=False, ec="black", lw=1.3, ls="--", zorder=3))
        axis.set(title=name, xlabel="$z_1$", xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes[0, 0].set_ylabel("$z_2$")
    axes[0, -1].legend(title="digit", markerscale=5, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    fig.tight_layout()
    return fig


def aggregate_scores(rows: list[Row]) -> Figure:
    """A row of panels for each number of latents, a column in each panel for each kind of model, a dot a seed.

    Args:
        rows: of the table, each kind at one weight.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError("rows: want at least one, got none")
    sizes = sorted({row["latent_dim"] for row in rows})
    kinds = [kind for kind in NAMES if any(row["kind"] == kind for row in rows)]
    fig, axes = plt.subplots(len(sizes), len(PANELS), figsize=(12, 2.5 * len(sizes) + 0.4), squeeze=False)
    for line, latent_dim in zip(axes, sizes, strict=True):
        for axis, (score, (title, ideal)) in zip(line, PANELS.items(), strict=True):
            for place, kind in enumerate(kinds):
                group = [row for row in rows if (row["kind"], row["latent_dim"]) == (kind, latent_dim)]
                _column(axis, place, [row[score] for row in group])
            if ideal is not None:
                axis.axhline(ideal, color="0.5", lw=1, zorder=0)
            axis.set_xticks(range(len(kinds)), [NAMES[kind] for kind in kinds])
            axis.set_xlim(-0.6, len(kinds) - 0.4)
            axis.set_yscale("log" if score == "mmd" else "linear")
            if score in ("variances", "holes", "imbalance"):
                axis.set_ylim(bottom=0)
            axis.grid(alpha=0.3, axis="y")
            if latent_dim == sizes[0]:
                axis.set_title(title, fontsize=11)
        line[0].set_ylabel(f"{latent_dim} latents", fontsize=12)
    fig.tight_layout()
    return fig


def _column(axis: Axes, place: int, values: list[Any]) -> None:
    """Dots beside one another; of a pair, the smaller as a triangle that points down, the larger as one up."""
    for k, value in enumerate(values):
        x = place + 0.16 * (k - (len(values) - 1) / 2)
        marks = zip("v^", value, strict=True) if isinstance(value, list) else [("o", value)]
        for mark, y in marks:
            axis.plot(x, max(y, LEAST), mark, color=STYLES[0][1], ms=6, alpha=0.8, mew=0)


def trade_offs(groups: dict[str, list[Row]]) -> Figure:
    """Reconstruction against the squared MMD, a panel for each number of latents; marks grow with the weight.

    The line goes through the medians of the runs at one weight; runs whose codes have collapsed are crossed out.

    Args:
        groups: by their names, rows of the table.

    Raises:
        TypeError: no dict, or an empty one.
        ValueError: more than three groups, or one without rows.
    """
    fig, panels = _panels(groups)
    for latent_dim, axis in panels.items():
        for (name, rows), (marker, colour) in zip(groups.items(), STYLES, strict=False):
            middles = {}
            for weight, own in _by_weight(rows, latent_dim).items():
                points = [(max(row["mmd"], LEAST), row["reconstruction"]) for row in own]
                size = 4.5 + 1.6 * len(middles)
                axis.plot(*zip(*points, strict=True), marker, color=colour, ms=size, alpha=0.65, mew=0)
                _cross_out(axis, [point for point, row in zip(points, own, strict=True) if collapsed(row)])
                middles[weight] = tuple(median(values) for values in zip(*points, strict=True))
            if middles:
                axis.plot(*zip(*middles.values(), strict=True), color=colour, lw=1.2, alpha=0.7, zorder=1)
            for weight in list(middles)[:: len(middles) - 1 or 1]:
                text = axis.annotate(f"{weight:g}", middles[weight], (7, 5), textcoords="offset points", color=colour)
                text.set_path_effects([withStroke(linewidth=3, foreground="white")])
            axis.plot([], [], marker, color=colour, ms=7, label=name)
        axis.set(xscale="log", xlabel="squared MMD of codes and prior (logarithmic)", ylabel="reconstruction, nats")
    return _finished(fig, panels)


def weight_costs(groups: dict[str, list[Row]], beside: list[Row]) -> Figure:
    """Reconstruction and the discriminator's loss against the weight, a column for each number of latents: a dot a run.

    Runs whose codes have collapsed are crossed out; the dashed lines are ln 2.

    Args:
        groups: by their names, rows of adversarial autoencoders.
        beside: rows of VAEs, whose reconstructions are a grey band.

    Raises:
        TypeError: no dict, or an empty one.
        ValueError: more than three groups, or one without rows.
    """
    fig, panels = _panels(groups, rows=2)
    for latent_dim, (upper, lower) in panels.items():
        for shift, ((name, rows), (marker, colour)) in enumerate(zip(groups.items(), STYLES, strict=False)):
            own = [row for row in rows if row["latent_dim"] == latent_dim]
            places = [row["weight"] * (0.92 + 0.16 * shift) for row in own]  # beside one another
            for axis, score in ((upper, "reconstruction"), (lower, "judge")):
                values = [row[score] for row in own]
                axis.plot(places, values, marker, color=colour, ms=7, alpha=0.75, mew=0, label=name)
                crossed = zip(places, values, own, strict=True)
                _cross_out(axis, [(x, y) for x, y, row in crossed if collapsed(row)])
        nats = [row["reconstruction"] for row in beside if row["latent_dim"] == latent_dim]
        if nats:
            upper.axhspan(min(nats), max(nats), color="0.6", alpha=0.6, lw=0, label="VAEs")
        lower.axhline(math.log(2), color="0.4", ls="--", lw=1)
        lower.text(0.99, math.log(2) + 0.02, "ln 2", transform=lower.get_yaxis_transform(), ha="right", color="0.3")
        weights = sorted({row["weight"] for rows in groups.values() for row in rows})
        for axis in (upper, lower):
            axis.set(xscale="log", xticks=weights, xticklabels=[f"{weight:g}" for weight in weights])
            axis.minorticks_off()
        lower.set(xlabel=r"$\lambda$ (logarithmic)", ylabel="D's loss at the end, nats", ylim=(-0.04, 0.84))
        upper.set(ylabel="reconstruction, nats")
    return _finished(fig, {latent_dim: upper for latent_dim, (upper, _) in panels.items()})


def _panels(groups: dict[str, list[Row]], rows: int = 1) -> tuple[Figure, dict[int, Any]]:
    """A column of axes for each number of latents."""
    if not isinstance(groups, dict) or not groups:
        raise TypeError(f"groups: want a dict of rows by names, got {groups!r:.60}")
    if len(groups) > len(STYLES):
        raise ValueError(f"groups: want at most {len(STYLES)}, got {len(groups)}")
    for name, group in groups.items():
        if not group:
            raise ValueError(f"groups[{name!r}]: want at least one row, got none")
    sizes = sorted({row["latent_dim"] for group in groups.values() for row in group})
    shape = {"figsize": (5.3 * len(sizes), 0.8 + (3.3 if rows == 1 else 2.3 * rows)), "squeeze": False}
    fig, axes = plt.subplots(rows, len(sizes), **shape)
    return fig, {
        latent_dim: column[0] if rows == 1 else column for latent_dim, column in zip(sizes, axes.T, strict=True)
    }


def _by_weight(rows: list[Row], latent_dim: int) -> dict[float, list[Row]]:
    own = sorted((row for row in rows if row["latent_dim"] == latent_dim), key=lambda row: row["weight"])
    return {weight: list(group) for weight, group in groupby(own, key=lambda row: row["weight"])}


def _cross_out(axis: Axes, points: list[tuple[float, float]]) -> None:
    if points:
        axis.plot(*zip(*points, strict=True), "x", color="black", ms=11, mew=1.6, zorder=4)


def _finished(fig: Figure, panels: dict[int, Axes]) -> Figure:
    for latent_dim, axis in panels.items():
        axis.set_title(f"{latent_dim} latents", fontsize=12)
    for axis in fig.axes:
        axis.grid(alpha=0.3)
    panels[min(panels)].legend(frameon=False)
    fig.tight_layout()
    return fig
