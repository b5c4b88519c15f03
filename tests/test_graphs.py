from itertools import combinations

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import Tensor

from vae_helpers.plots.autograd import backward_graph
from vae_helpers.plots.graphs import BOXES, backward_graphs


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def case(kind: str) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a decoder w on a z drawn in one of three ways, and every tensor on the way."""
    mu, logvar, w = (torch.tensor(value, requires_grad=True) for value in (0.5, -1.0, 1.5))
    sigma, x, eps = torch.exp(0.5 * logvar), torch.tensor(2.0), torch.tensor(0.3)
    z = {
        "blocked": lambda: torch.distributions.Normal(mu, sigma).sample(),
        "open": lambda: mu + sigma * eps,
        "normal": lambda: torch.normal(mu, sigma),
    }[kind]()
    loss = (w * z - x) ** 2
    named = {"$\\mu$": mu, "logvar": logvar, "$\\sigma$": sigma, "z": z, "w (decoder)": w, "x": x, "loss": loss}
    return loss, named | ({"eps": eps} if kind == "open" else {})


def edges_by_label(graph) -> set[tuple[str, str]]:
    return {(graph.nodes[a], graph.nodes[b]) for a, b in graph.edges}


def test_open_path_reaches_all_that_asks():
    graph = backward_graph(*case("open"))
    assert graph.reached == {"$\\mu$", "logvar", "$\\sigma$", "z", "w (decoder)", "loss"}
    assert graph.unreached == set() and graph.constants == {"x", "eps"}
    assert {graph.nodes[k] for k in graph.leaves} == {"$\\mu$", "logvar", "w (decoder)"}
    assert edges_by_label(graph) == {
        ("loss from Pow", "Sub"),
        ("Sub", "Mul"),
        ("Mul", "w (decoder)"),
        ("Mul", "z from Add"),
        ("z from Add", "$\\mu$"),
        ("z from Add", "Mul"),
        ("Mul", "$\\sigma$ from Exp"),
        ("$\\sigma$ from Exp", "Mul"),
        ("Mul", "logvar"),
    }
    assert [(graph.nodes[k], name) for k, name in graph.saved] == [("Mul", "eps")]  # x is in no derivative


def test_blocked_path_reaches_the_decoder_only():
    graph = backward_graph(*case("blocked"))
    assert graph.reached == {"w (decoder)", "loss"}
    assert graph.unreached == {"$\\mu$", "logvar", "$\\sigma$"} and graph.constants == {"x", "z"}
    assert {graph.nodes[k] for k in graph.connected} == {"loss from Pow", "Sub", "Mul", "w (decoder)"}
    assert {("$\\sigma$ from Exp", "Mul"), ("Mul", "logvar")} < edges_by_label(graph)  # sigma's own graph is kept
    assert not any(a in graph.connected and b not in graph.connected for a, b in graph.edges)
    layer = graph.layers()
    assert layer["z"] == max(layer[k] for k in graph.connected)
    assert min(layer[k] for k in graph.nodes.keys() - graph.connected) == layer["z"] + 1


def test_normal_is_connected():
    graph = backward_graph(*case("normal"))
    assert graph.unreached == set() and {"$\\mu$", "logvar", "z"} < graph.reached
    assert {("z from Normal", "$\\mu$"), ("z from Normal", "$\\sigma$ from Exp")} < edges_by_label(graph)


def test_past_a_normal_only_zeros_come_back():
    loss, named = case("normal")
    graph = backward_graph(loss, named)
    assert {(graph.nodes[a], graph.nodes[b]) for a, b in graph.zero} == {
        ("z from Normal", "$\\mu$"),
        ("z from Normal", "$\\sigma$ from Exp"),
        ("$\\sigma$ from Exp", "Mul"),
        ("Mul", "logvar"),
    }
    assert {graph.nodes[k] for k in graph.silent} == {"$\\mu$", "logvar"}
    assert all(tensor.grad is None for tensor in named.values() if tensor.is_leaf)  # looking leaves no trace
    loss.backward()
    assert backward_graph(loss, named).zero == set()  # the values were let go


def test_open_and_blocked_paths_bring_no_zeros():
    for kind in ("open", "blocked"):
        graph = backward_graph(*case(kind))
        assert graph.zero == graph.silent == set()


def test_one_gradient_of_two_on_an_edge_is_enough():
    a = torch.zeros(2, requires_grad=True)
    b = torch.tensor([1.0, 0.0], requires_grad=True)
    graph = backward_graph(a * b + 0 * b, {"a": a, "b": b})
    assert {graph.nodes[k] for k in graph.silent} == {"b"}  # a's gradient is b, in part not 0; b's is a, and 0


@pytest.mark.parametrize("kind", ["open", "blocked", "normal"])
def test_reached_is_what_autograd_says(kind):
    loss, named = case(kind)
    graph = backward_graph(loss, named)
    asking = {name: tensor for name, tensor in named.items() if tensor.requires_grad}
    gradients = torch.autograd.grad(loss, list(asking.values()), allow_unused=True)
    assert graph.reached == {name for name, gradient in zip(asking, gradients, strict=True) if gradient is not None}


def test_detached_sigma():
    mu, logvar, eps = torch.tensor(0.5, requires_grad=True), torch.tensor(-1.0, requires_grad=True), torch.randn(())
    sigma = torch.exp(0.5 * logvar).detach()
    graph = backward_graph(mu + sigma * eps, {"mu": mu, "logvar": logvar, "sigma": sigma})
    assert (graph.reached, graph.unreached, graph.constants) == ({"mu"}, {"logvar"}, {"sigma"})


def test_shared_node_appears_once_on_its_longest_path():
    a = torch.ones(2, 3, requires_grad=True)
    graph = backward_graph(a * a + a, {})
    assert sorted(graph.nodes.values()) == ["Add", "Mul", "leaf (2, 3)"]
    assert len(graph.edges) == 3
    assert {graph.nodes[k]: row for k, row in graph.layers().items()} == {"Add": 0, "Mul": 1, "leaf (2, 3)": 2}


def test_layers_are_longest_paths():
    graph = backward_graph(*case("open"))
    layer = graph.layers()
    assert all(layer[a] < layer[b] for a, b in graph.edges)
    by_label = {graph.nodes.get(k, k): row for k, row in layer.items() if graph.nodes.get(k) != "Mul"}
    assert by_label == {
        "loss from Pow": 0,
        "Sub": 1,
        "w (decoder)": 3,
        "z from Add": 3,
        "$\\mu$": 4,
        "$\\sigma$ from Exp": 5,
        "eps": 5,
        "logvar": 7,
    }


def test_empty_graph():
    a, b = torch.ones(3, requires_grad=True), torch.ones(3)
    result = a.detach() + b
    graph = backward_graph(result, {"a": a, "b": b, "result": result})
    assert graph.connected == graph.reached == set() and graph.edges == []
    assert graph.unreached == {"a"} and graph.constants == {"b", "result"}
    fig = backward_graphs({"nothing": (result, {}), "little": (result, {"a": a, "b": b, "result": result})})
    assert [text.get_text() for text in fig.axes[0].texts] == []
    assert {"a", "b", "result", "no gradient past here"} == {text.get_text() for text in fig.axes[1].texts}


def test_a_leaf_is_its_own_graph():
    a = torch.ones(3, requires_grad=True)
    graph = backward_graph(a, {"a": a, "again": a})
    assert graph.nodes == {0: "a, again"} and graph.leaves == {0} and graph.reached == {"a", "again"}


def test_graph_outlives_backward():
    loss, named = case("open")
    before = backward_graph(loss, named)
    loss.backward()
    after = backward_graph(loss, named)
    assert after.edges == before.edges and after.reached == before.reached and after.saved == []


def test_errors():
    a = torch.ones((), requires_grad=True)
    with pytest.raises(TypeError, match="result: want a tensor, got float"):
        backward_graph(1.0, {})
    with pytest.raises(TypeError, match="mu: want a tensor, got list"):
        backward_graph(2 * a, {"mu": [1]})
    with pytest.raises(ValueError, match="cases: want at least one"):
        backward_graphs({})


def awkward() -> tuple[Tensor, dict[str, Tensor]]:
    """Edges over several layers, and a graph of its own that ends at a leaf the result does reach."""
    a, b = torch.ones((), requires_grad=True), torch.ones((), requires_grad=True)
    aside = (b + 1).exp()
    return ((a * b).sin() * a + b).exp() * a, {"a": a, "b": b, "aside": aside, "apart": torch.ones(())}


@pytest.fixture
def figure():
    fig = backward_graphs({kind: case(kind) for kind in ("blocked", "open", "normal")} | {"awkward": awkward()})
    fig.canvas.draw()
    return fig


def test_figure_says_what_is_what(figure):
    blocked, opened, normal, _ = ([text.get_text() for text in axis.texts] for axis in figure.axes)
    assert [axis.get_title() for axis in figure.axes] == ["blocked", "open", "normal", "awkward"]
    assert {"$\\mu$", "logvar", "$\\sigma$ from Exp", "z", "x", "w (decoder)", "loss from Pow"} < set(blocked)
    assert "no gradient past here" in blocked and "no gradient past here" not in opened + normal
    assert {"eps", "z from Add"} < set(opened) and "z from Normal" in normal
    assert all(text.get_fontsize() >= 10 for axis in figure.axes for text in axis.texts)
    note = next(text for text in figure.axes[0].texts if text.get_text().startswith("no gradient"))
    assert note.get_weight() == "bold"


def boxes(axis) -> dict[str, FancyBboxPatch]:
    """By its text, each box; of several "Mul" the last."""
    drawn = [patch for patch in axis.patches if isinstance(patch, FancyBboxPatch)]
    inside = {}
    for text in axis.texts:
        for box in drawn:
            if box.get_window_extent().contains(*text.get_transform().transform(text.get_position())):
                inside[text.get_text()] = box
    return inside


def test_each_kind_has_its_own_line(figure):
    kinds = {
        "$\\mu$": "unreached",
        "z": "constant",
        "x": "constant",
        "w (decoder)": "leaf",
        "loss from Pow": "operation",
    }
    for name, kind in kinds.items():
        assert boxes(figure.axes[0])[name].get_label() == BOXES[kind]["label"]
    assert boxes(figure.axes[1])["$\\mu$"].get_label() == BOXES["leaf"]["label"]
    for name in ("$\\mu$", "logvar"):
        assert boxes(figure.axes[2])[name].get_label() == BOXES["silent"]["label"]
    assert len({(style["lw"], style.get("ls")) for style in BOXES.values()}) == len(BOXES)


def test_the_wall_parts_z_from_mu(figure):
    (wall,) = figure.axes[0].lines
    height = wall.get_ydata()[0]
    below, above = ({"loss from Pow", "w (decoder)", "z", "x"}, {"$\\mu$", "$\\sigma$ from Exp", "logvar"})
    extents = {name: box.get_bbox() for name, box in boxes(figure.axes[0]).items()}
    assert all(extents[name].y1 < height for name in below) and all(extents[name].y0 > height for name in above)
    assert not figure.axes[1].lines


def test_nothing_overlaps(figure):
    for axis in figure.axes:
        drawn = [patch.get_window_extent() for patch in axis.patches if isinstance(patch, FancyBboxPatch)]
        assert len(drawn) >= 9
        assert not any(a.overlaps(b) for a, b in combinations(drawn, 2))
        assert all(axis.bbox.containsx(edge) for box in drawn for edge in (box.x0, box.x1))
        for text in axis.texts:  # each label is inside its box
            extent, holding = text.get_window_extent(), [box for box in drawn if box.overlaps(text.get_window_extent())]
            assert len(holding) == (not text.get_text().startswith("no gradient"))
            assert all(box.x0 < extent.x0 and extent.x1 < box.x1 for box in holding)


def test_no_arrow_crosses_a_box(figure):
    for axis in figure.axes:
        inner = [patch.get_bbox().padded(-0.02) for patch in axis.patches if isinstance(patch, FancyBboxPatch)]
        arrows = [patch for patch in axis.patches if isinstance(patch, FancyArrowPatch)]
        assert len(arrows) >= 6
        for arrow in arrows:
            route = arrow._path_original
            assert not any(route.intersects_bbox(box, filled=False) for box in inner)


@pytest.mark.parametrize("panels", [("open",), ("blocked", "open"), ("blocked", "open", "normal")])
def test_legend_fits(panels):
    fig = backward_graphs({kind: case(kind) for kind in panels})
    fig.canvas.draw()
    legend = fig.legends[0].get_window_extent()
    assert fig.bbox.x0 <= legend.x0 and legend.x1 <= fig.bbox.x1 and legend.y0 >= 0
    assert not any(legend.overlaps(axis.bbox) for axis in fig.axes)
