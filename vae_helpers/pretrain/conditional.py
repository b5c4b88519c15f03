"""The conditional VAEs of notebook 07 that take too long for a cell."""

import torch

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.models import ConditionalVAE
from vae_helpers.training import fit

RECIPES = {
    # room for the class in z, and the prior that every condition shares
    "conditional_vae_20d.pt": {"latent_dim": 20},
    # the prior follows the codes of each class
    "conditional_vae_8d.pt": {"latent_dim": 8, "prior": "learned", "components": 20},
}
EPOCHS = 20


def train_conditional(epochs: int = EPOCHS, seed: int = 0) -> None:
    """Train both on images and labels, and store them in half precision."""
    for name, settings in RECIPES.items():
        model = ConditionalVAE(**settings, seed=seed)
        history = fit(model, load_mnist("train"), load_mnist("test"), epochs=epochs, seed=seed)
        if history.stopped:
            raise SystemExit(f"{name} stays as it was: training was stopped")
        last = history.last
        info = {"data": "MNIST, grey pixels, labels", "torch": str(torch.__version__), "seed": seed, "epochs": epochs}
        path = save_checkpoint(model.half(), REPO_DATA / "weights" / name, info | settings | {"last_epoch": last})
        print(
            f"{path}: {last['test_total']:.2f} nats per test image ({last['test_reconstruction']:.2f} + "
            f"{last['test_kl']:.2f} KL), {path.stat().st_size / 1e6:.1f} MB"
        )
