"""Notebook 12's table of holes, data/tables/holes.json: python -m vae_helpers.pretrain.holes_table [JOBS].

A run that is finished is a line of build/holes.jsonl at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator

from vae_helpers.data import REPO_DATA
from vae_helpers.holes import ACTIVE, CODED, DRAWS, HIDDEN, KINDS, PLACES, RECIPE, SCORES, TABLE, measure
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.tables import write_table

LATENTS, SEEDS = (2, 8, 32), (0, 1, 2)
WARM_UP, WARMED = 1.0, (32,)  # epochs; latents of the VAEs that have it
SETTINGS = {"data": MADE_FROM["data"], "torch": MADE_FROM["torch"], "recipe": RECIPE, "draws": DRAWS, "coded": CODED}
SETTINGS |= {"hidden": [*HIDDEN.values()], "active": ACTIVE, "places": [*PLACES], "scores": [*SCORES]}
COLUMNS = ("kind", "latent_dim", "layers", "warm_up_epochs", "seed")
FINISHED = REPO_DATA.parent / "build" / "holes.jsonl"

Run = tuple[str, int, int, float, int]


def runs() -> Iterator[Run]:
    """What each row is measured with: seed by seed, without warm-up first."""
    for kinds, latents, epochs in ((KINDS, LATENTS, 0.0), (("vae",), WARMED, WARM_UP)):
        for seed in SEEDS:
            for kind in kinds:
                for latent_dim in latents:
                    yield from ((kind, latent_dim, layers, epochs, seed) for layers in HIDDEN)


def make_holes_table(jobs: int = 1) -> None:
    """Train what is not finished yet, ``jobs`` at a time, then write the table (about 15 minutes on one core).

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    rows = finish(FINISHED, SETTINGS, COLUMNS, runs(), measure, jobs)
    write_table(TABLE, SETTINGS, [rows[run] for run in sorted(runs(), key=_order)])


def _order(run: Run) -> tuple[int, float, int, int, int]:
    kind, latent_dim, layers, warm_up_epochs, seed = run
    return KINDS.index(kind), warm_up_epochs, latent_dim, layers, seed


if __name__ == "__main__":
    make_holes_table(*map(int, sys.argv[1:]))
