"""The picture of notebook 11's table: what each layer of latents costs, and how good the model is for it."""

from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLORS = ("#3f90da", "#ffa90e", "#832db6")  # of the layers, z_1's first: told apart by hatching, too
HATCHES = ("", "//", "..")
BOUND = {"marker": "o", "ls": "", "color": "#0b5fa5", "ms": 8, "alpha": 0.75, "mew": 0}
NEARER = {"marker": "s", "ls": "", "color": "#c75000", "ms": 7.5, "mfc": "none", "mew": 1.6}
ORDER = {"model": ("one", "bottom-up", "ladder"), "batch_norm": (False, True), "cure": ("none", "warm-up", "free bits")}

Row = dict[str, Any]


def layer_costs(rows: list[Row], worst: float | None = None) -> Figure:
    """A line for each model, batch norm or not, and cure. Left: its layers' parts of the KL and active units.

    Bars are means over seeds. Right, a dot a seed: the negative ELBO, and the importance-weighted bound of the same
    images, which is nearer to -log p(x).

    Args:
        rows: as ``vae_helpers.hierarchy.load_hierarchical_table`` gives them.
        worst: the right panel ends there; the negative ELBO of what lies beyond is written at its edge.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError("rows: want at least one, got none")
    ranked = sorted(rows, key=lambda row: [values.index(row[name]) for name, values in ORDER.items()])
    groups = {name: [row for row in ranked if _name(row) == name] for name in map(_name, ranked)}
    fig, (costs, bounds) = plt.subplots(1, 2, figsize=(12, 0.42 * len(groups) + 1.5), sharey=True)
    for place, own in enumerate(groups.values()):
        _bar(costs, place, own)
        _dots(bounds, place, own, worst)
    for k in range(max(len(row["kl_of_layers"]) for row in rows)):
        costs.bar(0, 0, color=COLORS[k], hatch=HATCHES[k], ec="white", label=f"$z_{k + 1}$")
    bounds.plot([], [], **BOUND, label="negative ELBO")
    bounds.plot([], [], **NEARER, label="importance sampling, 100 draws")
    costs.set_yticks(range(len(groups)), list(groups), fontsize=11.5)
    costs.set(xlabel="KL, nats per image (active units)", ylim=(len(groups) - 0.5, -0.5))
    costs.set_xlim(0, 1.3 * max(bar.get_x() + bar.get_width() for bar in costs.patches))
    bounds.set_xlabel("nats per held-out image; the further left the better")
    if worst is not None:
        bounds.set_xlim(right=worst)
    for axis in (costs, bounds):
        axis.grid(axis="x", alpha=0.3)
        axis.set_axisbelow(True)
        axis.tick_params(axis="x", labelsize=10.5)
        axis.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, fontsize=11, columnspacing=1.2)
    fig.tight_layout()
    return fig


def _name(row: Row) -> str:
    model = "one layer" if row["model"] == "one" else row["model"]
    return ", ".join([model] + ["batch norm"] * row["batch_norm"] + [row["cure"]] * (row["cure"] != "none"))


def _bar(axis: Axes, place: int, rows: list[Row]) -> None:
    """Parts of the KL beside one another; one below 0, which draws can make, has no length."""
    left = 0.0
    for k, parts in enumerate(zip(*(row["kl_of_layers"] for row in rows), strict=True)):
        width = max(0.0, fmean(parts))
        axis.barh(place, width, left=left, height=0.6, color=COLORS[k], hatch=HATCHES[k], ec="white")
        left += width
    counts = [sorted({*own}) for own in zip(*(row["active"] for row in rows), strict=True)]
    told = " + ".join(f"{own[0]}" if len(own) == 1 else f"{own[0]}–{own[-1]}" for own in counts)
    axis.text(left + 0.3, place, f"({told})", va="center", fontsize=11)


def _dots(axis: Axes, place: int, rows: list[Row], worst: float | None) -> None:
    """Seeds above one another, or equal ones would hide each other."""
    heights = [place + 0.16 * (k - (len(rows) - 1) / 2) for k in range(len(rows))]
    axis.plot([row["some_total"] for row in rows], heights, **BOUND)
    axis.plot([row["iw_nll"] for row in rows], heights, **NEARER)
    if beyond := [row["some_total"] for row in rows if worst is not None and row["some_total"] > worst]:
        told = f"{min(beyond):.0f} to {max(beyond):.0f} →" if len(beyond) > 1 else f"{beyond[0]:.0f} →"
        axis.text(0.99, place, told, transform=axis.get_yaxis_transform(), ha="right", va="center", fontsize=10.5)
