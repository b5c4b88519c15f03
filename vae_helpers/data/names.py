"""Names of six languages as whole numbers, a letter each.

A name is as long as it has letters; its end is none. A batch has T steps, as many as its longest name has letters, or
more: those behind a name's end are padding.
"""

import csv
import unicodedata
from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Integer
from torch import Generator, Tensor

from vae_helpers.data.archives import Archive, find_archive
from vae_helpers.validation import as_seed, check_one_of, checked

LANGUAGES = ("Polish", "Icelandic", "Italian", "Zulu", "Turkish", "Croatian")
# letter k of the alphabet is the number k + 1: 0 is the end of a name, its start, and the padding behind it
LETTERS = "abcdefghijklmnopqrstuvwxyzàáâæçèéìíðòóöùúûüýþąćčđęğıłńśşšźżž"
SYMBOLS = len(LETTERS) + 1  # the letters, and that 0
LONGEST = 16  # letters of the longest name
HELD_OUT = 0.2

ARCHIVE = Archive(
    "names",
    "",
    "names.tsv",
    "b134b45e7602ef3dd75068d52545d2ec",
    cure="restore the repository's copy with `git checkout -- data/names`",
)


def load_names(split: Literal["train", "test"], seed: int = 0) -> tuple[Integer[Tensor, "N T"], Integer[Tensor, " N"]]:
    """6,343 names of six languages, of which a fifth is held out at random. They lie in the repository.

    Args:
        split: ``"train"`` (5,075 names) or ``"test"`` (1,268).
        seed: which names are held out.

    Returns:
        ``names``: int64, shape (N, 16), the numbers of their letters, then zeros; ``languages``: int64, shape (N,),
        places in ``LANGUAGES``.

    Raises:
        ValueError: an argument that is not one of the above.
        DataError: the file is missing or damaged and can't be restored.

    Source: the lists of Faker 40.63.0; see data/README.md.

    >>> names, languages = load_names("test")
    >>> names.shape
    torch.Size([1268, 16])
    """
    check_one_of(("train", "test"), split=split)
    generator = Generator().manual_seed(as_seed(seed))
    with find_archive(ARCHIVE).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    names = spell([row["name"] for row in rows])
    languages = torch.tensor([LANGUAGES.index(row["language"]) for row in rows])
    order = torch.randperm(len(rows), generator=generator)
    held_out = int(HELD_OUT * len(rows))
    chosen = order[:held_out] if split == "test" else order[held_out:]
    return names[chosen], languages[chosen]


def spell(names: Sequence[str], steps: int = LONGEST, name: str = "names") -> Integer[Tensor, "N T"]:
    """Names as the numbers of their letters, padded with 0 to T = ``steps``, or to the longest of them.

    ``name`` is what errors call the names.

    >>> spell(["ćao", "no"], steps=4)
    tensor([[47,  1, 15,  0],
            [14, 15,  0,  0]])

    Raises:
        TypeError: one text in place of several.
        ValueError: a letter that is in none of the six languages' names; capitals are none.
    """
    if isinstance(names, str) or not all(isinstance(text, str) for text in names):
        raise TypeError(f"{name}: want a list of texts, got {names!r}")
    texts = [unicodedata.normalize("NFC", text) for text in names]  # each letter one character
    numbers = torch.zeros(len(texts), max([steps, *map(len, texts)]), dtype=torch.long)
    for row, text in enumerate(texts):
        for step, letter in enumerate(text):
            if letter not in LETTERS:
                raise ValueError(f"{name}: want small letters of {LETTERS}, got {letter!r} in {text!r}")
            numbers[row, step] = LETTERS.index(letter) + 1
    return numbers


@checked
def read_out(names: Integer[Tensor, "N T"]) -> list[str]:
    """The reverse of :func:`spell`: the letters of each name up to its end.

    >>> read_out(spell(["ćao", "no"]))
    ['ćao', 'no']
    """
    return ["".join(LETTERS[k - 1] for k in row[: (row + [0]).index(0)]) for row in names.tolist()]
