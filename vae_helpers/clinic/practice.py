"""A VAE in eight short methods: a patient is this model with one of them gone wrong."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn import functional as F
from torch.optim import Optimizer

from vae_helpers.models import VAE

Images = Float[Tensor, "N 1 28 28"]
Latents = Float[Tensor, "N D"]


class PracticeVAE(VAE):
    """The course's VAE, cut into the parts in which bugs are usual; each part fits on a slide.

    >>> model = PracticeVAE(latent_dim=10)
    >>> reconstruction, kl = model.loss_terms(torch.rand(5, 1, 28, 28))
    >>> reconstruction.shape, kl.shape
    (torch.Size([5]), torch.Size([5]))

    Args:
        latent_dim: D, the number of latent dimensions.
        hidden: the width of the one hidden layer of each network.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(self, latent_dim: int = 10, hidden: int = 128, seed: int = 0):
        super().__init__(latent_dim, hidden=(hidden,), seed=seed)

    def prepare(self, x: Images, generator: Generator | None) -> tuple[Images, Images]:
        """What the encoder gets, and what the decoder shall give: both are the images."""
        return x, x

    def encode(self, x: Images) -> tuple[Latents, Latents]:
        """Images -> ``mu, logvar``."""
        return self.encoder(x)

    def draw(self, mu: Latents, logvar: Latents, generator: Generator | None) -> Latents:
        """One z for each image."""
        eps = torch.randn(mu.shape, generator=generator)
        return mu + torch.exp(0.5 * logvar) * eps

    def decode(self, z: Latents) -> Images:
        """Latents -> logits."""
        return self.decoder(z)

    def reconstruction(self, logits: Images, x: Images) -> Float[Tensor, " N"]:
        """-log p(x|z) of each image."""
        return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)

    def kl(self, mu: Latents, logvar: Latents) -> Float[Tensor, " N"]:
        """KL(q(z|x) || p(z)) of each image."""
        return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1)

    def loss_terms(
        self, x: Images, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The parts put together: reconstruction and KL."""
        inputs, targets = self.prepare(x, generator)
        mu, logvar = self.encode(inputs)
        logits = self.decode(self.draw(mu, logvar, generator))
        return self.reconstruction(logits, targets), self.kl(mu, logvar)

    def step(
        self, optimizer: Optimizer, x: Images, beta: float = 1.0, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """One step of training on a batch."""
        reconstruction, kl = self.loss_terms(x, generator)
        loss = (reconstruction + beta * kl).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return reconstruction.detach(), kl.detach().expand(len(x))
