"""From a set of images to distributions or means, and from latents back to images."""

import torch
from torch import Tensor, nn

from vae_helpers.validation import check_images


@torch.no_grad()
def encode_distributions(model: nn.Module, images: Tensor, batch_size: int = 5000) -> tuple[Tensor, Tensor]:
    """``mu`` and ``logvar`` of q(z|x) for every image, each (N, D), on the CPU.

    Args:
        model: a VAE.
        images: (N, 1, 28, 28) in [0, 1].

    Raises:
        TypeError, ValueError: unusable images.
    """
    parts = _encode(model, images, batch_size)
    mu, logvar = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
    return mu, logvar


@torch.no_grad()
def encode_means(model: nn.Module, images: Tensor, batch_size: int = 5000) -> Tensor:
    """The code of every image, (N, D), on the CPU: an autoencoder's z, or the mean ``mu`` of a VAE's q(z|x).

    Args:
        model: an autoencoder or a VAE.
        images: (N, 1, 28, 28) in [0, 1].

    Raises:
        TypeError, ValueError: unusable images.
    """
    parts = _encode(model, images, batch_size)
    return torch.cat([part[0] if isinstance(part, tuple) else part for part in parts]).cpu()


@torch.no_grad()
def decode_images(model: nn.Module, z: Tensor) -> Tensor:
    """Pixel probabilities (N, 1, 28, 28), on the CPU, for latents (N, D): the sigmoid of the decoder's logits."""
    device = next(model.parameters()).device
    return torch.sigmoid(model.decode(z.to(device))).cpu()


def _encode(model: nn.Module, images: Tensor, batch_size: int) -> list:
    """What ``model.encode`` says of each batch."""
    check_images(images)
    device = next(model.parameters()).device
    return [model.encode(x.to(device)) for x in images.split(batch_size)]
