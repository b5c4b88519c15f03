"""From a set of images to distributions, means or draws, and from latents back to images.

All of it runs in batches, without gradients, and ends on the CPU.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.models import reparameterize
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.validation import as_seed, check_can, check_dtype_of, check_fits, check_images, check_whole, checked


@torch.no_grad()
def encode_distributions(
    model: nn.Module, images: Float[Tensor, "N 1 28 28"], batch_size: int = 5000
) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
    """``mu`` and ``logvar`` of q(z|x) for every image.

    >>> from vae_helpers.models import VAE
    >>> mu, logvar = encode_distributions(VAE(latent_dim=2), torch.rand(100, 1, 28, 28))
    >>> mu.shape, logvar.shape
    (torch.Size([100, 2]), torch.Size([100, 2]))

    Args:
        model: a VAE.
        images: in [0, 1].

    Raises:
        TypeError: a model that has no distributions, or images of another dtype than its weights.
        ValueError: unusable images.
    """
    parts = _encode(model, images, batch_size, both=True)
    mu, logvar = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
    return mu, logvar


@torch.no_grad()
def encode_means(model: nn.Module, images: Float[Tensor, "N 1 28 28"], batch_size: int = 5000) -> Float[Tensor, "N D"]:
    """One latent for every image: an autoencoder's z, or the mean ``mu`` of a VAE's q(z|x).

    >>> from vae_helpers.models import Autoencoder
    >>> encode_means(Autoencoder(latent_dim=3), torch.rand(100, 1, 28, 28)).shape
    torch.Size([100, 3])

    Args:
        model: an autoencoder or a VAE.
        images: in [0, 1].

    Raises:
        TypeError: images of another dtype than the model's weights.
        ValueError: unusable images.
    """
    parts = _encode(model, images, batch_size)
    return torch.cat([part[0] if isinstance(part, tuple) else part for part in parts]).cpu()


@checked
def draw(mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], seed: int = 0) -> Float[Tensor, "N D"]:
    """One z ~ q(z|x) for every image; the eps are the CPU's, so that a seed means the same everywhere.

    >>> draw(torch.ones(3, 2), torch.zeros(3, 2)).shape
    torch.Size([3, 2])

    Args:
        mu, logvar: of q(z|x), as from :func:`encode_distributions`.
        seed: of the draws.
    """
    eps = torch.randn(mu.shape, generator=Generator().manual_seed(as_seed(seed)))
    return reparameterize(mu, logvar, eps.to(mu))


@torch.no_grad()
@checked
def decode_images(model: nn.Module, z: Float[Tensor, "N D"]) -> Float[Tensor, "N 1 28 28"]:
    """Pixel probabilities: the sigmoid of the decoder's logits.

    >>> from vae_helpers.models import VAE
    >>> decode_images(VAE(latent_dim=2), torch.zeros(5, 2)).shape
    torch.Size([5, 1, 28, 28])

    Args:
        model: an autoencoder or a VAE with D latent dimensions.
        z: latents.

    Raises:
        TypeError: latents of another dtype than the model's weights.
        ValueError: D is not the model's.
    """
    check_can(model, "decode")
    check_fits(Float[Tensor, f"N {getattr(model, 'latent_dim', 'D')}"], z=z)
    check_dtype_of(model, z=z)
    with evaluating(model):
        return torch.sigmoid(model.decode(z.to(device_of(model)))).cpu()


def _encode(
    model: nn.Module, images: Tensor, batch_size: int, both: bool = False
) -> list[Tensor | tuple[Tensor, Tensor]]:
    """What ``model.encode`` says of each batch; ``both`` wants mu and logvar."""
    check_can(model, "encode")
    check_images(images)
    check_dtype_of(model, images=images)
    check_whole(1, batch_size=batch_size)
    parts = []
    with evaluating(model):
        for x in images.split(int(batch_size)):
            parts.append(model.encode(x.to(device_of(model))))
            if both and not (isinstance(parts[-1], tuple) and len(parts[-1]) == 2):
                kind = f"{type(model).__name__}; encode_means gives its z"
                raise TypeError(f"model: want one whose encode returns mu and logvar, got {kind}")
    return parts
