"""The plain net beside a conditional VAE: one answer for each condition."""

from collections.abc import Sequence
from math import prod

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import bernoulli_nll
from vae_helpers.models.conditions import Condition, as_vectors, check_condition, images_of
from vae_helpers.models.layers import IMAGE_SHAPE, network, seeded, whole_numbers
from vae_helpers.validation import check_fits, check_unit_interval, check_whole


class RegressionNet(nn.Module):
    """One answer for each c: the layers of a conditional VAE's decoder without z, trained on the same pixel loss.

    >>> net = RegressionNet(conditions=196, shape=(3, 14, 14))
    >>> net(torch.rand(5, 196)).shape
    torch.Size([5, 3, 14, 14])

    Args:
        conditions: C, the number of classes, or the size of the vectors c.
        shape: of one picture.
        hidden: widths as of :class:`vae_helpers.models.ConditionalVAE`: the decoder has them in reverse.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(
        self,
        conditions: int = 10,
        shape: Sequence[int] = IMAGE_SHAPE,
        hidden: Sequence[int] = (256, 128),
        seed: int = 0,
    ):
        super().__init__()
        check_whole(1, conditions=conditions)
        self.architecture = {"conditions": int(conditions), **whole_numbers(shape=shape, hidden=hidden)}
        self.conditions, self.shape = self.architecture["conditions"], self.architecture["shape"]
        with seeded(seed):
            self.decoder = network([self.conditions, *self.architecture["hidden"][::-1], prod(self.shape)])

    def check_data(self, images: Tensor, c: Condition, name: str = "images") -> None:
        """As :meth:`vae_helpers.models.ConditionalVAE.check_data`."""
        check_fits(images_of(self.shape), **{name: images})
        check_unit_interval(**{name: images})
        check_condition(c, self.conditions, self.decoder, len(images))

    def forward(self, c: Condition) -> Float[Tensor, " N *shape"]:
        """Conditions -> logits."""
        return self.decoder(as_vectors(c, self.conditions, self.decoder)).unflatten(1, self.shape)

    def loss_terms(
        self, x: Float[Tensor, " N *shape"], c: Condition, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The pixel loss, in nats, and zeros where a VAE has its KL; ``generator`` is not used."""
        reconstruction = bernoulli_nll(self(c), x)
        return reconstruction, torch.zeros_like(reconstruction)

    @torch.no_grad()
    def predict(self, c: Condition) -> Float[Tensor, " N *shape"]:
        """The pictures, between 0 and 1."""
        return torch.sigmoid(self(c))
