"""Two ways to estimate the gradient of E[f(z)] with respect to the parameters of z ~ N(mu, diag(exp(logvar))).

Both are unbiased where f is smooth. They differ in variance, and in what they must know of f: the pathwise estimator
its slope, the score-function estimator only its values.

Source: Mohamed, Rosca, Figurnov & Mnih 2020, "Monte Carlo gradient estimation in machine learning"
(arXiv 1906.10652), sections 4 and 5.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_helpers.checks import check_float_tensor
from vae_helpers.models import reparameterize


def pathwise_gradients(f: Callable[[Tensor], Tensor], mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """The pathwise estimates of d E[f(z)] / d mu, one for each draw: df/dz at z = mu + sigma eps.

    Args:
        f: latents (K, D) -> values (K,), each value depending on its own latent only.
        mu, logvar: shape (D,).
        eps: draws from N(0, I), shape (K, D).

    Returns:
        Shape (K, D). Their mean is the estimate.

    Raises:
        TypeError, ValueError: not float tensors, or shapes that don't fit together.
    """
    check_float_tensor(eps, "eps", "(K, D)", ndim=2)
    means = mu.detach().expand_as(eps).clone().requires_grad_()
    values = f(reparameterize(means, logvar.detach().expand_as(eps), eps))
    return torch.autograd.grad(values.sum(), means)[0]


def score_gradients(values: Tensor, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """The score-function estimates of d E[f(z)] / d mu, one for each draw: f(z) d log q(z) / d mu.

    Args:
        values: f at each draw, shape (K,); f need not have a slope.
        z: draws from q, shape (K, D).
        mu, logvar: shape (D,).

    Returns:
        Shape (K, D). Their mean is the estimate.

    Raises:
        TypeError, ValueError: not float tensors, or shapes that don't fit together.

    Source: Williams 1992, "Simple statistical gradient-following algorithms" (REINFORCE).
    """
    check_draws(values, z, mu, logvar)
    return values[:, None] * (z - mu) * torch.exp(-logvar)


def score_gradient(values: Tensor, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """The score-function estimate of d E[f(z)] / d mu with a baseline: the mean of the *other* draws' values.

    A baseline that does not depend on its own draw changes no expectation, since the score has mean 0.

    Args:
        values: f at each draw, shape (K,), K >= 2.
        z: draws from q, shape (K, D).
        mu, logvar: shape (D,).

    Returns:
        Shape (D,).

    Raises:
        TypeError, ValueError: not float tensors, shapes that don't fit together, or fewer than two draws.

    Source: Mohamed et al. 2020, section 7.4.1; the leave-one-out form: Kool, van Hoof & Welling 2019.
    """
    check_draws(values, z, mu, logvar, at_least=2)
    others = (values.sum() - values) / (len(values) - 1)
    score = (z - mu) * torch.exp(-logvar)
    return ((values - others)[:, None] * score).mean(dim=0)


def check_draws(values: Tensor, z: Tensor, mu: Tensor, logvar: Tensor, at_least: int = 1) -> None:
    """Raise unless there is one value for each of at least so many draws (K, D), and mu and logvar are (D,)."""
    check_float_tensor(z, "z", "(K, D)", ndim=2)
    check_float_tensor(values, "values", "(K,)", ndim=1)
    if values.shape != z.shape[:1] or len(z) < at_least:
        raise ValueError(f"values: want one for each of at least {at_least} draws, got {len(values)} for {len(z)}")
    for value, name in ((mu, "mu"), (logvar, "logvar")):
        check_float_tensor(value, name, "(D,)", ndim=1)
        if value.shape != z.shape[1:]:
            raise ValueError(f"{name}: want shape {tuple(z.shape[1:])}, got {tuple(value.shape)}")
