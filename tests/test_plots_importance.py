"""The figure of bounds shows the numbers that it is given."""

import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots

BOUNDS = torch.tensor([[-10.0, -8.0, -7.5], [-20.0, -19.0, -18.5], [-30.0, -27.0, -26.0]])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_means_errors_and_the_truth():
    fig = plots.bounds_against_draws([1, 10, 100], {"a": BOUNDS, "b": BOUNDS - 1}, {"a": BOUNDS[:, 2] + 1})
    first, second = fig.axes
    curve, logs, truth = first.lines
    assert curve.get_xdata().tolist() == [1, 10, 100] and curve.get_ydata() == pytest.approx(BOUNDS.mean(dim=0))
    assert logs.get_ydata()[0] == pytest.approx(-20) and truth.get_ydata()[0] == pytest.approx(-52 / 3 + 1)
    assert len({line.get_color() for line in first.lines}) == len({line.get_linestyle() for line in first.lines}) == 3
    assert len(second.lines) == 2 and first.get_xscale() == "log"
    assert [axis.get_title() for axis in fig.axes] == ["a", "b"]
    (band,) = first.collections
    height = band.get_paths()[0].get_extents().height
    error = torch.tensor([2.0, 1.0, 3.0]).std().item() / 3**0.5  # of the paired rise, not of the bounds
    top = BOUNDS.mean(dim=0)[2] + torch.tensor([2.5, 1.5, 4.0]).std() / 3**0.5
    assert band.get_paths()[0].get_extents().y1 == pytest.approx(top.item(), abs=1e-4) and height > error


@pytest.mark.parametrize(
    ("bounds", "truth", "error", "message"),
    [
        ({}, None, ValueError, "bounds: want those of at least one model"),
        (BOUNDS, None, TypeError, "bounds and truth: want dicts by model"),
        ({"a": BOUNDS}, BOUNDS[:, 0], TypeError, "bounds and truth: want dicts by model"),
        ({"a": BOUNDS[:, :2]}, None, ValueError, "bounds: want shape"),
        ({"a": BOUNDS[:1]}, None, ValueError, "bounds: want at least two images"),
        ({"a": BOUNDS, "b": BOUNDS / 0}, None, ValueError, "bounds: contains NaN"),
        ({"a": BOUNDS}, {"b": BOUNDS[:, 0]}, ValueError, "truth: want that of a, got that of b"),
        ({"a": BOUNDS}, {"a": BOUNDS[:2, 0]}, ValueError, r"truth: want shape \(3,\)"),
        ({"a": BOUNDS}, {"a": BOUNDS[:, 0] / 0}, ValueError, "truth: contains NaN"),
    ],
)
def test_what_is_no_bound(bounds, truth, error, message):
    """And no figure is begun of it."""
    with pytest.raises(error, match=f"^{message}"):
        plots.bounds_against_draws([1, 10, 100], bounds, truth)
    assert not plt.get_fignums()
