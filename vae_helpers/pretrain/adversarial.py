"""The four models of two latents that notebook 09 compares: runs of its table, seed 0, each at its own weight."""

from vae_helpers.aggregate import KINDS, RECIPE, STANDARD, describe, train
from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.pretrain.origin import MADE_FROM


def train_adversarial(kinds: tuple[str, ...] = KINDS) -> None:
    """Train and store them, in half precision, in about two minutes; what is stored is what is described."""
    images, test_images = load_mnist("train")[0], load_mnist("test")[0]
    for kind in kinds:
        weight, warm_up_epochs = STANDARD[kind]
        model = train(kind, images, 2, weight, warm_up_epochs, MADE_FROM["seed"])[0].half()
        found = describe(model.float(), test_images, MADE_FROM["seed"])
        info = {**MADE_FROM, **RECIPE, "kind": kind, "weight": weight, "warm_up_epochs": warm_up_epochs, **found}
        path = save_checkpoint(model.half(), REPO_DATA / "weights" / f"small_{kind}_2d.pt", info)
        print(
            f"{path}: {found['reconstruction']:.1f} nats reconstruction, MMD^2 {found['mmd']:.4f}, "
            f"{found['holes']:.0%} holes, {path.stat().st_size / 1e6:.2f} MB"
        )
