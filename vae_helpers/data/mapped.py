"""Images as float32 in a file that all kernels map, so that they cost none of them memory of its own.

Forty kernels that each unpack 60,000 images hold 188 MB each, and spend a second on it. Mapped from a file, the
pixels lie in memory once, in the operating system's cache of that file; a kernel that writes into them gets its own
copy of just the pages that it touches. The file is made by the first kernel that asks, beside the archives where
that folder can be written, else in the user's cache. Where neither can, or the disk is full, images are read into
memory as they always were.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from math import prod
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import Tensor

from vae_helpers.data.archives import Archive, data_folders

PATIENCE = 60.0  # seconds to wait for another process that is making the same file
IMAGES_AT_A_TIME = 5000  # when it is written: 16 MB


def map_images(archive: Archive, shape: tuple[int, ...], read: Callable[[], np.ndarray]) -> Tensor:
    """The pixels of ``archive`` as float32 in [0, 1], mapped from a file where possible.

    Args:
        archive: where they come from. A file made from another archive (another MD5) is not used.
        shape: of the images, such as (60000, 1, 28, 28).
        read: unpacks them to uint8 in that shape; called only when there is no file yet.

    Returns:
        A tensor that may be changed: nobody else sees the change.
    """
    paths = [archive.below(folder).parent.parent / "mapped" / f"{archive.name}.float32" for folder in data_folders()]
    path = next((path for path in paths if _is_sound(path, archive.md5, 4 * prod(shape))), None)
    if path is None:
        images = read()
        path = next((path for path in paths if _make(path, archive.md5, images)), None)
        if path is None:
            return torch.from_numpy(images.astype(np.float32)).div_(255)
    # not shared means copy-on-write, also where the file may only be read
    return torch.from_file(str(path), shared=False, size=prod(shape), dtype=torch.float32).view(shape)


def _is_sound(path: Path, md5: str, size: int) -> bool:
    """Whether the file at ``path`` is whole and was made from the archive with this MD5.

    Its note says when the checksum was last verified. A file that has not been touched since is believed, since
    reading 188 MB takes a quarter of a second; any other is read again.
    """
    try:
        note = json.loads(_note(path).read_text(encoding="utf-8"))
        found = path.stat()
        if note["md5"] != md5 or found.st_size != size:
            return False
        if note["verified"] == found.st_mtime_ns:
            return os.access(path, os.R_OK)
        if note["sha256"] != _sha256(path):
            return False
    except (OSError, ValueError, KeyError, TypeError):  # missing, unreadable, or not such a note
        return False
    with suppress(OSError):
        _write_note(path, md5, note["sha256"])
    return True


def _make(path: Path, md5: str, images: np.ndarray) -> bool:
    """Write the file and its note; False where that is not possible. Only one process at a time does it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=PATIENCE):
            if not _is_sound(path, md5, 4 * images.size):  # else another has made it meanwhile
                with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                    scratch = Path(folder) / path.name
                    _write(scratch, images)
                    checksum = _sha256(scratch)
                    os.replace(scratch, path)  # complete before it gets its name
                _write_note(path, md5, checksum)
    except (OSError, NotImplementedError, Timeout):  # a read-only folder, a full disk, a file system without locks
        return False
    return True


def _write(path: Path, images: np.ndarray) -> None:
    with path.open("wb") as file:
        for start in range(0, len(images), IMAGES_AT_A_TIME):
            part = images[start : start + IMAGES_AT_A_TIME].astype(np.float32)
            part /= 255
            part.tofile(file)
        file.flush()
        os.fsync(file.fileno())  # before the note vouches for it


def _note(path: Path) -> Path:
    return path.with_suffix(".json")


def _write_note(path: Path, md5: str, checksum: str) -> None:
    note = {"md5": md5, "sha256": checksum, "verified": path.stat().st_mtime_ns}
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        scratch = Path(folder) / "note"
        scratch.write_text(json.dumps(note), encoding="utf-8")
        os.replace(scratch, _note(path))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()
