"""Train the checkpoints in data/weights and draw the README's map: ``make weights``.

About four minutes on two CPU cores. The losses, the settings and the versions are stored in each file.
"""

import torch

from vae_helpers import plots
from vae_helpers.checkpoints import load_checkpoint, save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.latent_space import encode_set
from vae_helpers.models import VAE
from vae_helpers.training import fit

RECIPES = {
    # the network of notebook 05, trained for longer
    "vae_2d.pt": {"latent_dim": 2, "epochs": 70},
    # one with room to show how straight lines behave in many dimensions
    "vae_20d.pt": {"latent_dim": 20, "epochs": 20},
}


def main() -> None:
    train_images, _ = load_mnist("train")
    test_images, _ = load_mnist("test")
    for name, recipe in RECIPES.items():
        model = VAE(latent_dim=recipe["latent_dim"], seed=0)
        history = fit(model, train_images, test_images, epochs=recipe["epochs"], seed=0)
        last = history.rows[-1]
        info = {
            "data": "MNIST, grey pixels",
            "torch": str(torch.__version__),
            "seed": 0,
            **recipe,
            "last_epoch": last,
        }
        path = save_checkpoint(model, REPO_DATA / "weights" / name, info)
        print(
            f"{path}: {last['test_total']:.2f} nats per test image ({last['test_reconstruction']:.2f} + "
            f"{last['test_kl']:.2f} KL), {path.stat().st_size / 1e6:.1f} MB"
        )

    draw_map()


def draw_map() -> None:
    """The test set on the latent plane of the shipped 2-D model, as docs/latent_map.png."""
    images, labels = load_mnist("test")
    codes, _ = encode_set(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), images)
    fig = plots.latent_map(codes, labels, limit=3.6)
    fig.savefig(REPO_DATA.parent / "docs" / "latent_map.png", dpi=80)


if __name__ == "__main__":
    main()
