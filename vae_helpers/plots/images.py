"""Pictures of images: rows, comparisons, the manifold."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.validation import IMAGES, check_finite, check_fits, check_positive, check_some, check_whole

FAR_OUTSIDE = 10  # a linear model's pictures leave [0, 1] a little; no picture in [0, 1] goes as far as this


def show_images(images: Tensor, *, columns: int = 10, titles: Sequence[str] = (), size: float = 0.9) -> Figure:
    """Images (N, 1, 28, 28), black on white, in rows of ``columns``; ``titles`` stand above those of the first row.

    Floats in [0, 1] (what lies a little outside is drawn as 0 or 1), or uint8 from 0 to 255.

    Raises:
        TypeError, ValueError: no such images, none at all, NaN, or floats from 0 to 255; ``columns`` below 1.
    """
    check_whole(1, columns=columns)
    check_positive(size=size)
    images, titles = _pictures("images", images), list(titles)
    columns = min(int(columns), len(images))
    rows = -(-len(images) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(size * columns, size * rows + 0.25 * bool(titles)), squeeze=False)
    for k, axis in enumerate(axes.flat):
        axis.axis("off")
        if k < len(images):
            axis.imshow(_ink(images[k, 0]), cmap="gray", vmin=0, vmax=1)
        if k < len(titles):
            axis.set_title(titles[k], fontsize=12)
    fig.tight_layout(pad=0.2)
    return fig


def compare_images(rows: dict[str, Tensor], *, titles: Sequence[str] = (), size: float = 0.9) -> Figure:
    """One labelled row for each entry, for example inputs above their reconstructions; each (N, 1, 28, 28).

    ``titles`` stand above the first row's images. Errors as of :func:`show_images`.
    """
    if not isinstance(rows, dict) or not rows:
        raise TypeError(f"rows: want a dict of images by the name of their row, got {rows!r:.60}")
    check_positive(size=size)
    rows = {name: _pictures(f"rows[{name!r}]", images) for name, images in rows.items()}
    n = max(len(images) for images in rows.values())
    height = size * len(rows) + 0.25 * bool(titles)
    fig, axes = plt.subplots(len(rows), n, figsize=(size * n + 1.2, height), squeeze=False)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(line, images, strict=False):
            axis.imshow(_ink(image[0]), cmap="gray", vmin=0, vmax=1)
        for axis in line:
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=12)
    for axis, title in zip(axes[0], titles, strict=False):
        axis.set_title(title, fontsize=12)
    fig.tight_layout(pad=0.2)
    return fig


def manifold(images: Tensor, latents: Tensor, size: float = 6.5) -> Figure:
    """The decoded :func:`vae_helpers.latent_space.quantile_grid` as one picture, its axes marked in z.

    Raises:
        TypeError, ValueError: images as :func:`show_images` refuses them, or not n * n of them and of latents.
    """
    images = _pictures("images", images)
    check_fits(Float[Tensor, f"{len(images)} 2"], latents=latents)
    check_positive(size=size)
    side = round(len(images) ** 0.5)
    if side < 2 or side**2 != len(images):
        raise ValueError(f"images: want n * n of them, n >= 2, as of quantile_grid(n), got {len(images)}")
    fig, axis = plt.subplots(figsize=(size, size))
    # as torchvision's make_grid without padding, whose import would cost each kernel 90 MB
    rows = images.unflatten(0, (side, side)).squeeze(2).transpose(1, 2)  # row, pixel's row, column, pixel's column
    axis.imshow(_ink(rows.reshape(side * 28, side * 28)), cmap="gray", vmin=0, vmax=1)
    shown = np.linspace(0, side - 1, 5).round().astype(int)
    first_row, first_column = latents[:side, 0], latents[::side, 1]
    axis.set_xticks(shown * 28 + 14, [f"{first_row[k].item():.1f}" for k in shown])
    axis.set_yticks(shown * 28 + 14, [f"{first_column[k].item():.1f}" for k in shown])
    axis.set(xlabel="$z_1$ (evenly spaced quantiles of the prior)", ylabel="$z_2$")
    fig.tight_layout()
    return fig


def _pictures(name: str, images: Tensor) -> Tensor:
    """Images as floats of which 1 is ink; raises for what would be drawn as blank paper."""
    if isinstance(images, Tensor) and images.dtype == torch.uint8:
        images = images.float() / 255
    check_fits(IMAGES, **{name: images})
    check_some(**{name: images})
    check_finite(**{name: images})
    if images.abs().max() > FAR_OUTSIDE:
        raise ValueError(f"{name}: want values in [0, 1], got up to {images.abs().max().item():g}; are they 0 to 255?")
    return images


def _ink(image: Tensor) -> np.ndarray:
    """Black ink on white paper: easier on a projector, and honest on a printed page."""
    return 1 - image.detach().cpu().numpy()
