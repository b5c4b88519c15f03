import pytest
import torch
from reference.linear_gaussian import LinearGaussian, fit_linear_gaussian
from torch import Generator
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vae_helpers.losses import gaussian_kl


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def model():
    return LinearGaussian(draw(6, 2, seed=1), draw(6, seed=2), 0.3)


def test_log_marginal_is_that_of_the_full_gaussian(model):
    x = draw(20, 6)
    covariance = model.weight @ model.weight.T + model.noise_variance * torch.eye(6)
    torch.testing.assert_close(model.log_marginal(x), MultivariateNormal(model.mean, covariance).log_prob(x))


def test_posterior_is_bayes_rule(model):
    """log p(x, z) - log p(z|x) is log p(x), whatever z is."""
    x, z = draw(1, 6).expand(50, 6), 2 * draw(50, 2, seed=3)
    log_px = model.log_joint(x, z) - model.posterior(x).log_prob(z)
    torch.testing.assert_close(log_px, model.log_marginal(x), rtol=1e-12, atol=1e-10)


def test_joint_is_likelihood_times_prior(model):
    x, z = draw(5, 6), draw(5, 2, seed=4)
    likelihood = Normal(model.mean + z @ model.weight.T, model.noise_variance**0.5).log_prob(x).sum(1)
    torch.testing.assert_close(model.log_joint(x, z), likelihood + Normal(0, 1).log_prob(z).sum(1))


def test_elbo_is_the_mean_of_the_log_weights(model):
    x, mu, logvar = draw(1, 6), draw(1, 2, seed=5), draw(1, 2, seed=6)
    z = mu + torch.exp(logvar / 2) * draw(400_000, 2, seed=7)
    weights = model.log_joint(x.expand(len(z), 6), z) - Normal(mu, torch.exp(logvar / 2)).log_prob(z).sum(1)
    assert abs(weights.mean() - model.elbo(x, mu, logvar)) < 4 * weights.std() / len(z) ** 0.5


def test_the_gap_is_the_kl_to_the_posterior(model):
    x, mu, logvar = draw(30, 6), draw(30, 2, seed=8), draw(30, 2, seed=9)
    q = MultivariateNormal(mu, scale_tril=torch.diag_embed(torch.exp(logvar / 2)))
    gap = model.log_marginal(x) - model.elbo(x, mu, logvar)
    torch.testing.assert_close(gap, kl_divergence(q, model.posterior(x)), rtol=1e-10, atol=1e-10)


def test_a_useless_latent_leaves_the_prior():
    model = LinearGaussian(torch.zeros(4, 2).double(), torch.zeros(4).double(), 1.0)
    mu, logvar = draw(3, 2), draw(3, 2, seed=1)
    x = draw(3, 4, seed=2)
    torch.testing.assert_close(model.elbo(x, mu, logvar), model.log_marginal(x) - gaussian_kl(mu, logvar))


def test_fit_finds_the_model_again():
    true = LinearGaussian(draw(5, 2, seed=1), draw(5, seed=2), 0.2)
    x = true.mean + draw(200_000, 2, seed=3) @ true.weight.T + 0.2**0.5 * draw(200_000, 5, seed=4)
    found = fit_linear_gaussian(x, 2)
    assert abs(found.noise_variance - 0.2) < 0.005
    torch.testing.assert_close(found.mean, true.mean, atol=0.02, rtol=0)
    torch.testing.assert_close(found.weight @ found.weight.T, true.weight @ true.weight.T, atol=0.06, rtol=0)


def test_fit_is_the_best_there_is():
    x = draw(500, 5) @ draw(5, 5, seed=1)
    found = fit_linear_gaussian(x, 2)
    best = found.log_marginal(x).mean()
    for changed in (
        LinearGaussian(found.weight * 1.05, found.mean, found.noise_variance),
        LinearGaussian(found.weight, found.mean, found.noise_variance * 1.05),
        LinearGaussian(found.weight + 0.05 * draw(5, 2, seed=2), found.mean, found.noise_variance),
    ):
        assert changed.log_marginal(x).mean() < best


def test_fitted_posteriors_have_independent_dimensions():
    posterior = fit_linear_gaussian(draw(300, 6) @ draw(6, 6, seed=1), 3).posterior(draw(4, 6, seed=2))
    off_diagonal = posterior.covariance_matrix[0] - posterior.covariance_matrix[0].diagonal().diag()
    assert off_diagonal.abs().max() < 1e-12


@pytest.mark.parametrize("latent_dim", [0, 5, 2.0])
def test_bad_sizes(latent_dim):
    with pytest.raises(ValueError, match="latent_dim: want a whole number from 1 to 4"):
        fit_linear_gaussian(draw(10, 5), latent_dim)


def test_bad_points():
    with pytest.raises(ValueError, match=r"x: want shape \(N, P\)"):
        fit_linear_gaussian(draw(5), 1)
