"""Two exact layers of latents: how they hang together, and what each costs, by the dial a."""

import math

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vae_helpers.linear_hierarchy import factorised_gap, mean_layer_kls, z2_given_x
from vae_helpers.validation import check_positive, is_number

DIALS = (0.0, 0.9)  # of the two planes
LIMIT = 3.2
TOP, BOTTOM = "#ffa90e", "#3f90da"  # of the layers, as in plots.hierarchy: z_2 is hatched, too
POSTERIOR, SEEN = "#0b5fa5", "#a33e00"


def layer_dial(x: float = 2.0, s: float = 0.6) -> Figure:
    """Prior and posterior of (z2, z1) at a = 0 and at a = 0.9, and by a what each layer costs, the mean over all x.

    Args:
        x: the number that is seen in the planes.
        s: its standard deviation around z1.

    Raises:
        ValueError: x is no number, or s not above 0.
    """
    check_positive(s=s)
    if not is_number(x):
        raise ValueError(f"x: want a number, got {x!r}")
    shape = {"figsize": (11.5, 3.9), "width_ratios": (1, 1, 1.35), "layout": "constrained"}
    fig, (*planes, bars) = plt.subplots(1, 3, **shape)
    for axis, a in zip(planes, DIALS, strict=True):
        _draw_plane(axis, float(x), a, s)
    handles, names = planes[0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside lower left", ncols=3, frameon=False, fontsize=10)
    _draw_costs(bars, s)
    return fig


def _draw_plane(axis: Axes, x: float, a: float, s: float) -> None:
    variance = 1 + s**2
    q = z2_given_x(torch.tensor([x], dtype=torch.float64), a, s)
    for radius in (1, 2):
        label = None if radius == 2 else "prior, 1 and 2 sd"
        axis.plot(*_ellipse((0, 0), 1, 1, a, radius), color="0.35", ls="--", lw=1.6, label=label)
        spread, link = q.stddev.item(), a * s**2 / variance
        place = (q.mean.item(), x / variance)
        ring = _ellipse(place, spread, s / math.sqrt(variance), link / (spread * s / math.sqrt(variance)), radius)
        axis.fill(*ring, color=POSTERIOR, alpha=0.3, label=None if radius == 2 else "posterior, given x")
    axis.axhline(x, color=SEEN, lw=2, label=f"the x that is seen, {x:g}")
    axis.set_title(f"a = {a:g}", fontsize=12)
    axis.set_xlabel("$z_2$", fontsize=12)
    axis.set_ylabel("$z_1$", fontsize=12)
    axis.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal")
    axis.grid(alpha=0.3)


def _ellipse(middle: tuple[float, float], sd2: float, sd1: float, rho: float, radius: float) -> tuple:
    """(z2, z1) at so many standard deviations of a Gaussian with these standard deviations and this correlation."""
    angle = torch.linspace(0, 2 * math.pi, 200)
    across, along = radius * angle.cos(), radius * angle.sin()
    z1 = middle[1] + sd1 * (rho * across + math.sqrt(1 - rho**2) * along)
    return middle[0] + sd2 * across, z1


def _draw_costs(axis: Axes, s: float) -> None:
    grid = [k / 200 for k in range(199)]  # up to 0.99
    bottom, top = zip(*(mean_layer_kls(a, s) for a in grid), strict=True)
    total = bottom[0] + top[0]
    areas = axis.stackplot(grid, top, bottom, colors=(TOP, BOTTOM), labels=("$z_2$ costs", "$z_1$ costs"))
    areas[0].set(hatch="//", edgecolor="white", linewidth=0)
    axis.plot(grid, [total] * len(grid), color="k", lw=2, label="both")
    gaps = [factorised_gap(a, s) for a in grid]
    axis.plot(grid, gaps, color=SEEN, ls="--", lw=2.2, label="lacking without a link in $q$")
    axis.set_xlabel("$a$", fontsize=12)
    axis.set_ylabel("nats, mean over $x$", fontsize=11)
    axis.set_title(f"the dial moves nats between layers (s = {s:g})", fontsize=12)
    axis.set(xlim=(0, grid[-1]), ylim=(0, 1.65 * max(total, gaps[-1] / 1.3)))
    axis.legend(loc="upper left", ncols=2, frameon=False, fontsize=10)
