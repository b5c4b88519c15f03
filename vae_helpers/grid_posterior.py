"""What a VAE with two latent dimensions hides: log p(x), the true posterior p(z|x), and the best Gaussian for it.

Two dimensions are few enough for sums over a grid. For pixels that are 0 or 1; on grey ones the BCE is no likelihood.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vae_helpers.losses import gaussian_kl
from vae_helpers.validation import check_float_tensor


class Grid(NamedTuple):
    """Points z, (T, 2), row by row from the lower left, and the log of the area that each stands for."""

    z: Tensor
    log_area: float


def square_grid(side: int = 401, limit: float = 4.0) -> Grid:
    """``side`` x ``side`` points from -limit to limit."""
    if not isinstance(side, int) or side < 2:
        raise ValueError(f"side: want a whole number >= 2, got {side!r}")
    if not limit > 0:
        raise ValueError(f"limit: want a number > 0, got {limit!r}")
    axis = torch.linspace(-limit, limit, side)
    z2, z1 = torch.meshgrid(axis, axis, indexing="ij")
    return Grid(torch.stack([z1.flatten(), z2.flatten()], dim=1), 2 * math.log(2 * limit / (side - 1)))


def log_likelihood(model: nn.Module, x: Tensor, z: Tensor) -> Tensor:
    """log p(x_n|z_t) of Bernoulli pixels for every pair: x (N, 1, 28, 28), z (T, D) -> (N, T), nats."""
    logits = model.decode(z).flatten(1)
    # x log p + (1 - x) log(1 - p) = x logit - softplus(logit): the sum over pixels is a matrix product
    return x.flatten(1) @ logits.T - F.softplus(logits).sum(dim=1)


def elbo(model: nn.Module, x: Tensor, mu: Tensor, logvar: Tensor, nodes: int = 12) -> Tensor:
    """The ELBO at q(z|x) = N(mu, diag(exp(logvar))), its expectation by Gauss-Hermite quadrature: (N,), nats.

    Args:
        model: a VAE with two latent dimensions.
        x: (N, 1, 28, 28), pixels 0 or 1.
        mu, logvar: (N, 2).
        nodes: points per dimension.

    Raises:
        TypeError, ValueError: mu is not a float tensor (N, 2).
    """
    check_float_tensor(mu, "mu", "(N, 2)", ndim=2)
    if mu.shape[1] != 2:
        raise ValueError(f"mu: want shape (N, 2), got {tuple(mu.shape)}")
    eps, weight = hermite_nodes(nodes)
    z = mu[:, None] + torch.exp(0.5 * logvar)[:, None] * eps  # (N, nodes^2, 2)
    logits = model.decode(z.flatten(0, 1)).unflatten(0, z.shape[:2]).flatten(2)
    log_px = torch.einsum("np,ntp->nt", x.flatten(1), logits) - F.softplus(logits).sum(dim=2)
    return log_px @ weight - gaussian_kl(mu, logvar)


def hermite_nodes(nodes: int) -> tuple[Tensor, Tensor]:
    """Points eps (nodes^2, 2) and weights (nodes^2,) whose weighted sum is an expectation over N(0, I)."""
    points, weights = (torch.tensor(v, dtype=torch.float32) for v in np.polynomial.hermite_e.hermegauss(nodes))
    weights = weights / weights.sum()
    return torch.cartesian_prod(points, points), torch.outer(weights, weights).flatten()


def best_gaussian(model: nn.Module, x: Tensor, mu: Tensor, logvar: Tensor, steps: int = 150) -> tuple[Tensor, Tensor]:
    """The diagonal Gaussian of each image with the highest ELBO near a first guess: ``mu, logvar``, each (N, 2).

    What it still lacks of log p(x) is the approximation gap; what the guess lacked more is the amortisation gap
    (Cremer et al. 2018, arXiv 1801.03558).
    """
    mu, logvar = (value.detach().clone().requires_grad_() for value in (mu, logvar))
    optimizer = torch.optim.Adam([mu, logvar], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        (-elbo(model, x, mu, logvar, nodes=8).sum()).backward(inputs=[mu, logvar])
        optimizer.step()
    return mu.detach(), logvar.detach()
