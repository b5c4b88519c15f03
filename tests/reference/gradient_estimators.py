"""The pathwise estimator, which notebook 04 defines."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_helpers.models import reparameterize
from vae_helpers.validation import check_float_tensor


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
