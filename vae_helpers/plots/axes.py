"""Axes of a latent space: how the sprites' places lie in it, and what turning them does."""

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.validation import check_finite, check_fits, checked

ALONG_X = {"color": "#0b5fa5", "ls": "-", "lw": 1.4}
ALONG_Y = {"color": "#c75000", "ls": "--", "lw": 1.4}
PLANES = ({"color": "#0b5fa5", "marker": "o"}, {"color": "#c75000", "marker": "s"}, {"color": "0.35", "marker": "^"})


def place_maps(grids: dict[str, Float[Tensor, "X Y 2"]]) -> Figure:
    """A panel for each grid of mean codes (``rotations.place_grid`` of two latents): lines join places along x and y.

    Raises:
        TypeError: no dict of grids, or an empty one.
        ValueError: what is no grid.
    """
    if not isinstance(grids, dict) or not grids:
        raise TypeError(f"grids: want a dict of grids by their titles, got {grids!r:.60}")
    for name, grid in grids.items():
        check_fits(Float[Tensor, "X Y 2"], **{f"grids[{name!r}]": grid})
        check_finite(**{f"grids[{name!r}]": grid})
    reach = 1.1 * max(grid.abs().max().item() for grid in grids.values())
    shape = {"figsize": (2.9 * len(grids) + 0.5, 4.0), "layout": "constrained"}
    fig, panels = plt.subplots(1, len(grids), sharex=True, sharey=True, squeeze=False, **shape)
    for axis, (name, grid) in zip(panels[0], grids.items(), strict=True):
        along_x = axis.plot(*grid.movedim(2, 0).cpu().numpy(), **ALONG_X)
        along_y = axis.plot(*grid.transpose(0, 1).movedim(2, 0).cpu().numpy(), **ALONG_Y)
        axis.set_title(name, fontsize=12)
        axis.set_xlabel("one latent", fontsize=11)
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axis.grid(alpha=0.3)
    panels[0][0].set_ylabel("the other", fontsize=11)
    handles, names = [along_x[0], along_y[0]], ["the sprite moves to the right", "the sprite moves down"]
    fig.legend(handles, names, loc="outside lower center", ncols=2, frameon=False, fontsize=11)
    return fig


@checked
def turned_axes(
    degrees: Float[Tensor, " T"],
    predicted: dict[str, Float[Tensor, " T"]],
    measured: dict[str, Float[Tensor, " T"]],
    mig: dict[str, Float[Tensor, " T"]],
) -> Figure:
    """By the angle of the turn, for each plane: the rise of the loss (dots; the line is predicted), and the MIG.

    Args:
        degrees: of each turn.
        predicted, measured: by how many nats the loss rises; a name for each plane.
        mig: of the turned draws.

    Raises:
        TypeError: no dicts.
        ValueError: other planes in one dict than in another, more than three, or not as many values as degrees.
    """
    for name, curves in {"predicted": predicted, "measured": measured, "mig": mig}.items():
        if not isinstance(curves, dict) or not curves:
            raise TypeError(f"{name}: want a dict of curves by plane, got {curves!r:.60}")
        if curves.keys() != predicted.keys():
            raise ValueError(f"{name}: want the planes {list(predicted)}, got {list(curves)}")
        for plane, values in curves.items():
            check_fits(Float[Tensor, f"{len(degrees)}"], **{f"{name}[{plane!r}]": values})
    if len(predicted) > len(PLANES):
        raise ValueError(f"predicted: want at most {len(PLANES)} planes, got {len(predicted)}")
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4))
    for plane, style in zip(predicted, PLANES, strict=False):
        left.plot(degrees, predicted[plane], color=style["color"], label=f"{plane}: predicted")
        left.plot(degrees, measured[plane], **style, ls="", label=f"{plane}: measured")
        right.plot(degrees, mig[plane], **style, label=plane)
    left.set_ylabel("the loss rises by, nats", fontsize=11)
    right.set_ylabel("MIG", fontsize=11)
    right.set_ylim(0, None)
    for axis in (left, right):
        axis.set_xlabel("axes turned by, degrees", fontsize=11)
        axis.grid(alpha=0.3)
        axis.legend(frameon=False, fontsize=11)
    fig.tight_layout()
    return fig
