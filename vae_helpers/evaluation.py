"""How good is a model? Means over a whole set, in nats per image.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import inspect
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import gaussian_kl
from vae_helpers.models.gaussians import log_mean_weight
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.threads import threads_for
from vae_helpers.validation import (
    as_seed,
    check_can,
    check_dtype_of,
    check_finite,
    check_not_negative,
    check_probability,
    check_some,
    check_whole,
    checked,
)

Data = Tensor | tuple[Tensor, ...]  # images, or images and what belongs to each of them


class Terms(NamedTuple):
    """Means over images, in nats."""

    reconstruction: float
    kl: float

    @property
    def total(self) -> float:
        """Reconstruction + KL: the negative ELBO, with beta = 1 however the model was trained."""
        return self.reconstruction + self.kl


def evaluate(model: nn.Module, images: Data, *, batch_size: int = 2000, seed: int = 0) -> Terms:
    """The mean loss terms of ``model`` over ``images``, in eval mode, with one draw of z per image.

    z is *sampled*: decoding the mean mu instead would look several nats better, and bound nothing.

    >>> from vae_helpers.models import VAE
    >>> terms = evaluate(VAE(), torch.rand(100, 1, 28, 28))
    >>> terms.total == terms.reconstruction + terms.kl
    True

    Args:
        model: anything with ``loss_terms(*batch, generator=...)``.
        images: (N, 1, 28, 28) in [0, 1], on any device; or a tuple of tensors of equal length, such as images and
            labels, for a model that takes more.
        batch_size: images at a time; changes memory, not the result beyond rounding.
        seed: for the draws of z.

    Raises:
        TypeError: a model without ``loss_terms``, or images of another dtype than its weights.
        ValueError: unusable images.
    """
    check_whole(1, batch_size=batch_size)
    return mean_terms(model, check_data(model, images, "images"), int(batch_size), as_seed(seed))


def check_data(model: nn.Module, data: Data, name: str) -> tuple[Tensor, ...]:
    """``data`` as a tuple of tensors of equal length that ``model`` can use.

    What they must look like, the model knows: it may have ``check_data(*data, name=...)``, which reads every value.
    Without one, they must be finite.

    Raises:
        TypeError, ValueError: no tensors, of different lengths, of another type than the model's weights, or what
            the model refuses.
    """
    check_can(model, "loss_terms")
    parts = data if isinstance(data, tuple) else (data,)
    if not parts:
        raise ValueError(f"{name}: want at least one tensor, got an empty tuple")
    for part in parts:
        if not isinstance(part, Tensor) or part.ndim == 0:
            raise TypeError(f"{name}: want a tensor of examples, or a tuple of such tensors, got {type(part).__name__}")
    lengths = [len(part) for part in parts]
    if len(set(lengths)) != 1:
        raise ValueError(f"{name}: want tensors of equal length, got {' and '.join(map(str, lengths))}")
    if (check := getattr(model, "check_data", None)) is not None:
        try:
            inspect.signature(check).bind(*parts, name=name)
        except TypeError as error:
            kind = type(model).__name__
            raise TypeError(f"{name}: want what a {kind} takes, got {len(parts)} tensors: {error}") from error
        check(*parts, name=name)
    check_some(**{name: parts[0]})
    if check is None and not all(_is_finite(part) for part in parts):
        raise ValueError(f"{name}: contains NaN or infinity")
    if parts[0].is_floating_point():
        check_dtype_of(model, **{name: parts[0]})
    return parts


def _is_finite(part: Tensor) -> bool:
    return not part.is_floating_point() or bool(torch.isfinite(torch.stack(part.aminmax())).all())


def check_first(model: nn.Module, batch: tuple[Tensor, ...]) -> None:
    """Raise what the model's ``check_data`` says of the batch's first example: 255 for white stands there already.

    In 15 microseconds, for a loop. On an accelerator nothing is read.
    """
    check = getattr(model, "check_data", None)
    if check is not None and all([isinstance(part, Tensor) and part.is_cpu and part.ndim for part in batch]):
        check(*[part[:1] if part.layout == torch.strided else part for part in batch], name="batch[:1]")


@torch.no_grad()
def importance_weighted_bound(
    model: nn.Module, images: Data, k: int, generator: Generator | None = None, *, batch_size: int = 2000
) -> Float[Tensor, " N"]:
    """A lower bound of log p(x) from ``k`` draws of z for each image: log of the mean of p(x, z) / q(z|x).

    With one draw it is an estimate of the ELBO. It rises with ``k``, on average, towards log p(x). The draws come one
    after another, so that memory does not grow with ``k``.

    >>> from vae_helpers.models import VAE
    >>> importance_weighted_bound(VAE(), (torch.rand(100, 1, 28, 28) > 0.5).float(), k=3).shape
    torch.Size([100])

    Args:
        model: with ``log_weights(*batch, generator=...)``, which gives log p(x, z) - log q(z|x) of one draw of z for
            each example after another, as ``VAE`` has it; it is used in eval mode.
        images: as of :func:`evaluate`; a likelihood only if they are black and white.
        k: draws for each image.
        generator: for them; on the CPU, a seed means the same everywhere. None: one with seed 0.
        batch_size: images at a time; with another one each image gets other draws.

    Returns:
        One value an image, in nats, on the CPU.

    Raises:
        TypeError: a model without ``log_weights``, or images of another dtype than its weights.
        ValueError: unusable images, or no draws.

    Source: Burda et al. 2015 (arXiv 1509.00519), equation 8.
    """
    check_can(model, "log_weights", "loss_terms")
    check_whole(1, k=k, batch_size=batch_size)
    parts = check_data(model, images, "images")
    generator = Generator().manual_seed(0) if generator is None else generator
    device, bounds = device_of(model), []
    with threads_for(model), evaluating(model):
        for batch in zip(*(part.split(int(batch_size)) for part in parts), strict=True):
            log_weights = model.log_weights(*(part.to(device) for part in batch), generator=generator)
            bounds.append(log_mean_weight(log_weights, k).cpu())
    return torch.cat(bounds)


@checked
def hole_fraction(class_logits: Float[Tensor, "N classes"], bound: float = 0.8) -> Float[Tensor, ""]:
    """The fraction of images in which a classifier finds no digit: its highest probability is below ``bound``.

    A low fraction alone does not make a good generator: one that always draws the same perfect 1 has no holes.

    >>> sure, torn = torch.tensor([9.0, 0.0, 0.0]), torch.tensor([1.0, 1.0, 0.0])
    >>> hole_fraction(torch.stack([sure, sure, sure, torn]))
    tensor(0.2500)

    Args:
        class_logits: the classifier's outputs before the softmax.
        bound: a probability, in (0, 1].

    Returns:
        One number from 0 to 1.

    Raises:
        ValueError: a bound that is no probability, no image at all, or NaN, which would count as sure.
    """
    check_probability(bound=bound)
    check_finite(class_logits=class_logits)
    check_some(class_logits=class_logits)
    confidence = class_logits.softmax(dim=1).amax(dim=1)
    return (confidence < bound).float().mean()


@checked
def active_units(mu: Float[Tensor, "N D"], bound: float = 0.01) -> Bool[Tensor, " D"]:
    """Which latent dimensions tell images apart: their means vary over the images by more than ``bound``.

    >>> active_units(mu=torch.tensor([[5.0, 0.3], [5.0, -0.3]]))  # the first is far from 0, but tells nothing apart
    tensor([False,  True])

    Args:
        mu: means of q(z|x) for many images, as from ``encoding.encode_distributions``.
        bound: a variance.

    Returns:
        One answer a dimension; their sum is the number of active units.

    Raises:
        ValueError: fewer than two images, a bound < 0, or NaN, which would count as dead.

    Source: Burda et al. 2015 (arXiv 1509.00519), section 5.2.
    """
    if len(mu) < 2:
        raise ValueError(f"mu: want the means of at least two images, got shape {tuple(mu.shape)}")
    check_not_negative(bound=bound)
    check_finite(mu=mu)
    return mu.var(dim=0) > bound


@checked
def kl_of_latents(mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"]) -> Float[Tensor, " D"]:
    """The KL of each latent dimension alone, the mean over images: what each costs. Together they are the KL.

    >>> kl_of_latents(mu=torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), logvar=torch.zeros(2, 2))
    tensor([0.5000, 0.0000])

    Args:
        mu, logvar: of q(z|x), a row an image.

    Returns:
        Nats, >= 0.

    Raises:
        ValueError: no images.
    """
    check_some(mu=mu)
    columns = zip(mu.split(1, dim=1), logvar.split(1, dim=1), strict=True)
    return torch.stack([gaussian_kl(*column).mean() for column in columns]).clamp(min=0)  # below 0 by rounding only


def kl_of_layers(model: nn.Module, images: Data, *, batch_size: int = 2000, seed: int = 0) -> list[float]:
    """Each layer's part of the KL, the mean over images: together, with the same seed, they are the KL of evaluate.

    >>> from vae_helpers.models import HierarchicalVAE
    >>> len(kl_of_layers(HierarchicalVAE(latent_dims=(8, 2), hidden=(16, 16)), torch.rand(100, 1, 28, 28)))
    2

    Args:
        model: with ``layer_terms(*batch, generator=...) -> (reconstruction, kl)``, kl of shape (N, layers).
        images, batch_size, seed: as of :func:`evaluate`.

    Returns:
        Nats, z_1's first.

    Raises:
        TypeError, ValueError: a model without ``layer_terms``, or unusable images.
    """
    check_can(model, "layer_terms")
    check_whole(1, batch_size=batch_size)
    return mean_kl_of_layers(model, check_data(model, images, "images"), int(batch_size), as_seed(seed))


@torch.no_grad()
def mean_kl_of_layers(model: nn.Module, data: tuple[Tensor, ...], batch_size: int = 2000, seed: int = 0) -> list[float]:
    """:func:`kl_of_layers` without its check of the values, for a loop that has checked them already."""
    device = device_of(model)
    generator = Generator(device).manual_seed(seed)
    sums = []
    with threads_for(model), evaluating(model):
        for batch in zip(*(part.split(batch_size) for part in data), strict=True):
            kl = model.layer_terms(*(part.to(device) for part in batch), generator=generator)[1]
            sums.append(kl.double().sum(dim=0).cpu())
    return (torch.stack(sums).sum(dim=0) / len(data[0])).tolist()


@torch.no_grad()
def mean_terms(model: nn.Module, data: tuple[Tensor, ...], batch_size: int = 2000, seed: int = 0) -> Terms:
    """:func:`evaluate` without its check of the values, for a loop that has checked them already."""
    device = device_of(model)
    generator = Generator(device).manual_seed(seed)
    sums = torch.zeros(2, dtype=torch.float64, device="cpu")
    with threads_for(model), evaluating(model):
        for batch in zip(*(part.split(batch_size) for part in data), strict=True):
            terms = model.loss_terms(*(part.to(device) for part in batch), generator=generator)
            sums += torch.stack([term.sum() for term in terms]).cpu()
    return Terms(*(sums / len(data[0])).tolist())
