"""What can be said of one model, and how sure: all that notebook 12 measures, in one call. In nats where not said.

What comes of it is a :class:`vae_helpers.report_page.Report`.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn

from vae_helpers.by_image import terms_by_image
from vae_helpers.data import binarize, load_mnist
from vae_helpers.estimates import mean_of
from vae_helpers.evaluation import Data, active_units, check_data, kl_of_latents
from vae_helpers.hierarchy import kl_of_units
from vae_helpers.importance import bounds_by_draws, effective_sample_size, keep_log_weights, log_mean_weights
from vae_helpers.models import AdversarialAutoencoder, Autoencoder, ConditionalVAE, HierarchicalVAE
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.models.priors import StandardPrior
from vae_helpers.rate import rate_parts
from vae_helpers.report_page import Bound, Report
from vae_helpers.sample_scores import SampleScores, score_samples
from vae_helpers.threads import threads_for
from vae_helpers.training_images import could_be_training
from vae_helpers.validation import as_seed, check_can, check_whole

ACTIVE = 0.01  # variance of the means, or nats of its own KL, above which a dimension counts as active
FEW = 30  # a median effective sample size below it is warned of
STARVED, MANY = 5, 0.05  # and so is a share of images above MANY with one below STARVED
LOOKED_UP = 100  # images that are sought among the training images
MOST_DRAWN = 10_000  # as many as MNIST has test images to compare with

Row = dict[str, Any]
Codes = tuple[Tensor, Tensor]


def report(
    model: nn.Module,
    images: Data | None = None,
    *,
    some: int = 500,
    draws: int = 1000,
    drawn: int = 2000,
    seed: int = 0,
) -> Report:
    """Measure ``model`` on held-out images, in about ten seconds on one thread, and say how sure each figure is.

    >>> from vae_helpers.models import VAE
    >>> found = report(VAE(2, (8,)), (torch.rand(20, 1, 28, 28) > 0.9).float(), some=10, draws=4, drawn=10)
    >>> found.total.value - (found.reconstruction.value + found.kl.value) < 1e-3
    True

    Args:
        model: of the course's contract: ``loss_terms(*batch, generator=...)``; the bound needs ``log_weights``, too.
        images: held out, (N, 1, 28, 28), N >= 2, black and white (grey ones have no log p(x) here); or a tuple of
            images and what belongs to each. None: MNIST's 10,000 test images, each pixel drawn once with its grey as
            probability, seed 0; with their labels for a model that is told them.
        some: of these, chosen at random, for the bound; all where there are fewer.
        draws: K, for each of them.
        drawn: images to draw from the model and to compare with as many grey test images.
        seed: for the choice and all draws.

    Raises:
        TypeError: a model without ``loss_terms``, or images of another dtype than its weights (``model.float()``).
        ValueError: unusable images, fewer than two, or numbers that are not whole (some and draws >= 2, drawn from 4
            to 10,000).
    """
    check_can(model, "loss_terms")
    check_whole(2, some=some, draws=draws)
    check_whole(4, drawn=drawn)
    if drawn > MOST_DRAWN:
        raise ValueError(f"drawn: want at most {MOST_DRAWN:,}, as many as there are test images, got {drawn:,}")
    seed, pixels = as_seed(seed), None
    if images is None:
        images, pixels = default_images(model), "black and white, each pixel drawn once"
    data = check_data(model, images, "images")
    check_whole(2, **{"images: their number": len(data[0])})
    are_images = data[0].ndim == 4
    grey = are_images and bool(((data[0] > 0) & (data[0] < 1)).any())
    missing: dict[str, str] = {}
    if grey:
        missing["bound"] = "a grey image has no log p(x) here"
    elif not callable(getattr(model, "log_weights", None)):
        missing["bound"] = f"a {type(model).__name__} has no log_weights"
    measures = {
        **_terms(model, data, seed, missing),
        "bound": None if "bound" in missing else _bound(model, data, int(some), int(draws), seed),
        **_use_of_latents(model, data, seed, missing),
        "samples": _samples(model, data, int(drawn), seed, missing),
    }
    if measures["information"] is not None:
        measures["aggregate_kl"] = measures["kl"].value - measures["information"]
    latents = getattr(model, "latent_dim", None) or sum(getattr(model, "latent_dims", ())) or None
    told = pixels or f"{'grey' if grey else 'black and white' if are_images else 'no images'}, as given"
    warnings = tuple(_warnings(grey, data[0], measures["bound"], seed))
    return Report(
        type(model).__name__,
        latents,
        len(data[0]),
        told,
        **measures,
        drawn=int(drawn),
        warnings=warnings,
        missing=missing,
    )


def default_images(model: nn.Module) -> Data:
    """MNIST's test images, black and white, each pixel drawn once (seed 0); and labels, if the model is told them.

    >>> default_images(ConditionalVAE(latent_dim=2))[1].shape
    torch.Size([10000])
    """
    images, labels = load_mnist("test")
    images = binarize(images, "dynamic", Generator().manual_seed(0))
    return (images, labels) if isinstance(model, ConditionalVAE) else images


def _terms(model: nn.Module, data: tuple[Tensor, ...], seed: int, missing: dict[str, str]) -> Row:
    reconstruction, kl = terms_by_image(model, data, seed)
    found = {"total": None, "reconstruction": mean_of(reconstruction), "kl": None}
    if isinstance(model, Autoencoder | AdversarialAutoencoder):
        missing["total"] = "no q(z|x) to draw from: the loss bounds nothing"
        return found
    return found | {"total": mean_of(reconstruction + kl), "kl": mean_of(kl)}


def _bound(model: nn.Module, data: tuple[Tensor, ...], some: int, draws: int, seed: int) -> Bound:
    generator = Generator().manual_seed(seed)
    chosen = torch.randperm(len(data[0]), generator=generator)[:some]
    log_weights = keep_log_weights(model, tuple(part[chosen] for part in data), draws, generator)
    found = log_mean_weights(log_weights)
    half, whole = bounds_by_draws(log_weights, [draws // 2, draws]).mean(dim=0).tolist()
    sizes = effective_sample_size(log_weights)
    halves = log_mean_weights(log_weights[:, ::2]) - log_mean_weights(log_weights[:, 1::2])
    return Bound(
        images=len(chosen),
        draws=draws,
        mean=-mean_of(found),
        draws_error=halves.square().mean().sqrt().item() / 2 / math.sqrt(len(chosen)),
        gain=mean_of(found - log_weights.mean(dim=1)),
        rise=whole - half,
        effective=sizes.median().item(),
        starved=(sizes < STARVED).double().mean().item(),
    )


def _use_of_latents(model: nn.Module, data: tuple[Tensor, ...], seed: int, missing: dict[str, str]) -> Row:
    """Of one layer of latents whose prior is N(0, I) all; else what can be said."""
    found = dict.fromkeys(("active_by_means", "active_by_kl", "information", "aggregate_kl"))
    codes = _codes(model, data)
    if codes is not None:
        found["active_by_means"] = int(active_units(codes[0], ACTIVE).sum())
        found["active_by_kl"] = int((kl_of_latents(*codes) > ACTIVE).sum())
        found["information"] = rate_parts(*codes, seed).information
    elif isinstance(model, HierarchicalVAE):
        found["active_by_kl"] = sum(int((part > ACTIVE).sum()) for part in kl_of_units(model, data[0], seed))
        missing["active_by_means"] = "the scale of z below a learned prior is its own"
        missing["information"] = "only for one layer with the prior N(0, I)"
    else:
        missing["active_by_means"] = missing["information"] = "only for Gaussian codes with the prior N(0, I)"
    return found


def _encoder(model: nn.Module) -> Callable[..., Any] | None:
    """What finds the codes of a batch, if the model has one layer of latents with the prior N(0, I)."""
    if isinstance(model, HierarchicalVAE):
        one = len(model.latent_dims) == 1
        return (lambda *batch: model.infer(*batch, Generator().manual_seed(0))[0].q) if one else None
    standard = isinstance(getattr(model, "prior", None), StandardPrior | None)
    return getattr(model, "encode", None) if standard else None


@torch.no_grad()
def _codes(model: nn.Module, data: tuple[Tensor, ...]) -> Codes | None:
    """mu and logvar of q(z|x) for all images, if there is one layer of latents and its prior is N(0, I)."""
    if (encode := _encoder(model)) is None:
        return None
    with threads_for(model), evaluating(model):
        device = device_of(model)
        parts = [
            encode(*(part.to(device) for part in batch))
            for batch in zip(*(part.split(2000) for part in data), strict=True)
        ]
    if not all(isinstance(part, tuple) and len(part) == 2 for part in parts):
        return None
    mu, logvar = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
    return mu, logvar


def _samples(
    model: nn.Module, data: tuple[Tensor, ...], drawn: int, seed: int, missing: dict[str, str]
) -> SampleScores | None:
    """Of drawn pixel probabilities beside grey test images, as many, both at random."""
    if not callable(getattr(model, "sample", None)) or data[0].shape[1:] != (1, 28, 28):
        missing["samples"] = f"a {type(model).__name__} draws no grey digits by itself"
        return None
    generator = Generator().manual_seed(seed)
    real = load_mnist("test")[0]
    real = real[torch.randperm(len(real), generator=generator)[:drawn]]
    if isinstance(model, ConditionalVAE):  # asked for what the images show, as often
        order = torch.randint(len(data[1]), (drawn,), generator=generator)
        return score_samples(model.sample(data[1][order], seed=seed).float().cpu(), real)
    return score_samples(model.sample(drawn, seed=seed).float().cpu(), real)


def _warnings(grey: bool, images: Tensor, bound: Bound | None, seed: int) -> list[str]:
    found = []
    if grey:
        found.append(
            "grey pixels: no likelihood. A grey image has no log p(x) here; its loss bounds -log p(x) of "
            "draws of its pixels, on average and from far. Compare it with losses of grey images only."
        )
    chosen = torch.randperm(len(images), generator=Generator().manual_seed(seed))[:LOOKED_UP]
    if images.shape[1:] == (1, 28, 28) and (known := could_be_training(images[chosen]).double().mean().item()) > 0.5:
        found.append(f"{known:.0%} of {len(chosen)} of the images could be MNIST's training images: not held out.")
    if bound is not None and bound.effective < FEW:
        found.append(
            f"the median effective sample size is {bound.effective:.0f} of {bound.draws:,} draws: "
            "-log p(x) may be well below the bound."
        )
    if bound is not None and bound.starved > MANY:
        found.append(
            f"in {100 * bound.starved:.0f} % of the images fewer than {STARVED} of {bound.draws:,} draws count: "
            "theirs may be far below the bound."
        )
    return found
