"""A map of strokes: where a model puts those that it reads, and beside it what it writes from there."""

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Integer
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.latent_space import nearest_labels
from vae_helpers.plots.colors import colors_of
from vae_helpers.plots.maps import scatter_classes
from vae_helpers.plots.strokes import PITCH, draw_strokes
from vae_helpers.validation import check_positive, check_some, checked


@checked
def stroke_map(
    codes: Float[Tensor, "N 2"],
    labels: Integer[Tensor, " N"],
    z: Float[Tensor, "M 2"],
    strokes: Float[Tensor, "M T 2"],
    *,
    size: float = 5.6,
) -> Figure:
    """Left the codes, coloured by class; right, over the same square of z, the stroke that was written from each z.

    A written stroke has the colour of the class that most of the 25 nearest codes have (fewer, where there are fewer).

    Args:
        codes: the means of q(z|x), 2-D.
        labels: their classes.
        z: a square grid, n x n of them, evenly spaced and in any order: ``torch.cartesian_prod(side, side)``.
        strokes: what was written from them.
        size: of each panel, in inches.

    Raises:
        TypeError, ValueError: no codes, or z that are no such grid.
    """
    check_positive(size=size)
    check_some(codes=codes)
    side = _side(z)
    order = sorted(range(len(z)), key=lambda k: (-z[k, 1].item(), z[k, 0].item()))  # as a page is read
    half = (side[1] - side[0]).item() / 2
    fig, (left, right) = plt.subplots(1, 2, figsize=(2 * size + 1.2, size + 0.3), layout="constrained")
    scatter_classes(left, codes, labels)
    reach = (side[0].item() - half, side[-1].item() + half)
    left.set(xlim=reach, ylim=reach, aspect="equal", xlabel="$z_1$", ylabel="$z_2$", title="read: the mean of $q(z|x)$")
    nearest = nearest_labels(z, codes, labels, k=min(25, len(codes)))
    draw_strokes(right, strokes[order], columns=len(side), colors=colors_of(nearest[order]), width=1.5)
    shown = [k for k in range(len(side)) if k % 2 == len(side) // 2 % 2]
    names = [f"{side[k].item():.1f}".replace("-", "−") for k in shown]
    right.set_xticks([PITCH * k + 0.5 for k in shown], names)
    right.set_yticks([0.5 - PITCH * (len(side) - 1 - k) for k in shown], names)
    right.set(xlabel="$z_1$", ylabel="$z_2$", title="written: what the decoder makes of each $z$")
    left.legend(title="digit", markerscale=4, loc="center right", bbox_to_anchor=(-0.14, 0.5), frameon=False)
    return fig


def _side(z: Float[Tensor, "M 2"]) -> Float[Tensor, " n"]:
    """The n values of either coordinate, in rising order."""
    side = z[:, 0].unique()
    grid = torch.cartesian_prod(side, side) if len(side) > 1 else z[:0]
    known, got = (sorted(map(tuple, points.tolist())) for points in (grid, z))
    if len(side) < 2 or known != got:
        raise ValueError(f"z: want a square grid, n x n points with n >= 2, got {len(z)} that are none")
    steps = side.diff()
    if not torch.allclose(steps, steps.mean(), rtol=1e-3):
        raise ValueError(f"z: want an evenly spaced grid, got steps from {steps.min():g} to {steps.max():g}")
    return side
