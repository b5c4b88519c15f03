import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots
from vae_helpers.importance import log_mean_weights


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def some_logs(draws: int = 300, seed: int = 0) -> torch.Tensor:
    return -90 + 3 * torch.randn(draws, generator=torch.Generator().manual_seed(seed))


def bars(axis) -> tuple[np.ndarray, np.ndarray, float]:
    heights = [np.array([bar.get_height() for bar in group]) for group in axis.containers]
    return heights[0], heights[1], heights[2][0]


def test_the_bars_share_out_all_draws_and_all_weight():
    logs = some_logs()
    left, _ = plots.draws_that_count({"a row": logs}, most=100).axes
    draws, weights, largest = bars(left)
    shares = logs[:100].double().softmax(dim=0)
    assert [draws.sum(), weights.sum()] == pytest.approx([1, 1])
    assert largest == pytest.approx(shares.max().item()) and largest <= weights[-1] + 1e-9
    top = logs[:100].max() - (logs[:100].max() - logs[:100].double().quantile(0.01)) / 26  # the last bin
    assert weights[-1] == pytest.approx(shares[logs[:100] > top].sum().item(), abs=1e-6)
    assert draws[-1] == pytest.approx((logs[:100] > top).float().mean().item(), abs=1e-6)
    edges = [bar.get_x() for bar in left.containers[0]]
    low, high = logs[:100].double().quantile(0.01).item(), logs[:100].max().item()  # few draws lie far below
    assert [edges[0], edges[13]] == pytest.approx([low, (low + high) / 2], abs=1e-6)
    mean, bound = (line.get_xdata()[0] for line in left.lines)
    assert mean == pytest.approx(logs[:100].mean().item(), abs=1e-4)
    assert bound == pytest.approx(log_mean_weights(logs[None, :100]).item(), abs=1e-4)
    assert left.texts[0].get_text().startswith("a row\neffective ")
    assert f"one draw: {100 * shares.max():.1f} %" in left.texts[0].get_text()


def test_the_paths_end_where_the_bounds_do():
    logs = some_logs()
    _, right = plots.draws_that_count({"a row": logs}, {"a row": -84.5}, most=100).axes
    *others, own, dot, elbo, truth = right.lines
    assert len(others) == 20
    for k in (1, 10, 100):
        assert own.get_ydata()[k - 1] == pytest.approx(log_mean_weights(logs[None, :k]).item(), abs=1e-4)
    assert dot.get_xydata()[0] == pytest.approx([100, own.get_ydata()[-1]])
    assert len({round(line.get_ydata()[-1], 6) for line in others}) == 20  # of other draws
    assert elbo.get_ydata()[0] == pytest.approx(logs.mean().item(), abs=1e-4)
    assert truth.get_ydata()[0] == -84.5 and right.get_ylim()[1] > -84.5
    _, right = plots.draws_that_count({"a row": logs}).axes
    assert len({round(line.get_ydata()[-1], 6) for line in right.lines[:20]}) == 1  # all draws, whatever the order


def test_a_row_each_and_all_lines_are_named():
    rows = {"one": some_logs(), "two": some_logs(seed=1)}
    fig = plots.draws_that_count(rows, {"two": -80.0}, most=50)
    assert len(fig.axes) == 4 and len(fig.axes[3].lines) == len(fig.axes[1].lines) + 1
    names = [text.get_text() for text in fig.axes[1].get_legend().get_texts()]
    assert names == ["other orders", "bound", "ELBO", "log p(x), by a grid"]
    assert [text.get_text() for text in fig.axes[0].get_legend().get_texts()] == ["share of the draws", "of the weight"]


def test_equal_weights():
    left, _ = plots.draws_that_count({"flat": torch.full((7,), -3.0)}).axes
    assert "effective 7.0 of 7\none draw: 14.3 %" in left.texts[0].get_text()


@pytest.mark.parametrize(
    ("log_weights", "more", "message"),
    [
        ({}, {}, "log_weights: want a row at least"),
        ({"a": some_logs()}, {"truth": {"b": 1.0}}, "log_weights: want a row at least, and one for each of"),
        ({"a": some_logs()[None]}, {}, r"log_weights: want shape \(K,\)"),
        ({"a": some_logs() + torch.nan}, {}, "log_weights: contains NaN"),
        ({"a": some_logs(0)}, {}, "log_weights: want at least one"),
        ({"a": some_logs()}, {"most": 0}, "most: want a whole number >= 1"),
        ({"a": some_logs()}, {"most": 2.5}, "most: want a whole number >= 1"),
        ({"a": some_logs(), "b": some_logs(9)}, {"most": 10}, "most: want at most 9"),
        ({"a": some_logs()}, {"most": 301}, "most: want at most 300"),
    ],
)
def test_what_is_refused(log_weights, more, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        plots.draws_that_count(log_weights, **more)
    with pytest.raises(TypeError, match="^log_weights: want"):
        plots.draws_that_count({"a": [1.0]})
    assert not plt.get_fignums()  # none is begun
