"""Notebook 12's table, data/tables/reports.json: python -m vae_helpers.pretrain.report_table [JOBS].

A run that is finished is a line of build/reports.jsonl at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator
from typing import Any

from torch import Generator

from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import BINARIZATIONS, REPO_DATA, Binarization, binarize, load_mnist
from vae_helpers.evaluation import evaluate
from vae_helpers.models import VAE, ConditionalVAE
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.tables import write_table
from vae_helpers.report import report
from vae_helpers.reports import RECIPE, TABLE
from vae_helpers.training import fit
from vae_helpers.validation import check_one_of

SHIPPED = (
    "vae_2d",
    "vae_20d",
    "vae_2d_beta_0.1",
    "vae_2d_beta_10",
    "small_vae_2d",
    "mnist_beta_4",
    "conditional_vae_20d",
    "conditional_vae_8d",
    "hierarchical_one",
    "hierarchical_two",
    "hierarchical_2d",
)
SIZES: dict[str, Any] = {"latent_dim": 20, "hidden": [256, 128]}
TRAINING = {"epochs": 8, "batch_size": 256, "learning_rate": 4e-3}
MEASURED = {"some": 500, "draws": 1000, "drawn": 2000, "seed": 0}  # of all models: the same images
SEEDS = {"dynamic": 5, "none": 3, "threshold": 3}
SETTINGS = {"data": "MNIST; measured on test images, each pixel drawn once", "torch": MADE_FROM["torch"]}
SETTINGS |= {"sizes": SIZES, "training": TRAINING, "measured": MEASURED}
COLUMNS = ("model", "trained_on", "seed")
FINISHED = REPO_DATA.parent / "build" / "reports.jsonl"

Run = tuple[str, Binarization, int]


def runs() -> Iterator[Run]:
    """What each row is measured with: the shipped models, then the recipe by pixels and seed."""
    for name in SHIPPED:
        info = read_checkpoint(REPO_DATA / "weights" / f"{name}.pt")["info"]
        yield name, info.get("binarization", "none"), info.get("seed", MADE_FROM["seed"])
    for trained_on, seeds in SEEDS.items():
        yield from ((RECIPE, trained_on, seed) for seed in range(seeds))


def measure(model: str, trained_on: Binarization, seed: int) -> dict[str, Any]:
    """Load a shipped model, or train one by the recipe, and measure it: one row of the table.

    Args:
        model: one of ``SHIPPED``, or ``RECIPE``.
        trained_on: how the pixels were treated in training: "none" (grey), "threshold" or "dynamic".
        seed: of the weights, the order of images and all draws in training.

    Returns:
        The arguments, "own_total": the loss on test images that are treated as in training, and all that
        ``report_page.Report.row`` says, on black and white test images that are the same for all.

    Raises:
        ValueError: another model or treatment.
        SystemExit: training was stopped.
    """
    check_one_of((*SHIPPED, RECIPE), model=model)
    check_one_of(BINARIZATIONS, trained_on=trained_on)
    network = train(trained_on, seed) if model == RECIPE else load_shipped(model)
    images, labels = load_mnist("test")
    own = binarize(images, trained_on, Generator().manual_seed(MEASURED["seed"]))
    own_total = evaluate(network, (own, labels) if isinstance(network, ConditionalVAE) else own).total
    row = {**dict(zip(COLUMNS, (model, trained_on, seed), strict=True)), "own_total": round(own_total, 3)}
    return row | report(network, **MEASURED).row()


def train(trained_on: Binarization, seed: int) -> VAE:
    """One model by the recipe; only how the pixels are treated and the seed differ."""
    network = VAE(**SIZES, seed=seed)
    history = fit(network, load_mnist("train")[0], binarization=trained_on, seed=seed, progress=False, **TRAINING)
    if history.stopped:
        raise SystemExit("training was stopped, so there are no figures")
    return network


def load_shipped(name: str) -> Any:
    """A model of data/weights, in single precision."""
    return load_checkpoint(REPO_DATA / "weights" / f"{name}.pt").float()


def make_report_table(jobs: int = 1) -> None:
    """Measure what is not finished yet, ``jobs`` at a time, then write the table.

    In about fifteen minutes on one core.

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    rows = finish(FINISHED, SETTINGS, COLUMNS, runs(), measure, jobs)
    write_table(TABLE, SETTINGS, [rows[run] for run in runs()])


if __name__ == "__main__":
    make_report_table(*map(int, sys.argv[1:]))
