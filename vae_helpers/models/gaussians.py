"""Diagonal Gaussians, as mu and logvar: draws, log densities, and the weights of importance sampling."""

import math
from collections.abc import Callable, Iterator
from itertools import islice

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.validation import check_whole, checked


@checked
def reparameterize(
    mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], eps: Float[Tensor, "N D"]
) -> Float[Tensor, "N D"]:
    """z = mu + sigma * eps with sigma = exp(logvar / 2).

    >>> reparameterize(mu=torch.tensor([[1.0]]), logvar=torch.tensor([[0.0]]), eps=torch.tensor([[0.5]]))
    tensor([[1.5000]])

    ``eps`` comes from N(0, I). No gradient flows *through* it: it is a leaf without parameters, and that is
    what leaves a differentiable path to ``mu`` and ``logvar`` (Kingma & Welling 2014, section 2.4).
    """
    return mu + torch.exp(0.5 * logvar) * eps


def draw_from(mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], generator: Generator | None) -> Tensor:
    """One z for each image, with a gradient; the CPU's generator draws the same for every device and precision.

    >>> draw_from(torch.zeros(3, 2), torch.zeros(3, 2), Generator().manual_seed(0)).shape
    torch.Size([3, 2])
    """
    eps = torch.randn(mu.shape, generator=generator, device=mu.device if generator is None else generator.device)
    return reparameterize(mu, logvar, eps.to(mu))


def gaussian_log_densities(
    z: Float[Tensor, "... D"], mu: Float[Tensor, "... D"], logvar: Float[Tensor, "... D"]
) -> Float[Tensor, "... D"]:
    """log N(z; mu, exp(logvar)) of each latent dimension alone, in nats; the shapes are broadcast.

    >>> gaussian_log_densities(torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(1, 2))  # -log(2 pi) / 2
    tensor([[-0.9189, -0.9189]])
    """
    return -0.5 * ((z - mu).square() * torch.exp(-logvar) + logvar + math.log(2 * math.pi))


def gaussian_log_prob(
    z: Float[Tensor, " *N D"], mu: Float[Tensor, " *N D"], logvar: Float[Tensor, " *N D"]
) -> Float[Tensor, " *N"]:
    """log N(z; mu, exp(logvar)), summed over the latent dimensions, in nats.

    >>> gaussian_log_prob(torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(1, 2))  # -log(2 pi)
    tensor([-1.8379])
    """
    return gaussian_log_densities(z, mu, logvar).sum(dim=-1)


def gaussian_log_weights(
    mu: Float[Tensor, "N D"],
    logvar: Float[Tensor, "N D"],
    log_joint: Callable[[Float[Tensor, "N D"]], Float[Tensor, " N"]],
    generator: Generator | None = None,
) -> Iterator[Float[Tensor, " N"]]:
    """log p(x, z) - log proposal(z) of one draw of z an example, then of the next, and so on without end.

    From q(z|x) this is importance sampling, and the mean of such a log weight is the ELBO; from the prior it is plain
    Monte Carlo. :func:`log_mean_weight` takes so many of them.

    >>> mu, logvar = torch.zeros(2, 1), torch.zeros(2, 1)
    >>> log_joint = lambda z: gaussian_log_prob(z, mu, logvar) - 3  # p(z) is the proposal, and log p(x|z) = -3
    >>> next(gaussian_log_weights(mu, logvar, log_joint)).round(decimals=4)
    tensor([-3., -3.])

    Args:
        mu, logvar: of the proposal, a Gaussian for each example.
        log_joint: from one z an example to log p(x, z) = log p(x|z) + log p(z) of each.
        generator: the CPU's draws the same for every device and precision.
    """
    while True:
        z = draw_from(mu, logvar, generator)
        yield log_joint(z) - gaussian_log_prob(z, mu, logvar)


def standard_log_weights(
    mu: Float[Tensor, "N D"],
    logvar: Float[Tensor, "N D"],
    nll: Callable[[Float[Tensor, "N D"]], Float[Tensor, " N"]],
    generator: Generator | None = None,
) -> Iterator[Float[Tensor, " N"]]:
    """:func:`gaussian_log_weights` of a model with the prior N(0, I).

    >>> mu, logvar = torch.zeros(2, 1), torch.zeros(2, 1)
    >>> next(standard_log_weights(mu, logvar, lambda z: torch.full((2,), 3.0))).round(decimals=4)  # q is the prior
    tensor([-3., -3.])

    Args:
        mu, logvar: of the proposal, q(z|x), a Gaussian for each example.
        nll: from one z an example to -log p(x|z) of each.
        generator: as there.
    """
    zero = torch.zeros_like(mu)  # mean and log-variance of the prior
    return gaussian_log_weights(mu, logvar, lambda z: gaussian_log_prob(z, zero, zero) - nll(z), generator)


def log_mean_weight(log_weights: Iterator[Float[Tensor, " N"]], k: int) -> Float[Tensor, " N"]:
    """log of the mean of the next ``k`` weights of each example, in nats, in the memory of one.

    The mean is right on average, so that its log is too low on average (Jensen), by less with more draws.

    >>> log_mean_weight(iter([torch.tensor([0.0]), torch.tensor([3.0]).log()]), k=2)  # log of (1 + 3) / 2
    tensor([0.6931])

    Args:
        log_weights: as :func:`gaussian_log_weights` gives them.
        k: how many; at least so many must come.

    Raises:
        ValueError: a k that is not a whole number >= 1.

    Source: Burda et al. 2015 (arXiv 1509.00519), equation 8.
    """
    check_whole(1, k=k)
    first = next(log_weights)
    total = first.double()
    for log_weight in islice(log_weights, int(k) - 1):
        total = torch.logaddexp(total, log_weight.double())
    return (total - math.log(k)).to(first.dtype)
