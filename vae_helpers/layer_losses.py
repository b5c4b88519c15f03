"""The KL of two layers of latents, as a loss has it: of draws of both, and of a ladder's lower layer given the upper.

z_1 stands next to the image, z_2 above it. Tensors of another dtype or shape than the signature says raise
``TypeError`` or ``ValueError``.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.losses import gaussian_kl_between
from vae_helpers.models.gaussians import gaussian_log_prob
from vae_helpers.models.latent_layers import Gaussian
from vae_helpers.models.precisions import merge_precisions
from vae_helpers.validation import check_fits, checked


@checked
def two_layer_kl(
    z1: Float[Tensor, "N D1"], z2: Float[Tensor, "N D2"], q1: Gaussian, q2: Gaussian, p1: Gaussian
) -> Float[Tensor, " N"]:
    """log q(z1, z2|x) - log p(z1, z2) of one draw of both: the KL of both layers on average over draws.

    It holds bottom-up, where q1 is q(z1|x) and q2 is q(z2|z1), and for a ladder, with q(z1|x, z2) and q(z2|x).

    >>> one, zero = torch.ones(1, 1), torch.zeros(1, 1)
    >>> standard = zero, zero
    >>> two_layer_kl(z1=one, z2=zero, q1=(one, zero), q2=standard, p1=standard)  # z1 is 1 sigma from p's mean
    tensor([0.5000])

    Args:
        z1, z2: draws from q.
        q1, q2: ``mu, logvar`` of the Gaussians that they were drawn from; logvar is log sigma^2.
        p1: ``mu, logvar`` of the learned prior p(z1|z2), at this z2. The top's prior p(z2) is N(0, I).

    Returns:
        Nats. Of a single draw it can be negative; its average over draws can't.

    Raises:
        ValueError: a pair that is none, or whose tensors don't have the shape of their z.
        TypeError: a pair of something else than float tensors.
    """
    _check_pairs(z1=z1, z2=z2, q1=q1, q2=q2, p1=p1)
    zero = torch.zeros_like(z2)
    log_q = gaussian_log_prob(z1, *q1) + gaussian_log_prob(z2, *q2)
    log_p = gaussian_log_prob(z1, *p1) + gaussian_log_prob(z2, zero, zero)
    return log_q - log_p


@checked
def learned_prior_kl(
    mu_x: Float[Tensor, "N D"], logvar_x: Float[Tensor, "N D"], told: Float[Tensor, "N width"]
) -> Float[Tensor, " N"]:
    """KL( q(z1|x, z2) || p(z1|z2) ) of a ladder: q is what the image says of z1, merged with the prior.

    >>> mu_x, logvar_x = torch.tensor([[2.0]]), torch.tensor([[0.0]])
    >>> learned_prior_kl(mu_x, logvar_x, told=torch.zeros(1, 2))  # p is N(0, 1), and q is N(1, 1/2)
    tensor([0.5966])

    Args:
        mu_x, logvar_x: what the encoder says of z1 from the image alone; logvar is log sigma^2.
        told: what a network says of z1 from z2: 2 D numbers for each image, mu of p(z1|z2) first, then its logvar.

    Returns:
        Nats, >= 0 up to rounding.

    Raises:
        ValueError: ``told`` isn't twice as wide as ``mu_x``.

    Source: Sonderby et al. 2016 (arXiv 1602.02282), the precision-weighted merging.
    """
    _check_told(mu_x, told)
    mu_p, logvar_p = told.chunk(2, dim=1)
    mu_q, logvar_q = merge_precisions(mu_x, logvar_x, mu_p, logvar_p)
    return gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p)


def _check_pairs(z1: Tensor, z2: Tensor, **pairs: Gaussian) -> None:
    """Each pair is mu and logvar, of the shape of its z."""
    for name, pair in pairs.items():
        if not isinstance(pair, (tuple, list, Tensor)) or len(pair) != 2:
            raise ValueError(f"{name}: want a pair, mu and logvar, got {type(pair).__name__}")
        n, d = (z2 if name == "q2" else z1).shape
        check_fits(Float[Tensor, f"{n} {d}"], **{f"mu of {name}": pair[0], f"logvar of {name}": pair[1]})


def _check_told(mu_x: Tensor, told: Tensor) -> None:
    check_fits(Float[Tensor, f"N {2 * mu_x.shape[1]}"], told=told)
