"""The models of notebook 11: one layer of latents and two, of equally many weights and equally trained, and a map."""

from typing import Any

from torch import Generator

from vae_helpers.data import binarize, load_mnist
from vae_helpers.models import HierarchicalVAE
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.scored import score_and_store
from vae_helpers.training import fit, warm_up

BATCH_SIZE, LEARNING_RATE = 128, 2e-3
WARM_UP = 0.25  # of all epochs: so long the KL's weight grows from 0 to 1
# of 50 latents next to the image, and 20 above; widths that make 757 to 759 thousand weights. Lists, as JSON has them
SIZES: dict[str, dict[str, Any]] = {
    "one": {"latent_dims": [50], "hidden": [320], "inference": "bottom-up"},
    "bottom-up": {"latent_dims": [50, 20], "hidden": [300, 128], "inference": "bottom-up"},
    "ladder": {"latent_dims": [50, 20], "hidden": [290, 126], "inference": "ladder"},
}
# name: which of them, whether with batch norm, and for how many epochs
MODELS: dict[str, tuple[dict[str, Any], int]] = {
    "hierarchical_one": (SIZES["one"] | {"batch_norm": False}, 80),
    "hierarchical_two": (SIZES["bottom-up"] | {"batch_norm": False}, 80),
    "hierarchical_2d": (
        {"latent_dims": [16, 2], "hidden": [200, 64], "inference": "ladder", "batch_norm": True},
        40,
    ),
}


def train_hierarchical() -> None:
    """Train and store all of them."""
    for name in MODELS:
        train_hierarchical_model(name)


def train_hierarchical_model(name: str, seed: int = MADE_FROM["seed"]) -> None:
    """Train one on MNIST, black and white drawn anew at each step, and store it in half precision."""
    settings, epochs = MODELS[name]
    model = HierarchicalVAE(**settings, seed=seed)
    images, held_out = load_mnist("train")[0], load_mnist("test")[0]
    options = {"batch_size": BATCH_SIZE, "learning_rate": LEARNING_RATE, "binarization": "dynamic", "seed": seed}
    history = fit(model, images, held_out, epochs=epochs, beta=warm_up(WARM_UP * epochs), **options)
    if history.stopped:
        raise SystemExit(f"{name}.pt stays as it was: training was stopped")
    seconds = round(sum(row["seconds"] for row in history.rows))
    info = {"data": "MNIST, dynamically binarized", "seed": seed, "epochs": epochs, "seconds": seconds, **options}
    info["curve"] = [round(total, 2) for total in history["test_total"]]
    score_and_store(model, binarize(held_out, "dynamic", Generator().manual_seed(seed)), name, info, "digit")
