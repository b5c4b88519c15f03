"""The five models of notebook 08 whose decoders the slider compares: trained as the sweep's beta-VAEs of seed 0."""

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.models import VAE
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.sprites import sprites
from vae_helpers.sweep import RECIPE, describe
from vae_helpers.training import fit

BETAS = (1, 2, 4, 8, 16)


def train_sprites(betas: tuple[int, ...] = BETAS, epochs: int = RECIPE["epochs"], seed: int = 0) -> None:
    """Train and store them, in half precision; what is stored is what is described."""
    images, factors = sprites()
    for beta in betas:
        name = f"sprites_beta_{beta}.pt"
        model = VAE(RECIPE["latent_dim"], RECIPE["hidden"], seed=seed)
        batch_size = RECIPE["batch_size"]
        if fit(model, images, epochs=epochs, beta=beta, batch_size=batch_size, seed=seed, progress=False).stopped:
            raise SystemExit(f"{name} stays as it was: training was stopped")
        found = describe(model.half().float(), images, factors, seed)
        info = {
            **MADE_FROM,
            "data": "all 6,144 sprites",
            "seed": seed,
            **RECIPE,
            "epochs": epochs,
            "beta": beta,
            **found,
        }
        path = save_checkpoint(model.half(), REPO_DATA / "weights" / name, info)
        print(
            f"{path}: {found['reconstruction']:.2f} reconstruction + {found['kl']:.2f} KL, {found['active']} active, "
            f"MIG {found['mig']:.2f}, {path.stat().st_size / 1e6:.2f} MB"
        )
