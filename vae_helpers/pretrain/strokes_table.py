"""The table behind notebook 10, data/tables/pen_digits.json: python -m vae_helpers.pretrain.strokes_table [JOBS].

A run that is finished is a line of build/pen_digits.jsonl at once, so a run that was killed costs only itself.
"""

import sys
from collections.abc import Iterator
from typing import Any, Literal

from torch import nn

from vae_helpers.data import REPO_DATA, load_pen_digits
from vae_helpers.evaluation import evaluate
from vae_helpers.models import RecurrentVAE, StrokeVAE
from vae_helpers.objectives import free_bits_step
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.resumable import finish
from vae_helpers.pretrain.strokes import BATCH_SIZE, DATA
from vae_helpers.pretrain.tables import write_table
from vae_helpers.training import fit, warm_up
from vae_helpers.use_of_z import DRAWS, MEASURES, TABLE, describe
from vae_helpers.validation import check_one_of

Cure = Literal["none", "warm-up", "free bits"]
WARM_UP = 10  # epochs in which the KL's weight grows from 0 to 1
FREE = 8.0  # nats of KL that cost nothing
CURES: dict[str, dict[str, Any]] = {  # what ``fit`` is told
    "none": {},
    "warm-up": {"beta": warm_up(WARM_UP)},
    "free bits": {"step": free_bits_step(FREE)},
}
SHARES = (1.0, 0.75, 0.5, 0.25, 0.0)  # of the true points that are hidden from the decoder in training
SEEDS = (0, 1, 2)
# kind, latents, share, epochs, cure: the longest first, so that no process is left alone with one at the end
MODELS = (
    ("gru", 8, 0.25, 120, "none"),
    ("mlp", 8, None, 600, "none"),
    *(("gru", 8, share, 40, "none") for share in SHARES),
    ("gru", 8, 0.0, 40, "warm-up"),
    ("gru", 8, 0.0, 40, "free bits"),
    ("gru", 2, 1.0, 40, "none"),
    ("mlp", 8, None, 120, "none"),
    ("mlp", 8, None, 40, "none"),
    ("mlp", 2, None, 40, "none"),
)
SETTINGS = {"data": DATA, "torch": MADE_FROM["torch"], "batch_size": BATCH_SIZE, "draws": DRAWS}
SETTINGS |= {"warm_up": WARM_UP, "free": FREE, "measures": [*MEASURES]}
COLUMNS = ("kind", "latent_dim", "input_dropout", "epochs", "cure", "seed")
FINISHED = REPO_DATA.parent / "build" / "pen_digits.jsonl"

Run = tuple[str, int, float | None, int, str, int]


def runs() -> Iterator[Run]:
    """What each row is measured with."""
    for model in MODELS:
        yield from ((*model, seed) for seed in SEEDS)


def measure(
    kind: Literal["gru", "mlp"], latent_dim: int, input_dropout: float | None, epochs: int, cure: Cure, seed: int = 0
) -> dict[str, Any]:
    """Train on pen digits and measure on the held-out ones: one row of the table.

    Args:
        kind: "gru", a RecurrentVAE, or "mlp", a StrokeVAE.
        latent_dim: D.
        input_dropout: the share of true points hidden from a RecurrentVAE's decoder; an MLP's sees none: ``None``.
        epochs: of training.
        cure: "none"; "warm-up": the KL's weight grows from 0 to 1 over the first 10 epochs; "free bits": the first
            8 nats of KL cost nothing.
        seed: of the weights, the order of strokes and all draws.

    Returns:
        The arguments, the seconds that the training took, "train_total", the negative ELBO of as many strokes that it
        was trained on, and what :func:`vae_helpers.use_of_z.describe` says of the held-out ones.

    Raises:
        ValueError: another kind or cure.
        SystemExit: training was stopped.
    """
    model = _model(kind, latent_dim, input_dropout, seed)
    check_one_of((*CURES,), cure=cure)
    strokes, unseen = load_pen_digits("train")[0], load_pen_digits("test")[0]
    options = {"epochs": epochs, "batch_size": BATCH_SIZE, "seed": seed, "progress": False}
    history = fit(model, strokes, **options, **CURES[cure])
    if history.stopped:
        raise SystemExit("training was stopped, so there are no figures")
    row = dict(zip(COLUMNS, (kind, latent_dim, input_dropout, epochs, cure, seed), strict=True))
    row["seconds"] = round(sum(epoch["seconds"] for epoch in history.rows), 1)
    row["train_total"] = round(evaluate(model, strokes[: len(unseen)], seed=seed).total, 3)
    return row | describe(model, unseen, seed)


def _model(kind: str, latent_dim: int, input_dropout: float | None, seed: int) -> nn.Module:
    check_one_of(("gru", "mlp"), kind=kind)
    if kind == "gru":
        return RecurrentVAE(latent_dim, input_dropout=input_dropout, seed=seed)
    if input_dropout is not None:
        raise ValueError(f"input_dropout: want None for an MLP, which is told no points, got {input_dropout!r}")
    return StrokeVAE(latent_dim, seed=seed)


def make_strokes_table(jobs: int = 1) -> None:
    """Train what is not finished yet, ``jobs`` at a time, then write the table (about 45 minutes on one core).

    Raises:
        ValueError: ``jobs`` that is not a whole number >= 1.
        SystemExit: training was stopped, or the finished rows were made with other settings.
    """
    rows = finish(FINISHED, SETTINGS, COLUMNS, runs(), measure, jobs)
    write_table(TABLE, SETTINGS, [rows[run] for run in sorted(runs(), key=_order)])


def _order(run: Run) -> tuple[str, int, float, int, str, int]:
    kind, latent_dim, input_dropout, epochs, cure, seed = run
    return kind, -latent_dim, -(input_dropout or 0), epochs, cure, seed


if __name__ == "__main__":
    make_strokes_table(*map(int, sys.argv[1:]))
