"""Students' notebooks for the tests of the collector: the course's own, filled in."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from collect.course import read_course, source  # noqa: E402

COURSE = {notebook.stem[:2]: notebook for notebook in read_course()}


def notebook(number: str, filled: dict[str, str] | None = None) -> dict:
    """The course's notebook of that number; ``filled`` has the code of an exercise's answer cell, by exercise."""
    stem = COURSE[number].stem
    content = json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))
    places = {exercise.name: exercise.cell for exercise in COURSE[number].exercises}
    for name, text in (filled or {}).items():
        next(cell for cell in content["cells"] if cell["id"] == places[name])["source"] = text
    return content


def code(text: str, identifier: str = "own") -> dict:
    """A cell of code."""
    return {"cell_type": "code", "id": identifier, "metadata": {}, "outputs": [], "source": text}


def without(content: dict, text: str) -> dict:
    """The notebook without the code cells that have ``text`` in them."""
    cells = [c for c in content["cells"] if c["cell_type"] != "code" or text not in source(c)]
    return content | {"cells": cells}


def write(path: Path, content: dict) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def require_sandbox() -> None:
    """Skip where students' code can't be confined; fail where it has to be."""
    if shutil.which("bwrap") is None or sys.platform != "linux":
        if os.environ.get("VAE_REQUIRE_CLASS"):
            pytest.fail("bubblewrap is wanted here (VAE_REQUIRE_CLASS is set): apt-get install bubblewrap")
        pytest.skip("students' code runs in a sandbox only, and bubblewrap is not here: apt-get install bubblewrap")
