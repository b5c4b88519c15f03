"""Two tests that a student writes: is z drawn as it should be, and which beta hides in a loss?"""

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.validation import check_some, checked


@checked
def noise_ratio(z: Float[Tensor, "N D"], mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"]) -> Float[Tensor, ""]:
    """How large the noise of a draw is, in units of the sigma that the KL knows: 1, if z comes from q(z|x).

    The root of the mean square of (z - mu) / sigma, over all images and dimensions.

    >>> mu, logvar = torch.zeros(1, 2), torch.log(torch.tensor([[4.0, 4.0]]))
    >>> noise_ratio(torch.tensor([[2.0, -2.0]]), mu, logvar)  # one sigma away, on either side
    tensor(1.)

    Args:
        z: the draws.
        mu, logvar: of q(z|x); log sigma^2.

    Raises:
        TypeError, ValueError: other shapes, or no images.

    Source: Kingma & Welling 2014 (arXiv 1312.6114), section 2.4, z = mu + sigma * eps.
    """
    check_some(z=z)
    eps = (z - mu) * torch.exp(-0.5 * logvar)
    return eps.square().mean().sqrt()


@checked
def hidden_beta(
    own_reconstruction: Tensor,
    own_kl: Tensor,
    logits: Float[Tensor, " N *pixels"],
    x: Float[Tensor, " N *pixels"],
    mu: Float[Tensor, "N D"],
    logvar: Float[Tensor, "N D"],
) -> Float[Tensor, ""]:
    """The weight that a loss gives its KL, beside its reconstruction: 1 in a VAE, beta in a beta-VAE.

    Each of its terms, averaged over images, is divided by what the formula gives; only the quotient of the two counts.

    >>> logits, x, mu, logvar = torch.zeros(3, 784), torch.ones(3, 784), torch.ones(3, 10), torch.zeros(3, 10)
    >>> pixel_mean = bernoulli_nll(logits, x) / 784
    >>> hidden_beta(pixel_mean, gaussian_kl(mu, logvar), logits, x, mu, logvar).round()
    tensor(784.)

    Args:
        own_reconstruction, own_kl: what the loss is made of, of any shape: a mean is taken.
        logits: the decoder's output before the sigmoid.
        x: the target in [0, 1].
        mu, logvar: of q(z|x); log sigma^2.

    Raises:
        TypeError, ValueError: other shapes, or no images.

    Source: Higgins et al. 2017 (beta-VAE), for beta.
    """
    _check_terms(own_reconstruction=own_reconstruction, own_kl=own_kl)
    check_some(x=x)
    of_reconstruction = own_reconstruction.mean() / bernoulli_nll(logits, x).mean()
    of_kl = own_kl.mean() / gaussian_kl(mu, logvar).mean()
    return of_kl / of_reconstruction


def _check_terms(**terms: Tensor) -> None:
    for name, value in terms.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: want a tensor, got {type(value).__name__}")
    check_some(**terms)
