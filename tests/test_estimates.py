"""A mean with its standard error, and how many digits are told of both."""

import pytest
import torch

from vae_helpers.estimates import Estimate, best_of, mean_of, places


def test_the_mean_and_its_error_are_right():
    values = torch.tensor([1.0, 2.0, 3.0, 6.0])
    found = mean_of(values)
    assert found.value == 3 and found.error == pytest.approx((14 / 3) ** 0.5 / 2)  # the sample's variance, over 4


def test_the_error_is_that_of_many_repetitions():
    draws = torch.randn(4000, 50, generator=torch.Generator().manual_seed(0)) * 3
    errors = [mean_of(row).error for row in draws[:100]]
    assert sum(errors) / 100 == pytest.approx(draws.mean(dim=1).std().item(), rel=0.05)


def test_a_large_mean_loses_no_digits():
    values = torch.full((100_000,), 1e4)
    values[::2] += 1
    assert mean_of(values).value == pytest.approx(10_000.5, abs=1e-6)


@pytest.mark.parametrize(
    ("value", "error", "told"),
    [
        (98.7634, 0.2741, "98.8 ± 0.3"),
        (91.7281, 1.0931, "91.7 ± 1.1"),
        (132.4, 1.97, "132 ± 2"),
        (4.7712, 0.0142, "4.771 ± 0.014"),
        (1.0, 0.096, "1.0 ± 0.1"),
        (1234.5, 30.0, "1,234 ± 30"),
        (-0.04, 0.3, "-0.0 ± 0.3"),
        (3.0, 0.0, "3.00 ± 0.00"),
    ],
)
def test_digits(value, error, told):
    assert str(Estimate(value, error)) == told


def test_the_sign_turns_but_not_the_error():
    assert -Estimate(2.0, 0.5) == (-2.0, 0.5)


def test_the_error_of_a_difference_is_that_of_independent_means():
    draws = (
        torch.randn(2, 4000, 50, generator=torch.Generator().manual_seed(0)) * torch.tensor([3.0, 4.0])[:, None, None]
    )
    spread = (draws[0].mean(dim=1) - draws[1].mean(dim=1)).std().item()
    found = mean_of(draws[0].flatten()[:50_000]) - mean_of(draws[1].flatten()[:50_000])
    assert found.error * 1000**0.5 == pytest.approx(spread, rel=0.05)
    assert Estimate(3.0, 0.0) - Estimate(1.0, 2.0) == (2.0, 2.0)
    with pytest.raises(TypeError):
        Estimate(3.0, 0.0) - 1.0


def test_the_best_of_five_is_better_by_chance():
    draws = torch.randn(4000, 5, generator=torch.Generator().manual_seed(0))
    assert sum(best_of(row).value for row in draws[:2000].tolist()) / 2000 == pytest.approx(1.163, abs=0.04)
    found = best_of([105.0, 104.0, 106.0])
    assert found.value == pytest.approx(1) and found.error == pytest.approx(1 / 3**0.5)


@pytest.mark.parametrize("scores", [[], [1.0]])
def test_no_best_of_one(scores):
    with pytest.raises(ValueError, match="^values: want at least two"):
        best_of(scores)


@pytest.mark.parametrize("error", [-1.0, float("nan"), float("inf")])
def test_no_such_error(error):
    with pytest.raises(ValueError, match="^error: want a finite number >= 0, got"):
        places(error)


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (torch.ones(1), ValueError, "^values: want at least two, got 1"),
        (torch.tensor([1.0, float("nan")]), ValueError, "^values: contains NaN"),
        (torch.ones(2, 2), ValueError, "^values: want shape"),
        ([1.0, 2.0], TypeError, "^values: want a .*tensor"),
    ],
)
def test_wrong_values(values, error, message):
    with pytest.raises(error, match=message):
        mean_of(values)
