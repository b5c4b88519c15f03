import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.handwriting import measure, slant, stroke_width, width

FINE = 8  # points a pixel, across and down: what is drawn has grey edges
POINTS = (torch.arange(28 * FINE) + 0.5) / FINE - 14


def stroke(thick: float, long: float = 20, angle: float = 0) -> Tensor:
    """A straight stroke, turned to the right by so many degrees."""
    turn = math.radians(angle)
    across = POINTS * math.cos(turn) + POINTS[:, None] * math.sin(turn)
    along = POINTS[:, None] * math.cos(turn) - POINTS * math.sin(turn)
    return paper((across.abs() <= thick / 2) & (along.abs() <= long / 2))


def ring(thick: float, radius: float = 8) -> Tensor:
    return paper((torch.hypot(POINTS, POINTS[:, None]) - radius).abs() <= thick / 2)


def paper(inside: Tensor) -> Tensor:
    return F.avg_pool2d(inside.float()[None, None], FINE)


@pytest.mark.parametrize("angle", [-30, -10, 0, 10, 30])
def test_the_slant_of_a_stroke_is_its_angle(angle):
    """A little less for a thick one, whose ends are cut at right angles."""
    assert slant(stroke(2, angle=angle)).item() == pytest.approx(angle, abs=0.5)
    assert slant(stroke(4, angle=angle)).item() == pytest.approx(angle, abs=1.5)


def test_slants_are_one_an_image_and_pale_ink_has_the_same():
    images = torch.cat([stroke(2, angle=20), ring(2), 0.3 * stroke(2, angle=20)])
    torch.testing.assert_close(slant(images), torch.tensor([19.7, 0.0, 19.7]), atol=0.1, rtol=0)


@pytest.mark.parametrize("thick", [2, 3, 4])
def test_the_stroke_of_a_ring_is_as_wide_as_drawn(thick):
    assert stroke_width(ring(thick)).item() == pytest.approx(thick, abs=0.05)
    assert stroke_width(0.3 * ring(thick)).item() == pytest.approx(thick, abs=0.05)


@pytest.mark.parametrize("thick", [2, 3, 4])
@pytest.mark.parametrize("angle", [0, 20, 45, 90])
def test_an_open_stroke_seems_narrower_by_its_ends(thick, angle):
    assert stroke_width(stroke(thick, angle=angle)).item() == pytest.approx(20 * thick / (20 + thick), rel=0.13)


def test_strokes_are_ordered_by_their_width_on_paper_that_touches_the_edge():
    images = torch.cat([ring(2), ring(3), ring(4), ring(5, radius=11.5)])
    assert (stroke_width(images).diff() > 0.8).all()


@pytest.mark.parametrize("wide", [4, 6, 10])
def test_the_width_of_a_box(wide):
    box = torch.zeros(1, 1, 28, 28)
    box[0, 0, 6:22, 9 : 9 + wide] = 1
    assert width(box).item() == pytest.approx(math.sqrt((wide**2 - 1) / 12), abs=1e-4)  # of ``wide`` whole numbers
    sheared = torch.stack([row.roll(14 - k) for k, row in enumerate(box[0, 0])])[None, None]
    sheared[0, 0, :6] = sheared[0, 0, 22:] = 0
    assert slant(sheared).item() == pytest.approx(45, abs=0.01)
    assert width(sheared).item() == pytest.approx(width(box).item(), abs=1e-3)


def test_real_digits_lean_to_the_right_and_a_1_is_narrower_than_a_0(test_set):
    images, labels = test_set[0][:500], test_set[1][:500]
    assert 0 < slant(images).mean() < 20
    assert width(images)[labels == 0].min() > width(images)[labels == 1].mean()
    assert 1.5 < stroke_width(images).mean() < 4


def test_an_image_without_ink_or_with_a_single_row_of_it():
    blank = torch.cat([ring(2), torch.zeros(1, 1, 28, 28)])
    for one in (slant, width, stroke_width, measure):
        with pytest.raises(ValueError, match="^images: want ink in each, but image 1 is blank"):
            one(blank)
    line = torch.zeros(1, 1, 28, 28)
    line[0, 0, 5, 5:9] = 1
    with pytest.raises(ValueError, match="^images: want ink in two rows or more, but image 0 has it in one"):
        slant(line)
    assert width(line).item() == pytest.approx(math.sqrt(15 / 12))


def test_all_measures_in_one_row_an_image(images):
    torch.testing.assert_close(measure(images)[:, 0], slant(images))
    torch.testing.assert_close(measure(images).T, torch.stack([slant(images), stroke_width(images), width(images)]))
