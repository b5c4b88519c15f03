"""Autograd's own graph, drawn: which tensors a gradient reaches on its way back, and where it stops."""

import re
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from statistics import fmean

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from torch import Tensor
from torch.autograd.graph import Node, get_gradient_edge

BLUE, RED, DASHDOT = "#3f90da", "#bd1f01", (0, (5, 1.5, 1, 1.5))
BOXES = {  # each kind differs from the others in its line too, for those who see or print no colours
    "leaf": {"fc": "#c5def4", "ec": BLUE, "lw": 2.4, "label": "leaf that the gradient reaches"},
    "operation": {"fc": "0.93", "ec": "0.4", "lw": 0.9, "label": "operation"},
    "unreached": {"fc": "#ffe4d2", "ec": RED, "lw": 1.8, "ls": DASHDOT, "label": "asks for a gradient, gets none"},
    "constant": {"fc": "white", "ec": "black", "lw": 1.3, "ls": (0, (3, 2)), "label": "no gradient asked"},
}
ARROWS = {
    "flows": {"color": BLUE, "lw": 2, "label": "gradient flows back"},
    "unreached": {"color": RED, "lw": 1.3, "ls": DASHDOT, "label": "recorded, but no gradient comes"},
    "saved": {"color": "black", "lw": 1.5, "ls": ":", "label": "value kept for the derivative"},
}
SIZE, BOX, PITCH, GAP, WALL = 11, 0.3, 0.53, 0.25, 0.25  # points; inches: box, row to row, between boxes, at a wall


@dataclass(frozen=True)
class Graph:
    """What autograd recorded; nodes are numbered in the order in which the walk met them, the result's first."""

    nodes: dict[int, str]  # a label for each: a leaf's name, "Mul", or "z from Mul" where a named tensor came out of it
    edges: list[tuple[int, int]]  # in the direction of the backward pass, from the result towards the leaves
    leaves: set[int]  # the AccumulateGrad nodes
    connected: set[int]  # met on the walk from the result; the other nodes are named tensors' own graphs
    reached: set[str]  # names met on that walk
    unreached: set[str]  # names not met, though they require a gradient
    constants: set[str]  # names not in autograd's graph at all, since they require no gradient
    saved: list[tuple[int, str]]  # a node and the name of a constant whose value it keeps for its derivative

    def layers(self) -> dict[int | str, int]:
        """The longest distance from the result, for nodes and saved constants; what it does not reach lies past all."""
        layer: dict[int | str, int] = {}
        for start, part in ((0, self.connected), (1, self.nodes.keys() - self.connected)):
            layer |= dict.fromkeys(sorted(part), start and start + max(layer.values(), default=0))
            for _ in part:  # as many rounds as the longest path can have nodes
                for node, after in self.edges:
                    if node in part and after in part:
                        layer[after] = max(layer[after], layer[node] + 1)
            for node, name in self.saved:
                if node in part:
                    layer[name] = max(layer.get(name, 0), layer[node] + 1)
        return layer


def backward_graph(result: Tensor, named: dict[str, Tensor]) -> Graph:
    """Walk autograd's graph back from ``result`` (any shape), then from each named tensor not met on the way.

    Args:
        named: tensors of any shape by the name to show. Leaves without a name show their shape.

    Raises:
        TypeError: if the result or a named value is not a tensor.
    """
    for name, value in {**named, "result": result}.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: want a tensor, got {type(value).__name__}")
    number: dict[Node, int] = {}  # it holds every node: Python's view of a node is made anew once it is let go
    names: dict[Node, list[str]] = {}
    _walk(result, number)
    connected = set(number.values())
    for name, tensor in named.items():
        if tensor.requires_grad:
            names.setdefault(_walk(tensor, number), []).append(name)
    pairs = [(k, number[after]) for node, k in number.items() for after, _ in node.next_functions if after is not None]
    reached = {name for node, several in names.items() if number[node] in connected for name in several}
    constants = {name: tensor for name, tensor in named.items() if not tensor.requires_grad}
    return Graph(
        nodes={k: _label(node, names.get(node, [])) for node, k in number.items()},
        edges=list(dict.fromkeys(pairs)),  # in a * a two edges are one
        leaves={k for node, k in number.items() if hasattr(node, "variable")},
        connected=connected,
        reached=reached,
        unreached=named.keys() - reached - constants.keys(),
        constants=set(constants),
        saved=[(k, name) for node, k in number.items() for name in constants if _keeps(node, constants[name])],
    )


def backward_graphs(cases: dict[str, tuple[Tensor, dict[str, Tensor]]]) -> Figure:
    """Side by side, a panel for each case by its title: a result and its named tensors, as in :func:`backward_graph`.

    The result is at the bottom; arrows follow its gradient up. What no gradient reaches lies past a red line. A
    constant hangs on the operation that keeps its value (until ``backward()``), or else stands beside the result.

    Raises:
        ValueError: without cases.
    """
    if not cases:
        raise ValueError("cases: want at least one")
    layouts = [_layout(backward_graph(*case)) for case in cases.values()]
    high = PITCH + max((y for boxes, *_ in layouts for y, *_ in boxes), default=0)
    reach = max([2.0, *(abs(x) + width / 2 + 0.2 for boxes, *_ in layouts for _, x, width, *_ in boxes)])
    columns = min(4, int(2 * reach * len(cases) / 3) or 1)  # a key of the legend takes up to three inches
    foot = 0.35 + 0.22 * ceil((len(BOXES) + len(ARROWS)) / columns)
    total = foot + high + 0.4
    fig, axes = plt.subplots(1, len(cases), figsize=(2 * reach * len(cases), total), squeeze=False)
    fig.subplots_adjust(left=0, right=1, bottom=foot / total, top=1 - 0.4 / total, wspace=0)
    for axis, title, (boxes, arrows, wall) in zip(axes[0], cases, layouts, strict=True):
        axis.set(xlim=(-reach, reach), ylim=(-PITCH / 2, high - PITCH / 2))  # one unit of data is one inch
        axis.set_title(title, fontsize=12, weight="bold")
        axis.axis("off")
        for kind, route in arrows:
            head = {"arrowstyle": "-" if kind == "saved" else "-|>", "mutation_scale": 14}
            axis.add_patch(FancyArrowPatch(path=Path(route), **ARROWS[kind], **head, shrinkA=0, shrinkB=1))
        for y, x, wide, label, kind in boxes:
            shape = (x - wide / 2, y - BOX / 2), wide, BOX, "round,pad=0,rounding_size=0.08"
            axis.add_patch(FancyBboxPatch(*shape, **BOXES[kind]))
            axis.text(x, y, label, fontsize=SIZE, ha="center", va="center_baseline")
        if wall is not None:
            axis.plot([0.15 - reach, reach - 0.15], [wall, wall], color=RED, lw=4)
            note = axis.text(0, wall, "no gradient past here", weight="bold", color=RED, fontsize=SIZE, ha="center")
            note.set(va="center", bbox={"fc": "white", "ec": "none", "pad": 3})
    keys = [Patch(**style) for style in BOXES.values()] + [Line2D([], [], **style) for style in ARROWS.values()]
    fig.legend(handles=keys, loc="lower center", ncol=columns, fontsize=10, frameon=False, handlelength=2.6)
    return fig


def _layout(graph: Graph) -> tuple[list[tuple], list[tuple], float | None]:
    """Boxes (y, x, width, label, kind), arrows (kind, points) and the height of the wall, all in inches."""
    layer = graph.layers()
    beyond = graph.nodes.keys() - graph.connected
    first = min((layer[k] for k in beyond), default=None)
    label = graph.nodes | {name: name for name in sorted(graph.constants)}
    width = {k: TextPath((0, 0), text, size=SIZE).get_extents().width / 72 + 0.26 for k, text in label.items()}
    chains = []  # an edge over several layers passes the layers between at places of its own, not through boxes
    for a, b in graph.edges + graph.saved:
        step = 1 if layer[b] > layer[a] else -1
        passed = {(a, b, k): k for k in range(layer[a] + step, layer[b], step)}
        layer |= passed
        chains.append([a, *passed, b])
    steps = [pair for chain in chains for pair in pairwise(chain)]
    near = {k: [b if k == a else a for a, b in steps if k in (a, b)] for k in layer}
    rows = [[k for k in layer if layer[k] == row] for row in range(1 + max(layer.values(), default=-1))]
    x = {k: i - (len(row) - 1) / 2 for row in rows for i, k in enumerate(row)}
    for up in (False, True) * 5:  # each goes to the middle of those after (before) it, as far as its row has room
        for row in rows[::-1] if up else rows:
            want = {k: fmean([x[other] for other in near[k] if (layer[other] > layer[k]) is up] or [x[k]]) for k in row}
            edge = -99.0
            for k in sorted(sorted(row, key=x.get), key=want.get):
                x[k] = max(want[k], edge + width.get(k, 0) / 2)
                edge = x[k] + width.get(k, 0) / 2 + GAP
            shift = fmean([want[k] - x[k] for k in row] or [0])
            x |= {k: x[k] + shift for k in row}
    for part in (sum(rows[:first], []), sum(rows[first:], [])):  # what lies before the wall, and past it
        ends = [x[k] + side * width.get(k, 0) / 2 for k in part for side in (-1, 1)]
        x |= {k: x[k] - (min(ends) + max(ends)) / 2 for k in part}
    edge = x[0] + width[0] / 2 if graph.connected else 0
    for name in sorted(graph.constants - layer.keys()):  # kept by no operation
        x[name], layer[name] = edge + 2 * GAP + width[name] / 2, 0
        edge = x[name] + width[name] / 2
    y = {k: PITCH * row + (WALL if first is not None and row >= first else 0) for k, row in layer.items()}
    kind = {k: "unreached" if k in beyond else "leaf" if k in graph.leaves else "operation" for k in graph.nodes}
    boxes = [(y[k], x[k], width[k], text, kind.get(k, "constant")) for k, text in label.items()]
    arrows = []
    for a, *passed, b in chains:
        side = BOX / 2 if y[b] > y[a] else -BOX / 2
        points = [(x[k], y[k] + end * side) for k in (a, *passed, b) for end in (-1, 1)][1:-1]
        arrows.append(("flows" if a not in beyond else "unreached", points) if b in kind else ("saved", points))
    return boxes, arrows, None if first is None else PITCH * first - (PITCH - WALL) / 2


def _walk(start: Tensor, number: dict[Node, int]) -> Node | None:
    """The node that ``start`` came out of, after numbering all from there on that have no number yet."""
    origin = get_gradient_edge(start).node if start.requires_grad else None
    waiting = [origin]
    for node in waiting:  # grows on the way
        if node is not None and node not in number:  # None stands for an input that asks for no gradient
            number[node] = len(number)
            waiting += [after for after, _ in node.next_functions]
    return origin


def _label(node: Node, names: list[str]) -> str:
    if hasattr(node, "variable"):  # an AccumulateGrad
        return ", ".join(names) or f"leaf {tuple(node.variable.shape)}"
    operation = re.sub(r"Backward\d*$", "", node.name())
    return f"{', '.join(names)} from {operation}" if names else operation


def _keeps(node: Node, constant: Tensor) -> bool:
    try:
        return any(getattr(node, key) is constant for key in dir(node) if key.startswith("_saved_"))
    except RuntimeError:  # backward() lets the values go, though the graph itself stays
        return False
