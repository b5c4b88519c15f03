"""The pictures of the scores of samples show what they are given, and mark what is better."""

import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots
from vae_helpers.sample_scores import SampleScores

GOOD = [SampleScores(0.10, 0.1, 90.0, 0.7, 0.7), SampleScores(0.12, 0.1, 94.0, 0.7, 0.8)]
FOOL = [SampleScores(0.01, 0.2, 40.0, 0.6, 0.76), SampleScores(0.01, 0.2, 50.0, 0.6, 0.78)]
RUNS = {"real": FOOL, "good": GOOD, "fool": FOOL, "again": GOOD}
IMAGES = {name: torch.rand(3, 1, 28, 28) for name in RUNS}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(axis):
    return [(text.get_text(), text.get_weight()) for text in axis.texts]


def test_what_is_better_below_the_one_named_is_marked():
    """By more than both spreads: recall is better, but not by so much; and nothing in the rows above."""
    (axis,) = plots.fooled_scores(IMAGES, RUNS, beside="good").axes
    told = texts(axis)
    assert told[:3] == [("0.01 ± 0.00", "normal"), ("0.20 ± 0.00", "normal"), ("45 ± 7", "normal")]
    assert told[5:7] == [("0.11 ± 0.01", "normal"), ("0.10 ± 0.00", "normal")]
    assert [weight for _, weight in told[10:15]] == ["bold", "normal", "bold", "normal", "normal"]
    assert all(weight == "normal" for _, weight in told[15:])
    assert len(axis.patches) == 2 and len(axis.images) == 4 * 3
    assert [label.get_text() for label in axis.get_yticklabels()] == list(RUNS)


def test_more_precision_and_recall_are_better():
    high = [SampleScores(0.5, 0.5, 500.0, 0.9, 0.95)] * 2
    (axis,) = plots.fooled_scores({k: IMAGES["good"] for k in "ab"}, {"a": GOOD, "b": high}, beside="a").axes
    assert [weight for _, weight in texts(axis)[5:]] == ["normal"] * 3 + ["bold"] * 2


def test_the_first_rows_and_images_only():
    (axis,) = plots.fooled_scores(IMAGES, RUNS, beside="good", rows=2, shown=1).axes
    assert len(axis.images) == 2 and len(axis.texts) == 10 and not axis.patches
    assert [label.get_text() for label in axis.get_yticklabels()] == ["real", "good"]


def test_a_box_for_each_set_with_the_ordinary_one_apart():
    distances = {"new": torch.tensor([1.0, 2, 3]), "copies": torch.zeros(4)}
    (axis,) = plots.nearest_training(distances, ordinary="new").axes
    boxes = [patch.get_facecolor() for patch in axis.patches]
    assert len(boxes) == 2 and boxes[0] != boxes[1]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["new", "copies"]
    assert any(list(line.get_xdata()) == [2, 2] and line.get_linestyle() == "--" for line in axis.lines)
    assert axis.yaxis_inverted()  # the first on top


def test_whiskers_hold_nine_tenths():
    (axis,) = plots.nearest_training({"a": torch.arange(101.0)}, ordinary="a").axes
    assert {x for line in axis.lines for x in line.get_xdata()} == {5.0, 25.0, 50.0, 75.0, 95.0}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.fooled_scores({}, {}, "a"), "images: want a dict"),
        (lambda: plots.fooled_scores(IMAGES, {"good": GOOD}, "good"), "runs: want those of real, good, fool"),
        (lambda: plots.fooled_scores(IMAGES, RUNS, "bad"), "beside: want one of real, good"),
        (lambda: plots.fooled_scores(IMAGES, RUNS | {"fool": FOOL[:1]}, "good"), r"runs\['fool'\]: want SampleScores"),
        (lambda: plots.fooled_scores(IMAGES, RUNS | {"fool": [1, 2]}, "good"), r"runs\['fool'\]: want SampleScores"),
        (lambda: plots.fooled_scores(IMAGES | {"fool": torch.rand(3, 784)}, RUNS, "good"), r"images\['fool'\]: want"),
        (lambda: plots.fooled_scores(IMAGES, RUNS, "good", rows=0), "rows: want a whole number >= 1"),
        (lambda: plots.fooled_scores(IMAGES, RUNS, "good", shown=0), "shown: want a whole number >= 1"),
        (lambda: plots.nearest_training([], "a"), "distances: want a dict"),
        (lambda: plots.nearest_training({"a": torch.ones(3)}, "b"), "ordinary: want one of a, got 'b'"),
        (lambda: plots.nearest_training({"a": torch.ones(0)}, "a"), r"distances\['a'\]: want at least one"),
        (lambda: plots.nearest_training({"a": torch.ones(3, 1)}, "a"), r"distances\['a'\]: want shape"),
        (lambda: plots.nearest_training({"a": torch.ones(3) / 0}, "a"), r"distances\['a'\]: contains NaN"),
    ],
)
def test_what_does_not_fit(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()
