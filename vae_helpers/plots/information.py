"""How much latents tell: about each factor, and in which parts the KL charges for it."""

import matplotlib.pyplot as plt
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.total_correlation import KLParts
from vae_helpers.validation import check_finite, check_fits, check_some

PARTS = {  # legend, colour, hatch: told apart in grey, too
    "mutual_information": ("mutual information", "#3f90da", ""),
    "total_correlation": ("total correlation", "#bd1f01", "//"),
    "dimension_wise": ("dimension-wise KL", "#b9ac70", ".."),
}


def information_tables(tables: dict[str, Tensor], factors: dict[str, float]) -> Figure:
    """A panel for each table of mutual information (D, K), with the nats in each cell; one scale of colours for all.

    Args:
        tables: by title.
        factors: the entropy of each of the K factors in nats, by its name.

    Raises:
        TypeError, ValueError: no dict, an empty one, a table of another shape, or NaN.
    """
    _check_dict("tables", tables)
    _check_dict("factors", factors)
    for title, table in tables.items():
        name = f"tables[{title!r}]"
        check_fits(Float[Tensor, f"D {len(factors)}"], **{name: table})
        check_some(**{name: table})
        check_finite(**{name: table})
    most = max(table.max().item() for table in tables.values())
    rows = max(map(len, tables.values()))
    fig, axes = plt.subplots(
        1, len(tables), figsize=(4.4 * len(tables) + 0.6, 0.31 * rows + 1.2), squeeze=False, layout="constrained"
    )
    for axis, (title, table) in zip(axes[0], tables.items(), strict=True):
        picture = axis.imshow(table.numpy(), cmap="Blues", vmin=0, vmax=most, aspect="auto")
        for j, row in enumerate(table.tolist()):
            for k, nats in enumerate(row):
                ink = "white" if nats > 0.55 * most else "black"
                axis.text(k, j, f"{nats:.2f}", ha="center", va="center", color=ink, fontsize=10)
        names = [f"{name}\nof {entropy:.2f}" for name, entropy in factors.items()]
        axis.set_xticks(range(len(factors)), names, fontsize=11)
        axis.set_yticks(range(len(table)), [f"$z_{{{j + 1}}}$" for j in range(len(table))], fontsize=11)
        axis.tick_params(length=0)
        axis.set_title(title, fontsize=13)
    fig.colorbar(picture, ax=axes, label="mutual information, nats", pad=0.02)
    return fig


def kl_bars(parts: dict[str, KLParts]) -> Figure:
    """A bar for each entry, of the three parts of its KL; the parts' nats stand beside it, and add up to it.

    By the chance of the draws a part may be below 0: that is written, but no bar is drawn for it.

    Raises:
        TypeError: no dict of :class:`vae_helpers.total_correlation.KLParts`, or an empty one.
    """
    _check_dict("parts", parts)
    if not all(isinstance(part, KLParts) for part in parts.values()):
        raise TypeError(f"parts: want a dict of KLParts by name, got {parts!r:.60}")
    fig, axis = plt.subplots(figsize=(9, 0.5 * len(parts) + 1.3), layout="constrained")
    left = [0.0] * len(parts)
    for name, (label, colour, hatch) in PARTS.items():
        widths = [max(0.0, getattr(part, name)) for part in parts.values()]
        axis.barh(range(len(parts)), widths, left=left, color=colour, hatch=hatch, ec="white", height=0.7, label=label)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for k, (end, part) in enumerate(zip(left, parts.values(), strict=True)):
        numbers = " + ".join(f"{round(nats, 2) + 0.0:.2f}" for nats in part).replace("+ -", "− ")  # + 0.0: no -0.00
        axis.text(end + 0.1, k, numbers, va="center", fontsize=11)
    axis.set_yticks(range(len(parts)), list(parts), fontsize=12)
    axis.set(xlabel="nats per image", xlim=(0, 1.28 * max(left) + 0.1), ylim=(len(parts) - 0.5, -0.5))
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, fontsize=11, loc="lower right")
    return fig


def _check_dict(name: str, value: object) -> None:
    if not isinstance(value, dict) or not value:
        raise TypeError(f"{name}: want a dict by name, got {value!r:.60}")
