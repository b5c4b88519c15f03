"""How many students, and how long anything may take: nothing here waits for ever."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

MOST_STUDENTS = 60
# Seconds of one core that a student needs, measured and rounded up: server, kernels with their imports, notebook 00
# nearly twice (one loses its kernel in the middle), notebook 06, the exercise.
START_WORK, CELL_WORK, NOTEBOOK_WORK, WHOLE_WORK = 6, 12, 45, 100
PATIENCE = 5  # a deadline is this many times what the work should take

T = TypeVar("T")
_BEGAN = time.monotonic()


def say(what: str) -> None:
    """A line on how far the test is, for whoever waits."""
    print(f"[{time.monotonic() - _BEGAN:4.0f} s] {what}", file=sys.stderr, flush=True)


class Refused(Exception):
    """The test can't be run as asked; the message is one sentence for the person who asked."""


class Failure(Exception):
    """Something that must work on the day did not; the message says what and where."""


def whole_number(text: str, least: int, most: int, what: str) -> int:
    """``text`` as a whole number of ``least`` to ``most``, or :class:`Refused`."""
    try:
        number = int(text)
    except ValueError:
        raise Refused(f"{what} must be a whole number of {least} to {most}; got {text!r}.") from None
    if not least <= number <= most:
        raise Refused(f"{what} must be {least} to {most}; got {number}.")
    return number


def students_number(text: str) -> int:
    """How many students: 1 to 60."""
    return whole_number(text, 1, MOST_STUDENTS, "STUDENTS")


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Deadlines:
    """Seconds until a step counts as failed, for so many students who share so many cores."""

    students: int
    cores: int

    def _for(self, work: float, least: float) -> float:
        return least + PATIENCE * work * max(1.0, self.students / self.cores)

    @property
    def request(self) -> float:
        """One answer over HTTP."""
        return self._for(1, 20)

    @property
    def start(self) -> float:
        """From asking for a server, or a kernel, to its being ready."""
        return self._for(START_WORK, 60)

    @property
    def cell(self) -> float:
        """One cell."""
        return self._for(CELL_WORK, 30)

    @property
    def notebook(self) -> float:
        """All cells of one notebook."""
        return self._for(NOTEBOOK_WORK, 60)

    @property
    def total(self) -> float:
        """Everything."""
        return self._for(WHOLE_WORK, 180)


async def within(seconds: float, work: Awaitable[T], what: str) -> T:
    """The result of ``work``, or a :class:`Failure` that says what did not end in time."""
    try:
        return await asyncio.wait_for(work, seconds)
    except (TimeoutError, asyncio.TimeoutError):
        raise Failure(f"{what} did not end within {seconds:.0f} s") from None
