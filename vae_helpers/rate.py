"""Where the KL of a set of images goes: what z tells of the image, and how far all q(z|x) together are from the prior.

Nats throughout. Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.latent_space import log_aggregate_posterior
from vae_helpers.losses import gaussian_kl
from vae_helpers.models import reparameterize
from vae_helpers.models.gaussians import gaussian_log_prob
from vae_helpers.validation import as_seed, check_finite, check_some, checked


class RateParts(NamedTuple):
    """The mean KL(q(z|x) || p(z)) of a set of images, the rate, in two parts: nats an image.

    >>> RateParts(information=5.0, marginal=0.75).total
    5.75
    """

    information: float  # I(x; z): what a draw tells about which of the N images it came from, at most log N
    marginal: float  # KL(q(z) || p(z)): how far the images' q(z|x) together are from the prior

    @property
    def total(self) -> float:
        return sum(self)


@torch.no_grad()
@checked
def rate_parts(mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], seed: int = 0) -> RateParts:
    """The mean KL as information + KL(q(z) || p(z)), where q(z) is the mean of q(z|x) over the N images.

    The KL has a closed form, the information is measured with one draw an image, and the marginal part is what is left:
    so both add up to the KL itself. ``total_correlation.kl_parts`` cuts the marginal part in two, and takes longer.

    A draw can't tell more than which of the N images it came from: q(z) is at least q(z|x) / N, so the information is
    at most log N, whatever the model. For images drawn at random both are, on average, bounds of what endlessly many
    would give: the information from below, the marginal part from above. They tell something where log N is far above.

    >>> mu = 100 * torch.arange(50.0)[:, None]  # 50 images that z tells apart, at whatever distance
    >>> round(rate_parts(mu, torch.zeros(50, 1)).information, 3)  # log 50; of 1,000 such images, log 1,000
    3.912

    Args:
        mu, logvar: of q(z|x), a row an image.
        seed: of the draws.

    Returns:
        Means over the images. In a second for 10,000 images.

    Raises:
        ValueError: no images, or NaN.

    Source: Hoffman & Johnson 2016, "ELBO surgery"; the bound: Poole et al. 2019 (arXiv 1905.06922).
    """
    check_some(mu=mu)
    check_finite(mu=mu, logvar=logvar)
    eps = torch.randn(mu.shape, generator=Generator().manual_seed(as_seed(seed))).to(mu)
    z = reparameterize(mu, logvar, eps)
    given_x, together = gaussian_log_prob(z, mu, logvar), log_aggregate_posterior(z, mu, logvar)
    information = (given_x - together).double().mean().item()
    return RateParts(information, gaussian_kl(mu, logvar).double().mean().item() - information)
