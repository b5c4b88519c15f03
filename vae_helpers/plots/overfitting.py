"""The picture of overfitting: how much worse a model does on images that it was not trained on."""

from statistics import fmean

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from vae_helpers.plots.curves import LINE_STYLES

NAMES = {  # in the order in which the legend lists them, by how the condition stands in the table
    "image": "the nearest training image",
    "random": "one of 100 random numbers",
    "cluster": "one of 100 clusters",
    "label": "the label",
    "none": "nothing",
}
MARKERS = "osD^v"


def overfitting_gaps(rows: list[dict[str, str | int | float]]) -> Figure:
    """Negative ELBO of test images minus that of training images, by the number of training images.

    One line for each condition, through the mean of its seeds; a dot for each seed. Only the rows with the fewest
    steps are drawn, so that all models have had the same number.

    Args:
        rows: as ``vae_helpers.overfitting.load_table`` gives them.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError("rows: want at least one, got none")
    steps = min(row["steps"] for row in rows)
    fig, axis = plt.subplots(figsize=(8.5, 3.6))
    sizes = sorted({row["images"] for row in rows})
    for (kind, name), style, marker in zip(NAMES.items(), LINE_STYLES, MARKERS, strict=True):
        chosen = [row for row in rows if (row["condition"], row["steps"]) == (kind, steps)]
        gaps = {n: [row["test"] - row["train"] for row in chosen if row["images"] == n] for n in sizes}
        means = {n: fmean(values) for n, values in gaps.items() if values}
        axis.plot(means.keys(), means.values(), **style, lw=1.8, marker=marker, ms=6, mfc="none", label=name)
        dots = [(n, value) for n, values in gaps.items() if len(values) > 1 for value in values]
        axis.plot([n for n, _ in dots], [value for _, value in dots], ".", color=style["color"], ms=5)
    axis.axhline(0, color="0.6", lw=0.8)
    axis.set(xscale="log", xticks=sizes, xticklabels=[f"{n:,}" for n in sizes])
    axis.minorticks_off()
    axis.set(xlabel="training images (logarithmic)", ylabel="test − train, nats per image")
    axis.legend(frameon=False, title="the condition says", loc="center left", bbox_to_anchor=(1, 0.5))
    axis.grid(alpha=0.3)
    fig.tight_layout()
    return fig
