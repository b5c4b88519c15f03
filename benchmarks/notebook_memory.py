"""Seconds and peak memory of a fresh kernel that runs each notebook: part of ``make bench``.

Peak memory is the kernel's maximum resident set size as the operating system counted it (Linux, macOS).
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
UNIT = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB


def main() -> None:
    print("notebook                        seconds   peak memory")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
        started = time.perf_counter()
        NotebookClient(notebook, resources={"metadata": {"path": NOTEBOOKS}}).execute()
        peak = int(notebook.cells[-1].outputs[0].text) * UNIT
        print(f"{path.stem:30} {time.perf_counter() - started:8.0f}   {peak / 1e9:6.2f} GB")


if __name__ == "__main__":
    main()
