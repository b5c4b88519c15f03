"""Find a data set's archive, verify it, and restore it where it is damaged or missing.

An archive is read only after its MD5 has been checked, and nothing is unpacked: a read-only folder and
forty processes starting at once need no special care.
"""

import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError

from platformdirs import user_cache_path

REPO_DATA = Path(__file__).resolve().parent.parent.parent / "data"


class DataError(RuntimeError):
    """A data set is missing or damaged, and could not be restored; the message says what to do."""


class Archive(NamedTuple):
    """One file of a data set: ``dataset/folder/name`` below a data folder.

    Args:
        dataset: as its folder is called.
        folder: below that.
        name: of the file.
        md5: of its bytes, in hexadecimal.
        mirrors: addresses of folders to download it from; none for what lies in the repository only.
        cure: what to do when it is damaged or missing and can't be downloaded.
    """

    dataset: str
    folder: str
    name: str
    md5: str
    mirrors: Sequence[str] = ()
    cure: str = ""

    def below(self, folder: Path) -> Path:
        """Where it lies in one of the data folders."""
        return folder / self.dataset / self.folder / self.name


def data_folders() -> list[Path]:
    """Where archives are looked for, in order: ``VAE_DATA_DIR``, the repository's data/, the user's cache."""
    override = os.environ.get("VAE_DATA_DIR")
    return [*([Path(override).expanduser()] if override else []), REPO_DATA, user_cache_path("vae_helpers")]


def find_archive(archive: Archive) -> Path:
    """The path of a verified archive; a damaged or missing one is restored first.

    Raises:
        DataError: neither another copy nor a download could be had.
    """
    damaged: list[Path] = []
    for path in map(archive.below, data_folders()):
        if not os.access(path, os.R_OK):  # not there, or in a folder that this user may not read
            continue
        if hashlib.md5(path.read_bytes()).hexdigest() == archive.md5:
            for bad in damaged:
                _replace(path, bad)
            return path
        warnings.warn(f"{path} is damaged (its MD5 is not {archive.md5}); looking for another copy", stacklevel=4)
        damaged.append(path)
    return _download(archive, damaged)


def _writable_folder(archive: Archive) -> Path:
    """The first data folder in which this archive's own folder can be written; it is made where it is missing.

    Raises:
        DataError: there is none.
    """
    for folder in data_folders():
        place = archive.below(folder).parent
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                return place
        except OSError:
            continue
    raise DataError(
        f"no folder can be written for {archive.dataset}: tried {', '.join(map(str, data_folders()))}; "
        "set VAE_DATA_DIR to one that can"
    )


def _replace(source: Path, target: Path) -> None:
    """Put a copy of ``source`` in ``target``'s place, atomically; a read-only folder is left as it is."""
    with suppress(OSError), tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        os.replace(shutil.copy(source, scratch), target)


def _download(archive: Archive, damaged: list[Path]) -> Path:
    """Fetch an archive with torchvision (which shows the progress) into the first folder that takes it."""
    from torchvision.datasets.utils import download_url  # only here: importing torchvision takes 90 MB

    folder = _writable_folder(archive)
    reason = "nobody offers it"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for mirror in archive.mirrors:
            try:
                download_url(mirror.rstrip("/") + "/" + archive.name, scratch, archive.name, archive.md5)
            except (URLError, OSError, RuntimeError) as error:
                reason = error
                continue
            # complete and verified before it gets its name: no other process ever reads half a file
            os.replace(Path(scratch) / archive.name, folder / archive.name)
            return folder / archive.name
    missing = f"{archive.dataset}'s {archive.name} is not on this machine"
    state = f"{damaged[0]} is damaged" if damaged else missing
    cure = archive.cure or f"connect once, or copy the archives of {archive.dataset} into {folder}"
    raise DataError(f"{state} and could not be downloaded ({reason}). To mend it: {cure}.")
