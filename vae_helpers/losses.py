"""The terms of the VAE's loss: one value per image, in nats.

Each function *sums* over pixels or latent dimensions and leaves the batch alone; a training loop takes
the mean over images at the very end. A mean over pixels would be a different loss: it multiplies the
weight of the KL by the number of pixels.
"""

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.validation import check_float_tensor, check_same_shape

Reduction = Literal["sum", "mean"]


def gaussian_kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL( N(mu, diag(exp(logvar))) || N(0, I) ), summed over latent dimensions.

    Args:
        mu: means, shape (N, D).
        logvar: log sigma^2 (not sigma, not sigma^2), shape (N, D).

    Returns:
        Shape (N,), nats, >= 0 up to rounding.

    Raises:
        TypeError, ValueError: not float tensors, or the shapes differ.

    Source: Kingma & Welling 2014 (arXiv 1312.6114), appendix B.
    """
    check_float_tensor(mu, "mu", "(N, D)", ndim=2)
    check_float_tensor(logvar, "logvar", "(N, D)", ndim=2)
    check_same_shape(mu, logvar, ("mu", "logvar"))
    return -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(dim=1)


def gaussian_kl_between(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """KL( N(mu_q, diag(exp(logvar_q))) || N(mu_p, diag(exp(logvar_p))) ), summed over latent dimensions.

    With ``mu_p = logvar_p = 0`` it is :func:`gaussian_kl`.

    Args:
        mu_q, mu_p: means, shape (N, D).
        logvar_q, logvar_p: log sigma^2 (not sigma, not sigma^2), shape (N, D).

    Returns:
        Shape (N,), nats, >= 0 up to rounding.

    Raises:
        TypeError, ValueError: not float tensors, or the shapes differ.

    Source: Kullback 1959, *Information Theory and Statistics*, chapter 9 (there for full covariances).
    """
    for value, name in ((mu_q, "mu_q"), (logvar_q, "logvar_q"), (mu_p, "mu_p"), (logvar_p, "logvar_p")):
        check_float_tensor(value, name, "(N, D)", ndim=2)
        check_same_shape(mu_q, value, ("mu_q", name))
    scaled_distance = (mu_q - mu_p).square() * torch.exp(-logvar_p)
    return 0.5 * (logvar_p - logvar_q + torch.exp(logvar_q - logvar_p) + scaled_distance - 1).sum(dim=1)


def bernoulli_nll(logits: Tensor, x: Tensor) -> Tensor:
    """-log p(x|z) for Bernoulli pixels: binary cross-entropy from logits, summed over pixels.

    On grey pixels (0 < x < 1) this is no likelihood: even a perfect copy costs more than 0.

    Args:
        logits: the decoder's output before the sigmoid, shape (N, ...).
        x: the target in [0, 1], the same shape.

    Returns:
        Shape (N,), nats.

    Raises:
        TypeError, ValueError: not float tensors, or the shapes differ.
    """
    _check_pair(logits, x, "logits")
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)


def gaussian_nll(x_hat: Tensor, x: Tensor, sigma: float = 1.0) -> Tensor:
    """-log N(x; x_hat, sigma^2 I), summed over pixels, with its constant.

    Args:
        x_hat: the predicted mean, shape (N, ...).
        x: the target, the same shape.
        sigma: the standard deviation of a pixel (not its variance), > 0.

    Returns:
        Shape (N,), nats; a density, so it can be negative.

    Raises:
        TypeError, ValueError: not float tensors, the shapes differ, or sigma <= 0.
    """
    _check_pair(x_hat, x, "x_hat")
    if not sigma > 0:
        raise ValueError(f"sigma: want a standard deviation > 0, got {sigma}")
    squared = (x - x_hat).flatten(1).square().sum(dim=1)
    pixels = x[0].numel()
    return squared / (2 * sigma**2) + pixels * math.log(sigma * math.sqrt(2 * math.pi))


def vae_loss(reconstruction: Tensor, kl: Tensor, beta: float = 1.0) -> Tensor:
    """reconstruction + beta * KL, one value per image, in nats; at beta = 1 a bound on -log p(x).

    Args:
        reconstruction: -log p(x|z), shape (N,).
        kl: KL(q(z|x) || p(z)), shape (N,).
        beta: weight of the KL (Higgins et al. 2017).

    Raises:
        TypeError, ValueError: not float tensors of shape (N,), or of different shapes.
    """
    check_float_tensor(reconstruction, "reconstruction", "(N,)", ndim=1)
    check_float_tensor(kl, "kl", "(N,)", ndim=1)
    check_same_shape(reconstruction, kl, ("reconstruction", "kl"))
    return reconstruction + beta * kl


def mean_vae_loss(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor, beta: float = 1.0) -> Tensor:
    """The loss to minimise: summed over pixels and over latent dimensions, averaged over images only.

    Args:
        logits: the decoder's output for one z ~ q(z|x) per image, shape (N, ...).
        x: the images, the same shape.
        mu, logvar: the encoder's output, shape (N, D).
        beta: weight of the KL.

    Returns:
        One number, nats per image, a tensor of shape ().

    Raises:
        TypeError, ValueError: not float tensors, or shapes that don't fit together.
    """
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

    Args:
        beta: the factor written in front of the KL, > 0.
        reconstruction: how the pixels of an image are reduced, "sum" or "mean".
        kl: how the latent dimensions are reduced, "sum" or "mean".
        pixels, latent_dim: how many there are.

    Raises:
        ValueError: another reduction, or a number that is not > 0.

    Source: Higgins et al. 2017 give the factor to write when both are means, beta * latent_dim / pixels, the name
    "normalised beta".
    """
    for name, value in (("reconstruction", reconstruction), ("kl", kl)):
        if value not in ("sum", "mean"):
            raise ValueError(f'{name}: want "sum" or "mean", got {value!r}')
    for name, value in (("beta", beta), ("pixels", pixels), ("latent_dim", latent_dim)):
        if not value > 0:
            raise ValueError(f"{name}: want a number > 0, got {value!r}")
    weight_of_reconstruction = 1 / pixels if reconstruction == "mean" else 1
    weight_of_kl = beta / latent_dim if kl == "mean" else beta
    return weight_of_kl / weight_of_reconstruction


def _check_pair(prediction: Tensor, x: Tensor, name: str) -> None:
    check_float_tensor(prediction, name, "(N, ...)")
    check_float_tensor(x, "x", "(N, ...)")
    check_same_shape(prediction, x, (name, "x"))
    if prediction.ndim < 2:
        raise ValueError(f"{name}: want shape (N, ...), got {tuple(prediction.shape)}")
