"""The picture of notebook 12's table of holes: by latents, hidden layers, kind of model, and where draws come from."""

from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

NAMES = {"vae": "VAE", "ae": "autoencoder"}
STYLES = {  # by the place of the draws: told apart by marker and dashes, too
    "prior": ("the prior N(0, I)", {"color": "#c75000", "marker": "s", "ls": "--"}),
    "fitted": ("a Gaussian fitted to the codes", {"color": "#0b5fa5", "marker": "o", "ls": "-"}),
    "own": ("the model's own codes", {"color": "#717581", "marker": "^", "ls": ":"}),
}

Row = dict[str, Any]


def holes_by_dimensions(rows: list[Row]) -> Figure:
    """The share of holes by the number of latents: a panel for each kind of model and number of hidden layers.

    A line for each place that draws come from, through the means; a mark a seed. Below each number of latents stands
    how many are active, the fewest and the most of all seeds.

    Args:
        rows: as ``vae_helpers.holes.load_holes`` gives them.

    Raises:
        ValueError: no rows.
    """
    if not rows:
        raise ValueError("rows: want at least one, got none")
    groups = sorted({(row["kind"], row["layers"]) for row in rows}, key=lambda group: ([*NAMES].index(group[0]), group))
    fig, axes = plt.subplots(1, len(groups), figsize=(3.1 * len(groups) + 0.4, 4.2), sharey=True, squeeze=False)
    for axis, (kind, layers) in zip(axes[0], groups, strict=True):
        own = [row for row in rows if (row["kind"], row["layers"]) == (kind, layers)]
        _panel(axis, own)
        axis.set_title(f"{NAMES[kind]}, {layers} hidden layer{'s' * (layers > 1)}", fontsize=12.5)
    axes[0][0].set_ylabel("draws without a digit, %", fontsize=12)
    axes[0][0].set_ylim(0, None)
    handles, labels = axes[0][0].get_legend_handles_labels()
    fig.legend(handles, labels, title="draws from", ncols=3, frameon=False, fontsize=11.5, loc="upper center")
    fig.supxlabel("latents (active)", fontsize=12)
    fig.tight_layout(rect=(0, 0, 1, 0.86))
    return fig


def _panel(axis: Axes, rows: list[Row]) -> None:
    sizes = sorted({row["latent_dim"] for row in rows})
    for place, (label, style) in STYLES.items():
        shares = [[100 * row["holes"][place] for row in rows if row["latent_dim"] == size] for size in sizes]
        axis.plot(range(len(sizes)), [fmean(own) for own in shares], **style | {"marker": ""}, lw=1.8)
        for k, own in enumerate(shares):
            axis.plot([k] * len(own), own, **style | {"ls": ""}, ms=7, alpha=0.75, mfc="none", mew=1.6)
        axis.plot([], [], **style, mfc="none", mew=1.6, label=label)
    axis.set_xticks(range(len(sizes)), [_told(size, rows) for size in sizes], fontsize=11.5)
    axis.margins(x=0.15)
    axis.grid(axis="y", alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)


def _told(size: int, rows: list[Row]) -> str:
    active = sorted({row["active"] for row in rows if row["latent_dim"] == size})
    return f"{size}\n({active[0]})" if len(active) == 1 else f"{size}\n({active[0]}–{active[-1]})"
