"""Find submissions, recognise them, and write the table: no student's code runs here."""

import ast
import csv
import json
import os
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from submitted import COURSE, ROOT, code, notebook, write

sys.path.insert(0, str(ROOT / "tools"))
from collect.assignment import assignment  # noqa: E402
from collect.page import page  # noqa: E402
from collect.results import Outcome, Result, collect  # noqa: E402
from collect.run import data_folders, main, refuse_exposed  # noqa: E402
from collect.sandbox import Limits, NoSandbox, command, require_tools, visible  # noqa: E402
from collect.submissions import Submission, find, readable  # noqa: E402
from collect.table import safe, write_csv  # noqa: E402

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def found(folder) -> dict[str, Submission]:
    return {one.file: one for one in find(folder, list(COURSE.values()))}


def test_every_exercise_of_the_course_is_known():
    assert len(COURSE) == 14
    assert sum(len(each.exercises) for each in COURSE.values()) == 39


@pytest.mark.parametrize("number", sorted(COURSE))
def test_a_notebook_is_known_by_its_cells(tmp_path, number):
    write(tmp_path / "Ada" / "my work.ipynb", notebook(number))
    (one,) = found(tmp_path).values()
    assert (one.student, one.notebook, one.problem) == ("Ada", COURSE[number], "")


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("Ada_06_latent_space.ipynb", "Ada"),
        ("Ada Lovelace-06_latent_space (1).ipynb", "Ada Lovelace"),
        ("Ada/06_latent_space.ipynb", "Ada"),
        ("Ada/deeper/06_latent_space.ipynb", "Ada"),
        ("Ada Lovelace_12345_assignsubmission_file_/06_latent_space.ipynb", "Ada Lovelace"),
        ("Ada Lovelace_12345_assignsubmission_file_06_latent_space.ipynb", "Ada Lovelace"),
        ("Zoë Ñandú 李_06_latent_space.ipynb", "Zoë Ñandú 李"),
        ("06_latent_space.ipynb", "06_latent_space"),
    ],
)
def test_whose_it_is(tmp_path, path, student):
    write(tmp_path / path, notebook("06"))
    write(tmp_path / "Other" / "06.ipynb", notebook("06"))
    assert found(tmp_path)[path].student == student


def test_an_archive_that_was_one_folder(tmp_path):
    write(tmp_path / "all of them" / "Ada" / "06.ipynb", notebook("06"))
    write(tmp_path / "all of them" / "Bob" / "06.ipynb", notebook("06"))
    assert [one.student for one in found(tmp_path).values()] == ["Ada", "Bob"]


def test_the_newest_copy_counts(tmp_path):
    old = write(tmp_path / "Ada" / "06_latent_space (2).ipynb", notebook("06"))
    write(tmp_path / "Ada" / "06_latent_space.ipynb", notebook("06"))
    write(tmp_path / "Ada" / "05.ipynb", notebook("05"))
    os.utime(old, (1, 1))
    ones = found(tmp_path)
    assert "an older copy" in ones["Ada/06_latent_space (2).ipynb"].problem
    assert "Ada/06_latent_space.ipynb counts" in ones["Ada/06_latent_space (2).ipynb"].problem
    assert ones["Ada/06_latent_space.ipynb"].notebook and ones["Ada/05.ipynb"].notebook


def test_what_cannot_be_used_is_named_and_stops_nothing(tmp_path):
    secret = write(tmp_path / "elsewhere" / "secret.ipynb", notebook("06"))
    folder = tmp_path / "in"
    write(folder / "good.ipynb", notebook("06"))
    (folder / "broken.ipynb").write_text('{"cells": [', encoding="utf-8")
    (folder / "bytes.ipynb").write_bytes(b"\xff\xfe\x00\x81")
    (folder / "list.ipynb").write_text("[1]", encoding="utf-8")
    (folder / "deep.ipynb").write_text("[" * 200_000, encoding="utf-8")
    (folder / "empty.ipynb").write_text("", encoding="utf-8")
    (folder / "cells.ipynb").write_text('{"cells": [1, "x"]}', encoding="utf-8")
    (folder / "odd.ipynb").write_text('{"cells": [{"source": 5, "id": []}]}', encoding="utf-8")
    (folder / "link.ipynb").symlink_to(secret)
    (folder / "linked").symlink_to(secret.parent)
    (folder / "all.zip").write_bytes(b"PK")
    (folder / "folder.ipynb").mkdir()
    os.mkfifo(folder / "pipe.ipynb")
    write(folder / "other.ipynb", {"cells": [code("print(1)")]})
    with (folder / "huge.ipynb").open("wb") as file:
        file.truncate(30_000_000)
    problems = {file: one.problem for file, one in found(folder).items()}
    assert problems.pop("good.ipynb") == ""
    wanted = {
        "broken": "no JSON",
        "bytes": "no JSON",
        "list": "no list of cells",
        "deep": "no JSON",
        "empty": "no JSON",
        "cells": "no list of cells",
        "odd": "no notebook of this course",
        "link": "a link",
        "pipe": "no regular file",
        "other": "no notebook of this course",
        "huge": "30 MB",
    }
    for name, words in wanted.items():
        assert words in problems.pop(f"{name}.ipynb"), name
    assert "a link" in problems.pop("linked") and "unpack" in problems.pop("all.zip")
    assert problems == {}


def test_hidden_folders_are_left_alone(tmp_path):
    write(tmp_path / ".ipynb_checkpoints" / "06.ipynb", notebook("06"))
    write(tmp_path / "__MACOSX" / "06.ipynb", notebook("06"))
    write(tmp_path / "Ada" / "._06.ipynb", notebook("06"))
    assert found(tmp_path) == {}


def test_names_that_cannot_be_printed():
    assert readable("a\u202eb\x1b[2Jc\n") == "a\ufffdb\ufffd[2Jc\ufffd"
    assert readable(os.fsdecode(b"caf\xe9")) == "caf\ufffd"


@pytest.mark.parametrize(("text", "shown"), [("=1+1", "'=1+1"), (" @x", "' @x"), ("-2", "'-2"), ("Ada", "Ada")])
def test_a_spreadsheet_calculates_nothing(text, shown):
    assert safe(text) == shown


def outcome(student: str, status: str, message: str = "", mistake: str = "", runs: str = "yes") -> Outcome:
    results = [Result(e.name, status, message, mistake) for e in COURSE["06"].exercises]
    return Outcome(Submission(student, f"{student}.ipynb", COURSE["06"]), tuple(results), runs)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attrs) -> None:
        self.seen.add(tag)


def test_nothing_of_a_submission_becomes_part_of_the_page():
    tags = Tags()
    unusable = [Submission(HOSTILE, HOSTILE, problem=HOSTILE)]
    text = page([outcome(HOSTILE, "wrong", HOSTILE, HOSTILE, HOSTILE), outcome("Ada", "error", HOSTILE)], unusable)
    tags.feed(text)
    assert not tags.seen & {"script", "img", "iframe", "object", "link"}
    assert "default-src 'none'" in text and "&lt;script&gt;" in text


def test_the_page_says_more_than_by_colour_and_names_nobody_at_first():
    ones = [outcome("Ada", "right"), outcome("Bob", "wrong", "Which end?", "swapped"), outcome("Cy", "todo")]
    first, second = page(ones, []).split('<div class="students">')
    assert ".students { margin-top: 100vh; }" in first  # a screen away, not under the last table of the class
    assert '<table class="class"><thead><tr><th>exercise</th><th class="status">✓ right</th>' in first  # unbroken
    assert not any(name in first for name in ("Ada", "Bob", "Cy"))
    assert "1 × <b>swapped</b>: <small>Which end?" in first
    for words in ("✓</span>right", "✗</span>not yet: <b>swapped</b>", "…</span>to do", "Which end?"):
        assert words in second


def test_the_table(tmp_path):
    unusable = [Submission("=cmd", "x.ipynb", problem="broken")]
    write_csv(tmp_path / "t.csv", [outcome("Ada, L", "wrong", 'say "x"\n=1', "swapped")], unusable)
    lines = list(csv.DictReader((tmp_path / "t.csv").open(encoding="utf-8-sig", newline="")))
    assert [line["exercise"] for line in lines] == ["lerp", "slerp", ""]
    assert lines[0]["student"] == "Ada, L" and lines[0]["message"] == 'say "x"\n=1'
    assert (lines[2]["student"], lines[2]["result"]) == ("'=cmd", "not read")


class Told:
    """A sandbox that tells what it is given, once for each try."""

    def __init__(self, *tries: tuple[str, list[dict]]) -> None:
        self.tries, self.jobs = list(tries), []

    def run(self, job: dict, limits: Limits) -> tuple[str, list[dict]]:
        self.jobs.append(
            {name: list(value) for name, value in job.items() if name in ("lean", "skip", "given_up") and value}
        )
        return self.tries.pop(0)


def test_what_is_told_is_looked_at_as_a_strangers_text(tmp_path):
    right = {"exercise": "lerp", "status": "right", "message": 5, "mistake": ["x"]}
    odd = [{"exercise": "lerp", "status": "excellent"}, {"exercise": ["lerp"]}, {"exercise": "mine", "status": "right"}]
    odd += [{"at": True}, {"at": 10**30}, {"stopped": {}, "error": []}, {"exercise": "slerp", "status": ["right"]}]
    write(tmp_path / "Ada.ipynb", notebook("06"))
    (one,) = found(tmp_path).values()
    result = collect(one, Told(("exit", [*odd, right, {"end": True}])), Limits())
    assert result.results[0] == Result("lerp", "right", "", "")
    assert result.results[1].status == "error" and len(result.results) == 2


def test_a_cell_that_ends_the_process_is_run_in_part_then_not_at_all(tmp_path):
    write(tmp_path / "Ada.ipynb", notebook("06"))
    (one,) = found(tmp_path).values()
    sandbox = Told(("time", [{"at": 3}]), ("crash", [{"at": 3}]), ("exit", [{"at": 4}, {"end": True}]))
    result = collect(one, sandbox, Limits(seconds=7))
    assert sandbox.jobs == [{}, {"lean": [3]}, {"lean": [3], "skip": [3]}]
    assert result.runs.startswith("no: it does not end: stopped after 7 seconds")


def test_a_check_that_does_not_come_back_is_given_up(tmp_path):
    write(tmp_path / "Ada.ipynb", notebook("06"))
    (one,) = found(tmp_path).values()
    sandbox = Told(
        ("time", [{"at": 3}, {"checking": ["lerp", "mine", 5]}]),
        ("exit", [{"at": 3}, {"exercise": "slerp", "status": "right", "message": "", "mistake": None}, {"end": True}]),
    )
    result = collect(one, sandbox, Limits())
    assert sandbox.jobs == [{}, {"given_up": ["lerp"]}]
    assert [r.status for r in result.results] == ["error", "right"]
    assert "its check: it does not end" in result.results[0].message


def test_no_sandbox_no_run(tmp_path, monkeypatch, capsys):
    write(tmp_path / "in" / "Ada.ipynb", notebook("06"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoSandbox, match="apt-get install bubblewrap"):
        require_tools()
    monkeypatch.setattr(sys, "argv", ["collect", str(tmp_path / "in"), "--to", str(tmp_path / "out")])
    assert main() == 2
    assert "apt-get install bubblewrap" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_sandbox_finds_data_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "vae_helpers").mkdir()
    line = command(data_folders(), 3)
    assert line[line.index("XDG_CACHE_HOME") + 1] == str(tmp_path)
    assert str(tmp_path / "vae_helpers") in line and "--clearenv" in line


def test_submissions_lie_in_no_folder_that_the_sandbox_shows(tmp_path):
    for shown in visible([]):
        with pytest.raises(ValueError, match="want a folder outside of"):
            refuse_exposed(shown / "class")
    refuse_exposed(tmp_path)


@pytest.mark.parametrize(
    ("folder", "words"), [("", "SUBMISSIONS: want a folder"), ("nowhere", "SUBMISSIONS: there is no folder nowhere")]
)
def test_make_names_what_is_missing(folder, words):
    done = subprocess.run(
        ["make", "collect", f"SUBMISSIONS={folder}"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode != 0 and words in done.stderr


def test_a_folder_without_notebooks(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["collect", str(tmp_path)])
    assert main() == 2
    assert "there is no notebook" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("number", sorted(COURSE))
def test_an_assignment_for_nbgrader(number):
    """Each exercise has an answer that may be changed and a test worth a point, which the answer passes."""
    path = ROOT / "notebooks" / f"{COURSE[number].stem}.ipynb"
    cells = assignment(COURSE[number], json.loads(path.read_text(encoding="utf-8"))["cells"])["cells"]
    roles = {each["id"]: each["metadata"]["nbgrader"] for each in cells}
    assert len(roles) == len(cells) and {role["grade_id"] for role in roles.values()} == set(roles)
    scope: dict = {}
    imported = cells[1]["source"] + "\n" + cells[2]["source"]
    imports = [n for n in ast.parse(imported).body if isinstance(n, (ast.Import, ast.ImportFrom))]
    exec(compile(ast.Module(imports, []), path.name, "exec"), scope)
    for exercise in COURSE[number].exercises:
        answer, test = f"{exercise.name}-answer", f"{exercise.name}-test"
        assert roles[answer]["solution"] and not roles[answer]["locked"] and not roles[answer]["grade"]
        assert (roles[test]["grade"], roles[test]["points"], roles[test]["locked"]) == (True, 1, True)
        texts = {each["id"]: each["source"] for each in cells}
        begin, _, end = texts[answer].partition("### BEGIN SOLUTION\n")
        assert begin.splitlines()[1].startswith(f"# def {exercise.answer}(") and end.endswith("### END SOLUTION")
        with pytest.raises(NameError):
            exec(texts[test], scope)
        exec(texts[answer], scope)
        exec(texts[test], scope)
