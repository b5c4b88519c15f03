"""The digits' model of notebook 08 at beta = 4, and the table that sets it beside beta = 1."""

from typing import Any

from torch import Tensor

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.encoding import encode_means
from vae_helpers.evaluation import active_units, evaluate
from vae_helpers.found_factors import TABLE, class_shares, share_of_all, shares
from vae_helpers.handwriting import MEASURES, measure
from vae_helpers.models import VAE
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.tables import write_table
from vae_helpers.training import fit

RECIPE = {"latent_dim": 10, "hidden": [64, 64], "epochs": 15}
BETAS, SEEDS = (1.0, 4.0), (0, 1, 2)
SHIPPED = (4.0, 0)  # beta and seed of the one whose weights are stored


def train_mnist_beta() -> None:
    """Train all six, in about three minutes on one thread; store one in half precision, and the table."""
    images, _ = load_mnist("train")
    rows = []
    for beta, seed in ((beta, seed) for beta in BETAS for seed in SEEDS):
        model = train(images, beta, seed).half().float()  # what is measured is what would be stored
        rows.append(row := describe(model, beta, seed))
        print({name: value for name, value in row.items() if name in ("beta", "seed", "reconstruction", "kl")})
        if (beta, seed) == SHIPPED:
            store(model, row)
    write_table(TABLE, {"data": MADE_FROM["data"], "torch": MADE_FROM["torch"], **RECIPE}, rows)


def train(images: Tensor, beta: float, seed: int) -> VAE:
    """One model; its two settings differ, nothing else."""
    model = VAE(RECIPE["latent_dim"], RECIPE["hidden"], seed=seed)
    if fit(model, images, epochs=RECIPE["epochs"], beta=beta, seed=seed).stopped:
        raise SystemExit(f"mnist_beta_4.pt and {TABLE.name} stay as they were: training was stopped")
    return model


def describe(model: VAE, beta: float, seed: int) -> dict[str, Any]:
    """A row of the table, of the test images: nats, and what the latents tell about each measure, and the class.

    Only active latents are asked. Of each measure: the share of its variance by the best latent, by the second best,
    and by all together; of the class: the share of a latent's variance that lies between classes, the largest first.
    """
    images, labels = load_mnist("test")
    terms, codes, written = evaluate(model, images), encode_means(model, images), measure(images)
    codes = codes[:, active_units(codes)]
    by_one, by_all = shares(codes, written), share_of_all(codes, written)
    between = class_shares(codes, labels).sort(descending=True).values
    found = {
        name: {"best": first, "second": second, "all": total}
        for name, (first, second), total in zip(MEASURES, by_one.topk(2, dim=0).values.T, by_all, strict=True)
    }
    return {
        "beta": beta,
        "seed": seed,
        "reconstruction": round(terms.reconstruction, 2),
        "kl": round(terms.kl, 2),
        "active": codes.shape[1],
        **{name: {kind: round(share.item(), 3) for kind, share in row.items()} for name, row in found.items()},
        "class": [round(share, 3) for share in between.tolist()],
    }


def store(model: VAE, row: dict[str, Any]) -> None:
    """The weights, in half precision."""
    nats = {name: row[name] for name in ("reconstruction", "kl")}
    info = {**MADE_FROM, **RECIPE, "beta": row["beta"], "test_nats": nats}
    path = save_checkpoint(model.half(), REPO_DATA / "weights" / "mnist_beta_4.pt", info)
    print(f"{path}: {nats['reconstruction']} + {nats['kl']} KL nats per test image, {path.stat().st_size / 1e6:.2f} MB")
