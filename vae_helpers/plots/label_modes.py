"""The pictures of the ring with a place for each class: where codes lie, and how many labels that takes."""

import math
from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
from jaxtyping import Float, Integer
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.plots.colors import CLASS_COLORS, colors_of
from vae_helpers.validation import check_finite, check_some, checked

Row = dict[str, Any]
STYLES = {  # of the kinds of row: marker, colour, name
    "both": ("o", "#0b5fa5", "AAE told labels: nearest mode"),
    "labelled": ("^", "#832db6", "the same, labelled images alone"),
    "pixels": ("s", "#c75000", "nearest labelled image, pixels"),
}


@checked
def class_ring(
    codes: Float[Tensor, "N 2"],
    labels: Integer[Tensor, " N"],
    centres: Float[Tensor, "K 2"],
    decoded: Float[Tensor, "K 1 28 28"],
) -> Figure:
    """Codes in the colours of their classes, the number of each mode outside the ring, the image of each centre below.

    Raises:
        ValueError: no codes, NaN, or a class without a colour.
    """
    check_some(codes=codes)
    check_finite(codes=codes, centres=centres)
    colors = colors_of(labels)
    fig = plt.figure(figsize=(6.4, 6.6))
    rows = fig.add_gridspec(2, 1, height_ratios=(8, 1), hspace=0.4)
    axis = fig.add_subplot(rows[0])
    axis.scatter(*codes.T.numpy(), c=colors, s=6, alpha=0.6, lw=0)
    limit = 1.5 * centres.norm(dim=1).max().item()
    for k, place in enumerate((1.3 * centres).tolist()):
        axis.text(*place, k, color=CLASS_COLORS[k], fontsize=16, weight="bold", ha="center", va="center")
    axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$z_1$", ylabel="$z_2$")
    strip = rows[1].subgridspec(1, len(decoded), wspace=0.05)
    for k, image in enumerate(decoded):
        small = fig.add_subplot(strip[k])
        small.imshow(image[0].numpy(), cmap="gray_r", vmin=0, vmax=1)
        small.set_title(k, fontsize=11)
        small.set_axis_off()
    return fig


def labels_needed(rows: list[Row], weight: float = 100.0, chance: float = 0.1) -> Figure:
    """The share of test images that land right against labels a class: a dot a seed, the line through the means.

    Args:
        rows: of ``label_modes.load_label_modes``.
        weight: lambda of the rows that are shown.
        chance: a dotted line.

    Raises:
        ValueError: no row of a kind that is shown.
    """
    shown = {kind: dict[Any, list[float]]() for kind in STYLES}
    for row in rows:
        if row["kind"] in ("both", "labelled") and row["weight"] == weight:
            shown[row["kind"]].setdefault(row["per_class"], []).append(row["own_mode"])
        if row["kind"] == "pixels":
            for count, share in row["nearest"].items():
                shown["pixels"].setdefault(int(count), []).append(share)
    if missing := [kind for kind, groups in shown.items() if not groups]:
        raise ValueError(f"rows: want some of kind {missing[0]!r}, got none")
    counts = sorted({count for groups in shown.values() for count in groups}, key=_size)
    place = {count: k for k, count in enumerate(counts)}
    fig, axis = plt.subplots(figsize=(6.4, 3.6))
    for kind, groups in shown.items():
        marker, color, name = STYLES[kind]
        ordered = sorted(groups, key=place.__getitem__)
        for count in ordered:
            axis.plot([place[count]] * len(groups[count]), groups[count], marker, color=color, alpha=0.6, ls="")
        axis.plot([place[n] for n in ordered], [fmean(groups[n]) for n in ordered], color=color, lw=1.5, label=name)
    axis.axhline(chance, color="0.5", ls=":", lw=1, label="chance")
    axis.set(xticks=range(len(counts)), xticklabels=[n if n == "all" else f"{n:,}" for n in counts], ylim=(0, 1))
    axis.set(xlabel="labels a class", ylabel="share of test images right")
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, loc="lower right")
    fig.tight_layout()
    return fig


def _size(count: int | str) -> float:
    return math.inf if count == "all" else count
