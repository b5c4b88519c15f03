"""Grey pixels as black and white."""

from typing import Literal

import torch
from torch import Generator, Tensor

from vae_helpers.validation import check_one_of, check_unit_interval

BINARIZATIONS = ("none", "threshold", "dynamic")

Binarization = Literal["none", "threshold", "dynamic"]


def binarize(images: Tensor, binarization: Binarization, generator: Generator | None = None) -> Tensor:
    """Grey images in [0, 1] as black and white, same shape and type.

    ``"none"`` leaves them grey; ``"threshold"`` is x > 0.5; ``"dynamic"`` draws each pixel from
    Bernoulli(x) (Salakhutdinov & Murray 2008). Losses under different treatments can't be compared.

    Raises:
        TypeError: images that are not floats.
        ValueError: another ``binarization``, or values outside [0, 1].

    >>> binarize(torch.tensor([0.2, 0.5, 0.9]), "threshold")
    tensor([0., 0., 1.])
    """
    check_one_of(BINARIZATIONS, binarization=binarization)
    if binarization == "none":
        return images
    check_unit_interval(images=images)
    if binarization == "threshold":
        return (images > 0.5).to(images.dtype)
    return torch.bernoulli(images, generator=generator)
