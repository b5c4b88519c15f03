"""Pictures of what each layer knows: images redrawn with one layer held, and what stays of them, in per cent."""

from collections.abc import Mapping, Sequence
from statistics import fmean

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.layer_knowledge import Knowledge
from vae_helpers.plots.images import _ink, _pictures
from vae_helpers.validation import check_fits, check_positive, check_some

Runs = Sequence[Mapping[str, Knowledge]]

TOLD = {
    "both": "both held\n(reconstruction)",
    "z2": "$z_2$ held,\n$z_1$ drawn",
    "eps1": "$\\varepsilon_1$ held,\n$z_2$ drawn",
    "neither": "both drawn\n(sample)",
}
TITLES = {"label": "label\nkept", "pixels": "pixels", "stroke_width": "stroke\nwidth", "slant": "slant"}
COLORS = {"z2": "#ffa90e", "eps1": "#3f90da"}  # of the layers, as in plots.hierarchy: z_2 is hatched, too
HATCHES = {"z2": "//", "eps1": ""}
GAP = 10  # pixels between two groups of rows
COLUMN = 44  # pixels from number to number


def layer_rows(
    images: Float[Tensor, "N 1 28 28"],
    redrawn: Mapping[str, Float[Tensor, "K N 1 28 28"]],
    runs: Runs,
    *,
    size: float = 0.5,
) -> Figure:
    """Images, and below each K of what is redrawn of it; beside them what stays on average over ``runs``, in per cent.

    An estimate below 0 is shown as 0.

    Args:
        images: those of which latents were inferred.
        redrawn: by what was held, as :func:`vae_helpers.layer_knowledge.redraw` names it.
        runs: one or more of :func:`vae_helpers.layer_knowledge.layer_knowledge`.
        size: of an image, in inches.

    Raises:
        TypeError, ValueError: no such images, no runs, or something held of which no run tells.
    """
    check_positive(size=size)
    images, runs = _pictures("images", images), _check_runs("runs", runs, redrawn)
    groups: dict[str, Tensor] = {"": images[None]}
    for hold, drawn in redrawn.items():
        check_fits(Float[Tensor, f"K {len(images)} 1 28 28"], **{f"redrawn[{hold!r}]": drawn})
        check_some(**{f"redrawn[{hold!r}]": drawn})
        groups[hold] = drawn
    width, height = 28 * len(images), sum(28 * len(group) + GAP for group in groups.values())
    right = width + COLUMN * len(TITLES) + GAP
    inch = size / 28
    fig, axis = plt.subplots(figsize=(inch * (right + 105), inch * (height + 42)), layout="constrained")
    top = 0
    for hold, group in groups.items():
        strip = torch.cat([torch.cat(list(line[:, 0]), dim=1) for line in group])
        bottom = top + 28 * len(group)
        axis.imshow(_ink(strip), cmap="gray", vmin=0, vmax=1, extent=(0, width, bottom, top))
        middle = (top + bottom) / 2
        axis.text(-6, middle, TOLD.get(hold, "image"), ha="right", va="center", fontsize=11)
        for k, measure in enumerate(TITLES):
            if hold:
                percent = f"{_shown(_mean(runs, hold, measure))} %"
                axis.text(_column(width, k), middle, percent, ha="right", va="center", fontsize=12)
        top = bottom + GAP
    for k, name in enumerate(TITLES.values()):
        axis.text(_column(width, k), 14, name, ha="right", va="center", fontsize=11, weight="bold")
    axis.set(xlim=(-90, right), ylim=(height, -2))
    axis.axis("off")
    return fig


def layer_shares(runs: Mapping[str, Runs]) -> Figure:
    """What stays when one layer is held, model by model, in per cent; a line at each bar's end spans the runs.

    A black stroke in each row: what the label alone explains; in the first panel, how often a sample has the label.

    Args:
        runs: by the model's name, some of :func:`vae_helpers.layer_knowledge.layer_knowledge` each.

    Raises:
        TypeError, ValueError: no models by name, or none of their runs.
    """
    if not isinstance(runs, Mapping) or not runs:
        raise TypeError(f"runs: want a dictionary of runs by the model's name, got {runs!r:.60}")
    runs = {name: _check_runs(f"runs[{name!r}]", own, (*COLORS, "neither", "label")) for name, own in runs.items()}
    fig, axes = plt.subplots(1, len(TITLES), figsize=(11, 1.3 + 0.75 * len(runs)), sharey=True, layout="constrained")
    for axis, (measure, title) in zip(axes, TITLES.items(), strict=True):
        for place, own in enumerate(runs.values()):
            _bars(axis, place, own, measure)
        axis.set_title(title.replace("\n", " "), fontsize=12)
        axis.set(xlim=(0, 124), xticks=[0, 50, 100], xlabel="per cent")
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(range(len(runs)), list(runs), fontsize=12)
    axes[0].invert_yaxis()
    handles = [plt.Rectangle((0, 0), 1, 1, fc=COLORS[hold], hatch=HATCHES[hold], ec="white") for hold in COLORS]
    handles.append(plt.Line2D([], [], color="black", lw=2))
    names = ["$z_2$ held, $z_1$ drawn", "$\\varepsilon_1$ held, $z_2$ drawn", "the label alone (left: chance)"]
    fig.legend(handles, names, loc="outside lower center", ncols=3, fontsize=11, frameon=False)
    return fig


def _bars(axis: Axes, place: int, runs: Runs, measure: str) -> None:
    yardstick = 100 * _mean(runs, "neither" if measure == "label" else "label", measure)
    for shift, (hold, color) in zip((-0.19, 0.19), COLORS.items(), strict=True):
        shares = [100 * getattr(run[hold], measure) for run in runs]
        mean = fmean(shares)
        axis.barh(place + shift, max(mean, 0), height=0.36, color=color, hatch=HATCHES[hold], ec="white")
        axis.plot([min(shares), max(shares)], [place + shift] * 2, color="0.25", lw=1.5)
        beside = max(0, *shares) + 3
        if beside - 3 < yardstick < beside + 14:
            beside = yardstick + 3  # the number would stand on the line
        axis.text(beside, place + shift, _shown(mean / 100), va="center", fontsize=11)
    axis.plot([yardstick] * 2, [place - 0.4, place + 0.4], color="black", lw=2)


def _shown(share: float) -> str:
    return f"{max(100 * share, 0):.0f}"  # an estimate of 0 may lie a little below it


def _column(width: int, k: int) -> float:
    return width + COLUMN * (k + 1)


def _mean(runs: Runs, hold: str, measure: str) -> float:
    return fmean(getattr(run[hold], measure) for run in runs)


def _check_runs(name: str, runs: Runs, holds: Sequence[str] | Mapping[str, Tensor]) -> Runs:
    if not isinstance(runs, Sequence) or not runs or not all(isinstance(run, Mapping) for run in runs):
        raise TypeError(f"{name}: want a list of what layer_knowledge returned, one or more, got {runs!r:.60}")
    for run in runs:
        missing = [hold for hold in holds if not isinstance(run.get(hold), Knowledge)]
        if missing:
            raise ValueError(f"{name}: want to know in each what stays with {missing[0]!r} held, got {list(run)}")
    return runs
