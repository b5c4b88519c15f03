"""The pictures of notebook 10's table show what it holds."""

import matplotlib.pyplot as plt
import pytest

from vae_helpers import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def row(share, seed=0, kind="gru", epochs=40, **scores):
    known = {"kl": 8.0 - seed, "active": 4, "shuffled": 1000.0, "total": -15.0 - seed, "log_px": 16.0 + seed}
    known |= {"kind": kind, "latent_dim": 8, "input_dropout": share, "epochs": epochs, "seconds": 60.0 + seed}
    return known | scores


SHARES = [row(share, seed) for share in (0.0, 0.5, 1.0) for seed in range(3)]


def dots(axis, marker="o"):
    """Where the marks are, without the one for the legend."""
    lines = [line for line in axis.lines if line.get_marker() == marker]
    return [(x, y) for line in lines for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)]


def test_a_dot_a_seed_at_each_share():
    fig = plots.decoder_strength(SHARES)
    kl, active, shuffled, total = fig.axes
    assert sorted(y for _, y in dots(kl)) == sorted(row["kl"] for row in SHARES)
    assert sorted(y for _, y in dots(total)) == sorted(row["total"] for row in SHARES)
    assert len({x for x, _ in dots(active)}) == 9  # equal ones stand side by side
    assert sorted({round(x) for x, y in dots(kl) if y == 8}) == [0, 1] and shuffled.get_yscale() == "log"
    for axis in fig.axes:
        left, right = axis.get_xlim()
        assert left > 1 > 0 > right and [text.get_text() for text in axis.get_xticklabels()] == ["1", "0.5", "0"]


def test_the_line_goes_through_the_medians():
    axis = plots.decoder_strength([row(1.0, kl=3.0), row(1.0, kl=4.0), row(1.0, kl=9.0), row(0.0, kl=2.0)]).axes[0]
    (line,) = [line for line in axis.lines if line.get_linestyle() == "-" and len(line.get_xdata()) == 2]
    assert [*line.get_xdata()] == [1, 0] and [*line.get_ydata()] == [4, 2]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "want at least one, got none"),
        ([row(1.0), row(0.0, latent_dim=2)], "want them of models with as many latents, got 2 and 8"),
        ([row(1.0), row(None, kind="mlp")], "want a share of hidden points in each, got None"),
    ],
)
def test_rows_that_are_not_comparable(rows, message):
    with pytest.raises(ValueError, match=f"^rows: {message}"):
        plots.decoder_strength(rows)


def test_a_line_for_each_kind_of_model():
    rows = [row(None, seed, "mlp", 120) for seed in range(3)] + [row(share) for share in (1.0, 0.25, 0.0)]
    (axis,) = plots.stroke_nats({"one Gaussian": -5.0}, rows, shipped=-20.0).axes
    names = [text.get_text() for text in axis.get_yticklabels()]
    assert names == [
        "one Gaussian",
        "MLP, 120 epochs",
        "GRU, blind, 40 epochs",
        "GRU, 25% hidden, 40 epochs",
        "GRU, all shown, 40 epochs",
        "this notebook's GRU",
    ]
    assert [bar.get_width() for bar in axis.patches] == [-5]
    assert dots(axis) == [(-15, 1), (-16, 1), (-17, 1), (-15, 2), (-15, 3), (-15, 4), (-20, 5)]
    assert dots(axis, "s") == [(-16, 1), (-17, 1), (-18, 1), (-16, 2), (-16, 3), (-16, 4)]
    assert [text.get_text() for text in axis.texts] == ["61 s", "60 s", "60 s", "60 s", "training"]


def test_without_the_shipped_one():
    (axis,) = plots.stroke_nats({}, [row(1.0)]).axes
    assert len(axis.get_yticklabels()) == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([-5.0], SHARES), TypeError, "exact: want a dictionary of nats by name, got"),
        (({"one": "low"}, SHARES), ValueError, r"exact\['one'\]: want a number of nats, got 'low'"),
        (({"one": -5.0}, []), ValueError, "rows: want at least one, got none"),
    ],
)
def test_no_such_nats(arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        plots.stroke_nats(*arguments)
