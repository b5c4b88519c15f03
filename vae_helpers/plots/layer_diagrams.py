"""How a hierarchical VAE draws an image, and how it reads one: bottom-up, or as a ladder."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.plots.diagrams import BLUE, ORANGE
from vae_helpers.plots.images import _ink
from vae_helpers.validation import check_fits, check_one_of

TITLES = {
    "generate": "Generating: top-down",
    "bottom-up": "Inference, bottom-up",
    "ladder": "Inference, as a ladder",
}
HEIGHTS = {"x": 0.6, "z1": 2.1, "z2": 3.6}


def layer_diagrams(image: Float[Tensor, "1 28 28"], kinds: Sequence[str] = ("generate", "bottom-up")) -> Figure:
    """A diagram for each of ``kinds``, "generate", "bottom-up" or "ladder": what is drawn given what, in two layers.

    Blue is what generates, p; orange what infers, q. ``image`` is shown as x.

    Raises:
        TypeError, ValueError: no such image, no kinds, or others.
    """
    check_fits(Float[Tensor, "1 28 28"], image=image)
    if not kinds:
        raise ValueError("kinds: want at least one, got none")
    for kind in kinds:
        check_one_of(tuple(TITLES), kinds=kind)
    fig, axes = plt.subplots(1, len(kinds), figsize=(5.2 * len(kinds), 4.0), squeeze=False)
    for axis, kind in zip(axes[0], kinds, strict=True):
        axis.set(xlim=(0, 5.6), ylim=(-0.1, 4.6), aspect="equal")
        axis.axis("off")
        axis.text(0.3, 4.4, TITLES[kind], weight="bold", fontsize=13, va="center")
        DRAW[kind](axis)
        inset = axis.inset_axes([X_OF[kind] - 0.6, 0, 1.2, 1.2], transform=axis.transData)
        inset.imshow(_ink(image[0]), cmap="gray", vmin=0, vmax=1)
        inset.set(xticks=[], yticks=[])
        axis.text(X_OF[kind] - 0.75, HEIGHTS["x"], "$x$", ha="right", va="center", fontsize=13)
    fig.tight_layout(pad=0.4)
    return fig


def _generate(axis: Axes) -> None:
    _latent(axis, 2.0, "z2")
    _latent(axis, 2.0, "z1")
    _say(axis, 2.5, HEIGHTS["z2"], r"from the prior $p(z_2)=\mathcal{N}(0, I)$")
    _arrow(axis, (2.0, 3.25), (2.0, 2.45), BLUE, "$p(z_1|z_2)$: a network\nreads it off $z_2$")
    _arrow(axis, (2.0, 1.75), (2.0, 1.25), BLUE, "$p(x|z_1)$: the decoder")


def _bottom_up(axis: Axes) -> None:
    _latent(axis, 2.0, "z2")
    _latent(axis, 2.0, "z1")
    _arrow(axis, (2.0, 1.25), (2.0, 1.75), ORANGE, "$q(z_1|x)$; draw $z_1$")
    _arrow(axis, (2.0, 2.45), (2.0, 3.25), ORANGE, "$q(z_2|z_1)$, from that\ndraw; draw $z_2$")


def _ladder(axis: Axes) -> None:
    for name, height in (("net 1", HEIGHTS["z1"]), ("net 2", HEIGHTS["z2"])):
        box = {"boxstyle": "round,pad=0.4", "fc": ORANGE, "alpha": 0.4, "ec": "black"}
        axis.text(1.1, height, name, ha="center", va="center", fontsize=11, bbox=box)
    _latent(axis, 3.6, "z2")
    _latent(axis, 3.6, "z1")
    _arrow(axis, (1.1, 1.25), (1.1, 1.75), ORANGE)
    _arrow(axis, (1.1, 2.45), (1.1, 3.25), ORANGE, "no draw")
    _arrow(axis, (1.6, 3.6), (3.2, 3.6), ORANGE)
    axis.text(2.4, 3.72, "$q(z_2|x)$", ha="center", va="bottom", fontsize=11)
    _arrow(axis, (3.6, 3.25), (3.6, 2.45), BLUE, "$p(z_1|z_2)$")
    _arrow(axis, (1.6, 2.1), (3.2, 2.1), ORANGE)
    axis.text(2.4, 1.98, "what $x$\nsays of $z_1$", ha="center", va="top", fontsize=11)
    axis.text(3.6, 1.6, "merged:\n$q(z_1|x, z_2)$", ha="center", va="top", fontsize=11)


X_OF = {"generate": 2.0, "bottom-up": 2.0, "ladder": 1.1}
DRAW = {"generate": _generate, "bottom-up": _bottom_up, "ladder": _ladder}


def _latent(axis: Axes, x: float, name: str) -> None:
    box = {"boxstyle": "circle,pad=0.3", "fc": "white", "ec": "black"}
    axis.text(x, HEIGHTS[name], f"$z_{name[1]}$", ha="center", va="center", fontsize=13, bbox=box)


def _arrow(axis: Axes, start: tuple[float, float], stop: tuple[float, float], color: str, label: str = "") -> None:
    axis.annotate("", stop, start, arrowprops={"arrowstyle": "-|>", "color": color, "lw": 2.5})
    _say(axis, start[0] + 0.2, (start[1] + stop[1]) / 2, label)


def _say(axis: Axes, x: float, y: float, text: str) -> None:
    axis.text(x, y, text, ha="left", va="center", fontsize=11)
