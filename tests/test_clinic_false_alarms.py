"""Healthy models at which ``diagnose`` once cried, and bugs that it once missed."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from vae_helpers.clinic import PracticeVAE, diagnose, find
from vae_helpers.clinic.sick_vae import SickVAE
from vae_helpers.data import load_mnist
from vae_helpers.objectives import free_bits_step


@pytest.fixture(scope="module")
def images():
    return load_mnist("test")[0][:500]


class SaysSigma(PracticeVAE):
    """The encoder says sigma in place of logvar, and all formulas know it."""

    def encode(self, x):
        mu, free = self.encoder(x)
        return mu, F.softplus(free) + 1e-4

    def draw(self, mu, sigma, generator):
        return mu + sigma * torch.randn(mu.shape, generator=generator)

    def kl(self, mu, sigma):
        return 0.5 * (mu**2 + sigma**2 - 1 - 2 * sigma.log()).sum(dim=1)


class Flow(PracticeVAE):
    """z is shifted before it is decoded, and the prior is of the shifted one."""

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.full((10,), 2.0))

    def decode(self, z):
        return self.decoder(z)

    def loss_terms(self, x, generator=None):
        mu, logvar = self.encode(x)
        moved = self.draw(mu, logvar, generator) + self.shift
        return self.reconstruction(self.decode(moved), x), self.kl(mu + self.shift, logvar)


class Scaled(PracticeVAE):
    """The decoder is given 0.18 z."""

    def loss_terms(self, x, generator=None):
        mu, logvar = self.encode(x)
        return self.reconstruction(self.decode(0.18 * self.draw(mu, logvar, generator)), x), self.kl(mu, logvar)


class HeldAtOne(PracticeVAE):
    """sigma is 1 on purpose."""

    def encode(self, x):
        mu, _ = self.encoder(x)
        return mu, torch.zeros_like(mu)


class Dequantised(SickVAE):
    """Uniform noise on each grey level, in training and in evaluation."""

    def loss_terms(self, x, generator=None):
        return super().loss_terms((255 * x + torch.rand(x.shape, generator=generator)) / 256, generator)


def zero_heads():
    model = PracticeVAE()
    nn.init.zeros_(model.encoder.head.weight)
    nn.init.zeros_(model.encoder.head.bias)
    return model


HEALTHY = {
    "says sigma": SaysSigma,
    "Gaussian pixels, a sigmoid in the loss": lambda: SickVAE(variance=0.5),
    "a learned scale": lambda: SickVAE(variance=0.05, learn_scale=True),
    "a flow": Flow,
    "a scaled z": Scaled,
    "a held sigma": HeldAtOne,
    "heads that begin at 0": zero_heads,
    "dequantised": lambda: Dequantised(variance=0.01),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HEALTHY)
def test_no_alarm(name, images):
    assert diagnose(HEALTHY[name](), images).names == ()


@pytest.mark.slow
def test_no_alarm_at_free_bits(images):
    assert diagnose(PracticeVAE(), images, step=free_bits_step(8.0)).names == ()
    assert diagnose(find("Vera").model(), images).names == ("kl_left_out",)


@pytest.mark.slow
@pytest.mark.parametrize(("divided", "name"), [(10, "kl_mean"), (784, "kl_over_pixels")])
def test_a_small_kl_beside_squares(divided, name, images):
    class Squares(SickVAE):
        def loss_terms(self, x, generator=None):
            reconstruction, kl = super().loss_terms(x, generator)
            return reconstruction, kl / divided

    assert diagnose(Squares(variance=1.0), images).names == (name,)


@pytest.mark.slow
def test_no_beta_where_one_term_alone_is_a_sum_over_the_batch(images):
    class Mixed(PracticeVAE):
        def loss_terms(self, x, generator=None):
            reconstruction, kl = super().loss_terms(x, generator)
            return reconstruction.sum(), kl.mean()

    assert math.isnan(diagnose(Mixed(), images).beta)
    assert math.isnan(diagnose(find("Bela").model(), images).beta)
