"""The ring of notebook 09, on which ten labels a class have shown each digit its place."""

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.label_modes import RECIPE, describe, train
from vae_helpers.pretrain.origin import MADE_FROM

PER_CLASS, WEIGHT, SEED = 10, 100.0, 0


def train_label_modes() -> None:
    """Train for about a minute on one thread, and store in half precision; what is measured is what is stored."""
    model, _ = train(*load_mnist("train"), PER_CLASS, WEIGHT, SEED)
    model = model.half().float()
    found = describe(model, *load_mnist("test"), SEED)
    info = {**MADE_FROM, **RECIPE, "per_class": PER_CLASS, "weight": WEIGHT, "seed": SEED, "test": found}
    path = save_checkpoint(model.half(), REPO_DATA / "weights" / "small_aae_labels.pt", info)
    print(f"{path}: {found}")
