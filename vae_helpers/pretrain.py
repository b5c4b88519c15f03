"""Train the checkpoints that lie in data/weights: ``python -m vae_helpers.pretrain`` (``make weights``).

About five minutes on two CPU cores. The losses, the settings and the versions are stored in each file.
"""

import torch

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.models import VAE
from vae_helpers.training import fit

RECIPES = {
    # the network of notebook 05, trained for longer
    "vae_2d.pt": {"latent_dim": 2, "epochs": 50},
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


if __name__ == "__main__":
    main()
