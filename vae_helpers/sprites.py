"""Small images whose factors are known: three shapes in four sizes, at 8 x 8 places, turned by eight angles.

They do here what dSprites does in the literature (Matthey et al. 2017, 737,280 images of 64 x 64 pixels): all
combinations occur once, so the factors are independent. No turn leaves a shape as it was: each angle can be seen.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.validation import as_seed, check_whole, is_number

FACTORS = {"shape": 3, "size": 4, "x": 8, "y": 8, "angle": 8}  # the shapes are an L, a T and a key
WIDTH, FINER = 28, 4  # an image has 28 x 28 pixels, each the mean of 4 x 4 points
HALF_WIDTHS = (3.5, 4.5, 5.5, 6.5)  # of the four sizes, in pixels: the largest reaches the edge and not beyond
FIRST, STEP = 8.75, 6 / FINER  # the first place of a centre and the way to the next, in pixels from left or from above


class Sprites(NamedTuple):
    """Images, and what they were made from: whole numbers from 0, in the columns that ``FACTORS`` names.

    >>> dict(zip(FACTORS, sprites().factors[-1].tolist(), strict=True))
    {'shape': 2, 'size': 3, 'x': 7, 'y': 7, 'angle': 7}
    """

    images: Float[Tensor, "N 1 28 28"]
    factors: Integer[Tensor, "N 5"]


def sprites(n: int | None = None, seed: int = 0, x_step: float = STEP) -> Sprites:
    """All 6,144 sprites in the order of their factors (the angle changes fastest), or ``n`` of them drawn by ``seed``.

    >>> images, factors = sprites()
    >>> images.shape, factors[9].tolist()  # shape, size, x, y, angle
    (torch.Size([6144, 1, 28, 28]), [0, 0, 0, 1, 1])

    Args:
        n: how many; all of them if None.
        seed: of the draw.
        x_step: from one x to the next, in pixels: 0.25 to 1.5 (as far as from one y to the next) in quarters. A
            smaller one makes the places a narrower rectangle around the same centre, to an eighth of a pixel.

    Raises:
        ValueError: ``n`` that is not between 1 and 6,144, or another ``x_step``.
    """
    factors = torch.cartesian_prod(*(torch.arange(size) for size in FACTORS.values()))
    x_points = _in_points(x_step)
    chosen = torch.arange(len(factors))
    if n is not None:
        check_whole(1, n=n)
        if n > len(factors):
            raise ValueError(f"n: want at most {len(factors)}, as many as there are, got {n}")
        chosen = torch.randperm(len(factors), generator=Generator().manual_seed(as_seed(seed)))[: int(n)]
    return Sprites(_all_images(x_points)[chosen], factors[chosen])


def _in_points(x_step: float) -> int:
    if not is_number(x_step) or x_step * FINER not in range(1, round(STEP * FINER) + 1):
        raise ValueError(f"x_step: want pixels from {1 / FINER} to {STEP} in steps of {1 / FINER}, got {x_step!r}")
    return round(x_step * FINER)


def _all_images(x_points: int) -> Float[Tensor, "N 1 28 28"]:
    """Draw each shape, size and angle once, at four times the resolution; then move it, and average: edges are grey."""
    shape, size, angle = torch.cartesian_prod(*(torch.arange(FACTORS[name]) for name in ("shape", "size", "angle"))).T
    drawn = _at_first_place(shape, size, angle).float()
    y_points = round(STEP * FINER)
    left = round((y_points - x_points) * (FACTORS["x"] - 1) / 2)  # what a narrower row of places leaves on its left
    places = [
        F.avg_pool2d(drawn.roll((y_points * y, x_points * x + left), dims=(1, 2)), FINER)
        for x in range(FACTORS["x"])
        for y in range(FACTORS["y"])
    ]
    images = torch.stack(places, dim=1)  # (shape x size x angle, x times y, 28, 28)
    order = images.unflatten(0, (-1, FACTORS["angle"])).transpose(1, 2)
    return order.reshape(-1, 1, WIDTH, WIDTH)


def _at_first_place(shape: Integer[Tensor, " N"], size: Integer[Tensor, " N"], angle: Integer[Tensor, " N"]) -> Tensor:
    """Which points of a fine grid are ink, (N, 112, 112): each is looked up in the frame of the upright shape."""
    points = (torch.arange(WIDTH * FINER) + 0.5) / FINER - FIRST
    across, down = points, points[:, None]
    turn = (2 * math.pi * angle / FACTORS["angle"])[:, None, None]
    scale = torch.tensor(HALF_WIDTHS)[size][:, None, None]
    u = (turn.cos() * across + turn.sin() * down) / scale
    v = (turn.cos() * down - turn.sin() * across) / scale
    inside = torch.stack([_l(u, v), _t(u, v), _key(u, v)])
    return inside[shape, torch.arange(len(shape))]


def _box(u: Tensor, v: Tensor, left: float, right: float, top: float, bottom: float) -> Tensor:
    return (left <= u) & (u <= right) & (top <= v) & (v <= bottom)


def _l(u: Tensor, v: Tensor) -> Tensor:
    return _box(u, v, -0.8, -0.15, -1, 1) | _box(u, v, -0.8, 0.8, 0.4, 1)


def _t(u: Tensor, v: Tensor) -> Tensor:
    return _box(u, v, -0.9, 0.9, -1, -0.4) | _box(u, v, -0.3, 0.3, -1, 1)


def _key(u: Tensor, v: Tensor) -> Tensor:
    return (u.square() + (v + 0.4).square() <= 0.6**2) | _box(u, v, -0.2, 0.2, -0.4, 1)
