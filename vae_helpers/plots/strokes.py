"""Pictures of pen strokes: the line gets darker as the pen goes on, and a dot marks where it began."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.validation import check_finite, check_fits, check_positive, check_whole

PITCH = 1.4  # from one stroke's square, of side 1, to the next one's
TITLE = 0.35  # more from row to row, where titles stand above the strokes
PALEST = 0.4  # the share of its colour that a line has at its start
PIECES = 4  # of a line from point to point, so that the colour changes smoothly
INK = "#1b1b1b"


def show_strokes(
    strokes: Float[Tensor, "N T 2"],
    *,
    columns: int = 10,
    titles: Sequence[str] = (),
    colors: str | Sequence[str] = INK,
    size: float = 1.1,
) -> Figure:
    """Strokes (N, T, 2) in rows of ``columns``, as a new figure; ``size`` is a cell's, in inches.

    The other arguments and the errors are as of :func:`draw_strokes`.
    """
    check_positive(size=size)
    check_whole(1, columns=columns)
    _check_strokes(strokes)
    columns = min(int(columns), len(strokes))
    rows = -(-len(strokes) // columns)
    row_height = 1 + TITLE / PITCH * bool(len(titles))
    fig, axis = plt.subplots(figsize=(size * columns, size * rows * row_height))
    draw_strokes(axis, strokes, columns=columns, titles=titles, colors=colors)
    fig.subplots_adjust(left=0, right=1, bottom=0, top=1)
    return fig


def draw_strokes(
    axis: Axes,
    strokes: Float[Tensor, "N T 2"],
    *,
    columns: int = 10,
    titles: Sequence[str] = (),
    colors: str | Sequence[str] = INK,
    width: float = 2.0,
) -> None:
    """Strokes (N, T, 2) in rows of ``columns`` on one axis, each in a square of side 1, y upwards.

    The order of the points is visible: a dot marks the first, and the line gets darker from there to the last. Stroke k
    has its lower left corner at x = 1.4 (k modulo ``columns``); its row's at y = 0, then downwards. Each is drawn as it
    is, also where it leaves the square of [0, 1]. Called twice, it draws over what is there: a stroke and its copy.

    Args:
        axis: of matplotlib; its ticks and frame are taken away, and x and y have one scale.
        strokes: x and y of T >= 1 points.
        columns: strokes a row.
        titles: one above each of the first strokes.
        colors: one for all, or one for each stroke.
        width: of the line, in points.

    Raises:
        TypeError, ValueError: no such strokes, none at all, NaN; more titles than strokes; not a colour for each.
    """
    check_whole(1, columns=columns)
    check_positive(width=width)
    _check_strokes(strokes)
    columns, titles = min(int(columns), len(strokes)), list(titles)
    colors = [colors] * len(strokes) if isinstance(colors, str) else list(colors)
    if len(titles) > len(strokes):
        raise ValueError(f"titles: want at most one for each of {len(strokes)} strokes, got {len(titles)}")
    if len(colors) != len(strokes):
        raise ValueError(f"colors: want one, or one for each of {len(strokes)} strokes, got {len(colors)}")
    above = TITLE * bool(titles)
    lower_left = corners(len(strokes), columns, above)
    points = strokes.detach().cpu().double().numpy() + lower_left[:, None]
    pieces = np.concatenate([_pieces(stroke) for stroke in points])
    shades = np.concatenate([_shades(color, len(pieces) // len(points)) for color in colors])
    axis.add_collection(LineCollection(pieces, colors=shades, linewidths=width, capstyle="round"), autolim=False)
    axis.scatter(*points[:, 0].T, s=(3 * width) ** 2, color=colors, linewidths=0, zorder=3)
    for (x, y), title in zip(lower_left, titles, strict=False):
        axis.text(x + 0.5, y + 1.2, title, ha="center", va="bottom", fontsize=12)
    half = (PITCH - 1) / 2
    right, bottom = lower_left[:, 0].max() + 1 + half, lower_left[:, 1].min() - half
    axis.set(xlim=(-half, right), ylim=(bottom, 1 + half + above), aspect="equal", xticks=[], yticks=[])
    axis.spines[:].set_visible(False)


def corners(n: int, columns: int, above: float = 0.0) -> np.ndarray:
    """The lower left corner of each of ``n`` strokes' squares, (n, 2), with so much room above each row.

    >>> corners(3, columns=2).tolist()
    [[0.0, -0.0], [1.4, -0.0], [0.0, -1.4]]
    """
    return np.array([(PITCH * (k % columns), -(PITCH + above) * (k // columns)) for k in range(n)])


def _check_strokes(strokes: Tensor) -> None:
    check_fits(Float[Tensor, "N T 2"], strokes=strokes)
    if 0 in strokes.shape:
        raise ValueError(f"strokes: want at least one, of at least one point, got shape {tuple(strokes.shape)}")
    check_finite(strokes=strokes)


def _pieces(points: np.ndarray) -> np.ndarray:
    """A line (T, 2) as short straight pieces, (pieces, 2, 2): their two ends."""
    times = np.linspace(0, len(points) - 1, PIECES * (len(points) - 1) + 1)
    fine = np.stack([np.interp(times, np.arange(len(points)), place) for place in points.T], axis=1)
    return np.stack([fine[:-1], fine[1:]], axis=1)


def _shades(color: str, n: int) -> np.ndarray:
    """From a pale ``color`` to the full one, (n, 3): mixed with white, so that what lies beneath is covered."""
    share = np.linspace(PALEST, 1, n)[:, None]
    return share * np.array(to_rgb(color)) + (1 - share)
