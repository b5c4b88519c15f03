"""What a VAE with two latent dimensions hides: log p(x), the true posterior p(z|x), and the best Gaussian for it.

Two dimensions are few enough for sums over a grid. For pixels that are 0 or 1; on grey ones the BCE is no likelihood.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from vae_helpers.losses import gaussian_kl
from vae_helpers.validation import check_positive, check_whole, checked


class Grid(NamedTuple):
    """Points z, row by row from the lower left, and the log of the area that each stands for."""

    z: Float[Tensor, "T 2"]
    log_area: float


def square_grid(side: int = 401, limit: float = 4.0) -> Grid:
    """``side`` x ``side`` points from -limit to limit."""
    check_whole(2, side=side)
    check_positive(limit=limit)
    side, limit = int(side), float(limit)
    axis = torch.linspace(-limit, limit, side)
    z2, z1 = torch.meshgrid(axis, axis, indexing="ij")
    return Grid(torch.stack([z1.flatten(), z2.flatten()], dim=1), 2 * math.log(2 * limit / (side - 1)))


@checked
def log_likelihood(model: nn.Module, x: Float[Tensor, "N 1 28 28"], z: Float[Tensor, "T D"]) -> Float[Tensor, "N T"]:
    """log p(x_n|z_t) of Bernoulli pixels for every pair of an image and a latent, in nats."""
    logits = model.decode(z).flatten(1)
    # x log p + (1 - x) log(1 - p) = x logit - softplus(logit): the sum over pixels is a matrix product
    return x.flatten(1) @ logits.T - F.softplus(logits).sum(dim=1)


@checked
def elbo(
    model: nn.Module,
    x: Float[Tensor, "N 1 28 28"],
    mu: Float[Tensor, "N 2"],
    logvar: Float[Tensor, "N 2"],
    nodes: int = 12,
) -> Float[Tensor, " N"]:
    """The ELBO at q(z|x) = N(mu, diag(exp(logvar))), its expectation by Gauss-Hermite quadrature, in nats.

    Args:
        model: a VAE with two latent dimensions.
        x: pixels 0 or 1.
        mu, logvar: the parameters of q.
        nodes: points per dimension.
    """
    eps, weight = hermite_nodes(nodes)
    z = mu[:, None] + torch.exp(0.5 * logvar)[:, None] * eps  # (N, nodes^2, 2)
    logits = model.decode(z.flatten(0, 1)).unflatten(0, z.shape[:2]).flatten(2)
    log_px = torch.einsum("np,ntp->nt", x.flatten(1), logits) - F.softplus(logits).sum(dim=2)
    return log_px @ weight - gaussian_kl(mu, logvar)


def hermite_nodes(nodes: int) -> tuple[Float[Tensor, "nodes^2 2"], Float[Tensor, " nodes^2"]]:
    """Points eps and weights whose weighted sum is an expectation over N(0, I) in two dimensions.

    >>> eps, weight = hermite_nodes(3)
    >>> (weight[:, None] * eps.square()).sum(dim=0).round(decimals=4)  # the variances of N(0, I)
    tensor([1., 1.])
    """
    check_whole(1, nodes=nodes)
    points, weights = (torch.tensor(v, dtype=torch.float32) for v in np.polynomial.hermite_e.hermegauss(nodes))
    weights = weights / weights.sum()
    return torch.cartesian_prod(points, points), torch.outer(weights, weights).flatten()


@checked
def best_gaussian(
    model: nn.Module,
    x: Float[Tensor, "N 1 28 28"],
    mu: Float[Tensor, "N 2"],
    logvar: Float[Tensor, "N 2"],
    steps: int = 60,
) -> tuple[Float[Tensor, "N 2"], Float[Tensor, "N 2"]]:
    """The diagonal Gaussian of each image with the highest ELBO near a first guess: its ``mu, logvar``.

    What it still lacks of log p(x) is the approximation gap; what the guess lacked more is the amortisation gap
    (Cremer et al. 2018, arXiv 1801.03558).
    """
    mu, logvar = (value.detach().clone().requires_grad_() for value in (mu, logvar))
    optimizer = torch.optim.Adam([mu, logvar], lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        (-elbo(model, x, mu, logvar, nodes=6).sum()).backward(inputs=[mu, logvar])
        optimizer.step()
    return mu.detach(), logvar.detach()
