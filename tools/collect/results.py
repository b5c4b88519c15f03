"""Put what a notebook's runs told together: a result for each exercise, and whether the notebook still runs.

What is told comes from a process in which a student's code has run. So everything is looked at here as a stranger's
text: only known exercises, only known kinds of results, only short strings.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from collect.sandbox import FOLDER, Limits, Sandbox
from collect.submissions import Submission, readable

STATUSES = ("right", "wrong", "todo", "error")
TRIES = 4  # one more for each cell that ends the process
ENDED = {
    "time": "it does not end: stopped after {seconds} seconds",
    "talk": "it reports more than a notebook can have to say",
    "crash": "it crashes Python (memory at its end, or a recursion without one)",
    "exit": "it ends Python itself",
    "lost": "the sandbox was lost",
}


@dataclass(frozen=True)
class Result:
    """How one exercise stands: "right", "wrong", "todo" or "error"."""

    exercise: str
    status: str
    message: str
    mistake: str = ""


@dataclass(frozen=True)
class Outcome:
    """One notebook's results; ``runs`` is "yes", "no: why" or "in part: what was not tried"."""

    submission: Submission
    results: tuple[Result, ...]
    runs: str


def collect(submission: Submission, sandbox: Sandbox, limits: Limits) -> Outcome:
    """Run a submission's exercises, again where that ends the process.

    A check that does not come back is given up; another such cell is tried without its plain calls, then left out.
    """
    job = {
        "cells": [list(cell) for cell in submission.cells],
        "exercises": [[e.name, e.answer, e.cell] for e in submission.notebook.exercises],
        "first": submission.notebook.first,
        "lean": [],
        "skip": [],
        "given_up": [],
        "folder": FOLDER,
    }
    told: list[dict] = []
    for _ in range(TRIES):
        ended, events = sandbox.run(job, limits)
        told += events
        if any(event.get("end") is True for event in events):
            break
        why = ENDED[ended].format(seconds=limits.seconds)
        at, checking = _last_cell(events, len(job["cells"])), _checking(events, submission)
        told.append({"stopped": at, "begins": _begins(events), "error": why})
        told += [{"exercise": name, "status": "error", "message": f"its check: {why}"} for name in checking]
        if ended == "lost" or (at < 0 and not checking):
            break
        if checking:
            job["given_up"] += checking
        else:
            job["skip" if at in job["lean"] else "lean"].append(at)
    return Outcome(submission, tuple(_results(submission, told)), _runs(told))


def _last_cell(events: list[dict], cells: int) -> int:
    numbers = [event["at"] for event in events if isinstance(event.get("at"), int) and event["at"] < cells]
    return numbers[-1] if numbers else -1


def _checking(events: list[dict], submission: Submission) -> list[str]:
    """The exercises in whose check the process ended."""
    names = events[-1].get("checking") if events else None
    return [e.name for e in submission.notebook.exercises if isinstance(names, list) and e.name in names]


def _begins(events: list[dict]) -> str:
    return next((_short(event.get("begins"), 60) for event in reversed(events) if "at" in event), "")


def _short(text: object, most: int = 1500) -> str:
    return readable(text[:most].replace("\n", " ")) if isinstance(text, str) else ""


def _results(submission: Submission, told: list[dict]) -> Iterable[Result]:
    for exercise in submission.notebook.exercises:
        own = [e for e in told if e.get("exercise") == exercise.name and e.get("status") in STATUSES]
        best = [
            e for e in own if e["status"] != "error" or "mistake" in e
        ] or own  # a check that was reached counts more
        if best:
            last = best[-1]
            yield Result(exercise.name, last["status"], _short(last.get("message")), _short(last.get("mistake"), 80))
        else:
            troubles = [e for e in told if "stopped" in e] or [{"error": "not reached"}]
            yield Result(exercise.name, "error", f"not checked. {_trouble(troubles[-1])}")


def _trouble(event: dict) -> str:
    begins = _short(event.get("begins"), 60)
    return _short(event.get("error"), 400) + (f' (in the cell that begins "{begins}")' if begins else "")


def _runs(told: list[dict]) -> str:
    stopped = [event for event in told if "stopped" in event]
    failed = [event for event in stopped if event.get("untried") is not True]
    failed += [{"error": _short(e["failed"])} for e in told if "failed" in e]
    broken = next((_short(e["sandbox"]) for e in told if "sandbox" in e), "")
    if broken:
        return f"not tried: {broken}"
    if failed:
        return f"no: {_trouble(failed[0])}"
    return f"in part: {_trouble(stopped[0])}, made by a cell that is not run here" if stopped else "yes"
