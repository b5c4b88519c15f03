"""Estimate the gradient of E[f(z)] with respect to the mean of z ~ N(mu, diag(exp(logvar))) from values of f alone.

Notebook 04 sets the score-function estimator beside the pathwise one, which needs the slope of f, and which varied far
less wherever both were measured there.
Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.

Source: Mohamed, Rosca, Figurnov & Mnih 2020, "Monte Carlo gradient estimation in machine learning"
(arXiv 1906.10652), section 4.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.validation import checked


@checked
def score_gradients(
    values: Float[Tensor, " K"], z: Float[Tensor, "K D"], mu: Float[Tensor, " D"], logvar: Float[Tensor, " D"]
) -> Float[Tensor, "K D"]:
    """The score-function estimates of d E[f(z)] / d mu, one for each draw: f(z) d log q(z) / d mu.

    >>> z = torch.tensor([[-1.0], [2.0]])
    >>> score_gradients(values=z.square().sum(dim=1), z=z, mu=torch.zeros(1), logvar=torch.zeros(1))
    tensor([[-1.],
            [ 8.]])

    Args:
        values: f at each draw; f need not have a slope.
        z: draws from q.
        mu, logvar: the parameters of q.

    Returns:
        One estimate a draw; their mean is *the* estimate.

    Source: Williams 1992, "Simple statistical gradient-following algorithms" (REINFORCE).
    """
    return values[:, None] * (z - mu) * torch.exp(-logvar)


@checked
def score_gradient_with_baseline(
    values: Float[Tensor, " K"], z: Float[Tensor, "K D"], mu: Float[Tensor, " D"], logvar: Float[Tensor, " D"]
) -> Float[Tensor, " D"]:
    """The score-function estimate of d E[f(z)] / d mu with a baseline: the mean of the *other* draws' values.

    A baseline that does not depend on its own draw changes no expectation, since the score has mean 0.

    >>> z, values = torch.tensor([[-1.0], [2.0]]), torch.tensor([1.0, 4.0])
    >>> score_gradient_with_baseline(values, z, mu=torch.zeros(1), logvar=torch.zeros(1))
    tensor([4.5000])
    >>> score_gradient_with_baseline(values + 100, z, mu=torch.zeros(1), logvar=torch.zeros(1))  # the same
    tensor([4.5000])

    Args:
        values: f at each draw, K >= 2.
        z: draws from q.
        mu, logvar: the parameters of q.

    Raises:
        ValueError: fewer than two draws.

    Source: Mohamed et al. 2020, section 7.4.1; the leave-one-out form: Kool, van Hoof & Welling 2019.
    """
    _check_others(values)
    others = (values.sum() - values) / (len(values) - 1)
    score = (z - mu) * torch.exp(-logvar)
    return ((values - others)[:, None] * score).mean(dim=0)


def _check_others(values: Tensor) -> None:
    if len(values) < 2:
        raise ValueError(f"values: want those of at least 2 draws, got {len(values)}: one draw has no others")
