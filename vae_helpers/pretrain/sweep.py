"""The table behind notebook 08: data/tables/sprites.json, by ``make sweep`` (python -m vae_helpers.pretrain.sweep).

A run that is finished is a line of build/sweep.jsonl at once, so a run that was killed costs only itself.
"""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from vae_helpers.data import REPO_DATA
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.tables import replace, write_table
from vae_helpers.sweep import CAPACITY, DRAWS, LONG, NARROW, OBJECTIVES, RECIPE, SCORES, SKEWED, TABLE, Row, measure
from vae_helpers.validation import check_whole

STRENGTHS = {"beta": (1, 2, 4, 8, 16), "tcvae": (2, 4, 8, 16), "capacity": (5, 10, 15), "narrow": (4,), "long": (4,)}
SEEDS = {"beta": 10, "tcvae": 5, "capacity": 5, "narrow": 5, "long": 5}
SETTINGS = {"data": "all 6,144 sprites", "torch": MADE_FROM["torch"]}
SETTINGS |= {"recipe": RECIPE, "capacity": CAPACITY, "narrow": NARROW, "long": LONG}
SETTINGS |= {"draws": DRAWS, "skewed": SKEWED, "scores": [*SCORES]}  # what a row says, and how it was measured
FINISHED = REPO_DATA.parent / "build" / "sweep.jsonl"

Run = tuple[str, int, int]


def runs() -> Iterator[Run]:
    """Objective, strength and seed of each row; seed by seed, so that half of the work has something of everything."""
    for seed in range(max(SEEDS.values())):
        for objective, strengths in STRENGTHS.items():
            if seed < SEEDS[objective]:
                yield from ((objective, strength, seed) for strength in strengths)


def make_sweep(jobs: int = 1) -> None:
    """Train what is not finished yet, ``jobs`` at a time (about half an hour on one core), then write the table.

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    check_whole(1, jobs=jobs)
    rows = read_finished(FINISHED)
    missing = [run for run in runs() if run not in rows]
    print(f"{len(rows)} runs are finished, {len(missing)} are to do")
    for row in _measured(missing, jobs):
        append(FINISHED, row)
        rows[_run(row)] = row
        print(f"{row['objective']:>8} {row['strength']:2}, seed {row['seed']}: {json.dumps(row)}", flush=True)
    write_table(TABLE, SETTINGS, [rows[run] for run in sorted(runs(), key=_order)])


def _measured(missing: list[Run], jobs: int) -> Iterator[Row]:
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


def read_finished(path: Path) -> dict[Run, Row]:
    """The rows in ``path``, which begins with the settings. A last line that was torn by a kill is cut off.

    Raises:
        SystemExit: the rows were made with other settings.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    whole = text[: text.rfind("\n") + 1]
    lines = [json.loads(line) for line in whole.splitlines()]
    if lines and lines[0] != SETTINGS:
        raise SystemExit(
            f"{path} holds {len(lines) - 1} runs that were made with other settings, which one table can't hold beside "
            "new ones. Delete that file to begin anew."
        )
    if not lines or whole != text:
        replace(path, whole or json.dumps(SETTINGS) + "\n")
    return {_run(row): row for row in lines[1:]}


def append(path: Path, row: Row) -> None:
    """Add a row as one line, and have it on the disk before going on."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _run(row: Row) -> Run:
    return row["objective"], row["strength"], row["seed"]


def _order(run: Run) -> tuple[int, int, int]:
    objective, strength, seed = run
    return OBJECTIVES.index(objective), strength, seed


if __name__ == "__main__":
    make_sweep(*map(int, sys.argv[1:]))
