"""The course's exercises as an assignment for nbgrader: ``python tools/collect/assignment.py COURSE_FOLDER``.

It writes ``COURSE_FOLDER/source/vae/*.ipynb``: of each notebook the imports and the exercises with their text, each
answer a graded cell between nbgrader's marks, each ``check`` a test worth a point. From there on it is nbgrader's:
``nbgrader generate_assignment vae`` takes the solutions out, ``nbgrader autograde vae`` gives the points.

nbgrader runs students' code as you, without a sandbox: run ``autograde`` where a submission can harm nothing.
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # Python puts this folder itself there
from collect.course import ROOT, CourseNotebook, Exercise, read_course, source  # noqa: E402

TEST = """result = check("{name}", {answer})
print(result)
assert result.status == "right", result.message"""


def cell(kind: str, identifier: str, text: str, **role: object) -> dict:
    """A cell with what nbgrader wants to know of it; a student may change only an answer."""
    known = {
        "schema_version": 3,
        "grade_id": identifier,
        "grade": False,
        "solution": False,
        "locked": True,
        "task": False,
    }
    made = {"cell_type": kind, "id": identifier, "metadata": {"nbgrader": known | role}, "source": text}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def answer(exercise: Exercise) -> str:
    """The package's own function between the marks that nbgrader takes out; the first line stays for the student."""
    from vae_helpers.exercises import EXERCISES, solution

    name = EXERCISES[exercise.name].reference.__name__
    shown = f"{solution(exercise.name).source.rstrip()}\n\n\n{exercise.answer} = {name}"
    return f"### BEGIN SOLUTION\n{shown}\n### END SOLUTION"


def _imports(cells: list[dict]) -> Iterator[str]:
    """What later cells import: a solution may need it."""
    for given in cells:
        if given["cell_type"] == "code":
            body = ast.parse(source(given)).body
            yield from (ast.unparse(node) for node in body if isinstance(node, (ast.Import, ast.ImportFrom)))


def assignment(notebook: CourseNotebook, cells: list[dict]) -> dict:
    """The notebook's exercises alone, each with the text above it."""
    places = {given["id"]: number for number, given in enumerate(cells)}
    made = [cell("markdown", "title", source(cells[0]).partition("\n")[0])]
    made.append(cell("code", "imports", source(cells[places[notebook.first]])))
    made.append(cell("code", "more-imports", "\n".join(dict.fromkeys(_imports(cells[places[notebook.first] + 1 :])))))
    for exercise in notebook.exercises:
        stub = places[exercise.cell]
        texts = [source(given) for given in cells[:stub] if given["cell_type"] == "markdown"]
        names = exercise.name
        made.append(cell("markdown", f"{names}-text", texts[-1]))
        head = source(cells[stub]).partition("    return ...")[0].rstrip()
        told = f"# Write it here:\n# {head.splitlines()[0]}\n{answer(exercise)}"
        made.append(cell("code", f"{names}-answer", told, solution=True, locked=False))
        made.append(
            cell("code", f"{names}-test", TEST.format(name=names, answer=exercise.answer), grade=True, points=1)
        )
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def main() -> int:
    parser = argparse.ArgumentParser(prog="assignment", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="nbgrader's course folder")
    folder = parser.parse_args().folder / "source" / "vae"
    if folder.exists():
        print(f"COURSE_FOLDER: {folder} is there already; move it away first", file=sys.stderr)
        return 2
    folder.mkdir(parents=True)
    for notebook in read_course():
        content = json.loads((ROOT / "notebooks" / f"{notebook.stem}.ipynb").read_text(encoding="utf-8"))
        made = assignment(notebook, content["cells"])
        (folder / f"{notebook.stem}.ipynb").write_text(json.dumps(made, indent=1), encoding="utf-8")
    print(f"{folder}: {len(read_course())} notebooks. Next, in {folder.parents[1]}: nbgrader generate_assignment vae")
    return 0


if __name__ == "__main__":
    sys.exit(main())
