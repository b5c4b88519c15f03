"""The picture of an anomaly score: kinds of strokes, and how the scores of each lie beside the ordinary ones'."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.plots.strokes import PITCH, draw_strokes
from vae_helpers.scribbles import auc
from vae_helpers.validation import check_finite, check_fits, check_positive, check_some, check_whole

ORDINARY, ODD = "#3f90da", "#ffa90e"
LINEAR = 30  # nats: scores beyond it, of either sign, are drawn on a logarithmic scale


def odd_scores(
    strokes: Mapping[str, Float[Tensor, "N T 2"]],
    scores: Mapping[str, Float[Tensor, " N"]],
    *,
    shown: int = 4,
    size: float = 0.75,
) -> Figure:
    """A row for each kind: its first strokes, and a box for its scores; beside it the AUC against the first kind.

    A box holds the middle half of the scores, with a line at their median; its whiskers reach from the 5th to the 95th
    percentile. A dashed line stands where 5 % of the ordinary ones lie above it.

    Args:
        strokes: of each kind by its name; the first kind are the ordinary ones.
        scores: of the same kinds, in nats: the higher, the odder.
        shown: strokes of each kind, at most.
        size: of a stroke's cell, in inches.

    Raises:
        TypeError, ValueError: not a score for each stroke, of two kinds or more; NaN.
    """
    check_whole(1, shown=shown)
    check_positive(size=size)
    if not isinstance(strokes, Mapping) or len(strokes) < 2:
        raise TypeError(f"strokes: want a dict of strokes by their kind, of two kinds or more, got {strokes!r:.60}")
    if not isinstance(scores, Mapping) or list(scores) != list(strokes):
        raise TypeError(f"scores: want those of {', '.join(strokes)}, in this order, got {scores!r:.60}")
    for kind, own in strokes.items():
        check_fits(Float[Tensor, "N T 2"], **{f"strokes[{kind!r}]": own})
        check_fits(Float[Tensor, f"{len(own)}"], **{f"scores[{kind!r}]": scores[kind]})
        check_some(**{f"scores[{kind!r}]": scores[kind]})
        check_finite(**{f"scores[{kind!r}]": scores[kind]})
    columns = min(int(shown), *(len(own) for own in strokes.values()))
    left, right = size * columns, 5.2
    fig, (pen, boxes) = plt.subplots(
        1, 2, figsize=(left + right + 2.4, size * len(strokes) + 0.7), width_ratios=[left, right], layout="constrained"
    )
    draw_strokes(pen, torch.cat([own[:columns] for own in strokes.values()]), columns=columns, width=1.6)
    places = [0.5 - PITCH * k for k in range(len(strokes))]
    pen.set_yticks(places, list(strokes), fontsize=12)
    pen.tick_params(length=0)
    _draw_boxes(boxes, places, [own.detach().cpu().double().numpy() for own in scores.values()])
    boxes.set_ylim(pen.get_ylim())
    ordinary, *odd = scores.values()
    for place, own in zip(places[1:], odd, strict=True):
        aside = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 12}
        boxes.annotate(f"AUC {auc(ordinary, own):.2f}", (1.02, place), **aside)
    return fig


def _draw_boxes(axis: plt.Axes, places: list[float], scores: list[np.ndarray]) -> None:
    drawn = axis.boxplot(
        scores, positions=places, widths=0.6, orientation="horizontal", whis=(5, 95), showfliers=False,
        patch_artist=True, medianprops={"color": "black", "lw": 2},
    )  # fmt: skip
    for box, color in zip(drawn["boxes"], [ORDINARY] + [ODD] * len(scores), strict=False):
        box.set_facecolor(color)
    axis.axvline(np.quantile(scores[0], 0.95), color="0.3", ls="--", lw=1)
    axis.set_xscale("symlog", linthresh=LINEAR, linscale=1.5)
    ticks = [-30, -15, 0, 15, 30, 100, 300, 1000]
    axis.set_xticks(ticks, [f"{tick}".replace("-", "−") for tick in ticks])
    axis.set(yticks=[], xlabel="score in nats, the negative ELBO (logarithmic beyond 30): odder to the right")
    axis.grid(axis="x", alpha=0.3)
