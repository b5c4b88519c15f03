"""Shares of a variance: how much of it goes with what is held fixed, or with a label.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from vae_helpers.validation import check_finite, checked


@checked
def explained_share(draws: Float[Tensor, "K N *features"]) -> Float[Tensor, ""]:
    """How much of the variance of f goes with what is held: 1 - E[Var(f | held)] / Var(f).

    By the law of total variance Var(f) = E[Var(f | held)] + Var(E[f | held]), and both are estimated without bias, of
    the same draws: the variance within a column, and that of the columns' means, less the K-th part of the former that
    their noise puts there. Features are summed first. Where nothing is explained the estimate may be a little below 0.

    >>> held = torch.tensor([[[0.0], [2.0], [4.0]]])
    >>> explained_share(held.repeat(2, 1, 1))  # both draws alike
    tensor(1.)
    >>> explained_share(torch.cat([held, held + 2]))  # within 2; of the means 4, of which 2 / 2 is noise
    tensor(0.6000)

    Args:
        draws: f of K >= 2 draws for each of N >= 2 things that are held.

    Raises:
        ValueError: fewer, values that are not finite, or f that never varies.

    Source: analysis of variance with one random effect; the share is its intraclass correlation (Fisher 1925, ch. VII).
    """
    if min(draws.shape[:2]) < 2:
        raise ValueError(f"draws: want two draws or more for two things or more, got shape {tuple(draws.shape)}")
    check_finite(draws=draws)
    values = draws.flatten(2).double()
    means = values.mean(dim=0)
    within = _variance(values - means, over=len(values) - 1) / values.shape[1]
    between = _variance(means - means.mean(dim=0), over=len(means) - 1) - within / len(values)
    if within + between <= 0:
        raise ValueError("draws: want values that vary, got all alike")
    return (between / (within + between)).to(draws.dtype)


@checked
def explained_by_label(values: Float[Tensor, "N ..."], labels: Integer[Tensor, " N"]) -> Float[Tensor, ""]:
    """How much of the variance of f goes with the label: 1 - (within the classes) / (in all), features summed first.

    >>> explained_by_label(torch.tensor([[0.0], [2.0], [10.0], [12.0]]), torch.tensor([0, 0, 1, 1]))
    tensor(0.9423)

    Raises:
        ValueError: no label twice, values that are not finite, or that never vary.
    """
    check_finite(values=values)
    values, classes = values.flatten(1).double(), labels.unique()
    if len(classes) == len(values):
        raise ValueError(f"labels: want at least one twice, got {len(classes)} classes of {len(values)}")
    total = _variance(values - values.mean(dim=0), over=len(values) - 1)
    if total <= 0:
        raise ValueError("values: want some that vary, got all alike")
    apart = torch.cat([values[labels == k] - values[labels == k].mean(dim=0) for k in classes])
    return (1 - _variance(apart, over=len(values) - len(classes)) / total).float()


def _variance(deviations: Tensor, over: int) -> Tensor:
    return deviations.square().sum() / over
