"""Notebook 13's drug cabinet, data/tables/cabinet.json: python -m vae_helpers.pretrain.cabinet_table [JOBS].

A run that is finished is a line of build/cabinet.jsonl at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator

from vae_helpers.clinic.cabinet import ILLNESSES, RECIPE, REMEDIES, SEEN, TABLE, TRIED, measure
from vae_helpers.data import REPO_DATA
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.tables import write_table

SEEDS = (0, 1, 2)
SETTINGS = {"data": MADE_FROM["data"], "torch": MADE_FROM["torch"], "recipe": RECIPE, "illnesses": ILLNESSES}
SETTINGS |= {"remedies": REMEDIES, "seen": SEEN}
COLUMNS = ("illness", "remedy", "seed")
FINISHED = REPO_DATA.parent / "build" / "cabinet.jsonl"

Run = tuple[str, str, int]


def runs() -> Iterator[Run]:
    """What each row is measured with, seed by seed: each illness untreated, then with each remedy that was tried."""
    for seed in SEEDS:
        yield from ((illness, remedy, seed) for illness in ILLNESSES for remedy in ("none", *TRIED[illness]))


def make_cabinet_table(jobs: int = 1) -> None:
    """Train what is not finished yet, ``jobs`` at a time, then write the table (about ten minutes on one core).

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    rows = finish(FINISHED, SETTINGS, COLUMNS, runs(), measure, jobs)
    illnesses, remedies = [*ILLNESSES], [*REMEDIES]
    order = sorted(runs(), key=lambda run: (illnesses.index(run[0]), remedies.index(run[1]), run[2]))
    write_table(TABLE, SETTINGS, [rows[run] for run in order])


if __name__ == "__main__":
    make_cabinet_table(*map(int, sys.argv[1:]))
