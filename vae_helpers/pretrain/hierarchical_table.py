"""Notebook 11's table, data/tables/hierarchical.json: python -m vae_helpers.pretrain.hierarchical_table [JOBS].

A run that is finished is a line of build/hierarchical.jsonl at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator
from typing import Any, Literal

from torch import Generator

from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA, binarize, load_mnist
from vae_helpers.hierarchy import ACTIVE, DRAWS, TABLE, describe
from vae_helpers.models import HierarchicalVAE
from vae_helpers.objectives import free_bits_step
from vae_helpers.pretrain.hierarchical import BATCH_SIZE, LEARNING_RATE, MODELS, SIZES, WARM_UP
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.tables import write_table
from vae_helpers.training import fit, warm_up
from vae_helpers.validation import check_one_of

EPOCHS, FREE = 10, 2.0  # FREE: nats of each layer's KL that cost nothing
LONG = ("ladder", True, "warm-up", 80, 0)  # as long as the shipped models of the other two kinds:
SHIPPED = {"hierarchical_one": "one", "hierarchical_two": "bottom-up"}
CURES = ("none", "warm-up", "free bits")
SEEDS = (0, 1, 2)
# model, batch norm, cure
SETUPS = (
    ("one", False, "none"),
    ("one", False, "warm-up"),
    ("one", True, "warm-up"),
    ("bottom-up", False, "none"),
    ("bottom-up", False, "warm-up"),
    ("bottom-up", False, "free bits"),
    ("bottom-up", True, "warm-up"),
    ("ladder", False, "warm-up"),
    ("ladder", True, "none"),
    ("ladder", True, "warm-up"),
    ("ladder", True, "free bits"),
)
SETTINGS = {"data": "MNIST, dynamically binarized", "torch": MADE_FROM["torch"], "warm_up": WARM_UP}
SETTINGS |= {"batch_size": BATCH_SIZE, "learning_rate": LEARNING_RATE, "sizes": SIZES, "draws": DRAWS}
SETTINGS |= {"free": FREE, "active": ACTIVE}
COLUMNS = ("model", "batch_norm", "cure", "epochs", "seed")
FINISHED = REPO_DATA.parent / "build" / "hierarchical.jsonl"

Run = tuple[str, bool, str, int, int]


def runs() -> Iterator[Run]:
    """What each row is measured with: the longest first, then one seed after the other."""
    yield LONG
    for seed in SEEDS:
        yield from ((*setup, EPOCHS, seed) for setup in SETUPS)


def measure(
    model: Literal["one", "bottom-up", "ladder"],
    batch_norm: bool,
    cure: Literal["none", "warm-up", "free bits"],
    epochs: int = EPOCHS,
    seed: int = 0,
) -> dict[str, Any]:
    """Train on MNIST and measure on the held-out images: one row of the table.

    Args:
        model: one of ``SIZES``.
        batch_norm: whether the encoders' outputs are normalised over the batch.
        cure: "none"; "warm-up": the KL's weight grows from 0 to 1 over the first quarter of the epochs;
            "free bits": the first 2 nats of each layer's KL cost nothing.
        epochs: of training.
        seed: of the weights, the order of images and all draws.

    Returns:
        The arguments, the seconds that the training took, and what :func:`vae_helpers.hierarchy.describe` says.

    Raises:
        ValueError: another model or cure.
        SystemExit: training was stopped.
    """
    check_one_of((*SIZES,), model=model)
    check_one_of(CURES, cure=cure)
    network = HierarchicalVAE(**SIZES[model], batch_norm=batch_norm, seed=seed)
    options = {"epochs": epochs, "batch_size": BATCH_SIZE, "learning_rate": LEARNING_RATE, "binarization": "dynamic"}
    if cure == "warm-up":
        options["beta"] = warm_up(WARM_UP * epochs)
    if cure == "free bits":
        options["step"] = free_bits_step(FREE)
    history = fit(network, load_mnist("train")[0], seed=seed, progress=False, **options)
    if history.stopped:
        raise SystemExit("training was stopped, so there are no figures")
    seconds = round(sum(epoch["seconds"] for epoch in history.rows), 1)
    return _row(network, (model, batch_norm, cure, epochs, seed), seconds)


def measure_shipped(name: str) -> dict[str, Any]:
    """The row of a model that was trained already: one of ``SHIPPED``, as it is stored, in half precision."""
    path, (settings, epochs) = REPO_DATA / "weights" / f"{name}.pt", MODELS[name]
    info = read_checkpoint(path)["info"]
    run = (SHIPPED[name], settings["batch_norm"], "warm-up", epochs, info["seed"])
    return _row(load_checkpoint(path).float(), run, info["seconds"])


def _row(network: HierarchicalVAE, run: Run, seconds: float) -> dict[str, Any]:
    held_out = binarize(load_mnist("test")[0], "dynamic", Generator().manual_seed(0))  # the same for all
    return {**dict(zip(COLUMNS, run, strict=True)), "seconds": seconds} | describe(network, held_out, seed=run[-1])


def make_hierarchical_table(jobs: int = 1) -> None:
    """Train what is not finished yet, ``jobs`` at a time, measure the shipped models, then write the table.

    In about two hours on one core.

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    rows = finish(FINISHED, SETTINGS, COLUMNS, runs(), measure, jobs)
    write_table(TABLE, SETTINGS, [*map(measure_shipped, SHIPPED), *(rows[run] for run in sorted(runs()))])


if __name__ == "__main__":
    make_hierarchical_table(*map(int, sys.argv[1:]))
