"""The plain autoencoder: each image becomes one point, and nothing says how points are distributed."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

from vae_helpers.losses import bernoulli_nll
from vae_helpers.models.layers import PIXELS, Decoder, check_architecture, check_image_batch, mlp, seeded
from vae_helpers.validation import check_images


class Autoencoder(nn.Module):
    """The same layers as :class:`vae_helpers.models.vae.VAE`, without the distribution.

    Args:
        latent_dim: D, the size of a code.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        layer_norm: normalise each hidden layer.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(self, latent_dim: int = 2, hidden: Sequence[int] = (256, 128), layer_norm: bool = True, seed: int = 0):
        check_architecture(latent_dim, hidden)
        super().__init__()
        self.latent_dim = latent_dim
        self.architecture = {"latent_dim": latent_dim, "hidden": list(hidden), "layer_norm": layer_norm}
        with seeded(seed):
            self.encoder = mlp([PIXELS, *hidden], layer_norm)
            self.encoder.append(nn.Linear([PIXELS, *hidden][-1], latent_dim))
            self.decoder = Decoder(latent_dim, hidden, layer_norm)

    @staticmethod
    def check_data(images: Tensor, name: str = "images") -> None:
        """Raise unless these are images to train on or to measure with; reads every value, so call it once."""
        check_images(images, name)

    def encode(self, x: Tensor) -> Tensor:
        """Images (N, 1, 28, 28) -> codes (N, D)."""
        check_image_batch(x)
        return self.encoder(x.flatten(1))

    def decode(self, z: Tensor) -> Tensor:
        """Codes (N, D) -> logits (N, 1, 28, 28)."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, 1, 28, 28) -> ``logits, z``."""
        z = self.encode(x)
        return self.decode(z), z

    def loss_terms(self, x: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
        """Reconstruction (N,), in nats, and zeros where a VAE has its KL; ``generator`` is not used."""
        logits, _ = self(x)
        reconstruction = bernoulli_nll(logits, x)
        return reconstruction, torch.zeros_like(reconstruction)
