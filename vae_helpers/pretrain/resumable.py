"""Many runs, one row each, that go on after a kill: a finished run is a line of a file at once.

The file begins with the settings. Rows that were made with other settings are refused, not mixed with new ones.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from vae_helpers.pretrain.tables import replace
from vae_helpers.validation import check_whole

Row = dict[str, Any]
Run = tuple[Any, ...]  # what ``measure`` is called with


def finish(
    path: Path,
    settings: dict[str, Any],
    columns: tuple[str, ...],
    runs: Iterable[Run],
    measure: Callable[..., Row],
    jobs: int = 1,
) -> dict[Run, Row]:
    """Do what is not done yet, ``jobs`` at a time, and return the rows of all runs.

    Args:
        path: where finished rows are kept, one a line.
        settings: what all rows have in common; a dictionary that JSON can hold.
        columns: of a row, those that say which run it is, in the order of ``measure``'s arguments.
        runs: what to call ``measure`` with.
        measure: a function of a module, so that another process finds it.
        jobs: processes; 1 is this one.

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: ``measure`` gave up, or the finished rows were made with other settings.
    """
    check_whole(1, jobs=jobs)
    rows = read_finished(path, settings, columns)
    missing = [run for run in runs if run not in rows]
    print(f"{len(rows)} runs are finished, {len(missing)} are to do")
    for row in _measured(measure, missing, jobs):
        append(path, row)
        rows[tuple(row[name] for name in columns)] = row
        print(json.dumps(row), flush=True)
    return rows


def _measured(measure: Callable[..., Row], missing: list[Run], jobs: int) -> Iterator[Row]:
    """A row for each run, as they are finished."""
    if jobs == 1:
        yield from (measure(*run) for run in missing)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        for done in as_completed([pool.submit(measure, *run) for run in missing]):
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)


def read_finished(path: Path, settings: dict[str, Any], columns: tuple[str, ...]) -> dict[Run, Row]:
    """The rows in ``path``, which begins with the settings. A last line that was torn by a kill is cut off.

    Raises:
        SystemExit: the rows were made with other settings.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    lines = [json.loads(line) for line in whole.splitlines()]
    if lines and lines[0] != settings:
        raise SystemExit(
            f"{path} holds {len(lines) - 1} runs that were made with other settings, which one table can't hold beside "
            "new ones. Delete that file to begin anew."
        )
    if not lines or whole != text:
        replace(path, whole or json.dumps(settings) + "\n")
    return {tuple(row[name] for name in columns): row for row in lines[1:]}


def append(path: Path, row: Row) -> None:
    """Add a row as one line, and have it on the disk before going on."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
        file.flush()
        os.fsync(file.fileno())
