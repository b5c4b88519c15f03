"""Pictures of models that write strokes: errors from point to point, and where a stroke costs information."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Integer
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.free_running import point_errors
from vae_helpers.plots.curves import LINE_STYLES
from vae_helpers.plots.strokes import corners, draw_strokes
from vae_helpers.validation import check_fits, check_some

KL_COLOR = "#c75000"


def free_running(
    strokes: Float[Tensor, "N T 2"], labels: Integer[Tensor, " N"], drawn: Mapping[str, Float[Tensor, "N T 2"]]
) -> Figure:
    """At the left the error of each point, a line for each way to draw; at the right the first stroke of each class.

    Args:
        strokes: what was to be drawn, the first row.
        labels: of the strokes.
        drawn: by the name of the way, how all of them were drawn; the other rows. The errors are those of
            ``free_running.point_errors``.

    Raises:
        TypeError, ValueError: no strokes, no ways or more than line styles, or shapes that don't fit.
    """
    check_fits(Float[Tensor, "N T 2"], strokes=strokes)
    if not isinstance(drawn, Mapping):
        raise TypeError(f"drawn: want a dict of strokes by the name of the way, got {type(drawn).__name__}")
    if not 0 < len(drawn) <= len(LINE_STYLES):
        raise ValueError(f"drawn: want strokes of 1 to {len(LINE_STYLES)} ways, got {len(drawn)}")
    check_some(strokes=strokes)
    n, points = strokes.shape[:2]
    check_fits(Integer[Tensor, f"{n}"], labels=labels)
    shown = [int((labels == label).nonzero()[0]) for label in labels.unique()]
    fig, (curves, *rows) = _panels(1 + len(drawn), len(shown))
    draw_strokes(rows[0], strokes[shown], columns=len(shown))
    rows[0].set_ylabel("strokes", rotation=0, ha="right", va="center")
    for (name, drawing), row, style in zip(drawn.items(), rows[1:], LINE_STYLES, strict=False):
        check_fits(Float[Tensor, f"{n} {points} 2"], **{f"drawn[{name!r}]": drawing})
        curves.plot(range(1, points + 1), point_errors(drawing, strokes), **style, lw=2, marker="o", ms=4, label=name)
        draw_strokes(row, drawing[shown], columns=len(shown), colors=style["color"])
        row.set_ylabel(name, rotation=0, ha="right", va="center", color=style["color"])
    curves.set(xlabel="point t", ylabel="error, in sides of the square", xticks=range(1, points + 1))
    curves.set_ylim(0, 1.45 * curves.dataLim.y1)  # room for the legend
    curves.legend(frameon=False, loc="upper right")
    curves.grid(alpha=0.3)
    return fig


def kl_of_points(strokes: Float[Tensor, "N T 2"], kl: Float[Tensor, "N T"], mean_kl: Float[Tensor, " T"]) -> Figure:
    """At the left the mean KL of each point, a bar each; at the right strokes, with a disc as large as a point's KL.

    Args:
        strokes: some of them, drawn in two rows.
        kl: of each of their points, in nats; a disc's area is in proportion.
        mean_kl: of each point, over many strokes.

    Raises:
        TypeError, ValueError: no strokes, a KL below 0, or shapes that don't fit.
    """
    check_fits(Float[Tensor, "N T 2"], strokes=strokes)
    check_some(strokes=strokes)
    n, points = strokes.shape[:2]
    check_fits(Float[Tensor, f"{n} {points}"], kl=kl)
    check_fits(Float[Tensor, f"{points}"], mean_kl=mean_kl)
    if not (torch.cat([kl.flatten(), mean_kl]) >= 0).all():
        raise ValueError("kl, mean_kl: want nats >= 0")
    strokes, kl, mean_kl = (part.detach().cpu() for part in (strokes, kl, mean_kl))
    columns = -(-n // 2)
    fig, (bars, row) = _panels(1, columns)
    bars.bar(range(1, points + 1), mean_kl.tolist(), color=KL_COLOR)
    bars.set(xlabel="point t", ylabel="mean KL, nats", xticks=range(1, points + 1))
    bars.grid(alpha=0.3, axis="y")
    draw_strokes(row, strokes, columns=columns, width=1.5)
    places = (strokes + torch.from_numpy(corners(n, columns))[:, None]).flatten(0, 1)
    row.scatter(*places.T, s=150 * kl.flatten(), color=KL_COLOR, alpha=0.55, linewidths=0, zorder=4)
    return fig


def _panels(rows: int, columns: int):
    """One large axis at the left, and a low one for each row of strokes at the right."""
    fig = plt.figure(figsize=(11.5, max(3.4, 0.95 * rows)), layout="constrained")
    grid = fig.add_gridspec(rows, 2, width_ratios=[4, max(4, columns)])
    return fig, [fig.add_subplot(grid[:, 0]), *(fig.add_subplot(grid[k, 1]) for k in range(rows))]
