"""From a line that a hand drew to a stroke like the data's: so many points, equally far apart, from edge to edge.

First :func:`resample`, then :func:`stretch`: in the data it is the eight points that touch the edges.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.data.pen_digits import POINTS, UNITS
from vae_helpers.validation import check_finite, check_whole, checked


@checked
def resample(points: Float[Tensor, "M 2"], n: int = POINTS) -> Float[Tensor, "n 2"]:
    """``n`` points equally far apart along a line, measured along its length; its first and last point are kept.

    How fast the pen went is forgotten: where it rested, a line has many points, and what comes out has not.

    >>> resample(torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 3.0]]), n=5)  # a corner, 4 long
    tensor([[0., 0.],
            [1., 0.],
            [1., 1.],
            [1., 2.],
            [1., 3.]])

    Args:
        points: x and y where the pen was seen, in its order; of any unit.
        n: how many are wanted, 2 or more.

    Raises:
        ValueError: fewer than two points, NaN, or a line that has no length: the pen never moved.
    """
    check_whole(2, n=n)
    check_finite(points=points)
    if len(points) < 2:
        raise ValueError(f"points: want at least 2, got {len(points)}; a dot is no line")
    way = points.diff(dim=0).norm(dim=1).cumsum(dim=0)
    way = torch.cat([way.new_zeros(1), way])  # how far the pen has gone when it is seen
    if not way[-1] > 0:
        raise ValueError(f"points: want a line that has a length, got {len(points)} times one place")
    wanted = torch.linspace(0, 1, int(n), dtype=way.dtype, device=way.device) * way[-1]
    after = torch.searchsorted(way, wanted).clamp(1, len(points) - 1)
    before = after - 1
    share = (wanted - way[before]) / (way[after] - way[before]).clamp(min=torch.finfo(way.dtype).tiny)
    return torch.lerp(points[before], points[after], share[:, None])


@checked
def stretch(strokes: Float[Tensor, "N T 2"]) -> Float[Tensor, "N T 2"]:
    """Each stroke moved and stretched until its points touch all four edges, as each of the data's does.

    x and y are stretched by factors of their own, so the ratio of width to height is lost: an upright 1 becomes as
    wide as a 0. An edge is the middle of the tablet's first or last step, 0.5/101 or 100.5/101: the dequantised data
    lie around it.

    >>> stretch(torch.tensor([[[3.0, 0.0], [4.0, 10.0]]])) * 101
    tensor([[[  0.5000,   0.5000],
             [100.5000, 100.5000]]])

    Args:
        strokes: x and y of T >= 2 points, of any unit; y upwards, if it is to be read as the data are.

    Raises:
        ValueError: NaN, or a stroke whose points all lie on one upright or level line: no factor could stretch it.
    """
    check_finite(strokes=strokes)
    if strokes.shape[1] < 2:
        raise ValueError(f"strokes: want at least 2 points of each, got shape {tuple(strokes.shape)}")
    low, high = strokes.amin(dim=1, keepdim=True), strokes.amax(dim=1, keepdim=True)
    flat = (high == low).any(dim=2).flatten().nonzero().flatten().tolist()
    if flat:
        raise ValueError(f"strokes: want a width and a height of each, got none of one in number {flat[0]}")
    return (0.5 + (UNITS - 1) * (strokes - low) / (high - low)) / UNITS
