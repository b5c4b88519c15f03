"""Diagrams of what flows through a model, drawn around a real image."""

from collections.abc import Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Polygon
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.encoding import encode_means
from vae_helpers.models import (
    VAE,
    AdversarialAutoencoder,
    Autoencoder,
    ConditionalVAE,
    RecurrentVAE,
    reparameterize,
)
from vae_helpers.models.priors import LearnedPrior
from vae_helpers.plots.images import _ink
from vae_helpers.plots.strokes import draw_strokes
from vae_helpers.sampled_priors import Prior
from vae_helpers.validation import check_fits

BLUE, ORANGE, RED = "#3f90da", "#ffa90e", "#bd1f01"
CONDITION = {"boxstyle": "round,pad=0.4", "fc": "#fbe3dc", "ec": "#bd1f01"}


@torch.no_grad()
def architectures(autoencoder: Autoencoder, vae: VAE, image: Tensor, seed: int = 0) -> Figure:
    """An autoencoder above a VAE, both with ``image``, (1, 28, 28), going in, its code, and what comes out.

    Args:
        autoencoder, vae: trained models with two latent dimensions.
        seed: for the VAE's draw of z.
    """
    fig, (upper, lower) = plt.subplots(2, 1, figsize=(11, 5.4))
    code = autoencoder.encode(image[None])
    _frame(upper, "Autoencoder", image, torch.sigmoid(autoencoder.decode(code))[0])
    plane = _plane(upper, "Latent space, enlarged: one point $z$")
    plane.plot(*code[0].tolist(), "o", color="black", ms=7)
    _zoom(plane, code[0], 0.5)
    _arrow(upper, 3.35, 4.75, "always the\nsame $z$")
    _arrow(upper, 6.45, 7.75, "$z$")

    mu, logvar = vae.encode(image[None])
    z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=Generator().manual_seed(seed)))
    _frame(lower, "Variational autoencoder", image, torch.sigmoid(vae.decode(z))[0])
    _cloud(lower, "Latent space, enlarged: a distribution $q(z|x)$", mu[0], logvar[0], z[0])
    _arrow(lower, 3.35, 4.75, "mean $\\mu(x)$\nvariance $\\sigma^2(x)$")
    _arrow(lower, 6.45, 7.75, "sampled\n$z \\sim q(z|x)$")
    fig.tight_layout(pad=0.3)
    return fig


@torch.no_grad()
def conditional_architecture(model: ConditionalVAE, image: Tensor, label: Tensor, seed: int = 0) -> Figure:
    """A conditional VAE with ``image``, (1, 28, 28), and its ``label``, (), going in: what is told the label.

    Of the latent space, two dimensions are drawn: q(z|x, c) and, dashed, two standard deviations of the prior (of a
    mixture as a whole). No arrow leads to a prior that is N(0, I) whatever the label. ``seed`` is for the draws of z.
    """
    fig, axis = plt.subplots(figsize=(11, 3.5))
    mu, logvar = model.encode(image[None], label[None])
    generator = Generator().manual_seed(seed)
    z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator))
    _frame(axis, "Conditional VAE", image, torch.sigmoid(model.decode(z, label[None]))[0])
    plane = _cloud(axis, "two dimensions of $q(z|x, c)$", mu[0, :2], logvar[0, :2], z[0, :2], y=1.0)
    c = F.one_hot(label.long().expand(10_000), model.conditions).to(mu)
    _dashed(plane, model.prior.sample(c, generator)[:, :2], mu[0, :2])
    learned = isinstance(model.prior, LearnedPrior)
    prior = "prior $p(z|c)$" if learned else r"prior $\mathcal{N}(0, I)$"
    axis.text(5.6, -1.03, prior, ha="center", va="center", color=RED)
    _arrow(axis, 3.35, 4.75, "mean, variance\ngiven $x$, $c$")
    _arrow(axis, 6.45, 7.75, "sampled\n$z \\sim q(z|x, c)$")
    axis.set_ylim(-2.35, 1.25)
    axis.text(5.6, -2.05, f"condition $c$: {label.item()}", ha="center", va="center", weight="bold", bbox=CONDITION)
    told = {"arrowstyle": "-|>", "color": RED, "lw": 1.8}
    for x, y, bend in (
        (2.6, -0.72, "angle,angleA=0,angleB=90"),
        (8.5, -0.72, "angle,angleA=0,angleB=90"),
        *([(5.6, -1.2, "arc3")] if learned else []),
    ):
        axis.annotate("", (x, y), (5.6, -2.05), arrowprops=told | {"connectionstyle": bend}, zorder=0)
    if learned:
        axis.text(5.72, -1.55, "in some models", fontsize=10, color=RED, va="center")
    fig.tight_layout(pad=0.3)
    return fig


def adversarial_architecture(model: AdversarialAutoencoder, images: Tensor, prior: Prior, seed: int = 0) -> Figure:
    """An adversarial autoencoder: the first of ``images``, (N, 1, 28, 28), goes through; below, who judges the codes.

    The two planes, of one scale, hold the codes of all images and as many draws of the prior, made with ``seed``; the
    black dot is the first image's code.
    """
    fig, axis = plt.subplots(figsize=(11, 4.3))
    codes = encode_means(model, images)[:, :2]
    decoded = model.decode(model.encode(images[:1])).detach()
    _frame(axis, "Adversarial autoencoder", images[0], torch.sigmoid(decoded)[0])
    axis.set_ylim(-3.1, 1.25)
    plane = _plane(axis, "codes of all images", y=1.0)
    below = axis.inset_axes([4.8, -2.65, 1.6, 1.6], transform=axis.transData)
    below.set(xticks=[], yticks=[])
    draws = prior.sample(len(images), Generator().manual_seed(seed))[:, :2]
    for inset, points, color in ((plane, codes, ORANGE), (below, draws, BLUE)):
        inset.plot(*points.T, ".", color=color, ms=2)
        _zoom(inset, torch.zeros(2), 4.5)
    plane.plot(*codes[0].tolist(), "o", color="black", ms=7)
    axis.text(4.65, -1.85, "draws of\nthe prior $p(z)$", ha="right", va="center")
    _arrow(axis, 3.35, 4.75, "$z$")
    _arrow(axis, 6.45, 7.75, "$z$")
    axis.add_patch(Polygon(((7.8, -1.1), (9.2, -1.5), (9.2, -2.2), (7.8, -2.6)), fc=RED, alpha=0.25, ec="black"))
    axis.text(8.5, -1.85, "Discriminator", ha="center", va="center", fontsize=9.5)
    axis.text(9.3, -1.85, "$D(z)$: a draw\nof the prior?", va="center")
    solid = {"arrowstyle": "-|>", "color": "black", "lw": 1.5}
    axis.annotate("", (7.75, -1.4), (6.45, -0.6), arrowprops=solid)
    axis.annotate("", (7.75, -1.85), (6.45, -1.85), arrowprops=solid)
    axis.plot([8.5, 8.5, 2.6, 2.6], [-2.45, -2.95, -2.95, -0.9], color=RED, ls="--", lw=1.8)
    axis.annotate("", (2.6, -0.72), (2.6, -0.95), arrowprops=solid | {"color": RED, "lw": 1.8})
    axis.text(2.45, -2.3, "the encoder learns\nto deceive it", ha="right", va="center", color=RED)
    fig.tight_layout(pad=0.3)
    return fig


@torch.no_grad()
def recurrent_architecture(model: RecurrentVAE, stroke: Tensor, seed: int = 0) -> Figure:
    """A recurrent VAE with ``stroke``, (T, 2), going in: a GRU reads it into one q(z|x), another writes it from z.

    Of the latent space, two dimensions are drawn. Above the writer, z goes to each step; red and dashed, each point to
    the next step. ``seed`` is for the draw of z; what is written are means.

    Raises:
        TypeError, ValueError: another model, or a stroke that is none.
    """
    if not isinstance(model, RecurrentVAE):
        raise TypeError(f"model: want a RecurrentVAE, got {type(model).__name__}")
    check_fits(Float[Tensor, "T 2"], stroke=stroke)
    fig, axis = plt.subplots(figsize=(11, 3.5))
    axis.set(xlim=(0, 11.1), ylim=(-1.7, 1.4), aspect="equal")
    axis.axis("off")
    axis.set_title("Variational recurrent autoencoder", loc="left", weight="bold")
    mu, logvar = model.encode(stroke[None])
    z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=Generator().manual_seed(seed)))
    last = len(stroke)
    _stroke(axis, 0.6, stroke, "stroke $x$")
    _stroke(axis, 10.5, model.write(z, points=last, temperature=0.0)[0], "written from $z$")
    _cloud(axis, "one $q(z|x)$ for the stroke" + ("" if model.latent_dim == 2 else ",\ntwo of its dimensions"),
           mu[0, :2], logvar[0, :2], z[0, :2])  # fmt: skip
    reader, writer = (1.55, 2.25, 2.95, 3.65), (7.1, 7.8, 8.5, 9.2)
    _steps(axis, reader, last, ORANGE)
    _steps(axis, writer, last, BLUE)
    axis.text(2.6, 0.55, "a GRU reads", ha="center", va="center")
    axis.text(2.6, -1.2, "the points, in order", ha="center", va="center")
    solid, told = {"arrowstyle": "-|>", "color": "black", "lw": 1.5}, {"arrowstyle": "-|>", "color": RED, "lw": 1.5}
    axis.annotate("", (4.75, 0), (3.95, 0), arrowprops=solid)
    axis.plot([6.4, 6.7, 6.7, writer[-1]], [0, 0, 0.75, 0.75], color="black", lw=1.5)
    axis.text(8.15, 0.98, "a GRU writes, told $z$ at each step", ha="center", va="center")
    for x, following in zip(writer, (*writer[1:], None), strict=True):
        axis.annotate("", (x, 0.25), (x, 0.78), arrowprops=solid)
        axis.annotate("", (x, -0.68), (x, -0.22), arrowprops=solid)
        if following:
            axis.annotate("", (following - 0.12, -0.22), (x + 0.12, -0.72), arrowprops=told | {"ls": "--"})
    for x in reader:
        axis.annotate("", (x, -0.22), (x, -0.68), arrowprops=solid)
    axis.text(8.15, -1.2, "a Gaussian for each point", ha="center", va="center")
    axis.text(8.15, -1.5, "the point before: shown, or hidden", ha="center", va="center", color=RED)
    fig.tight_layout(pad=0.3)
    return fig


def _stroke(axis: Axes, x: float, stroke: Tensor, caption: str) -> None:
    inset = axis.inset_axes([x - 0.6, -0.6, 1.2, 1.2], transform=axis.transData)
    draw_strokes(inset, stroke[None])
    axis.text(x, -0.95, caption, ha="center", va="center")


def _steps(axis: Axes, places: Sequence[float], last: int, color: str) -> None:
    """One network at the first two steps and the last, its state going from each to the next; below, their points."""
    for x, step in zip(places, ("1", "2", "", str(last)), strict=True):
        box = {"boxstyle": "round,pad=0.3", "fc": color, "alpha": 0.4, "ec": "black"}
        axis.text(
            x, 0, "GRU" if step else r"$\cdots$", ha="center", va="center", fontsize=9, bbox=box if step else None
        )
        axis.text(x, -0.85, f"$x_{step}$" if step else r"$\cdots$", ha="center", va="center")
    for left, right in pairwise(places):
        axis.annotate("", (right - 0.24, 0), (left + 0.24, 0), arrowprops={"arrowstyle": "-|>", "color": "black"})


def _frame(axis: Axes, title: str, image: Tensor, reconstruction: Tensor) -> None:
    """Input, encoder, decoder and output; the latent space comes between."""
    axis.set(xlim=(0, 11.1), ylim=(-1.45, 1.45), aspect="equal")
    axis.axis("off")
    axis.set_title(title, loc="left", weight="bold")
    _picture(axis, 0.7, image, "input data $x$")
    _picture(axis, 10.4, reconstruction, "reconstructed data $\\hat x$")
    for left, right, name, shape, color in (
        (1.9, 3.3, "Encoder", ((1.9, 1), (3.3, 0.45), (3.3, -0.45), (1.9, -1)), ORANGE),
        (7.8, 9.2, "Decoder", ((7.8, 0.45), (9.2, 1), (9.2, -1), (7.8, -0.45)), BLUE),
    ):
        axis.add_patch(Polygon(shape, fc=color, alpha=0.4, ec="black"))
        axis.text((left + right) / 2, 0, name, ha="center", va="center")
    _arrow(axis, 1.35, 1.85)
    _arrow(axis, 9.25, 9.75)


def _picture(axis: Axes, x: float, image: Tensor, caption: str) -> None:
    inset = axis.inset_axes([x - 0.6, -0.6, 1.2, 1.2], transform=axis.transData)
    inset.imshow(_ink(image[0]), cmap="gray", vmin=0, vmax=1)
    inset.set(xticks=[], yticks=[])
    axis.text(x, -0.95, caption, ha="center", va="center")


def _plane(axis: Axes, caption: str, y: float = -1.15) -> Axes:
    inset = axis.inset_axes([4.8, -0.8, 1.6, 1.6], transform=axis.transData)
    inset.set(xticks=[], yticks=[])
    axis.text(5.6, y, caption, ha="center", va="center")
    return inset


def _cloud(axis: Axes, caption: str, mu: Tensor, logvar: Tensor, z: Tensor, y: float = -1.15) -> Axes:
    """A plane with a Gaussian's mean, its ellipses of one and two standard deviations, and a draw; each (2,)."""
    plane, sigma = _plane(axis, caption, y), torch.exp(0.5 * logvar)
    for scale in (2, 4):  # one and two standard deviations to either side
        plane.add_patch(Ellipse(mu.tolist(), *(scale * sigma).tolist(), fc=BLUE, alpha=0.3, ec="black"))
    plane.plot(*mu.tolist(), "+", color="black", ms=10)
    plane.plot(*z.tolist(), "o", color="black", ms=7)
    _zoom(plane, mu, 2.6 * sigma.max().item())
    return plane


def _dashed(plane: Axes, draws: Tensor, mu: Tensor) -> None:
    """Two standard deviations of a distribution, by the mean and covariance of its draws, (N, 2); ``mu`` is in view."""
    mean = draws.mean(dim=0)
    variances, directions = torch.linalg.eigh(draws.T.cov())
    angle = torch.rad2deg(torch.atan2(directions[1, 0], directions[0, 0])).item()
    axes = (4 * variances.sqrt()).tolist()  # two standard deviations to either side
    plane.add_patch(Ellipse(mean.tolist(), *axes, angle=angle, fc="none", ec=RED, ls="--", lw=1.8))
    _zoom(plane, mean, max(0.55 * max(axes), 1.2 * (mu - mean).abs().max().item()))


def _zoom(plane: Axes, centre: Tensor, reach: float) -> None:
    x, y = centre.tolist()
    plane.set(xlim=(x - reach, x + reach), ylim=(y - reach, y + reach))


def _arrow(axis: Axes, start: float, stop: float, label: str = "") -> None:
    axis.annotate("", (stop, 0), (start, 0), arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.5})
    axis.text((start + stop) / 2, 0.12, label, ha="center", va="bottom", fontsize=9)
