"""Remove what stored notebooks can't use: references to widgets that live in a kernel long gone.

JupyterLab would show "model not found" in their place, and their random ids would change in every run. The text
that stands for each widget stays. Called by ``make notebooks`` with the paths to clean.
"""

import sys

import nbformat

VIEW = "application/vnd.jupyter.widget-view+json"

for path in sys.argv[1:]:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(VIEW, None)
    nbformat.write(notebook, path)
