"""Shares of a variance, on numbers of which they are known."""

import pytest
import torch
from torch import Generator

from vae_helpers.variance_shares import explained_by_label, explained_share


def test_variances_within_and_between_without_bias():
    """Both sums of the estimate, averaged over many trials of three things and two draws, by the known variances."""
    generator = Generator().manual_seed(1)
    held = 3 * torch.randn(5000, 1, 3, 1, generator=generator)
    draws = held + 2 * torch.randn(5000, 2, 3, 1, generator=generator)
    within = draws.var(dim=1).mean(dim=1)
    between = draws.mean(dim=1).var(dim=1) - within / 2
    torch.testing.assert_close(within.mean(), torch.tensor(4.0), atol=0.2, rtol=0)
    torch.testing.assert_close(between.mean(), torch.tensor(9.0), atol=0.6, rtol=0)
    for trial in range(5):  # and the function is of just these two
        wanted = between[trial].sum() / (between[trial] + within[trial]).sum()
        torch.testing.assert_close(explained_share(draws[trial]), wanted)


def test_features_are_summed_before_the_share_is_taken():
    """A pixel that varies little counts little: no mean of the pixels' own shares."""
    generator = Generator().manual_seed(2)
    held, noise = torch.randn(1, 5000, 1, generator=generator), torch.randn(2, 5000, 1, generator=generator)
    both = torch.cat([(10 * held).expand(2, -1, -1), noise], dim=2)
    assert explained_share(both).item() == pytest.approx(100 / 101, abs=0.002)


def test_what_a_label_explains():
    labels = torch.arange(1000) % 2
    noise = torch.randn(1000, 1, generator=Generator().manual_seed(0))
    assert explained_by_label(10 * labels[:, None].float(), labels) == 1
    assert explained_by_label(noise, labels).item() == pytest.approx(0, abs=0.02)
    pairs = explained_by_label(noise, torch.arange(1000) % 500)  # each class's mean is of two numbers
    assert pairs.item() == pytest.approx(0, abs=0.1)
    mixed = explained_by_label(2 * labels[:, None].float() + noise, labels)
    assert mixed.item() == pytest.approx(0.5, abs=0.05)  # the means +1 and -1, and 1 within


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: explained_share(torch.rand(1, 5, 2)), "draws: want two draws or more for two things or more"),
        (lambda: explained_share(torch.rand(5, 1, 2)), "draws: want two draws or more for two things or more"),
        (lambda: explained_share(torch.ones(2, 5, 2)), "draws: want values that vary"),
        (lambda: explained_share(torch.full((2, 5, 2), torch.nan)), "draws: contains NaN"),
        (lambda: explained_by_label(torch.rand(3, 1), torch.arange(3)), "labels: want at least one twice"),
        (lambda: explained_by_label(torch.ones(3, 1), torch.zeros(3).long()), "values: want some that vary"),
    ],
)
def test_what_does_not_fit(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()
