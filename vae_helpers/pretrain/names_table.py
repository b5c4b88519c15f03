"""The table behind notebook 10's cures, data/tables/names.json: python -m vae_helpers.pretrain.names_table [JOBS].

A run that is finished is a line of build/names.jsonl at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator

from vae_helpers.cures import COUNTED, DRAWS, KINDS, LIKELIEST, MLP_HIDDEN, RECIPE, SETTINGS, TABLE, measure
from vae_helpers.data import REPO_DATA
from vae_helpers.pretrain.names import DATA
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.tables import write_table

SEEDS = (0, 1, 2)
MADE = {"data": DATA, "torch": MADE_FROM["torch"], "recipe": RECIPE, "kinds": SETTINGS, "mlp_hidden": [*MLP_HIDDEN]}
MADE |= {"draws": DRAWS, "likeliest": LIKELIEST}
COLUMNS = ("kind", "seed")
FINISHED = REPO_DATA.parent / "build" / "names.jsonl"

Run = tuple[str, int]


def runs() -> Iterator[Run]:
    """What each row is measured with; seed by seed. What is only counted has no seed but 0."""
    for seed in SEEDS:
        yield from ((kind, seed) for kind in KINDS if kind != COUNTED or seed == SEEDS[0])


def make_names_table(jobs: int = 1) -> None:
    """Train what is not finished yet, ``jobs`` at a time, then write the table (about half an hour on one core).

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    rows = finish(FINISHED, MADE, COLUMNS, runs(), measure, jobs)
    write_table(TABLE, MADE, [rows[run] for run in sorted(runs(), key=lambda run: (KINDS.index(run[0]), run[1]))])


if __name__ == "__main__":
    make_names_table(*map(int, sys.argv[1:]))
