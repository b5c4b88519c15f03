"""Draws and log densities against torch.distributions; weights that come one after another, in the memory of one."""

import math
import weakref
from itertools import count, islice

import pytest
import torch
from torch import Generator
from torch.distributions import Normal

from vae_helpers.models.gaussians import (
    draw_from,
    gaussian_log_densities,
    gaussian_log_prob,
    gaussian_log_weights,
    log_mean_weight,
    reparameterize,
    standard_log_weights,
)

MU, LOGVAR, Z = torch.randn(3, 4, 5, generator=Generator().manual_seed(0))
SIGMA = (0.5 * LOGVAR).exp()


def test_log_densities():
    wanted = Normal(MU, SIGMA).log_prob(Z)
    torch.testing.assert_close(gaussian_log_densities(Z, MU, LOGVAR), wanted)
    torch.testing.assert_close(gaussian_log_prob(Z, MU, LOGVAR), wanted.sum(dim=1))


def test_draws():
    eps = torch.randn(4, 5, generator=Generator().manual_seed(3))
    torch.testing.assert_close(reparameterize(MU, LOGVAR, eps), MU + SIGMA * eps)
    drawn = draw_from(MU, LOGVAR, Generator().manual_seed(3))
    torch.testing.assert_close(drawn, MU + SIGMA * eps)
    twice = draw_from(MU.double(), LOGVAR.double(), Generator().manual_seed(3))
    torch.testing.assert_close(twice.float(), drawn)  # the same draws in another precision


def test_weights_are_joint_over_proposal():
    drawn = []

    def log_joint(z):
        drawn.append(z)
        return z.sum(dim=1)

    weights = [*islice(gaussian_log_weights(MU, LOGVAR, log_joint, Generator().manual_seed(1)), 3)]
    assert len(drawn) == 3 and not torch.equal(drawn[0], drawn[1])
    for weight, z in zip(weights, drawn, strict=True):
        torch.testing.assert_close(weight, z.sum(dim=1) - Normal(MU, SIGMA).log_prob(z).sum(dim=1))


def test_weights_under_a_standard_prior():
    nll = lambda z: z.square().sum(dim=1)  # noqa: E731
    prior = lambda z: Normal(0.0, 1.0).log_prob(z).sum(dim=1)  # noqa: E731
    found = standard_log_weights(MU, LOGVAR, nll, Generator().manual_seed(1))
    wanted = gaussian_log_weights(MU, LOGVAR, lambda z: prior(z) - nll(z), Generator().manual_seed(1))
    for _ in range(3):
        torch.testing.assert_close(next(found), next(wanted))


def test_any_proposal_has_the_same_mean_weight():
    """The integral of p(z) p(x|z) with p(x|z) a Gaussian in z: known."""
    mu, logvar = torch.tensor([[0.3], [-1.0]]), torch.tensor([[0.2], [0.5]])
    nll = lambda z: 0.5 * (z[:, 0] - 1).square()  # noqa: E731
    wanted = torch.full((2,), 0.5 * math.log(0.5) - 0.25)  # exp(-(z-1)^2/2): sqrt(2 pi) N(1; 0, 2)
    found = log_mean_weight(standard_log_weights(mu, logvar, nll, Generator().manual_seed(0)), 4000)
    torch.testing.assert_close(found, wanted, atol=0.05, rtol=0)


@pytest.mark.parametrize("middle", [0.0, -700.0, 700.0])
def test_the_mean_of_weights_that_come_is_that_of_kept_ones(middle):
    kept = middle + 5 * torch.randn(40, 6, generator=Generator().manual_seed(2))
    found = log_mean_weight(iter(kept), 40)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, kept.logsumexp(dim=0) - math.log(40))


def test_no_more_are_taken_than_asked_for():
    numbers = count()
    weights = (torch.full((2,), float(number)) for number in numbers)
    assert log_mean_weight(weights, 1).tolist() == [0.0, 0.0]
    log_mean_weight(weights, 3)
    assert next(numbers) == 4


def test_weights_are_let_go():
    """Of a thousand that come, at most three are alive at any time."""
    alive, most = weakref.WeakSet(), 0

    class Weight(torch.Tensor):
        __hash__ = object.__hash__

    def weights():
        nonlocal most
        while True:
            weight = torch.zeros(2).as_subclass(Weight)
            alive.add(weight)
            most = max(most, len(alive))
            yield weight
            del weight

    log_mean_weight(weights(), 1000)
    assert most <= 3


def test_many_equal_weights_do_not_drift():
    """Summed in single precision, a hundred thousand would."""
    found = log_mean_weight(iter(torch.full((30_000, 1), -90.1)), 30_000)
    assert found.item() == pytest.approx(-90.1, abs=1e-5)


@pytest.mark.parametrize("k", [0, -1, 1.5, True, None, "3"])
def test_no_draws(k):
    with pytest.raises(ValueError, match="^k: want a whole number >= 1"):
        log_mean_weight(iter([torch.zeros(2)]), k)
