"""Text files are UTF-8, whatever the machine's own encoding: native Windows has another one."""

import ast
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import vae_helpers

ROOT = Path(__file__).parent.parent
SOURCES = [path for folder in ("vae_helpers", "tests", "tools", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
MODULES = [module.name for module in pkgutil.walk_packages(vae_helpers.__path__, "vae_helpers.")]
# neither UTF-8 nor a locale that Python would exchange for it
ASCII = os.environ | {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
NO_TEXT = {"Image", "tarfile", "zipfile", "gzip", "os", "webbrowser"}  # whose ``open`` opens no text file


def without_encoding(source: str) -> list[int]:
    """The lines of calls that open text, or read it from a program, without the name of its encoding."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        if name == "open":
            owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            place = 0 if owner else 1  # of the mode: Path(...).open(mode), open(path, mode)
            mode = ast.unparse(node.args[place]) if len(node.args) > place else options.get("mode", "'r'")
            text = owner not in NO_TEXT and "b" not in mode
        else:
            text = name in {"read_text", "write_text"} or "True" in (
                options.get("text"),
                options.get("universal_newlines"),
            )
        if text and "encoding" not in options:
            found.append(node.lineno)
    return found


def test_calls_are_told_apart():
    bad = [
        "open(p)",
        "open(p, 'w')",
        "p.open()",
        "p.open('a')",
        "p.read_text()",
        "p.write_text(s)",
        "run(c, text=True)",
    ]
    good = ["open(p, 'rb')", "p.open('wb')", "Image.open(p)", "open(p, encoding='utf-8')", "p.read_bytes()", "run(c)"]
    assert without_encoding("\n".join(bad + good)) == [*range(1, len(bad) + 1)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_text_is_opened_with_its_encoding(path):
    assert without_encoding(path.read_text(encoding="utf-8")) == []


@pytest.mark.slow
def test_every_module_can_be_imported_where_the_encoding_is_ascii():
    code = f"import importlib\nfor name in {MODULES}: importlib.import_module(name)"
    command = [sys.executable, "-X", "utf8=0", "-X", "warn_default_encoding", "-c", code]
    done = subprocess.run(command, env=ASCII, capture_output=True, encoding="utf-8")
    assert done.returncode == 0 and len(MODULES) > 50, done.stderr
    warnings = [line for line in done.stderr.splitlines() if "EncodingWarning" in line]
    assert not [line for line in warnings if line.startswith(f"{ROOT}/vae_helpers")]  # not of packages in .venv


@pytest.mark.slow
def test_the_doctor_where_the_encoding_is_ascii(tmp_path):
    """In a folder that such a terminal can't name."""
    folder = tmp_path / "Übung"
    folder.mkdir()
    command = [sys.executable, "-X", "utf8=0", "-m", "vae_helpers.doctor"]
    done = subprocess.run(command, env=ASCII, cwd=folder, capture_output=True, encoding="ascii")
    assert "[FAIL]" not in done.stdout and "bung can be written" in done.stdout, done.stdout + done.stderr
