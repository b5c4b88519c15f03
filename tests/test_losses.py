import math

import pytest
import torch
from reference.losses import free_bits
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_helpers.losses import (
    bernoulli_nll,
    effective_beta,
    gaussian_kl,
    gaussian_kl_between,
    gaussian_nll,
    mean_vae_loss,
    vae_loss,
)


def test_kl_is_that_of_torch_distributions(generator):
    mu, logvar = (3 * torch.randn(50, 7, generator=generator, dtype=torch.float64) for _ in range(2))
    q, p = Normal(mu, torch.exp(logvar / 2)), Normal(torch.zeros_like(mu), torch.ones_like(mu))
    torch.testing.assert_close(gaussian_kl(mu, logvar), kl_divergence(q, p).sum(1), rtol=1e-10, atol=1e-10)


def test_kl_is_zero_at_the_prior_only():
    assert gaussian_kl(torch.zeros(1, 3), torch.zeros(1, 3)).item() == 0
    assert gaussian_kl(torch.tensor([[0.1, 0, 0]]), torch.zeros(1, 3)).item() > 0


def test_kl_between_is_that_of_torch_distributions(generator):
    mu_q, logvar_q, mu_p, logvar_p = torch.randn(4, 50, 7, generator=generator, dtype=torch.float64)
    q, p = Normal(mu_q, torch.exp(logvar_q / 2)), Normal(mu_p, torch.exp(logvar_p / 2))
    got = gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p)
    torch.testing.assert_close(got, kl_divergence(q, p).sum(1), rtol=1e-10, atol=1e-10)


def test_kl_between_has_the_prior_as_its_special_case(generator):
    mu, logvar = torch.randn(2, 5, 3, generator=generator)
    zeros = torch.zeros(5, 3)
    torch.testing.assert_close(gaussian_kl_between(mu, logvar, zeros, zeros), gaussian_kl(mu, logvar))
    assert torch.equal(gaussian_kl_between(mu, logvar, mu, logvar), torch.zeros(5))


def test_bernoulli_is_that_of_torch_distributions(generator):
    logits = 4 * torch.randn(6, 1, 28, 28, generator=generator)
    x = (torch.rand(6, 1, 28, 28, generator=generator) > 0.5).float()
    wanted = -Bernoulli(logits=logits).log_prob(x).sum(dim=(1, 2, 3))
    torch.testing.assert_close(bernoulli_nll(logits, x), wanted)


def test_bernoulli_is_finite_at_any_logit():
    logits = torch.tensor([[1e4, -1e4, 0.0]])
    assert torch.isfinite(bernoulli_nll(logits, torch.tensor([[0.0, 1.0, 0.5]]))).all()


def test_untrained_pixels_are_fair_coins():
    x = torch.rand(2, 1, 28, 28)
    torch.testing.assert_close(
        bernoulli_nll(torch.zeros_like(x), x), torch.full((2,), 784 * math.log(2)), rtol=1e-5, atol=0
    )


@pytest.mark.parametrize("sigma", [0.1, 1.0, 3.0])
def test_gaussian_is_that_of_torch_distributions(sigma, generator):
    x_hat, x = (torch.rand(4, 1, 28, 28, generator=generator, dtype=torch.float64) for _ in range(2))
    wanted = -Normal(x_hat, sigma).log_prob(x).sum(dim=(1, 2, 3))
    torch.testing.assert_close(gaussian_nll(x_hat, x, sigma), wanted)


def test_vae_loss():
    reconstruction, kl = torch.tensor([80.0, 90.0]), torch.tensor([10.0, 20.0])
    assert vae_loss(reconstruction, kl).tolist() == [90, 110]
    assert vae_loss(reconstruction, kl, 0.5).tolist() == [85, 100]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gaussian_kl(torch.zeros(3, 2), torch.zeros(3, 1)), ValueError, r"mu and logvar: want the same shape"),
        (
            lambda: gaussian_kl_between(*torch.zeros(3, 2, 4), torch.zeros(2, 1)),
            ValueError,
            r"mu_q and logvar_p: want the same shape, got \(2, 4\) and \(2, 1\)",
        ),
        (lambda: gaussian_kl_between(*torch.zeros(3, 2, 4), 0.0), TypeError, "logvar_p: want a float tensor"),
        (lambda: gaussian_kl(torch.zeros(3), torch.zeros(3)), ValueError, r"mu: want shape \(N, D\), got \(3,\)"),
        (lambda: gaussian_kl([[0.0]], torch.zeros(1, 1)), TypeError, "mu: want a float tensor .* got list"),
        (lambda: gaussian_kl(torch.zeros(1, 1).long(), torch.zeros(1, 1)), TypeError, "mu: want floats"),
        (
            lambda: bernoulli_nll(torch.zeros(2, 784), torch.zeros(2, 1, 28, 28)),
            ValueError,
            "logits and x: want the same shape",
        ),
        (
            lambda: bernoulli_nll(torch.zeros(2, 4), torch.zeros(2, 4, dtype=torch.uint8)),
            TypeError,
            "x: want floats, got torch.uint8",
        ),
        (lambda: gaussian_nll(torch.zeros(2, 4), torch.zeros(2, 4), 0.0), ValueError, "sigma: want"),
        (lambda: vae_loss(torch.zeros(2), torch.zeros(3)), ValueError, "reconstruction and kl"),
        (lambda: vae_loss(torch.tensor(1.0), torch.zeros(3)), ValueError, "reconstruction: want shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_mean_vae_loss_is_in_nats_per_image(generator):
    logits, x = torch.randn(2, 6, 1, 28, 28, generator=generator)
    mu, logvar = torch.randn(2, 6, 3, generator=generator)
    whole = mean_vae_loss(logits, x.sigmoid(), mu, logvar, 2.0)
    parts = [mean_vae_loss(*(v[k : k + 1] for v in (logits, x.sigmoid(), mu, logvar)), 2.0) for k in range(6)]
    torch.testing.assert_close(whole, torch.stack(parts).mean())
    terms = bernoulli_nll(logits, x.sigmoid()), gaussian_kl(mu, logvar)
    torch.testing.assert_close(whole, (terms[0] + 2 * terms[1]).mean())


@pytest.mark.parametrize("reconstruction", ["sum", "mean"])
@pytest.mark.parametrize("kl", ["sum", "mean"])
def test_effective_beta_points_where_the_reduced_loss_points(reconstruction, kl, generator):
    """The gradient of the loss as it is written is a multiple of the summed loss's gradient at the effective beta."""
    a = torch.randn(5, generator=generator, requires_grad=True)
    pixels, latents = (
        torch.outer(a, torch.randn(12, generator=generator)).square(),
        (a[:, None] + torch.rand(5, 3)) ** 4,
    )
    reduce = {"sum": torch.Tensor.sum, "mean": torch.Tensor.mean}
    written = reduce[reconstruction](pixels, dim=1) + 0.7 * reduce[kl](latents, dim=1)
    beta = effective_beta(0.7, reconstruction, kl, pixels=12, latent_dim=3)
    summed = pixels.sum(dim=1) + beta * latents.sum(dim=1)
    (first,) = torch.autograd.grad(written.mean(), a, retain_graph=True)
    (second,) = torch.autograd.grad(summed.mean(), a)
    torch.testing.assert_close(first / first.norm(), second / second.norm())


def test_effective_beta_of_known_losses():
    assert effective_beta(1.0) == 1
    assert effective_beta(1.0, "mean", "sum") == pytest.approx(784)
    assert effective_beta(1.0, "mean", "mean") == pytest.approx(39.2)
    assert effective_beta(4.0, "sum", "mean", latent_dim=10) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reconstruction": "none"}, 'reconstruction: want "sum" or "mean", got \'none\''),
        ({"kl": "average"}, 'kl: want "sum" or "mean"'),
        ({"pixels": 0}, "pixels: want a whole number >= 1, got 0"),
        ({"beta": -1.0}, "beta: want a number > 0, got -1.0"),
        ({"latent_dim": float("nan")}, "latent_dim: want a whole number >= 1"),
    ],
)
def test_bad_input_of_effective_beta(arguments, message):
    with pytest.raises(ValueError, match=message):
        effective_beta(**({"beta": 1.0} | arguments))


def test_free_bits_are_free():
    kl = torch.tensor([[0.1, 1.0], [0.2, 3.0]], requires_grad=True)
    total = free_bits(kl, 0.5)
    assert total.item() == pytest.approx(0.5 + 2.0)
    total.backward()
    assert kl.grad.tolist() == [[0, 0.5], [0, 0.5]]  # nothing pushes the first dimension
    assert free_bits(kl, 0.0).item() == pytest.approx(kl.sum(dim=1).mean().item())


def test_bad_input_of_free_bits():
    with pytest.raises(ValueError, match="floor: want nats >= 0, got -1"):
        free_bits(torch.zeros(2, 2), -1)
    with pytest.raises(ValueError, match="kl_per_dimension: want shape"):
        free_bits(torch.zeros(2), 0.1)
