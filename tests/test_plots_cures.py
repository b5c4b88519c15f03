"""The pictures of the table of names: each seed a dot, at its place."""

import matplotlib.pyplot as plt
import pytest

from vae_helpers import plots

LENGTHS = ("2 to 5", "6 to 8", "9 to 16")


def row(kind="plain", seed=0, **scores):
    found = {"kind": kind, "seed": seed, "reconstruction": 17.0, "kl": 1.0, "shuffled": 2.0, "alike": 40, "nats": 17.5}
    return found | {"by_length": dict(zip(LENGTHS, (12.0, 17.0 + seed, 24.0), strict=True))} | scores


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_a_panel_for_each_measure_and_a_line_for_each_kind():
    rows = [row(kl=0.1), row(seed=1, kl=0.3), row("free bits", kl=4.0, reconstruction=15.0)]
    axes = plots.cures(rows).axes
    assert [text.get_text() for text in axes[0].get_yticklabels()] == ["plain", "free bits"]
    dots = [[(line.get_xdata(), line.get_ydata()) for line in axis.lines if line.get_marker() == "o"] for axis in axes]
    assert [[*x] for x, _ in dots[0]] == [[0.1, 0.3], [4.0]]  # the KL
    assert [[*x] for x, _ in dots[3]] == [[17.1, 17.3], [19.0]]  # the bound
    assert [[round(y) for y in height] for _, height in dots[0]] == [[0, 0], [1]]
    assert len({*dots[0][0][1]}) == 2  # seeds don't hide one another
    means = [line.get_xdata()[0] for line in axes[0].lines if line.get_color() == "0.75"]
    assert means == [pytest.approx(0.2)]


def test_each_length_has_its_dots_and_its_mean():
    (axis,) = plots.nats_by_length([row(), row(seed=1), row("order-2 n-gram", kl=None)]).axes
    assert [text.get_text() for text in axis.get_xticklabels()] == [f"{length} letters" for length in LENGTHS]
    assert [text.get_text() for text in axis.texts] == ["12.0", "17.5", "24.0", "12.0", "17.0", "24.0"]
    heights = [[*line.get_ydata()] for line in axis.lines if len(line.get_ydata())]
    assert heights == [[12, 17, 24], [12, 18, 24], [12, 17, 24]]
    assert [text.get_text() for text in axis.get_legend().texts] == ["GRU, plain", "n-gram: letters counted"]


def test_bad_rows():
    with pytest.raises(ValueError, match="^rows: want at least one, got none"):
        plots.cures([])
    with pytest.raises(ValueError, match="^rows: want trained models, got 'n-gram'"):
        plots.cures([row("n-gram", kl=None)])
    with pytest.raises(ValueError, match="^rows: want at least one, got none"):
        plots.nats_by_length([])
    with pytest.raises(ValueError, match="^rows: want at most 5 kinds, got 6"):
        plots.nats_by_length([row(str(k)) for k in range(6)])
