"""The notebooks that a student runs: their cells, their exercise, and how a saved one is told from another."""

import copy
import hashlib
import json
import re

from nbformat.v4 import new_markdown_cell

FIRST, SECOND = "00_vae_in_one_hour.ipynb", "06_latent_space.ipynb"
EXERCISE = "lerp"
RIGHT = "def my_lerp(a, b, t):\n    return a + t * (b - a)"
WRONG = "def my_lerp(a, b, t):\n    return b + t * (a - b)"
MISTAKE = "it runs backwards"  # what the check says of WRONG
CHECKED = re.compile(r'check\("(\w+)", (\w+)\)')


def code_cells(notebook: dict, most: int | None = None) -> list[int]:
    """Positions of the cells to run, the first ``most`` of them."""
    return [i for i, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code" and source(cell)][:most]


def source(cell: dict) -> str:
    """A cell's text."""
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def exercise_cells(notebook: dict, exercise: str) -> tuple[int, int]:
    """Positions of the cell to fill in, and of the cell that checks it."""
    for position, cell in enumerate(notebook["cells"]):
        found = CHECKED.search(source(cell)) if cell["cell_type"] == "code" else None
        if found and found[1] == exercise:
            for stub in range(position - 1, -1, -1):
                if f"def {found[2]}(" in source(notebook["cells"][stub]):
                    return stub, position
    raise ValueError(f"the notebook has no exercise {exercise!r} with a stub and a check.")


def with_note(notebook: dict, text: str) -> dict:
    """The notebook with a line of the student's own at its end, in place of an earlier one."""
    notebook = copy.deepcopy(notebook)
    cells = notebook["cells"]
    if cells and cells[-1].get("metadata", {}).get("class_test"):
        cells.pop()
    cells.append(new_markdown_cell(text, metadata={"class_test": True}))
    return notebook


def fingerprint(notebook: dict) -> str:
    """Of what a student would miss: texts and outputs of all cells."""
    kept = [[cell["cell_type"], source(cell), _outputs(cell)] for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _outputs(cell: dict) -> list:
    return [{key: _joined(value) for key, value in output.items()} for output in cell.get("outputs", [])]


def _joined(value):
    """Files hold texts as lists of lines, the server sends them whole: the same text, both ways."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return {key: _joined(inner) for key, inner in value.items()} if isinstance(value, dict) else value
