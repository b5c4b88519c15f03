"""MNIST and its look-alikes as tensors."""

import gzip
import operator
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Generator, Tensor

from vae_helpers.data.archives import Archive, find_archive
from vae_helpers.data.binarization import BINARIZATIONS, Binarization, binarize
from vae_helpers.data.mapped import map_images
from vae_helpers.validation import as_seed, check_one_of, check_whole, is_whole

SPLITS = {"train": ("train-", 60_000), "test": ("t10k-", 10_000)}
IMAGES, LABELS = "images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"

# MD5 sums and mirrors are torchvision's; a test compares them.
MD5 = {
    "MNIST": {
        "train-" + IMAGES: "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-" + LABELS: "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-" + IMAGES: "9fb629c4189551a2d022fa330f9573f3",
        "t10k-" + LABELS: "ec29112dd5afa0611ce80d1b7f02629c",
    },
    "FashionMNIST": {
        "train-" + IMAGES: "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-" + LABELS: "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-" + IMAGES: "bef4ecab320f06d8554ea6380940ec79",
        "t10k-" + LABELS: "bb300cfdad3c16e7a12a480ee83cd310",
    },
    "KMNIST": {
        "train-" + IMAGES: "bdb82020997e1d708af4cf47b453dcf7",
        "train-" + LABELS: "e144d726b3acfaa3e44228e80efcd344",
        "t10k-" + IMAGES: "5c965bf0a639b31b8f53240b1b52f4d7",
        "t10k-" + LABELS: "7320c461ea6c1c855c0b718fb2a4b134",
    },
}
MIRRORS = {
    "MNIST": ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"],
    "FashionMNIST": ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    "KMNIST": ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
}
CURES = {"MNIST": "restore the repository's copy with `git checkout -- data/MNIST`"}

Split = Literal["train", "test"]


def load_mnist(
    split: Split,
    *,
    n: int | None = None,
    digits: Sequence[int] | None = None,
    binarization: Binarization = "none",
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """One split of MNIST as two tensors. It lies in the repository, so no network is needed.

    Args:
        split: ``"train"`` (60,000 images) or ``"test"`` (10,000).
        n: take this many images at random (drawn from ``seed``) instead of all.
        digits: keep these classes only, for example ``(2, 7)``.
        binarization: see :func:`binarize`. ``"dynamic"`` here is one draw from ``seed``; for a new draw at
            every step, leave the images grey and pass ``binarization="dynamic"`` to ``fit``.
        seed: for ``n`` and ``"dynamic"``.

    Returns:
        ``images``: float32 in [0, 1], shape (N, 1, 28, 28); ``labels``: int64, shape (N,).

    Raises:
        ValueError: an argument that is not one of the above.
        DataError: an archive is missing or damaged and can't be restored.

    Source: LeCun, Bottou, Bengio & Haffner 1998; the archives and MD5 sums are torchvision's.

    >>> images, labels = load_mnist("test", digits=(2, 7), n=5)
    >>> images.shape
    torch.Size([5, 1, 28, 28])
    """
    return _load("MNIST", split, n=n, digits=digits, binarization=binarization, seed=seed)


def load_fashion_mnist(split: Split, **choice: Any) -> tuple[Tensor, Tensor]:
    """Fashion-MNIST, ten kinds of clothes (Xiao, Rasul & Vollgraf 2017): as :func:`load_mnist`, with its keywords.

    It is downloaded when first asked for.
    """
    return _load("FashionMNIST", split, **choice)


def load_kmnist(split: Split, **choice: Any) -> tuple[Tensor, Tensor]:
    """Kuzushiji-MNIST, ten cursive characters (Clanuwat et al. 2018): as :func:`load_mnist`, with its keywords.

    It is downloaded when first asked for.
    """
    return _load("KMNIST", split, **choice)


def archives(dataset: str) -> list[Archive]:
    """The four archives of ``"MNIST"``, ``"FashionMNIST"`` or ``"KMNIST"``."""
    place = {"mirrors": MIRRORS[dataset], "cure": CURES.get(dataset, "")}
    return [Archive(dataset, "raw", name, md5, **place) for name, md5 in MD5[dataset].items()]


def _load(
    dataset: str,
    split: Split,
    *,
    n: int | None = None,
    digits: Sequence[int] | None = None,
    binarization: Binarization = "none",
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    check_one_of(tuple(SPLITS), split=split)
    check_one_of(BINARIZATIONS, binarization=binarization)
    classes, seed = None if digits is None else _classes(digits), as_seed(seed)
    if n is not None:
        check_whole(1, n=n)
    prefix, count = SPLITS[split]
    by_name = {archive.name: archive for archive in archives(dataset)}
    labels = torch.from_numpy(_read(by_name[prefix + LABELS], header=8).astype(np.int64))
    generator = Generator().manual_seed(seed)
    keep = _choose(labels, classes, n, generator)
    shape = (count, 1, 28, 28)
    archive = by_name[prefix + IMAGES]
    images = map_images(archive, shape, lambda: _read(archive, header=16).reshape(shape))
    if keep is not None:
        images, labels = images[keep], labels[keep]
    return binarize(images, binarization, generator), labels


def _read(archive: Archive, header: int) -> np.ndarray:
    """The bytes of a verified archive behind its header."""
    return np.frombuffer(gzip.decompress(find_archive(archive).read_bytes()), np.uint8, offset=header)


def _classes(digits: Sequence[int]) -> list[int]:
    """As Python's numbers, each once; NumPy's and PyTorch's are welcome, and any iterable of them."""
    classes = [*digits] if isinstance(digits, Iterable) and getattr(digits, "ndim", 1) else []
    if not classes or not all(is_whole(digit, at_least=0) and digit < 10 for digit in classes):
        raise ValueError(f"digits: want classes from 0 to 9, such as (2, 7), got {digits!r}")
    return sorted({operator.index(digit) for digit in classes})


def _choose(labels: Tensor, digits: list[int] | None, n: int | None, generator: Generator) -> Tensor | None:
    """Indices to keep, or None for all."""
    if digits is None and n is None:
        return None
    keep = torch.arange(len(labels))
    if digits is not None:
        keep = keep[torch.isin(labels, torch.tensor(digits))]
    if n is not None:
        if n > len(keep):
            raise ValueError(f"n: want a whole number from 1 to {len(keep)}, got {n!r}")
        keep = keep[torch.randperm(len(keep), generator=generator)[:n]]
    return keep
