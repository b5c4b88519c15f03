"""The walk between two strokes' codes, and what decoders make of another stroke's z."""

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.plots.strokes import INK, draw_strokes
from vae_helpers.validation import check_fits

READ, TOLD, GIVEN = "#b5b5b5", "#0b5fa5", "#c8500a"  # as in moving_pen.js


def pen_walk(
    walks: dict[str, tuple[Float[Tensor, "N T 2"], Float[Tensor, "N T 2"]]],
    ends: Float[Tensor, "2 T 2"],
    other: Float[Tensor, "T 2"],
) -> Figure:
    """Two rows for each model: the strokes of a walk, and the points expected where another stroke's z is told.

    Args:
        walks: by the models' names, the N strokes written along the walk, and of each of their points where the model
            expects it after the points before, told the z of ``other``. Grey is read, blue is expected.
        ends: the strokes whose codes the walk leads from and to; they stand beside it, brown.
        other: the stroke whose z is told; it stands beside the second row, brown too.

    Raises:
        TypeError, ValueError: no walks, or strokes of other shapes.
    """
    if not isinstance(walks, dict) or not walks:
        raise TypeError(f"walks: want a dict of two tensors by each model's name, got {walks!r:.60}")
    check_fits(Float[Tensor, "2 T 2"], ends=ends)
    points = ends.shape[1]
    check_fits(Float[Tensor, f"{points} 2"], other=other)
    count = len(next(iter(walks.values()))[0])
    for name, pair in walks.items():
        for what, strokes in zip(("written", "expected"), pair, strict=True):
            check_fits(Float[Tensor, f"{count} {points} 2"], **{f"{name}: {what}": strokes})
    heights = [1.25, *[1] * (2 * len(walks) - 1)]  # the first row has titles, and one scale with the others
    fig, rows = plt.subplots(
        2 * len(walks), 1, figsize=(9.4, 2.45 * len(walks)), layout="constrained", height_ratios=heights
    )
    titles = ["given", *(f"t = {k / max(1, count - 1):.2f}" for k in range(count)), "given"]
    for k, (name, (written, expected)) in enumerate(walks.items()):
        own, shuffled = rows[2 * k : 2 * k + 2]
        walk = torch.cat([ends[:1], written, ends[1:]])
        colors = [GIVEN, *[INK] * count, GIVEN]
        draw_strokes(own, walk, columns=count + 2, colors=colors, titles=titles if k == 0 else ())
        draw_strokes(
            shuffled, torch.cat([other[None], written]), columns=count + 1, colors=["white", *[READ] * count], width=3.5
        )
        colors = [GIVEN, *[TOLD] * count]
        draw_strokes(shuffled, torch.cat([other[None], expected]), columns=count + 1, colors=colors)
        shuffled.set_xlim(own.get_xlim())
        own.set_ylabel(f"{name}:\nits own z", fontsize=12)
        shuffled.set_ylabel(f"{name}:\nanother's z", fontsize=12)
    return fig
