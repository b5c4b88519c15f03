"""One layer of latents of a hierarchical model, for a batch of images, and what it costs."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from vae_helpers.losses import gaussian_kl_between
from vae_helpers.models.gaussians import gaussian_log_prob

Gaussian = tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]  # mu, logvar


class Layer(NamedTuple):
    """A draw ``z``, the Gaussian ``q`` that it is from, and the prior ``p``, given the z above.

    >>> wide, narrow = (torch.zeros(1, 2), torch.zeros(1, 2)), (torch.zeros(1, 2), torch.full((1, 2), -2.0))
    >>> layer = Layer(z=torch.zeros(1, 2), q=narrow, p=wide)
    >>> layer.kl(), layer.log_ratio()  # the draw in the middle is where q is highest
    (tensor([1.1353]), tensor([2.]))
    """

    z: Float[Tensor, "N D"]
    q: Gaussian
    p: Gaussian

    def kl(self) -> Float[Tensor, " N"]:
        """KL(q || p) in nats, in closed form: right where the z above was drawn without a look at this ``z``."""
        return gaussian_kl_between(*self.q, *self.p)

    def log_ratio(self) -> Float[Tensor, " N"]:
        """log q(z) - log p(z) of the draw, in nats: its mean is the right one in any case. It may be negative."""
        return gaussian_log_prob(self.z, *self.q) - gaussian_log_prob(self.z, *self.p)
