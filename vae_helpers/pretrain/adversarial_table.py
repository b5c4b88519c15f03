"""The table behind notebook 09, data/tables/adversarial.json: python -m vae_helpers.pretrain.adversarial_table [JOBS].

A run that is finished is a line of build/adversarial.jsonl at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator

from vae_helpers.aggregate import DECODED, KINDS, LAST, PARTS, PROBED, RECIPE, SCORES, TABLE, TRACE, measure
from vae_helpers.data import REPO_DATA
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.tables import write_table

WEIGHTS = {
    "ae": (0.0,),
    "vae": (1.0,),
    "aae": (1.0, 3.0, 10.0, 30.0, 100.0),
    "wae": (30.0, 100.0, 300.0, 1000.0, 3000.0),
}
WARM_UPS = {"ae": (0.0,), "vae": (0.0,), "aae": (0.0, 4.0), "wae": (0.0,)}  # epochs
LATENTS, SEEDS = (2, 8), (0, 1, 2)
SETTINGS = {"data": MADE_FROM["data"], "torch": MADE_FROM["torch"], "recipe": RECIPE, "decoded": DECODED}
SETTINGS |= {"probed": PROBED, "parts": PARTS, "trace": TRACE, "last": LAST, "scores": [*SCORES]}
COLUMNS = ("kind", "latent_dim", "weight", "warm_up_epochs", "seed")
FINISHED = REPO_DATA.parent / "build" / "adversarial.jsonl"

Run = tuple[str, int, float, float, int]


def runs() -> Iterator[Run]:
    """What each row is measured with; seed by seed, so that a third of the work has something of everything."""
    for seed in SEEDS:
        for kind in KINDS:
            for latent_dim in LATENTS:
                for weight in WEIGHTS[kind]:
                    yield from ((kind, latent_dim, weight, epochs, seed) for epochs in WARM_UPS[kind])


def make_adversarial_table(jobs: int = 1) -> None:
    """Train what is not finished yet, ``jobs`` at a time, then write the table (about 50 minutes on one core).

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    rows = finish(FINISHED, SETTINGS, COLUMNS, runs(), measure, jobs)
    write_table(TABLE, SETTINGS, [rows[run] for run in sorted(runs(), key=_order)])


def _order(run: Run) -> tuple[int, int, float, float, int]:
    kind, latent_dim, weight, warm_up_epochs, seed = run
    return KINDS.index(kind), latent_dim, weight, warm_up_epochs, seed


if __name__ == "__main__":
    make_adversarial_table(*map(int, sys.argv[1:]))
