"""The game with a discriminator: what the best one says and loses, its loss step by step, and gradients that vanish."""

import math
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.history import History
from vae_helpers.plots.curves import LINE_STYLES

WINDOW = 20  # steps that a curve of losses averages over


def best_discriminators(z: Tensor, p: Tensor, games: dict[str, tuple[Tensor, Tensor]]) -> Figure:
    """A column a game: the densities p and q over the best discriminator D*; all of shape (T,), as z.

    Args:
        games: title -> (q, D*).

    Raises:
        TypeError: no dict, or an empty one.
    """
    _check_named(games=games)
    fig, axes = plt.subplots(
        2, len(games), figsize=(3.6 * len(games), 3.6), sharex=True, sharey="row", squeeze=False, layout="constrained"
    )
    for (title, (q, best)), (top, below) in zip(games.items(), axes.T, strict=True):
        top.plot(z, p, **LINE_STYLES[1], lw=2, label="p, the prior")
        top.plot(z, q, **LINE_STYLES[2], lw=2, label="q, the codes")
        top.set_title(title)
        below.axhline(0.5, color="0.6", lw=1)
        below.plot(z, best, color="black", lw=2)
        below.set(xlabel="z", ylim=(-0.05, 1.05), yticks=[0, 0.5, 1])
    axes[0, 0].set(ylabel="density", ylim=(0, None))
    axes[1, 0].set_ylabel("D*(z)")
    axes[0, 0].legend(frameon=False, loc="upper right", handlelength=1.5, borderaxespad=0)
    return fig


def game_losses(losses: dict[str, list[Tensor]], history: History | None = None) -> Figure:
    """A discriminator's loss step by step, its mean over 20 steps, beside ln 2; training's reconstruction at the right.

    Args:
        losses: name -> its runs, each (steps,).
        history: of the only run, if the reconstruction is to be shown.

    Raises:
        TypeError: no dict, or an empty one.
        ValueError: more names than line styles, or a run of fewer than 20 steps.
    """
    _check_named(len(LINE_STYLES), losses=losses)
    if shortest := [name for name, runs in losses.items() if min(map(len, runs), default=0) < WINDOW]:
        raise ValueError(f"losses[{shortest[0]!r}]: want runs of at least {WINDOW} steps")
    fig, axes = plt.subplots(1, 1 + bool(history), figsize=(10, 3), squeeze=False, layout="constrained")
    axis = axes[0, 0]
    for (name, runs), style in zip(losses.items(), LINE_STYLES, strict=False):
        for k, run in enumerate(runs):
            smooth = torch.as_tensor(run).unfold(0, WINDOW, 1).mean(dim=1)
            axis.plot(torch.arange(WINDOW, len(run) + 1), smooth, **style, lw=1.8, label=name if k == 0 else None)
    _mark_ln_2(axis)
    axis.set(xlabel="step", ylabel=f"D's loss, nats\n(mean of {WINDOW} steps)", ylim=(0, None))
    if len(losses) > 1:
        axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    if history:
        axes[0, 1].plot(history["epoch"], history["train_reconstruction"], "o-", color="black", lw=1.8)
        axes[0, 1].set(xlabel="epoch", ylabel="reconstruction, nats per image", ylim=(0, None))
        axes[0, 1].xaxis.get_major_locator().set_params(integer=True)
        axes[0, 1].grid(alpha=0.3)
    return fig


def saturation(logits: Tensor, gradients: dict[str, Tensor], walks: dict[str, Tensor]) -> Figure:
    """How hard each loss pulls, by the discriminator's logit; and how far codes still are from the prior, step by step.

    Args:
        gradients: loss -> the size of its derivative by the logit, (T,), as ``logits``.
        walks: name -> distances, (runs, steps).

    Raises:
        TypeError: no dict, or an empty one.
        ValueError: more names than line styles.
    """
    _check_named(len(LINE_STYLES) - 1, gradients=gradients, walks=walks)
    fig, (left, right) = plt.subplots(1, 2, figsize=(12, 3.2), layout="constrained", width_ratios=[3, 4])
    for (name, values), style in zip(gradients.items(), LINE_STYLES[1:], strict=False):
        left.plot(logits, values, **style, lw=2, label=name)
    left.set(xlabel="D's logit at a code", ylabel="size of the gradient")
    left.legend(frameon=False, loc="center right")
    for (name, runs), style in zip(walks.items(), LINE_STYLES[1:], strict=False):
        for k, run in enumerate(runs):
            right.plot(range(1, len(run) + 1), run, **style, lw=1.6, label=name if k == 0 else None)
    right.set(xlabel="step", ylabel="distance of the codes' mean\nfrom the prior's", ylim=(0, None))
    right.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    for axis in (left, right):
        axis.grid(alpha=0.3)
    return fig


def _check_named(most: int | None = None, **lines: dict[str, Any]) -> None:
    for argument, named in lines.items():
        if not isinstance(named, dict) or not named:
            raise TypeError(f"{argument}: want a dict by names, got {named!r:.60}")
        if most is not None and len(named) > most:
            raise ValueError(f"{argument}: want at most {most}, got {len(named)}")


def _mark_ln_2(axis: Axes) -> None:
    axis.axhline(math.log(2), color="#c75000", lw=1.2)
    axis.annotate("ln 2", (1, math.log(2)), (-4, 4), xycoords=axis.get_yaxis_transform(), textcoords="offset points",
                  ha="right", color="#c75000")  # fmt: skip
    axis.grid(alpha=0.3)
