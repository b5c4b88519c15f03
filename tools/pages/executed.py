"""Notebooks that have run and still hold the state of their widgets, made ready for pages without a kernel."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode


def read(path: Path) -> NotebookNode:
    """The notebook with its number in the title, its figures with their alternative text, and nothing from stderr."""
    notebook = nbformat.read(path, as_version=4)
    if "widgets" not in notebook.metadata:
        raise ValueError(f"{path}: want a notebook executed with its widgets' state; this one has none")
    title = notebook.cells[0]
    title.source = title.source.replace("# ", f"# {path.stem[:2]} ", 1)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
            _describe(cell)
    return notebook


def _describe(cell: NotebookNode) -> None:
    """The cell's ``alt`` where nbconvert and MyST-NB look for it."""
    alt = cell.metadata.get("alt")
    if not alt:
        return
    cell.metadata["mystnb"] = {"image": {"alt": alt.replace("\n", " ")}}
    for output in cell.outputs:
        if "image/png" in output.get("data", {}):
            output.metadata["image/png"] = output.metadata.get("image/png", {}) | {"alt": alt}
