import numpy as np
import pytest
import torch

from vae_helpers.data import load_pen_digits
from vae_helpers.pen import resample, stretch

LINE = torch.rand(40, 2, generator=torch.Generator().manual_seed(0))
STROKES = torch.rand(5, 8, 2, generator=torch.Generator().manual_seed(1))


def by_numpy(points: np.ndarray, n: int) -> np.ndarray:
    way = np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    return np.stack([np.interp(np.linspace(0, way[-1], n), way, place) for place in points.T], axis=1)


@pytest.mark.parametrize("n", [2, 3, 8, 100])
def test_points_along_a_line_are_those_of_numpy(n):
    np.testing.assert_allclose(resample(LINE.double(), n), by_numpy(LINE.double().numpy(), n), atol=1e-12)
    np.testing.assert_allclose(resample(LINE, n), by_numpy(LINE.double().numpy(), n), atol=1e-5)


def test_the_first_and_the_last_point_are_kept_as_they_are():
    ends = resample(LINE)[[0, -1]]
    assert torch.equal(ends, LINE[[0, -1]])


@pytest.mark.parametrize("unit", [1e-6, 1e4])
def test_a_line_may_be_in_any_unit(unit):
    torch.testing.assert_close(resample(unit * LINE) / unit, resample(LINE))
    torch.testing.assert_close(stretch(unit * STROKES), stretch(STROKES))


def test_it_does_not_matter_how_long_the_pen_rested():
    rested = torch.cat([LINE[:1].expand(7, 2), LINE[1:9], LINE[8:9].expand(5, 2), LINE[9:], LINE[-1:].expand(3, 2)])
    torch.testing.assert_close(resample(rested), resample(LINE))


def test_on_a_straight_line_the_points_are_equally_far_apart():
    uneven = torch.tensor([0.0, 0.1, 0.15, 0.9, 1.0])[:, None] * torch.tensor([3.0, 4.0])
    steps = resample(uneven, 6).diff(dim=0).norm(dim=1)
    torch.testing.assert_close(steps, torch.ones(5))


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (torch.zeros(0, 2), "points: want at least 2, got 0"),
        (torch.zeros(1, 2), "points: want at least 2, got 1; a dot is no line"),
        (torch.full((9, 2), 0.3), "points: want a line that has a length, got 9 times one place"),
        (torch.tensor([[0.0, 0.0], [1.0, float("nan")]]), "points: contains NaN"),
        (torch.zeros(4, 3), r"points: want shape \(M, 2\), got \(4, 3\)"),
    ],
)
def test_no_line(points, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        resample(points)


def test_stretched_strokes_touch_all_edges_and_keep_their_form():
    stretched = stretch(STROKES * torch.tensor([7.0, 0.01]) - 3) * 101
    torch.testing.assert_close(stretched.amin(dim=1), torch.full((5, 2), 0.5), atol=1e-3, rtol=0)
    torch.testing.assert_close(stretched.amax(dim=1), torch.full((5, 2), 100.5), atol=1e-3, rtol=0)
    by_hand = (STROKES - STROKES.amin(1, True)) / (STROKES.amax(1, True) - STROKES.amin(1, True))
    torch.testing.assert_close(stretched, 0.5 + 100 * by_hand, atol=1e-2, rtol=0)
    torch.testing.assert_close(stretch(stretched / 101), stretched / 101)


def test_the_data_touch_the_same_edges():
    """All of them, in x and in y; so stretching one moves no point by more than half a step of the tablet."""
    strokes, _ = load_pen_digits("test")
    assert ((strokes * 101).floor().amin(dim=1) == 0).all() and ((strokes * 101).floor().amax(dim=1) == 100).all()
    places = (strokes * 101).floor()
    torch.testing.assert_close(stretch(places), (places + 0.5) / 101)


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        (STROKES * torch.tensor([0.0, 1.0]), "strokes: want a width and a height of each, got none of one in number 0"),
        (torch.cat([STROKES, torch.zeros(1, 8, 2)]), "strokes: want a width .* in number 5"),
        (STROKES[:, :1], r"strokes: want at least 2 points of each, got shape \(5, 1, 2\)"),
        (STROKES / 0, "strokes: contains NaN"),
        (STROKES[0], r"strokes: want shape \(N, T, 2\), got \(8, 2\)"),
    ],
)
def test_what_can_not_be_stretched(strokes, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        stretch(strokes)


def test_no_strokes_are_no_error():
    assert stretch(STROKES[:0]).shape == (0, 8, 2)
