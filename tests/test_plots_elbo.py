import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots
from vae_helpers.evaluation import Terms
from vae_helpers.grid_posterior import square_grid


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_lines_may_be_logarithmic_and_marked():
    x = torch.logspace(-2, 2, 30)
    fig = plots.lines(x, {"a": x, "b": x**2}, xlabel="x", ylabel="y", log="xy", marks={"here": 3.0})
    (axis,) = fig.axes
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log")
    low, high = axis.get_ylim()
    assert low < 1e-4 and high > 1e4  # every value is on the paper
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["a", "b"]
    assert {line.get_linestyle() for line in axis.lines[:2]} == {"-", "--"}
    assert [text.get_text() for text in axis.texts] == ["here"]
    assert plots.lines(x, {"a": x}, xlabel="", ylabel="", ylim=(0, 1)).axes[0].get_ylim() == (0, 1)


def test_log_weights_mark_their_means():
    weights = {"exact": torch.full((100,), 5.0), "worse": torch.linspace(-5, 4, 100)}
    fig = plots.log_weights(weights, 5.0)
    for axis, values in zip(fig.axes, weights.values(), strict=True):
        level, mark = axis.lines
        assert level.get_xdata()[0] == 5.0 and mark.get_xdata()[0] == pytest.approx(values.mean().item())
        assert sum(patch.get_height() for patch in axis.patches) == 100  # no draw is left out
    notes = [[text.get_text() for text in axis.texts] for axis in fig.axes]
    assert notes == [["exact", "all 100 draws lie here"], ["worse"]]  # one bar is easily overlooked


def test_gap():
    fig = plots.gap(torch.arange(3.0), torch.tensor([1.0, 2.0, 0.0]), 2.5, "position")
    level, curve = fig.axes[0].lines
    assert level.get_ydata()[0] == 2.5 and list(curve.get_ydata()) == [1, 2, 0]


def test_posteriors_are_the_right_way_up():
    grid = square_grid(81, 4.0)
    centre = torch.tensor([1.0, -2.0])
    log_posterior = (-0.5 * (grid.z - centre).square().sum(1) / 0.1)[None]
    q = torch.tensor([[1.1, -2.0]]), torch.tensor([[0.3, 0.3]])
    fig = plots.posteriors(torch.rand(1, 1, 28, 28), log_posterior, 4.0, {"q": q})
    axis = fig.axes[1]
    picture = axis.images[0]
    shown = torch.as_tensor(picture.get_array())
    row, column = divmod(int(shown.argmax()), 81)
    left, right, bottom, top = picture.get_extent()
    assert left + (column / 80) * (right - left) == pytest.approx(1.0, abs=0.06)
    assert bottom + (row / 80) * (top - bottom) == pytest.approx(-2.0, abs=0.06) and picture.origin == "lower"
    low, high = axis.get_xlim()
    assert low < 0.5 and high > 1.7 and axis.patches[0].width == pytest.approx(1.2)


def test_rate_distortion_names_every_beta():
    terms = {0.1: Terms(90.0, 47.0), 1: Terms(110.0, 19.0), 784: Terms(206.0, 0.0)}
    fig = plots.rate_distortion(terms)
    texts = {text.get_text() for text in fig.axes[0].texts}
    assert {"β = 0.1", "β = 1", "β = 784"} <= texts
    drawn = [line for line in fig.axes[0].lines if line.get_marker() == "o"]
    assert list(drawn[0].get_xdata()) == [47, 19, 0]
