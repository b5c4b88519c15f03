"""The picture of few labels: how well readers of codes do, by how many labels they were given."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.few_labels import COUNTS
from vae_helpers.plots.curves import LINE_STYLES
from vae_helpers.validation import check_fits, check_some


def few_labels(
    curves: Mapping[str, Mapping[str, Float[Tensor, "draws counts"]]],
    *,
    counts: Sequence[int] = COUNTS,
    chance: float | None = None,
) -> Figure:
    """A panel for each reader, a line for each kind of code: the mean over draws; the band is one standard deviation.

    Args:
        curves: by the name of the codes, what ``few_labels.label_curves`` gave for them.
        counts: the numbers of labels that it was asked for.
        chance: the share that guessing reads correctly, a dotted line.

    Raises:
        ValueError: no curves, more kinds of code than line styles, other readers for some, or shapes that don't fit.
    """
    if not 0 < len(curves) <= len(LINE_STYLES):
        raise ValueError(f"curves: want those of 1 to {len(LINE_STYLES)} kinds of code, got {len(curves)}")
    readers = list(next(iter(curves.values())))
    for name, by_reader in curves.items():
        if list(by_reader) != readers:
            raise ValueError(f"curves[{name!r}]: want the readers {readers}, got {list(by_reader)}")
    fig, axes = plt.subplots(1, len(readers), figsize=(3.4 * len(readers), 3.2), sharey=True, squeeze=False)
    for axis, reader in zip(axes[0], readers, strict=True):
        for (name, by_reader), style in zip(curves.items(), LINE_STYLES, strict=False):
            right = by_reader[reader]
            check_fits(Float[Tensor, f"draws {len(counts)}"], **{f"curves[{name!r}][{reader!r}]": right})
            check_some(curves=right)
            mean, spread = right.mean(dim=0), right.std(dim=0, correction=0)
            axis.plot(counts, mean, **style, lw=2, label=name)
            axis.fill_between(counts, mean - spread, mean + spread, color=style["color"], alpha=0.15, lw=0)
        if chance is not None:
            axis.axhline(chance, color="0.6", ls=":", lw=1)
        axis.set(xscale="log", xticks=counts, xticklabels=[f"{n:,}" for n in counts], title=reader)
        axis.minorticks_off()
        axis.set_xlabel("labels (logarithmic)")
        axis.grid(alpha=0.3)
    axes[0][0].set_ylabel("share read correctly")
    fig.legend(*axes[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=len(curves), frameon=False)
    fig.tight_layout(rect=(0, 0, 1, 0.92))
    return fig
