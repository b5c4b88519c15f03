"""The pictures of notebook 10's table: what stroke models cost in nats, and what their decoders do with z."""

from statistics import median
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, ScalarFormatter

from vae_helpers.validation import is_number

BOUND = "#0b5fa5"
FILLED = {"marker": "o", "ls": "", "color": BOUND, "ms": 8, "alpha": 0.75, "mew": 0}
HOLLOW = {"marker": "s", "ls": "", "color": "#c75000", "ms": 7.5, "mfc": "none", "mew": 1.6}
PANELS = {  # of the table's columns: what stands above
    "kl": "KL, nats per stroke",
    "active": "active dimensions",
    "shuffled": "cost of the wrong z, nats\n(logarithmic)",
    "total": "negative ELBO,\nnats per stroke",
}
SHOWN = {1.0: "blind", 0.0: "all shown"}  # by the share of true points that are hidden
SHIPPED = "this notebook's GRU"

Row = dict[str, Any]


def decoder_strength(rows: list[Row]) -> Figure:
    """Use of z, and the negative ELBO, by the share of true points that were hidden in training: a dot a seed.

    The line goes through the medians. To the right the decoder sees more.

    Args:
        rows: of the table, all of a RecurrentVAE with as many latents.

    Raises:
        ValueError: no rows, rows of more than one number of latents, or one of a model that is told no points.
    """
    if not rows:
        raise ValueError("rows: want at least one, got none")
    if len(sizes := {row["latent_dim"] for row in rows}) > 1:
        raise ValueError(f"rows: want them of models with as many latents, got {' and '.join(map(str, sorted(sizes)))}")
    if strangers := [row for row in rows if not is_number(row["input_dropout"])]:
        raise ValueError(f"rows: want a share of hidden points in each, got {strangers[0]['input_dropout']!r}")
    shares = sorted({row["input_dropout"] for row in rows}, reverse=True)
    fig, axes = plt.subplots(1, len(PANELS), figsize=(12, 3.3))
    for axis, (measure, title) in zip(axes, PANELS.items(), strict=True):
        values = [[row[measure] for row in rows if row["input_dropout"] == share] for share in shares]
        axis.plot(shares, [median(own) for own in values], color="0.6", lw=1.5, zorder=1)
        for share, own in zip(shares, values, strict=True):
            _beside_one_another(axis, share, own)
        axis.set_title(title, fontsize=11.5)
        axis.set(xlabel="share of true points hidden", xlim=(1.08, -0.08))
        axis.set_xticks(shares, [f"{share:g}" for share in shares])
        axis.tick_params(labelsize=10.5)
        axis.grid(alpha=0.3)
    axes[1].set(ylim=(0, rows[0]["latent_dim"] + 0.4))
    axes[2].set_yscale("log")
    axes[2].yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter=ScalarFormatter())
    axes[2].yaxis.set_minor_locator(NullLocator())
    axes[0].set_ylim(bottom=0)
    fig.tight_layout()
    return fig


def _beside_one_another(axis: Axes, place: float, values: list[float]) -> None:
    """Equal ones would hide one another, such as numbers of active dimensions."""
    for k, value in enumerate(values):
        axis.plot(place + 0.025 * (k - (len(values) - 1) / 2), value, "o", color=BOUND, ms=6, alpha=0.8, mew=0)


def stroke_nats(exact: dict[str, float], rows: list[Row], shipped: float | None = None) -> Figure:
    """Nats per held-out stroke, a line for each kind of model: the further left the better.

    Bars are densities known exactly; of a VAE the filled dots are the negative ELBO, the hollow squares -log p(x) by
    importance sampling, one of each a seed, and at the right stands how long one took to train.

    Args:
        exact: nats by name.
        rows: of the table; what differs by no more than the seed is one line, in the order of the rows.
        shipped: the negative ELBO of the model that this notebook uses.

    Raises:
        TypeError: ``exact`` that is no dictionary.
        ValueError: a number of nats that is none, or no rows.
    """
    if not isinstance(exact, dict):
        raise TypeError(f"exact: want a dictionary of nats by name, got {exact!r:.60}")
    for name, nats in exact.items():
        if not is_number(nats):
            raise ValueError(f"exact[{name!r}]: want a number of nats, got {nats!r}")
    if not rows:
        raise ValueError("rows: want at least one, got none")
    groups = {name: [row for row in rows if _name(row) == name] for name in map(_name, rows)}
    names = [*exact, *groups] + [SHIPPED] * (shipped is not None)
    fig, axis = plt.subplots(figsize=(10, 1 + 0.38 * len(names)))
    for place, nats in enumerate(exact.values()):
        axis.barh(place, nats, height=0.5, color="0.75")
    for place, own in enumerate(groups.values(), start=len(exact)):
        _dots(axis, place, [row["total"] for row in own], [-row["log_px"] for row in own])
        seconds = f"{median(row['seconds'] for row in own):.0f} s"
        axis.text(1.01, place, seconds, transform=axis.get_yaxis_transform(), va="center", fontsize=11)
    if shipped is not None:
        _dots(axis, len(names) - 1, [shipped], [])
    axis.text(1.01, 1.01, "training", transform=axis.transAxes, fontsize=11)
    axis.plot([], [], **FILLED, label="negative ELBO, a dot a seed")
    axis.plot([], [], **HOLLOW, label=r"$-\log p(x)$, estimated")
    axis.set_yticks(range(len(names)), names, fontsize=11)
    axis.set(xlabel="nats per held-out stroke; the further left the better", ylim=(len(names) - 0.5, -0.5))
    axis.set_xlim(right=0)
    axis.grid(alpha=0.3, axis="x")
    axis.legend(loc="lower right", framealpha=1)
    fig.tight_layout()
    return fig


def _dots(axis: Axes, place: int, bounds: list[float], estimates: list[float]) -> None:
    axis.plot(bounds, [place] * len(bounds), **FILLED)
    axis.plot(estimates, [place] * len(estimates), **HOLLOW)


def _name(row: Row) -> str:
    share = row["input_dropout"]
    told = "" if share is None else ", " + SHOWN.get(share, f"{share:.0%} hidden")
    return f"{row['kind'].upper()}{told}, {row['epochs']} epochs"
