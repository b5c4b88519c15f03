"""A grid of decoded images: one layer of latents is held down each column, the other along each row."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.validation import check_finite, check_positive, check_some, check_unit_interval, checked


@checked
def layer_grid(
    images: Float[Tensor, "R C 1 28 28"],
    *,
    held: Sequence[str] = (r"one $z_2$ a column", r"one $\varepsilon_1$ a row"),
    titles: Sequence[str] = (),
    size: float = 0.85,
) -> Figure:
    """Images (rows, columns), black on white, with the names of what is held along the two edges.

    Args:
        images: probabilities of ink.
        held: what stays in a column, what stays in a row.
        titles: of the columns.
        size: of an image, in inches.

    Raises:
        TypeError, ValueError: no images, NaN, values outside [0, 1], not two names, or not a title for each column.
    """
    check_some(images=images)
    check_finite(images=images)
    check_unit_interval(images=images)
    check_positive(size=size)
    rows, columns = images.shape[:2]
    held, titles = list(held), list(titles)
    if len(held) != 2:
        raise ValueError(f"held: want two names, of what stays in a column and in a row, got {len(held)}")
    if titles and len(titles) != columns:
        raise ValueError(f"titles: want one for each of {columns} columns, got {len(titles)}")
    fig, axes = plt.subplots(
        rows, columns, figsize=(size * columns + 0.4, size * rows + 0.4), squeeze=False, layout="constrained"
    )
    fig.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    for axis, image in zip(axes.flat, images.flatten(0, 1), strict=True):
        axis.imshow(1 - image[0].detach().cpu().numpy(), cmap="gray", vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_color("0.8")
    for axis, title in zip(axes[0], titles, strict=False):
        axis.set_title(title, fontsize=12)
    fig.supxlabel(held[0], fontsize=12)
    fig.supylabel(held[1], fontsize=12)
    return fig
