"""The variational autoencoder (Kingma & Welling 2014, arXiv 1312.6114)."""

from collections.abc import Sequence

import torch
from torch import Generator, Tensor, nn

from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models.layers import Decoder, Encoder, check_architecture, seeded
from vae_helpers.validation import check_float_tensor, check_images, check_same_shape


def reparameterize(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """z = mu + sigma * eps with sigma = exp(logvar / 2); all of shape (N, D).

    ``eps`` comes from N(0, I). No gradient flows *through* it: it is a leaf without parameters, and that is
    what leaves a differentiable path to ``mu`` and ``logvar`` (Kingma & Welling 2014, section 2.4).

    Raises:
        TypeError, ValueError: not float tensors, or the shapes differ.
    """
    for value, name in ((mu, "mu"), (logvar, "logvar"), (eps, "eps")):
        check_float_tensor(value, name, "(N, D)", ndim=2)
    check_same_shape(mu, logvar, ("mu", "logvar"))
    check_same_shape(mu, eps, ("mu", "eps"))
    return mu + torch.exp(0.5 * logvar) * eps


class VAE(nn.Module):
    """An MLP encoder q(z|x) = N(mu(x), sigma(x)^2), a prior p(z) = N(0, I), Bernoulli pixels.

    Args:
        latent_dim: D, the number of latent dimensions.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        layer_norm: normalise each hidden layer (trains faster at high learning rates).
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
            self.encoder = Encoder(latent_dim, hidden, layer_norm)
            self.decoder = Decoder(latent_dim, hidden, layer_norm)

    @staticmethod
    def check_data(images: Tensor, name: str = "images") -> None:
        """Raise unless these are images to train on or to measure with; reads every value, so call it once."""
        check_images(images, name)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images (N, 1, 28, 28) -> ``mu, logvar``, each (N, D)."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Latents (N, D) -> logits (N, 1, 28, 28)."""
        return self.decoder(z)

    def forward(self, x: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Images (N, 1, 28, 28) -> ``logits, mu, logvar`` with one draw of z per image."""
        mu, logvar = self.encode(x)
        eps = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
        return self.decode(reparameterize(mu, logvar, eps)), mu, logvar

    def loss_terms(self, x: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
        """The two terms of the negative ELBO, reconstruction and KL, each (N,), in nats."""
        logits, mu, logvar = self(x, generator)
        return bernoulli_nll(logits, x), gaussian_kl(mu, logvar)

    @torch.no_grad()
    def sample(self, n: int, seed: int = 0) -> Tensor:
        """Pixel probabilities (n, 1, 28, 28) decoded from ``n`` draws of the prior N(0, I)."""
        device = next(self.parameters()).device
        # drawn on the CPU, so that a seed gives the same latents on every device
        z = torch.randn(n, self.latent_dim, generator=torch.Generator().manual_seed(seed))
        return torch.sigmoid(self.decode(z.to(device)))
