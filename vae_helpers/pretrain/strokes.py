"""The models of notebook 10 that write pen digits: five with GRUs, and the plain VAE beside them."""

from typing import Any

from torch import nn

from vae_helpers.data import load_pen_digits
from vae_helpers.models import VRNN, RecurrentVAE, StrokeVAE
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.scored import score_and_store
from vae_helpers.training import fit

DATA = "pen digits, dequantised, a fifth held out"
BATCH_SIZE = 128
# "pen_vae" is larger than the others and trained longer. "blind" and "forced" differ in input_dropout alone.
MODELS: dict[str, tuple[type[nn.Module], dict[str, Any], int]] = {
    "pen_vae": (RecurrentVAE, {"latent_dim": 8, "hidden": 192, "input_dropout": 0.25}, 100),
    "pen_vae_blind": (RecurrentVAE, {"latent_dim": 8, "input_dropout": 1.0}, 40),
    "pen_vae_forced": (RecurrentVAE, {"latent_dim": 8, "input_dropout": 0.0}, 40),
    "pen_vae_2d": (RecurrentVAE, {"latent_dim": 2, "input_dropout": 1.0}, 40),
    "pen_mlp": (StrokeVAE, {"latent_dim": 8}, 120),
    "pen_vrnn": (VRNN, {}, 60),
}


def train_strokes() -> None:
    """Train and store all of them."""
    for name in MODELS:
        train_stroke_model(name)


def train_stroke_model(name: str, seed: int = MADE_FROM["seed"]) -> None:
    """Train one, and store it in half precision."""
    kind, settings, epochs = MODELS[name]
    model = kind(**settings, seed=seed)
    if fit(model, load_pen_digits("train")[0], epochs=epochs, batch_size=BATCH_SIZE, seed=seed).stopped:
        raise SystemExit(f"{name}.pt stays as it was: training was stopped")
    info = {"data": DATA, "seed": seed, "epochs": epochs, "batch_size": BATCH_SIZE}
    score_and_store(model, load_pen_digits("test")[0], name, info, "digit")
