"""One student, from log-in to the last notebook; and the class, all at once."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from nbformat import NotebookNode

from . import notebook as book
from .accidents import lose_hub, lose_kernel, lose_server
from .cells import CellRun
from .hub import Hub
from .kernel import Kernel
from .limits import Deadlines, Failure, say, within
from .web import Student


@dataclass
class Record:
    """What one student met with. Seconds; a step that was not reached is missing."""

    name: str
    accident: str = ""  # which of the kills was this student's
    start: float | None = None
    notebooks: dict[str, float] = field(default_factory=dict)
    cells: int = 0
    reconnected: int = 0
    replies_lost: int = 0
    saved: dict[str, str] = field(default_factory=dict)  # path: fingerprint of what was saved last
    failures: list[str] = field(default_factory=list)


class Gate:
    """Opens when all who are still on their way have come: so the class starts a notebook together."""

    def __init__(self, expected: int):
        self._missing = expected
        self._open = asyncio.Event()

    def count_out(self) -> None:
        """One who came, or who never will."""
        self._missing -= 1
        if self._missing <= 0:
            self._open.set()

    async def come(self) -> None:
        """Wait for the others."""
        self.count_out()
        await self._open.wait()

    @property
    def missing(self) -> int:
        """How many are not here."""
        return self._missing


@dataclass
class Lesson:
    """What all students share."""

    hub: Hub
    deadlines: Deadlines
    students: int
    paths: tuple[str, ...] = (book.FIRST, book.SECOND)
    most_cells: int | None = None  # of each notebook; None: all
    accidents: dict[str, float] = field(default_factory=dict)  # what was killed, and seconds until it was well again

    def __post_init__(self):
        self.gates = {step: Gate(self.students) for step in (*self.paths, "end")}
        self.one_at_a_time = asyncio.Lock()

    async def teach(self, name: str, password: str, accidents: tuple[str, ...]) -> Record:
        """The whole lesson for one student; what fails is written down, and hinders nobody else."""
        record = Record(name, " ".join(accidents))
        student = Student(name, password, self.hub.address, self.deadlines)
        passed: set[str] = set()
        try:
            await self._start(student, record)
            for number, path in enumerate(self.paths):
                await self._come(path, passed)
                desk = Desk(self, student, record, path)
                await desk.work(accidents if number == 0 else (), last=number == len(self.paths) - 1)
            await self._come("end", passed)
        except Failure as failure:
            self._write_down(record, str(failure))
        except Exception as error:  # a fault of the test itself, or an answer that nobody foresaw: it counts, too
            self._write_down(record, f"unexpected {error!r}")
        finally:
            for step in self.gates.keys() - passed:
                self.gates[step].count_out()
            await student.close()
        return record

    @staticmethod
    def _write_down(record: Record, failure: str) -> None:
        say(f"{record.name} FAILED: {failure}")
        record.failures.append(failure)

    async def _come(self, step: str, passed: set[str]) -> None:
        passed.add(step)
        if self.gates[step].missing == 1:
            say(f"all are ready for {step}")
        await within(self.deadlines.total, self.gates[step].come(), f"waiting for the class before {step}")

    async def _start(self, student: Student, record: Record) -> None:
        began = time.monotonic()
        await student.log_in()
        await student.take_token()
        await student.start_server()
        record.start = time.monotonic() - began


class Desk:
    """One student at one notebook: its kernel, its cells, what is saved."""

    def __init__(self, lesson: Lesson, student: Student, record: Record, path: str):
        self.lesson, self.student, self.record, self.path = lesson, student, record, path
        self.deadlines = lesson.deadlines
        self.notebook: dict = {}
        self.kernel: Kernel | None = None
        self.kernel_id = self.session = ""

    async def work(self, accidents: tuple[str, ...], last: bool) -> None:
        """All cells, with the accidents after a third of them; the exercise, where there is one; saved at the end."""
        self.notebook = await self.student.read(self.path)
        began, done = time.monotonic(), False
        await self._sit_down()
        try:
            cells = book.code_cells(self.notebook, self.lesson.most_cells)
            third = len(cells) // 3
            await self._run(cells[:third])
            for accident in accidents:
                await self._after_saving(accident)
            # a new kernel knows nothing of the first third
            await self._run(cells if {"kernel", "server"} & set(accidents) else cells[third:])
            if self.path == book.SECOND:
                await self._exercise()
            self.record.notebooks[self.path] = time.monotonic() - began
            await self._save("the end")
            done = True
        finally:  # a cell that never ends must not take the others' cores
            await self._stand_up(keep_kernel=last and done)

    async def _sit_down(self) -> None:
        self.session, self.kernel_id = await within(
            self.deadlines.start, self.student.open_notebook(self.path), f"starting a kernel for {self.path}"
        )
        self.kernel = self.student.kernel(self.kernel_id)
        await self.kernel.connect()

    async def _stand_up(self, keep_kernel: bool) -> None:
        """Leave the notebook. The last one's kernel stays to the end, as in a class, and is measured."""
        if self.kernel:
            self.record.reconnected += self.kernel.reconnected
            self.record.replies_lost += self.kernel.replies_lost
            self.kernel.close()
        if not keep_kernel:
            with contextlib.suppress(Failure):
                await self.student.shut(self.session)

    async def _run(self, cells: list[int]) -> None:
        await within(self.deadlines.notebook, self._run_all(cells), f"running {self.path}")

    async def _run_all(self, cells: list[int]) -> None:
        for position in cells:
            cell = self.notebook["cells"][position]
            run = await self._execute(position, book.source(cell))
            cell["outputs"] = [NotebookNode(output) for output in run.outputs]
            cell["execution_count"] = (run.reply or {}).get("execution_count")

    async def _execute(self, position: int, code: str) -> CellRun:
        """One cell; an error in it is a failure with the cell's number and the traceback's last line."""
        where = f"{self.path} cell {position}"
        run = await self.kernel.run(code, self.deadlines.cell, where)
        if run.error:
            raise Failure(f"{where}: {run.error}")
        self.record.cells += 1
        return run

    async def _exercise(self) -> None:
        """As a student does it: first a wrong answer, whose mistake the check must name, then the right one."""
        stub, asked = book.exercise_cells(self.notebook, book.EXERCISE)
        check = book.source(self.notebook["cells"][asked])
        for answer, wanted in ((book.WRONG, book.MISTAKE), (book.RIGHT, "Right")):
            await self._execute(stub, answer)
            verdict = await self._execute(asked, check)
            if wanted not in verdict.text:
                raise Failure(f"{self.path} cell {asked}: the check should say {wanted!r}; it says {verdict.text!r}")
        self.notebook["cells"][stub]["source"] = book.RIGHT
        self.notebook["cells"][asked]["outputs"] = [NotebookNode(output) for output in verdict.outputs]

    async def _save(self, moment: str) -> None:
        self.notebook = book.with_note(self.notebook, f"Saved by {self.record.name}: {moment}.")
        await self.student.save(self.path, self.notebook)
        self.record.saved[self.path] = book.fingerprint(self.notebook)
        await self._compare(f"after saving at {moment}")

    async def _compare(self, when: str) -> None:
        if book.fingerprint(await self.student.read(self.path)) != self.record.saved[self.path]:
            raise Failure(f"{self.path} {when}: what is read is not what was saved")

    async def _after_saving(self, accident: str) -> None:
        """One accident of the class at a time, and each time the saved notebook is there afterwards."""
        await self._save(f"before the {accident} is killed")
        happen: dict[str, Callable[[], Awaitable[None]]] = {
            "kernel": self._without_kernel,
            "server": self._without_server,
            "hub": self._without_hub,
        }
        async with self.lesson.one_at_a_time:
            say(f"the {accident} of {self.record.name} is killed")
            await happen[accident]()
            say(f"the {accident} is well again")
        await self._compare(f"after the {accident} was killed")

    async def _without_kernel(self) -> None:
        self.lesson.accidents["kernel"] = await lose_kernel(self.student, self.kernel, self.kernel_id)

    async def _without_server(self) -> None:
        self.lesson.accidents["server"] = await lose_server(self.student)
        self.kernel.close()
        await self._sit_down()

    async def _without_hub(self) -> None:
        self.lesson.accidents["hub"] = await lose_hub(self.student, self.kernel, self.lesson.hub)
