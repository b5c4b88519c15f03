"""The pathwise estimator of notebook 04, for any function."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.models import reparameterize
from vae_helpers.validation import checked


@checked
def pathwise_gradients(
    f: Callable[[Tensor], Tensor], mu: Float[Tensor, " D"], logvar: Float[Tensor, " D"], eps: Float[Tensor, "K D"]
) -> Float[Tensor, "K D"]:
    """The pathwise estimates of d E[f(z)] / d mu, one for each draw: df/dz at z = mu + sigma eps.

    Args:
        f: latents (K, D) -> values (K,), each value depending on its own latent only.
        mu, logvar: the parameters of q.
        eps: draws from N(0, I).

    Returns:
        One estimate a draw; their mean is *the* estimate.
    """
    means = mu.detach().expand_as(eps).clone().requires_grad_()
    values = f(reparameterize(means, logvar.detach().expand_as(eps), eps))
    return torch.autograd.grad(values.sum(), means)[0]
