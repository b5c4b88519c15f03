"""The table behind notebook 08: data/tables/sprites.json, by ``make sweep`` (python -m vae_helpers.pretrain.sweep).

A run that is finished is a line of build/sweep.jsonl at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator

from vae_helpers.data import REPO_DATA
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.tables import write_table
from vae_helpers.sweep import CAPACITY, DRAWS, LONG, NARROW, OBJECTIVES, RECIPE, SCORES, SKEWED, TABLE, measure

STRENGTHS = {"beta": (1, 2, 4, 8, 16), "tcvae": (2, 4, 8, 16), "capacity": (5, 10, 15), "narrow": (4,), "long": (4,)}
SEEDS = {"beta": 10, "tcvae": 5, "capacity": 5, "narrow": 5, "long": 5}
SETTINGS = {"data": "all 6,144 sprites", "torch": MADE_FROM["torch"]}
SETTINGS |= {"recipe": RECIPE, "capacity": CAPACITY, "narrow": NARROW, "long": LONG}
SETTINGS |= {"draws": DRAWS, "skewed": SKEWED, "scores": [*SCORES]}  # what a row says, and how it was measured
COLUMNS = ("objective", "strength", "seed")
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
    rows = finish(FINISHED, SETTINGS, COLUMNS, runs(), measure, jobs)
    write_table(TABLE, SETTINGS, [rows[run] for run in sorted(runs(), key=_order)])


def _order(run: Run) -> tuple[int, int, int]:
    objective, strength, seed = run
    return OBJECTIVES.index(objective), strength, seed


if __name__ == "__main__":
    make_sweep(*map(int, sys.argv[1:]))
