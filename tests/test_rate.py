"""The two parts of the rate: what is known of them, their ceiling, and that they are those of the exact mixture."""

import math

import pytest
import torch
from torch import Generator

from vae_helpers.latent_space import log_aggregate_posterior
from vae_helpers.losses import gaussian_kl
from vae_helpers.rate import RateParts, rate_parts
from vae_helpers.total_correlation import aggregate_log_prob, kl_parts


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=Generator().manual_seed(100 + seed))  # not the draws of rate_parts


def test_both_parts_are_the_kl_exactly():
    mu, logvar = normal(300, 3), normal(300, 3, seed=1)
    parts = rate_parts(mu, logvar, seed=4)
    assert parts.total == pytest.approx(gaussian_kl(mu, logvar).double().mean().item(), abs=1e-9)
    assert parts == RateParts(*parts) and parts.information > 0


def test_images_that_z_tells_apart_have_all_of_log_n():
    """At the ceiling, however far they lie apart; the marginal part takes the rest."""
    for n, apart in ((10, 50.0), (1000, 50.0), (1000, 500.0)):
        mu = apart * torch.arange(float(n))[:, None]
        parts = rate_parts(mu, torch.zeros(n, 1))
        assert parts.information == pytest.approx(math.log(n), abs=1e-4)
        assert parts.marginal == pytest.approx(0.5 * mu.double().square().mean().item() - math.log(n), rel=1e-5)


def test_images_that_are_coded_alike_tell_nothing():
    parts = rate_parts(torch.full((500, 2), 2.0), torch.zeros(500, 2))
    assert abs(parts.information) < 1e-5 and parts.marginal == pytest.approx(4.0, abs=1e-4)


def test_a_gaussian_channel():
    """z = x + noise with both variances 1/2: information 0.5 log 2 for each dimension, and q(z) is the prior."""
    mu = math.sqrt(0.5) * normal(4000, 2)
    parts = rate_parts(mu, torch.full((4000, 2), math.log(0.5)))
    assert parts.information == pytest.approx(math.log(2), abs=0.04) and abs(parts.marginal) < 0.03


def test_the_same_parts_as_with_the_total_correlation():
    """Two ways to the exact mixture, from the same draws."""
    mu, logvar = normal(400, 3), normal(400, 3, seed=1) - 2
    parts, three = rate_parts(mu, logvar, seed=5), kl_parts(mu, logvar, seed=5)
    assert parts.information == pytest.approx(three.mutual_information, abs=1e-4)
    assert parts.marginal == pytest.approx(three.total_correlation + three.dimension_wise, abs=0.4)  # chance of draws


def test_the_information_grows_with_the_images_on_average():
    """A lower bound of what endlessly many would give: known here, 0.5 log(1 + 100) for each of two dimensions."""
    truth, found = math.log(101), []
    for n in (10, 100, 1000):
        runs = [rate_parts(10 * normal(n, 2, seed=k), torch.zeros(n, 2), seed=k).information for k in range(5)]
        found.append(sum(runs) / 5)
    assert found[0] < found[1] < found[2] < truth + 0.02 and found[2] > truth - 0.3


def test_the_fast_mixture_is_the_exact_one_where_posteriors_are_narrow():
    """Squares that are multiplied out cancel: a variance of 1e-6 at a distance of 5 is the worst case of a VAE."""
    mu, logvar = 5 * normal(200, 4), torch.full((200, 4), math.log(1e-6))
    z = torch.cat([mu + 1e-3 * normal(200, 4, seed=1), normal(3, 4, seed=2)])
    joint, _ = aggregate_log_prob(z.double(), mu.double(), logvar.double())
    torch.testing.assert_close(log_aggregate_posterior(z, mu, logvar), joint.float(), rtol=1e-5, atol=1e-3)


def test_the_fast_mixture_is_cut_anyhow():
    """More latents than go into one part, also where many images are far below the nearest one."""
    mu, logvar, z = 30 * normal(6000, 2), normal(6000, 2, seed=1), 30 * normal(200, 2, seed=2)
    joint, _ = aggregate_log_prob(z, mu, logvar)
    torch.testing.assert_close(log_aggregate_posterior(z, mu, logvar), joint, rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="^mu: want at least one"):
        log_aggregate_posterior(z, mu[:0], logvar[:0])


def test_the_global_generator_is_left_alone():
    before = torch.get_rng_state()
    assert rate_parts(normal(20, 2), normal(20, 2)) == rate_parts(normal(20, 2), normal(20, 2))
    assert rate_parts(normal(20, 2), normal(20, 2), seed=1) != rate_parts(normal(20, 2), normal(20, 2))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    ("mu", "logvar", "error", "message"),
    [
        (torch.zeros(0, 2), torch.zeros(0, 2), ValueError, "mu: want at least one"),
        (torch.full((3, 2), math.nan), torch.zeros(3, 2), ValueError, "mu: contains NaN"),
        (torch.zeros(3, 2), torch.full((3, 2), math.nan), ValueError, "logvar: contains NaN"),
        (torch.zeros(3, 2), torch.zeros(3, 1), ValueError, ".*want"),
        (torch.zeros(3, 2).long(), torch.zeros(3, 2), TypeError, "mu: want"),
    ],
)
def test_no_latents(mu, logvar, error, message):
    with pytest.raises(error, match=f"^{message}"):
        rate_parts(mu, logvar)
