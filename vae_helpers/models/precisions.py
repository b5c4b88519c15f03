"""Two Gaussians about the same latent, merged into one."""

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.validation import checked


@checked
def merge_precisions(
    mu_a: Float[Tensor, "N D"],
    logvar_a: Float[Tensor, "N D"],
    mu_b: Float[Tensor, "N D"],
    logvar_b: Float[Tensor, "N D"],
) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
    """The product of two Gaussian densities, made to integrate to 1: precisions 1/sigma^2 add up, and weigh the means.

    >>> mu, logvar = merge_precisions(torch.ones(1, 1), torch.zeros(1, 1), torch.zeros(1, 1), torch.zeros(1, 1))
    >>> mu, logvar.exp()  # one says 1, the other 0, and they are equally sure
    (tensor([[0.5000]]), tensor([[0.5000]]))

    Args:
        mu_a, mu_b: means.
        logvar_a, logvar_b: log sigma^2 (not sigma, not sigma^2).

    Returns:
        ``mu, logvar`` of the merged Gaussian. Its variance is below both.

    Source: Sonderby et al. 2016 (arXiv 1602.02282), the precision-weighted merging.
    """
    share_of_a = torch.sigmoid(logvar_b - logvar_a)  # precision_a / (precision_a + precision_b), without overflow
    return share_of_a * mu_a + (1 - share_of_a) * mu_b, -torch.logaddexp(-logvar_a, -logvar_b)
