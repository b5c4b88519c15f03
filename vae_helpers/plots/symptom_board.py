"""A sheet of symptoms: what the owners of a few sick VAEs see, below what the healthy one shows."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from vae_helpers.clinic.board import HEALTHY, RECIPE
from vae_helpers.clinic.case_notes import SYMPTOMS, CaseNotes, load_case_notes
from vae_helpers.clinic.patients import find
from vae_helpers.clinic.pictures import EACH, load_pictures

OWN, FRIEND = "#a33e00", "#0b5fa5"  # as in widgets/symptom_board.js
MOST = 6


def symptom_board(names: Sequence[str] = ("Xenia", "Kaja", "Ugo")) -> Figure:
    """The loss curve, samples, copies and four numbers of the healthy model, and in a row each of these patients.

    Args:
        names: of patients, at most six.

    Raises:
        ValueError: no such patient, none, or more than six.
        FileNotFoundError: the clinic's pictures are not there.
    """
    if not 1 <= len(names) <= MOST:
        raise ValueError(f"names: want 1 to {MOST} patients, got {len(names)}")
    notes = load_case_notes()
    pictures = dict(zip(notes, load_pictures(), strict=True))
    rows = (HEALTHY, *(find(name).name for name in names))
    shape = {"figsize": (12, 0.3 + 1.6 * len(rows)), "width_ratios": (1, 1.7, 1.15), "layout": "constrained"}
    fig, axes = plt.subplots(len(rows), 3, squeeze=False, **shape)
    for name, (curve, strip, table) in zip(rows, axes, strict=True):
        _draw_curve(curve, notes[name], notes[HEALTHY])
        _draw_strip(strip, pictures[name])
        _write_numbers(table, notes[name])
    axes[-1, 0].set_xlabel("steps of training", fontsize=11)
    return fig


def _draw_curve(axis: Axes, note: CaseNotes, healthy: CaseNotes) -> None:
    steps = RECIPE["epochs"] * -(-RECIPE["images"] // RECIPE["batch_size"])
    for losses, color, style in ((note.losses, OWN, "-"), (healthy.losses, FRIEND, "--")):
        if note is not healthy or style == "--":
            places = [(k + 0.5) / len(losses) * steps for k in range(len(losses))]  # each is a mean over some steps
            axis.plot(places, losses, color=color, ls=style, lw=2)
    axis.set_title(note.name if note is healthy else f"{note.name} (dashed: healthy)", fontsize=12, loc="left")
    axis.set_ylabel("training loss", fontsize=10)
    axis.grid(alpha=0.3)


def _draw_strip(axis: Axes, pictures: Float[Tensor, "16 1 28 28"]) -> None:
    samples, copies = (torch.cat([*part.squeeze(1)], dim=1) for part in pictures.split(EACH))
    axis.imshow((1 - torch.cat([samples, copies])).numpy(), cmap="gray", vmin=0, vmax=1)
    axis.axhline(samples.shape[0] - 0.5, color="0.5", lw=1)
    axis.set_yticks([samples.shape[0] * (k + 0.5) for k in (0, 1)], ["samples", "copies"], fontsize=11)
    axis.set_xticks([])
    axis.tick_params(length=0)


def _write_numbers(axis: Axes, note: CaseNotes) -> None:
    axis.axis("off")
    for k, (words, number) in enumerate(zip(SYMPTOMS.values(), note.symptoms, strict=True)):
        height = 0.86 - 0.24 * k
        axis.text(0, height, words, fontsize=12, va="center", transform=axis.transAxes)
        axis.text(1, height, number, fontsize=12, va="center", ha="right", transform=axis.transAxes)
