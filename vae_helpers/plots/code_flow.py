"""Snapshots of a training: codes and draws of the prior, over the discriminator's D(z)."""

import matplotlib.pyplot as plt
import torch
from jaxtyping import Integer
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.code_flow import Flow, check_flow
from vae_helpers.plots.colors import colors_of
from vae_helpers.validation import check_fits, check_positive, is_whole

TELLS = LinearSegmentedColormap.from_list("D", ["#f0963c", "white", "#5091cd"])  # as in code_flow.js


def code_flow(flow: Flow, labels: Integer[Tensor, " N"], snapshots: tuple[int, ...], limit: float = 4.0) -> Figure:
    """A panel for each snapshot: codes coloured by digit, the prior's draws in grey, D(z) as ground, white at 0.5.

    Args:
        flow: of one training.
        labels: of the images that the codes are of.
        snapshots: which ones, by their places from 0.
        limit: of the plane, in both directions.

    Raises:
        TypeError: no :class:`vae_helpers.code_flow.Flow`.
        ValueError: another number of labels than of codes, a class without a colour, no snapshot or one that is not
            there, or a limit that is not > 0.
    """
    check_flow(flow)
    check_fits(Integer[Tensor, f"{flow.codes.shape[1]}"], labels=labels)
    check_positive(limit=limit)
    if not snapshots or not all(is_whole(k, 0) and k < len(flow.steps) for k in snapshots):
        raise ValueError(f"snapshots: want some of 0 to {len(flow.steps) - 1}, got {snapshots!r}")
    line = torch.linspace(-limit, limit, 64)
    grid = torch.cartesian_prod(line, line)
    shape = {"figsize": (2.7 * len(snapshots) + 0.8, 3.2), "layout": "constrained"}
    fig, panels = plt.subplots(1, len(snapshots), sharey=True, squeeze=False, **shape)
    colors = colors_of(labels)
    for axis, k in zip(panels[0], snapshots, strict=True):
        with torch.no_grad():
            d = torch.sigmoid(flow.discriminator(k)(grid)).reshape(64, 64).T
        levels = torch.linspace(0, 1, 21).numpy()  # steps: a smooth ground would make the notebook's file large
        mesh = axis.contourf(line.numpy(), line.numpy(), d.numpy(), levels=levels, cmap=TELLS)
        axis.scatter(*flow.draws.T.numpy(), s=3, color="0.45", linewidths=0)
        axis.scatter(*flow.codes[k].T.numpy(), s=9, color=colors, edgecolors="white", linewidths=0.3)
        axis.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
        axis.set_title(f"step {flow.steps[k]:,}", fontsize=12)
        axis.set_xlabel("$z_1$", fontsize=11)
    panels[0][0].set_ylabel("$z_2$", fontsize=11)
    fig.colorbar(mesh, ax=panels[0], label="D(z)", shrink=0.85)
    return fig
