"""The sprites: every combination of the factors once, and each factor does to the picture what its name says."""

import hashlib
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from vae_helpers.sprites import FACTORS, sprites

IMAGES, COMBINATIONS = sprites()
SHAPE, SIZE, X, Y, ANGLE = range(5)
COUNTS = list(FACTORS.values())


def with_factor(column: int, value: int) -> Tensor:
    """The sprites in which a factor has a value, in the order of the other four."""
    return IMAGES[COMBINATIONS[:, column] == value]


def ink(images: Tensor) -> Tensor:
    return images.sum(dim=(1, 2, 3))


def centres(images: Tensor, dim: int) -> Tensor:
    """The centre of the ink of each image, in pixels; dim 3 is x, dim 2 is y."""
    return (images.sum(dim=(1, 5 - dim)) * torch.arange(28.0)).sum(dim=1) / ink(images)


def test_shape_and_range():
    assert IMAGES.shape == (6144, 1, 28, 28) and IMAGES.dtype == torch.float32
    assert COMBINATIONS.shape == (6144, 5) and COMBINATIONS.dtype == torch.int64
    assert IMAGES.min() == 0 and IMAGES.max() == 1
    assert ((16 * IMAGES) % 1 == 0).all()  # a pixel is the mean of 4 x 4 points
    assert (ink(IMAGES) > 15).all()


def test_all_combinations_once_and_in_order():
    places = [math.prod(COUNTS[k + 1 :]) for k in range(5)]
    numbers = (COMBINATIONS * torch.tensor(places)).sum(dim=1)
    assert torch.equal(numbers, torch.arange(math.prod(COUNTS)))
    assert COMBINATIONS.amax(dim=0).tolist() == [count - 1 for count in COUNTS] and COMBINATIONS.min() == 0


@pytest.mark.parametrize("other", range(5))
@pytest.mark.parametrize("one", range(5))
def test_factors_are_independent(one, other):
    """Each pair of values occurs as often as every other pair."""
    if one == other:
        assert set(torch.bincount(COMBINATIONS[:, one]).tolist()) == {6144 // COUNTS[one]}
        return
    pairs = COMBINATIONS[:, one] * COUNTS[other] + COMBINATIONS[:, other]
    assert set(torch.bincount(pairs).tolist()) == {6144 // (COUNTS[one] * COUNTS[other])}


def test_each_two_differ():
    """Sprites at different places do so by their place: here those of one place, each against each."""
    here = IMAGES[(COMBINATIONS[:, X] == 3) & (COMBINATIONS[:, Y] == 3)].flatten(1)
    assert len(here) == 96
    apart = torch.cdist(here, here, p=1).fill_diagonal_(math.inf)
    assert apart.min() > 9  # pixels' worth of ink
    assert len(torch.unique(IMAGES.flatten(1), dim=0)) == 6144


@pytest.mark.parametrize(("column", "shift"), [(X, (0, 3)), (Y, (3, 0))], ids=["x", "y"])
def test_two_steps_of_a_place_are_three_pixels(column, shift):
    """To the right for x, down for y; one step, 1.5 pixels, is seen in the centre of the ink."""
    for value in (0, 3, 5):
        moved = with_factor(column, value).roll(shift, dims=(2, 3))
        assert torch.equal(moved, with_factor(column, value + 2)), value
    first, second = (centres(with_factor(column, value), 3 if column == X else 2) for value in range(2))
    torch.testing.assert_close(second - first, torch.full((768,), 1.5), atol=0.1, rtol=0)  # pixels are coarse


def test_places_have_their_sprites_inside():
    """Nothing is cut off or wrapped round at an edge: the ink is in one piece, and as much at each place."""
    rows, columns = IMAGES.amax(dim=(1, 3)) > 0, IMAGES.amax(dim=(1, 2)) > 0
    for line in (rows, columns):
        first, last = line.int().argmax(dim=1), 27 - line.flip(1).int().argmax(dim=1)
        assert torch.equal(last - first + 1, line.sum(dim=1))  # one piece; what wrapped round would make two
    for column in (X, Y):
        for value in range(1, COUNTS[column]):
            torch.testing.assert_close(ink(with_factor(column, value)), ink(with_factor(column, 0)))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_two_steps_of_the_angle_are_a_quarter_turn(quarters):
    """Clockwise. The whole picture turns, so the place does, too: the places are symmetric about its centre."""
    shape, size, x, y, angle = COMBINATIONS.T
    for _ in range(quarters):
        x, y, angle = 7 - y, x, (angle + 2) % 8
    place = (((shape * 4 + size) * 8 + x) * 8 + y) * 8 + angle
    turned = IMAGES.rot90(-quarters, dims=(2, 3))
    away = (turned - IMAGES[place]).abs().sum(dim=(1, 2, 3))
    assert away.max() < 0.5  # points on a border may fall on either side of it


def test_no_turn_leaves_a_shape_as_it_was():
    """And no other shape looks like it: a square's angle, or a circle's, could not be told."""
    for size in range(4):
        alike = (COMBINATIONS[:, SIZE] == size) & (COMBINATIONS[:, X] == 4) & (COMBINATIONS[:, Y] == 2)
        here = IMAGES[alike].flatten(1)
        apart = torch.cdist(here, here, p=1).fill_diagonal_(math.inf)
        assert len(here) == 24 and (apart.amin(dim=1) > 0.25 * here.sum(dim=1)).all()


def test_sizes_grow():
    areas = torch.stack([ink(with_factor(SIZE, value)) for value in range(4)])
    wanted = (torch.tensor([3.5, 4.5, 5.5, 6.5])[:, None] / 3.5).square() * areas[0]
    assert (areas.diff(dim=0) > 0).all()
    torch.testing.assert_close(areas, wanted, atol=0, rtol=0.15)  # points of a grid are counted


@pytest.mark.parametrize("x_step", [0.25, 0.75, 1])
def test_only_the_places_along_x_are_nearer(x_step):
    images, factors = sprites(1000)
    narrow, same = sprites(1000, x_step=x_step)
    assert torch.equal(same, factors)
    torch.testing.assert_close(centres(narrow, 2), centres(images, 2))
    moved = centres(images, 3) + (1.5 - x_step) * (3.5 - factors[:, 2])  # towards the centre
    torch.testing.assert_close(centres(narrow, 3), moved, atol=0.225, rtol=0)  # an eighth, and pixels are coarse
    torch.testing.assert_close(ink(narrow), ink(images))


def test_the_usual_step_changes_nothing():
    assert torch.equal(sprites(50, seed=1).images, sprites(50, seed=1, x_step=1.5).images)


@pytest.mark.parametrize("x_step", [0, -0.25, 1.75, 0.8, "1", True, None, float("nan"), float("inf")])
def test_no_such_step(x_step):
    with pytest.raises(ValueError, match=r"^x_step: want pixels from 0.25 to 1.5 in steps of 0.25, got"):
        sprites(x_step=x_step)


def test_some_are_drawn_by_the_seed():
    images, factors = sprites(500, seed=3)
    again = sprites(np.int64(500), 3)
    assert images.shape == (500, 1, 28, 28) and len(torch.unique(factors, dim=0)) == 500
    assert torch.equal(again.images, images) and torch.equal(again.factors, factors)
    assert not torch.equal(sprites(500, seed=4).factors, factors)
    for image, combination in zip(images[:9], factors[:9], strict=True):
        assert torch.equal(image, IMAGES[(combination == COMBINATIONS).all(dim=1)][0])


def test_all_of_them_in_another_order():
    assert sorted(sprites(6144).factors.tolist()) == COMBINATIONS.tolist()


@pytest.mark.parametrize("n", [0, -1, 6145, 1.5, "3", True])
def test_no_such_number(n):
    with pytest.raises(ValueError, match="^n: want "):
        sprites(n)


def test_drawing_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    sprites(10)
    assert torch.equal(torch.get_rng_state(), before)


def test_they_are_the_same_everywhere():
    """The weights and tables of notebook 08 are for these images. A point on a border may fall on either side."""
    assert ink(IMAGES).sum().item() == pytest.approx(282_784, abs=50)
    order = hashlib.sha256(COMBINATIONS.to(torch.uint8).numpy().tobytes()).hexdigest()
    assert order.startswith("3eff153fdba659ca")
    a_few = ink(IMAGES[[0, 1000, 2000, 3000, 4000, 5000, 6000]]).tolist()
    assert a_few == pytest.approx([22.25, 36.44, 80.25, 37.63, 82.0, 30.25, 60.88], abs=0.5)


def test_changing_one_set_changes_no_other():
    sprites().images.zero_()
    assert sprites().images.max() == 1
