"""Where the KL of a set of images goes, and how the images' q(z|x) lie together beside the prior."""

import math

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.evaluation import active_units
from vae_helpers.latent_space import log_aggregate_posterior, log_prior
from vae_helpers.rate import RateParts
from vae_helpers.validation import check_finite, checked

PARTS = {"information": ("#3f90da", ""), "marginal": ("#b9ac70", "//")}  # colours and hatches: told apart in grey, too
LABELS = {"information": "information $I(x; z)$", "marginal": r"$\mathrm{KL}(q(z)\,\|\,p(z))$"}
REACH, SIDE = 3.2, 97  # of the plane; points a side


def rate_by_images(parts: dict[str, dict[int, RateParts]]) -> Figure:
    """A panel for each model, a bar for each number N of images: the two parts of the rate, and a line at log N.

    >>> few, many = RateParts(4.6, 15.9), RateParts(6.9, 13.8)
    >>> len(rate_by_images({"20-D": {100: few, 1000: many}}).axes)
    1

    Args:
        parts: by model and by N, as ``vae_helpers.rate.rate_parts`` gives them.

    Raises:
        TypeError: no dict of dicts of :class:`vae_helpers.rate.RateParts`, or an empty one.
    """
    _check_parts(parts)
    fig, axes = plt.subplots(1, len(parts), figsize=(5.4 * len(parts), 4.2), sharey=True, squeeze=False)
    for axis, (title, own) in zip(axes[0], parts.items(), strict=True):
        for place, (n, both) in enumerate(own.items()):
            _bar(axis, place, n, both)
        axis.set_xticks(range(len(own)), [f"N = {n:,}" for n in own], fontsize=12)
        axis.set_title(title, fontsize=14)
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(y=0.12)
    for name, (colour, hatch) in PARTS.items():
        axes[0][0].bar(0, 0, color=colour, hatch=hatch, ec="white", label=LABELS[name])
    axes[0][0].plot([], [], color="black", lw=2.5, label="ceiling, log N")
    axes[0][0].set_ylabel("nats an image", fontsize=12)
    axes[0][0].legend(frameon=False, fontsize=12, loc="upper left")
    fig.tight_layout()
    return fig


def _bar(axis: Axes, place: int, n: int, both: RateParts) -> None:
    bottom = 0.0
    for name, (colour, hatch) in PARTS.items():
        height = max(0.0, getattr(both, name))
        axis.bar(place, height, bottom=bottom, width=0.62, color=colour, hatch=hatch, ec="white")
        middle = bottom + height / 2 if height > 2 else both.total + 0.9  # a low part's stands above
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        axis.text(
            place, middle, f"{round(getattr(both, name), 1) + 0.0:.1f}", ha="center", va="center", fontsize=12, bbox=box
        )
        bottom += height
    axis.plot([place - 0.42, place + 0.42], [math.log(n)] * 2, color="black", lw=2.5)


@checked
def aggregate_posterior(
    mu: Float[Tensor, "N 2"],
    logvar: Float[Tensor, "N 2"],
    many_mu: Float[Tensor, "M D"],
    many_logvar: Float[Tensor, "M D"],
) -> Figure:
    """The density q(z) of two latents beside the prior, on one scale; and, of many latents, each active one alone.

    >>> mu = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    >>> len(aggregate_posterior(mu, torch.zeros(50, 2), mu, torch.zeros(50, 2)).axes)
    3

    Args:
        mu, logvar: of q(z|x), a row an image, of a model with two latents.
        many_mu, many_logvar: of another with any number.

    Raises:
        TypeError, ValueError: tensors of other shapes, NaN, or fewer than two images.
    """
    for name, means in {"mu": mu, "many_mu": many_mu}.items():
        if len(means) < 2:
            raise ValueError(f"{name}: want the means of at least two images, got {len(means)}")
    check_finite(mu=mu, logvar=logvar, many_mu=many_mu, many_logvar=many_logvar)
    line = torch.linspace(-REACH, REACH, SIDE).to(mu)
    grid = torch.cartesian_prod(line, line)
    densities = {"$q(z)$, 2-D": log_aggregate_posterior(grid, mu, logvar), "prior $p(z)$": log_prior(grid)}
    top = 3 * densities["prior $p(z)$"].max().exp().item()  # a few peaks of q(z) are higher
    fig, axes = plt.subplots(1, 3, figsize=(12.6, 4.1), width_ratios=(1, 1, 1.35), layout="constrained")
    for axis, (title, density) in zip(axes, densities.items(), strict=False):
        picture = density.exp().view(SIDE, SIDE).T.numpy()
        axis.imshow(picture, origin="lower", extent=[-REACH, REACH] * 2, cmap="Blues", vmin=0, vmax=top)
        for share in (0.5, 0.9, 0.99):
            radius = math.sqrt(-2 * math.log(1 - share))
            axis.add_patch(plt.Circle((0, 0), radius, fill=False, ls=":", color="black", lw=1))
        axis.set(xlabel="$z_1$", ylabel="$z_2$")
        axis.set_title(title, fontsize=13)
    _alone(axes[2], many_mu, many_logvar, line.to(many_mu))
    return fig


def _alone(axis: Axes, mu: Tensor, logvar: Tensor, line: Tensor) -> None:
    """The marginal q(z_j) of each active dimension, and N(0, 1)."""
    active = active_units(mu).nonzero().flatten().tolist()
    for k, j in enumerate(active):
        density = log_aggregate_posterior(line[:, None], mu[:, [j]], logvar[:, [j]]).exp()
        axis.plot(line.numpy(), density.numpy(), color="#3f90da", lw=1.2, label="" if k else "$q(z_j)$, one line each")
    axis.plot(line.numpy(), log_prior(line[:, None]).exp().numpy(), color="black", ls="--", lw=2.2, label="prior")
    axis.set_title(f"{len(active)} active of {mu.shape[1]} dimensions, each alone", fontsize=13)
    axis.set(xlabel="$z_j$", ylim=(0, None))
    axis.margins(y=0.25)
    axis.legend(frameon=False, fontsize=11, loc="upper right")


def _check_parts(parts: object) -> None:
    whole = isinstance(parts, dict) and parts and all(isinstance(own, dict) and own for own in parts.values())
    if not whole or not all(isinstance(both, RateParts) for own in parts.values() for both in own.values()):
        raise TypeError(f"parts: want a dict by model of dicts of RateParts by N, got {parts!r:.80}")
