"""The drug cabinet: what each remedy gains or costs in each illness, a dot a seed."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#0b5fa5", "#c75000", "0.45"  # helps, harms, can't be told
LITTLE, SHARE = 0.5, 0.02  # nats, and part of an illness's largest gain or harm: below, a seed says neither

Row = dict[str, Any]


def cabinet(
    rows: list[Row],
    remedies: Sequence[str] | None = None,
    illnesses: Sequence[str] | None = None,
    untreated: dict[str, float] | None = None,
) -> Figure:
    """Illnesses across, remedies down: the nats of the bound that a remedy gains, against the same seed untreated.

    The dots are seeds, the number their mean. Blue: all seeds gain, orange: all lose; grey: the seeds don't agree, or
    one does little (half a nat, or 2 % of the most that anything does in this illness, shown here or not). Each illness
    has its own scale. A cross: the loss was no longer finite with all seeds, or with as many as the number says.

    Args:
        rows: with "illness", "remedy" ("none": untreated), "seed" and "total", None where training broke.
        remedies, illnesses: which, in this order; None: all, as they come.
        untreated: the nats to compare with where an illness has none, by illness.

    Raises:
        ValueError: no rows of these, or an illness without anything to compare with.
    """
    rows = [row for row in rows if illnesses is None or row["illness"] in illnesses]
    gains = _gains(rows, untreated or {})
    remedies = [*(remedies or dict.fromkeys(remedy for _, remedy in gains))]
    illnesses = [*(illnesses or dict.fromkeys(illness for illness, remedy in gains if remedy in remedies))]
    if not any((illness, remedy) in gains for illness in illnesses for remedy in remedies):
        raise ValueError("rows: want some of these remedies and illnesses, got none")
    size = (1.6 + 1.62 * len(illnesses), 0.42 * len(remedies) + 1.2)
    fig, axes = plt.subplots(1, len(illnesses), figsize=size, sharey=True, squeeze=False)
    for axis, illness in zip(axes[0], illnesses, strict=True):
        sizes = [abs(gain or 0) for (own, _), found in gains.items() if own == illness for gain in found]
        shown = {place: gains.get((illness, name), []) for place, name in enumerate(remedies)}
        _column(axis, shown, reach=max([LITTLE, *sizes]))
        axis.set_title(illness.replace(" ", "\n", 1), fontsize=12, fontweight="bold")
        axis.set_xlabel("nats gained", fontsize=10)
    axes[0][0].set_yticks(range(len(remedies)), remedies, fontsize=12)
    axes[0][0].set_ylim(len(remedies) - 0.5, -0.5)
    fig.tight_layout(w_pad=0.4)
    return fig


def _gains(rows: list[Row], untreated: dict[str, float]) -> dict[tuple[str, str], list[float | None]]:
    """By illness and remedy, one a seed; None where training broke."""
    before = {(row["illness"], row["seed"]): row["total"] for row in rows if row["remedy"] == "none"}
    gains: dict[tuple[str, str], list[float | None]] = {}
    for row in rows:
        if row["remedy"] == "none":
            continue
        base = before.get((row["illness"], row["seed"]))
        base = untreated.get(row["illness"]) if base is None else base
        if base is None:
            raise ValueError(f"untreated: want the nats of {row['illness']!r} untreated, seed {row['seed']}")
        gain = None if row["total"] is None else base - row["total"]
        gains.setdefault((row["illness"], row["remedy"]), []).append(gain)
    return gains


def _column(axis: Axes, own: dict[int, list[float | None]], reach: float) -> None:
    """One illness: its remedies by their place; ``reach``: the most that any does in it, in nats."""
    found = [gain for gains in own.values() for gain in gains if gain is not None]
    low, high = min([*found, -0.15 * reach]), max([*found, 0.15 * reach])
    width = high - low
    axis.axvline(0, color="0.75", lw=1.2, zorder=0)
    for place, gains in own.items():
        if not gains:  # not tried
            continue
        whole = [gain for gain in gains if gain is not None]
        colour = _colour(gains, max(LITTLE, SHARE * reach))
        heights = [place + 0.17 * (k - (len(whole) - 1) / 2) for k in range(len(whole))]
        axis.plot(whole, heights, "o", color=colour, ms=6, alpha=0.8, mew=0)
        if len(whole) < len(gains):
            axis.plot(0, place, "x", color=ORANGE, ms=9, mew=2.5)
        text = _signed(fmean(whole), digits=int(reach < 10)) if len(whole) == len(gains) else "NaN"
        text = f"{len(gains) - len(whole)} NaN" if whole and text == "NaN" else text
        axis.text(high + 0.66 * width, place, text, color=colour, ha="right", va="center", fontsize=12)
    axis.set_xlim(low - 0.1 * width, high + 0.72 * width)
    axis.tick_params(axis="x", labelsize=9)
    axis.locator_params(axis="x", nbins=3)
    axis.grid(axis="y", alpha=0.25)


def _signed(nats: float, digits: int) -> str:
    text = f"{nats:+.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else "0"


def _colour(gains: list[float | None], little: float) -> str:
    """By what all seeds say."""
    if any(gain is None for gain in gains):
        return ORANGE
    if min(gains) > little:
        return BLUE
    return ORANGE if max(gains) < -little else GREY
