"""The table behind notebook 09's labels, data/tables/label_modes.json, by this module as a command.

``python -m vae_helpers.pretrain.label_modes_table [JOBS]``; a run that is finished is a line of build/label_modes.jsonl
at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator

from vae_helpers.data import REPO_DATA
from vae_helpers.label_modes import DRAWS, KINDS, NEAR, READ, RECIPE, TABLE, PerClass, measure
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.tables import write_table

SEEDS, SEEDS_OF_FEW = 3, 5  # more for the smallest number of labels, where seeds differ most
FEW = 10
PER_CLASS = {"both": (10, 100, 1000, "all"), "half": (10,), "labelled": (10, 100, 1000)}
WEIGHTS = {"both": (100.0, 30.0), "half": (100.0, 30.0), "labelled": (100.0,)}
WITHOUT = {"ring": 10.0, "autoencoder": 0.0, "pixels": 0.0}  # who is told of no label, and the weight
COLUMNS = ("kind", "per_class", "weight", "seed")
SETTINGS = {"data": MADE_FROM["data"], "torch": MADE_FROM["torch"], "recipe": RECIPE}
SETTINGS |= {"near": NEAR, "draws": DRAWS, "read": [*READ]}
FINISHED = REPO_DATA.parent / "build" / "label_modes.jsonl"

Run = tuple[str, PerClass, float, int]


def runs() -> Iterator[Run]:
    """What each row is measured with; seed by seed, so that a part of the work has something of everything."""
    for seed in range(SEEDS_OF_FEW):
        for kind, counts in PER_CLASS.items():
            for per_class in counts if seed < SEEDS else (FEW,):
                yield from ((kind, per_class, weight, seed) for weight in WEIGHTS[kind])
        yield from ((kind, 0, weight, seed) for kind, weight in WITHOUT.items())


def make_label_modes_table(jobs: int = 1) -> None:
    """Train what is not finished yet, ``jobs`` at a time, then write the table (about half an hour on one core).

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    rows = finish(FINISHED, SETTINGS, COLUMNS, runs(), measure, jobs)
    write_table(TABLE, SETTINGS, [rows[run] for run in sorted(runs(), key=_order)])


def _order(run: Run) -> tuple[int, float, float, int]:
    kind, per_class, weight, seed = run
    return KINDS.index(kind), weight, float("inf") if per_class == "all" else per_class, seed


if __name__ == "__main__":
    make_label_modes_table(*map(int, sys.argv[1:]))
