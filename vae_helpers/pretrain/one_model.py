"""``python -m vae_helpers.pretrain --model vae_20d``: one recipe of the digits, alone or under ``torchrun``."""

import argparse
from pathlib import Path

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import load_mnist
from vae_helpers.distributed import started_by_torchrun
from vae_helpers.models import MODELS
from vae_helpers.pretrain.digits import RECIPES
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.snapshots import SnapshotError
from vae_helpers.training import fit
from vae_helpers.validation import is_whole

NAMES = tuple(name.removesuffix(".pt") for name in RECIPES)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What ``--model`` can be given with."""
    group = parser.add_argument_group("one model of the digits, alone or under torchrun --nproc-per-node=2 -m")
    group.add_argument("--model", choices=NAMES, help="train this one")
    group.add_argument("--epochs", type=whole_number, help="passes over the images (default: the recipe's)")
    group.add_argument("--images", type=whole_number, help="the first so many training images (default: all 60,000)")
    group.add_argument("--batch-size", type=whole_number, default=256, help="images a step, of all processes together")
    group.add_argument("--seed", type=int, default=0, help="for the weights, the order and the draws (default: 0)")
    group.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="default: cpu")
    group.add_argument("--to", type=Path, help="where the weights go (default: build/MODEL.pt; never data/weights)")
    group.add_argument(
        "--snapshot",
        type=Path,
        nargs="?",
        const=True,
        help="keep a snapshot after each epoch, and go on from it (default place: beside the weights)",
    )


def whole_number(text: str) -> int:
    """For argparse, which says which option it was.

    >>> whole_number("3")
    3
    """
    if not text.isdecimal() or not is_whole(int(text), 1):
        raise argparse.ArgumentTypeError(f"want a whole number >= 1, got {text!r}")
    return int(text)


def train_one(options: argparse.Namespace) -> None:
    """Train the model that the options name; the first process stores it, and tells."""
    recipe = RECIPES[f"{options.model}.pt"]
    epochs = options.epochs or recipe["epochs"]
    to = options.to or Path("build") / f"{options.model}.pt"
    snapshot = to.with_suffix(".snapshot") if options.snapshot is True else options.snapshot
    fabric = started_by_torchrun(options.device)
    first = fabric is None or fabric.global_rank == 0
    train_images, test_images = load_mnist("train")[0][: options.images], load_mnist("test")[0]
    model = MODELS[recipe.get("model", "VAE")](latent_dim=recipe["latent_dim"], seed=options.seed)
    try:
        history = fit(
            model,
            train_images,
            test_images,
            epochs=epochs,
            batch_size=options.batch_size,
            beta=recipe.get("beta", 1.0),
            seed=options.seed,
            device="cpu" if fabric else options.device,
            fabric=fabric,
            snapshot=snapshot,
            on_epoch=lambda history: print(_line(history.last), flush=True),
            progress=False,
        )
    except SnapshotError as error:
        raise SystemExit(str(error)) from error
    if not first:
        return
    if history.stopped:
        how = "the same command goes on from the last epoch" if snapshot else "with --snapshot it could go on"
        raise SystemExit(f"{to} is not written: training was stopped; {how}")
    settings = {"epochs": epochs, "images": len(train_images), "batch_size": options.batch_size, "seed": options.seed}
    path = save_checkpoint(model, to, {**MADE_FROM, **recipe, **settings, "last_epoch": history.last})
    print(f"{path}: {history.last['test_total']:.5f} nats per test image", flush=True)


def _line(row: dict[str, float]) -> str:
    return (
        f"epoch {row['epoch']}: {row['train_total']:.5f} nats per training image, "
        f"{row['test_total']:.5f} per test image, {row['seconds']:.1f} s"
    )
