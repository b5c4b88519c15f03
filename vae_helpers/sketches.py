"""Sketch to filled digit: the outline of a digit is given, the digit is to be drawn."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.validation import check_unit_interval, checked

INK = 0.5  # a pixel is ink above it, paper below


@checked
def sketch(images: Float[Tensor, "N 1 H W"]) -> Float[Tensor, "N 1 H W"]:
    """The outline of a digit: 1 for each paper pixel that has ink above, below, to the left or to the right, else 0.

    It lies around the ink and is empty inside. (In image processing, the external boundary: a dilation by a cross,
    less the ink. The inner boundary would be of no use here: most strokes are two or three pixels wide.)

    >>> dot = torch.zeros(1, 1, 3, 3)
    >>> dot[0, 0, 1, 1] = 1
    >>> sketch(dot)[0, 0]
    tensor([[0., 1., 0.],
            [1., 0., 1.],
            [0., 1., 0.]])

    Args:
        images: ink between 0 and 1, of any size.

    Raises:
        ValueError: values outside [0, 1].

    Source: Soille 2003, *Morphological Image Analysis*, chapter 3.
    """
    check_unit_interval(images=images)
    ink = (images > INK).to(images.dtype)
    beside = torch.maximum(F.max_pool2d(ink, (3, 1), 1, (1, 0)), F.max_pool2d(ink, (1, 3), 1, (0, 1)))
    return beside - ink


@checked
def overlap(a: Float[Tensor, "N 1 H W"], b: Float[Tensor, "N 1 H W"]) -> Float[Tensor, " N"]:
    """Intersection over union of two sketches: of the pixels that either has, the share that both have.

    1 for the same lines, 0 for lines that never meet; a line that is one pixel aside counts as a miss.

    >>> a = torch.tensor([[[[1.0, 1.0, 0.0]]]])
    >>> overlap(a, a), overlap(a, a.flip(3))
    (tensor([1.]), tensor([0.3333]))

    Raises:
        ValueError: two empty sketches, which have no overlap.
    """
    both, either = (_count((a > INK) & (b > INK)), _count((a > INK) | (b > INK)))
    if not (either > 0).all():
        raise ValueError("a and b: want a line in each pair of sketches, got two empty ones")
    return both / either


@checked
def stroke_width(images: Float[Tensor, "N 1 H W"]) -> Float[Tensor, " N"]:
    """How wide the strokes of a digit are, in pixels: twice the ink, divided by the length of its outline.

    A long stroke of width w has w pixels of ink, and two of outline, for each pixel of its length. It comes out a
    little too small for short strokes, whose ends count, and changes with their slope: a measure to compare sets of
    digits by, not to build on.

    >>> long = torch.ones(1, 1, 2, 1000)
    >>> stroke_width(F.pad(long, (1, 1, 1, 1))).round(decimals=1)
    tensor([2.])

    Raises:
        ValueError: an image without any pixel of ink, or with no paper around it.
    """
    outline = sketch(images).sum(dim=(1, 2, 3))
    if not (outline > 0).all():
        raise ValueError("images: want ink and paper in each, got one that has no outline")
    return 2 * images.sum(dim=(1, 2, 3)) / outline


def _count(pixels: Bool[Tensor, "N 1 H W"]) -> Float[Tensor, " N"]:
    return pixels.sum(dim=(1, 2, 3)).float()
