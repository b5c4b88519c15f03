"""Autograd's own graph, drawn: which tensors a gradient reaches on its way back, and where it stops."""

from math import ceil

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.path import Path
from torch import Tensor

from vae_helpers.plots.autograd import backward_graph
from vae_helpers.plots.layout import BOX, FONT, ROW, Layout, lay_out

BLUE, RED, BROWN = "#3f90da", "#bd1f01", "#7a5c00"
DASHDOT, DASHED = (0, (5, 1.5, 1, 1.5)), (0, (6, 2))
BOXES = {  # each kind differs from the others in its line too, for those who see or print no colours
    "leaf": {"fc": "#c5def4", "ec": BLUE, "lw": 2.4, "label": "leaf that the gradient reaches"},
    "silent": {"fc": "#fff3c4", "ec": BROWN, "lw": 2, "ls": DASHED, "label": "leaf that only zeros reach"},
    "operation": {"fc": "0.93", "ec": "0.4", "lw": 0.9, "label": "operation"},
    "unreached": {"fc": "#ffe4d2", "ec": RED, "lw": 1.8, "ls": DASHDOT, "label": "asks for a gradient, gets none"},
    "constant": {"fc": "white", "ec": "black", "lw": 1.3, "ls": (0, (3, 2)), "label": "no gradient asked"},
}
ARROWS = {
    "flows": {"color": BLUE, "lw": 2, "label": "gradient flows back"},
    "zero": {"color": BROWN, "lw": 1.6, "ls": DASHED, "label": "only zeros flow back"},
    "unreached": {"color": RED, "lw": 1.3, "ls": DASHDOT, "label": "recorded, but no gradient comes"},
    "saved": {"color": "black", "lw": 1.5, "ls": ":", "label": "value kept for the derivative"},
}


def backward_graphs(cases: dict[str, tuple[Tensor, dict[str, Tensor]]]) -> Figure:
    """Side by side, a panel for each case by its title: a result and its named tensors, as in :func:`backward_graph`.

    The result is at the bottom; arrows follow its gradient up. What no gradient reaches lies past a red line. A
    constant hangs on the operation that keeps its value, or else stands beside the result; where only zeros come back
    the arrows say so (both until ``backward()``, which lets the values go). The legend has the kinds that are shown.

    Raises:
        ValueError: without cases.
    """
    if not cases:
        raise ValueError("cases: want at least one")
    layouts = [lay_out(backward_graph(*case)) for case in cases.values()]
    boxes = [box for layout in layouts for box in layout.boxes]
    keys = _keys({part.kind for layout in layouts for part in (*layout.boxes, *layout.arrows)})
    high = ROW + max((box.y for box in boxes), default=0)
    reach = max([2.0, *(abs(box.x) + box.width / 2 + 0.2 for box in boxes)])
    columns = min(4, int(2 * reach * len(cases) / 3) or 1)  # a key of the legend takes up to three inches
    foot = 0.35 + 0.22 * ceil(len(keys) / columns)
    total = foot + high + 0.4
    fig, axes = plt.subplots(1, len(cases), figsize=(2 * reach * len(cases), total), squeeze=False)
    fig.subplots_adjust(left=0, right=1, bottom=foot / total, top=1 - 0.4 / total, wspace=0)
    for axis, title, layout in zip(axes[0], cases, layouts, strict=True):
        axis.set(xlim=(-reach, reach), ylim=(-ROW / 2, high - ROW / 2))  # one unit of data is one inch
        axis.set_title(title, fontsize=12, weight="bold")
        axis.axis("off")
        _draw(axis, layout, reach)
    fig.legend(handles=keys, loc="lower center", ncol=columns, fontsize=10, frameon=False, handlelength=2.6)
    return fig


def _keys(shown: set[str]) -> list[Patch | Line2D]:
    boxes = [Patch(**style) for kind, style in BOXES.items() if kind in shown]
    return boxes + [Line2D([], [], **style) for kind, style in ARROWS.items() if kind in shown]


def _draw(axis: Axes, layout: Layout, reach: float) -> None:
    for arrow in layout.arrows:
        head = {"arrowstyle": "-" if arrow.kind == "saved" else "-|>", "mutation_scale": 14}
        axis.add_patch(FancyArrowPatch(path=Path(arrow.points), **ARROWS[arrow.kind], **head, shrinkA=0, shrinkB=1))
    for box in layout.boxes:
        corner = box.x - box.width / 2, box.y - BOX / 2
        style = {"boxstyle": "round,pad=0,rounding_size=0.08", **BOXES[box.kind]}
        axis.add_patch(FancyBboxPatch(corner, box.width, BOX, **style))
        axis.text(box.x, box.y, box.label, fontsize=FONT, ha="center", va="center_baseline")
    if layout.wall is not None:
        axis.plot([0.15 - reach, reach - 0.15], [layout.wall, layout.wall], color=RED, lw=4)
        paper = {"fc": "white", "ec": "none", "pad": 3}
        font = {"weight": "bold", "color": RED, "fontsize": FONT}
        axis.text(0, layout.wall, "no gradient past here", ha="center", va="center", bbox=paper, **font)
