"""Students' notebooks run in the sandbox: what is recognised, and what a hostile one can't do."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest
from submitted import COURSE, ROOT, code, notebook, require_sandbox, without, write

from vae_helpers.exercises import EXERCISES, solution

sys.path.insert(0, str(ROOT / "tools"))
from collect.results import Outcome, collect  # noqa: E402
from collect.run import data_folders, map_pixels  # noqa: E402
from collect.sandbox import Limits, Sandbox  # noqa: E402
from collect.submissions import find  # noqa: E402

pytestmark = pytest.mark.slow
LIMITS = Limits(seconds=2, wall=10.0)
LERP = "def my_lerp(a, b, t):\n    return (1 - t) * a + t * b"
RIGHT = {"lerp": LERP}


@pytest.fixture(scope="module")
def sandbox():
    """One for all tests; when it is closed, nothing of it is left."""
    require_sandbox()
    map_pixels()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("A_TOKEN", "secret")
        made = Sandbox([each.imports for each in COURSE.values()], data_folders())
    yield made
    inside = below(made.process.pid)
    made.close()
    end = time.monotonic() + 20
    while any(alive(number) for number in inside) and time.monotonic() < end:
        time.sleep(0.05)
    assert len(inside) >= 2 and not any(alive(number) for number in inside)


def below(pid: int) -> list[int]:
    """The numbers of the processes that ``pid`` has started, and theirs."""
    children = [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
    return children + [number for child in children for number in below(child)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def run(sandbox, tmp_path):
    """The outcome of a notebook."""

    def run(content: dict, limits: Limits = LIMITS) -> Outcome:
        write(tmp_path / "Ada" / "06.ipynb", content)
        (one,) = find(tmp_path, list(COURSE.values()))
        return collect(one, sandbox, limits)

    return run


def statuses(outcome: Outcome) -> dict[str, str]:
    return {result.exercise: result.status for result in outcome.results}


def message(outcome: Outcome, name: str = "lerp") -> str:
    return next(result.message for result in outcome.results if result.exercise == name)


@pytest.mark.parametrize("number", sorted(COURSE))
def test_every_exercise_of_every_notebook(run, number):
    """Shipped: to do. With the solution that the notebook itself shows: right."""
    exercises = COURSE[number].exercises
    undone = run(notebook(number))
    assert statuses(undone) == {exercise.name: "todo" for exercise in exercises} and undone.runs == "yes"
    answers = {e.name: f"{solution(e.name).source}\n\n{e.answer} = {_name(e.name)}" for e in exercises}
    done = run(notebook(number, answers), Limits())
    assert statuses(done) == {exercise.name: "right" for exercise in exercises} and done.runs == "yes"


def _name(exercise: str) -> str:
    return EXERCISES[exercise].reference.__name__


def test_a_mistake_has_its_name_and_what_is_said_about_it(run):
    result = run(notebook("06", {"lerp": "def my_lerp(a, b, t):\n    return t * a + (1 - t) * b"})).results[0]
    assert result.status == "wrong" and result.mistake in {m.name for m in EXERCISES["lerp"].misconceptions}
    assert result.message == EXERCISES["lerp"].message(result.mistake)


def inserted(content: dict, *cells: dict, at: int = 5) -> dict:
    return content | {"cells": [*content["cells"][:at], *cells, *content["cells"][at:]]}


HELPED = "def my_lerp(a, b, t):\n    return mix(a, b, t) * one"
CHANGED = {
    "helpers in other cells": inserted(
        notebook("06", {"lerp": HELPED}),
        code("def mix(a, b, t):\n    return np.subtract(1, t) * a + t * b"),
        code("import numpy as np\none, two = 1.0, 2.0\nprint(undefined)"),
    ),
    "the helper below": inserted(
        notebook("06", {"lerp": HELPED}), code("mix = lambda a, b, t: (1 - t) * a + t * b\none = 1"), at=40
    ),
    "no check": without(notebook("06", RIGHT), 'check("lerp"'),
    "no check, another name": without(notebook("06", {"lerp": LERP.replace("my_lerp", "mine")}), 'check("lerp"'),
    "no imports": without(notebook("06", {"lerp": f"from vae_helpers.exercises import check\n{LERP}"}), "plots\n"),
    "magics": notebook("06", {"lerp": f"%matplotlib inline\n!pip install x\n?len\nfiles = !ls\n%time pass\n{LERP}"}),
    "a timed cell": notebook("06", {"lerp": f"%%time\n{LERP}"}),
    "await": notebook("06", {"lerp": f"import asyncio\nawait asyncio.sleep(0)\n{LERP}"}),
    "an error of one's own after it": notebook("06", {"lerp": f"{LERP}\nprint(my_lerp(1, 2, 3) / 0)"}),
    "a training in the cell": notebook("06", {"lerp": f"{LERP}\nwhile True: pass"}),
    "a training above it": notebook("06", {"lerp": f"import time\ntime.sleep(99)\n{LERP}"}),
    "star": notebook(
        "06", {"lerp": LERP.replace("(1 - t)", "sub(1, t)").replace("def", "from operator import *\ndef")}
    ),
}


@pytest.mark.parametrize("how", sorted(CHANGED))
def test_notebooks_as_students_leave_them(run, how):
    limits = Limits(seconds=2, wall=5.0) if "training" in how else LIMITS
    assert statuses(run(CHANGED[how], limits)) == {"lerp": "right", "slerp": "todo"}, how


def test_another_name_that_is_checked(run):
    content = notebook("06", {"lerp": LERP.replace("my_lerp", "mine")})
    for cell in content["cells"]:
        if "".join(cell["source"]).startswith('check("lerp"'):
            cell["source"] = 'x = check("lerp", mine)\nx'
    assert statuses(run(content)) == {"lerp": "right", "slerp": "todo"}


def test_a_line_that_is_no_python(run):
    outcome = run(notebook("06", {"lerp": "def my_lerp(a, b, t)\n    return a"}))
    assert outcome.runs.startswith("no: SyntaxError: expected ':', line 1 (in the cell that begins \"def my_lerp")
    assert "SyntaxError" in message(outcome) and statuses(outcome) == {"lerp": "error", "slerp": "todo"}


def test_what_runs_means(run):
    assert run(notebook("06", {"lerp": f"{LERP}\nmy_lerp(1, 2, undefined)"})).runs.startswith("no: NameError")
    outside = inserted(notebook("06", RIGHT), code("raise ValueError('not of an exercise')"))
    assert run(outside).runs == "yes"
    loop = inserted(
        notebook("06", {"lerp": f"{LERP}\nprint(my_lerp(1, 2, total))"}), code("for total in [1]:\n    pass")
    )
    assert run(loop).runs.startswith("in part: NameError: name 'total'")


def test_nothing_is_trained(run):
    """An answer that needs no model: the cells that train one, and the plain calls of others, are not executed."""
    content = inserted(notebook("06", RIGHT), code("while True:\n    pass"), code("lerp = [1 for _ in iter(int, 1)]"))
    assert run(content).runs == "yes"


# Hostile ones. Each stands in the answer's cell, at its top, and again inside of the answer.

HOSTILE = {
    "for ever": "while True: pass",
    "asleep": "import time; time.sleep(1000)",
    "exit": "import sys; sys.exit(0)",
    "gone": "import os; os._exit(0)",
    "crash": "import ctypes; ctypes.string_at(0)",
    "memory": "import torch; torch.zeros(25 * 10**9)",
    "list": "x = [0] * 10**11",
    "recursion": "f = lambda: f(); f()",
    "deep in C": "import sys; sys.setrecursionlimit(10**9)\nf = lambda x: f([x]); f(0)",
    "input": "input('your name? ')",
    "printing": "for _ in range(1000): print('x' * 10**6)",
    "kill": "import os; os.kill(-1, 9); os.kill(1, 9); raise SystemExit",
    "fork bomb": "import os\nwhile True: os.fork()",
    "threads": "import threading\nwhile True: threading.Thread(target=print).start()",
    "raises what can't be told": "class E(BaseException):\n    def __str__(self): raise self\nraise E",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_cell_harms_neither_the_others_nor_the_next(run, name):
    outcome = run(notebook("06", {"lerp": f"{LERP}\n{HOSTILE[name]}"}), Limits(seconds=2, wall=5.0))
    assert statuses(outcome)["slerp"] == "todo"
    assert statuses(run(notebook("06", RIGHT))) == {"lerp": "right", "slerp": "todo"}
    if name != "printing":
        assert outcome.runs.startswith("no: "), outcome.runs


def test_hostile_answers(run):
    for name in ("for ever", "gone", "memory"):
        body = HOSTILE[name].replace("\n", "\n    ")
        outcome = run(notebook("06", {"lerp": f"def my_lerp(a, b, t):\n    {body}"}), Limits(seconds=2, wall=5.0))
        assert statuses(outcome) == {"lerp": "error", "slerp": "todo"}, (name, outcome)


# to whatever is open
WRITE = """
import os
for number in list(range(3, 50)) * TIMES:
    try:
        os.write(number, TEXT)
    except OSError:
        pass
"""


def test_a_report_without_end(run):
    talk = WRITE.replace("TIMES", "10000").replace("TEXT", "b'x' * 10**6")
    assert "more than a notebook" in run(notebook("06", {"lerp": f"{talk}\n{LERP}"})).runs


def test_forged_reports_are_of_this_notebook_alone(run):
    forged = '{"exercise": "slerp", "status": "right", "message": "<b>!</b>", "mistake": "="}\n' + "[" * 9999 + "\n"
    text = WRITE.replace("TIMES", "1").replace("TEXT", repr(forged.encode()))
    outcome = run(notebook("06", {"lerp": f"{LERP}\n{text}"}))
    assert [result.exercise for result in outcome.results] == ["lerp", "slerp"]
    assert statuses(run(notebook("06"))) == {"lerp": "todo", "slerp": "todo"}


# What a student's code sees and may do. Its answer is an error whose message comes back.

LOOK = """
import os, socket, ctypes
libc = ctypes.CDLL(None, use_errno=True)
def tried(what):
    try:
        return what()
    except BaseException as error:
        return type(error).__name__
found = {FOUND}
def my_lerp(a, b, t):
    raise ValueError(repr(found))
"""


def seen(run, expression: str) -> str:
    told = message(run(notebook("06", {"lerp": LOOK.replace("{FOUND}", expression)})))
    return told.partition("ValueError")[2].partition(": ")[2]


def test_no_file_of_the_instructors(run, tmp_path):
    (tmp_path / "other.txt").write_text("another submission", encoding="utf-8")
    paths = [tmp_path / "other.txt", Path.home() / ".bashrc", ROOT / "Makefile", ROOT / "tests", "/etc/passwd"]
    paths += ["/proc/1/environ", "/proc/self/status", "/sys", "/var", "/run", "/tmp/.X11-unix"]
    assert seen(run, f"[path for path in {[*map(str, paths)]} if os.path.exists(path)]") == "[]"
    assert seen(run, f"os.path.exists({str(ROOT / 'vae_helpers')!r})") == "True"  # what it may see, it does
    assert seen(run, "sorted(os.environ.keys() & {'USER', 'LOGNAME', 'A_TOKEN', 'SUDO_USER'})") == "[]"


def test_nothing_can_be_written_but_what_vanishes(run):
    folders = [
        ROOT / "data",
        ROOT / "notebooks",
        ROOT / "vae_helpers",
        "/",
        "/dev",
        "/usr",
        os.path.dirname(os.__file__),
    ]
    files = [os.path.join(folder, "x") for folder in folders]
    assert seen(run, f"{{tried(lambda: open(file, 'w')) for file in {files}}}") == "{'OSError'}"  # read-only
    gone = [str(Path.home() / "no" / "x"), "/var/tmp/x", "/home/x/x"]
    assert seen(run, f"{{tried(lambda: open(file, 'w')) for file in {gone}}}") == "{'FileNotFoundError'}"
    assert not any(os.path.exists(file) for file in files)
    assert seen(run, "tried(lambda: open('/scratch/x', 'w').write('mine'))") == "4"
    assert seen(run, "os.path.exists('/scratch/x')") == "False"
    assert seen(run, "tried(lambda: open('/scratch/x', 'wb').write(b'x' * 10**8))").endswith("Error'")


def test_deleting_everything(run):
    keep = ROOT / "data" / "README.md"
    files = f"[os.path.join(p, f) for top in ('/usr/lib', {str(ROOT)!r}) for p, _, fs in os.walk(top) for f in fs[:3]]"
    assert seen(run, f"{{tried(lambda: os.unlink(file)) for file in {files}}}") == "{'OSError'}"
    assert keep.exists()


def test_no_network(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert seen(run, f"tried(lambda: socket.create_connection(('127.0.0.1', {port}), 1))") == "'PermissionError'"
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    assert seen(run, "tried(lambda: socket.create_connection(('192.0.2.1', 80), 1))") == "'PermissionError'"


CALLS = ["fork()", "unshare(0x10000000)", "mount(b'x', b'/scratch', b'tmpfs', 0, 0)", "umount2(b'/proc', 2)"]
CALLS += [
    "ptrace(0, 0, 0, 0)",
    "memfd_create(b'x', 0)",
    "shmget(0, 4096, 0o1600)",
    "setns(0, 0)",
    "chroot(b'/scratch')",
]


@pytest.mark.parametrize("call", [*CALLS, "setuid(12345)"])
def test_system_calls_that_no_exercise_needs(run, call):
    assert seen(run, f"libc.{call}") == "-1", call


def test_it_has_no_rights_and_sees_nobody(run):
    assert seen(run, "os.getpid()") == "1"
    assert seen(run, "os.listdir('/proc')") == "[]"
    assert seen(run, "libc.prctl(47, 2, 21, 0, 0)").startswith("-1") or seen(run, "libc.prctl(23, 21, 0, 0, 0)") == "1"
    header = "(ctypes.c_uint32 * 2)(0x20080522, 0)"
    assert seen(run, f"[libc.capget({header}, held := (ctypes.c_uint32 * 6)()), *held]") == "[0, 0, 0, 0, 0, 0, 0]"


def test_its_limits(run):
    names = ("CPU", "FSIZE", "NOFILE", "CORE", "NPROC")
    wanted = [2, 16_000_000, 128, 0, 0]
    got = f"[__import__('resource').getrlimit(getattr(__import__('resource'), 'RLIMIT_' + n)) for n in {names}]"
    assert seen(run, got) == str([(value, value) for value in wanted])
    assert 2e9 < int(seen(run, "__import__('resource').getrlimit(__import__('resource').RLIMIT_AS)[1]")) < 60e9


def test_only_its_own_files_are_open(run):
    """Nothing, three times, and where it reports to."""
    assert seen(run, "len([k for k in range(256) if tried(lambda: os.fstat(k)) != 'OSError'])") == "4"


def test_no_program_can_be_started(run):
    assert seen(run, "tried(lambda: os.execv('/usr/bin/env', ['env']))") == "'PermissionError'"
    assert seen(run, "tried(lambda: __import__('subprocess').run(['/usr/bin/env']))") == "'PermissionError'"
