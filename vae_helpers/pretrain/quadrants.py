"""The models of notebook 07 that complete digits: a conditional VAE, and the plain net that it is compared with."""

import torch
from torch import Generator, Tensor, nn

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.models import CompletionNet, CompletionVAE
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.quadrants import published_seen, random_seen, scores
from vae_helpers.training import fit, training_step

RECIPES = {
    "completion.pt": {"model": "CompletionVAE", "latent_dim": 32, "hidden": [256, 128], "epochs": 40},
    # of one hidden layer, so that it is small; a net as large as the VAE's decoder scores nearly the same
    "completion_net.pt": {"model": "CompletionNet", "hidden": [160], "epochs": 20},
}
KINDS = {"CompletionVAE": CompletionVAE, "CompletionNet": CompletionNet}


def train_quadrants() -> None:
    """Train and store both, in half precision; what is stored is what is scored."""
    images, _ = load_mnist("test")
    for name, recipe in RECIPES.items():
        model = train_completion(**recipe).half()
        found = scores(model.float(), images)
        path = save_checkpoint(model.half(), REPO_DATA / "weights" / name, {**MADE_FROM, **recipe, "test_nats": found})
        shown = ", ".join(f"{number}: {nats:.2f}" for number, nats in found.items())
        print(f"{path}: nats per test image by the quadrants seen, {shown}; {path.stat().st_size / 1e6:.1f} MB")


def train_completion(model: str, epochs: int, seed: int = 0, **sizes) -> nn.Module:
    """One model for all masks: at each step, other quadrants of an image are seen."""
    images, _ = load_mnist("train")
    completing = KINDS[model](**sizes, seed=seed)
    history = fit(completing, (images, published_seen(1, len(images))), epochs=epochs, seed=seed, step=other_quadrants)
    if history.stopped:
        raise SystemExit(f"the {model} stays as it was: training was stopped")
    return completing


def other_quadrants(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    images: Tensor,
    seen: Tensor,
    beta: float = 1.0,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """:func:`vae_helpers.training.training_step`, with quadrants drawn anew in place of ``seen``."""
    seen = random_seen(len(images), generator)
    return training_step(model, optimizer, images, seen, beta=beta, generator=generator)
