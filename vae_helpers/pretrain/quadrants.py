"""The models of notebook 07 that complete digits: a conditional VAE, and the plain net that it is compared with."""

import torch
from torch import Generator, Tensor, nn

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.models import MODELS
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.quadrants import published_seen, random_seen, scores
from vae_helpers.training import fit, training_step

RECIPES = {
    "completion.pt": {"model": "CompletionVAE", "latent_dim": 32, "hidden": [256, 128], "epochs": 40},
    # small, for the picture
    "completion_net.pt": {"model": "CompletionNet", "hidden": [136, 160], "epochs": 30},
}
# as many weights as the VAE has: a fair comparison, but too large to ship, so only its scores are stored
AS_LARGE = {"model": "CompletionNet", "hidden": [310, 310], "epochs": 40}


def train_quadrants() -> None:
    """Train and store both, in half precision; what is stored is what is scored."""
    images, _ = load_mnist("test")
    as_large = {**AS_LARGE, "test_nats": scores(train_completion(**AS_LARGE), images)}
    for name, recipe in RECIPES.items():
        model = train_completion(**recipe).half()
        found = scores(model.float(), images)
        info = {**MADE_FROM, **recipe, "test_nats": found, "net_as_large": as_large}
        path = save_checkpoint(model.half(), REPO_DATA / "weights" / name, info)
        shown = ", ".join(f"{number}: {nats:.2f}" for number, nats in found.items())
        print(f"{path}: nats per test image by the quadrants seen, {shown}; {path.stat().st_size / 1e6:.1f} MB")


def train_completion(model: str, epochs: int, seed: int = 0, **sizes) -> nn.Module:
    """One model for all masks: at each step, other quadrants of an image are seen."""
    images, _ = load_mnist("train")
    completing = MODELS[model](**sizes, seed=seed)
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
