"""The VAE that knows the answer, against the reference's independent formulas and against numerical integrals."""

import math

import pytest
import torch
from reference.linear_gaussian import LinearGaussian, fit_linear_gaussian
from torch import Generator
from torch.distributions import Normal, kl_divergence

from vae_helpers.evaluation import evaluate, importance_weighted_bound
from vae_helpers.importance import bounds_by_draws, keep_log_weights
from vae_helpers.linear_gaussian import LinearGaussianVAE

S = 0.4


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=Generator().manual_seed(seed), dtype=torch.float64)


def weight(latents=3, pixels=12):
    q, _ = torch.linalg.qr(draw(pixels, latents, seed=1))
    return q * torch.tensor([2.0, 1.0, 0.5], dtype=torch.float64)[:latents]


@pytest.fixture
def model():
    return LinearGaussianVAE(weight(), draw(1, 3, 4, seed=2), S)


@pytest.fixture
def x():
    return draw(7, 1, 3, 4, seed=3)


@pytest.fixture
def reference(model):
    return LinearGaussian(model.weight.data, model.bias.data.flatten(), S**2)


def test_log_prob_and_posterior_are_the_references(model, reference, x):
    torch.testing.assert_close(model.exact_log_prob(x), reference.log_marginal(x.flatten(1)), rtol=1e-12, atol=1e-12)
    mu, logvar = model.posterior(x)
    posterior = reference.posterior(x.flatten(1))
    torch.testing.assert_close(mu, posterior.mean)
    torch.testing.assert_close(logvar.exp(), posterior.variance)


def test_log_joint_is_the_references_and_that_of_the_decoded(model, reference, x):
    z = draw(7, 3, seed=4)
    torch.testing.assert_close(model.log_joint(x, z), reference.log_joint(x.flatten(1), z))
    likelihood = Normal(model.decode(z), S).log_prob(x).flatten(1).sum(dim=1)
    torch.testing.assert_close(model.log_joint(x, z), likelihood + Normal(0, 1).log_prob(z).sum(dim=1))


def test_from_the_exact_posterior_every_weight_is_p_of_x(model, x):
    """Also of real digits, whose log p(x) is hundreds of nats."""
    log_weights = keep_log_weights(model, x, 50)
    torch.testing.assert_close(log_weights, model.exact_log_prob(x)[:, None].expand(-1, 50), rtol=0, atol=1e-11)


def test_digits(test_set):
    images = test_set[0][:200].double()
    model, reference = LinearGaussianVAE.fit_to(images, 20), fit_linear_gaussian(images.flatten(1), 20)
    exact = model.exact_log_prob(images[:10])
    torch.testing.assert_close(exact, reference.log_marginal(images[:10].flatten(1)), rtol=1e-10, atol=1e-8)
    torch.testing.assert_close(importance_weighted_bound(model, images[:10], 3), exact, rtol=0, atol=1e-8)
    best = model.exact_log_prob(images).mean()
    for other in (0.99, 1.01):  # the best of all: no other noise does better, nor other weights
        assert LinearGaussianVAE(model.weight, model.bias, other * model.sigma).exact_log_prob(images).mean() < best
        assert LinearGaussianVAE(other * model.weight, model.bias, model.sigma).exact_log_prob(images).mean() < best


def test_the_dials_are_in_standard_deviations_of_the_posterior(model, x):
    (mu, logvar), (moved, wider) = model.posterior(x), model.with_q(width=1.5, shift=-0.5).encode(x)
    torch.testing.assert_close((wider / 2).exp(), 1.5 * (logvar / 2).exp())
    torch.testing.assert_close(moved, mu - 0.5 * (logvar / 2).exp())
    torch.testing.assert_close(model.with_q(1.5, -0.5).exact_log_prob(x), model.exact_log_prob(x), rtol=0, atol=0)


@pytest.mark.parametrize(("width", "shift"), [(1.5, 0.0), (0.8, 0.0), (1.0, 0.7), (0.9, -0.6), (0.5, 0.0)])
def test_gap_is_the_kl_and_what_the_elbo_lacks(model, x, width, shift):
    spoiled = model.with_q(width, shift)
    q, p = ((mu, (logvar / 2).exp()) for mu, logvar in (spoiled.encode(x), model.posterior(x)))
    kl = kl_divergence(Normal(*q), Normal(*p)).sum(dim=1)
    torch.testing.assert_close(kl, torch.full_like(kl, spoiled.elbo_gap()))
    many = x[:1].expand(20_000, -1, -1, -1)
    reconstruction, kl = spoiled.loss_terms(many, Generator().manual_seed(0))
    gap = model.exact_log_prob(many) + reconstruction + kl
    assert abs(gap.mean() - spoiled.elbo_gap()) < 4 * gap.std() / math.sqrt(20_000)
    assert abs(evaluate(spoiled, many).total + model.exact_log_prob(x[:1]).item() - spoiled.elbo_gap()) < (
        4 * gap.std() / math.sqrt(20_000)
    )


@pytest.mark.parametrize(("width", "shift"), [(1.6, 0.0), (0.8, 0.0), (1.0, 0.7), (0.75, -0.4), (2.0, 1.0)])
@pytest.mark.parametrize("latents", [1, 3])
def test_variance_of_the_weights_is_the_integral(latents, width, shift):
    spoiled = LinearGaussianVAE(weight(latents), torch.zeros(12, dtype=torch.float64), S, width, shift)
    u = torch.linspace(-40, 40, 400_001, dtype=torch.float64)
    p, q = (Normal(*u.new_tensor(place)).log_prob(u) for place in ((0, 1), (shift, width)))
    mean_square = torch.trapezoid((2 * p - q).exp(), u).item()
    assert spoiled.weight_variance() == pytest.approx(mean_square**latents - 1, rel=1e-9)


@pytest.mark.parametrize(("width", "finite"), [(0.5**0.5 + 1e-6, True), (0.5**0.5 - 1e-6, False), (0.625, False)])
def test_too_narrow_has_infinite_variance(model, width, finite):
    assert math.isfinite(model.with_q(width).weight_variance()) == finite
    assert model.with_q(1.0).weight_variance() == 0
    wide = LinearGaussianVAE(torch.eye(1000, 999), torch.zeros(1000), S, width=9.0)
    assert wide.weight_variance() == math.inf  # too large for a float


def test_bias_of_the_bound(model, x):
    """It lies below, tends to log p(x), and with K draws lacks Var / 2K once that is small."""
    spoiled = model.with_q(width=1.25)
    many = x[:1].expand(4000, -1, -1, -1)
    draws = [1, 4, 16, 64]
    gaps = model.exact_log_prob(many)[:, None] - bounds_by_draws(keep_log_weights(spoiled, many, 64), draws)
    mean, error = gaps.mean(dim=0), gaps.std(dim=0) / math.sqrt(len(many))
    assert (mean[:3] > 4 * error[:3]).all() and (mean.diff() < 0).all()
    assert abs(mean[0] - spoiled.elbo_gap()) < 4 * error[0]
    for k in (2, 3):
        delta = spoiled.weight_variance() / (2 * draws[k])
        assert abs(mean[k] - delta) < 4 * error[k] + delta**2


def test_single_precision_stays_near(model, x):
    exact = model.exact_log_prob(x)
    torch.testing.assert_close(model.float().exact_log_prob(x.float()).double(), exact, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: LinearGaussianVAE([1], torch.zeros(1), 1.0), TypeError, "weight: want a float tensor"),
        (lambda: LinearGaussianVAE(torch.eye(3), torch.zeros(4), 1.0), ValueError, r"weight: want shape \(4, D\), got"),
        (
            lambda: LinearGaussianVAE(torch.eye(3), torch.zeros(3).double(), 1.0),
            TypeError,
            "weight: want torch.float64",
        ),
        (lambda: LinearGaussianVAE(torch.eye(3), torch.zeros(3), 0.0), ValueError, "sigma: want a number > 0, got 0.0"),
        (lambda: LinearGaussianVAE(torch.eye(3), torch.zeros(3), 1.0, -1), ValueError, "width: want a number > 0"),
        (lambda: LinearGaussianVAE(torch.eye(3), torch.zeros(3), 1.0, 1, "2"), ValueError, "shift: want a number, got"),
        (
            lambda: LinearGaussianVAE(torch.ones(3, 2), torch.zeros(3), 1.0),
            ValueError,
            "weight: want columns that are o",
        ),
        (
            lambda: LinearGaussianVAE(torch.zeros(3, 2), torch.zeros(3), 1.0),
            ValueError,
            "weight: want columns that are",
        ),
        (lambda: LinearGaussianVAE(torch.eye(3) / 0, torch.zeros(3), 1.0), ValueError, "weight: contains NaN"),
        (lambda: LinearGaussianVAE.fit_to(torch.ones(5, 4).int(), 2), TypeError, "images: want floats"),
        (lambda: LinearGaussianVAE.fit_to(torch.rand(5, 4), 0), ValueError, "latent_dim: want a whole number >= 1"),
        (lambda: LinearGaussianVAE.fit_to(torch.rand(5, 4), 4), ValueError, "images: want at least two examples of mo"),
        (lambda: LinearGaussianVAE.fit_to(torch.rand(1, 4), 1), ValueError, "images: want at least two examples"),
        (lambda: LinearGaussianVAE.fit_to(torch.ones(5, 4), 1), ValueError, "images: want them to vary in more than 1"),
        (lambda: LinearGaussianVAE.fit_to(torch.rand(5, 4) / 0, 1), ValueError, "images: contains NaN or infinity"),
    ],
)
def test_what_is_no_such_model(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call()


def test_what_it_can_not_measure(model, x):
    for images, error, message in (
        (x.float(), TypeError, "images: want torch.float64, as the model's weights are, got torch.float32"),
        (x[:, :, 1:], ValueError, r"images: want shape \(N, 1, 3, 4\), got"),
        (x * math.nan, ValueError, "images: contains NaN"),
        (x[:0], ValueError, "images: want at least one example"),
    ):
        with pytest.raises(error, match=f"^{message}"):
            importance_weighted_bound(model, images, 2)
    for method in (model.exact_log_prob, model.encode, model.posterior):
        with pytest.raises(TypeError, match="^x: want torch.float64"):
            method(x.float())
    for call in (model.decode, lambda z: model.log_joint(x[:1], z)):
        with pytest.raises(TypeError, match="^z: want torch.float64"):
            call(torch.zeros(1, 3))
        with pytest.raises(ValueError, match=r"^z: want shape \((N|1), 3\)"):
            call(torch.zeros(1, 2).double())
    with pytest.raises(ValueError, match=r"^z: want shape \(7, 3\)"):  # one z for all would be broadcast
        model.log_joint(x, torch.zeros(1, 3).double())
    with pytest.raises(TypeError, match="^x: want torch.float64"):
        model.log_joint(x.float(), torch.zeros(7, 3).double())
