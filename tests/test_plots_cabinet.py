"""The drug cabinet's picture: gains by seed, harm in another colour, a cross where training broke."""

import matplotlib.pyplot as plt
import pytest

from vae_helpers import plots
from vae_helpers.plots.cabinet import BLUE, GREY, ORANGE


def row(illness, remedy, seed, total):
    return {"illness": illness, "remedy": remedy, "seed": seed, "total": total}


ROWS = [row("flat", "none", seed, 100.0 + 10 * seed) for seed in (0, 1)] + [
    row("flat", "good", 0, 90.0), row("flat", "good", 1, 70.0),  # gains of 10 and 40
    row("flat", "bad", 0, 103.0), row("flat", "bad", 1, 115.0),
    row("flat", "luck", 0, 90.0), row("flat", "luck", 1, 115.0),
    row("flat", "small", 0, 99.75), row("flat", "small", 1, 109.75),
    *(row("NaN", "none", seed, None) for seed in (0, 1)),
    row("NaN", "good", 0, 150.0), row("NaN", "good", 1, 180.0),
    row("NaN", "bad", 0, None), row("NaN", "bad", 1, None),
]  # fmt: skip


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def dots(axis, marker="o"):
    return [([*line.get_xdata()], line.get_color()) for line in axis.lines if line.get_marker() == marker]


def test_gains_are_against_the_same_seed_untreated():
    flat, broken = plots.cabinet(ROWS, untreated={"NaN": 200.0}).axes
    assert [text.get_text() for text in flat.get_yticklabels()] == ["good", "bad", "luck", "small"]
    assert dots(flat) == [([10, 40], BLUE), ([-3, -5], ORANGE), ([10, -5], GREY), ([0.25, 0.25], GREY)]
    assert [text.get_text() for text in flat.texts] == ["+25", "−4", "+2", "0"]
    assert dots(broken) == [([50, 20], BLUE), ([], ORANGE)] and len(dots(broken, "x")) == 1
    assert [text.get_text() for text in broken.texts] == ["+35", "NaN"]
    assert [axis.get_title() for axis in (flat, broken)] == ["flat", "NaN"]


def test_only_what_is_asked_for():
    (axis,) = plots.cabinet(ROWS, remedies=["small", "good"], illnesses=["flat"]).axes
    assert [text.get_text() for text in axis.get_yticklabels()] == ["small", "good"]
    assert [x for x, _ in dots(axis)] == [[0.25, 0.25], [10, 40]]


def test_a_seed_that_broke_is_no_gain():
    rows = [*ROWS, row("flat", "half", 0, 50.0), row("flat", "half", 1, None)]
    (axis,) = plots.cabinet(rows, ["half"], ["flat"]).axes
    assert dots(axis) == [([50], ORANGE)] and len(dots(axis, "x")) == 1
    assert [text.get_text() for text in axis.texts] == ["1 NaN"]


def test_little_is_no_gain_beside_a_large_one():
    """Also where the large one is not shown."""
    rows = [row("flat", "none", 0, 100.0), row("flat", "strong", 0, 0.0), row("flat", "weak", 0, 98.5)]
    (axis,) = plots.cabinet(rows, ["weak"]).axes
    assert dots(axis) == [([1.5], GREY)] and axis.get_xlim()[0] < -15
    (axis,) = plots.cabinet(rows[::2]).axes
    assert dots(axis) == [([1.5], BLUE)] and [text.get_text() for text in axis.texts] == ["+1.5"]


def test_one_seed_alone_makes_no_gain():
    rows = [row("flat", "none", seed, 100.0) for seed in range(3)]
    rows += [row("flat", "luck", seed, total) for seed, total in enumerate((99.8, 98.0, 80.0))]
    (axis,) = plots.cabinet(rows).axes
    assert dots(axis)[0][1] == GREY


def test_an_illness_in_which_all_broke():
    (axis,) = plots.cabinet(ROWS, ["bad"], ["NaN"], untreated={"NaN": 200.0}).axes
    assert len(dots(axis, "x")) == 1 and [text.get_text() for text in axis.texts] == ["NaN"]


def test_bad_rows():
    with pytest.raises(ValueError, match="^rows: want some of these remedies"):
        plots.cabinet([])
    with pytest.raises(ValueError, match="^rows: want some of these remedies"):
        plots.cabinet(ROWS[:6], remedies=["prayer"])
    with pytest.raises(ValueError, match="^untreated: want the nats of 'NaN' untreated, seed 0"):
        plots.cabinet(ROWS)
