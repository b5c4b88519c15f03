"""Free bits, which notebook 03 defines."""

from jaxtyping import Float
from torch import Tensor

from vae_helpers.validation import checked


@checked
def free_bits(kl_per_dimension: Float[Tensor, "N D"], floor: float) -> Float[Tensor, ""]:
    """sum over j of max(floor, mean over images of KL_j): the KL term in which the first ``floor`` nats are free.

    A dimension whose mean KL lies below the floor costs the same as at the floor, so nothing pushes it to 0.

    Args:
        kl_per_dimension: nats.
        floor: nats per dimension, >= 0; at 0 it is the mean KL.

    Returns:
        One number, nats per image.

    Raises:
        ValueError: floor < 0.

    Source: Kingma et al. 2016 (arXiv 1606.04934), "free bits".
    """
    if not floor >= 0:
        raise ValueError(f"floor: want nats >= 0, got {floor!r}")
    return kl_per_dimension.mean(dim=0).clamp(min=floor).sum()
