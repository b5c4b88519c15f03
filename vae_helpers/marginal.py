"""log p(x) of any decoder of two latents under a standard normal prior, by a sum over a grid, and how exact it is.

p(x) is the integral of p(z) p(x|z) over the plane. It asks for no encoder, so a plain autoencoder has one too. For
pixels that are 0 or 1; on grey ones the BCE is no likelihood.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vae_helpers.grid_posterior import log_likelihood, square_grid
from vae_helpers.latent_space import log_prior
from vae_helpers.models.layers import evaluating
from vae_helpers.validation import check_can, check_dtype_of, check_some, check_whole, checked

CHUNK = 4000  # points of the grid that are decoded at a time: 12 MB of pixels


@checked
@torch.no_grad()
def grid_log_prob(
    model: nn.Module, x: Float[Tensor, "N 1 28 28"], side: int = 321, limit: float = 8.0
) -> Float[Tensor, " N"]:
    """log p(x) of each image, in nats, under the prior N(0, I): ``side`` x ``side`` points from -limit to limit.

    >>> from vae_helpers.models import Autoencoder
    >>> x = (torch.rand(3, 1, 28, 28) > 0.5).float()
    >>> grid_log_prob(Autoencoder(2, (8,)), x, side=51).shape
    torch.Size([3])

    Args:
        model: anything with ``decode`` from two latents to logits.
        x: pixels 0 or 1.
        side, limit: the default suits the models of notebook 09, a plain autoencoder's far codes too; see
            :func:`grid_error`.

    Raises:
        TypeError: a model that can't decode, or images of another dtype than its weights.
        ValueError: no image, grey pixels, a model of another number of latents, or a grid that is none.
    """
    check_can(model, "decode")
    check_some(x=x)
    check_dtype_of(model, x=x)
    if not ((x == 0) | (x == 1)).all():
        raise ValueError("x: want pixels that are 0 or 1, got grey ones; binarise them with (x > 0.5).float()")
    grid = square_grid(side, limit)
    log_px = torch.full((len(x),), -math.inf, dtype=torch.float64, device=x.device)
    with evaluating(model):
        for z in grid.z.to(x).split(CHUNK):
            log_joint = log_likelihood(model, x, z) + log_prior(z)
            log_px = torch.logaddexp(log_px, log_joint.logsumexp(dim=1).double())
    return (log_px + grid.log_area).to(x.dtype)


class GridError(NamedTuple):
    """What a grid may lack, a mean of magnitudes over the images, in nats; and the prior's mass outside its square.

    >>> GridError(spacing=0.02, outside=0.0, prior_outside=1e-15).spacing
    0.02
    """

    spacing: float
    outside: float
    prior_outside: float


def grid_error(model: nn.Module, x: Float[Tensor, "N 1 28 28"], side: int = 321, limit: float = 8.0) -> GridError:
    """How far log p(x) moves if every second point is left out, and then if the square is made twice as wide.

    Little prior mass outside does not yet mean that nothing is lost: p(x|z) may be far larger there. Hence the
    second comparison.

    >>> from vae_helpers.models import Autoencoder
    >>> error = grid_error(Autoencoder(2, (8,)), torch.ones(2, 1, 28, 28), side=101, limit=5.0)
    >>> error.spacing < 0.01, error.outside < 0.01, f"{error.prior_outside:.1e}"
    (True, True, '1.1e-06')

    Raises:
        TypeError: as for :func:`grid_log_prob`.
        ValueError: as for :func:`grid_log_prob`, or an even number of points a side.
    """
    check_whole(3, side=side)
    if side % 2 == 0:
        raise ValueError(f"side: want an odd number, so that every second point keeps the corners, got {side}")
    half = grid_log_prob(model, x, (side + 1) // 2, limit)
    spacing = (grid_log_prob(model, x, side, limit) - half).abs().mean()
    outside = (grid_log_prob(model, x, side, 2 * limit) - half).abs().mean()  # the same points and more around them
    return GridError(spacing.item(), outside.item(), 1 - math.erf(limit / math.sqrt(2)) ** 2)
