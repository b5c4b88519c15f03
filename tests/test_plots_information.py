import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots
from vae_helpers.total_correlation import KLParts

ENTROPIES = {"shape": 1.1, "x": 2.08}
TABLES = {"one": torch.tensor([[0.0, 1.0], [0.5, 0.25], [0.0, 0.0]]), "two": torch.zeros(3, 2)}
PARTS = {"a": KLParts(5.0, 1.5, 0.25), "b": KLParts(1.0, -0.001, 0.0)}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def words(axis):
    return [text.get_text() for text in axis.texts]


def test_each_cell_has_its_number_on_one_scale():
    fig = plots.information_tables(TABLES, ENTROPIES)
    one, two, bar = fig.axes
    assert words(one) == ["0.00", "1.00", "0.50", "0.25", "0.00", "0.00"] and words(two) == ["0.00"] * 6
    assert one.images[0].get_clim() == two.images[0].get_clim() == (0.0, 1.0)
    assert [axis.get_title() for axis in (one, two)] == ["one", "two"] and "nats" in bar.get_ylabel()
    assert [label.get_text() for label in one.get_xticklabels()] == ["shape\nof 1.10", "x\nof 2.08"]
    assert [label.get_text() for label in one.get_yticklabels()] == ["$z_{1}$", "$z_{2}$", "$z_{3}$"]
    assert one.texts[1].get_color() != one.texts[0].get_color()  # readable on dark cells and on pale ones


@pytest.mark.parametrize(
    ("tables", "factors", "error"),
    [
        ({}, ENTROPIES, TypeError),
        ([TABLES["one"]], ENTROPIES, TypeError),
        (TABLES, {}, TypeError),
        ({"one": TABLES["one"].T}, ENTROPIES, ValueError),
        ({"one": TABLES["one"].long()}, ENTROPIES, TypeError),
        ({"one": TABLES["one"] * float("nan")}, ENTROPIES, ValueError),
        ({"one": TABLES["one"][:0]}, ENTROPIES, ValueError),
    ],
)
def test_what_is_no_table(tables, factors, error):
    with pytest.raises(error, match="^(tables|factors)"):
        plots.information_tables(tables, factors)


def test_bars_lie_end_to_end_and_say_their_nats():
    axis = plots.kl_bars(PARTS).axes[0]
    first = sorted((bar.get_x(), bar.get_width()) for bar in axis.patches if abs(bar.get_y() + 0.35) < 0.01)
    assert first == [(0.0, 5.0), (5.0, 1.5), (6.5, 0.25)]
    assert words(axis) == ["5.00 + 1.50 + 0.25", "1.00 + 0.00 + 0.00"]  # not -0.00
    assert all(bar.get_width() >= 0 for bar in axis.patches) and axis.get_xlim()[1] > 6.75
    assert len({bar.get_hatch() for bar in axis.patches}) == 3


def test_a_part_below_0_is_written_and_has_no_bar():
    axis = plots.kl_bars({"few draws": KLParts(2.0, -0.13, 0.5)}).axes[0]
    assert words(axis) == ["2.00 − 0.13 + 0.50"]
    assert [(bar.get_x(), bar.get_width()) for bar in axis.patches] == [(0.0, 2.0), (2.0, 0.0), (2.0, 0.5)]


@pytest.mark.parametrize("parts", [{}, [PARTS["a"]], {"a": (1.0, 2.0, 3.0)}])
def test_what_is_no_part(parts):
    with pytest.raises(TypeError, match="^parts: want a dict"):
        plots.kl_bars(parts)
