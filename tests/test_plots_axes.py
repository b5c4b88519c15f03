import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots

GRID = torch.stack(torch.meshgrid(torch.arange(3.0), torch.arange(4.0), indexing="ij"), dim=2)
DEGREES = torch.tensor([0.0, 30.0, 45.0])
CURVES = {"x and y": torch.tensor([0.0, 0.1, 0.2]), "x and size": torch.tensor([0.0, 1.0, 2.0])}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_lines_join_the_neighbours_of_the_grid():
    fig = plots.place_maps({"straight": GRID, "narrow": GRID[:2]})
    assert [axis.get_title() for axis in fig.axes] == ["straight", "narrow"]
    drawn = [np.stack(line.get_data(), axis=1).tolist() for line in fig.axes[0].lines]
    along_x = [GRID[:, y].tolist() for y in range(4)]
    along_y = [GRID[x].tolist() for x in range(3)]
    assert drawn == along_x + along_y
    assert len({line.get_color() for line in fig.axes[0].lines}) == 2
    assert [text.get_text() for text in fig.legends[0].get_texts()][0].endswith("right")
    assert fig.legends[0].legend_handles[0].get_color() == fig.axes[0].lines[0].get_color()


def test_the_rise_is_dots_on_a_line_and_the_mig_stands_beside_it():
    fig = plots.turned_axes(DEGREES, CURVES, {name: 2 * curve for name, curve in CURVES.items()}, CURVES)
    left, right = fig.axes
    assert [line.get_label() for line in left.lines] == [
        f"{plane}: {kind}" for plane in CURVES for kind in ("predicted", "measured")
    ]
    assert left.lines[3].get_ydata().tolist() == [0, 2, 4] and left.lines[3].get_linestyle() == "None"
    assert right.lines[1].get_ydata().tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("grids", "error", "message"),
    [
        ({}, TypeError, "grids: want a dict of grids"),
        (GRID, TypeError, "grids: want a dict of grids"),
        ({"a": GRID[0]}, ValueError, r"grids\['a'\]: want shape \(X, Y, 2\)"),
        ({"a": GRID / 0}, ValueError, r"grids\['a'\]: contains NaN"),
    ],
)
def test_what_is_no_grid(grids, error, message):
    with pytest.raises(error, match=f"^{message}"):
        plots.place_maps(grids)


def test_what_are_no_curves():
    with pytest.raises(TypeError, match="^measured: want a dict of curves"):
        plots.turned_axes(DEGREES, CURVES, {}, CURVES)
    with pytest.raises(ValueError, match=r"^mig: want the planes \['x and y', 'x and size'\], got \['x and y'\]"):
        plots.turned_axes(DEGREES, CURVES, CURVES, {"x and y": DEGREES})
    with pytest.raises(ValueError, match=r"^predicted\['x and y'\]: want shape \(2,\), got \(3,\)"):
        plots.turned_axes(DEGREES[:2], CURVES, CURVES, CURVES)
    four = dict.fromkeys("abcd", DEGREES)
    with pytest.raises(ValueError, match="^predicted: want at most 3 planes, got 4"):
        plots.turned_axes(DEGREES, four, four, four)
