import pytest
import torch
from reference.grid_posterior import log_joint_on_grid
from torch import Generator
from torch.distributions import Bernoulli, Normal

from vae_helpers.grid_posterior import best_gaussian, elbo, hermite_nodes, log_likelihood, square_grid
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models import VAE


@pytest.fixture(scope="module")
def model():
    """Untrained, but with a decoder that says something of z: weights twice as large as usual."""
    model = VAE(2, (16,), seed=0)
    with torch.no_grad():
        model.decoder.head.weight *= 2
    return model


@pytest.fixture(scope="module")
def x():
    return (torch.rand(3, 1, 28, 28, generator=Generator().manual_seed(0)) > 0.5).float()


def test_likelihood_of_every_pair(model, x):
    z = torch.randn(4, 2, generator=Generator().manual_seed(1))
    got = log_likelihood(model, x, z)
    for n in range(3):
        wanted = Bernoulli(logits=model.decode(z)).log_prob(x[n]).sum(dim=(1, 2, 3))
        torch.testing.assert_close(got[n], wanted, rtol=1e-5, atol=1e-3)


def test_grid_holds_the_prior():
    grid = square_grid(101, 5.0)
    mass = (Normal(0, 1).log_prob(grid.z.double()).sum(1) + grid.log_area).exp().sum()
    assert abs(mass - 1) < 1e-5
    assert grid.z[0].tolist() == [-5, -5] and grid.z[1, 0] > -5 and grid.z[1, 1] == -5


@pytest.mark.slow
def test_sum_over_the_grid_is_log_p_of_x(model, x):
    """Against the mean over draws from the prior, which is good enough where the posterior is wide."""
    log_px = torch.logsumexp(log_joint_on_grid(model, x, square_grid(301, 5.0)), dim=1)
    z = torch.randn(40_000, 2, generator=Generator().manual_seed(2))
    with torch.no_grad():
        log_p = log_likelihood(model, x, z).double()
    estimate = torch.logsumexp(log_p, dim=1) - torch.tensor(40_000.0).log()
    weights = (log_p - log_p.amax(1, keepdim=True)).exp()
    error = weights.std(dim=1) / weights.mean(dim=1) / 200
    assert error.max() < 0.2  # else this test says nothing
    assert ((log_px - estimate).abs() < 4 * error + 1e-3).all()


def test_nodes_give_the_moments_of_a_gaussian():
    eps, weight = hermite_nodes(8)
    assert abs(weight.sum() - 1) < 1e-6
    for k, moment in ((1, 0), (2, 1), (4, 3), (6, 15)):
        assert abs((weight * eps[:, 0] ** k).sum() - moment) < 1e-3
    assert abs((weight * eps.prod(dim=1)).sum()) < 1e-6


@torch.no_grad()
def test_elbo_is_the_mean_over_draws(model, x):
    mu, logvar = torch.tensor([[0.3, -0.5]]), torch.tensor([[-3.0, -2.0]])
    z = mu + torch.exp(logvar / 2) * torch.randn(20_000, 2, generator=Generator().manual_seed(3))
    terms = bernoulli_nll(model.decode(z), x[:1].expand(len(z), -1, -1, -1))
    wanted = -terms.mean() - gaussian_kl(mu, logvar)
    assert abs(elbo(model, x[:1], mu, logvar, nodes=20) - wanted) < 4 * terms.std() / len(z) ** 0.5


@pytest.mark.slow
def test_elbo_climbs_and_stays_below_log_p(model, x):
    log_px = torch.logsumexp(log_joint_on_grid(model, x, square_grid(401, 5.0)), dim=1)
    mu, logvar = torch.zeros(3, 2), torch.full((3, 2), -2.0)
    with torch.no_grad():
        first = elbo(model, x, mu, logvar)
    best = best_gaussian(model, x, mu, logvar)
    with torch.no_grad():
        last = elbo(model, x, *best, nodes=20)
    assert (last > first).all() and (last < log_px + 0.05).all()
    assert mu.abs().max() == 0 and all(p.grad is None for p in model.parameters())  # only q was touched


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, x: square_grid(1), "side: want a whole number >= 2, got 1"),
        (lambda m, x: square_grid(5, 0), "limit: want a number > 0, got 0"),
        (lambda m, x: elbo(m, x, torch.zeros(3, 3), torch.zeros(3, 3)), r"mu: want shape \(N, 2\), got \(3, 3\)"),
    ],
)
def test_bad_input(call, message, model, x):
    with pytest.raises(ValueError, match=message):
        call(model, x)
