"""What autograd recorded on the way to a result: which tensors a gradient reaches on its way back."""

import re
from collections.abc import Set
from dataclasses import dataclass
from graphlib import TopologicalSorter

import torch
from torch import Tensor
from torch.autograd.graph import Node, get_gradient_edge
from torch.utils.hooks import RemovableHandle


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
    zero: set[tuple[int, int]]  # edges along which nothing but zeros comes back, though the path is open

    @property
    def silent(self) -> set[int]:
        """The leaves that a gradient reaches, but only as zeros."""
        loud = {after for _, after in set(self.edges) - self.zero}
        return {after for _, after in self.zero} & self.leaves - loud

    def layers(self) -> dict[int | str, int]:
        """The longest distance from the result, for nodes and saved constants; what it does not reach lies past all."""
        layer = self._distances(self.connected, first=0)
        beyond = self.nodes.keys() - self.connected
        return layer | self._distances(beyond, first=1 + max(layer.values(), default=0))

    def _distances(self, part: Set[int], first: int) -> dict[int | str, int]:
        """Of the nodes in ``part`` and of what they save: along the longest path there, and counted from ``first``."""
        before: dict[int | str, list[int]] = {node: [] for node in sorted(part)}
        for node, after in self.edges:
            if node in part and after in part:
                before[after].append(node)
        for node, name in self.saved:
            if node in part:
                before.setdefault(name, []).append(node)
        distance: dict[int | str, int] = {}
        for key in TopologicalSorter(before).static_order():
            distance[key] = max([first, *(distance[node] + 1 for node in before[key])])
        return {key: distance[key] for key in before}


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
    zero = _zeros(result, number) if connected else set()
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
        zero=zero,
    )


def _walk(start: Tensor, number: dict[Node, int]) -> Node | None:
    """The node that ``start`` came out of, after numbering all from there on that have no number yet."""
    origin = get_gradient_edge(start).node if start.requires_grad else None
    waiting = [origin]
    for node in waiting:  # grows on the way
        if node is not None and node not in number:  # None stands for an input that asks for no gradient
            number[node] = len(number)
            waiting += [after for after, _ in node.next_functions]
    return origin


def _zeros(result: Tensor, number: dict[Node, int]) -> set[tuple[int, int]]:
    """Edges that only zeros come along, by a backward pass that leaves no ``grad``; none once values were let go."""
    came: dict[tuple[int, int], bool] = {}  # whether anything but zeros did

    def look_at(node: Node) -> RemovableHandle:
        def look(gradients: tuple[Tensor | None, ...], _: object) -> None:
            for gradient, (after, _) in zip(gradients, node.next_functions, strict=True):
                if gradient is not None and after is not None:
                    edge = number[node], number[after]
                    came[edge] = came.get(edge, False) or bool(gradient.any())

        return node.register_hook(look)

    leaves = [node.variable for node in number if hasattr(node, "variable")]
    handles = [look_at(node) for node in number if not hasattr(node, "variable")]
    try:
        torch.autograd.grad(result, leaves, torch.ones_like(result), retain_graph=True, allow_unused=True)
    except RuntimeError:  # backward() was called before
        return set()
    finally:
        for handle in handles:
            handle.remove()
    return {edge for edge, anything in came.items() if not anything}


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
