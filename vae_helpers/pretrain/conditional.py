"""The conditional VAEs of notebook 07 that take too long for a cell."""

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.models import ConditionalVAE
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.training import fit

RECIPES = {
    # room for the class in z, and one prior for all classes
    "conditional_vae_20d.pt": {"latent_dim": 20},
    # a prior that learns where each class lies
    "conditional_vae_8d.pt": {"latent_dim": 8, "prior": "learned", "components": 20},
}


def train_conditional(epochs: int = 20) -> None:
    """Train both on images and labels, and store them in half precision."""
    train, test = load_mnist("train"), load_mnist("test")
    for name, settings in RECIPES.items():
        model = ConditionalVAE(**settings, seed=MADE_FROM["seed"])
        history = fit(model, train, test, epochs=epochs, seed=MADE_FROM["seed"])
        if history.stopped:
            raise SystemExit(f"{name} stays as it was: training was stopped")
        last = history.last
        info = {**MADE_FROM, **settings, "condition": "label", "epochs": epochs, "last_epoch": last}
        path = save_checkpoint(model.half(), REPO_DATA / "weights" / name, info)
        print(
            f"{path}: {last['test_total']:.2f} nats per test image ({last['test_reconstruction']:.2f} + "
            f"{last['test_kl']:.2f} KL), {path.stat().st_size / 1e6:.1f} MB"
        )
