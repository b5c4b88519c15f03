import math

import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots

GAPS = {"wide": torch.tensor([[3.0, 1.0], [5.0, 1.5], [4.0, 0.5]]), "narrow": torch.tensor([[1.0, 0.9], [1.0, 1.1]])}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def ends(bar):
    """Of an error bar with one point: the lines' ends."""
    return bar[2][0].get_segments()


def test_bound_bias():
    fig = plots.bound_bias([1, 8], GAPS)
    (axis,) = fig.axes
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["exact $\\log p(x)$", *GAPS]
    assert axis.lines[0].get_ydata() == [0, 0]
    for bar, values in zip(axis.containers, GAPS.values(), strict=True):
        assert bar[0].get_xdata().tolist() == [1, 8]
        assert bar[0].get_ydata().tolist() == pytest.approx((-values.mean(dim=0)).tolist())  # below 0
        half = 2 * values.std(dim=0) / math.sqrt(len(values))
        for (low, high), wanted in zip(ends(bar), half.tolist(), strict=True):
            assert (high[1] - low[1]) / 2 == pytest.approx(wanted, abs=1e-6)


def test_paired_gains():
    gains = {"q": torch.tensor([0.1, 0.5, 0.3, -0.1]), "prior": torch.tensor([-2.0, 1.0, -3.0, 0.0])}
    fig = plots.paired_gains(gains, "nats")
    (axis,) = fig.axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["q", "prior"] and axis.get_xlabel() == "nats"
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    for row, (values, drawn, bar) in enumerate(zip(gains.values(), dots, axis.containers, strict=True)):
        assert drawn.get_xdata().tolist() == values.tolist() and set(drawn.get_ydata()) == {row}
        assert bar[0].get_xdata()[0] == pytest.approx(values.mean().item())
        ((low, high),) = ends(bar)
        assert (high[0] - low[0]) / 2 == pytest.approx(values.std().item())  # 2 / root of 4
    assert axis.get_ylim()[0] > axis.get_ylim()[1]  # the first on top


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: plots.bound_bias([1, 8], []), TypeError, "gaps: want a dict of gaps by the name of q, got"),
        (lambda: plots.bound_bias([1, 8], dict.fromkeys("abcdef", GAPS["wide"])), ValueError, "gaps: want at most 5"),
        (lambda: plots.bound_bias([], GAPS), ValueError, "draws: want a whole number >= 1, got 0"),
        (lambda: plots.bound_bias([1], GAPS), ValueError, r"gaps\['wide'\]: want shape \(N, 1\), got"),
        (lambda: plots.bound_bias([1, 8], {"a": GAPS["wide"][:1]}), ValueError, r"gaps\['a'\]: want at least two"),
        (lambda: plots.bound_bias([1, 8], {"a": GAPS["wide"] / 0}), ValueError, r"gaps\['a'\]: contains NaN or inf"),
        (lambda: plots.paired_gains({}, ""), TypeError, "gains: want a dict of gains by name, got"),
        (lambda: plots.paired_gains({"a": torch.ones(1)}, ""), ValueError, r"gains\['a'\]: want at least two images"),
        (lambda: plots.paired_gains({"a": torch.ones(2) / 0}, ""), ValueError, r"gains\['a'\]: contains NaN"),
        (
            lambda: plots.paired_gains({"a": torch.ones(2), "b": torch.ones(2, 1)}, ""),
            ValueError,
            r"gains\['b'\]: want s",
        ),
        (lambda: plots.paired_gains({"a": [1.0, 2.0]}, ""), TypeError, r"gains\['a'\]: want a float tensor"),
    ],
)
def test_what_can_not_be_drawn(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call()
    assert not plt.get_fignums()  # none is begun
