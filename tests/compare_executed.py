"""A pytest plugin: compare notebooks that have been executed already with the stored ones, by nbval's own rules.

nbval compares while it executes. Here each notebook has been executed once, two at a time, for the site (``make
executed``); to execute it again only to compare would double the time of the tests. No kernel is started:

    pytest -p compare_executed --executed build/executed notebooks/*.ipynb
"""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams


def pytest_addoption(parser):
    parser.addoption("--executed", type=Path, metavar="FOLDER", help="where the same notebooks lie, executed")


def pytest_collect_file(file_path: Path, parent):
    folder = parent.config.option.executed
    if folder and file_path.suffix == ".ipynb":
        return StoredNotebook.from_parent(parent, path=file_path)


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


class StoredNotebook(IPyNbFile):
    """A stored notebook, beside the executed one of the same name."""

    def setup(self) -> None:
        self.setup_sanitize_files()  # and no kernel, which the inherited one starts

    def collect(self) -> Iterator["StoredCell"]:
        path = self.config.option.executed / self.path.name
        if not path.is_file():
            raise self.CollectError(f"{path} is missing: run `make executed`")
        executed = code_cells(nbformat.read(path, as_version=4))
        cells = [
            StoredCell.from_parent(self, name=c.name, cell_num=c.cell_num, cell=c.cell, options=c.options)
            for c in super().collect()
        ]
        if [cell.source for cell in executed] != [item.cell.source for item in cells]:
            raise self.CollectError(f"{path} was made from another state of {self.path}: run `make executed`")
        for item, cell in zip(cells, executed, strict=True):
            item.executed = cell
            yield item


class StoredCell(IPyNbCell):
    """A stored cell of code; ``executed`` is the same cell with the outputs that it gave."""

    executed: nbformat.NotebookNode

    def runtest(self) -> None:
        if self.options["skip"]:
            pytest.skip("tagged nbval-skip")
        self.test_outputs = coalesce_streams(self.executed.outputs)
        errors = [output for output in self.test_outputs if output.output_type == "error"]
        if errors and not self.options["check_exception"]:
            self.raise_cell_error("Cell execution caused an exception", "\n".join(errors[0].traceback))
        if self.cell.execution_count is None and self.cell.outputs:
            self.raise_cell_error("Unrun reference cell has outputs")
        if not self.options["check"] or self.cell.execution_count is None:
            return
        if not self.compare_outputs(self.test_outputs, coalesce_streams(self.cell.outputs)):
            self.raise_cell_error("Cell outputs differ", "\n".join(self.comparison_traceback))
