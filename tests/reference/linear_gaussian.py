"""Probabilistic PCA: a latent-variable model so simple that log p(x) and p(z|x) are known exactly.

Its prior is that of a VAE, its decoder one linear layer with Gaussian noise. Whatever is said of the ELBO in general
can be checked here to machine precision. Source: Tipping & Bishop 1999, "Probabilistic principal component analysis",
J. R. Statist. Soc. B 61: sections 3.1 to 3.3.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import LowRankMultivariateNormal, MultivariateNormal

from vae_helpers.losses import gaussian_kl
from vae_helpers.validation import checked, is_whole


@dataclass(frozen=True)
class LinearGaussian:
    """p(z) = N(0, I) and p(x|z) = N(mean + weight z, noise_variance I).

    Args:
        weight: (P, D), what one unit of each latent dimension adds to the P pixels.
        mean: (P,).
        noise_variance: of each pixel around its mean, > 0; not its standard deviation.
    """

    weight: Tensor
    mean: Tensor
    noise_variance: float

    def log_marginal(self, x: Tensor) -> Tensor:
        """log p(x) for points (N, P): shape (N,), nats, exact."""
        variances = torch.full_like(self.mean, self.noise_variance)
        return LowRankMultivariateNormal(self.mean, self.weight, variances).log_prob(x)

    def posterior(self, x: Tensor) -> MultivariateNormal:
        """p(z|x) for points (N, P): N Gaussians over z, exact."""
        precision = torch.eye(self.weight.shape[1], dtype=x.dtype) + self.weight.T @ self.weight / self.noise_variance
        mean = torch.linalg.solve(precision, self.weight.T @ (x - self.mean).T / self.noise_variance).T
        return MultivariateNormal(mean, precision_matrix=precision)

    def log_joint(self, x: Tensor, z: Tensor) -> Tensor:
        """log p(x, z) = log p(x|z) + log p(z) for points (N, P) and latents (N, D): shape (N,), nats."""
        squared = (x - self.mean - z @ self.weight.T).square().sum(dim=1)
        constant = x.shape[1] * math.log(2 * math.pi * self.noise_variance) + z.shape[1] * math.log(2 * math.pi)
        return -0.5 * (squared / self.noise_variance + z.square().sum(dim=1) + constant)

    def elbo(self, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        """The ELBO at q(z|x) = N(mu, diag(exp(logvar))): shape (N,), nats, with both expectations in closed form.

        Args:
            x: (N, P).
            mu, logvar: (N, D).
        """
        squared = (x - self.mean - mu @ self.weight.T).square().sum(dim=1)
        spread = logvar.exp() @ self.weight.square().sum(dim=0)  # what sampling z adds to the squared error
        constant = x.shape[1] * math.log(2 * math.pi * self.noise_variance)
        return -0.5 * ((squared + spread) / self.noise_variance + constant) - gaussian_kl(mu, logvar)


@checked
def fit_linear_gaussian(x: Float[Tensor, "N P"], latent_dim: int) -> LinearGaussian:
    """The maximum-likelihood model for points x, from the eigenvectors of their covariance: no training.

    The columns of its weight are orthogonal, so its posterior has independent dimensions.

    Raises:
        ValueError: latent_dim not from 1 to P - 1.
    """
    if not is_whole(latent_dim, at_least=1) or latent_dim >= x.shape[1]:
        raise ValueError(f"latent_dim: want a whole number from 1 to {x.shape[1] - 1}, got {latent_dim!r}")
    values, vectors = torch.linalg.eigh(torch.cov(x.T, correction=0))  # the smallest first
    noise_variance = values[:-latent_dim].mean().item()
    weight = vectors[:, -latent_dim:] * (values[-latent_dim:] - noise_variance).sqrt()
    return LinearGaussian(weight, x.mean(dim=0), noise_variance)
