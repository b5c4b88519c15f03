"""The parts of the class test that need no hub: ``tools/class_test``. With a hub: tests/at_scale/test_class.py."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import nbformat
import psutil
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tools.class_test import __main__ as command  # noqa: E402
from tools.class_test import kernel as kernels  # noqa: E402
from tools.class_test import limits, machine, report, web  # noqa: E402
from tools.class_test import memory as memories  # noqa: E402
from tools.class_test import notebook as book  # noqa: E402
from tools.class_test.cells import MOST_TEXT, CellRun  # noqa: E402
from tools.class_test.lesson import Gate, Record  # noqa: E402


def message(kind: str, parent: str = "mine", **content) -> dict:
    return {
        "header": {"msg_type": kind, "msg_id": f"of {kind}"},
        "parent_header": {"msg_id": parent},
        "metadata": {},
        "content": content,
    }


real_sleep = asyncio.sleep
OK = message("execute_reply", status="ok", execution_count=1)
IDLE = message("status", execution_state="idle")


def printed(text: str, parent: str = "mine") -> dict:
    return message("stream", parent, name="stdout", text=text)


def run_of(*messages: dict) -> CellRun:
    run = CellRun("mine")
    for each in messages:
        run.take(each)
    return run


# --- how many, how long


@pytest.mark.parametrize("text", ["0", "61", "-3", "twenty", "2.5", ""])
def test_a_number_of_students_that_is_none_is_refused(text):
    with pytest.raises(limits.Refused, match="STUDENTS must be .*1 to 60; got") as refusal:
        limits.students_number(text)
    assert text in str(refusal.value)


@pytest.mark.parametrize("number", [1, 20, 60])
def test_one_to_sixty_students_are_taken(number):
    assert limits.students_number(str(number)) == number


def test_deadlines_grow_with_students_for_each_core_and_never_shrink_below_one_students():
    names = ("request", "start", "cell", "notebook", "total")
    one, four, twenty = (limits.Deadlines(students, 2) for students in (1, 4, 20))
    for name in names:
        assert 0 < getattr(one, name) < getattr(four, name) < getattr(twenty, name) < 24 * 3600
        assert getattr(limits.Deadlines(1, 64), name) == getattr(one, name)
        assert getattr(limits.Deadlines(40, 4), name) == getattr(twenty, name)
    for each in (one, four, twenty):
        assert each.cell < each.notebook < each.total


def test_what_does_not_end_is_named():
    with pytest.raises(limits.Failure, match="^the long cell did not end within 0 s$"):
        asyncio.run(limits.within(0.01, asyncio.sleep(60), "the long cell"))


@pytest.mark.parametrize(
    "arguments, wrong",
    [
        (["61"], "STUDENTS"),
        (["4", "--cells", "0"], "--cells"),
        (["4", "--port", "80"], "--port"),
        (["4", "--json", "/no/such/folder/figures.json"], "--json"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_made(arguments, wrong, monkeypatch, capsys):
    monkeypatch.setattr(command, "run", lambda asked: pytest.fail("it was begun"))
    assert command.main(arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith(wrong) and told.count("\n") == 1


def test_who_is_not_root_is_told_so(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert command.main(["2"]) == 2
    assert "run it as root" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        for wanted in (port, port - 1, port - 2):  # the hub takes three in a row
            with pytest.raises(limits.Refused, match="Port [0-9]+ is taken"):
                machine.free_port(wanted)
    assert 20000 <= machine.free_port(None) < 30000


def test_a_second_test_on_the_same_machine_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "LOCK", tmp_path / "lock")
    with machine.alone(), pytest.raises(limits.Refused, match="running on this machine already"), machine.alone():
        pass


def test_a_process_that_has_ended_is_gone_even_if_nobody_asked_for_its_end():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    process = psutil.Process(child.pid)
    try:
        assert machine.still_there([process], 0.1) == [process]
        process.kill()
        assert machine.still_there([process], 5) == []
        assert process.status() == psutil.STATUS_ZOMBIE
    finally:
        child.kill()
        child.wait()


# --- what a kernel says


def test_a_cell_is_done_with_its_reply_and_its_last_output():
    assert not run_of(OK).done and not run_of(IDLE).done
    assert not run_of(message("status", execution_state="busy"), OK).done
    for run in (run_of(OK, IDLE), run_of(IDLE, OK)):
        assert run.done and run.error is None


def test_outputs_are_kept_as_a_notebook_keeps_them():
    value = message("execute_result", execution_count=1, data={"text/plain": "42"}, metadata={})
    run = run_of(printed("a"), printed("b\n"), printed("other", parent="other"), value, OK, IDLE)
    assert [o.output_type for o in run.outputs] == ["stream", "execute_result"]
    assert run.text == "ab\n42"


def test_comms_of_widgets_and_requests_for_input_change_nothing():
    others = [message(kind, comm_id="1", data={}) for kind in ("comm_open", "comm_msg", "comm_close")]
    run = run_of(*others, message("input_request", prompt="?", password=False), OK, IDLE)
    assert run.done and run.error is None and run.outputs == []


def test_an_error_is_told_by_the_last_line_of_its_traceback_without_colours():
    traceback = ["\x1b[31mTraceback\x1b[0m\n  1 / 0", "\x1b[31mZeroDivisionError\x1b[39m: division by zero\n"]
    told = message("error", ename="ZeroDivisionError", evalue="division by zero", traceback=traceback)
    failed = message("execute_reply", status="error", ename="ZeroDivisionError", evalue="division by zero")
    assert run_of(told, failed, IDLE).error == "ZeroDivisionError: division by zero"
    assert run_of(failed, IDLE).error == "ZeroDivisionError: division by zero"
    assert run_of(message("execute_reply", status="aborted"), IDLE).error == "not executed: aborted"


@pytest.mark.parametrize(
    "state, told", [("restarting", "restarting"), ("autorestarting", "restarting"), ("dead", "dead")]
)
def test_a_kernel_that_is_gone_ends_the_cell(state, told):
    run = run_of(message("status", parent="", execution_state=state))
    assert run.done and run.lost == told and run.error == f"the kernel is {told}"


def test_outputs_that_the_server_holds_back_are_an_error():
    notice = message("stream", name="stderr", text="IOPub data rate exceeded.\nThe Jupyter server will ...")
    assert "IOPub data rate exceeded" in run_of(notice, OK, IDLE).error


def test_a_hundred_megabytes_of_text_are_not_kept():
    megabyte = "x" * 1_000_000
    run = run_of(*[printed(megabyte)] * 100, OK, IDLE)
    assert run.done and len(run.text) == MOST_TEXT
    assert run.dropped == 100_000_000 - MOST_TEXT


def test_cleared_outputs_are_gone_at_once_or_with_the_next():
    now, later = message("clear_output", wait=False), message("clear_output", wait=True)
    assert run_of(printed("a"), now).text == ""
    assert run_of(printed("a"), later).text == "a"
    assert run_of(printed("a"), later, printed("b")).text == "b"


# --- a connection that breaks


class Sockets:
    """Stands for the websocket: each connection is a list of answers to what was asked; ``None`` cuts it off."""

    def __init__(self, *connections):
        self.connections, self.asked = list(connections), []

    async def connect(self, request, **options):
        self.now = list(self.connections.pop(0))
        return self

    async def write_message(self, text):
        self.asked.append(json.loads(text))

    async def read_message(self):
        if not self.now:
            await asyncio.sleep(3600)
        answer = self.now.pop(0)
        if answer is None or isinstance(answer, bytes):
            return answer
        kind = "execute_request" if answer["parent_header"]["msg_id"] == "mine" else "kernel_info_request"
        asked = [each["header"]["msg_id"] for each in self.asked if each["header"]["msg_type"] == kind]
        return json.dumps({**answer, "parent_header": {"msg_id": asked[-1]}})

    def close(self):
        pass


BUSY = message("status", execution_state="busy")
INFO = message("kernel_info_reply", "info")


def run_over(monkeypatch, *connections, seconds=5):
    sockets = Sockets(*connections)
    monkeypatch.setattr(kernels, "websocket_connect", sockets.connect)
    kernel = kernels.Kernel("ws://127.0.0.1:1/user/one/api/kernels/1/channels", "token", 5)

    async def run():
        await kernel.connect()
        return await kernel.run("1 + 1", seconds, "cell 7")

    return asyncio.run(run()), kernel, [each["header"]["msg_type"] for each in sockets.asked], sockets


def test_a_cell_is_asked_for_without_input_and_bytes_of_widgets_are_passed_over(monkeypatch):
    run, _, _, sockets = run_over(monkeypatch, [b"picture", BUSY, OK, IDLE])
    assert run.done and sockets.asked[0]["content"]["allow_stdin"] is False
    assert sockets.asked[0]["channel"] == "shell"


def test_a_cell_goes_on_over_a_new_connection(monkeypatch):
    run, kernel, asked, _ = run_over(monkeypatch, [BUSY, None], [printed("late"), OK, IDLE])
    assert run.done and run.text == "late" and kernel.reconnected == 1 and kernel.replies_lost == 0
    assert asked == ["execute_request", "kernel_info_request"]


@pytest.mark.slow
def test_a_reply_that_went_down_with_the_connection_does_not_hang(monkeypatch):
    run, kernel, asked, _ = run_over(monkeypatch, [BUSY, None], [INFO])
    assert run.error is None and kernel.replies_lost == 1
    assert asked == ["execute_request", "kernel_info_request"]


def test_a_request_that_never_arrived_is_sent_again(monkeypatch):
    run, kernel, asked, _ = run_over(monkeypatch, [None], [INFO, None], [BUSY, OK, IDLE])
    assert run.done and kernel.replies_lost == 0
    assert asked.count("execute_request") == 2


def test_after_a_lost_kernel_the_next_cell_takes_a_new_connection(monkeypatch):
    sockets = Sockets([BUSY, message("status", execution_state="restarting")], [BUSY, printed("new"), OK, IDLE])
    monkeypatch.setattr(kernels, "websocket_connect", sockets.connect)
    kernel = kernels.Kernel("ws://127.0.0.1:1/user/one/api/kernels/1/channels", "token", 5)

    async def run_two():
        return await kernel.run("1", 5, "cell 1"), await kernel.run("2", 5, "cell 2")

    lost, after = asyncio.run(run_two())
    assert lost.lost == "restarting" and after.text == "new" and sockets.connections == []


def test_a_cell_that_never_ends_is_named(monkeypatch):
    with pytest.raises(limits.Failure, match="^cell 7 did not end within 0 s$"):
        run_over(monkeypatch, [BUSY], seconds=0.05)


# --- notebooks


@pytest.fixture(scope="module")
def second() -> dict:
    return nbformat.read(ROOT / "notebooks" / book.SECOND, as_version=4)


@pytest.mark.parametrize("path", [book.FIRST, book.SECOND])
def test_the_notebooks_are_there(path):
    cells = book.code_cells(nbformat.read(ROOT / "notebooks" / path, as_version=4))
    assert len(cells) > 20


def test_the_exercise_is_found_in_its_notebook(second):
    stub, asked = book.exercise_cells(second, book.EXERCISE)
    assert "def my_lerp(" in second["cells"][stub]["source"]
    assert 'check("lerp", my_lerp)' in second["cells"][asked]["source"]
    with pytest.raises(ValueError, match="no exercise 'absent'"):
        book.exercise_cells(second, "absent")


@pytest.mark.slow
@pytest.mark.parametrize("answer, wanted", [(book.RIGHT, "Right"), (book.WRONG, book.MISTAKE)])
def test_the_answers_are_judged_as_the_test_expects(answer, wanted):
    from vae_helpers.exercises import check

    space: dict = {}
    exec(answer, space)
    assert wanted in repr(check(book.EXERCISE, space["my_lerp"]))
    assert ("Right" in repr(check(book.EXERCISE, space["my_lerp"]))) == (wanted == "Right")


def test_a_fingerprint_tells_what_a_student_would_miss(second):
    noted = book.with_note(second, "first")
    same = nbformat.reads(nbformat.writes(noted), as_version=4)
    assert book.fingerprint(same) == book.fingerprint(noted) != book.fingerprint(second)
    assert book.fingerprint(book.with_note(noted, "second")) != book.fingerprint(noted)
    assert len(book.with_note(noted, "second")["cells"]) == len(noted["cells"]) == len(second["cells"]) + 1
    other = nbformat.reads(nbformat.writes(noted), as_version=4)
    next(cell for cell in other["cells"] if cell.get("outputs"))["outputs"].clear()
    assert book.fingerprint(other) != book.fingerprint(noted)


def test_a_saved_file_that_is_lost_or_changed_is_told(second, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "expanduser", lambda path: tmp_path / path.name)
    record = Record("vae-test-01", saved={book.SECOND: book.fingerprint(second)})
    assert "is lost" in command.lost_files([record])[0]
    nbformat.write(second, tmp_path / book.SECOND)
    assert command.lost_files([record]) == []
    nbformat.write(book.with_note(second, "other"), tmp_path / book.SECOND)
    assert "is not what was saved" in command.lost_files([record])[0]


# --- the hub's answers, the class


def test_a_starting_servers_report_is_read():
    assert web.server_event('data: {"progress": 100, "ready": true}') == {"progress": 100, "ready": True}
    assert web.server_event("") is None and web.server_event(": keep-alive") is None


def test_a_server_that_died_this_moment_is_asked_for_again(monkeypatch):
    """The hub says "already running" until the system has cleared it away."""
    asked = []

    def answer(request):
        asked.append(f"{request.method} {request.url.path}")
        if request.method == "POST":
            return httpx.Response(400 if asked.count(asked[-1]) < 3 else 201, text="vae-test-01 is already running")
        if request.url.path.endswith("/api/status"):
            return httpx.Response(503)
        return httpx.Response(200, json={"servers": {"": {"ready": True}}})

    student = web.Student("vae-test-01", "word", "http://127.0.0.1:1", limits.Deadlines(1, 1))
    student._web = httpx.AsyncClient(base_url="http://127.0.0.1:1", transport=httpx.MockTransport(answer))
    monkeypatch.setattr(web, "PAUSE", 0)
    monkeypatch.setattr(web.asyncio, "sleep", lambda seconds: real_sleep(0))
    asyncio.run(student.start_server())
    assert asked.count("POST /hub/api/users/vae-test-01/server") == 3


def test_the_hidden_value_of_the_form_is_found():
    assert web.XSRF.search('<input type="hidden" name="_xsrf"\n value="2|a:b=" />')[1] == "2|a:b="


@pytest.mark.parametrize("students", [1, 2, 3, 20])
def test_each_accident_happens_to_exactly_one(students):
    names = machine.account_names(students)
    shared = command.whose_accidents(names)
    assert list(shared) == names and len(set(names)) == students
    assert sorted(accident for each in shared.values() for accident in each) == sorted(command.ACCIDENTS)
    assert max(len(each) for each in shared.values()) == -(-3 // min(students, 3))


def test_a_gate_opens_for_the_others_when_one_drops_out():
    async def three() -> int:
        gate = Gate(3)
        waiting = [asyncio.create_task(gate.come()) for _ in range(2)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        gate.count_out()
        await asyncio.wait_for(asyncio.gather(*waiting), 1)
        return gate.missing

    assert asyncio.run(three()) == 0


# --- figures


def test_a_peak_is_of_all_processes_of_a_student_together():
    peak = memories.Peak()

    def reading(pss, server):
        return memories.Reading(pss=pss, uss=pss - 1, rss=2 * pss, at=0.0, server=server)

    peak.take([reading(100, True), reading(300, False)])
    peak.take([reading(150, True), reading(200, False)])
    assert (peak.pss, peak.server, peak.kernels, peak.uss) == (400, 100, 300, 398)


def test_memory_is_read_of_the_accounts_asked_for():
    sampler = memories.Sampler({os.getuid(): "me"}, list)
    sampler.look()
    assert sampler.memory.students["me"].pss > 10e6
    assert sampler.memory.sum_pss == sampler.memory.students["me"].pss


@pytest.fixture
def result() -> report.Result:
    fine = [Record(f"vae-test-0{n}", start=n, notebooks={book.FIRST: 20.0 + n}, cells=9) for n in (3, 4)]
    hurt = Record("vae-test-01", accident="kernel", start=2.0, notebooks={book.FIRST: 99.0})
    peaks = {record.name: memories.Peak(600 * 10**6, 100 * 10**6, 500 * 10**6, 550 * 10**6) for record in fine}
    memory = memories.Memory(peaks, sum_pss=1300 * 10**6, own_seconds=1.0, watched_seconds=50.0)
    return report.Result(3, 2, [hurt, *fine], {"kernel": 4.0}, memory, 60.0, [], {"torch": "9 (CPU build)"})


def test_the_table_gives_medians_without_those_who_lost_their_kernel(result):
    told = report.table(result)
    assert "3 students at once on 2 cores" in told and "99.0" not in told
    assert "23.5 s median" in told and "600 MB median" in told and "2.0% of a core" in told
    *_, failures, versions = told.splitlines()
    assert failures.split() == ["failures", "0"] and versions == "torch 9 (CPU build)"


def test_every_failure_is_in_the_table_with_its_student(result):
    result.records[0].failures.append("06_latent_space.ipynb cell 17: NameError: name 'x' is not defined")
    result.broken.append("the hub was never killed")
    assert len(result.failures) == 2
    lines = report.table(result).splitlines()
    assert "FAILED  vae-test-01: 06_latent_space.ipynb cell 17: NameError: name 'x' is not defined" in lines
    assert "FAILED  the hub was never killed" in lines


@pytest.mark.parametrize("failures, status", [([], 0), (["cell 3: no"], 1)])
def test_any_failure_is_the_exit_status_and_json_has_all(failures, status, result, monkeypatch, tmp_path, capsys):
    result.records[1].failures += failures
    monkeypatch.setattr(command, "run", lambda asked: result)
    assert command.main(["3", "--json", str(tmp_path / "figures.json")]) == status
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert len(figures["failures"]) == len(failures) and figures["memory"]["sum_pss"] == 1300 * 10**6
    assert figures["versions"] == {"torch": "9 (CPU build)"}
    assert "torch 9 (CPU build)" in capsys.readouterr().out


@pytest.mark.slow
def test_versions_are_those_of_the_courses_python():
    import torch

    found = report.versions(Path(sys.executable))
    assert found["torch"].startswith(torch.__version__) and found["torch"].endswith(" build)")
    assert found["jupyterlab"][0].isdigit() and set(found) == {"torch", *report.PACKAGES}


def test_what_is_interrupted_says_that_nothing_is_left(monkeypatch, capsys):
    def interrupted(asked):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run", interrupted)
    assert command.main(["3"]) == 130
    assert "are gone" in capsys.readouterr().err
