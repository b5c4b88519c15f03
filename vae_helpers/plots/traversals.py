"""The picture of a traversal: what each latent does to an image when it alone is moved."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_helpers.encoding import decode_images, encode_distributions
from vae_helpers.evaluation import active_units, kl_of_latents
from vae_helpers.latent_space import traverse
from vae_helpers.plots.images import _ink
from vae_helpers.validation import check_finite, check_fits, check_positive, check_whole, is_whole

VALUES = tuple(range(-3, 4))  # in standard deviations of the prior
GAP = 2  # pixels between two images


def traversals(
    models: nn.Module | Mapping[str, nn.Module],
    images: Float[Tensor, "N 1 28 28"],
    *,
    index: int = 0,
    dims: int | Sequence[int] = 5,
    values: Sequence[float] = VALUES,
    size: float = 0.55,
) -> Figure:
    """A row for each latent: it alone is moved through ``values``, the others stay at the code of ``images[index]``.

    The code is the mean of q(z|x). A row's label has the number of the latent, counted from 1, and its KL in nats, the
    mean over ``images``; "sleeps" where the variance of its mean over them is at most 0.01.

    Args:
        models: a VAE, or some to be compared side by side, each under its title.
        images: from 0 to 1, two or more: those over which the KL is a mean.
        index: which of them is held.
        dims: so many latents, those of the largest KL first; or the latents themselves, counted from 0.
        values: where each latent goes.
        size: of an image, in inches.

    Raises:
        TypeError: no model with ``encode`` and ``decode``, or no such images.
        ValueError: unusable images, an image or a latent that is not there, or values that are no finite numbers.
    """
    models = dict(models) if isinstance(models, Mapping) else {"": models}
    steps = torch.as_tensor(values, dtype=torch.float32)
    check_fits(Float[Tensor, "V"], values=steps)
    check_finite(values=steps)
    check_positive(size=size)
    check_whole(0, index=index)
    if not models or len(steps) == 0:
        raise ValueError(f"want at least one model and one value, got {len(models)} and {len(steps)}")
    panels = {title: _panel(model, images, int(index), dims, steps) for title, model in models.items()}
    rows = max(len(labels) for _, labels in panels.values())
    width = len(panels) * (size * len(steps) + 1.5)
    shape = {"figsize": (width, size * rows + 0.8), "layout": "constrained"}  # "tight" cuts labels beside pictures
    fig, axes = plt.subplots(1, len(panels), squeeze=False, **shape)
    for axis, (title, (strips, labels)) in zip(axes[0], panels.items(), strict=True):
        _draw(axis, strips, labels, steps)
        axis.set_title(title, fontsize=12)
    return fig


def _panel(
    model: nn.Module, images: Tensor, index: int, dims: int | Sequence[int], values: Tensor
) -> tuple[Tensor, list[str]]:
    """The decoded images (rows, V, 28, 28) of one model, and what stands beside each row."""
    mu, logvar = encode_distributions(model, images)
    if index >= len(images):
        raise ValueError(f"index: want one of the {len(images)} images, got {index}")
    awake = active_units(mu)
    nats = kl_of_latents(mu, logvar)
    chosen = _chosen(dims, nats)
    walks = traverse(mu[index], values.to(mu))[chosen]
    decoded = decode_images(model, walks.flatten(0, 1)).reshape(len(chosen), len(values), *images.shape[2:])
    labels = [f"$z_{{{j + 1}}}$: {f'{nats[j]:.1f} nats' if awake[j] else 'sleeps'}" for j in chosen]
    return decoded, labels


def _chosen(dims: int | Sequence[int], nats: Tensor) -> list[int]:
    """So many latents, by their KL, or those that are named."""
    if is_whole(dims, 1):
        return nats.argsort(descending=True, stable=True)[: int(dims)].tolist()
    named = list(dims) if isinstance(dims, Sequence) and not isinstance(dims, str) else []
    if not named or not all(is_whole(j, 0) and j < len(nats) for j in named):
        raise ValueError(f"dims: want how many, or some latents from 0 to {len(nats) - 1}, got {dims!r}")
    return [int(j) for j in named]


def _draw(axis: Axes, decoded: Tensor, labels: list[str], values: Tensor) -> None:
    """All images of a panel as one picture: quicker than axes for each."""
    rows, columns, height, width = decoded.shape
    paper = torch.zeros(rows * (height + GAP) - GAP, columns * (width + GAP) - GAP)
    for row, strip in enumerate(decoded):
        for column, image in enumerate(strip):
            top, left = row * (height + GAP), column * (width + GAP)
            paper[top : top + height, left : left + width] = image
    axis.imshow(_ink(paper), cmap="gray", vmin=0, vmax=1)
    for k in range(1, columns):
        axis.axvline(k * (width + GAP) - GAP / 2 - 0.5, color="0.85", lw=0.8)
    for k in range(1, rows):
        axis.axhline(k * (height + GAP) - GAP / 2 - 0.5, color="0.85", lw=0.8)
    axis.set_xticks([k * (width + GAP) + width / 2 for k in range(columns)], [f"{value:g}" for value in values])
    axis.set_yticks([k * (height + GAP) + height / 2 for k in range(rows)], labels)
    axis.tick_params(length=0, labelsize=11)
    axis.set_xlabel("the latent's value", fontsize=11)
    axis.spines[:].set_visible(False)
