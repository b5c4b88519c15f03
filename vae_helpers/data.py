"""MNIST and its look-alikes as tensors: offline first, verified, ready in memory.

The archives are read straight into memory after torchvision's own MD5 check, and nothing is unpacked to
disk: a read-only folder and forty processes starting at once need no special care.
"""

import gzip
import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from urllib.error import URLError

import numpy as np
import torch
from platformdirs import user_cache_path
from torch import Generator, Tensor
from torchvision.datasets import KMNIST, MNIST, FashionMNIST
from torchvision.datasets.utils import check_integrity, download_url

DATASETS = {"MNIST": MNIST, "FashionMNIST": FashionMNIST, "KMNIST": KMNIST}
SPLITS = {"train": "train-", "test": "t10k-"}
BINARIZATIONS = ("none", "threshold", "dynamic")
REPO_DATA = Path(__file__).resolve().parent.parent / "data"

Binarization = Literal["none", "threshold", "dynamic"]


class DataError(RuntimeError):
    """A data set is missing or damaged, and could not be restored; the message says what to do."""


def load_mnist(
    split: Literal["train", "test"],
    *,
    dataset: str = "MNIST",
    n: int | None = None,
    digits: Sequence[int] | None = None,
    binarization: Binarization = "none",
    seed: int = 0,
) -> tuple[Tensor, Tensor]:
    """One split of MNIST (or ``"FashionMNIST"``, ``"KMNIST"``) as two tensors.

    Args:
        split: ``"train"`` (60,000 images) or ``"test"`` (10,000).
        dataset: MNIST lies in the repository; the other two are downloaded when first asked for.
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
    """
    _check_choice("split", split, SPLITS)
    _check_choice("dataset", dataset, DATASETS)
    # uint8 -> float32 in one step: no second full-size copy ever exists
    pixels = np.frombuffer(_read(dataset, SPLITS[split] + "images-idx3-ubyte.gz"), np.uint8, offset=16)
    labels = torch.from_numpy(
        np.frombuffer(_read(dataset, SPLITS[split] + "labels-idx1-ubyte.gz"), np.uint8, offset=8).astype(np.int64)
    )
    generator = Generator().manual_seed(seed)
    keep = _choose(labels, digits, n, generator)
    pixels = pixels.reshape(-1, 1, 28, 28)
    if keep is not None:
        pixels, labels = pixels[keep.numpy()], labels[keep]
    images = torch.from_numpy(pixels.astype(np.float32)).div_(255)
    return binarize(images, binarization, generator), labels


def binarize(images: Tensor, binarization: Binarization, generator: Generator | None = None) -> Tensor:
    """Grey images in [0, 1] as black and white, same shape and type.

    ``"none"`` leaves them grey; ``"threshold"`` is x > 0.5; ``"dynamic"`` draws each pixel from
    Bernoulli(x) (Salakhutdinov & Murray 2008). Losses under different treatments can't be compared.

    Raises:
        ValueError: another ``binarization``.
    """
    _check_choice("binarization", binarization, BINARIZATIONS)
    if binarization == "threshold":
        return (images > 0.5).to(images.dtype)
    if binarization == "dynamic":
        return torch.bernoulli(images, generator=generator)
    return images


def data_folders() -> list[Path]:
    """Where archives are looked for, in order: ``VAE_DATA_DIR``, the repository's data/, the user's cache."""
    override = os.environ.get("VAE_DATA_DIR")
    return [*([Path(override).expanduser()] if override else []), REPO_DATA, user_cache_path("vae_helpers")]


def find_archive(dataset: str, name: str) -> Path:
    """The path of a verified archive; a damaged or missing one is restored first.

    Raises:
        DataError: neither another copy nor a download could be had.
    """
    md5 = dict(DATASETS[dataset].resources)[name]
    candidates = [folder / dataset / "raw" / name for folder in data_folders()]
    damaged: list[Path] = []
    for path in candidates:
        if not os.access(path, os.R_OK):  # not there, or in a folder that this user may not read
            continue
        if check_integrity(path, md5):
            for bad in damaged:
                _replace(path, bad)
            return path
        warnings.warn(f"{path} is damaged (its MD5 is not {md5}); looking for another copy", stacklevel=4)
        damaged.append(path)
    return _download(dataset, name, md5, damaged)


def _read(dataset: str, name: str) -> bytes:
    return gzip.decompress(find_archive(dataset, name).read_bytes())


def _download(dataset: str, name: str, md5: str, damaged: list[Path]) -> Path:
    """Fetch one archive with torchvision (which shows the progress) into the first folder that takes it."""
    folder = _writable_folder(dataset)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for mirror in DATASETS[dataset].mirrors:
            try:
                download_url(mirror.rstrip("/") + "/" + name, scratch, name, md5)
            except (URLError, OSError, RuntimeError) as error:
                reason = error
                continue
            # complete and verified before it gets its name: no other process ever reads half a file
            os.replace(Path(scratch) / name, folder / name)
            return folder / name
    state = f"{damaged[0]} is damaged" if damaged else f"{dataset}'s {name} is not on this machine"
    cure = (
        "restore the repository's copy with `git checkout -- data/MNIST`"
        if dataset == "MNIST"
        else f"connect once, or copy the four archives of {dataset} into {folder}"
    )
    raise DataError(f"{state} and could not be downloaded ({reason}). To mend it: {cure}.")


def _writable_folder(dataset: str) -> Path:
    for folder in data_folders():
        raw = folder / dataset / "raw"
        try:
            raw.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=raw):
                return raw
        except OSError:
            continue
    raise DataError(
        f"no folder can be written for {dataset}: tried {', '.join(map(str, data_folders()))}; "
        "set VAE_DATA_DIR to one that can"
    )


def _replace(source: Path, target: Path) -> None:
    """Put a copy of ``source`` in ``target``'s place, atomically; a read-only folder is left as it is."""
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            os.replace(shutil.copy(source, scratch), target)
    except OSError:
        return


def _choose(labels: Tensor, digits: Sequence[int] | None, n: int | None, generator: Generator) -> Tensor | None:
    """Indices to keep, or None for all."""
    if digits is None and n is None:
        return None
    keep = torch.arange(len(labels))
    if digits is not None:
        if not digits or not set(digits) <= set(range(10)):
            raise ValueError(f"digits: want classes from 0 to 9, got {digits!r}")
        keep = keep[torch.isin(labels, torch.tensor(list(digits)))]
    if n is not None:
        if not isinstance(n, int) or not 1 <= n <= len(keep):
            raise ValueError(f"n: want a whole number from 1 to {len(keep)}, got {n!r}")
        keep = keep[torch.randperm(len(keep), generator=generator)[:n]]
    return keep


def _check_choice(name: str, value: str, choices) -> None:
    if value not in choices:
        raise ValueError(f"{name}: want one of {', '.join(choices)}, got {value!r}")
