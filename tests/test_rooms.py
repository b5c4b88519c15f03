"""One place to extend: whatever joins a room is in the room's one list, has its test and its reader, and is shipped.

docs/contributing.md says which files a new model, data set, widget, exercise or notebook touches; these tests name the
one that was forgotten.
"""

import ast
import inspect
import json
import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from torch import nn

from vae_helpers import models, plots, widgets
from vae_helpers.checkpoints import MODELS
from vae_helpers.data import DATASETS, REPO_DATA
from vae_helpers.exercises import EXERCISES

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "vae_helpers"

PARTS = ("layers", "conditions", "priors", "sequences")  # what models are made of


def written_in(files) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def code_of_notebooks() -> str:
    cells = (
        cell
        for path in (ROOT / "notebooks").glob("*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    )
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


CODE = code_of_notebooks()
TESTS = written_in((ROOT / "tests").glob("test_*.py"))
BROWSER_TESTS = written_in((ROOT / "tests" / "browser").glob("*.py"))


def test_each_model_is_in_the_list():
    """So that a checkpoint can hold it."""
    rooms = [import_module(f"{models.__name__}.{room.name}") for room in iter_modules(models.__path__)]
    found = {
        name: value
        for room in rooms
        if room.__name__.rpartition(".")[2] not in PARTS
        for name, value in vars(room).items()
        if inspect.isclass(value) and issubclass(value, nn.Module) and value.__module__ == room.__name__
        if not name.startswith("_")
    }
    assert found == MODELS, "MODELS: want each model of vae_helpers/models, by the name of its class"
    assert found.keys() <= set(models.__all__), "vae_helpers/models/__init__.py: __all__"


@pytest.mark.parametrize("name", MODELS)
def test_each_model_is_tested(name):
    tests = written_in((ROOT / "tests").glob("test_models*.py"))
    assert re.search(rf"\b{name}\(", tests), f"tests/test_models.py, or one beside it: {name}"


@pytest.mark.parametrize("name", DATASETS)
def test_each_data_set_says_where_it_comes_from(name):
    assert re.search(rf"\b{name}\b", (REPO_DATA / "README.md").read_text(encoding="utf-8")), (
        f"data/README.md: want a word on {name}"
    )


def test_what_lies_in_data_says_where_it_comes_from():
    text = (REPO_DATA / "README.md").read_text(encoding="utf-8")
    for path in [*REPO_DATA.iterdir(), *(REPO_DATA / "weights").iterdir()]:
        assert path.name == "README.md" or path.name in text, f"data/README.md: want a word on {path.name}"


@pytest.mark.parametrize("name", widgets.__all__)
def test_each_widget_is_tested_and_shown(name):
    assert re.search(rf"\b{name}\(", TESTS), f"tests: none makes a {name}"
    assert re.search(rf"\b{name}\(", CODE), f"notebooks: none shows a {name}"


@pytest.mark.parametrize("name", widgets.__all__)
def test_each_script_of_a_widget_is_tested(name):
    module = Path(inspect.getfile(getattr(widgets, name)))
    if module.with_suffix(".js").exists():
        test = ROOT / "tests" / "js" / f"{module.stem}.test.mjs"
        assert test.exists(), f"tests/js: want {test.name}"
        assert re.search(rf"\b{name}\(", BROWSER_TESTS), f"tests/browser: none moves a {name}"


@pytest.mark.parametrize("name", EXERCISES)
def test_each_exercise_is_set_in_a_notebook(name):
    assert f'check("{name}"' in CODE, f"notebooks: none sets the exercise {name}"


@pytest.mark.parametrize("name", sorted(set(plots.__all__) - {"CLASS_COLORS"}))
def test_each_figure_is_drawn_in_a_notebook(name):
    assert re.search(rf"\bplots\.{name}\(", CODE), f"notebooks: none draws plots.{name}"


def test_all_files_of_the_package_are_shipped():
    """Scripts and styles beside the modules, in deeper folders too."""
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = pyproject.partition("[tool.setuptools.package-data]\n")[2].partition("\n[")[0]
    patterns = {package: ast.literal_eval(globs) for package, globs in re.findall(r'"(.+)" = (\[.*\])', section)}
    for path in PACKAGE.rglob("*"):
        if path.is_dir() or path.suffix in {".py", ".pyc"}:
            continue
        package = ".".join(path.parent.relative_to(ROOT).parts)
        globs = patterns.get("*", []) + patterns.get(package, [])
        assert any(path.match(glob) for glob in globs), f"pyproject.toml, package-data: {path.relative_to(ROOT)}"
        assert (path.parent / "__init__.py").exists(), f"{path.parent.relative_to(ROOT)}: want an __init__.py"
