"""Priors p(z|c): where a conditional model draws its latents from."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import gaussian_kl, gaussian_kl_between
from vae_helpers.models.gaussians import gaussian_log_prob
from vae_helpers.models.layers import mlp, seeded
from vae_helpers.validation import checked


class StandardPrior(nn.Module):
    """p(z|c) = N(0, I), whatever c says.

    >>> StandardPrior(latent_dim=2).sample(torch.eye(10), torch.Generator()).shape
    torch.Size([10, 2])
    """

    def __init__(self, latent_dim: int):
        super().__init__()
        self.latent_dim = latent_dim

    def kl(
        self, mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], z: Float[Tensor, "N D"], c: Float[Tensor, "N C"]
    ) -> Float[Tensor, " N"]:
        """KL( q(z|x, c) || p(z|c) ), in nats; neither the draw z nor c is needed."""
        return gaussian_kl(mu, logvar)

    @checked
    def log_prob(self, z: Float[Tensor, "N D"], c: Float[Tensor, "N C"]) -> Float[Tensor, " N"]:
        """log p(z), in nats; c is not needed."""
        zero = torch.zeros_like(z)
        return gaussian_log_prob(z, zero, zero)

    def sample(self, c: Float[Tensor, "N C"], generator: Generator) -> Float[Tensor, "N D"]:
        """One draw of z for each condition; the generator is the CPU's, so that a seed means the same everywhere."""
        return torch.randn(len(c), self.latent_dim, generator=generator).to(c)


class LearnedPrior(nn.Module):
    """p(z|c): a mixture of Gaussians whose weights, means and variances a network reads off c.

    One component is one Gaussian N(mu(c), sigma(c)^2); several can follow a cloud of any form.

    >>> prior = LearnedPrior(conditions=10, latent_dim=2, components=3)
    >>> c = torch.eye(10)
    >>> prior.log_prob(torch.zeros(10, 2), c).shape, prior.sample(c, torch.Generator()).shape
    (torch.Size([10]), torch.Size([10, 2]))

    Args:
        conditions: C, the size of a condition.
        latent_dim: D.
        components: K, the number of Gaussians in the mixture.
        hidden: widths of the hidden layers between c and the parameters; none for a table, one row a label.
        seed: for the initial weights. A single Gaussian begins as N(0, I), several begin in different places.
    """

    def __init__(
        self, conditions: int, latent_dim: int, components: int = 1, hidden: Sequence[int] = (), seed: int = 0
    ):
        super().__init__()
        self.components, self.latent_dim = components, latent_dim
        with seeded(seed):
            self.body = mlp([conditions, *hidden], layer_norm=True)
            self.head = nn.Linear([conditions, *hidden][-1], components * (2 * latent_dim + 1))
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)
            if components > 1:
                spread = torch.randn(components * latent_dim, self.head.in_features)
                self.head.weight.data[: len(spread)] = spread

    def forward(
        self, c: Float[Tensor, "N C"]
    ) -> tuple[Float[Tensor, "N K"], Float[Tensor, "N K D"], Float[Tensor, "N K D"]]:
        """``log_weights, mu, logvar`` of the components; the weights sum to 1."""
        size = self.components * self.latent_dim
        mu, logvar, weights = self.head(self.body(c)).split([size, size, self.components], dim=1)
        shape = (self.components, self.latent_dim)
        return weights.log_softmax(dim=1), mu.unflatten(1, shape), logvar.unflatten(1, shape)

    def kl(
        self, mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], z: Float[Tensor, "N D"], c: Float[Tensor, "N C"]
    ) -> Float[Tensor, " N"]:
        """KL( q(z|x, c) || p(z|c) ), in nats: exact for one component, else log q - log p at the draw z from q."""
        if self.components == 1:
            _, mu_p, logvar_p = self(c)
            return gaussian_kl_between(mu, logvar, mu_p[:, 0], logvar_p[:, 0])
        return gaussian_log_prob(z, mu, logvar) - self.log_prob(z, c)

    @checked
    def log_prob(self, z: Float[Tensor, "N D"], c: Float[Tensor, "N C"]) -> Float[Tensor, " N"]:
        """log p(z|c), in nats."""
        log_weights, mu, logvar = self(c)
        return (log_weights + gaussian_log_prob(z[:, None], mu, logvar)).logsumexp(dim=1)

    def sample(self, c: Float[Tensor, "N C"], generator: Generator) -> Float[Tensor, "N D"]:
        """One draw of z for each condition, as :meth:`StandardPrior.sample`."""
        log_weights, mu, logvar = self(c)
        chosen = torch.multinomial(log_weights.exp().float().cpu(), 1, generator=generator)[:, 0].to(mu.device)
        rows = torch.arange(len(c), device=mu.device)
        eps = torch.randn(len(c), self.latent_dim, generator=generator).to(mu)
        return mu[rows, chosen] + torch.exp(0.5 * logvar[rows, chosen]) * eps
