"""The symptom board: what each patient's owner sees after a short training, and what all tests say then."""

import math
from typing import Any

import torch

from vae_helpers.clinic.diagnose import examine
from vae_helpers.clinic.patient import practise
from vae_helpers.clinic.patients import PATIENTS, find
from vae_helpers.clinic.practice import PracticeVAE
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.data.tables import read_rows
from vae_helpers.evaluation import hole_fraction
from vae_helpers.fidelity import class_logits
from vae_helpers.validation import as_seed, check_whole

RECIPE = {"latent_dim": 10, "hidden": 128, "images": 15_000, "epochs": 2, "batch_size": 128, "learning_rate": 4e-3}
HEALTHY = "healthy"
POINTS = 24  # of a loss curve
DRAWS = 1_000  # of the prior, to look for digits
TABLE = REPO_DATA / "tables" / "clinic.json"

Row = dict[str, Any]


def observe(name: str, seed: int = 0, images: int = RECIPE["images"]) -> Row:
    """Train a patient, or the healthy model, by the recipe, and examine it on 500 test images.

    >>> row = observe("Gita", images=500)
    >>> row["name"], len(row["losses"]), row["signatures"], row["kl_narrow"] < 0
    ('Gita', 8, ['no_logvar'], True)

    Args:
        name: the patient's, or "healthy".
        seed: for the weights, the training and all draws.
        images: how many to train on.

    Returns:
        ``name``, ``seed``; ``losses``: the own loss on the way, each the mean over a part of the steps; ``holes``: the
        fraction of the prior's draws in which the course's classifier sees no digit; ``signatures``: those that fire;
        and each number of the tests that is finite.

    Raises:
        ValueError: no such patient, or an unusable number.
    """
    check_whole(1, images=images)
    seed, sick = as_seed(seed), None if name == HEALTHY else find(name)
    model = PracticeVAE(RECIPE["latent_dim"], RECIPE["hidden"], seed) if sick is None else sick.model(seed=seed)
    losses = practise(model, load_mnist("train", n=int(images))[0], RECIPE["epochs"], seed)
    chart, _ = examine(model, load_mnist("test", n=500)[0], seed=seed)
    z = torch.randn(DRAWS, model.latent_dim, generator=torch.Generator().manual_seed(seed))
    row = {"name": name, "seed": seed, "losses": _curve(losses), "holes": hole_fraction(class_logits(model, z)).item()}
    row["signatures"] = [patient.diagnosis for patient in PATIENTS.values() if patient.signature(chart)]
    return row | {
        key: _rounded(value) for key, value in chart.items() if isinstance(value, str) or math.isfinite(value)
    }


def _curve(losses: list[float]) -> list[float]:
    """At most ``POINTS`` means of steps that follow one another."""
    return [_rounded(part.mean().item()) for part in torch.tensor(losses).tensor_split(min(POINTS, len(losses)))]


def _rounded(value: float | str) -> float | str:
    return value if isinstance(value, str) else float(f"{value:.6g}")


def load_board(**wanted: Any) -> list[Row]:
    """The rows of data/tables/clinic.json, each as :func:`observe` returns it.

    >>> len(load_board(name="Ada"))  # three seeds
    3

    Args:
        wanted: what a row must say, by column.

    Raises:
        ValueError: no such column.
    """
    return read_rows(TABLE, **wanted)
