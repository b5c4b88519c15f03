"""Pictures in colour, beside grey ones."""

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.validation import check_fits, check_positive, check_some, check_unit_interval


def colour_rows(rows: dict[str, Tensor], size: float = 0.85) -> Figure:
    """One labelled row for each entry, of grey images (N, 1, H, W) or of pictures in three inks (N, 3, H, W).

    Inks are amounts of cyan, magenta and yellow on white paper, as of :mod:`vae_helpers.colouring`.

    Raises:
        TypeError, ValueError: no dict, no images, another shape, or values outside [0, 1].
    """
    if not isinstance(rows, dict) or not rows:
        raise TypeError(f"rows: want a dict of images by the name of their row, got {rows!r:.60}")
    check_positive(size=size)
    for name, images in rows.items():
        _check_row(f"rows[{name!r}]", images)
    n = max(map(len, rows.values()))
    fig, axes = plt.subplots(len(rows), n, figsize=(size * n + 1.8, size * len(rows)), squeeze=False)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for axis in line:
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        for axis, image in zip(line, images, strict=False):
            paper = (1 - image.detach().cpu()).movedim(0, 2).expand(-1, -1, 3)  # cyan ink takes the red light, ...
            axis.imshow(paper.numpy())
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=12)
    fig.tight_layout(pad=0.2)
    return fig


def _check_row(name: str, images: Tensor) -> None:
    check_fits(Float[Tensor, "N channels H W"], **{name: images})
    check_some(**{name: images})
    if images.shape[1] not in (1, 3):
        raise ValueError(f"{name}: want 1 channel or 3, got shape {tuple(images.shape)}")
    check_unit_interval(**{name: images})
