"""Train the checkpoints in data/weights and draw the README's map: ``make weights``.

About fifteen minutes on two CPU cores. The losses, the settings and the versions are stored in each file.
"""

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor
from torch.nn import functional as F
from torchvision.transforms import v2

from vae_helpers import plots
from vae_helpers.checkpoints import load_checkpoint, save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.encoding import encode_distributions
from vae_helpers.evaluation import hole_fraction
from vae_helpers.models import MODELS, Classifier
from vae_helpers.models.layers import seeded
from vae_helpers.training import fit
from vae_helpers.validation import as_seed, check_dtype_of, check_images, check_whole, checked

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

MADE_FROM = {"data": "MNIST, grey pixels", "torch": str(torch.__version__), "seed": 0}


def main() -> None:
    for name, recipe in RECIPES.items():
        train(name, recipe)
    train_classifier()
    draw_map()


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


def train_classifier(epochs: int = 12) -> None:
    """Train the classifier that judges generated digits, and store it."""
    model = Classifier(seed=0)
    fit_classifier(model, *load_mnist("train"), epochs=epochs)
    images, labels = load_mnist("test")
    with torch.no_grad():
        logits = model(images)
    accuracy = (logits.argmax(dim=1) == labels).float().mean().item()
    doubtful = hole_fraction(logits).item()
    info = {**MADE_FROM, "epochs": epochs, "test_accuracy": accuracy, "test_hole_fraction": doubtful}
    path = save_checkpoint(model, REPO_DATA / "weights" / "classifier.pt", info)
    print(f"{path}: {accuracy:.2%} of the test images right, less than 80 % sure of {doubtful:.2%}")


@checked
def fit_classifier(
    model: Classifier,
    images: Float[Tensor, "N 1 28 28"],
    labels: Integer[Tensor, " N"],
    *,
    epochs: int = 8,
    seed: int = 0,
) -> None:
    """Train ``model`` in place by cross-entropy, on images turned, moved and scaled a little at random.

    Raises:
        TypeError, ValueError: unusable images, or not one label from 0 to 9 for each.
    """
    check_images(images)
    if not isinstance(model, Classifier):
        raise TypeError(f"model: want a Classifier, got {type(model).__name__}")
    check_whole(1, epochs=epochs)
    check_dtype_of(model, images=images)
    if not 0 <= labels.min() <= labels.max() <= 9:
        raise ValueError(f"labels: want classes from 0 to 9, got {labels.min().item()} to {labels.max().item()}")
    labels = labels.long()  # the only kind that cross_entropy takes
    jitter = v2.RandomAffine(degrees=10, translate=(0.08, 0.08), scale=(0.9, 1.1))
    order = Generator().manual_seed(as_seed(seed))
    steps = int(epochs) * -(-len(images) // 256)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    model.train()
    with seeded(seed):  # for the jitter
        for _ in range(epochs):
            for batch in torch.randperm(len(images), generator=order).split(256):
                loss = F.cross_entropy(model(jitter(images[batch])), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                scheduler.step()
    model.eval()


def draw_map() -> None:
    """The test set on the latent plane of the shipped 2-D model, as docs/latent_map.png."""
    images, labels = load_mnist("test")
    codes, _ = encode_distributions(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), images)
    fig = plots.latent_map(codes, labels, limit=3.6)
    fig.savefig(REPO_DATA.parent / "docs" / "latent_map.png", dpi=80)


if __name__ == "__main__":
    main()
