"""Run what a notebook's exercises need, and nothing else, and say how each exercise stands.

It runs inside the sandbox. Executed are, in the notebook's order: the first code cell; each cell that an exercise's
answer stands in; each cell that checks one. A name that they take from another cell is looked up there: the function,
import or simple assignment that defines it is executed, and what that needs in turn. Loops, plain calls (of ``fit``,
say) and figures of other cells are not.
"""

import asyncio
import builtins
import inspect
import re
import sys
import types
from collections.abc import Callable

from collect.statements import Statement, parse
from vae_helpers.exercises import check, progress

LONGEST = 1500  # characters of a message


class NoMagic:
    """What ``%magics`` and ``!commands`` call: does nothing."""

    def __getattr__(self, name: str) -> Callable:
        return lambda *given, **named: None


class Run:
    """One notebook's exercises, in one namespace.

    Args:
        job: "cells", pairs of id and text; "exercises", triples of name, answer's name and cell's id; "first", the id
            of the course's first code cell; "lean" and "skip", the numbers of cells to run in part or not at all;
            "given_up", the exercises whose check does not come back.
        tell: takes each event, a dictionary, as it happens: the process may end before the last.
    """

    def __init__(self, job: dict, tell: Callable[[dict], None]) -> None:
        self.job, self.tell = job, tell
        self.cells = [parse(number, *cell) for number, cell in enumerate(job["cells"])]
        self.statements = [s for cell in self.cells for s in cell.statements]
        module = types.ModuleType("__main__")
        self.names = module.__dict__
        self.names["get_ipython"] = NoMagic
        sys.modules["__main__"] = module
        self.done: set[int] = set()
        self.told: set[str] = set()
        self.trouble: dict[int, str] = {}  # by cell: the error that it stopped with

    def run(self) -> None:
        """All relevant cells, then the checks that are missing."""
        answers = {name: self._answer(name, stub, cell) for name, stub, cell in self.job["exercises"]}
        for number in sorted(self._relevant(answers)):
            if number not in self.job["skip"]:
                self.tell({"at": number, "begins": self.cells[number].begins})
                self._cell(number, lean=number in self.job["lean"])
        self.tell({"at": -1, "begins": "the checks"})
        for name, answer in answers.items():
            if name not in self.told and name not in self.job["given_up"]:
                self._check_ourselves(name, answer)

    # which cells

    def _answer(self, exercise: str, stub: str, cell: str) -> str:
        """What the answer is called: as it is checked, as it was shipped, or the last function of the stub's cell."""
        checked = [answer for s in self.statements for name, answer in s.checks if name == exercise and answer]
        defined = {name for s in self.statements for name in s.defines}
        if checked or stub in defined:
            return checked[-1] if checked else stub
        inside = [name for c in self.cells if c.id == cell for s in c.statements for name in s.defines]
        return inside[-1] if inside else stub

    def _relevant(self, answers: dict[str, str]) -> set[int]:
        found = {self._first()} if self.cells else set()
        for name, answer in answers.items():
            checks = [s.cell for s in self.statements if name in dict(s.checks)]
            makers = [s.cell for s in self.statements if answer in s.defines]
            before = [cell for cell in makers if not checks or cell <= checks[-1]]
            found.update(checks)
            found.update((before or makers)[-1:])
            found.update(
                k for k, c in enumerate(self.cells) if c.error and re.search(rf"\b{re.escape(answer)}\b", c.text)
            )
        return found

    def _first(self) -> int:
        same = [k for k, cell in enumerate(self.cells) if cell.id == self.job["first"]]
        importing = [k for k, cell in enumerate(self.cells) if "import " in cell.text]
        return (same or importing or [0])[0]

    # run them

    def _cell(self, number: int, lean: bool) -> None:
        cell = self.cells[number]
        if cell.error:
            self._stopped(number, cell.error)
        for statement in cell.statements:
            checked = {name for name, _ in statement.checks}
            if checked & set(self.job["given_up"]) or lean and not statement.defines and not checked:
                continue
            if checked:
                self.tell({"checking": sorted(checked)})
            error = self._statement(statement)
            if error is not None:
                lean = True  # a notebook stops here; what follows is tried all the same
                self._stopped(number, error)
            self._report(statement, error)

    def _stopped(self, number: int, error: str) -> None:
        if number not in self.trouble:
            self.trouble[number] = error
            needs = re.match(r"NameError: name '(\w+)' is not defined", error)
            elsewhere = bool(needs) and self._made_elsewhere(needs[1])
            self.tell({"stopped": number, "begins": self.cells[number].begins, "error": error, "untried": elsewhere})

    def _made_elsewhere(self, name: str) -> bool:
        """Whether a cell that was not executed may make it: a loop, a ``with``, or a line that failed without it."""
        return any(
            name in s.code.co_names or name in s.defines
            for k, s in enumerate(self.statements)
            if k not in self.done and not s.checks and s.cell not in self.trouble
        )

    def _statement(self, statement: Statement) -> str | None:
        """Execute it once, what it needs first; the error that it stops with."""
        number = next(k for k, other in enumerate(self.statements) if other is statement)
        if number in self.done:
            return None
        self.done.add(number)
        for name in statement.reads - self.names.keys() - vars(builtins).keys():
            self._define(name, number)
        try:
            result = eval(statement.code, self.names)
            if inspect.iscoroutine(result):
                asyncio.run(result)
        except BaseException as error:  # SystemExit and KeyboardInterrupt, too: a cell stops, the others run
            return _tell(error)
        return None

    def _define(self, name: str, number: int) -> None:
        """Execute the definition that stands nearest above, else the first below; an error shows where it is used."""
        makers = [k for k, s in enumerate(self.statements) if name in s.defines]
        makers = makers or [k for k, s in enumerate(self.statements) if "*" in s.defines]
        above = [k for k in makers if k < number]
        if makers:
            self._statement(self.statements[above[-1] if above else makers[0]])

    # say how they stand

    def _report(self, statement: Statement, error: str | None) -> None:
        known = {name for name, *_ in self.job["exercises"]}
        for name, answer in statement.checks:
            if name in known and error is None:
                self._result(name, progress(name).results[name])
            elif name in known and name not in self.told:
                self.tell({"exercise": name, "status": "error", "message": self._cause(answer, error)})
                self.told.add(name)

    def _cause(self, answer: str | None, error: str) -> str:
        """A check that misses its answer failed where the answer's own cell did."""
        if error.startswith("NameError") and answer:
            for number, trouble in self.trouble.items():
                if re.search(rf"\b{re.escape(answer)}\b", self.cells[number].text) and trouble != error:
                    return f'{trouble} (in the cell that begins "{self.cells[number].begins}")'
        return error

    def _check_ourselves(self, name: str, answer: str) -> None:
        if answer in self.names:
            self.tell({"checking": [name]})
            self._result(name, check(name, self.names[answer]))
            return
        trouble = self._cause(answer, "NameError")
        if trouble == "NameError":
            self.tell({"exercise": name, "status": "todo", "message": "no answer to it in the notebook."})
        else:
            self.tell({"exercise": name, "status": "error", "message": trouble})

    def _result(self, name: str, result: object) -> None:
        self.told.add(name)
        message = str(result.message)[:LONGEST]
        self.tell({"exercise": name, "status": result.status, "message": message, "mistake": result.misconception})


def _tell(error: BaseException) -> str:
    try:
        said = str(error)[:300]
    except BaseException:  # a student's own exception may fail to say what it is
        said = "(it can't say what)"
    if isinstance(error, SystemExit):
        return "SystemExit: the cell ends the program, by exit() or quit()"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
