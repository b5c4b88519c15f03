"""Try a class: ``python -m tools.class_test 20`` as root, from the course's folder; ``make class-test STUDENTS=20``.

It starts a hub on loopback, logs in that many students, and has all of them run notebooks 00 and 06 at once, do an
exercise and save. In the middle a kernel, a server and the hub are killed. At the end a table, and nothing is left.
"""

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import notebook as book
from .hub import Hub
from .lesson import Lesson, Record
from .limits import Deadlines, Failure, Refused, say, students_number, usable_cores, whole_number, within
from .machine import (
    LOCK,
    ROOT,
    account_names,
    alone,
    free_port,
    make_accounts,
    refuse_unless_root,
    remove_accounts,
    remove_left_accounts,
    share_pixels,
    uid_of,
)
from .memory import Memory, Sampler
from .readable_python import readable_python
from .report import Result, table, versions, write_json

FOLDER = "vae-class-test-"  # how the names of the test's own folders begin
ACCIDENTS = ("kernel", "server", "hub")


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    """What was asked for, or :class:`Refused`."""
    parser = argparse.ArgumentParser(prog="python -m tools.class_test", description="Try a class on a hub of its own.")
    parser.add_argument("students", help="how many, 1 to 60")
    parser.add_argument("--notebooks", nargs="+", default=["00", "06"], choices=["00", "06"], help="which of the two")
    parser.add_argument("--cells", help="only so many cells of each notebook; the exercise is done in any case")
    parser.add_argument("--port", help="of the hub, with the two after it; without it, some that are free")
    parser.add_argument("--hub", type=Path, default=ROOT / ".hub" / "bin", help="bin of the hub's environment")
    parser.add_argument("--wait", default="0", help="seconds for the end of another such test on this machine")
    parser.add_argument("--json", type=Path, help="write all figures to this file, too")
    asked = parser.parse_args(arguments)
    asked.students = students_number(asked.students)
    asked.cells = whole_number(asked.cells, 3, 1000, "--cells") if asked.cells else None
    asked.wait = whole_number(asked.wait, 0, 600, "--wait")
    asked.port = whole_number(asked.port, 1024, 65000, "--port") if asked.port else None
    if asked.json and not asked.json.resolve().parent.is_dir():
        raise Refused(f"--json: there is no folder {asked.json.resolve().parent}.")
    return asked


def course_python(folder: Path) -> Path:
    """Of the environment that students' servers run from: named as for the hub, or this one, so that all may run it."""
    if named := os.environ.get("VAE_COURSE_PYTHON"):
        return Path(named)
    folder.mkdir()
    folder.chmod(0o755)
    try:
        return readable_python(folder)
    except RuntimeError as error:
        raise Refused(str(error)) from None


def whose_accidents(names: list[str]) -> dict[str, tuple[str, ...]]:
    """One accident each for the first three; fewer students share them."""
    shared: dict[str, tuple[str, ...]] = {name: () for name in names}
    for number, accident in enumerate(ACCIDENTS):
        shared[names[number % len(names)]] += (accident,)
    return shared


async def hold_class(lesson: Lesson, passwords: dict[str, str]) -> list[Record]:
    """All students at once; none waits for longer than the whole may take."""
    accidents = whose_accidents(list(passwords))
    work = {
        asyncio.create_task(lesson.teach(name, password, accidents[name])): name for name, password in passwords.items()
    }
    try:
        done, late = await asyncio.wait(work, timeout=lesson.deadlines.total)
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
    records = [task.result() for task in done]
    records += [Record(work[t], failures=[f"not done after {lesson.deadlines.total:.0f} s"]) for t in late]
    return sorted(records, key=lambda record: record.name)


def lost_files(records: list[Record]) -> list[str]:
    """Whatever a student saved last must lie in the home as it was saved: read from the disk, not by the server."""
    import nbformat

    lost = []
    for record in records:
        for path, saved in record.saved.items():
            try:
                file = Path(f"~{record.name}/vae/notebooks/{path}").expanduser()
                same = book.fingerprint(nbformat.read(file, as_version=4)) == saved
            except Exception as error:  # the file is missing, or no notebook any more, or the account is gone
                lost.append(f"{record.name}: {path} is lost: {error!r}")
            else:
                lost += [] if same else [f"{record.name}: {path} on the disk is not what was saved"]
    return lost


async def try_class(asked: argparse.Namespace, hub: Hub, deadlines: Deadlines) -> Result:
    """From accounts to figures. Whoever calls this clears up afterwards, whatever happened."""
    began = time.monotonic()
    names = account_names(asked.students)
    say(f"making {len(names)} accounts")
    passwords = await asyncio.to_thread(make_accounts, names, hub.state)
    paths = tuple({"00": book.FIRST, "06": book.SECOND}[short] for short in asked.notebooks)
    lesson = Lesson(hub, deadlines, asked.students, paths, asked.cells)
    sampler, records, broken, memory = None, [], [], Memory()
    try:
        say("starting the hub")
        hub.start()
        await asyncio.to_thread(hub.wait_ready, deadlines.start)
        say("the hub answers; all log in")
        sampler = Sampler({uid_of(name): name for name in names}, hub.own_processes)
        sampler.start()
        records = await within(deadlines.total + 60, hold_class(lesson, passwords), "the class")
    except Failure as failure:
        broken.append(str(failure))
    finally:
        if sampler:
            memory = sampler.stop()
    broken += lost_files(records)
    broken += [f"the {what} was never killed: nobody came so far" for what in ACCIDENTS if what not in lesson.accidents]
    if broken or any(record.failures for record in records):
        say(f"the end of the hub's log:\n{hub.last_words()}")
    seconds = time.monotonic() - began
    found = versions(hub.course_python)
    return Result(asked.students, deadlines.cores, records, lesson.accidents, memory, seconds, broken, found)


def clear_up(hub: Hub) -> None:
    """No process, no account and no file of the test stays. A second Ctrl-C does not break this off."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    say("clearing up")
    with contextlib.suppress(Exception):
        hub.stop()
    say("the hub is gone")
    remove_accounts(hub.state)
    say("accounts and processes are gone")


async def interruptible(asked: argparse.Namespace, hub: Hub, deadlines: Deadlines) -> Result:
    """SIGTERM ends it as Ctrl-C does."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    return await try_class(asked, hub, deadlines)


def run(asked: argparse.Namespace) -> Result:
    """The test, alone on this machine, with nothing left behind."""
    refuse_unless_root()
    deadlines = Deadlines(asked.students, usable_cores())
    with alone(asked.wait):
        for left in LOCK.parent.glob(f"{FOLDER}*"):  # of a run that was killed; its accounts go below
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=FOLDER))
        folder.chmod(0o711)  # students reach the Python in it, and see nothing else
        (folder / "state").mkdir(mode=0o700)
        hub = Hub(asked.hub, free_port(asked.port), Path(sys.executable), folder / "state")
        try:
            say("looking whether the hub can be started")
            remove_left_accounts(hub.state)
            hub.course_python = course_python(folder / "environment")
            hub.refuse_unless_usable()
            share_pixels()
            return asyncio.run(interruptible(asked, hub, deadlines))
        finally:
            clear_up(hub)
            shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str]) -> int:
    """0 if all went well, 1 for any failure, 2 for what can't be run."""
    try:
        asked = read_arguments(arguments)
        result = run(asked)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("Broken off; accounts and processes of the test are gone.", file=sys.stderr)
        return 130
    print(table(result))
    if asked.json:
        write_json(result, asked.json)
    return 1 if result.failures else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main(sys.argv[1:]))
