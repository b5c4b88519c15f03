"""Pictures of the scores of samples: who fools which, and how far drawn images lie from training images."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.plots.images import _ink, _pictures
from vae_helpers.sample_scores import SampleScores
from vae_helpers.validation import check_finite, check_fits, check_some, check_whole

FOOLED = "#ffa90e"
ORDINARY = "#3f90da"
WIDTH = 112  # pixels of an image's row from score to score
COLUMNS = {  # title, format of mean and spread, and whether more is better
    "holes": ("holes", "{:.2f} ± {:.2f}", False),
    "imbalance": ("imbalance", "{:.2f} ± {:.2f}", False),
    "frechet": ("Fréchet", "{:.0f} ± {:.0f}", False),
    "precision": ("precision", "{:.2f} ± {:.2f}", True),
    "recall": ("recall", "{:.2f} ± {:.2f}", True),
}


def fooled_scores(
    images: Mapping[str, Float[Tensor, "N 1 28 28"]],
    runs: Mapping[str, Sequence[SampleScores]],
    beside: str,
    *,
    rows: int | None = None,
    shown: int = 8,
) -> Figure:
    """A row for each generator: its first images, and the mean and the standard deviation of each score over its runs.

    In the rows below ``beside``, a score is marked as fooled where its mean is better than that generator's by more
    than both standard deviations together.

    Args:
        images: of each generator, by its name.
        runs: of the same generators, in the same order; at least two of each.
        beside: the name of the generator that the rows below it are compared with.
        rows: the first so many generators only; None: all.
        shown: images of each, at most.

    Raises:
        TypeError, ValueError: no such images or runs, or no generator of that name.
    """
    check_whole(1, shown=shown, rows=1 if rows is None else rows)
    if not isinstance(images, Mapping) or not images:
        raise TypeError(f"images: want a dict of images by the name of their generator, got {images!r:.60}")
    if not isinstance(runs, Mapping) or list(runs) != list(images):
        raise TypeError(f"runs: want those of {', '.join(images)}, in this order, got {runs!r:.60}")
    if beside not in runs:
        raise ValueError(f"beside: want one of {', '.join(runs)}, got {beside!r}")
    names = list(runs)[:rows]
    tables = {name: _table(name, own) for name, own in runs.items()}
    pictures = [_pictures(f"images[{name!r}]", images[name])[:shown] for name in names]
    left = 28 * max(len(own) for own in pictures)
    fig, axis = plt.subplots(figsize=((left + WIDTH * len(COLUMNS)) / 66 + 1.8, 0.56 * len(names) + 0.5))
    for row, own in enumerate(pictures):
        for column, image in enumerate(own):
            axis.imshow(_ink(image[0]), cmap="gray", vmin=0, vmax=1, extent=_extent(row, column))
    below = False
    for row, name in enumerate(names):
        _write_scores(axis, row, left, tables[name], tables[beside] if below else None)
        below |= name == beside
    places = [left + WIDTH * (k + 0.5) for k in range(len(COLUMNS))]
    axis.set_xticks(places, [title for title, *_ in COLUMNS.values()], fontsize=12)
    axis.set_yticks([28 * (row + 0.5) for row in range(len(names))], names, fontsize=12)
    axis.set(xlim=(0, left + WIDTH * len(COLUMNS)), ylim=(28 * len(names), 0), aspect="equal")
    axis.tick_params(length=0, labeltop=True, labelbottom=False)
    axis.spines[:].set_visible(False)
    fig.tight_layout(pad=0.3)
    return fig


def _extent(row: int, column: int) -> tuple[float, float, float, float]:
    return 28 * column, 28 * column + 28, 28 * row + 28, 28 * row


def _table(name: str, runs: Sequence[SampleScores]) -> Float[Tensor, "runs scores"]:
    if len(runs) < 2 or not all(isinstance(run, SampleScores) for run in runs):
        raise TypeError(f"runs[{name!r}]: want SampleScores of two runs or more, got {runs!r:.60}")
    return torch.tensor(runs, dtype=torch.float64)


def _write_scores(axis: Axes, row: int, left: float, table: Tensor, rival: Tensor | None) -> None:
    for k, (_, form, more_is_better) in enumerate(COLUMNS.values()):
        mean, spread = table[:, k].mean().item(), table[:, k].std().item()
        fooled = rival is not None and _is_better(table[:, k], rival[:, k], 1 if more_is_better else -1)
        x, y = left + WIDTH * k, 28 * row
        if fooled:
            axis.add_patch(plt.Rectangle((x + 4, y + 2), WIDTH - 8, 24, color=FOOLED))
        weight = "bold" if fooled else "normal"
        text = form.format(mean, spread)
        axis.text(x + WIDTH / 2, y + 14, text, ha="center", va="center", fontsize=12, weight=weight)


def _is_better(own: Tensor, rival: Tensor, sign: int) -> bool:
    return bool(sign * (own.mean() - rival.mean()) > own.std() + rival.std())


def nearest_training(distances: Mapping[str, Float[Tensor, " N"]], ordinary: str) -> Figure:
    """A box for each set of images: how far each image lies from the nearest training image.

    A box holds the middle half, with a line at the median; its whiskers reach from the 5th to the 95th percentile.
    A dashed line stands at the median of the ``ordinary`` ones.

    Raises:
        TypeError, ValueError: no dict of distances, none in one of them, NaN, or no set of that name.
    """
    if not isinstance(distances, Mapping) or not distances:
        raise TypeError(f"distances: want a dict of distances by the name of the images, got {distances!r:.60}")
    if ordinary not in distances:
        raise ValueError(f"ordinary: want one of {', '.join(distances)}, got {ordinary!r}")
    for name, own in distances.items():
        check_fits(Float[Tensor, " N"], **{f"distances[{name!r}]": own})
        check_some(**{f"distances[{name!r}]": own})
        check_finite(**{f"distances[{name!r}]": own})
    fig, axis = plt.subplots(figsize=(9, 0.5 * len(distances) + 1), layout="constrained")
    values = [own.detach().cpu().double().numpy() for own in distances.values()]
    drawn = axis.boxplot(
        values, tick_labels=list(distances), widths=0.6, orientation="horizontal", whis=(5, 95), showfliers=False,
        patch_artist=True, medianprops={"color": "black", "lw": 2},
    )  # fmt: skip
    for box, name in zip(drawn["boxes"], distances, strict=True):
        box.set_facecolor(ORDINARY if name == ordinary else FOOLED)
    axis.axvline(distances[ordinary].double().quantile(0.5).item(), color="0.3", ls="--", lw=1)
    axis.invert_yaxis()
    axis.set_xlim(left=-0.1)
    axis.set_xlabel("distance to the nearest training image", fontsize=12)
    axis.tick_params(labelsize=12)
    axis.grid(axis="x", alpha=0.3)
    return fig
