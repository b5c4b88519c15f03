"""The rules that every notebook of the course keeps."""

import ast
import json
import re
from pathlib import Path

import pytest

from vae_helpers import widgets
from vae_helpers.exercises import EXERCISES, check, solution

FOLDER = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
VIEW = "application/vnd.jupyter.widget-view+json"
STUB = "    return ...  # replace this line by your code"

pytestmark = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def cells(path: Path, kind: str | None = None) -> list[dict]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if kind in (None, cell["cell_type"])]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def outputs(path: Path) -> list[dict]:
    return [output for cell in cells(path, "code") for output in cell["outputs"]]


def mime_types(cell: dict) -> set[str]:
    return {mime for output in cell.get("outputs", []) for mime in output.get("data", {})}


def prose(path: Path) -> str:
    return "\n".join(source(cell) for cell in cells(path, "markdown"))


def test_run_in_order_from_a_fresh_kernel(path):
    counts = [cell["execution_count"] for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


def test_outputs_are_stored_and_clean(path):
    assert len(outputs(path)) > 10
    for output in outputs(path):
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr"


def shows_widget(cell: dict) -> bool:
    """Stored notebooks keep a widget's text only: ``InterpolationSlider(from a 2 to a 7)``."""
    texts = ["".join(output.get("data", {}).get("text/plain", "")) for output in cell["outputs"]]
    return any(text.startswith(f"{name}(") for text in texts for name in widgets.__all__)


def test_no_widget_state(path):
    assert "widgets" not in json.loads(path.read_text(encoding="utf-8"))["metadata"]
    assert not any(VIEW in mime_types(cell) for cell in cells(path, "code"))


def test_size(path):
    assert path.stat().st_size < 1_500_000


def test_no_absolute_path(path):
    texts = [source(cell) for cell in cells(path)]
    texts += ["".join(output.get("text", "")) for output in outputs(path)]
    texts += ["".join(output.get("data", {}).get("text/plain", "")) for output in outputs(path)]
    for text in texts:
        assert not re.search(r"(^|[\s'\"(=])(/(home|root|tmp|Users|work|usr|opt)/|[A-Z]:\\)", text), text


def test_header_and_ending(path):
    first = source(cells(path)[0])
    assert re.match(r"# [A-Z]", first)
    for part in ("**You will**", "**You will learn**", "**You need**", "**Time:**"):
        assert part in first, f"the header lacks {part}"
    for part in ("## Summary", "## Check yourself", "## References"):
        assert part in prose(path), f"the notebook lacks {part}"


def test_figures_have_alternative_text(path):
    for cell in cells(path, "code"):
        if "image/png" in mime_types(cell):
            assert len(cell["metadata"].get("alt", "")) > 30, source(cell)
    assert not re.search(r"!\[\s*\]\(", prose(path))


def test_every_widget_has_a_static_companion(path):
    """A figure within the next three cells of code, for paper and for pages without a kernel."""
    code = [cell for cell in cells(path, "code") if cell["outputs"]]
    shown = [k for k, cell in enumerate(code) if shows_widget(cell)]
    for k in shown:
        assert any("image/png" in mime_types(cell) for cell in code[k + 1 : k + 4]), source(code[k])
    assert shown


def test_links_resolve(path):
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", prose(path)):
        assert (path.parent / target).exists(), target


def test_cells_are_small(path):
    lengths = [len(source(cell).splitlines()) for cell in cells(path, "code")]
    assert max(lengths) <= 20 and sorted(lengths)[len(lengths) // 2] <= 8


def exercises(path: Path) -> list[str]:
    return [name for cell in cells(path, "code") for name in re.findall(r'^check\("(\w+)"', source(cell), re.M)]


def test_exercises_are_shipped_undone(path):
    names, all_code = exercises(path), [source(cell) for cell in cells(path, "code")]
    assert len(names) >= 2
    assert sum(STUB in text for text in all_code) == len(names)
    todo = [o["data"]["text/plain"] for o in outputs(path) if "Still to do: write it" in str(o.get("data", ""))]
    assert len(todo) == len(names)


def calls(path: Path, function: str) -> list[str]:
    """The code cells that call ``function`` at their start."""
    return [text for cell in cells(path, "code") if (text := source(cell)).startswith(f"{function}(")]


def test_every_check_has_a_hint_and_the_packages_own_solution(path):
    """What ``solution`` shows is tested with the exercises; a second copy in the text could drift."""
    assert calls(path, "solution") == [f'solution("{name}")' for name in exercises(path)]
    assert prose(path).count("<summary><b>Hint</b></summary>") >= len(exercises(path))
    assert "<summary><b>Solution</b></summary>" not in prose(path)


def test_solutions_run_with_the_notebooks_imports(path):
    """A student may put one into the notebook: what it uses of other packages is imported there (of ours, in it)."""
    imported = {}
    for cell in cells(path, "code"):
        for name in re.findall(r'^solution\("(\w+)"', source(cell), re.M):
            scope = dict(imported)
            exec(solution(name).source, scope)
            assert check(name, scope[EXERCISES[name].reference.__name__]).status == "right", name
        for node in ast.parse(source(cell)).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                exec(ast.unparse(node), imported)


def test_progress_names_the_notebooks_exercises(path):
    (call,) = calls(path, "progress")
    assert re.findall(r'"(\w+)"', call) == exercises(path)
