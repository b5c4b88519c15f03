"""The course's own notebooks: which exercises each has, and which of them a submission is a copy of."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECK = re.compile(r"""^check\(\s*["'](\w+)["']\s*,\s*(\w+)""", re.M)
NAMED = re.compile(r"""\bcheck\(\s*["'](\w+)["']""")


@dataclass(frozen=True)
class Exercise:
    """An exercise as its notebook ships it: its name, the answer's name and the cell that the answer stands in."""

    name: str
    answer: str
    cell: str


@dataclass(frozen=True)
class CourseNotebook:
    """What tells one of the course's notebooks from the others."""

    stem: str
    exercises: tuple[Exercise, ...]
    first: str  # the id of the first code cell, the imports
    imports: str  # its text
    ids: frozenset[str]


def source(cell: dict) -> str:
    """A cell's text; files have it as one string or as a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(map(str, text)) if isinstance(text, list) else ""


def read_course(folder: Path = ROOT / "notebooks") -> list[CourseNotebook]:
    """The notebooks of the course that have exercises, in teaching order."""
    found = (_read(path) for path in sorted(folder.glob("*.ipynb")))
    return [notebook for notebook in found if notebook.exercises]


def _read(path: Path) -> CourseNotebook:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    exercises = []
    for name, answer in (match for cell in code for match in CHECK.findall(source(cell))):
        (stub,) = (cell["id"] for cell in code if f"def {answer}(" in source(cell))
        exercises.append(Exercise(name, answer, stub))
    ids = frozenset(cell["id"] for cell in cells)
    return CourseNotebook(path.stem, tuple(exercises), code[0]["id"], source(code[0]), ids)


def recognise(cells: list[dict], file_name: str, course: list[CourseNotebook]) -> CourseNotebook | None:
    """The notebook of the course that these cells come from, or None; a file's name decides only between equals."""
    text = "\n".join(source(cell) for cell in cells)
    checked = set(NAMED.findall(text))
    ids = {cell.get("id") for cell in cells if isinstance(cell.get("id"), str)}

    def likeness(notebook: CourseNotebook) -> tuple[int, bool]:
        named = sum(e.name in checked or f"def {e.answer}(" in text for e in notebook.exercises)
        return (5 * named + len(ids & notebook.ids) if named else 0), notebook.stem[:3] in file_name

    best = max(course, key=likeness)
    return best if likeness(best)[0] else None
