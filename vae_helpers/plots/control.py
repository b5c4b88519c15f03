"""How well models draw what they are asked for."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from vae_helpers.fidelity import Fidelity

PANELS = {  # title, unit, scale, decimals, what the axis shows in any case
    "as_asked": ("drawn as asked", "% of images", 100, 1, (90, 100)),
    "holes": ("holes", "% of images", 100, 1, (0, 10)),
    "spread": ("spread", "real images = 1", 1, 2, (0, 1)),
    "nearest": ("nearest", "real images = 1", 1, 2, (1, 2)),
}
TEXT = {"ha": "center", "fontsize": 10, "bbox": {"fc": "white", "ec": "none", "pad": 0.5}}


def fidelities(results: dict[str, Fidelity]) -> Figure:
    """A row for each entry, a panel for each measure; the dashed line is the first entry's, of real images.

    Raises:
        TypeError: no dict of :class:`vae_helpers.fidelity.Fidelity`, or an empty one.
    """
    if not isinstance(results, dict) or not results or not all(isinstance(r, Fidelity) for r in results.values()):
        raise TypeError(f"results: want a dict of Fidelity by name, the real images first, got {results!r:.60}")
    real = next(iter(results.values()))
    fig, axes = plt.subplots(1, 4, figsize=(13, 0.42 * len(results) + 1.1), sharey=True)
    for axis, (measure, (title, unit, scale, decimals, least)) in zip(axes, PANELS.items(), strict=True):
        values = [scale * getattr(result, measure) for result in results.values()]
        axis.axvline(scale * getattr(real, measure), color="0.4", ls="--", lw=1)
        axis.plot(values, range(len(values)), "o", color="#0b5fa5", ms=8)
        for k, value in enumerate(values):
            axis.annotate(
                f"{value:.{decimals}f}", (value, k), (0, 5), textcoords="offset points", ha="center", fontsize=10
            )
        axis.set_title(title, fontsize=12)
        axis.set_xlabel(unit, fontsize=11)
        low, high = min(*least, *values), max(*least, *values)
        axis.set_xlim(low - 0.15 * (high - low), high + 0.15 * (high - low))
        axis.grid(axis="y", alpha=0.3)
    axes[0].set_yticks(range(len(results)), list(results), fontsize=11)
    axes[0].set_ylim(len(results) - 0.5, -0.7)
    fig.tight_layout()
    return fig
