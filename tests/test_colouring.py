import math

import pytest
import torch

from vae_helpers.colouring import (
    INKS,
    coin_entropy,
    colour_digits,
    colour_in,
    colours_of,
    squared_distances,
)

X = torch.rand(6, 1, 14, 14, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 7, 7, 9, 3, 1])


def test_each_colour_of_a_class_comes_with_probability_one_half():
    """For each class, within four standard deviations of 4,000 fair coins; and the two colours are its own."""
    labels = torch.arange(10).repeat(4000)
    pictures, which = colour_digits(torch.ones(len(labels), 1, 1, 1), labels, seed=1)
    for digit in range(10):
        mine = labels == digit
        assert abs(which[mine].double().mean().item() - 0.5) < 4 * 0.5 / math.sqrt(4000)
        for side in (0, 1):
            assert (pictures[mine & (which == side), :, 0, 0] == INKS[digit, side]).all()


def test_the_strongest_ink_is_the_grey_image():
    """Exactly: so the grey image can be read off the picture."""
    pictures, _ = colour_digits(X, LABELS)
    assert torch.equal(pictures.amax(dim=1, keepdim=True), X)


def lightness(ink: torch.Tensor) -> float:
    """CIE L* of an ink on white paper, from 0 (black) to 100, by the formulas of sRGB (IEC 61966-2-1) and CIE 1976."""
    light = 1 - ink.double()
    linear = torch.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)
    y = (linear * torch.tensor([0.2126, 0.7152, 0.0722], dtype=torch.float64)).sum().item()
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_the_two_colours_of_a_class_differ_in_lightness_too():
    assert lightness(torch.zeros(3)) == pytest.approx(100) and lightness(torch.ones(3)) == pytest.approx(0)
    for dark, light in INKS:
        assert lightness(light) - lightness(dark) > 35


def test_no_two_classes_have_the_same_two_colours():
    assert len({tuple(pair.flatten().tolist()) for pair in INKS}) == 10


def test_the_seed_chooses_the_coins():
    assert torch.equal(colour_digits(X, LABELS, seed=3)[0], colour_digits(X, LABELS, seed=3)[0])
    ones, labels = torch.ones(64, 1, 1, 1), torch.zeros(64, dtype=torch.int64)
    assert not torch.equal(colour_digits(ones, labels, seed=3)[1], colour_digits(ones, labels, seed=4)[1])
    state = torch.random.get_rng_state()
    colour_digits(X, LABELS)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_colour_of_a_picture_is_found_again():
    pictures, which = colour_digits(X, LABELS)
    torch.testing.assert_close(colour_in(pictures, X), colours_of(LABELS)[torch.arange(6), which])
    torch.testing.assert_close(colour_in(0.5 * pictures, X), 0.5 * colours_of(LABELS)[torch.arange(6), which])


def test_the_mud_errs_by_a_quarter_of_the_squared_distance():
    pairs = colours_of(LABELS)
    quarter = (pairs[:, 0] - pairs[:, 1]).square().sum(dim=1) / 4
    torch.testing.assert_close(squared_distances(pairs.mean(dim=1), LABELS), quarter[:, None].expand(-1, 2))
    distances = squared_distances(pairs[:, 1], LABELS)
    torch.testing.assert_close(distances, torch.stack([4 * quarter, torch.zeros(6)], dim=1))


def test_the_entropy_of_a_coin():
    share = torch.linspace(0, 1, 101)
    torch.testing.assert_close(coin_entropy(share), torch.distributions.Bernoulli(share).entropy())
    assert coin_entropy(share).argmax() == 50 and coin_entropy(share).max() == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: colour_digits(2 * X, LABELS), ValueError, r"images: want values in \[0, 1\]"),
        (lambda: colour_digits(X, LABELS + 5), ValueError, "labels: want classes from 0 to 9, got 5 to 14"),
        (lambda: colour_digits(X, LABELS.float()), TypeError, "labels: want"),
        (lambda: colour_digits(X, LABELS[:2]), ValueError, r"labels: want shape \(6,\), got \(2,\); N is 6 in images"),
        (lambda: colour_digits(X, LABELS, seed=0.5), ValueError, "seed: want a whole number"),
        (lambda: colour_in(X.expand(-1, 3, -1, -1), 0 * X), ValueError, "images: want some ink in each"),
        (lambda: squared_distances(torch.zeros(6, 3), -LABELS), ValueError, "labels: want classes from 0 to 9"),
        (lambda: coin_entropy(torch.tensor([1.5])), ValueError, r"share: want values in \[0, 1\]"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call()
