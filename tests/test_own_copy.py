"""A student's own copy: made, brought up to date, whole after any fault, and nothing of it lost."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "deploy"))

import own_copy  # noqa: E402
from merge_notebooks import NOTE  # noqa: E402

STUB = "def my_lerp(a, b, t):\n    return ...  # replace this line by your code"
SOLUTION = "def my_lerp(a, b, t):\n    return (1 - t) * a + t * b"


def cell(name, source, kind=new_code_cell):
    made = kind(source)
    made["id"] = name
    return made


def store(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells)), path)


def change(path, **sources):
    """Give cells of a notebook a new source; a name that is not there becomes a cell at the end."""
    notebook = nbformat.read(path, 4)
    for name, source in sources.items():
        for found in [one for one in notebook.cells if one.id == name] or [cell(name, "")]:
            found.source = source
            if found not in notebook.cells:
                notebook.cells.append(found)
    nbformat.write(notebook, path)


def sources(path):
    return [one.source for one in nbformat.read(path, 4).cells]


@pytest.fixture
def course(tmp_path):
    """A course of two notebooks."""
    folder = tmp_path / "course"
    (folder / "data" / "weights").mkdir(parents=True)
    (folder / "data" / "weights" / "net.pt").write_text("weights", encoding="utf-8")
    title = cell("title", "# A", new_markdown_cell)
    store(folder / "notebooks" / "a.ipynb", title, cell("stub", STUB), cell("check", "check(f)"))
    store(folder / "notebooks" / "b.ipynb", cell("b1", "1"), cell("b2", "2"))
    return folder


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home" / "vae"


@pytest.fixture
def run(course, home, capsys):
    """Run it, and return the exit status, what it says, and its complaints."""

    def go(to=None):
        sys.argv = ["own_copy.py", str(course), str(to or home)]
        status = own_copy.main()
        return status, *capsys.readouterr()

    return go


def state(folder):
    """All that lies in a folder: contents, modes, times; without the lock."""
    return {
        path: (path.lstat().st_mtime_ns, path.lstat().st_mode, path.read_bytes() if path.is_file() else None)
        for path in folder.rglob("*")
        if path.name != "lock"
    }


def kept(home):
    folder = home / "notebooks" / "before-updates"
    return sorted(folder.iterdir()) if folder.exists() else []


def test_the_first_time_makes_a_copy(run, course, home):
    assert run() == (0, "a.ipynb: copied\nb.ipynb: copied\n", "")
    for name in ("a.ipynb", "b.ipynb"):
        assert (home / "notebooks" / name).read_bytes() == (course / "notebooks" / name).read_bytes()
    assert (home / "notebooks" / ".." / "data" / "weights" / "net.pt").read_text(encoding="utf-8") == "weights"
    assert sorted(path.name for path in home.iterdir()) == [".course", "data", "notebooks"]


def test_a_second_time_touches_nothing(run, home):
    run()
    change(home / "notebooks" / "a.ipynb", stub=SOLUTION)
    before = state(home)
    assert run() == (0, "", "")
    assert state(home) == before


def test_a_read_only_course_gives_a_copy_that_can_be_written(run, course, home):
    for path in course.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert run()[0] == 0
    assert {path.stat().st_mode & 0o200 for path in (home / "notebooks").iterdir()} == {0o200}


def test_an_update_keeps_what_the_student_wrote(run, course, home):
    run()
    own = home / "notebooks" / "a.ipynb"
    change(own, stub=SOLUTION, mine="my_lerp(0, 1, 0.5)")
    old = own.read_bytes()
    change(course / "notebooks" / "a.ipynb", title="# Better", new="print('new')")
    assert run() == (0, "a.ipynb: 1 cell new, 1 renewed, your 2 cells kept\n", "")
    assert sources(own) == ["# Better", SOLUTION, "check(f)", "my_lerp(0, 1, 0.5)", "print('new')"]
    assert [path.read_bytes() for path in kept(home)] == [old]
    assert re.fullmatch(r"a \(\d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\)\.ipynb", kept(home)[0].name)
    before = state(home)
    assert run() == (0, "", "")
    assert state(home) == before


def test_both_changed_a_cell(run, course, home):
    run()
    change(home / "notebooks" / "a.ipynb", stub=SOLUTION)
    change(course / "notebooks" / "a.ipynb", stub=STUB + "!")
    assert run()[1] == "a.ipynb: your 1 cell kept, below 1 of them the course's new version\n"
    assert sources(home / "notebooks" / "a.ipynb")[1:3] == [SOLUTION, f"{NOTE}\n\n```python\n{STUB}!\n```"]


def test_a_notebook_left_alone_is_the_courses(run, course, home):
    run()
    change(course / "notebooks" / "b.ipynb", b1="one")
    assert run()[1] == "b.ipynb: renewed, no cell was yours\n"
    assert (home / "notebooks" / "b.ipynb").read_bytes() == (course / "notebooks" / "b.ipynb").read_bytes()
    assert kept(home) == []


def test_only_run_and_updated(run, course, home):
    run()
    own = home / "notebooks" / "b.ipynb"
    notebook = nbformat.read(own, 4)
    notebook.cells[0].execution_count = 5
    nbformat.write(notebook, own)
    change(course / "notebooks" / "b.ipynb", b2="two")
    assert run()[1] == "b.ipynb: 1 cell renewed\n"
    assert nbformat.read(own, 4).cells[0].execution_count == 5
    assert len(kept(home)) == 1


def test_an_update_that_the_student_has_already_says_nothing(run, course, home):
    run()
    for path in (home, course):
        change(path / "notebooks" / "a.ipynb", title="# Same")
    before = (home / "notebooks" / "a.ipynb").stat()
    assert run() == (0, "", "")
    change(home / "notebooks" / "a.ipynb", stub=SOLUTION)
    assert run() == (0, "", "") and kept(home) == []
    assert (
        before.st_ino and (home / ".course" / "a.ipynb").read_bytes() == (course / "notebooks" / "a.ipynb").read_bytes()
    )


def test_deleted_or_renamed_it_comes_back_fresh(run, course, home):
    run()
    own = home / "notebooks" / "a.ipynb"
    change(own, stub=SOLUTION)
    own.rename(home / "notebooks" / "mine.ipynb")
    assert run()[1] == "a.ipynb: copied\n"
    assert sources(own)[1] == STUB and sources(home / "notebooks" / "mine.ipynb")[1] == SOLUTION
    own.unlink()
    change(course / "notebooks" / "a.ipynb", title="# New")
    assert run()[1] == "a.ipynb: copied\n"
    assert sources(own)[0] == "# New"


def test_own_files_and_notebooks_that_the_course_gave_up_stay(run, course, home):
    run()
    (home / "notebooks" / "my_models").mkdir()
    (home / "notebooks" / "my_models" / "net.pt").write_text("mine", encoding="utf-8")
    store(home / "notebooks" / "own.ipynb", cell("x", "mine"))
    (course / "notebooks" / "b.ipynb").rename(course / "notebooks" / "c.ipynb")
    before = state(home)
    assert run() == (0, "c.ipynb: copied\n", "")
    after = state(home)
    assert {path: after[path] for path in before if path.is_file()} == {p: s for p, s in before.items() if p.is_file()}


@pytest.mark.parametrize("broken", [b"", b'{"cells": [', b"[1]", b'{"nbformat": 4, "nbformat_minor": 5, "cells": [1]}'])
def test_a_file_that_is_no_notebook_any_more_stays(run, course, home, broken):
    run()
    own = home / "notebooks" / "a.ipynb"
    right = own.read_bytes()
    own.write_bytes(broken)
    assert run() == (0, "", "")
    change(course / "notebooks" / "a.ipynb", title="# New")
    change(course / "notebooks" / "b.ipynb", b1="one")
    status, said, _ = run()
    assert status == 0 and "a.ipynb: the course has a new version; yours can't be used and stays as it is" in said
    assert "b.ipynb: renewed" in said
    assert own.read_bytes() == broken
    own.write_bytes(right)  # repaired by the student: the update is made up for
    change(own, stub=SOLUTION)
    run()
    assert sources(own) == ["# New", SOLUTION, "check(f)"]


def test_text_that_can_not_be_written_stays(run, course, home):
    run()
    own = home / "notebooks" / "a.ipynb"
    own.write_bytes(own.read_bytes().replace(b"check(f)", b"check('\\ud800')"))
    old = own.read_bytes()
    change(course / "notebooks" / "a.ipynb", title="# New")
    assert "stays as it is" in run()[1]
    assert own.read_bytes() == old


def test_a_copy_from_before_is_adopted(run, course, home):
    """Made by hand, or its base lost: nothing tells what the student wrote, so all of it counts as theirs."""
    store(home / "notebooks" / "a.ipynb", cell("title", "# Old", new_markdown_cell), cell("stub", SOLUTION))
    old = (home / "notebooks" / "a.ipynb").read_bytes()
    assert "a.ipynb: was there before and stays as it is" in run()[1]
    assert (home / "notebooks" / "a.ipynb").read_bytes() == old
    assert run() == (0, "", "")
    change(course / "notebooks" / "a.ipynb", new="print('new')")
    assert "1 cell new" in run()[1]
    assert sources(home / "notebooks" / "a.ipynb") == ["# Old", SOLUTION, "print('new')"]


def test_a_copy_from_before_that_is_the_courses_needs_no_word(run, course, home):
    shutil.copytree(course / "notebooks", home / "notebooks")
    assert run() == (0, "", "")
    change(course / "notebooks" / "b.ipynb", b1="one")
    assert run()[1] == "b.ipynb: renewed, no cell was yours\n"


def test_a_damaged_base_loses_nothing(run, course, home):
    run()
    change(home / "notebooks" / "a.ipynb", stub=SOLUTION)
    (home / ".course" / "a.ipynb").write_text("{", encoding="utf-8")
    change(course / "notebooks" / "a.ipynb", title="# New")
    assert "stays as it is" in run()[1]
    assert sources(home / "notebooks" / "a.ipynb")[1] == SOLUTION


def test_links_and_folders_of_the_student_stay(run, course, home, tmp_path):
    run()
    (home / "notebooks" / "a.ipynb").rename(tmp_path / "elsewhere.ipynb")
    (home / "notebooks" / "a.ipynb").symlink_to(tmp_path / "elsewhere.ipynb")
    (home / "notebooks" / "b.ipynb").unlink()
    (home / "notebooks" / "b.ipynb").mkdir()
    for name in ("a.ipynb", "b.ipynb"):
        change(course / "notebooks" / name, new="new")
    old = (tmp_path / "elsewhere.ipynb").read_bytes()
    status, said, _ = run()
    assert status == 0 and said.count("yours is no ordinary file, and stays as it is") == 2
    assert (tmp_path / "elsewhere.ipynb").read_bytes() == old
    assert (home / "notebooks" / "a.ipynb").is_symlink() and (home / "notebooks" / "b.ipynb").is_dir()


def test_a_link_in_the_place_of_an_unfinished_file_is_not_followed(run, home, tmp_path):
    (tmp_path / "precious").write_text("precious", encoding="utf-8")
    (home / "notebooks").mkdir(parents=True)
    (home / "notebooks" / ".a.ipynb.new").symlink_to(tmp_path / "precious")
    assert run()[0] == 0
    assert (tmp_path / "precious").read_text(encoding="utf-8") == "precious"


def test_the_link_to_the_data(run, course, home, tmp_path, monkeypatch):
    run()
    (home / "data").unlink()
    run()
    assert os.readlink(home / "data") == str(course / "data")
    # the course has moved, and the old one is still there: the link that this program made follows
    moved = tmp_path / "moved"
    (moved / "data").mkdir(parents=True)
    (moved / "notebooks").symlink_to(course / "notebooks")
    assert own_copy.own_copy(moved, home) and os.readlink(home / "data") == str(moved / "data")
    # a dead link too; what the student put there does not
    (home / "data").unlink()
    (home / "data").symlink_to(tmp_path / "gone")
    run()
    assert os.readlink(home / "data") == str(course / "data")
    (home / "data").unlink()
    (home / "data").mkdir()
    assert run() == (0, "", "")
    (home / "data").rmdir()
    (home / "data").symlink_to(tmp_path)
    assert run() == (0, "", "") and os.readlink(home / "data") == str(tmp_path)


def test_who_may_read_a_notebook_stays(run, course, home):
    run()
    own = home / "notebooks" / "a.ipynb"
    change(own, stub=SOLUTION)
    own.chmod(0o600)
    change(course / "notebooks" / "a.ipynb", title="# New")
    run()
    assert [path.stat().st_mode & 0o777 for path in (own, *kept(home))] == [0o600, 0o600]


def test_only_the_last_three_old_files_are_kept(run, course, home):
    run()
    own = home / "notebooks" / "a.ipynb"
    (home / "notebooks" / "before-updates").mkdir()
    others = ["a (my best).ipynb", "b (2020-01-01 00.00.00).ipynb"]
    for name in others:
        (home / "notebooks" / "before-updates" / name).write_text("mine", encoding="utf-8")
    files = []
    for turn in range(5):
        change(own, stub=f"{SOLUTION}  # {turn}")
        files.append(own.read_bytes())
        change(course / "notebooks" / "a.ipynb", title=f"# {turn}")
        run()
    assert [path.read_bytes() for path in kept(home)] == [*files[-3:], b"mine", b"mine"]


# --- faults ---


def prepared(run, course, home):
    """A student with a solved exercise, and a course with news of every kind."""
    run()
    change(home / "notebooks" / "a.ipynb", stub=SOLUTION, mine="mine")
    change(course / "notebooks" / "a.ipynb", title="# New", stub=STUB + "!", new="new")
    change(course / "notebooks" / "b.ipynb", b1="one")
    store(course / "notebooks" / "c.ipynb", cell("c", "c"))


WANTED = ["# New", SOLUTION, f"{NOTE}\n\n```python\n{STUB}!\n```", "check(f)", "mine", "new"]


class Killed(BaseException):
    """Nothing catches it, as nothing catches a kill."""


class Later(datetime):
    """A clock on which a second passes from one look to the next."""

    looks = iter(range(100_000))

    @classmethod
    def now(cls):
        return cls(2030, 1, 1) + timedelta(seconds=next(cls.looks))


STEPS = [(os, "replace"), (os, "fsync"), (Path, "unlink"), (Path, "mkdir"), (Path, "symlink_to")]


def killed_at(function, at):
    """The function, killed as its call number ``at`` begins: the disk is as the call before has left it."""
    calls = iter(range(1000))

    def broken(*args, **options):
        if next(calls) == at:
            raise Killed
        return function(*args, **options)

    return broken


@pytest.mark.slow
@pytest.mark.parametrize(
    "prepare", [lambda run, course, home: home.mkdir(parents=True), prepared], ids=["first", "update"]
)
@pytest.mark.parametrize(("owner", "step"), STEPS, ids=[step for _, step in STEPS])
def test_broken_off_at_any_step_the_next_run_ends_it(run, course, home, tmp_path, monkeypatch, prepare, owner, step):
    prepare(run, course, home)
    first = prepare is not prepared
    monkeypatch.setattr(own_copy, "datetime", Later)
    shutil.copytree(home, tmp_path / "start", symlinks=True)
    for at in range(100):
        shutil.rmtree(home)
        shutil.copytree(tmp_path / "start", home, symlinks=True)
        with monkeypatch.context() as patched:
            patched.setattr(owner, step, killed_at(getattr(owner, step), at))
            try:
                run()
                break  # there is no such call any more
            except Killed:
                pass
        for path in (home / "notebooks").glob("[!.]*.ipynb"):
            nbformat.read(path, 4)  # whole, whatever happened
        assert run()[0] == 0
        assert sources(home / "notebooks" / "a.ipynb") == (["# A", STUB, "check(f)"] if first else WANTED)
        for path in (course / "notebooks").glob("[!a]*.ipynb"):
            assert (home / "notebooks" / path.name).read_bytes() == path.read_bytes()
        assert (home / "data" / "weights").exists()
        old = [] if first else [(tmp_path / "start" / "notebooks" / "a.ipynb").read_bytes()]
        assert [path.read_bytes() for path in kept(home)] == old
        assert not list(home.rglob(".*.new"))
        before = state(home)
        assert run() == (0, "", "") and state(home) == before
    assert at > 0 or (step == "symlink_to" and not first)


@pytest.mark.parametrize("fails_at", range(8))
def test_a_full_disk_leaves_whole_files_and_does_the_rest(run, course, home, monkeypatch, fails_at):
    prepared(run, course, home)
    old = (home / "notebooks" / "a.ipynb").read_bytes()
    calls = iter(range(100))

    def full(file):
        if next(calls) == fails_at:
            raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        status, said, complaints = run()
    failed = fails_at < 7  # a: old file, own, base; b: own, base; c: base, own
    assert status == failed and complaints.count("No space left on device") == failed
    assert len(said.splitlines()) == 3 - failed
    assert (home / "notebooks" / "a.ipynb").read_bytes() == old or sources(home / "notebooks" / "a.ipynb") == WANTED
    assert not list(home.rglob(".*.new"))
    assert run()[0] == 0
    assert sources(home / "notebooks" / "a.ipynb") == WANTED


def test_a_disk_that_stays_full_costs_no_old_file(run, course, home, monkeypatch):
    """Were the same file kept at every start, the older ones would go."""
    prepared(run, course, home)
    own, real = home / "notebooks" / "a.ipynb", own_copy.write
    run()
    before = kept(home)
    change(own, mine="mine 2")
    change(course / "notebooks" / "a.ipynb", title="# Newer")

    def full(path, *rest, **options):
        if path == own:
            raise OSError(errno.EDQUOT, "Disk quota exceeded")
        real(path, *rest, **options)

    monkeypatch.setattr(own_copy, "write", full)
    for _ in range(5):
        assert run()[0] == 1
    assert len(kept(home)) == 2 and kept(home)[0] in before


def test_a_course_that_can_not_be_used(run, course, home):
    change(course / "notebooks" / "b.ipynb", b1="one")
    (course / "notebooks" / "a.ipynb").write_text('{"cells": [', encoding="utf-8")
    status, said, complaints = run()
    assert status == 1 and said == "b.ipynb: copied\n"
    assert complaints.startswith("a.ipynb: yours stays as it was, since the course's file can't be used")
    assert not (home / "notebooks" / "a.ipynb").exists()


def test_what_is_no_notebook_in_the_course_is_left_out(run, course, home):
    (course / "notebooks" / "folder.ipynb").mkdir()
    (course / "notebooks" / ".hidden.ipynb").write_text("{}", encoding="utf-8")
    (course / "notebooks" / "notes.txt").write_text("x", encoding="utf-8")
    assert run() == (0, "a.ipynb: copied\nb.ipynb: copied\n", "")


def test_a_course_without_data(run, course, home):
    (course / "data").rename(course / "elsewhere")
    status, said, complaints = run()
    assert status == 1 and said.count("copied") == 2 and f"there is no folder {course / 'data'}" in complaints


def test_a_folder_that_is_no_course(run, course, home):
    for path in (course / "notebooks").iterdir():
        path.unlink()
    (course / "notebooks" / "notes.txt").write_text("x", encoding="utf-8")
    assert run() == (1, "", f"own_copy: there are no notebooks in {course / 'notebooks'}\n")
    (course / "notebooks" / "notes.txt").unlink()
    (course / "notebooks").rmdir()
    status, said, complaints = run()
    assert (status, said) == (1, "") and str(course / "notebooks") in complaints and "No such file" in complaints
    assert not home.exists()


def test_the_course_itself_is_no_copy(run, course):
    before = {path: path.read_bytes() for path in course.rglob("*.ipynb")}
    status, _, complaints = run(course)
    assert status == 1 and "is the course itself" in complaints
    assert {path: path.read_bytes() for path in course.rglob("*.ipynb")} == before


def test_a_home_that_is_a_file(run, home):
    home.parent.mkdir()
    home.write_text("mine", encoding="utf-8")
    status, _, complaints = run()
    assert status == 1 and complaints.startswith("own_copy: ") and home.read_text(encoding="utf-8") == "mine"


def test_it_waits_for_another_start_and_gives_up_in_a_sentence(run, home, monkeypatch):
    run()
    monkeypatch.setattr(own_copy, "PATIENCE", 0.1)
    with own_copy.FileLock(home / ".course" / "lock"):
        status, said, complaints = run()
    assert (status, said) == (1, "") and "another start has been at work" in complaints
    assert run() == (0, "", "")


def start(course, home):
    """As the hub does: a program of its own, which takes no module from the student."""
    command = [sys.executable, "-I", ROOT / "deploy" / "own_copy.py", course, home]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8")


@pytest.mark.slow
def test_three_starts_at_once(run, course, home):
    prepared(run, course, home)
    results = [(program.communicate()[0], program.returncode) for program in [start(course, home) for _ in range(3)]]
    assert [status for _, status in results] == [0, 0, 0]
    assert sum(said.count("\n") for said, _ in results) == 3
    assert sources(home / "notebooks" / "a.ipynb") == WANTED
    assert len(kept(home)) == 1


@pytest.mark.slow
def test_the_real_course_a_solved_exercise_and_an_update(tmp_path, home):
    """A solution to 06's first exercise lives through an update, and its check still finds it right."""
    course = tmp_path / "course"
    course.mkdir()
    (course / "data").symlink_to(ROOT / "data")
    (course / "notebooks").mkdir()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        (course / "notebooks" / path.name).write_bytes(path.read_bytes())
    assert start(course, home).communicate()[0].count("copied") == len(list((ROOT / "notebooks").glob("*.ipynb")))
    began = os.times()
    assert start(course, home).communicate()[0] == ""
    ended = os.times()
    used = ended.children_user + ended.children_system - began.children_user - began.children_system
    assert used < 1  # second of the processor, before each start of a server; 0.15 on two cores

    own, original = home / "notebooks" / "06_latent_space.ipynb", course / "notebooks" / "06_latent_space.ipynb"
    stub = next(one.id for one in nbformat.read(own, 4).cells if one.source.startswith("def my_lerp"))
    change(own, **{stub: SOLUTION})
    title = nbformat.read(own, 4).cells[0].id
    change(original, **{title: "# Explore it", stub: STUB.replace("a, b", "b, a"), "added": "print('added')"})
    said = start(course, home).communicate()[0]
    assert said.startswith("06_latent_space.ipynb: 1 cell new, 1 renewed, your 1 cell kept, below 1 of them")
    notebook = nbformat.read(own, 4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source == "# Explore it" and notebook.cells[-1].source == "print('added')"

    code = [one.source for one in notebook.cells if one.cell_type == "code"]
    scope = {}
    exec(code[0], scope)
    for source in (source for source in code if source.startswith(("def my_lerp", 'check("lerp"'))):
        exec(source.replace("check(", "result = check("), scope)
    assert scope["result"].status == "right"


def test_it_starts_quickly():
    code = "import sys, own_copy; assert not {'torch', 'numpy', 'nbformat', 'vae_helpers'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT / "deploy")


def test_what_is_written_is_as_jupyter_writes_it(run, course, home):
    """A save without a change changes nothing, so that `git diff` and a second merge see none."""
    prepared(run, course, home)
    run()
    own = home / "notebooks" / "a.ipynb"
    assert nbformat.writes(nbformat.read(own, 4)) + "\n" == own.read_text(encoding="utf-8")
    assert json.loads(own.read_text(encoding="utf-8"))["nbformat_minor"] == 5
