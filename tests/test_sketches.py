import pytest
import torch
from torch.nn import functional as F

from vae_helpers.data import load_mnist
from vae_helpers.sketches import overlap, sketch, stroke_width

DIGITS, _ = load_mnist("test", n=50)


def bar(width: int, length: int) -> torch.Tensor:
    return F.pad(torch.ones(1, 1, width, length), (3, 3, 3, 3))


def test_a_sketch_is_the_edge_of_the_ink():
    """By the definition, pixel by pixel: paper that has ink on one of its four sides."""
    lines = sketch(DIGITS)
    assert lines.unique().tolist() == [0, 1]
    for image, line in zip(DIGITS[:5, 0], lines[:5, 0], strict=True):
        ink = F.pad(image > 0.5, (1, 1, 1, 1))
        for row in range(28):
            for column in range(28):
                sides = ink[row, column + 1], ink[row + 2, column + 1], ink[row + 1, column], ink[row + 1, column + 2]
                assert bool(line[row, column]) == (not ink[row + 1, column + 1] and any(sides))


def test_a_sketch_lies_outside_the_ink_and_shows_no_filling():
    assert not ((sketch(DIGITS) > 0) & (DIGITS > 0.5)).any()
    grey = torch.where(DIGITS > 0.5, 0.5 + DIGITS / 2, DIGITS / 2)  # another filling of the same outline
    assert torch.equal(sketch(grey), sketch(DIGITS))
    assert sketch(bar(5, 9)).sum() == 2 * 5 + 2 * 9 and sketch(bar(5, 9))[0, 0, 4:7, 4:11].sum() == 0


def test_a_sketch_may_touch_the_border():
    assert sketch(torch.ones(1, 1, 4, 4)).sum() == 0 and sketch(torch.zeros(1, 1, 4, 4)).sum() == 0


def test_overlap():
    lines = sketch(DIGITS)
    assert (overlap(lines, lines) == 1).all()
    assert overlap(bar(2, 6), bar(2, 6).roll(2, dims=2)).item() == 0
    assert overlap(bar(2, 6), bar(2, 6).roll(1, dims=2)).item() == pytest.approx(1 / 3)
    torch.testing.assert_close(overlap(lines, lines.roll(1, 0)), overlap(lines.roll(1, 0), lines))


def test_stroke_width_of_long_bars():
    for width in (1, 2, 3, 5):
        assert stroke_width(bar(width, 2000)).item() == pytest.approx(width, rel=0.01)


def test_thicker_digits_have_wider_strokes():
    thicker = F.max_pool2d(DIGITS, 3, 1, 1)
    assert (stroke_width(thicker) > stroke_width(DIGITS) + 0.5).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sketch(255 * DIGITS), ValueError, r"images: want values in \[0, 1\]"),
        (lambda: sketch(DIGITS[0]), ValueError, r"images: want shape \(N, 1, H, W\)"),
        (lambda: overlap(DIGITS, DIGITS[:3]), ValueError, "a and b: want the same shape"),
        (lambda: overlap(0 * DIGITS, 0 * DIGITS), ValueError, "a and b: want a line in each"),
        (lambda: stroke_width(0 * DIGITS), ValueError, "images: want ink and paper in each"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call()
