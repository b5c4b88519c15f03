"""The plain autoencoder: each image becomes one point, and nothing says how points are distributed."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import bernoulli_nll
from vae_helpers.models.layers import PIXELS, Decoder, architecture, mlp, seeded
from vae_helpers.validation import check_goes_into, check_images, checked


class Autoencoder(nn.Module):
    """The same layers as :class:`vae_helpers.models.vae.VAE`, without the distribution.

    >>> logits, z = Autoencoder(latent_dim=2)(torch.rand(5, 1, 28, 28))
    >>> logits.shape, z.shape
    (torch.Size([5, 1, 28, 28]), torch.Size([5, 2]))

    Args:
        latent_dim: D, the size of a code.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        layer_norm: normalise each hidden layer.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(self, latent_dim: int = 2, hidden: Sequence[int] = (256, 128), layer_norm: bool = True, seed: int = 0):
        super().__init__()
        self.architecture = architecture(latent_dim, hidden, layer_norm)
        self.latent_dim, hidden = self.architecture["latent_dim"], self.architecture["hidden"]
        with seeded(seed):
            self.encoder = mlp([PIXELS, *hidden], layer_norm)
            self.encoder.append(nn.Linear([PIXELS, *hidden][-1], self.latent_dim))
            self.decoder = Decoder(**self.architecture)

    @staticmethod
    def check_data(images: Tensor, name: str = "images") -> None:
        """Raise unless these are images to train on or to measure with; reads every value, so call it once."""
        check_images(images, name)

    @checked
    def encode(self, x: Float[Tensor, "N 1 28 28"]) -> Float[Tensor, "N D"]:
        """Images -> codes."""
        check_goes_into(self.encoder, x=x)
        return self.encoder(x.flatten(1))

    def decode(self, z: Float[Tensor, "N D"]) -> Float[Tensor, "N 1 28 28"]:
        """Codes -> logits."""
        return self.decoder(z)

    def forward(self, x: Float[Tensor, "N 1 28 28"]) -> tuple[Float[Tensor, "N 1 28 28"], Float[Tensor, "N D"]]:
        """Images -> ``logits, z``."""
        z = self.encode(x)
        return self.decode(z), z

    def loss_terms(
        self, x: Float[Tensor, "N 1 28 28"], generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The reconstruction, in nats, and zeros where a VAE has its KL; ``generator`` is not used."""
        logits, _ = self(x)
        reconstruction = bernoulli_nll(logits, x)
        return reconstruction, torch.zeros_like(reconstruction)
