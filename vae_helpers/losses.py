"""The terms of the VAE's loss: one value per image, in nats.

Each function *sums* over pixels or latent dimensions and leaves the batch alone; a training loop takes
the mean over images at the very end. A mean over pixels would be a different loss: it multiplies the
weight of the KL by the number of pixels.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.validation import check_not_negative, check_one_of, check_positive, check_some, check_whole, checked

Reduction = Literal["sum", "mean"]


@checked
def gaussian_kl(mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
    """KL( N(mu, diag(exp(logvar))) || N(0, I) ), summed over latent dimensions.

    >>> gaussian_kl(mu=torch.tensor([[1.0, 0.0], [1.0, 2.0]]), logvar=torch.zeros(2, 2))
    tensor([0.5000, 2.5000])

    Args:
        mu: means.
        logvar: log sigma^2 (not sigma, not sigma^2).

    Returns:
        Nats, >= 0 up to rounding.

    Source: Kingma & Welling 2014 (arXiv 1312.6114), appendix B.
    """
    return -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(dim=1)


@checked
def gaussian_kl_between(
    mu_q: Float[Tensor, "N D"],
    logvar_q: Float[Tensor, "N D"],
    mu_p: Float[Tensor, "N D"],
    logvar_p: Float[Tensor, "N D"],
) -> Float[Tensor, " N"]:
    """KL( N(mu_q, diag(exp(logvar_q))) || N(mu_p, diag(exp(logvar_p))) ), summed over latent dimensions.

    With ``mu_p = logvar_p = 0`` it is :func:`gaussian_kl`.

    >>> one, zero = torch.ones(1, 1), torch.zeros(1, 1)
    >>> gaussian_kl_between(one, zero, zero, zero), gaussian_kl_between(one, zero, one, zero)
    (tensor([0.5000]), tensor([0.]))

    Args:
        mu_q, mu_p: means.
        logvar_q, logvar_p: log sigma^2 (not sigma, not sigma^2).

    Returns:
        Nats, >= 0 up to rounding.

    Source: Kullback 1959, *Information Theory and Statistics*, chapter 9 (there for full covariances).
    """
    scaled_distance = (mu_q - mu_p).square() * torch.exp(-logvar_p)
    return 0.5 * (logvar_p - logvar_q + torch.exp(logvar_q - logvar_p) + scaled_distance - 1).sum(dim=1)


@checked
def bernoulli_nll(logits: Float[Tensor, " N *pixels"], x: Float[Tensor, " N *pixels"]) -> Float[Tensor, " N"]:
    """-log p(x|z) for Bernoulli pixels: binary cross-entropy from logits, summed over pixels.

    On grey pixels (0 < x < 1) this is no likelihood: even a perfect copy costs more than 0.

    >>> bernoulli_nll(logits=torch.zeros(1, 2), x=torch.ones(1, 2))  # two fair coins: 2 log 2
    tensor([1.3863])

    Args:
        logits: the decoder's output before the sigmoid.
        x: the target in [0, 1].

    Returns:
        Nats.
    """
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)


@checked
def gaussian_nll(
    x_hat: Float[Tensor, " N *pixels"], x: Float[Tensor, " N *pixels"], sigma: float = 1.0
) -> Float[Tensor, " N"]:
    """-log N(x; x_hat, sigma^2 I), summed over pixels, with its constant.

    >>> x = torch.zeros(1, 2)
    >>> gaussian_nll(x, x, sigma=1.0), gaussian_nll(x, x, sigma=0.1)
    (tensor([1.8379]), tensor([-2.7673]))

    Args:
        x_hat: the predicted mean.
        x: the target.
        sigma: the standard deviation of a pixel (not its variance), > 0.

    Returns:
        Nats; a density, so it can be negative.

    Raises:
        ValueError: sigma that is not > 0, or no images.
    """
    check_positive(sigma=sigma)
    check_some(x=x)
    squared = (x - x_hat).flatten(1).square().sum(dim=1)
    pixels = x[0].numel()
    return squared / (2 * sigma**2) + pixels * math.log(sigma * math.sqrt(2 * math.pi))


@checked
def vae_loss(reconstruction: Float[Tensor, " N"], kl: Float[Tensor, " N"], beta: float = 1.0) -> Float[Tensor, " N"]:
    """reconstruction + beta * KL, one value per image, in nats.

    At beta = 1 it is the negative ELBO, a bound on -log p(x); at another beta it is no bound (Higgins et al. 2017).

    >>> vae_loss(reconstruction=torch.tensor([80.0, 90.0]), kl=torch.tensor([10.0, 20.0]), beta=0.5)
    tensor([ 85., 100.])

    Args:
        reconstruction: -log p(x|z).
        kl: KL(q(z|x) || p(z)).
        beta: weight of the KL, >= 0.

    Raises:
        ValueError: beta < 0, NaN or infinite.
    """
    check_not_negative(beta=beta)
    return reconstruction + beta * kl


@checked
def mean_vae_loss(
    logits: Float[Tensor, " N *pixels"],
    x: Float[Tensor, " N *pixels"],
    mu: Float[Tensor, "N D"],
    logvar: Float[Tensor, "N D"],
    beta: float = 1.0,
) -> Float[Tensor, ""]:
    """The loss to minimise: summed over pixels and over latent dimensions, averaged over images only.

    >>> logits, x = torch.zeros(5, 2), torch.ones(5, 2)
    >>> mean_vae_loss(logits, x, mu=torch.ones(5, 2), logvar=torch.zeros(5, 2))  # 2 log 2 + 1
    tensor(2.3863)

    Args:
        logits: the decoder's output for one z ~ q(z|x) per image.
        x: the images.
        mu, logvar: the encoder's output.
        beta: weight of the KL, >= 0.

    Returns:
        One number, nats per image.

    Raises:
        ValueError: no images, whose mean would be NaN, or beta < 0.
    """
    check_some(x=x)
    return vae_loss(bernoulli_nll(logits, x), gaussian_kl(mu, logvar), beta).mean()


def effective_beta(
    beta: float,
    reconstruction: Reduction = "sum",
    kl: Reduction = "sum",
    pixels: int = 784,
    latent_dim: int = 20,
) -> float:
    """The beta of the summed loss that has the same minimum as a loss with these reductions.

    Dividing a whole loss by a constant moves no minimum, so only the *ratio* of the two terms' weights counts:
    a mean over pixels divides the reconstruction by ``pixels``, a mean over latents divides the KL by ``latent_dim``.

    >>> round(effective_beta(1.0, reconstruction="mean", kl="mean", pixels=784, latent_dim=20), 6)
    39.2

    Args:
        beta: the factor written in front of the KL, > 0.
        reconstruction: how the pixels of an image are reduced, "sum" or "mean".
        kl: how the latent dimensions are reduced, "sum" or "mean".
        pixels, latent_dim: how many there are.

    Raises:
        ValueError: another reduction, a beta that is not > 0, or sizes that are not whole numbers >= 1.

    Source: Higgins et al. 2017 give the factor to write when both are means, beta * latent_dim / pixels, the name
    "normalised beta".
    """
    check_one_of(("sum", "mean"), reconstruction=reconstruction, kl=kl)
    check_positive(beta=beta)
    check_whole(1, pixels=pixels, latent_dim=latent_dim)
    weight_of_reconstruction = 1 / pixels if reconstruction == "mean" else 1
    weight_of_kl = beta / latent_dim if kl == "mean" else beta
    return weight_of_kl / weight_of_reconstruction
