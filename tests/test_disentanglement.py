"""Codes whose score is known: aligned, permuted, turned by 45 degrees, noise, a factor that two latents tell."""

import math

import pytest
import torch
from torch import Generator

from vae_helpers.disentanglement import (
    factor_entropies,
    guess_accuracies,
    information_gaps,
    mutual_information,
    mutual_information_gap,
    separated_attribute_predictability,
)

FACTORS = torch.cartesian_prod(torch.arange(4), torch.arange(4), torch.arange(4)).repeat(40, 1)  # 2,560 images
ALIGNED = FACTORS.float()
TURNED = ALIGNED[:, :2] @ torch.tensor([[1.0, 1.0], [1.0, -1.0]])  # x and y by 45 degrees
BEST = {mutual_information_gap: 1.0, separated_attribute_predictability: 0.75}  # a guess by chance is right in 1 of 4
SCORES = pytest.mark.parametrize("score", BEST)


def noise():
    return torch.randn(len(FACTORS), 3, generator=Generator().manual_seed(0))


@SCORES
def test_aligned(score):
    assert score(ALIGNED, FACTORS) == pytest.approx(BEST[score])
    assert score(ALIGNED[:, [2, 0, 1]], FACTORS) == pytest.approx(BEST[score])  # permuted
    assert score(ALIGNED * torch.tensor([-1.0, 0.01, 100.0]) + 7, FACTORS) == pytest.approx(BEST[score])
    assert score(torch.cat([ALIGNED, torch.zeros(len(FACTORS), 5)], dim=1), FACTORS) == pytest.approx(BEST[score])


@SCORES
def test_noise_beside_the_codes_costs_little_and_alone_scores_nothing(score):
    assert score(torch.cat([ALIGNED, noise()], dim=1), FACTORS) == pytest.approx(BEST[score], abs=0.05)
    assert 0 <= score(noise(), FACTORS) < 0.02


@SCORES
def test_turned_by_45_degrees(score):
    assert score(TURNED, FACTORS[:, :2]) == pytest.approx(0, abs=1e-6)
    # the third factor keeps its own latent
    assert score(torch.cat([TURNED, ALIGNED[:, 2:]], dim=1), FACTORS) == pytest.approx(BEST[score] / 3, abs=1e-6)


@SCORES
def test_a_factor_that_two_latents_tell(score):
    twice = torch.cat([ALIGNED, -ALIGNED[:, :1]], dim=1)
    assert score(twice, FACTORS) == pytest.approx(BEST[score] * 2 / 3)


@SCORES
def test_one_latent_may_tell_several_factors(score):
    """Neither score asks for one factor a latent: that is what the other scores of the field add."""
    both = torch.stack([4 * ALIGNED[:, 0] + ALIGNED[:, 1], ALIGNED[:, 2]], dim=1)
    assert score(both, FACTORS) == pytest.approx(BEST[score], abs=1e-6)


def test_information_of_known_codes():
    information = mutual_information(ALIGNED, FACTORS)
    torch.testing.assert_close(information, math.log(4) * torch.eye(3), atol=1e-6, rtol=0)
    coarse = (ALIGNED[:, :1] >= 2).float()  # tells the upper half from the lower
    torch.testing.assert_close(mutual_information(coarse, FACTORS)[0, 0], torch.tensor(math.log(2)))
    torch.testing.assert_close(factor_entropies(FACTORS), torch.full((3,), math.log(4)))
    uneven = torch.tensor([[5], [0], [5], [5]])
    assert factor_entropies(uneven).item() == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16, torch.int32])
def test_small_whole_numbers_count_as_large_ones_do(dtype):
    """32 values times 32 bins are more than a byte holds."""
    factors = torch.cartesian_prod(torch.arange(32), torch.arange(4))
    codes = factors.float()
    torch.testing.assert_close(factor_entropies(factors.to(dtype)), torch.tensor([32.0, 4.0]).log())
    for measure in (mutual_information, guess_accuracies):
        assert torch.equal(measure(codes, factors.to(dtype)), measure(codes, factors))


@pytest.mark.parametrize("scale", [1e-45, 1e-38, 1e38])
def test_codes_at_the_ends_of_what_float32_holds(scale):
    """Steps of the smallest number there is, and codes whose ends are farther apart than the largest."""
    codes = (2 * ALIGNED - 3) * scale
    torch.testing.assert_close(mutual_information(codes, FACTORS), mutual_information(ALIGNED, FACTORS))


def test_independent_columns_seem_to_share_as_much_as_the_docstring_says():
    spurious = mutual_information(noise(), FACTORS, bins=20)
    assert (spurious < 3 * 19 * 3 / (2 * len(FACTORS))).all() and spurious.mean() > 0.5 * 19 * 3 / (2 * len(FACTORS))


def test_gaps_are_shares_of_the_entropy():
    gaps = information_gaps(torch.tensor([[0.6, 0.5], [0.1, 0.5], [0.3, 0.1]]), torch.tensor([1.0, 2.0]))
    torch.testing.assert_close(gaps, torch.tensor([0.3, 0.0]))


def test_guesses():
    """Bins 0 and 1 of the latent hold 3 + 1 and 1 + 3 images of the two values."""
    latent = torch.tensor([0.0, 0, 0, 1, 0, 1, 1, 1])[:, None]
    factor = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])[:, None]
    assert guess_accuracies(latent, factor).item() == pytest.approx(0.75)
    assert guess_accuracies(latent[:1].repeat(8, 1), factor).item() == pytest.approx(0.5)
    torch.testing.assert_close(guess_accuracies(latent, 7 * factor), guess_accuracies(latent, factor))


def test_a_rare_value_counts_as_much_as_a_frequent_one():
    factor = torch.tensor([0] * 90 + [1] * 10)[:, None]
    assert guess_accuracies(torch.zeros(100, 1), factor).item() == pytest.approx(0.5)
    assert guess_accuracies(factor.float(), factor).item() == pytest.approx(1.0)


@SCORES
@pytest.mark.parametrize(
    ("codes", "factors", "options", "message"),
    [
        (ALIGNED[:0], FACTORS[:0], {}, "(codes|factors): want at least one"),
        (ALIGNED[:5], FACTORS, {}, "factors: want shape"),
        (ALIGNED * float("nan"), FACTORS, {}, "codes: contains NaN"),
        (ALIGNED, FACTORS - 1, {}, "factors: want whole numbers from 0 on, got -1"),
        (ALIGNED, FACTORS, {"bins": 1}, "bins: want a whole number >= 2"),
        (ALIGNED[:, :1], FACTORS, {}, "(information|codes): want two latents or more"),
    ],
)
def test_wrong_inputs(score, codes, factors, options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        score(codes, factors, **options)


@SCORES
def test_wrong_types(score):
    with pytest.raises(TypeError, match="^codes: want floats"):
        score(FACTORS, FACTORS)
    with pytest.raises(TypeError, match="^factors: want integers"):
        score(ALIGNED, ALIGNED)


def test_a_factor_that_never_changes():
    with pytest.raises(ValueError, match="^entropies: want numbers > 0"):
        mutual_information_gap(ALIGNED, FACTORS * 0)
