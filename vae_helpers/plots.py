"""Every figure that two notebooks share. Each function returns a matplotlib ``Figure`` and shows nothing."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torchvision.utils import make_grid

from vae_helpers.training import History

# One fixed colour per digit for the whole course, distinguishable with colour-blind eyes
# (Petroff 2021, "Accessible color sequences for data visualization", arXiv 2107.02270).
CLASS_COLORS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#717581", "#b9ac70", "#92dadd",
)  # fmt: skip


def show_images(images: Tensor, *, columns: int = 10, titles: Sequence[str] = (), size: float = 0.9) -> Figure:
    """Images (N, 1, 28, 28), black on white, in rows of ``columns``; ``titles`` stand above those of the first row."""
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(size * columns, size * rows + 0.25 * bool(titles)), squeeze=False)
    for k, axis in enumerate(axes.flat):
        axis.axis("off")
        if k < len(images):
            axis.imshow(_ink(images[k, 0]), cmap="gray", vmin=0, vmax=1)
        if k < len(titles):
            axis.set_title(titles[k], fontsize=9)
    fig.tight_layout(pad=0.2)
    return fig


def compare_images(rows: dict[str, Tensor], size: float = 0.9) -> Figure:
    """One labelled row for each entry, for example inputs above their reconstructions; each (N, 1, 28, 28)."""
    n = max(len(images) for images in rows.values())
    fig, axes = plt.subplots(len(rows), n, figsize=(size * n + 1.2, size * len(rows)), squeeze=False)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(line, images, strict=False):
            axis.imshow(_ink(image[0]), cmap="gray", vmin=0, vmax=1)
        for axis in line:
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    fig.tight_layout(pad=0.2)
    return fig


def loss_curves(history: History, fig: Figure | None = None) -> Figure:
    """Total, reconstruction and KL by epoch, training and (where measured) test, in nats per image."""
    fig = fig or plt.figure(figsize=(9, 2.8))
    fig.clear()
    for axis, term in zip(fig.subplots(1, 3), ("total", "reconstruction", "kl"), strict=True):
        for split, style in (("train", "o--"), ("test", "o-")):
            if history.rows and f"{split}_{term}" in history.rows[0]:
                axis.plot(history["epoch"], history[f"{split}_{term}"], style, ms=3, label=split)
        title = {"total": "negative ELBO", "reconstruction": "reconstruction", "kl": "KL"}[term]
        axis.set(title=title, xlabel="epoch", ylabel="nats per image" if term == "total" else "")
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.grid(alpha=0.3)
        if axis.lines:
            axis.legend(frameon=False)
    fig.tight_layout()
    return fig


def latent_map(codes: Tensor, labels: Tensor, *, size: float = 6.5, limit: float | None = None) -> Figure:
    """2-D codes (N, 2), coloured by class, each class named at its median; circles hold 50, 90, 99 % of the prior."""
    if codes.ndim != 2 or codes.shape[1] != 2:
        raise ValueError(f"codes: want shape (N, 2), got {tuple(codes.shape)}; a map needs a 2-D latent space")
    fig, axis = plt.subplots(figsize=(size, size * 0.92))
    for digit in labels.unique().tolist():
        points = codes[labels == digit]
        axis.scatter(*points.T.numpy(), s=6, alpha=0.7, linewidths=0, color=CLASS_COLORS[digit], label=str(digit))
    for digit in labels.unique().tolist():
        x, y = codes[labels == digit].median(dim=0).values.tolist()
        box = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": CLASS_COLORS[digit], "lw": 2}
        axis.text(x, y, str(digit), ha="center", va="center", fontsize=11, weight="bold", bbox=box)
    for mass in (0.5, 0.9, 0.99):
        radius = np.sqrt(-2 * np.log(1 - mass))  # the norm of a 2-D standard normal is Rayleigh distributed
        axis.add_patch(plt.Circle((0, 0), radius, fill=False, ls=":", color="black", lw=0.8))
        axis.annotate(f"{mass:.0%}", (0, radius), ha="center", va="bottom", fontsize=7)
    limit = limit or 1.05 * codes.abs().quantile(0.999).item()
    axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$z_1$", ylabel="$z_2$")
    axis.legend(title="digit", markerscale=4, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    fig.tight_layout()
    return fig


def add_path(fig: Figure, path: Tensor, name: str = "") -> Figure:
    """Draw a path (T, 2) with its end points on a :func:`latent_map`."""
    axis = fig.axes[0]
    axis.plot(*path.T.numpy(), "-", color="white", lw=4, zorder=5)
    axis.plot(*path.T.numpy(), "-", color="black", lw=1.8, zorder=6, label=name)
    axis.plot(*path[[0, -1]].T.numpy(), "o", color="black", ms=7, zorder=7)
    return fig


def path_profile(t: Tensor, densities: dict[str, Tensor], classes: Tensor) -> Figure:
    """Log-densities along a path, over a band with the class that each point belongs to; all of shape (T,)."""
    fig, (top, band) = plt.subplots(2, 1, figsize=(8, 3.2), sharex=True, height_ratios=[5, 1])
    for (name, values), style in zip(densities.items(), ("-", "--", ":"), strict=False):
        top.plot(t.numpy(), values.numpy(), style, color="black", label=name)
    top.set(ylabel="log-density, nats")
    top.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    top.grid(alpha=0.3)
    edges = [0, *((classes[1:] != classes[:-1]).nonzero().flatten() + 1).tolist(), len(classes)]
    for start, stop in zip(edges[:-1], edges[1:], strict=True):
        digit, width = int(classes[start]), (stop - start) / len(classes)
        band.barh(0, width, left=start / len(classes), color=CLASS_COLORS[digit], edgecolor="white")
        if width > 0.03:
            band.text((start + stop) / 2 / len(classes), 0, str(digit), ha="center", va="center", weight="bold")
    band.set(yticks=[], xlabel="t", xlim=(0, 1), ylabel="class")
    fig.tight_layout()
    return fig


def path_lengths(t: Tensor, lengths: dict[str, Tensor], prior_lengths: Tensor) -> Figure:
    """|z| along paths, each (T,), over a band that holds 95 % of the lengths of the prior's samples, (N,)."""
    fig, axis = plt.subplots(figsize=(6, 2.8))
    axis.axhspan(*prior_lengths.quantile(torch.tensor([0.025, 0.975])).tolist(), color="0.9", label="95 % of the prior")
    for (name, values), style in zip(lengths.items(), ("--", "-", ":"), strict=False):
        axis.plot(t.numpy(), values.numpy(), style, color="black", label=name)
    axis.set(xlabel="t", ylabel="mean of |z|")
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.tight_layout()
    return fig


def manifold(images: Tensor, latents: Tensor, size: float = 6.5) -> Figure:
    """The decoded :func:`vae_helpers.latent_space.quantile_grid` as one picture, its axes marked in z."""
    side = round(len(images) ** 0.5)
    fig, axis = plt.subplots(figsize=(size, size))
    axis.imshow(_ink(make_grid(images, nrow=side, padding=0)[0]), cmap="gray", vmin=0, vmax=1)
    shown = np.linspace(0, side - 1, 5).round().astype(int)
    first_row, first_column = latents[:side, 0], latents[::side, 1]
    axis.set_xticks(shown * 28 + 14, [f"{first_row[k].item():.1f}" for k in shown])
    axis.set_yticks(shown * 28 + 14, [f"{first_column[k].item():.1f}" for k in shown])
    axis.set(xlabel="$z_1$ (evenly spaced quantiles of the prior)", ylabel="$z_2$")
    fig.tight_layout()
    return fig


def _ink(image: Tensor) -> np.ndarray:
    """Black ink on white paper: easier on a projector, and honest on a printed page."""
    return 1 - image.detach().cpu().numpy()
