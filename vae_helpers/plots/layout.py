"""Where the boxes and arrows of a graph go: in layers, with few crossings, after Sugiyama et al. (1981).

Layers are rows, the result's at the bottom. Rows are arranged again and again, each by the middle of its neighbours in
the row before it. All lengths are in inches.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from matplotlib.textpath import TextPath

from vae_helpers.plots.autograd import Graph

FONT = 11  # points
BOX, ROW = 0.3, 0.53  # height of a box, and from row to row
GAP = 0.25  # between boxes of a row
WALL = 0.25  # more room between the rows on either side of the wall
SWEEPS = 5  # up and down over all rows

Key = int | str | tuple  # a node, a constant, or a place (a, b, layer) where the edge from a to b passes a layer


@dataclass(frozen=True)
class Box:
    """A node or a constant, around its middle; ``kind`` names its style."""

    x: float
    y: float
    width: float
    label: str
    kind: str


@dataclass(frozen=True)
class Arrow:
    """A line through ``points``, in the direction in which a gradient goes; ``kind`` names its style."""

    points: list[tuple[float, float]]
    kind: str


@dataclass(frozen=True)
class Layout:
    """A graph's boxes and arrows; ``wall`` is the height of the line that no gradient passes, None without one."""

    boxes: list[Box]
    arrows: list[Arrow]
    wall: float | None


def lay_out(graph: Graph) -> Layout:
    """Place all that ``graph`` holds: the lowest row at y = 0, each side of the wall around x = 0."""
    beyond = graph.nodes.keys() - graph.connected
    labels: dict[Key, str] = graph.nodes | {name: name for name in sorted(graph.constants)}
    width = {key: TextPath((0, 0), text, size=FONT).get_extents().width / 72 + 0.26 for key, text in labels.items()}

    layer: dict[Key, int] = dict(graph.layers())
    first_beyond = min((layer[node] for node in beyond), default=None)
    chains = [_chain(start, end, layer) for start, end in graph.edges + graph.saved]
    layer |= {key: key[2] for _, *passed, _ in chains for key in passed}

    x = _arrange(layer, chains, width)
    past_wall = {key for key, row in layer.items() if first_beyond is not None and row >= first_beyond}
    for part in (layer.keys() - past_wall, past_wall):
        x |= _centred(part, x, width)
    kept_by_none = sorted(graph.constants - layer.keys())
    x |= _beside(0 if graph.connected else None, kept_by_none, x, width)
    layer |= dict.fromkeys(kept_by_none, 0)

    y = {key: ROW * row + (WALL if key in past_wall else 0) for key, row in layer.items()}
    return Layout(
        boxes=[Box(x[key], y[key], width[key], text, _kind(key, graph)) for key, text in labels.items()],
        arrows=[Arrow(_route(chain, x, y), _arrow_kind(chain, graph)) for chain in chains],
        wall=None if first_beyond is None else ROW * first_beyond - (ROW - WALL) / 2,
    )


def _chain(start: Key, end: Key, layer: dict[Key, int]) -> list[Key]:
    """An edge from row to row: it passes the layers between at places of its own, and so not through boxes."""
    step = 1 if layer[end] > layer[start] else -1
    return [start, *((start, end, row) for row in range(layer[start] + step, layer[end], step)), end]


def _arrange(layer: dict[Key, int], chains: list[list[Key]], width: dict[Key, float]) -> dict[Key, float]:
    """The middle of each key, so that arrows are short and no box touches another of its row."""
    below: dict[Key, list[Key]] = {key: [] for key in layer}
    above: dict[Key, list[Key]] = {key: [] for key in layer}
    for pair in (pair for chain in chains for pair in pairwise(chain)):
        low, high = sorted(pair, key=layer.__getitem__)
        above[low].append(high)
        below[high].append(low)

    rows = [[key for key in layer if layer[key] == row] for row in sorted(set(layer.values()))]
    x = {key: place - (len(row) - 1) / 2 for row in rows for place, key in enumerate(row)}
    for _ in range(SWEEPS):
        for row in rows:
            x |= _arrange_row(row, below, x, width)
        for row in reversed(rows):
            x |= _arrange_row(row, above, x, width)
    return x


def _arrange_row(
    row: list[Key], neighbours: dict[Key, list[Key]], x: dict[Key, float], width: dict[Key, float]
) -> dict[Key, float]:
    """Each key in the middle of its neighbours, or as near to it as the row has room."""
    wanted = {key: fmean([x[other] for other in neighbours[key]] or [x[key]]) for key in row}
    placed: dict[Key, float] = {}
    free = -float("inf")  # from here on to the right
    for key in sorted(row, key=lambda key: (wanted[key], x[key])):
        half = width.get(key, 0) / 2  # an edge that passes is narrow
        placed[key] = max(wanted[key], free + half)
        free = placed[key] + half + GAP
    shift = fmean(wanted[key] - placed[key] for key in row)  # keys were moved to the right only
    return {key: middle + shift for key, middle in placed.items()}


def _centred(keys: Set[Key], x: dict[Key, float], width: dict[Key, float]) -> dict[Key, float]:
    """Moved together, so that they reach as far to the left as to the right."""
    left = min((x[key] - width.get(key, 0) / 2 for key in keys), default=0)
    right = max((x[key] + width.get(key, 0) / 2 for key in keys), default=0)
    return {key: x[key] - (left + right) / 2 for key in keys}


def _beside(key: Key | None, names: Iterable[str], x: dict[Key, float], width: dict[Key, float]) -> dict[Key, float]:
    """One after the other to the right of ``key``, or of the middle."""
    edge = 0 if key is None else x[key] + width[key] / 2
    placed: dict[Key, float] = {}
    for name in names:
        placed[name] = edge + 2 * GAP + width[name] / 2
        edge = placed[name] + width[name] / 2
    return placed


def _route(chain: list[Key], x: dict[Key, float], y: dict[Key, float]) -> list[tuple[float, float]]:
    """From the edge of the first box to that of the last; straight through each row on the way."""
    side = BOX / 2 if y[chain[-1]] > y[chain[0]] else -BOX / 2
    return [(x[key], y[key] + end) for key in chain for end in (-side, side)][1:-1]


def _kind(key: Key, graph: Graph) -> str:
    if key not in graph.nodes:
        return "constant"
    if key not in graph.connected:
        return "unreached"
    if key not in graph.leaves:
        return "operation"
    return "silent" if key in graph.silent else "leaf"


def _arrow_kind(chain: list[Key], graph: Graph) -> str:
    start, end = chain[0], chain[-1]
    if end not in graph.nodes:
        return "saved"
    if start not in graph.connected:
        return "unreached"
    return "zero" if (start, end) in graph.zero else "flows"
