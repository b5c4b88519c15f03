"""The pictures of notebook 09's table show what it holds."""

import math

import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def row(kind, latent_dim=2, weight=1.0, seed=0, **scores):
    known = {"reconstruction": 130.0 + seed, "mmd": 0.01, "variances": [0.9, 1.1], "holes": 0.2, "imbalance": 0.1}
    known |= {"kind": kind, "latent_dim": latent_dim, "weight": weight, "seed": seed, "judge": 0.68}
    return known | scores


AAES = [row("aae", d, weight, seed) for d in (2, 8) for weight in (1.0, 10.0) for seed in range(3)]
COLLAPSED = row("aae", 8, 10.0, 3, variances=[0.0, 0.5], reconstruction=205.0, judge=0.01, mmd=0.4)


def crosses(axis):
    return sum(len(line.get_xdata()) for line in axis.lines if line.get_marker() == "x")


def test_maps_are_on_one_scale_with_the_priors_circles():
    labels = torch.arange(20) % 3
    fig = plots.code_maps({"A": torch.randn(20, 2), "B": 9 * torch.randn(20, 2)}, labels)
    for axis in fig.axes:
        assert axis.get_xlim() == axis.get_ylim() == (-5, 5)
        assert [circle.radius for circle in axis.patches] == [1, 2]
    with pytest.raises(ValueError, match="A"):
        plots.code_maps({"A": torch.randn(20, 3)}, labels)
    with pytest.raises(TypeError, match="want a dict of codes"):
        plots.code_maps({}, labels)
    with pytest.raises(TypeError, match="^labels: want an integer tensor"):
        plots.code_maps({"A": torch.randn(20, 2)}, labels.tolist())
    with pytest.raises(ValueError, match="^reach: want a number > 0"):
        plots.code_maps({"A": torch.randn(20, 2)}, labels, reach=0)


def test_a_dot_a_seed_in_a_column_for_each_kind():
    rows = [row(kind, d, seed=seed) for kind in ("ae", "aae") for d in (2, 8) for seed in range(3)]
    fig = plots.aggregate_scores(rows)
    assert len(fig.axes) == 10
    first = fig.axes[0]
    assert [label.get_text() for label in first.get_xticklabels()] == ["AE", "AAE"]
    assert sorted(line.get_ydata()[0] for line in first.lines) == [130, 130, 131, 131, 132, 132]
    with pytest.raises(ValueError, match="rows: want at least one"):
        plots.aggregate_scores([])


def test_what_has_collapsed_is_crossed_out():
    axes = plots.weight_costs({"sudden": [*AAES, COLLAPSED]}, beside=[row("vae"), row("vae", 8)]).axes
    assert [crosses(axis) for axis in axes] == [0, 1, 0, 1]
    assert any(math.isclose(line.get_ydata()[0], math.log(2)) for line in axes[3].lines)
    assert [crosses(axis) for axis in plots.trade_offs({"AAE": [*AAES, COLLAPSED]}).axes] == [0, 1]


def test_an_mmd_below_0_is_on_the_picture():
    (axis,) = plots.trade_offs({"AAE": [row("aae", mmd=-1e-4)]}).axes
    assert axis.lines[0].get_xdata()[0] == 1e-5


@pytest.mark.parametrize("picture", [plots.trade_offs, lambda groups: plots.weight_costs(groups, [])])
def test_bad_groups(picture):
    with pytest.raises(TypeError, match="groups: want a dict"):
        picture({})
    with pytest.raises(ValueError, match="want at least one row, got none"):
        picture({"AAE": []})
    with pytest.raises(ValueError, match="groups: want at most 3, got 4"):
        picture({str(k): AAES for k in range(4)})
