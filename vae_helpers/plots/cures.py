"""The pictures of the table of names: which cure brings z back, at what price, and what names of each length cost."""

from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, ORANGE, PURPLE, GREEN = "#0b5fa5", "#c75000", "#832db6", "#00705a"
STYLES = (("o", BLUE), ("s", ORANGE), ("^", PURPLE), ("v", GREEN), ("D", "black"))  # told apart by shape, too
PANELS = {  # of the table's columns
    "kl": "KL,\nnats",
    "shuffled": "cost of the\nwrong z, nats",
    "alike": "alike,\nof 100 names",
    "bound": "negative ELBO,\nnats per name",
    "nats": "$-\\log p(x)$,\nnats per name",
}
CALLED = {  # beside models of another sort
    "plain": "GRU, plain",
    "hidden letters": "GRU, 40 % of letters hidden",
    "all letters hidden": "GRU, all letters hidden",
    "MLP": "MLP, padded",
    "MLP, twice as long": "MLP, padded",
    "order-2 n-gram": "n-gram: letters counted",
}

Row = dict[str, Any]


def cures(rows: list[Row]) -> Figure:
    """A line for each kind of training, a panel for each measure, a dot a seed; the grey line is the first kind's mean.

    Args:
        rows: as ``vae_helpers.cures.load_cures`` gives them, of trained models; the first is of what is to be cured.

    Raises:
        ValueError: no rows, or one that was only counted.
    """
    groups = _groups(rows)
    if counted := [row["kind"] for row in rows if row["kl"] is None]:
        raise ValueError(f"rows: want trained models, got {counted[0]!r}")
    fig, axes = plt.subplots(1, len(PANELS), figsize=(12, 0.42 * len(groups) + 1.2), sharey=True)
    for axis, (score, title) in zip(axes, PANELS.items(), strict=True):
        values = [[_score(row, score) for row in group] for group in groups.values()]
        for place, own in enumerate(values):
            _dots(axis, own, place, BLUE if place else ORANGE)
        axis.axvline(fmean(values[0]), color="0.75", lw=1.2, zorder=0)
        axis.set_title(title, fontsize=11)
        axis.grid(axis="x", alpha=0.3)
        axis.margins(x=0.12)
        if score not in ("bound", "nats"):
            axis.set_xlim(left=-0.06 * max(map(max, values)))
    axes[0].set_yticks(range(len(groups)), groups, fontsize=11)
    axes[0].set_ylim(len(groups) - 0.5, -0.5)
    fig.tight_layout(w_pad=1.2)
    return fig


def nats_by_length(rows: list[Row]) -> Figure:
    """What names of each length cost, in nats a name: dots for each range of lengths and each kind, a dot a seed.

    Args:
        rows: as ``vae_helpers.cures.load_cures`` gives them, of at most five kinds.

    Raises:
        ValueError: no rows, or more than five kinds.
    """
    groups = _groups(rows)
    if len(groups) > len(STYLES):
        raise ValueError(f"rows: want at most {len(STYLES)} kinds, got {len(groups)}")
    lengths = [*rows[0]["by_length"]]
    fig, axis = plt.subplots(figsize=(9.6, 3.7))
    for k, ((kind, own), (marker, colour)) in enumerate(zip(groups.items(), STYLES, strict=False)):
        places = [place + 0.16 * (k - (len(groups) - 1) / 2) for place in range(len(lengths))]
        for row in own:
            axis.plot(places, row["by_length"].values(), marker, color=colour, ms=7, alpha=0.65, mew=0)
        means = [fmean(row["by_length"][length] for row in own) for length in lengths]
        for place, mean in zip(places, means, strict=True):
            axis.annotate(f"{mean:.1f}", (place, mean), (0, 8), textcoords="offset points", ha="center", color=colour)
        axis.plot([], [], marker, color=colour, ms=7, label=CALLED.get(kind, kind))
    axis.set_xticks(range(len(lengths)), [f"{length} letters" for length in lengths], fontsize=11)
    axis.set(ylabel="$-\\log p(x)$, nats per name", xlim=(-0.5, len(lengths) - 0.5))
    axis.margins(y=0.15)
    axis.grid(axis="y", alpha=0.3)
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.tight_layout()
    return fig


def _groups(rows: list[Row]) -> dict[str, list[Row]]:
    """By kind, in the order in which they come."""
    if not rows:
        raise ValueError("rows: want at least one, got none")
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["kind"], []).append(row)
    return groups


def _score(row: Row, score: str) -> float:
    return row["reconstruction"] + row["kl"] if score == "bound" else row[score]


def _dots(axis: Axes, values: list[float], place: int, colour: str) -> None:
    """Seeds above one another, and their mean as a line."""
    heights = [place + 0.16 * (k - (len(values) - 1) / 2) for k in range(len(values))]
    axis.plot(values, heights, "o", color=colour, ms=6, alpha=0.8, mew=0)
    axis.plot([fmean(values)] * 2, [place - 0.32, place + 0.32], color=colour, lw=1.5, alpha=0.8)
