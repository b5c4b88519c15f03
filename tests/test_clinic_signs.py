"""The two tests that a student writes, on patients whose bug is known."""

import math

import pytest
import torch

from vae_helpers.clinic import PracticeVAE, find
from vae_helpers.clinic.signs import hidden_beta, noise_ratio
from vae_helpers.losses import bernoulli_nll, gaussian_kl


def drawn(model, logvar, n=2000):
    mu = torch.full((n, 10), 0.7)
    logvar = torch.full_like(mu, logvar)
    return model.draw(mu, logvar, torch.Generator().manual_seed(0)), mu, logvar


@pytest.mark.parametrize(
    ("name", "wide", "narrow"),
    [(None, 1, 1), ("Hugo", 1, math.exp(-2)), ("Ines", 0.01, 0.01), ("Olga", 0, 0), ("Cleo", 1, 1)],
)
def test_noise_of_patients(name, wide, narrow):
    model = find(name).model() if name else PracticeVAE()
    for logvar, wanted in ((0.0, wide), (-4.0, narrow)):
        assert noise_ratio(*drawn(model, logvar)).item() == pytest.approx(wanted, rel=0.02, abs=1e-6)


def test_noise_on_one_side_is_noise():
    mu, logvar = torch.randn(5, 3), torch.full((5, 3), math.log(4))
    torch.testing.assert_close(noise_ratio(mu + 2, mu, logvar), torch.tensor(1.0))
    assert noise_ratio(mu, mu, logvar) == 0


@pytest.mark.parametrize(
    ("name", "beta"), [(None, 1), ("Ada", 784), ("Bela", 100), ("Emil", 1 / 784), ("Finn", 1 / 10), ("Leo", -1)]
)
@torch.no_grad()
def test_hidden_beta_of_patients(name, beta, images):
    model, x = find(name).model() if name else PracticeVAE(), images[:100]
    mu, logvar = model.encode(x)
    logits = model.decode(model.draw(mu, logvar, None))
    found = hidden_beta(model.reconstruction(logits, x), model.kl(mu, logvar), logits, x, mu, logvar)
    assert found.shape == () and found.item() == pytest.approx(beta, rel=1e-4)


def test_only_the_quotient_counts():
    generator = torch.Generator().manual_seed(0)
    logits, mu = torch.randn(6, 16, generator=generator), torch.randn(6, 3, generator=generator)
    x, logvar = torch.rand(6, 16, generator=generator), torch.randn(6, 3, generator=generator)
    own = bernoulli_nll(logits, x), gaussian_kl(mu, logvar)
    for scale in (1, 1 / 784, 20):
        assert hidden_beta(own[0] * scale, own[1] * scale, logits, x, mu, logvar).item() == pytest.approx(1)
    assert hidden_beta(own[0] / 2, own[1].sum(), logits, x, mu, logvar).item() == pytest.approx(12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: noise_ratio([1.0], *torch.zeros(2, 1, 1)), TypeError, "z: want a .*tensor"),
        (
            lambda: noise_ratio(*torch.zeros(2, 3, 2), torch.zeros(3, 1)),
            ValueError,
            r"z and logvar: want the same shape",
        ),
        (
            lambda: hidden_beta(torch.ones(3), 1.0, *torch.zeros(2, 3, 4), *torch.zeros(2, 3, 1)),
            TypeError,
            "own_kl: want a tensor, got float",
        ),
        (lambda: noise_ratio(*torch.zeros(3, 0, 2)), ValueError, "z: want at least one"),
        (
            lambda: hidden_beta(*torch.ones(2, 3), torch.zeros(3, 4), torch.zeros(3, 5), *torch.zeros(2, 3, 1)),
            ValueError,
            "x: want",
        ),
        (
            lambda: hidden_beta(*torch.ones(2, 3), *torch.zeros(2, 3, 4), torch.zeros(2, 1), torch.zeros(3, 1)),
            ValueError,
            "mu: want",
        ),
    ],
)
def test_errors_name_the_argument(call, error, message):
    with pytest.raises(error, match=message):
        call()
