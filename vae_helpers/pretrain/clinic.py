"""The table behind the bug clinic, data/tables/clinic.json."""

from vae_helpers.clinic.board import DRAWS, HEALTHY, POINTS, RECIPE, TABLE, observe
from vae_helpers.clinic.patients import PATIENTS
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.tables import write_table

SEEDS = (0, 1, 2)


def train_clinic() -> None:
    """Train the healthy model and each patient three times, and write down what the tests say (some ten minutes)."""
    made_from = {"data": MADE_FROM["data"], "torch": MADE_FROM["torch"], **RECIPE, "points": POINTS, "draws": DRAWS}
    rows = []
    for name in (HEALTHY, *PATIENTS):
        rows += [observe(name, seed) for seed in SEEDS]
        print(f"{name}: {rows[-1]['signatures']}")
    write_table(TABLE, made_from, rows)
