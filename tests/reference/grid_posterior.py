"""log p(x, z) on a grid, which notebook 03 computes in a cell."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vae_helpers.grid_posterior import Grid, log_likelihood
from vae_helpers.latent_space import log_prior


@torch.no_grad()
def log_joint_on_grid(model: nn.Module, x: Float[Tensor, "N 1 28 28"], grid: Grid) -> Float[Tensor, "N T"]:
    """log p(x, z) plus the log of the cell's area, for each image and each point of the grid, float64.

    ``logsumexp`` over the points is log p(x), ``softmax`` over them is p(z|x). The grid must be finer than the
    posterior is wide, and must hold all of it.
    """
    parts = [log_likelihood(model, x, z) + log_prior(z) for z in grid.z.split(10_000)]
    return torch.cat(parts, dim=1).double() + grid.log_area
