"""Pictures of the ELBO: its gap, the posteriors behind it, and the plane on which its two terms trade."""

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from torch import Tensor

from vae_helpers.evaluation import Terms
from vae_helpers.plots.images import _ink

BLUE, ORANGE = "#0b5fa5", "#c75000"


def log_weights(weights: dict[str, Tensor], log_marginal: float) -> Figure:
    """Histograms of log p(x, z) - log q(z|x), each (K,), one below the other; log p(x) is the line through all.

    A triangle marks the mean of each, which estimates the ELBO.
    """
    fig, axes = plt.subplots(len(weights), 1, figsize=(8, 1.3 * len(weights) + 0.5), sharex=True, squeeze=False)
    low, high = min(v.min().item() for v in weights.values()), log_marginal + 6
    for axis, (name, values) in zip(axes[:, 0], weights.items(), strict=True):
        axis.hist(values.numpy(), bins=80, range=(low, high), color="0.6")
        axis.axvline(log_marginal, color=BLUE, lw=2, label="log p(x)")
        axis.plot(values.mean().item(), 0, "^", color=ORANGE, ms=11, clip_on=False, zorder=5, label="mean: the ELBO")
        axis.set(yticks=[], ylabel="")
        axis.text(0.01, 0.85, name, transform=axis.transAxes, va="top", weight="bold")
        if values.max() - values.min() < (high - low) / 80:  # one bar, which is easily overlooked
            place = {"xy": (values[0].item(), 0.5), "xycoords": axis.get_xaxis_transform(), "va": "center"}
            place |= {"xytext": (-40, 0), "textcoords": "offset points", "ha": "right"}
            axis.annotate(f"all {len(values):,} draws lie here", **place, arrowprops={"arrowstyle": "->"})
    axes[0, 0].legend(frameon=False, loc="upper center", ncol=2)
    axes[-1, 0].set_xlabel("log p(x, z) $-$ log q(z|x) of single draws, nats")
    fig.tight_layout()
    return fig


def gap(position: Tensor, elbo: Tensor, log_marginal: float, xlabel: str) -> Figure:
    """The ELBO (T,) by the position (T,) of q, under the level of log p(x); the gap between them is shaded."""
    fig, axis = plt.subplots(figsize=(7, 3))
    axis.axhline(log_marginal, color=BLUE, lw=2, label="log p(x)")
    axis.plot(position, elbo, color="black", label="ELBO")
    axis.fill_between(position, elbo, log_marginal, color="#ffc766", label="gap: KL(q(z|x) || p(z|x))")
    axis.set(xlabel=xlabel, ylabel="nats")
    axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.tight_layout()
    return fig


def posteriors(images: Tensor, log_posteriors: Tensor, limit: float, qs: dict[str, tuple[Tensor, Tensor]]) -> Figure:
    """For each image the true posterior on a square grid, enlarged, under ellipses of Gaussians.

    Args:
        images: (N, 1, 28, 28).
        log_posteriors: (N, side * side), on a grid from -limit to limit, row by row from the lower left.
        qs: means and standard deviations, each (N, 2), by the name of the Gaussian; up to two.
    """
    side = round(log_posteriors.shape[1] ** 0.5)
    fig, axes = plt.subplots(2, len(images), figsize=(2.1 * len(images), 3.3), height_ratios=[1, 2.1], squeeze=False)
    for k, (upper, lower) in enumerate(axes.T):
        upper.imshow(_ink(images[k, 0]), cmap="gray", vmin=0, vmax=1)
        upper.axis("off")
        density = (log_posteriors[k] - log_posteriors[k].max()).exp().view(side, side)
        lower.imshow(
            density.numpy(), origin="lower", extent=(-limit, limit) * 2, cmap="Greys", interpolation="bilinear"
        )
        for (name, (mu, sigma)), (color, style) in zip(qs.items(), ((ORANGE, "--"), (BLUE, "-")), strict=False):
            size = (4 * sigma[k]).tolist()
            lower.add_patch(Ellipse(mu[k].tolist(), *size, fill=False, ec=color, ls=style, lw=1.8, label=name))
        ends = [mu[k] + sign * 2 * sigma[k] for mu, sigma in qs.values() for sign in (-1, 1)]
        _zoom(lower, density, limit, torch.stack(ends))
    axes[1, 0].set_ylabel("$z_2$")
    axes[1, len(images) // 2].set_xlabel("$z_1$   (grey: true posterior; ellipses: two standard deviations)")
    axes[1, -1].legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    fig.tight_layout(pad=0.3)
    return fig


def rate_distortion(terms: dict[float, Terms]) -> Figure:
    """Trained models by their beta on the plane of KL (rate) and reconstruction (distortion), nats per image.

    Dotted lines hold points of one negative ELBO.
    """
    rates, distortions = zip(*((t.kl, t.reconstruction) for t in terms.values()), strict=True)
    fig, axis = plt.subplots(figsize=(6.5, 4.2))
    right, top = 1.2 * max(rates), max(distortions) + 12
    bottom = min(distortions) - 8
    for total in range(20 * int(bottom // 20), int(top + right), 20):
        axis.plot([0, right], [total, total - right], ":", color="0.45", lw=1, zorder=0)
        if bottom < total < top:  # named where it begins, inside the plane
            box = {"fc": "white", "ec": "none", "pad": 0.5}
            place = (0.3 * right, total - 0.3 * right)
            axis.annotate(f"{total}", place, color="0.25", fontsize=10, ha="center", va="center", bbox=box, zorder=1)
    axis.set_title("dotted: equal −ELBO, in nats", fontsize=10, color="0.25", loc="right")
    axis.plot(rates, distortions, "o-", color="black", ms=5, lw=1)
    for (beta, _), x, y in zip(terms.items(), rates, distortions, strict=True):
        shift = (6, 8) if x > 0.5 or beta < 100 else (9, -9)  # the collapsed ones lie on one point
        axis.annotate(f"β = {beta:g}", (x, y), xytext=shift, textcoords="offset points", va="center")
    axis.set(xlim=(-0.02 * right, right), ylim=(bottom, top))
    axis.set(xlabel="rate: KL, nats per image", ylabel="distortion: reconstruction, nats per image")
    fig.tight_layout()
    return fig


def _zoom(axis: Axes, density: Tensor, limit: float, points: Tensor) -> None:
    """A square that holds what can be seen of the density, and the points (M, 2)."""
    side = len(density)
    at = torch.linspace(-limit, limit, side)
    rows, columns = (density > 0.02).nonzero().T
    x, y = torch.cat([at[columns], points[:, 0]]), torch.cat([at[rows], points[:, 1]])
    reach = 0.6 * max((x.max() - x.min()).item(), (y.max() - y.min()).item(), 0.3)
    x, y = ((v.max() + v.min()).item() / 2 for v in (x, y))
    axis.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach))
    axis.locator_params(axis="x", nbins=2)
    axis.locator_params(axis="y", nbins=3)
    axis.tick_params(labelsize=11)
