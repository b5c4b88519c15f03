"""Tests that look at the model as it is, on real images: what it claims, what an honest evaluation finds, what it uses.

Each takes a model and images and returns numbers by name; losses are means over images, in nats.
"""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from vae_helpers.clinic.formula import reconstruction
from vae_helpers.clinic.watching import Numbers, Seen, own_terms, prepared, reborn, seeded_globally, watching
from vae_helpers.evaluation import Data, active_units, kl_of_latents
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models.gaussians import draw_from
from vae_helpers.training import Step, fit, training_step
from vae_helpers.validation import as_seed

MANY = 500
LOGITS = ("BCE of logits", "squares of sigmoids")


@torch.no_grad()
def honest(model: nn.Module, images: Data, seed: int = 0, formula: Numbers | None = None) -> Numbers:
    """The model's own loss beside that of an honest evaluation: z = mu + sigma * eps, sums over pixels and latents.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = honest(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> abs(numbers["optimism"]) < 1
    True

    Args:
        model: with ``loss_terms(*batch, generator=...)``, which calls its ``encode`` and ``decode``.
        images: as of ``evaluation.evaluate``, at least 64; the first 500 are used.
        seed: for the draws of z.
        formula: what :func:`formula.reconstruction` gives, where it was called already.

    Returns:
        ``own_reconstruction``, ``own_kl``, ``own_loss``: as the model says; ``honest_reconstruction``, ``honest_kl``,
        ``honest_loss``: by the formulas; ``optimism``: honest minus own loss (healthy: 0). What decoder outputs mean
        is taken from :func:`formula.reconstruction`; with an unknown likelihood there is no honest one.

    Raises:
        TypeError, ValueError: a model without ``loss_terms``, or unusable or too few images.
    """
    formula = reconstruction(model, images, seed) if formula is None else formula
    likelihood = _likelihood(formula)
    model, batch = prepared(model, images, MANY)
    own, seen = _look(model, batch, seed)
    if abs(formula.get("reconstruction_batch", 1.0) - 8) < 1:  # sums over the batch, of both terms or of one
        own = own[0] / len(batch[0]), own[1] / len(batch[0])
    numbers: Numbers = {"own_reconstruction": own[0], "own_kl": own[1], "own_loss": own[0] + own[1]}
    if seen.mu is None or seen.decode is None or likelihood is None:
        return numbers
    z = draw_from(seen.mu, seen.logvar, Generator().manual_seed(as_seed(seed)))
    cost = likelihood(seen.decode(z), batch[0]).mean().item()
    rate = gaussian_kl(seen.mu, seen.logvar).mean().item()
    numbers |= {"honest_reconstruction": cost, "honest_kl": rate, "honest_loss": cost + rate}
    return numbers | {"optimism": cost + rate - own[0] - own[1]}


def _likelihood(found: Numbers) -> Callable[[Tensor, Tensor], Tensor] | None:
    """From the decoder's outputs and the images to nats, one value an image."""
    if found.get("likelihood") == "BCE of logits":
        return lambda output, x: bernoulli_nll(output.reshape(x.shape), x)
    if found.get("likelihood") == "BCE of probabilities":
        return lambda output, x: bernoulli_nll(output.reshape(x.shape).logit(eps=1e-6), x)
    if found.get("likelihood") == "squares of sigmoids":
        return lambda output, x: (
            found["weight"] * (torch.sigmoid(output.reshape(x.shape)) - x).flatten(1).square().sum(1)
        )
    if found.get("likelihood") == "squares":
        return lambda output, x: found["weight"] * (output.reshape(x.shape) - x).flatten(1).square().sum(dim=1)
    return None


def _look(model: nn.Module, batch: tuple, seed: int) -> tuple[tuple[float, float], Seen]:
    with watching(model) as seen:
        terms = own_terms(model, batch, seed)
    return (terms[0].mean().item(), terms[1].mean().item()), seen


@torch.no_grad()
def latents(model: nn.Module, images: Data, seed: int = 0) -> Numbers:
    """What the encoder says of real images.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = latents(PracticeVAE(latent_dim=10), torch.rand(64, 1, 28, 28))
    >>> numbers["latent_dim"], numbers["mu_zeros"]
    (10, 0.0)

    Args:
        model, images, seed: as of :func:`honest`.

    Returns:
        ``latent_dim``; ``active_units``: dimensions whose mu varies over images; ``kl_largest``: nats of the dearest
        dimension; ``sigma``: its mean; ``mu_least``, ``logvar_least``: minima; ``mu_zeros``, ``logvar_zeros``:
        fractions that are exactly 0 (healthy: 0); ``heads_gap``: the largest difference of mu and logvar (healthy:
        above 0). Where logvar is 0 for every image, as with heads that begin at 0, these three are of new weights.

    Raises:
        TypeError, ValueError: as of :func:`honest`.
    """
    model, batch = prepared(model, images, MANY)
    seen = _look(model, batch, seed)[1]
    if seen.mu is None:
        return {}
    mu, logvar = seen.mu, seen.logvar
    born = _look(reborn(model, seed), batch, seed)[1] if not logvar.any() else seen  # heads that begin at 0
    finite = bool(mu.isfinite().all()) and bool(logvar.isfinite().all())
    return {
        "latent_dim": mu.shape[1],
        "active_units": int(active_units(mu).sum()) if finite else math.nan,
        "kl_largest": kl_of_latents(mu, logvar).max().item(),
        "sigma": torch.exp(0.5 * logvar).mean().item(),
        "mu_least": mu.min().item(),
        "logvar_least": logvar.min().item(),
        "mu_zeros": (born.mu == 0).float().mean().item(),
        "logvar_zeros": (born.logvar == 0).float().mean().item(),
        "heads_gap": (born.mu - born.logvar).abs().max().item(),
    }


@torch.no_grad()
def pixels(model: nn.Module, images: Data, seed: int = 0, formula: Numbers | None = None) -> Numbers:
    """The darkest and the brightest pixel that the decoder gives, as probabilities, for images and for prior draws.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = pixels(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> numbers["pixel_least"] < 0.5 < numbers["pixel_most"]
    True

    Args:
        model, images, seed, formula: as of :func:`honest`.

    Returns:
        ``pixel_least``, ``pixel_most``: after a sigmoid where the loss takes the outputs for logits. (Outputs that were
        through a sigmoid before lie in [0.5, 0.7311] after it.)

    Raises:
        TypeError, ValueError: as of :func:`honest`.
    """
    found = reconstruction(model, images, seed) if formula is None else formula
    model, batch = prepared(model, images, MANY)
    seen = _look(model, batch, seed)[1]
    if seen.decode is None or "likelihood" not in found:
        return {}
    z = torch.randn(seen.z.shape, generator=Generator().manual_seed(as_seed(seed))).to(seen.z)
    output = torch.cat([seen.output.flatten(1), seen.decode(z).flatten(1)])
    output = torch.sigmoid(output) if found["likelihood"] in LOGITS else output
    return {"pixel_least": output.min().item(), "pixel_most": output.max().item()}


@torch.no_grad()
def repeat(model: nn.Module, images: Data, seed: int = 0) -> Numbers:
    """Whether an image, in eval mode, is encoded alike twice, and alike beside other images.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = repeat(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> numbers["encode_repeat"], numbers["encode_mates"] < 1e-5
    (0.0, True)

    Args:
        model, images, seed: as of :func:`honest`; 64 images are used, in black and white.

    Returns:
        ``encode_repeat``: the largest difference of mu between two runs; ``encode_mates``: beside other images
        (healthy: both 0 but for rounding), in units of mu's standard deviation.

    Raises:
        TypeError, ValueError: as of :func:`honest`.
    """
    model, batch = prepared(model, images, 64, black_and_white=True)
    mus = []
    for chosen, run in ((slice(0, 32), 0), (slice(0, 32), 1), (slice(0, 64), 0)):
        seen = _look(model, tuple(part[chosen] for part in batch), as_seed(seed) ^ run)[1]
        if seen.mu is None:
            return {}
        mus.append(seen.mu[:32])
    unit = mus[0].std().clamp(min=1e-12)
    return {
        "encode_repeat": ((mus[1] - mus[0]).abs().max() / unit).item(),
        "encode_mates": ((mus[2] - mus[0]).abs().max() / unit).item(),
    }


@torch.no_grad()
def use_of_z(model: nn.Module, images: Data, seed: int = 0, formula: Numbers | None = None) -> Numbers:
    """What it costs to give each image the z of another one: nothing, where the decoder doesn't listen to z.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> abs(use_of_z(PracticeVAE(), torch.rand(64, 1, 28, 28))["use_of_z"]) < 5  # not trained: hardly anything
    True

    Args:
        model, images, seed, formula: as of :func:`honest`.

    Returns:
        ``use_of_z``: nats an image.

    Raises:
        TypeError, ValueError: as of :func:`honest`.
    """
    likelihood = _likelihood(reconstruction(model, images, seed) if formula is None else formula)
    model, batch = prepared(model, images, MANY)
    seen = _look(model, batch, seed)[1]
    if seen.decode is None or likelihood is None:
        return {}
    own, other = (likelihood(seen.decode(z), batch[0]).mean().item() for z in (seen.z, seen.z.roll(1, dims=0)))
    return {"use_of_z": other - own}


@torch.no_grad()
def at_birth(model: nn.Module, images: Data, seed: int = 0) -> Numbers:
    """The model's own loss with new initial weights; for BCE about 784 ln 2 = 543 nats, each pixel a fair coin.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> 500 < at_birth(PracticeVAE(), torch.rand(64, 1, 28, 28))["birth_reconstruction"] < 650
    True

    Args:
        model, images: as of :func:`honest`.
        seed: for the weights and the draws of z.

    Returns:
        ``birth_reconstruction``, ``birth_kl``: nats an image.

    Raises:
        TypeError, ValueError: as of :func:`honest`.
    """
    model, batch = prepared(model, images, MANY)
    own = _look(reborn(model, seed), batch, seed)[0]
    return {"birth_reconstruction": own[0], "birth_kl": own[1]}


def gradients(model: nn.Module, images: Data, seed: int = 0) -> Numbers:
    """Norms of the gradient of the mean reconstruction, in the model's mode for training.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = gradients(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> numbers["gradient encoder.head.weight"] > 0
    True

    Args:
        model, images, seed: as of :func:`honest`; 64 images are used.

    Returns:
        ``gradient NAME`` for each weight, 0 where nothing arrives. (An encoder without any gets no word from the
        decoder: z was cut off.)

    Raises:
        TypeError, ValueError: as of :func:`honest`.
    """
    model, batch = prepared(model, images, 64)
    model.train().zero_grad()
    term = own_terms(model, batch, seed)[0].mean()
    if term.requires_grad:
        term.backward()
    return {
        f"gradient {name}": 0.0 if weight.grad is None else weight.grad.norm().item()
        for name, weight in model.named_parameters()
    }


def epoch_without_kl(model: nn.Module, images: Data, step: Step = training_step, seed: int = 0) -> Numbers:
    """One epoch from new weights with beta = 0: it learns at once, unless something other than the KL stops it.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = epoch_without_kl(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> list(numbers)
    ['without_kl']

    Args:
        model: as of :func:`honest`.
        images: all of them are trained on; on 5,000 of MNIST it takes a second.
        step: as ``training.fit`` takes it.
        seed: for the weights and for training.

    Returns:
        ``without_kl``: the honest reconstruction after it, nats an image. (206 is the price of the average image.)

    Raises:
        TypeError, ValueError: as of :func:`honest`.
    """
    fresh = reborn(prepared(model, images)[0], seed)
    with seeded_globally(seed):
        fit(fresh, images, epochs=1, batch_size=64, learning_rate=4e-3, beta=0.0, seed=seed, progress=False, step=step)
    numbers = honest(fresh, images, seed)
    return {"without_kl": numbers.get("honest_reconstruction", numbers["own_reconstruction"])}
