"""Handwritten digits as the pen went: eight points each, from a tablet that noted its place in whole numbers."""

import gzip
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor

from vae_helpers.data.archives import Archive, find_archive
from vae_helpers.validation import as_seed, check_one_of

POINTS = 8  # of each digit
UNITS = 101  # a coordinate is one of 0, 1 ... 100
HELD_OUT = 0.2

ARCHIVE = Archive(
    "pen_digits",
    "",
    "penbased.dat.gz",
    "0f96a59a3227fb7f69349a4a9659563e",
    cure="restore the repository's copy with `git checkout -- data/pen_digits`",
)


def load_pen_digits(
    split: Literal["train", "test"], seed: int = 0
) -> tuple[Float[Tensor, "N 8 2"], Integer[Tensor, " N"]]:
    """10,992 pen digits, of which a fifth is held out at random. They lie in the repository.

    Eight points a digit, equally far apart along the pen's way; where the pen was lifted is not in them. x grows to the
    right, y upwards, and each digit is stretched to touch all four edges.

    A tablet's whole numbers lie on a grid, and a density could grow without limit there: a quarter of them are
    exactly 0 or 100. So each is spread evenly over its step of the grid, (X + U) / 101 with U from 0 to 1
    (*dequantisation*).

    **The split leaks writers.** Each of the 44 persons wrote about 250 digits, and nobody knows any more which: a
    held-out digit is new, its writer is not. Figures on it are probably too good for digits of new writers.

    Args:
        split: ``"train"`` (8,794 digits) or ``"test"`` (2,198).
        seed: which digits are held out, and the noise U.

    Returns:
        ``strokes``: float32 in [0, 1], shape (N, 8, 2), x and y of each point in the order of writing;
        ``labels``: int64, shape (N,).

    Raises:
        ValueError: an argument that is not one of the above.
        DataError: the file is missing or damaged and can't be restored.

    Source: Alpaydin & Alimoglu, UCI Machine Learning Repository, doi 10.24432/C5MG6K; see data/README.md.

    >>> strokes, labels = load_pen_digits("test")
    >>> strokes.shape
    torch.Size([2198, 8, 2])
    """
    check_one_of(("train", "test"), split=split)
    generator = Generator().manual_seed(as_seed(seed))
    with gzip.open(find_archive(ARCHIVE), "rt", encoding="utf-8") as file:
        rows = torch.from_numpy(np.loadtxt(file, delimiter=",", dtype=np.int64))
    places, labels = rows[:, :-1].unflatten(1, (POINTS, 2)), rows[:, -1]
    strokes = (places + torch.rand(places.shape, generator=generator)) / UNITS
    order = torch.randperm(len(rows), generator=generator)
    held_out = int(HELD_OUT * len(rows))
    chosen = order[:held_out] if split == "test" else order[held_out:]
    return strokes[chosen], labels[chosen]
