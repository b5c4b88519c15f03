"""The VAEs and the autoencoder of notebooks 00 to 06, and the README's map."""

from vae_helpers import plots
from vae_helpers.checkpoints import load_checkpoint, save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.encoding import encode_distributions
from vae_helpers.models import MODELS
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.training import fit

RECIPES = {
    # the network of notebook 05, trained for longer
    "vae_2d.pt": {"latent_dim": 2, "epochs": 70},
    # the same, with one thing changed: without a distribution, or with another weight of the KL
    "autoencoder_2d.pt": {"model": "Autoencoder", "latent_dim": 2, "epochs": 70},
    "vae_2d_beta_0.1.pt": {"latent_dim": 2, "epochs": 70, "beta": 0.1},
    "vae_2d_beta_10.pt": {"latent_dim": 2, "epochs": 70, "beta": 10.0},
    # one with room to show how straight lines behave in many dimensions
    "vae_20d.pt": {"latent_dim": 20, "epochs": 20},
}


def train_digits() -> None:
    """Train and store them all."""
    for name, recipe in RECIPES.items():
        train(name, recipe)


def train(name: str, recipe: dict) -> None:
    """Train one of the recipes, and store it under its name."""
    train_images, _ = load_mnist("train")
    test_images, _ = load_mnist("test")
    model = MODELS[recipe.get("model", "VAE")](latent_dim=recipe["latent_dim"], seed=0)
    history = fit(model, train_images, test_images, epochs=recipe["epochs"], beta=recipe.get("beta", 1.0), seed=0)
    if history.stopped:
        raise SystemExit(f"{name} stays as it was: training was stopped")
    last = history.last
    path = save_checkpoint(model, REPO_DATA / "weights" / name, {**MADE_FROM, **recipe, "last_epoch": last})
    print(
        f"{path}: {last['test_total']:.2f} nats per test image ({last['test_reconstruction']:.2f} + "
        f"{last['test_kl']:.2f} KL), {path.stat().st_size / 1e6:.1f} MB"
    )


def draw_map() -> None:
    """The test set on the latent plane of the shipped 2-D model, as docs/latent_map.png."""
    images, labels = load_mnist("test")
    codes, _ = encode_distributions(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), images)
    fig = plots.latent_map(codes, labels, limit=3.6)
    fig.savefig(REPO_DATA.parent / "docs" / "latent_map.png", dpi=80)
