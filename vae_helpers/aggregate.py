"""Four ways to bring codes near a prior, alike in all else, and what each does: the rows of a table, and the table.

AE (no way at all), VAE (a KL for each image), AAE (a discriminator), WAE (the MMD). Rows are measured by
:func:`measure`; ``python -m vae_helpers.pretrain.adversarial_table`` makes the table.
"""

from statistics import fmean
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.adversarial import AdversarialStep
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.data.tables import read_rows
from vae_helpers.encoding import draw, encode_distributions, encode_means
from vae_helpers.evaluation import evaluate, hole_fraction
from vae_helpers.fidelity import class_logits
from vae_helpers.marginal import grid_log_prob
from vae_helpers.mmd import mmd_step, squared_mmd
from vae_helpers.models import VAE, AdversarialAutoencoder, Autoencoder
from vae_helpers.sample_scores import class_shares, imbalance
from vae_helpers.sampled_priors import GaussianPrior
from vae_helpers.training import fit, training_step, warm_up
from vae_helpers.validation import as_seed, check_not_negative, check_one_of

Kind = Literal["ae", "vae", "aae", "wae"]
KINDS = get_args(Kind)
RECIPE = {"hidden": [128, 64], "judges": [64, 64], "epochs": 8, "images": 60000}  # all else as ``fit`` has it
STANDARD = {"ae": (0.0, 0.0), "vae": (1.0, 0.0), "aae": (10.0, 4.0), "wae": (300.0, 0.0)}  # weight, epochs of warm-up
DECODED, PROBED = 5000, 1000  # draws of the prior that the classifier sees; test images whose log p(x) is summed
PARTS = 4  # the MMD is the mean over so many parts of the images, each with as many draws
TRACE, LAST = 16, 200  # points of D's loss; steps at the end of which the mean is given
SCORES = (  # what :func:`describe` says, in its order
    "reconstruction",
    "kl",
    "mmd",
    "variances",
    "mean",
    "holes",
    "classes",
    "imbalance",
    "log_px",
)
TABLE = REPO_DATA / "tables" / "adversarial.json"

Row = dict[str, Any]


def train(
    kind: Kind, images: Tensor, latent_dim: int = 2, weight: float = 10.0, warm_up_epochs: float = 4.0, seed: int = 0
) -> tuple[nn.Module, list[float]]:
    """One model by the recipe: only the kind, the latents and the weight of what brings codes near N(0, I) differ.

    >>> model, losses = train("aae", torch.rand(300, 1, 28, 28))
    >>> len(losses)  # two steps an epoch
    16

    Args:
        kind: "ae", "vae", "aae" or "wae".
        images: to train on.
        latent_dim: D.
        weight: of the KL, of -log D(z) or of the squared MMD; an AE has none.
        warm_up_epochs: the weight grows so long; 0 has it from the first step on.
        seed: of the weights, the order of images and all draws.

    Returns:
        The model, and the discriminator's loss at each step (empty for all but "aae").

    Raises:
        ValueError: another kind, or a weight or a warm-up < 0.
        SystemExit: training was stopped.
    """
    check_one_of(KINDS, kind=kind)
    check_not_negative(weight=weight, warm_up_epochs=warm_up_epochs)
    prior, losses = GaussianPrior(latent_dim), []
    if kind == "aae":
        model = AdversarialAutoencoder(latent_dim, RECIPE["hidden"], judges=RECIPE["judges"], seed=seed)
        step = AdversarialStep(model, prior)
        losses = step.losses
    else:
        model = (VAE if kind == "vae" else Autoencoder)(latent_dim, RECIPE["hidden"], seed=seed)
        step = mmd_step(prior) if kind == "wae" else training_step
    beta = warm_up(warm_up_epochs, weight) if warm_up_epochs else weight
    if fit(model, images, epochs=RECIPE["epochs"], beta=beta, step=step, seed=seed, progress=False).stopped:
        raise SystemExit("training was stopped, so there are no figures")
    return model, losses


def measure(kind: Kind, latent_dim: int, weight: float, warm_up_epochs: float, seed: int = 0) -> Row:
    """Train on all of MNIST by the recipe and measure on its test images: one row of the table.

    >>> row = load_adversarial()[0]  # to measure takes some 30 seconds
    >>> [*row][:5]
    ['kind', 'latent_dim', 'weight', 'warm_up_epochs', 'seed']

    Returns:
        The five arguments, what :func:`describe` says, and of an AAE's discriminator "judge" (the mean loss of the last
        200 steps, ln 2 where it can't tell) and "trace" (the means of sixteen equal parts of training), else None.

    Raises:
        ValueError: as for :func:`train`.
        SystemExit: training was stopped.
    """
    model, losses = train(kind, load_mnist("train")[0], latent_dim, weight, warm_up_epochs, seed)
    row = {"kind": kind, "latent_dim": latent_dim, "weight": weight, "warm_up_epochs": warm_up_epochs, "seed": seed}
    row |= describe(model, load_mnist("test")[0], seed)
    parts = torch.tensor(losses).tensor_split(TRACE) if losses else []
    row["judge"] = round(fmean(losses[-LAST:]), 4) if losses else None
    row["trace"] = [round(part.mean().item(), 3) for part in parts] if losses else None
    return row


def describe(model: nn.Module, images: Float[Tensor, "N 1 28 28"], seed: int = 0) -> Row:
    """How near a model's codes come to N(0, I), and what it gives for that.

    >>> tuple(describe(Autoencoder(3, (8,)), torch.rand(40, 1, 28, 28))) == SCORES
    True

    Args:
        model: an autoencoder or a VAE.
        images: that it was not trained on; at least 8.
        seed: of all draws.

    Returns:
        - "reconstruction", "kl": nats an image; the KL is None but for a VAE, whose z is drawn.
        - "mmd": the squared MMD of codes (a VAE: draws from q(z|x)) and draws of N(0, I).
        - "variances": the smallest and the largest eigenvalue of the codes' covariance; "mean": how far their mean lies
          from 0. For N(0, I) they are 1, 1 and 0.
        - "holes", "classes", "imbalance": of 5,000 decoded draws of N(0, I), as the course's classifier sees them; the
          share without a digit, the share of each class, and :func:`imbalance` of these.
        - "log_px": with two latents, the mean log p(x) of the first 1,000 images, black and white; else None.

    Raises:
        TypeError, ValueError: a model or images that :func:`vae_helpers.evaluation.evaluate` refuses, or fewer than 8.
    """
    generator = Generator().manual_seed(as_seed(seed))
    terms, z = evaluate(model, images, seed=seed), aggregate_draws(model, images, seed)
    if len(z) < 2 * PARTS:
        raise ValueError(f"images: want at least {2 * PARTS}, got {len(z)}")
    prior = torch.randn(z.shape, generator=generator).to(z)
    eigenvalues = torch.linalg.eigvalsh(z.T.cov())
    shares, holes = decoded_classes(model, torch.randn(DECODED, z.shape[1], generator=generator).to(z))
    binary = (images[:PROBED] > 0.5).to(images)
    return {
        "reconstruction": round(terms.reconstruction, 2),
        "kl": round(terms.kl, 3) if isinstance(model, VAE) else None,
        "mmd": round(sum(squared_mmd(z[i::PARTS], prior[i::PARTS]).item() for i in range(PARTS)) / PARTS, 5),
        "variances": [round(eigenvalues[0].item(), 3), round(eigenvalues[-1].item(), 3)],
        "mean": round(z.mean(dim=0).norm().item(), 3),
        "holes": round(holes, 4),
        "classes": [round(share, 4) for share in shares.tolist()],
        "imbalance": round(imbalance(shares).item(), 4),
        "log_px": round(grid_log_prob(model, binary).mean().item(), 2) if z.shape[1] == 2 else None,
    }


def aggregate_draws(model: nn.Module, images: Float[Tensor, "N 1 28 28"], seed: int = 0) -> Float[Tensor, "N D"]:
    """Draws of the aggregate posterior q(z), one an image: a VAE's z ~ q(z|x), an autoencoder's codes.

    >>> aggregate_draws(VAE(2, (8,)), torch.rand(5, 1, 28, 28)).shape
    torch.Size([5, 2])
    """
    if isinstance(model, VAE):
        return draw(*encode_distributions(model, images), seed)
    return encode_means(model, images)


def decoded_classes(model: nn.Module, z: Float[Tensor, "N D"]) -> tuple[Float[Tensor, "10"], float]:
    """What the course's classifier sees in decoded latents: the share of each class, and :func:`hole_fraction`.

    >>> shares, holes = decoded_classes(Autoencoder(2, (8,)), torch.zeros(4, 2))
    >>> shares.sum()
    tensor(1.)
    """
    logits = class_logits(model, z)
    return class_shares(logits), hole_fraction(logits).item()


def load_adversarial(**wanted: Any) -> list[Row]:
    """The rows of data/tables/adversarial.json, each as :func:`measure` returns it.

    >>> sorted({row["kind"] for row in load_adversarial()})
    ['aae', 'ae', 'vae', 'wae']
    >>> len(load_adversarial(kind="vae", latent_dim=2))  # three seeds
    3

    Args:
        wanted: what a row must say, by column.

    Raises:
        ValueError: no such column.
    """
    return read_rows(TABLE, **wanted)
