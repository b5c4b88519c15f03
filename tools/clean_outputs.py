"""Clean stored notebooks of what changes by chance or can't be used: ``make notebooks`` calls it with their paths.

Widgets' views live in a kernel long gone: JupyterLab would show "model not found" in their place, and their random ids
would change in every run. The text that stands for each widget stays. And what a cell prints comes in one part or in
several, as the kernel finds the time: here it is one.
"""

import sys

import nbformat
from nbval.plugin import coalesce_streams

VIEW = "application/vnd.jupyter.widget-view+json"

for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = coalesce_streams(cell.outputs)
            for output in cell.outputs:
                output.get("data", {}).pop(VIEW, None)
    nbformat.write(notebook, path)
