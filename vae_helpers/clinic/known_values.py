"""Tests that put a known value in and look at what comes out; whether and how the model was trained hardly matters.

Each takes a model and images and returns numbers by name. What a healthy model gives stands beside each. What can't be
tested on a model (it has no ``encode``, or its decoder gives more than one number a pixel) is left out.
"""

import math

import torch
from torch import Tensor, nn

from vae_helpers.clinic.watching import Numbers, copies, one_by_one, own_terms, prepared, watching
from vae_helpers.evaluation import Data
from vae_helpers.losses import gaussian_kl
from vae_helpers.validation import as_seed

SINGLES = 32  # images that go through one by one
NARROW = -4.0  # a log-variance: sigma = exp(-2) = 0.135


def noise(model: nn.Module, images: Data, seed: int = 0) -> Numbers:
    """How far z is from mu, where the encoder is made to say mu = 0.5 and a known sigma.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = noise(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> round(numbers["noise_wide"]), round(numbers["noise_narrow"]), numbers["noise_pull"]
    (1, 1, 1.0)

    Args:
        model: with ``loss_terms(*batch, generator=...)``, which calls its ``encode`` and ``decode``.
        images: as of ``evaluation.evaluate``, at least 64; the first 256 are used.
        seed: for the draws of z.

    Returns:
        ``noise_wide``, ``noise_narrow``: std(z - mu) / sigma at sigma = 1 and at sigma = exp(-2) (healthy: 1);
        ``noise_shared``: the part of its square that all images have in common (healthy: 1/N);
        ``noise_pull``: by how much z moves with mu (healthy: 1, a gradient);
        ``noise_evaluated``: as noise_wide, in eval mode (healthy: 1).

    Raises:
        TypeError, ValueError: a model without ``loss_terms``, or unusable or too few images.
    """
    model, batch = prepared(model, images)
    numbers: Numbers = {}
    for name, logvar, training in (("wide", 0.0, True), ("narrow", NARROW, True), ("evaluated", 0.0, False)):
        model.train(training)
        drawn = _draw_at(model, batch, 0.5, logvar, seed)
        if drawn is None:
            return {}
        mu, z = drawn
        eps = (z - mu).detach() / math.exp(logvar / 2)
        numbers[f"noise_{name}"] = eps.std().item()
        if name == "wide":
            numbers["noise_shared"] = _shared(eps)
            if numbers["noise_shared"] > 0.5:  # a shift that is no noise, as of a flow, cancels between two draws
                put, again = _draw_at(model, batch, 0.5, logvar, as_seed(seed) ^ 1)
                numbers["noise_shared"] = _shared(eps - (again - put).detach())
            numbers["noise_pull"] = _slope(z, mu)
    return numbers


def _draw_at(model: nn.Module, batch: tuple, mu: float, logvar: float, seed: int) -> tuple[Tensor, Tensor] | None:
    """``mu`` as it was put in, and the z that reached the decoder; None where they can't be seen."""
    put: list[Tensor] = []

    def encode(own_mu: Tensor, own_logvar: Tensor) -> tuple[Tensor, Tensor]:
        if not put:
            put.extend(torch.full_like(own_mu, value).requires_grad_() for value in (mu, logvar))
        return put[0], put[1]

    with watching(model, encode=encode) as seen:
        own_terms(model, batch, seed)
    return (put[0], seen.z) if put and seen.z is not None and seen.z.shape == put[0].shape else None


def _shared(eps: Tensor) -> float:
    return (eps.mean(dim=0).square().mean() / eps.square().mean()).item()


def _slope(z: Tensor, mu: Tensor) -> float:
    if not z.requires_grad:
        return 0.0
    (gradient,) = torch.autograd.grad(z.sum(), mu, allow_unused=True)
    return 0.0 if gradient is None else gradient.mean().item()


@torch.no_grad()
def kl(model: nn.Module, images: Data, seed: int = 0) -> Numbers:
    """The model's own KL, divided by the closed form, where the encoder is made to say a known mu and sigma.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> kl(PracticeVAE(latent_dim=2), torch.rand(64, 1, 28, 28))
    {'latent_dim': 2, 'kl_mu': 1.0, 'kl_narrow': 1.0, 'kl_batch': 1.0}

    Args:
        model, images, seed: as of :func:`noise`; 32 images are used, one by one.

    Returns:
        ``kl_mu`` at mu = 2, sigma = 1, and ``kl_narrow`` at mu = 0, sigma = exp(-2) (healthy: both 1, or both beta);
        ``kl_batch``: that of eight copies of one image against that of the image alone (healthy: 1).

    Raises:
        TypeError, ValueError: as of :func:`noise`.
    """
    model, batch = prepared(model, images, SINGLES)
    numbers: Numbers = {}
    for name, mu, logvar in (("kl_mu", 2.0, 0.0), ("kl_narrow", 0.0, NARROW)):
        put = {}

        def encode(own_mu: Tensor, own_logvar: Tensor, mu=mu, logvar=logvar, put=put) -> tuple[Tensor, Tensor]:
            put["at"] = torch.full_like(own_mu, mu), torch.full_like(own_mu, logvar)
            return put["at"]

        with watching(model, encode=encode):
            own = [own_terms(model, one, as_seed(seed) ^ k)[1].mean().item() for k, one in enumerate(one_by_one(batch))]
            if not put:
                return {}
            closed = gaussian_kl(*put["at"]).mean().item()
            numbers |= {"latent_dim": put["at"][0].shape[1], name: sum(own) / len(own) / closed}
            if name == "kl_mu":
                eight = own_terms(model, copies(batch, 8), seed)[1].mean().item()
                alone = own_terms(model, copies(batch, 1), seed)[1].mean().item()
                numbers["kl_batch"] = eight / alone if alone else math.nan
    return {name: numbers[name] for name in ("latent_dim", "kl_mu", "kl_narrow", "kl_batch")}
