"""The comparison of executed notebooks finds what nbval finds: altered, missing and added outputs, and errors."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from vae_helpers.data import REPO_DATA

pytestmark = pytest.mark.slow  # each comparison is a run of pytest

SANITIZE = REPO_DATA.parent / "tests" / "sanitize.cfg"


def result(text: str, **data) -> nbformat.NotebookNode:
    return new_output("execute_result", {"text/plain": text, **data}, execution_count=1)


def printed(text: str, name: str = "stdout") -> nbformat.NotebookNode:
    return new_output("stream", name=name, text=text)


BOTH = [printed("a\n"), result("2")]
CASES = {  # by name: what is stored, what came, tags, and what is to be said of it
    "the same": (BOTH, BOTH, [], "passed"),
    "nothing": ([], [], [], "passed"),
    "a stream in parts": ([printed("a\nb\n")], [printed("a\n"), printed("b\n")], [], "passed"),
    "another picture": (
        [result("<Figure size 640x480 with 1 Axes>", **{"image/png": "aGk="})],
        [result("<Figure size 64x48 with 1 Axes>", **{"image/png": "aGo="})],
        [],
        "passed",
    ),
    "another result": (BOTH, [printed("a\n"), result("3")], [], "failed"),
    "another print": (BOTH, [printed("b\n"), result("2")], [], "failed"),
    "no print": (BOTH, [result("2")], [], "failed"),
    "no result": (BOTH, [printed("a\n")], [], "failed"),
    "nothing came": (BOTH, [], [], "failed"),
    "one more": (BOTH, [*BOTH, result("2")], [], "failed"),
    "one more kind": (BOTH, [printed("a\n"), result("2", **{"text/html": "<b>2</b>"})], [], "failed"),
    "a warning": (BOTH, [*BOTH, printed("a warning", "stderr")], [], "failed"),
    "an error": (BOTH, [*BOTH, new_output("error", ename="E", evalue="", traceback=["E"])], [], "failed"),
    "ignored": (BOTH, [result("3")], ["nbval-ignore-output"], "passed"),
    "skipped": (BOTH, [result("3")], ["nbval-skip"], "skipped"),
}


def write(path, outputs, source="1 + 1"):
    """A notebook with a cell for each list of outputs."""
    cells = [
        new_code_cell(source, outputs=some, execution_count=1, metadata={"tags": case[2]}, id=f"c{k}")
        for k, (some, case) in enumerate(zip(outputs, CASES.values(), strict=False))
    ]
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=cells), path)


def compare(folder) -> list[str]:
    """The outcome of each cell; "error" for a notebook that is refused."""
    seen = []

    class Listen:
        def pytest_runtest_logreport(self, report):
            if report.when == "call" or report.outcome != "passed":
                seen.append(report.outcome)

        def pytest_collectreport(self, report):
            if report.failed:
                seen.append("error")

    options = ["-p", "no:cacheprovider", "-p", "compare_executed", "-c", "/dev/null", "--rootdir", str(folder)]
    options += ["--nbval-sanitize-with", str(SANITIZE), "--executed", str(folder / "executed")]
    pytest.main([*options, str(folder / "book.ipynb")], [Listen()])
    return seen


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    write(folder / "book.ipynb", [stored for stored, *_ in CASES.values()])
    write(folder / "executed" / "book.ipynb", [came for _, came, *_ in CASES.values()])
    return dict(zip(CASES, compare(folder), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_whatever_differs_is_found(outcomes, name):
    assert outcomes[name] == CASES[name][-1]


def test_an_old_execution_is_refused(tmp_path):
    write(tmp_path / "book.ipynb", [BOTH])
    write(tmp_path / "executed" / "book.ipynb", [BOTH], source="1 + 2")
    assert compare(tmp_path) == ["error"]


def test_a_missing_execution_is_refused(tmp_path):
    write(tmp_path / "book.ipynb", [BOTH])
    assert compare(tmp_path) == ["error"]
