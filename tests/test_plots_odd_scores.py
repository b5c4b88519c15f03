import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots

STROKES = torch.rand(30, 8, 2, generator=torch.Generator().manual_seed(0))
KINDS = {"digits": STROKES[:20], "odd": STROKES[20:], "few": STROKES[:3]}
SCORES = {"digits": torch.arange(20.0), "odd": 15 + torch.arange(10.0), "few": torch.tensor([5.0, 10.0, 15.0])}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_a_row_for_each_kind_with_its_auc():
    pen, boxes = plots.odd_scores(KINDS, SCORES).axes
    assert [label.get_text() for label in pen.get_yticklabels()] == list(KINDS)
    assert [text.get_text() for text in boxes.texts] == ["AUC 0.94", "AUC 0.53"]  # 187.5 of 200, 31.5 of 60
    np.testing.assert_allclose([text.xy[1] for text in boxes.texts], pen.get_yticks()[1:])
    assert pen.get_ylim() == boxes.get_ylim()
    assert len(pen.collections[1].get_offsets()) == 9  # of each kind as many as the smallest has


def test_boxes_hold_the_middle_half_and_the_line_a_twentieth():
    _, boxes = plots.odd_scores(KINDS, SCORES).axes
    for patch, own in zip(boxes.patches, SCORES.values(), strict=True):
        ends = patch.get_path().get_extents()
        np.testing.assert_allclose([ends.x0, ends.x1], own.quantile(torch.tensor([0.25, 0.75])))
    assert boxes.lines[-1].get_xdata()[0] == pytest.approx(18.05)


@pytest.mark.parametrize(
    ("strokes", "scores", "error", "message"),
    [
        (STROKES, SCORES, TypeError, "strokes: want a dict"),
        ({"digits": STROKES}, {"digits": SCORES["digits"]}, TypeError, "strokes: want a dict .* of two kinds"),
        (KINDS, SCORES["odd"], TypeError, "scores: want those of digits, odd, few"),
        (KINDS, dict(reversed(SCORES.items())), TypeError, "scores: want those of digits, odd, few, in this order"),
        (KINDS, SCORES | {"odd": torch.ones(9)}, ValueError, r"scores\['odd'\]: want shape \(10,\), got \(9,\)"),
        (KINDS, SCORES | {"few": torch.full((3,), float("nan"))}, ValueError, r"scores\['few'\]: contains NaN"),
        (KINDS | {"few": STROKES[0]}, SCORES, ValueError, r"strokes\['few'\]: want shape"),
        (KINDS | {"few": STROKES[:0]}, SCORES | {"few": torch.ones(0)}, ValueError, r"scores\['few'\]: want at least"),
    ],
)
def test_what_is_refused(strokes, scores, error, message):
    with pytest.raises(error, match=f"^{message}"):
        plots.odd_scores(strokes, scores)
