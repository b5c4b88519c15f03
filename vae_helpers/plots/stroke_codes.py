"""A few strokes, and beside them where each one's q(z|x) lies on the map of all others."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Integer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

from vae_helpers.plots.maps import scatter_classes
from vae_helpers.plots.strokes import INK, draw_strokes
from vae_helpers.validation import check_finite, check_some, checked

BOX = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": INK, "lw": 0.8}


@checked
def stroke_codes(
    strokes: Float[Tensor, "K T 2"],
    mu: Float[Tensor, "K 2"],
    logvar: Float[Tensor, "K 2"],
    codes: Float[Tensor, "N 2"],
    labels: Integer[Tensor, " N"],
    *,
    names: Sequence[str],
    columns: int = 2,
    size: float = 5.6,
) -> Figure:
    """Left the strokes with their names, right the codes of all and the ellipses of one and two sigma of each stroke's.

    Args:
        strokes: x and y of the points of each.
        mu, logvar: their q(z|x), 2-D.
        codes, labels: the means of others, and their classes: the map behind.
        names: one for each of the strokes.
        columns: strokes a row.
        size: of the map, in inches.

    Raises:
        TypeError, ValueError: no strokes or no codes, NaN, or not a name for each stroke.
    """
    check_some(strokes=strokes, codes=codes)
    check_finite(mu=mu, logvar=logvar, codes=codes)
    names = list(names)
    if len(names) != len(strokes):
        raise ValueError(f"names: want one for each of {len(strokes)} strokes, got {len(names)}")
    mu, logvar, codes, labels = (part.detach().cpu() for part in (mu, logvar, codes, labels))
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(1.7 * size, size), layout="constrained", gridspec_kw={"width_ratios": [0.7, 1]}
    )
    draw_strokes(left, strokes, columns=columns, titles=names)
    scatter_classes(right, codes, labels)
    sigma = (0.5 * logvar).exp()
    reach = 1.05 * max(codes.abs().quantile(0.999).item(), (mu.abs() + 2 * sigma).max().item())
    right.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xlabel="$z_1$", ylabel="$z_2$")
    medians = torch.stack([codes[labels == digit].median(dim=0).values for digit in labels.unique()])
    for name, centre, sides in zip(names, mu, sigma, strict=True):
        _add_gaussian(right, centre, sides)
        _add_name(right, name, centre, sides, medians)
    return fig


def _add_gaussian(axis: Axes, centre: Float[Tensor, "2"], sides: Float[Tensor, "2"]) -> None:
    """A cross, and the ellipses of one and two sigma over a white rim."""
    for times in (1, 2):
        for color, width in (("white", 4), (INK, 1.8)):
            size = (2 * times * sides).tolist()
            axis.add_patch(Ellipse(centre.tolist(), *size, fc="none", ec=color, lw=width, zorder=6))
    axis.plot(*centre.tolist(), "+", color=INK, ms=6, zorder=7)


def _add_name(
    axis: Axes, name: str, centre: Float[Tensor, "2"], sides: Float[Tensor, "2"], taken: Float[Tensor, "C 2"]
) -> None:
    """Above or below the ellipse, whichever is farther from the places ``taken``; near an edge it runs inwards."""
    ends = [centre + sign * 2 * sides * torch.tensor([0.0, 1.0]) for sign in (1, -1)]
    room = [(taken - end).norm(dim=1).min().item() for end in ends]
    above = room[0] >= room[1]
    x, y = (ends[0] if above else ends[1]).tolist()
    across = x / axis.get_xlim()[1]
    side = "center" if abs(across) < 0.6 else "left" if across < 0 else "right"
    at = x - (0 if side == "center" else 2 * sides[0].item() * (1 if side == "left" else -1))
    style = {"ha": side, "va": "bottom" if above else "top", "fontsize": 11, "bbox": BOX, "zorder": 8}
    axis.annotate(name, (at, y), (0, 6 if above else -6), textcoords="offset points", **style)
