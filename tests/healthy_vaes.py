"""Healthy VAEs of many kinds, as students write them: the clinic must find nothing on any."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.clinic import PracticeVAE
from vae_helpers.data import REPO_DATA
from vae_helpers.models import VAE, ConditionalVAE, HierarchicalVAE
from vae_helpers.models.layers import seeded
from vae_helpers.objectives import capacity_step, free_bits_step, tcvae_step
from vae_helpers.training import training_step


@dataclass
class Healthy:
    model: nn.Module
    step: Callable | None = None
    parts: int = 1  # 2: images and labels
    left_out: tuple[str, ...] = ()  # tests that raise
    blind: tuple[str, ...] = ()  # tests that give nothing

    @property
    def trained_by(self) -> Callable:
        return self.step or getattr(type(self.model), "step", training_step)


def variant(**methods) -> Callable[[], Healthy]:
    """The practice model with other methods that are right too."""
    return lambda: Healthy(type("Variant", (PracticeVAE,), methods)())


def bce(p, x):
    return F.binary_cross_entropy(p, x, reduction="none").flatten(1).sum(dim=1)


def squares(self, output, x):
    return (output - x).flatten(1).square().sum(dim=1)


def gaussian(self, output, x):
    return torch.distributions.Normal(output, 0.2).log_prob(x).flatten(1).sum(dim=1).neg()


def continuous_bernoulli(self, logits, x):
    return torch.distributions.ContinuousBernoulli(logits=logits).log_prob(x).flatten(1).sum(dim=1).neg()


def binarised(self, x, generator):
    x = torch.bernoulli(x, generator=generator)
    return x, x


def centred_input(self, x, generator):
    return (x - 0.1307) / 0.3081, x


def antithetic(self, mu, logvar, generator):
    return mu - torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator)


def rsample(self, mu, logvar, generator):
    return torch.distributions.Normal(mu, torch.exp(0.5 * logvar)).rsample()


def closed_form(self, mu, logvar):
    q, p = torch.distributions.Normal(mu, torch.exp(0.5 * logvar)), torch.distributions.Normal(0.0, 1.0)
    return torch.distributions.kl_divergence(q, p).sum(dim=1)


def clamped(self, x):
    mu, logvar = self.encoder(x)
    return mu, logvar.clamp(-8, 4)


def zero_grad_last(self, optimizer, x, beta=1.0, generator=None):
    reconstruction, kl = self.loss_terms(x, generator)
    (reconstruction + beta * kl).sum().backward()
    optimizer.step()
    self.zero_grad()
    return reconstruction.detach(), kl.detach()


class BothOverPixels(PracticeVAE):
    """Both terms divided by 784: another learning rate, the same minimum."""

    def loss_terms(self, x, generator=None):
        return tuple(term / 784 for term in super().loss_terms(x, generator))


class BetaFour(PracticeVAE):
    def kl(self, mu, logvar):
        return 4 * super().kl(mu, logvar)


class MonteCarloKL(PracticeVAE):
    """log q(z|x) - log p(z) at the z that was drawn."""

    def loss_terms(self, x, generator=None):
        mu, logvar = self.encode(x)
        q = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
        z = self.draw(mu, logvar, generator)
        kl = q.log_prob(z) - torch.distributions.Normal(0.0, 1.0).log_prob(z)
        return self.reconstruction(self.decode(z), x), kl.sum(dim=1)


class LearnedScale(PracticeVAE):
    def __init__(self):
        super().__init__()
        self.log_sigma = nn.Parameter(torch.zeros(()))

    def reconstruction(self, output, x):
        return torch.distributions.Normal(output, self.log_sigma.exp()).log_prob(x).flatten(1).sum(dim=1).neg()


class Plain(nn.Module):
    """As in many a tutorial: probabilities, scalars that are sums over the batch, no generator."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc21, self.fc22 = nn.Linear(784, 100), nn.Linear(100, 20), nn.Linear(100, 20)
        self.fc3, self.fc4 = nn.Linear(20, 100), nn.Linear(100, 784)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def loss_terms(self, x):
        mu, logvar = self.encode(x.view(-1, 784))
        p = self.decode(self.reparameterize(mu, logvar))
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return F.binary_cross_entropy(p, x.view(-1, 784), reduction="sum"), kl

    def step(self, optimizer, x, beta=1.0, generator=None):
        optimizer.zero_grad()
        bce, kl = self.loss_terms(x)
        (bce + beta * kl).backward()
        optimizer.step()
        return bce.detach(), kl.detach()


class Convolutional(nn.Module):
    """Batch norm in both networks and dropout in one, as modules."""

    def __init__(self, latent_dim: int = 16):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 4, 2, 1), nn.ReLU(), nn.Flatten(),
            nn.Dropout(0.1), nn.Linear(16 * 49, 2 * latent_dim),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, 16 * 49), nn.ReLU(), nn.Unflatten(1, (16, 7, 7)),
            nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1),
        )  # fmt: skip

    def encode(self, x):
        return self.encoder(x).chunk(2, dim=1)

    def decode(self, z):
        return self.decoder(z)

    def loss_terms(self, x, generator=None):
        mu, logvar = self.encode(x)
        logits = self.decode(mu + torch.exp(0.5 * logvar) * torch.randn(mu.shape, generator=generator))
        reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=(1, 2, 3))
        return reconstruction, -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1)


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.mu, self.logvar = nn.Linear(784, 32), nn.Linear(32, 4), nn.Linear(32, 4)

    def forward(self, x):
        h = torch.relu(self.body(x.flatten(1)))
        return self.mu(h), self.logvar(h)


class ByModules(nn.Module):
    """No methods: an ``encoder`` and a ``decoder``, and softplus in place of exp."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Heads(), nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 784))

    def loss_terms(self, x, generator=None):
        mu, logvar = self.encoder(x)
        z = mu + logvar.exp().sqrt() * torch.randn(mu.shape, generator=generator)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)
        return F.binary_cross_entropy_with_logits(self.decoder(z), x.flatten(1), reduction="none").sum(dim=1), kl


class OnePiece(nn.Module):
    """Nothing can be seen inside."""

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Linear(784, 8), nn.Linear(4, 784)

    def loss_terms(self, x, generator=None):
        mu, logvar = self.down(x.flatten(1)).chunk(2, dim=1)
        z = mu + torch.exp(logvar / 2) * torch.randn(mu.shape, generator=generator)
        kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1)
        return F.binary_cross_entropy_with_logits(self.up(z), x.flatten(1), reduction="none").sum(dim=1), kl


def made(kind: Callable[[], nn.Module], **options) -> Callable[[], Healthy]:
    def make() -> Healthy:
        with seeded(0):
            return Healthy(kind(), **options)

    return make


def shipped(name: str) -> Callable[[], Healthy]:
    return lambda: Healthy(load_checkpoint(REPO_DATA / "weights" / name))


BLIND = ("noise", "kl", "reconstruction", "latents", "pixels", "repeat", "use_of_z")
HEALTHY: dict[str, Callable[[], Healthy]] = {
    "two latents": made(lambda: VAE(latent_dim=2)),
    "one latent": made(lambda: VAE(latent_dim=1)),
    "ten latents": made(lambda: VAE(latent_dim=10)),
    "fifty latents": made(lambda: VAE(latent_dim=50)),
    "no layer norm": made(lambda: VAE(latent_dim=10, layer_norm=False)),
    "small": made(lambda: VAE(latent_dim=2, hidden=(8,))),
    "deep": made(lambda: VAE(latent_dim=5, hidden=(64, 32, 16))),
    "convolutional": made(Convolutional),
    "tutorial": made(Plain),
    "by modules": made(ByModules),
    "one piece": made(OnePiece, blind=BLIND),
    "conditional": made(lambda: ConditionalVAE(latent_dim=5), parts=2),
    "hierarchical": made(lambda: HierarchicalVAE(latent_dims=(8, 2), hidden=(32, 32))),
    "probabilities": variant(
        decode=lambda self, z: torch.sigmoid(self.decoder(z)), reconstruction=lambda self, p, x: bce(p, x)
    ),
    "squares": variant(reconstruction=squares),
    "squares of a sigmoid": variant(decode=lambda self, z: torch.sigmoid(self.decoder(z)), reconstruction=squares),
    "gaussian": variant(reconstruction=gaussian),
    "learned scale": made(LearnedScale),
    "continuous Bernoulli": variant(reconstruction=continuous_bernoulli),
    "binarised": variant(prepare=binarised),
    "centred input": variant(prepare=centred_input),
    "minus eps": variant(draw=antithetic),
    "rsample": variant(draw=rsample),
    "torch's KL": variant(kl=closed_form),
    "Monte Carlo KL": made(MonteCarloKL),
    "clamped logvar": variant(encode=clamped),
    "zero_grad last": variant(step=zero_grad_last),
    "both over pixels": made(BothOverPixels),
    "beta of four": made(BetaFour),
    "capacity": made(lambda: VAE(latent_dim=10), step=capacity_step()),
    "free bits": made(lambda: VAE(latent_dim=10), step=free_bits_step(0.5)),
    "total correlation": made(lambda: VAE(latent_dim=10), step=tcvae_step(500)),
    "shipped, 2-D": shipped("vae_2d.pt"),
    "shipped, 20-D": shipped("vae_20d.pt"),
}
