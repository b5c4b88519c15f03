"""Two layers of latents so simple that all is known exactly: z2 above z1 above one number x.

z2 ~ N(0, 1), z1 given z2 ~ N(a z2, 1 - a^2), x given z1 ~ N(z1, s^2), with a in [0, 1) and s > 0. Whatever a is, z1
alone is N(0, 1), and so x alone is N(0, 1 + s^2). Each formula is derived in ``vae_helpers.kl_derivation.LAYERS``.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``; so do numbers out of
their range, with ``ValueError``.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal

from vae_helpers.validation import check_one_of, check_positive, checked, is_number

ORDERS = ("top-down", "bottom-up")


@checked
def log_evidence(x: Float[Tensor, " N"], s: float) -> Float[Tensor, " N"]:
    """log p(x), in nats. There is no a in it.

    >>> log_evidence(torch.tensor([0.0, 2.0]), s=1.0)
    tensor([-1.2655, -2.2655])

    Args:
        x: numbers.
        s: standard deviation of x around z1.

    Raises:
        ValueError: s not above 0.
    """
    check_positive(s=s)
    return Normal(0.0, math.sqrt(1 + s**2)).log_prob(x)


@checked
def z2_given_x(x: Float[Tensor, " N"], a: float, s: float) -> Normal:
    """The exact p(z2|x): N Gaussians.

    >>> z2_given_x(torch.tensor([0.0, 2.0]), a=0.8, s=1.0).mean
    tensor([0.0000, 0.8000])

    Args:
        x: numbers.
        a: how much of z1 comes from z2, in [0, 1).
        s: standard deviation of x around z1.

    Raises:
        ValueError: a or s out of its range.
    """
    _check_dials(a, s)
    variance = 1 - a**2 / (1 + s**2)
    return Normal(a * x / (1 + s**2), math.sqrt(variance))


@checked
def z1_given_x_and_z2(x: Float[Tensor, " N"], z2: Float[Tensor, " N"], a: float, s: float) -> Normal:
    """The exact p(z1|x, z2): N Gaussians, between what z2 says of z1 and what x says.

    >>> z1_given_x_and_z2(torch.tensor([2.0]), torch.tensor([1.0]), a=0.8, s=0.6).mean
    tensor([1.4000])

    Args:
        x: numbers.
        z2: a latent above each.
        a: how much of z1 comes from z2, in [0, 1).
        s: standard deviation of x around z1.

    Raises:
        ValueError: a or s out of its range.
    """
    _check_dials(a, s)
    left = 1 - a**2  # the variance of z1 that z2 leaves open
    share = left / (left + s**2)  # of the way from z2's guess to x
    return Normal(a * z2 + share * (x - a * z2), math.sqrt(share) * s)


@checked
def layer_kls(x: Float[Tensor, " N"], a: float, s: float, order: str = "top-down") -> Float[Tensor, "N 2"]:
    """What each layer costs at the exact posterior, z1's part first, in nats; their sum has no a in it.

    >>> layer_kls(torch.tensor([0.0, 2.0]), a=0.8, s=1.0)
    tensor([[0.0637, 0.0328],
            [0.2437, 0.3528]])
    >>> layer_kls(torch.tensor([0.0, 2.0]), a=0.8, s=1.0).sum(dim=1)
    tensor([0.0966, 0.5966])

    Args:
        x: numbers.
        a: how much of z1 comes from z2, in [0, 1).
        s: standard deviation of x around z1.
        order: in which q's two factors are written. "top-down": q(z2|x) q(z1|x, z2), and the parts are KLs: of
            q(z2|x) to p(z2), and, the mean over z2, of q(z1|x, z2) to p(z1|z2). "bottom-up": q(z1|x) q(z2|z1), the
            same posterior; z1's part is the mean of log q(z1|x) - log p(z1|z2) then, which is no KL and may be
            negative.

    Raises:
        ValueError: a or s out of its range, or another order.
    """
    _check_dials(a, s)
    check_one_of(ORDERS, order=order)
    surprise = (x**2 / (1 + s**2) - 1) / (1 + s**2)  # 0 on average over x
    top = 0.5 * (a**2 * surprise - math.log1p(-(a**2) / (1 + s**2)))
    bottom = 0.5 * ((1 - a**2) * surprise + math.log1p((1 - a**2) / s**2))
    if order == "bottom-up":
        top, bottom = top + factorised_gap(a, s), bottom - factorised_gap(a, s)
    return torch.stack([bottom, top], dim=1)


def mean_layer_kls(a: float, s: float) -> tuple[float, float]:
    """The means of :func:`layer_kls` ("top-down") over x ~ p(x): z1's, then z2's, which is I(x; z2), in nats.

    Their sum is I(x; z1) = log(1 + 1/s^2) / 2.

    >>> [round(part, 3) for part in mean_layer_kls(a=0.8, s=1.0)]
    [0.154, 0.193]

    Args:
        a: how much of z1 comes from z2, in [0, 1).
        s: standard deviation of x around z1.

    Raises:
        ValueError: a or s out of its range.
    """
    _check_dials(a, s)
    return 0.5 * math.log1p((1 - a**2) / s**2), -0.5 * math.log1p(-(a**2) / (1 + s**2))


@checked
def elbo(x: Float[Tensor, " N"], a: float, s: float) -> Float[Tensor, " N"]:
    """The ELBO at the exact posterior, in nats: E[log p(x|z1)] minus what both layers cost.

    It is log p(x), whatever a is.

    >>> elbo(torch.tensor([0.0, 2.0]), a=0.8, s=1.0)
    tensor([-1.2655, -2.2655])

    Args:
        x: numbers.
        a: how much of z1 comes from z2, in [0, 1).
        s: standard deviation of x around z1.

    Raises:
        ValueError: a or s out of its range.
    """
    kls = layer_kls(x, a, s)
    squared = (x * s**2 / (1 + s**2)) ** 2 + s**2 / (1 + s**2)  # E[(x - z1)^2] over p(z1|x), which has no a
    return -0.5 * (math.log(2 * math.pi * s**2) + squared / s**2) - kls.sum(dim=1)


def factorised_gap(a: float, s: float) -> float:
    """What the ELBO lacks at the best q(z1|x) q(z2|x), which has no link between the layers, in nats; for every x.

    It is the mutual information of z1 and z2 under the exact posterior. At a = 0 it is 0; from there it only grows.

    >>> round(factorised_gap(a=0.8, s=1.0), 3)
    0.318

    Args:
        a: how much of z1 comes from z2, in [0, 1).
        s: standard deviation of x around z1.

    Raises:
        ValueError: a or s out of its range.
    """
    _check_dials(a, s)
    return 0.5 * (math.log1p(-(a**2) / (1 + s**2)) - math.log1p(-(a**2)))


def _check_dials(a: float, s: float) -> None:
    if not (is_number(a) and 0 <= a < 1):
        raise ValueError(f"a: want a number in [0, 1), got {a!r}")
    check_positive(s=s)
