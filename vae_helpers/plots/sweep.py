"""The pictures of the sweep: rate, distortion, MIG and collapse, and objectives at equal reconstruction."""

from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

# beta (or C) grows from light to dark, in one hue; the live models are told apart by shape
SHADES = ("#86b6ef", "#4a90e2", "#1f63b5", "#0d3b78", "#111111")
STYLES = {  # of the objectives: marker, colour, name
    "beta": ("o", "#0b5fa5", "beta-VAE"),
    "tcvae": ("s", "#c75000", "beta-TCVAE"),
    "capacity": ("^", "#832db6", "capacity C"),
}

Row = dict[str, Any]


def five_betas(rows: list[Row], live: dict[float, Row] | None = None) -> Figure:
    """Rate against distortion, and MIG against beta: a dot a model; models trained here are stars.

    Args:
        rows: of the sweep; those of other objectives are left out.
        live: by beta, what ``sweep.describe`` says of models trained here.

    Raises:
        ValueError: no row of a beta-VAE, or more than five values of beta.
    """
    groups = _by_strength(rows, "beta")
    if len(groups) > len(SHADES):
        raise ValueError(f"rows: want at most {len(SHADES)} values of beta, got {len(groups)}")
    fig, (plane, gaps) = plt.subplots(1, 2, figsize=(11, 4.1))
    for (beta, group), shade in zip(groups.items(), SHADES, strict=False):
        plane.plot(_all(group, "kl"), _all(group, "reconstruction"), "o", color=shade, ms=7, alpha=0.85)
        active = sorted({row["active"] for row in group})
        names = f"{active[0]} to {active[-1]}" if len(active) > 1 else f"{active[0]}"
        top = max(group, key=lambda row: row["kl"])
        plane.annotate(
            f"$\\beta$ = {beta}: {names} active",
            (top["kl"], top["reconstruction"]),
            xytext=(10, 4),
            textcoords="offset points",
            fontsize=10,
        )
        gaps.plot([beta] * len(group), _all(group, "mig"), "o", color=shade, ms=7, alpha=0.85)
    means = {beta: fmean(_all(group, "mig")) for beta, group in groups.items()}
    gaps.plot(means.keys(), means.values(), color="0.5", lw=1.5, zorder=0, label="mean")
    for beta, row in (live or {}).items():
        star = {"marker": "*", "ms": 13, "mfc": "#ffa90e", "mec": "black", "ls": "", "zorder": 5}
        plane.plot(row["kl"], row["reconstruction"], **star)
        gaps.plot(beta, row["mig"], **star, label="trained here" if beta == min(live) else None)
    plane.set(xlabel="KL (rate), nats per image", ylabel="reconstruction (distortion), nats")
    plane.set_xlim(right=1.45 * plane.get_xlim()[1])
    plane.set_ylim(top=1.05 * plane.get_ylim()[1])
    gaps.set(xscale="log", xticks=list(groups), xticklabels=[f"{beta}" for beta in groups])
    gaps.minorticks_off()
    gaps.set(xlabel=r"$\beta$ (logarithmic)", ylabel="MIG, a dot a seed")
    gaps.set_ylim(bottom=-0.01)
    gaps.legend(frameon=False)
    return _finished(fig)


def equal_reconstruction(rows: list[Row], objective: str) -> Figure:
    """Total correlation and MIG against reconstruction: beta-VAEs beside those of another objective.

    Where two are on one vertical line, they reconstruct equally well. Small marks are models, the line goes through the
    means of equal strength, which stands beside. Models with no active dimension are left out.

    Args:
        rows: of the sweep.
        objective: "tcvae" or "capacity".

    Raises:
        ValueError: another objective, or no row of one of the two.
    """
    if objective not in STYLES or objective == "beta":
        raise ValueError(f'objective: want "tcvae" or "capacity", got {objective!r}')
    fig, axes = plt.subplots(1, 2, figsize=(11, 4.1))
    panels = {"total_correlation": "total correlation, nats (logarithmic)", "mig": "MIG"}
    for axis, (score, name) in zip(axes, panels.items(), strict=True):
        for kind in ("beta", objective):
            _scores(axis, _by_strength([row for row in rows if row["active"]], kind), score, kind)
        axis.set(xlabel="reconstruction, nats per image", ylabel=name)
    axes[0].set_yscale("log")
    axes[1].set_ylim(bottom=0)
    axes[1].legend(frameon=False)
    return _finished(fig)


def _scores(axis: Axes, groups: dict[float, list[Row]], score: str, kind: str) -> None:
    marker, colour, name = STYLES[kind]
    for group in groups.values():
        axis.plot(_all(group, "reconstruction"), _all(group, score), marker, color=colour, ms=5, alpha=0.4, mew=0)
    means = [(fmean(_all(group, "reconstruction")), fmean(_all(group, score))) for group in groups.values()]
    axis.plot(*zip(*means, strict=True), marker=marker, color=colour, ms=9, mfc="white", mew=1.8, lw=1.6, label=name)
    for strength, mean in zip(groups, means, strict=True):
        text = f"{'C' if kind == 'capacity' else chr(946)} = {strength}"
        place = {"xytext": (8, 6), "ha": "left"} if kind == "beta" else {"xytext": (-9, -11), "ha": "right"}
        label = axis.annotate(text, mean, textcoords="offset points", color=colour, fontsize=10, **place)
        label.set_path_effects([withStroke(linewidth=3, foreground="white")])  # readable on top of lines


def _by_strength(rows: list[Row], objective: str) -> dict[float, list[Row]]:
    groups: dict[float, list[Row]] = {}
    for row in rows:
        if row["objective"] == objective:
            groups.setdefault(row["strength"], []).append(row)
    if not groups:
        raise ValueError(f'rows: want at least one of the objective "{objective}", got none')
    return dict(sorted(groups.items()))


def _all(rows: list[Row], name: str) -> list[float]:
    return [row[name] for row in rows]


def _finished(fig: Figure) -> Figure:
    for axis in fig.axes:
        axis.grid(alpha=0.3)
    fig.tight_layout()
    return fig
