"""Log weights of importance sampling, kept: how the bound grows with their number, and how few of them carry it.

``evaluation.importance_weighted_bound`` keeps none of them, and so takes any number of draws.
"""

import math
from collections.abc import Sequence
from itertools import islice

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.evaluation import Data, check_data
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.threads import threads_for
from vae_helpers.validation import check_can, check_finite, check_some, check_whole, checked


@torch.no_grad()
def keep_log_weights(
    model: nn.Module, images: Data, k: int, generator: Generator | None = None
) -> Float[Tensor, "N k"]:
    """``k`` log weights log p(x, z) - log q(z|x) of each image, z ~ q(z|x), in nats; 4 bytes each.

    >>> from vae_helpers.models import VAE
    >>> keep_log_weights(VAE(), (torch.rand(10, 1, 28, 28) > 0.5).float(), k=3).shape
    torch.Size([10, 3])

    Args:
        model: with ``log_weights(*batch, generator=...)``, as of ``evaluation.importance_weighted_bound``.
        images: black and white ones, all at once.
        k: draws for each image.
        generator: for them; None: one with seed 0.

    Raises:
        TypeError: a model without ``log_weights``, or images of another dtype than its weights.
        ValueError: unusable images, or no draws.
    """
    check_can(model, "log_weights", "loss_terms")
    check_whole(1, k=k)
    parts = check_data(model, images, "images")
    generator = Generator().manual_seed(0) if generator is None else generator
    with threads_for(model), evaluating(model):
        log_weights = model.log_weights(*(part.to(device_of(model)) for part in parts), generator=generator)
        return torch.stack([*islice(log_weights, int(k))], dim=1).cpu()


@checked
def log_mean_weights(log_weights: Float[Tensor, "N K"]) -> Float[Tensor, " N"]:
    """The importance-weighted bound: log of the mean weight of each image, in nats.

    >>> log_mean_weights(torch.tensor([[0.0, 3.0]]).log())  # log of (0 + 3) / 2
    tensor([0.4055])

    Args:
        log_weights: log p(x, z) - log q(z|x), a row an image, a column a draw.

    Raises:
        ValueError: no draws.

    Source: Burda et al. 2015 (arXiv 1509.00519), equation 8.
    """
    check_some(log_weights=log_weights.T)
    return log_weights.logsumexp(dim=1) - math.log(log_weights.shape[1])


@checked
def effective_sample_size(log_weights: Float[Tensor, "N K"]) -> Float[Tensor, " N"]:
    """How many draws of equal weight would be worth as much: (sum of weights)^2 / sum of their squares, 1 to K.

    Near 1, a single draw carries the estimate. Near K says nothing about regions that no draw came to.

    >>> effective_sample_size(torch.tensor([[0.0, 0.0, 0.0], [0.0, -50.0, -50.0]]))
    tensor([3., 1.])

    Args:
        log_weights: a row an image, a column a draw; only their differences within a row count.

    Raises:
        ValueError: no draws, or NaN.

    Source: Kong 1992, technical report 348, University of Chicago; Owen 2013, *Monte Carlo theory, methods and
    examples*, section 9.3.
    """
    check_some(log_weights=log_weights.T)
    check_finite(log_weights=log_weights)
    weights = (log_weights - log_weights.amax(dim=1, keepdim=True)).exp()
    return weights.sum(dim=1).square() / weights.square().sum(dim=1)


@checked
def bounds_by_draws(log_weights: Float[Tensor, "N K"], draws: Sequence[int]) -> Float[Tensor, "N S"]:
    """What the bound would have been with fewer draws: for each number k of ``draws`` the mean over K // k blocks.

    >>> bounds_by_draws(torch.tensor([[0.0, 3.0]]).log1p(), draws=[1, 2])  # mean of the logs; log of the mean
    tensor([[0.6931, 0.9163]])

    Args:
        log_weights: a row an image, a column a draw.
        draws: numbers from 1 to K.

    Returns:
        Nats; a column for each number of draws.

    Raises:
        ValueError: no number, or one that is not from 1 to K.
    """
    if not len(draws):
        raise ValueError("draws: want at least one number, got none")
    columns = []
    for k in draws:
        check_whole(1, draws=k)
        if k > log_weights.shape[1]:
            raise ValueError(f"draws: want at most {log_weights.shape[1]}, as many as there are weights, got {k}")
        blocks = log_weights[:, : log_weights.shape[1] // k * k].unflatten(1, (-1, k))
        columns.append((blocks.logsumexp(dim=2) - math.log(k)).mean(dim=1))
    return torch.stack(columns, dim=1)
