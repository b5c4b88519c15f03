"""A student's own copy of the course's notebooks, made or brought up to date: ``own_copy.py COURSE HOME``.

Runs as the student, before their server starts or by hand, for example ``own_copy.py /opt/vae-course ~/vae``. Then

- ``HOME/notebooks`` holds notebooks that can be written, ``HOME/data`` leads to the course's data, and
  ``HOME/.course`` remembers the course's version from which each notebook was made;
- where the course has changed a notebook, each cell that the student has left alone follows, new cells come in, and
  **cells that the student has changed or added stay as they are, with their outputs**. A cell is changed if its source
  is; what the student has merely run follows the course, and keeps its outputs where the source stays the same;
- where both have changed a cell, the course's version stands below the student's as a text, which can't be executed:
  a second definition would undo a solved exercise, and a broken one would stop Run All;
- a cell that the student has deleted stays deleted, and a notebook deleted or renamed comes back fresh;
- before a notebook is merged, the student's file is kept in ``HOME/notebooks/before-updates``, the last three of each.

Files appear whole or not at all, so that a run that breaks off is finished by the next. One line is printed for each
notebook that has changed. Problems go to stderr and give exit status 1; all that they do not touch is done.
"""

import argparse
import json
import os
import re
import shutil
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

sys.path.insert(0, str(Path(__file__).resolve().parent))  # `python -I` leaves it out
from merge_notebooks import merge, parsed  # noqa: E402

KEPT = 3  # old files of each notebook in before-updates
DATE = "%Y-%m-%d %H.%M.%S"  # in their names
PATIENCE = 30  # seconds to wait for another start of the same student


def write(path: Path, data: bytes, like: Path | None = None) -> None:
    """Write a file whole or not at all. Who may read and write it stays as it was, or is as for the file ``like``."""
    model = like or path
    unfinished = path.with_name(f".{model.name}.new")  # the same each time: the next run uses up what a kill leaves
    try:
        unfinished.unlink(missing_ok=True)
        with open(unfinished, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if model.exists():
            shutil.copymode(model, unfinished)
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def keep_old(own: Path, folder: Path) -> None:
    """Keep the student's file as it is now, and throw away all but the last of those kept before."""
    folder.mkdir(exist_ok=True)
    dated = re.compile(re.escape(own.stem) + r" \((\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d)\)\.ipynb")  # not by the student
    kept = sorted(path for path in folder.iterdir() if dated.fullmatch(path.name))
    data, now = own.read_bytes(), datetime.now()
    if kept and kept[-1].read_bytes() == data:
        return  # a run that broke off has kept it
    if kept:  # also when clocks are set back: names are in the order of time
        now = max(now, datetime.strptime(dated.fullmatch(kept[-1].name)[1], DATE) + timedelta(seconds=1))
    write(folder / f"{own.stem} ({now.strftime(DATE)}).ipynb", data, like=own)
    for path in kept[: -KEPT + 1]:
        path.unlink()


def in_words(count: dict[str, int]) -> str:
    """For example "3 cells new, 2 renewed, your 4 cells kept"."""
    said = [f"{count[what]} {what}" for what in ("new", "renewed", "gone") if count[what]]
    if said:
        number, what = said[0].split()
        said[0] = f"{number} {'cell' if number == '1' else 'cells'} {what}"
    if count["kept"]:
        said.append(f"your {count['kept']} {'cell' if count['kept'] == 1 else 'cells'} kept")
    if count["noted"]:
        said.append(f"below {count['noted']} of them the course's new version")
    return ", ".join(said) or "brought up to date, no cell changed"


def update(original: Path, home: Path) -> str:
    """Make or update one notebook; what was done, in words, or nothing."""
    own, base = home / "notebooks" / original.name, home / ".course" / original.name
    new, old = original.read_bytes(), base.read_bytes() if base.is_file() else b""
    if os.path.lexists(own) and new == old:
        return ""
    try:
        parsed(new)
    except ValueError as error:
        raise ValueError(f"the course's file can't be used: {error}") from error
    if not os.path.lexists(own):
        write(base, new)  # first: without its base, a file counts as one that the student has brought
        write(own, new)
        return "copied"
    if own.is_symlink() or not own.is_file():
        return "the course has a new version; yours is no ordinary file, and stays as it is"
    mine = own.read_bytes()
    try:
        said = "" if mine == new else follow(own, old, mine, new)
    except ValueError as error:
        return (
            f"the course has a new version; yours can't be used and stays as it is ({error}); rename it for a new one"
        )
    write(base, new)  # last: if it breaks off before, the next run merges again, which changes nothing
    return said


def follow(own: Path, old: bytes, mine: bytes, new: bytes) -> str:
    """Bring the student's file, which was made from ``old``, to what the course has; ValueError if it is unsound."""
    if mine == old:
        write(own, new)
        return "renewed, no cell was yours"
    student = parsed(mine)
    try:
        before = parsed(old)
    except ValueError:
        return "was there before and stays as it is; from now on it follows the course"
    merged, count = merge(before, student, parsed(new))
    if merged == student:
        return ""
    data = json.dumps(merged, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"  # as nbformat writes it
    keep_old(own, own.parent / "before-updates")
    write(own, data)
    return in_words(count)


def link_data(course: Path, home: Path) -> None:
    """``HOME/data`` leads to the course's data, unless the student has put something of their own there."""
    if not (course / "data").is_dir():
        raise ValueError(f"there is no folder {course / 'data'}")
    link, remembered, target = home / "data", home / ".course" / "data", str(course / "data")
    ours = link.is_symlink() and (
        not link.exists() or (remembered.is_symlink() and os.readlink(link) == os.readlink(remembered))
    )
    for path in (link, remembered):
        if path.is_symlink() and os.readlink(path) == target:
            continue
        if ours or path == remembered or not os.path.lexists(path):
            unfinished = path.with_name(f".{path.name}.new")
            unfinished.unlink(missing_ok=True)
            unfinished.symlink_to(target)
            os.replace(unfinished, path)


def notebooks_of(course: Path) -> list[Path]:
    paths = [course / "notebooks" / name for name in sorted(os.listdir(course / "notebooks")) if name[0] != "."]
    found = [path for path in paths if path.suffix == ".ipynb" and path.is_file()]
    if not found:
        raise ValueError(f"there are no notebooks in {course / 'notebooks'}")
    return found


def own_copy(course: Path, home: Path) -> bool:
    """Make or update a student's whole copy, and print what was done; False if there was a problem."""
    originals = notebooks_of(course)
    for folder in (home / "notebooks", home / ".course"):
        folder.mkdir(parents=True, exist_ok=True)
    if (home / "notebooks").samefile(course / "notebooks"):
        raise ValueError(f"{home} is the course itself; a copy needs another folder")
    tasks = {path.name: partial(update, path, home) for path in originals} | {"data": partial(link_data, course, home)}
    sound = True
    with FileLock(home / ".course" / "lock", timeout=PATIENCE):
        for name, task in tasks.items():
            try:
                said = task()
            except (OSError, ValueError, RecursionError) as error:
                print(f"{name}: yours stays as it was, since {error}", file=sys.stderr)
                sound = False
            else:
                if said:
                    print(f"{name}: {said}")
    return sound


def main() -> int:
    parser = argparse.ArgumentParser(description="Make or update a student's own copy of the course's notebooks.")
    parser.add_argument("course", type=Path, help="the course's folder, with notebooks/ and data/ in it")
    parser.add_argument("home", type=Path, help="the student's folder for it, for example ~/vae")
    arguments = parser.parse_args()
    course, home = (path.expanduser().absolute() for path in (arguments.course, arguments.home))
    try:
        return 0 if own_copy(course, home) else 1
    except Timeout:
        print(f"own_copy: another start has been at work on {home} for {PATIENCE} seconds", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"own_copy: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
