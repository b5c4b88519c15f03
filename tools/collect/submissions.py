"""Find students' notebooks in a folder, in the shapes in which learning platforms hand them out.

A student is a sub-folder (``Ada Lovelace_12345_assignsubmission_file_`` of Moodle is Ada Lovelace) or, for a file that
lies in the folder itself, the file's name without the notebook's. Links are not followed. Nothing is executed here,
and nothing but JSON is parsed.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from collect.course import CourseNotebook, recognise, source

LARGEST = 20_000_000  # bytes of a file; the course's own have at most 1.5 million
MOST = 5000  # files
MOODLE = re.compile(r"_\d+_assignsubmission_.*$")
COPY = re.compile(r"(\s*\(\d+\)|\s*-\s*Copy\d*|-Copy\d+)+$", re.I)
COURSE_NAME = re.compile(r"[_\s-]*\b\d\d_[a-z_]+$|[_\s-]*(?<!\d)\d\d_[a-z_]+$")


@dataclass(frozen=True)
class Submission:
    """One file: whose it is, which notebook of the course it is, and its code cells; or why it can't be used."""

    student: str
    file: str
    notebook: CourseNotebook | None = None
    cells: tuple[tuple[str, str], ...] = ()  # of code: id and text
    problem: str = ""
    age: tuple[float, str] = (0.0, "")


def find(folder: Path, course: list[CourseNotebook]) -> list[Submission]:
    """All submissions below ``folder``: one for each student and notebook, and each file that can't be used.

    Raises:
        ValueError: there is no such folder, or more files in it than a class can have handed in.
    """
    if not folder.is_dir():
        raise ValueError(f"SUBMISSIONS: want a folder of students' notebooks, got {str(folder)!r}, which is none")
    base = _inner(folder)
    found = []
    for path in _files(folder):
        if len(found) == MOST:
            raise ValueError(f"SUBMISSIONS: want at most {MOST} notebooks, got more in {str(folder)!r}")
        found.append(_read(path, readable(str(path.relative_to(folder))), _student(path, base), course))
    return _newest(found)


def readable(text: str) -> str:
    """The text with nothing in it that can't be printed: no control characters, no reversed writing, no half of one."""
    text = os.fsencode(text).decode(errors="replace") if any("\udc80" <= c <= "\udcff" for c in text) else text
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _files(folder: Path) -> Iterator[Path]:
    """Everything that is called a notebook, links too, which the reader refuses; no hidden folders."""
    for place, folders, names in os.walk(folder, followlinks=False):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        folders[:] = sorted(n for n in folders if not n.startswith((".", "__MACOSX")) and n not in links)
        for name in sorted([*names, *links]):
            wanted = name.lower().endswith((".ipynb", ".zip")) or name in links
            if wanted and not name.startswith("."):
                yield Path(place, name)


def _inner(folder: Path) -> Path:
    """Where the students' folders lie: an unpacked archive often is one folder that holds them all."""
    while True:
        inside = [path for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX"))]
        if len(inside) != 1 or inside[0].is_symlink() or not inside[0].is_dir():
            return folder
        if not any(path.is_dir() and not path.is_symlink() for path in inside[0].iterdir()):
            return folder
        folder = inside[0]


def _student(path: Path, base: Path) -> str:
    parts = path.relative_to(base).parts
    if len(parts) > 1:
        return readable(MOODLE.sub("", parts[0])).strip() or readable(parts[0])
    stem = COPY.sub("", path.stem)
    return readable(COURSE_NAME.sub("", MOODLE.sub("", stem)).strip(" _-") or stem)


def _read(path: Path, file: str, student: str, course: list[CourseNotebook]) -> Submission:
    submission = Submission(student, file)
    if path.is_symlink():
        return replace(submission, problem="a link, which is not followed: put the file itself here")
    if path.suffix.lower() == ".zip":
        return replace(submission, problem="an archive: unpack it first")
    try:
        cells, modified = _cells(path), path.stat().st_mtime
    except (OSError, ValueError, RecursionError) as error:
        return replace(submission, problem=readable(str(error))[:300])
    notebook = recognise(cells, path.name, course)
    if notebook is None:
        return replace(submission, problem="no notebook of this course: it has none of its exercises")
    code = tuple((str(cell.get("id", "")), source(cell)) for cell in cells if cell.get("cell_type") == "code")
    return replace(submission, notebook=notebook, cells=code, age=(modified, path.name))


def _cells(path: Path) -> list[dict]:
    size = path.lstat().st_size
    if not path.is_file():
        raise ValueError("no regular file")
    if size > LARGEST:
        raise ValueError(f"{size / 1e6:.0f} MB: want at most {LARGEST / 1e6:.0f} MB; clear its outputs")
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError("not readable as a notebook: it is no JSON, or only a part of it has arrived") from None
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise ValueError("not readable as a notebook: it has no list of cells (format 4)")
    return cells


def _newest(found: list[Submission]) -> list[Submission]:
    """Of several copies of one notebook by one student, the newest; the others are told, not run."""
    best: dict[tuple[str, str], Submission] = {}
    for one in found:
        if one.notebook is not None:
            key = one.student, one.notebook.stem
            best[key] = max(best.get(key, one), one, key=lambda s: s.age)
    kept = []
    for one in found:
        chosen = one if one.notebook is None else best[one.student, one.notebook.stem]
        older = replace(one, notebook=None, problem=f"an older copy; {chosen.file} counts")
        kept.append(one if chosen is one else older)
    return kept
