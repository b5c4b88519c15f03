"""The colours of the course."""

from jaxtyping import Integer
from torch import Tensor

from vae_helpers.validation import checked

# One fixed colour per digit for the whole course, distinguishable with colour-blind eyes
# (Petroff 2021, "Accessible color sequences for data visualization", arXiv 2107.02270).
CLASS_COLORS = (
    "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6", "#a96b59", "#e76300", "#717581", "#b9ac70", "#92dadd",
)  # fmt: skip


@checked
def colors_of(labels: Integer[Tensor, " N"]) -> list[str]:
    """The colour of each label's class.

    >>> import torch
    >>> colors_of(torch.tensor([1, 0, 1]))
    ['#ffa90e', '#3f90da', '#ffa90e']

    Raises:
        TypeError: labels that are no tensor of whole numbers.
        ValueError: a class that has no colour.
    """
    most = len(CLASS_COLORS)
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < most:
        raise ValueError(f"labels: want classes from 0 to {most - 1}, got {int(labels.min())} to {int(labels.max())}")
    return [CLASS_COLORS[label] for label in labels.tolist()]
