"""How good is a model? Means over a whole set, in nats per image.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from vae_helpers.validation import check_dtype_of, check_images, check_probability, check_whole, checked


class Terms(NamedTuple):
    """Means over images, in nats."""

    reconstruction: float
    kl: float

    @property
    def total(self) -> float:
        """Reconstruction + KL: the negative ELBO, with beta = 1 however the model was trained."""
        return self.reconstruction + self.kl


def evaluate(model: nn.Module, images: Float[Tensor, "N 1 28 28"], *, batch_size: int = 2000, seed: int = 0) -> Terms:
    """The mean loss terms of ``model`` over ``images``, in eval mode, with one draw of z per image.

    z is *sampled*: decoding the mean mu instead would look several nats better, and bound nothing.

    >>> from vae_helpers.models import VAE
    >>> terms = evaluate(VAE(), torch.rand(100, 1, 28, 28))
    >>> terms.total == terms.reconstruction + terms.kl
    True

    Args:
        model: anything with ``loss_terms(x, generator)``.
        images: in [0, 1], on any device.
        batch_size: images at a time; changes memory, not the result beyond rounding.
        seed: for the draws of z.

    Raises:
        TypeError: images of another dtype than the model's weights.
        ValueError: unusable images.
    """
    check_images(images)
    check_dtype_of(model, images=images)
    check_whole(1, batch_size=batch_size)
    return mean_terms(model, images, batch_size, seed)


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
        ValueError: a bound that is no probability.
    """
    check_probability(bound=bound)
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
        ValueError: fewer than two images.

    Source: Burda et al. 2015 (arXiv 1509.00519), section 5.2.
    """
    if len(mu) < 2:
        raise ValueError(f"mu: want the means of at least two images, got shape {tuple(mu.shape)}")
    return mu.var(dim=0) > bound


@torch.no_grad()
def mean_terms(model: nn.Module, images: Tensor, batch_size: int = 2000, seed: int = 0) -> Terms:
    """:func:`evaluate` without its check of the values, for a loop that has checked them already."""
    device = next(model.parameters()).device
    generator = Generator(device).manual_seed(seed)
    sums = torch.zeros(2, dtype=torch.float64, device="cpu")
    was_training = model.training
    model.eval()
    try:
        for x in images.split(int(batch_size)):
            reconstruction, kl = model.loss_terms(x.to(device), generator)
            sums += torch.stack([reconstruction.sum(), kl.sum()]).cpu()
    finally:
        model.train(was_training)
    return Terms(*(sums / len(images)).tolist())
