"""What one checkpoint can be said to score: its numbers side by side, and by how much each mistake flatters it."""

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vae_helpers.estimates import Estimate

# what a number is at least, on average: -log p of these images, from near or from further away, of others, or of none
KINDS = {
    "bound": {"color": "#0b5fa5", "marker": "o", "mfc": "#0b5fa5"},
    "loose": {"color": "#0b5fa5", "marker": "o", "mfc": "white"},
    "others": {"color": "#c75000", "marker": "s", "mfc": "white"},
    "nothing": {"color": "0.35", "marker": "X", "mfc": "0.35"},
}
TOLD = {
    "bound": "bounds −log p of the drawn images",
    "loose": "does, on average over draws",
    "others": "bounds −log p of thresholded images",
    "nothing": "bounds nothing",
}
FLATTERS, COSTS = "#c75000", "#0b5fa5"


def nine_numbers(numbers: dict[str, Estimate]) -> Figure:
    """The numbers of one checkpoint, each with its standard error over images; its mark says what it bounds.

    Args:
        numbers: by name, in the order in which they are shown, from above. "mu decoded" in a name says that it bounds
            nothing, "thresholded" that it bounds -log p of other images, "grey" that of draws, on average.

    Raises:
        TypeError: no dict of estimates, or an empty one.
    """
    _check_estimates("numbers", numbers)
    fig, axis = plt.subplots(figsize=(9.5, 0.42 * len(numbers) + 1.5))
    for place, (name, found) in enumerate(numbers.items()):
        style = KINDS[kind_of(name)]
        axis.errorbar(found.value, place, xerr=found.error, ms=9, capsize=4, ls="", **style)
        axis.annotate(
            f"{found.value:.1f}",
            (found.value + found.error, place),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=12,
        )
    _name_rows(axis, list(numbers))
    axis.set_xlabel("nats per image, ± one standard error over images", fontsize=12)
    axis.margins(x=0.12)
    kinds = [kind for kind in KINDS if kind in map(kind_of, numbers)]
    handles = [Line2D([], [], ls="", ms=9, label=TOLD[kind], **KINDS[kind]) for kind in kinds]
    fig.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False, fontsize=11.5)
    fig.set_layout_engine("constrained")
    return fig


def kind_of(name: str) -> str:
    """What a number of that name bounds, one of ``KINDS``.

    >>> kind_of("grey, K = 50"), kind_of("thresholded, -ELBO"), kind_of("drawn, K = 50"), kind_of("grey, mu decoded")
    ('loose', 'others', 'bound', 'nothing')
    """
    if "mu decoded" in name:
        return "nothing"
    if "grey" in name:
        return "loose"
    return "others" if "thresholded" in name else "bound"


def mistakes(nats: dict[str, Estimate]) -> Figure:
    """By how many nats each mistake makes a model look better, the largest above; to the left, those that cost it some.

    Args:
        nats: by the mistake's name, > 0 where it flatters, with the standard error.

    Raises:
        TypeError: no dict of estimates, or an empty one.
    """
    _check_estimates("nats", nats)
    ranked = dict(sorted(nats.items(), key=lambda item: -item[1].value))
    fig, axis = plt.subplots(figsize=(9.5, 0.45 * len(ranked) + 1.0), layout="constrained")
    for place, found in enumerate(ranked.values()):
        flatters = found.value > 0
        color = FLATTERS if flatters else COSTS
        hatch = "" if flatters else "//"
        axis.barh(place, found.value, height=0.6, color=color, hatch=hatch, ec="white")
        axis.errorbar(found.value, place, xerr=found.error, color="black", capsize=4, lw=1.3)
        edge, step, side = (
            (found.value + found.error, 6, "left") if flatters else (found.value - found.error, -6, "right")
        )
        axis.annotate(
            f"{found.value:+.1f}".replace("-", "−"), (edge, place), (step, 0), textcoords="offset points", va="center",
            ha=side, fontsize=12,
        )  # fmt: skip
    axis.axvline(0, color="black", lw=1)
    _name_rows(axis, list(ranked))
    axis.set_xlabel("nats per image by which the number looks better", fontsize=12)
    axis.margins(x=0.14)
    return fig


def _name_rows(axis: Axes, names: list[str]) -> None:
    axis.set_yticks(range(len(names)), [name.replace("-ELBO", "−ELBO") for name in names], fontsize=12)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.tick_params(axis="x", labelsize=11)
    axis.grid(axis="x", alpha=0.3)
    axis.set_axisbelow(True)


def _check_estimates(name: str, found: dict[str, Estimate]) -> None:
    if not isinstance(found, dict) or not found:
        raise TypeError(f"{name}: want a dict of estimates by name, got {found!r:.60}")
    for key, value in found.items():
        if not isinstance(value, Estimate):
            raise TypeError(f"{name}[{key!r}]: want an Estimate, got {type(value).__name__}")
