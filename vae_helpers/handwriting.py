"""How a digit is written, measured on its image: how far it leans, how thick its stroke is, how wide it stands.

Ink between 0 and 1 counts as so much ink, so a decoder's grey images can be measured as they are, and ink that is
paler all over changes nothing. Blur makes strokes wider, here as for the eye.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.validation import check_images, checked


@checked
def slant(images: Float[Tensor, "N 1 28 28"]) -> Float[Tensor, " N"]:
    """How far each digit leans, in degrees from upright: > 0 to the right, as most people write.

    The line x = a + b y is fitted to the ink (least squares, over the rows y); the slant is the angle of that line.
    A shape that leans by itself (7, 9) has a slant though it is written upright: compare within a class, or
    on the way of one image.

    >>> image = torch.zeros(1, 1, 28, 28)
    >>> for row in range(8, 20):
    ...     image[0, 0, row, 27 - row] = 1  # one step to the left for each step down
    >>> slant(image)
    tensor([45.])

    Args:
        images: ink, from 0 to 1.

    Raises:
        ValueError: values outside [0, 1], or an image whose ink doesn't reach over two rows.

    Source: the shear that deslanting takes back, from second moments; LeCun et al. 1998, section III.A, for MNIST.
    """
    moments = _moments(images)
    flat = (moments.yy < 1e-6).nonzero().flatten()
    if len(flat):
        raise ValueError(f"images: want ink in two rows or more, but image {flat[0].item()} has it in one")
    return torch.rad2deg(torch.atan(-moments.xy / moments.yy))


@checked
def width(images: Float[Tensor, "N 1 28 28"]) -> Float[Tensor, " N"]:
    """How wide each digit stands, in pixels: the standard deviation of its ink's columns about the line of its slant.

    So leaning makes no digit wider: a shear moves rows as a whole. A full box of w columns has sqrt((w^2 - 1) / 12).

    >>> image = torch.zeros(1, 1, 28, 28)
    >>> image[0, 0, 8:20, [10, 16]] = 1  # two uprights: all ink is 3 pixels from the middle
    >>> width(image)
    tensor([3.])

    Args, errors: as for :func:`slant`, but that ink in a single row has a width.
    """
    moments = _moments(images)
    slope = moments.xy / moments.yy.clamp(min=1e-6)
    return (moments.xx - slope * moments.xy).clamp(min=0).sqrt()


@checked
def stroke_width(images: Float[Tensor, "N 1 28 28"]) -> Float[Tensor, " N"]:
    """How thick the stroke is, in pixels: twice the area of the ink over the length of its contour.

    Exact for a closed stroke such as that of a 0, whose contour runs along both sides. An open stroke's contour goes
    around its ends too: one that is L long and w wide seems L w / (L + w) wide, a tenth too little for 20 and 2.

    >>> image = torch.zeros(1, 1, 28, 28)
    >>> image[0, 0, 2:26, 10:13] = 1  # 24 by 3: a contour of 54, but that the four corners are cut
    >>> round(stroke_width(image).item(), 1)  # 24 * 3 / (24 + 3) = 2.67
    2.7

    Args:
        images: ink, from 0 to 1.

    Raises:
        ValueError: values outside [0, 1], or an image without ink.

    Source: the contour of a grey image is the sum of its gradient's length (the coarea formula: the mean, over all
    grey values, of the contour of what is darker; Federer 1959).
    """
    area = _moments(images).ink
    padded = F.pad(images[:, 0], (1, 1, 1, 1))
    # the gradient at each corner where four pixels meet, from both pairs of neighbours: no direction is favoured
    across, down = padded.diff(dim=2), padded.diff(dim=1)
    across, down = (across[:, 1:] + across[:, :-1]) / 2, (down[:, :, 1:] + down[:, :, :-1]) / 2
    return 2 * area / torch.hypot(across, down).sum(dim=(1, 2))


MEASURES = {"slant": slant, "stroke width": stroke_width, "width": width}


@checked
def measure(images: Float[Tensor, "N 1 28 28"]) -> Float[Tensor, "N 3"]:
    """All of ``MEASURES`` in its order: the slant in degrees, the width of the stroke and of the digit in pixels.

    >>> image = torch.zeros(2, 1, 28, 28)
    >>> image[:, 0, 4:24, 10:14] = 1
    >>> measure(image).shape
    torch.Size([2, 3])

    Args, errors: as for :func:`slant`.
    """
    return torch.stack([one(images) for one in MEASURES.values()], dim=1)


class _Moments(NamedTuple):
    """Of each image: all its ink, and the (co)variances of the ink's columns x and rows y, in squared pixels."""

    ink: Tensor
    xx: Tensor
    xy: Tensor
    yy: Tensor


def _moments(images: Tensor) -> _Moments:
    check_images(images)
    ink = images.sum(dim=(1, 2, 3))
    blank = (ink == 0).nonzero().flatten()
    if len(blank):
        raise ValueError(f"images: want ink in each, but image {blank[0].item()} is blank")
    places = torch.arange(28).to(images)
    columns, rows = images.sum(dim=(1, 2)) / ink[:, None], images.sum(dim=(1, 3)) / ink[:, None]  # shares of the ink
    x, y = places - (columns @ places)[:, None], places - (rows @ places)[:, None]
    xy = torch.einsum("nrc,nr,nc->n", images[:, 0], y, x) / ink
    return _Moments(ink, (columns * x.square()).sum(dim=1), xy, (rows * y.square()).sum(dim=1))
