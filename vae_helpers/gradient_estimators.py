"""Estimate the gradient of E[f(z)] with respect to the mean of z ~ N(mu, diag(exp(logvar))) from values of f alone.

Notebook 04 sets the score-function estimator beside the pathwise one, which needs the slope of f and varies far less.

Source: Mohamed, Rosca, Figurnov & Mnih 2020, "Monte Carlo gradient estimation in machine learning"
(arXiv 1906.10652), section 4.
"""

import torch
from torch import Tensor

from vae_helpers.validation import check_float_tensor


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


def score_gradient_with_baseline(values: Tensor, z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
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
