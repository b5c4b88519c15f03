"""The variational autoencoder (Kingma & Welling 2014, arXiv 1312.6114)."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models.gaussians import gaussian_log_prob, gaussian_log_weights, reparameterize
from vae_helpers.models.layers import Decoder, Encoder, architecture, seeded
from vae_helpers.validation import check_images, check_seed, check_whole


class VAE(nn.Module):
    """An MLP encoder q(z|x) = N(mu(x), sigma(x)^2), a prior p(z) = N(0, I), Bernoulli pixels.

    >>> model = VAE(latent_dim=2)
    >>> reconstruction, kl = model.loss_terms(torch.rand(5, 1, 28, 28))
    >>> reconstruction.shape, kl.shape
    (torch.Size([5]), torch.Size([5]))
    >>> model.sample(3).shape
    torch.Size([3, 1, 28, 28])

    Args:
        latent_dim: D, the number of latent dimensions.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        layer_norm: normalise each hidden layer (trains faster at high learning rates).
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(self, latent_dim: int = 2, hidden: Sequence[int] = (256, 128), layer_norm: bool = True, seed: int = 0):
        super().__init__()
        self.architecture = architecture(latent_dim, hidden, layer_norm)
        self.latent_dim = self.architecture["latent_dim"]
        with seeded(seed):
            self.encoder = Encoder(**self.architecture)
            self.decoder = Decoder(**self.architecture)

    @staticmethod
    def check_data(images: Tensor, name: str = "images") -> None:
        """Raise unless these are images to train on or to measure with; reads every value, so call it once."""
        check_images(images, name)

    def encode(self, x: Float[Tensor, "N 1 28 28"]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """Images -> ``mu, logvar``."""
        return self.encoder(x)

    def decode(self, z: Float[Tensor, "N D"]) -> Float[Tensor, "N 1 28 28"]:
        """Latents -> logits."""
        return self.decoder(z)

    def forward(
        self, x: Float[Tensor, "N 1 28 28"], generator: Generator | None = None
    ) -> tuple[Float[Tensor, "N 1 28 28"], Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """Images -> ``logits, mu, logvar`` with one draw of z per image."""
        mu, logvar = self.encode(x)
        eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
        return self.decode(reparameterize(mu, logvar, eps)), mu, logvar

    def loss_terms(
        self, x: Float[Tensor, "N 1 28 28"], generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO, reconstruction and KL, in nats."""
        logits, mu, logvar = self(x, generator)
        return bernoulli_nll(logits, x), gaussian_kl(mu, logvar)

    def log_joint(self, x: Float[Tensor, "N 1 28 28"], z: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
        """log p(x|z) + log p(z) of a z for each image, in nats; a likelihood only if they are black and white."""
        zero = torch.zeros_like(z)  # mean and log-variance of the prior
        return gaussian_log_prob(z, zero, zero) - bernoulli_nll(self.decode(z), x)

    def log_weights(
        self, x: Float[Tensor, "N 1 28 28"], generator: Generator | None = None
    ) -> Iterator[Float[Tensor, " N"]]:
        """log p(x, z) - log q(z|x) of one draw z ~ q(z|x) an image after another, without end: its mean is the ELBO."""
        mu, logvar = self.encode(x)
        return gaussian_log_weights(mu, logvar, lambda z: self.log_joint(x, z), generator)

    @torch.no_grad()
    def sample(self, n: int, seed: int = 0) -> Float[Tensor, "n 1 28 28"]:
        """Pixel probabilities decoded from ``n`` draws of the prior N(0, I)."""
        check_whole(1, n=n)
        check_seed(seed)
        weight = next(self.parameters())
        # drawn on the CPU, so that a seed gives the same latents on every device
        z = torch.randn(n, self.latent_dim, generator=torch.Generator().manual_seed(int(seed)))
        return torch.sigmoid(self.decode(z.to(weight)))
