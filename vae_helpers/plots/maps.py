"""Maps of a two-dimensional latent space."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

from vae_helpers.plots.colors import CLASS_COLORS


def latent_map(codes: Tensor, labels: Tensor, *, size: float = 6.5, limit: float | None = None) -> Figure:
    """2-D codes (N, 2), coloured by class, each class named at its median; circles hold 50, 90, 99 % of the prior."""
    _check_plane(codes)
    fig, axis = plt.subplots(figsize=(size, size * 0.92))
    scatter_classes(axis, codes, labels)
    for mass in (0.5, 0.9, 0.99):
        radius = np.sqrt(-2 * np.log(1 - mass))  # the norm of a 2-D standard normal is Rayleigh distributed
        axis.add_patch(plt.Circle((0, 0), radius, fill=False, ls=":", color="black", lw=0.8))
        axis.annotate(f"{mass:.0%}", (0, radius), ha="center", va="bottom", fontsize=9)
    limit = limit or 1.05 * codes.abs().quantile(0.999).item()
    axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$z_1$", ylabel="$z_2$")
    axis.legend(title="digit", markerscale=4, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    fig.tight_layout()
    return fig


def add_path(fig: Figure, path: Tensor, name: str = "") -> Figure:
    """Draw a path (T, 2) with its end points on a :func:`latent_map`; names that would cover it move to its right."""
    axis = fig.axes[0]
    least = 0.045 * (axis.get_xlim()[1] - axis.get_xlim()[0])
    along = path[-1] - path[0]
    aside = torch.stack([along[1], -along[0]]) / along.norm().clamp(min=1e-6)  # to the right of who walks the path
    for text in axis.texts:
        text.set_zorder(8)
        away = torch.tensor(text.get_position()).float() - path
        nearest = away[away.norm(dim=1).argmin()]
        if text.get_text().isdigit() and nearest.norm() < least:
            text.set_position((path[0] + away[0] + (least - nearest @ aside) * aside).tolist())
    axis.plot(*path.T.numpy(), "-", color="white", lw=4, zorder=5)
    axis.plot(*path.T.numpy(), "-", color="black", lw=1.8, zorder=6, label=name)
    axis.plot(*path[[0, -1]].T.numpy(), "o", color="black", ms=7, zorder=7)
    return fig


def latent_maps(codes: dict[str, Tensor], labels: Tensor, size: float = 3.4) -> Figure:
    """Several sets of 2-D codes (N, 2) of the same images side by side, each on its own scale, coloured by class."""
    fig, axes = plt.subplots(1, len(codes), figsize=(size * len(codes) + 0.8, size), squeeze=False)
    for axis, (name, points) in zip(axes[0], codes.items(), strict=True):
        _check_plane(points)
        scatter_classes(axis, points, labels, point_size=3 if len(points) > 1000 else 12, apart=0.13)
        low, high = points.quantile(0.001, dim=0), points.quantile(0.999, dim=0)
        axis.set(title=name, xlim=(low[0].item(), high[0].item()), ylim=(low[1].item(), high[1].item()))
        axis.set(xlabel="$z_1$", ylabel="$z_2$")
    axes[0, -1].legend(title="digit", markerscale=5, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    fig.tight_layout()
    return fig


def clouds(codes: Tensor, mu: Tensor, sigma: Tensor, crowd: tuple[Tensor, Tensor]) -> Figure:
    """The same few images as points (an autoencoder's codes) and as ellipses at two sigma (a VAE's q(z|x)).

    Args:
        codes: (N, 2).
        mu, sigma: means and standard deviations, each (N, 2).
        crowd: codes and means of many more images, (M, 2) each, drawn small and grey.
    """
    fig, axes = plt.subplots(1, 2, figsize=(10, 5.2))
    titles = ("autoencoder: a point for each image", "VAE: a Gaussian for each image (ellipse: 2 $\\sigma$)")
    for axis, centres, half, many, title in zip(axes, (codes, mu), (0, 2 * sigma), crowd, titles, strict=True):
        axis.scatter(*many.T.numpy(), s=3, color="0.8", linewidths=0)
        axis.scatter(*centres.T.numpy(), s=12, color="black", zorder=3)
        low, high = (centres - half).amin(dim=0), (centres + half).amax(dim=0)
        reach = 0.6 * (high - low).max()  # a square around them: circles stay circles
        low, high = (low + high) / 2 - reach, (low + high) / 2 + reach
        between = centres[:, None] - centres
        away = (between / between.norm(dim=2, keepdim=True).clamp(min=1e-6) ** 3).sum(dim=1)  # from the neighbours
        places = centres + 0.08 * reach * torch.nn.functional.normalize(away)
        for k, (x, y) in enumerate(places.tolist()):
            axis.text(x, y, str(k + 1), ha="center", va="center", weight="bold", zorder=4)
        axis.set(
            title=title,
            xlabel="$z_1$",
            ylabel="$z_2$",
            xlim=(low[0].item(), high[0].item()),
            ylim=(low[1].item(), high[1].item()),
        )
    for centre, (width, height) in zip(mu.tolist(), (4 * sigma).tolist(), strict=True):
        axes[1].add_patch(Ellipse(centre, width, height, fc="#3f90da", alpha=0.45, ec="black", zorder=2))
    fig.tight_layout()
    return fig


def _check_plane(codes: Tensor) -> None:
    if codes.ndim != 2 or codes.shape[1] != 2:
        raise ValueError(f"codes: want shape (N, 2), got {tuple(codes.shape)}; a map needs a 2-D latent space")


def scatter_classes(axis: Axes, codes: Tensor, labels: Tensor, point_size: float = 6, apart: float = 0.08) -> None:
    """Points coloured by class, and each class's digit near its median, none under another."""
    digits = labels.unique().tolist()
    for digit in digits:
        points, color = codes[labels == digit], CLASS_COLORS[digit]
        axis.scatter(*points.T.numpy(), s=point_size, alpha=0.7, linewidths=0, color=color, label=str(digit))
    extent = codes.quantile(0.99, dim=0) - codes.quantile(0.01, dim=0)
    medians = torch.stack([codes[labels == digit].median(dim=0).values for digit in digits])
    places = _apart(medians / extent, apart) * extent
    for digit, (x, y) in zip(digits, places.tolist(), strict=True):
        box = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": CLASS_COLORS[digit], "lw": 2}
        axis.text(x, y, str(digit), ha="center", va="center", fontsize=11, weight="bold", bbox=box)


def _apart(places: Tensor, least: float) -> Tensor:
    """Points (N, 2), those nearer to each other than ``least`` moved away from each other."""
    places = places.clone()
    for _ in range(50):
        for k, place in enumerate(places):
            away = place - places
            distance = away.norm(dim=1, keepdim=True).clamp(min=1e-6)
            push = (least - distance).clamp(min=0) * away / distance
            places[k] = place + 0.5 * push.sum(dim=0)
    return places
