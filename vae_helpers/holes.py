"""How many draws give no digit, one thing changed at a time: latents, hidden layers, KL, and where draws come from.

``python -m vae_helpers.pretrain.holes_table`` makes the table. Tensors of another dtype or shape than the signature
says raise ``TypeError`` or ``ValueError``.
"""

from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.data.tables import read_rows
from vae_helpers.encoding import draw, encode_distributions, encode_means
from vae_helpers.evaluation import active_units, evaluate, hole_fraction, kl_of_latents
from vae_helpers.fidelity import class_logits
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.training import fit, warm_up
from vae_helpers.validation import (
    as_seed,
    check_finite,
    check_fits,
    check_not_negative,
    check_one_of,
    check_some,
    check_whole,
    checked,
)

Kind = Literal["vae", "ae"]
KINDS = get_args(Kind)
HIDDEN = {1: [128], 2: [256, 128]}  # by the number of hidden layers: those of the encoder; the decoder's are reversed
RECIPE = {"epochs": 5, "images": 60000}  # grey pixels; all else as ``fit`` has it
DRAWS, CODED = 5000, 10_000  # decoded; training images whose codes say where codes lie
ACTIVE = 0.01  # bound of both rules
PLACES = ("prior", "fitted", "own")  # where draws come from
SCORES = ("reconstruction", "kl", "active", "active_by_kl", "holes", "commonest")
TABLE = REPO_DATA / "tables" / "holes.json"

Row = dict[str, Any]


def train(
    kind: Kind, images: Tensor, latent_dim: int = 8, layers: int = 2, warm_up_epochs: float = 0.0, seed: int = 0
) -> nn.Module:
    """One model by the recipe.

    >>> train("ae", torch.rand(300, 1, 28, 28), latent_dim=3, layers=1).architecture["hidden"]
    [128]

    Args:
        kind: "vae", or "ae": the same layers with a code in place of q(z|x), and no KL.
        images: to train on.
        latent_dim: D.
        layers: hidden layers on either side: 1 (128 units) or 2 (256 and 128).
        warm_up_epochs: a VAE's KL grows to its full weight for so long; 0 has it from the first step on.
        seed: of the weights, the order of images and all draws.

    Raises:
        ValueError: another kind or number of layers, or a warm-up < 0.
        SystemExit: training was stopped.
    """
    check_one_of(KINDS, kind=kind)
    check_not_negative(warm_up_epochs=warm_up_epochs)
    check_whole(1, layers=layers)
    if layers not in HIDDEN:
        raise ValueError(f"layers: want 1 or 2, got {layers!r}")
    model = (VAE if kind == "vae" else Autoencoder)(latent_dim, HIDDEN[layers], seed=seed)
    beta = warm_up(warm_up_epochs) if warm_up_epochs else 1.0
    if fit(model, images, epochs=RECIPE["epochs"], beta=beta, seed=seed, progress=False).stopped:
        raise SystemExit("training was stopped, so there are no figures")
    return model


@checked
def fitted_draws(codes: Float[Tensor, "N D"], normal: Float[Tensor, "M D"]) -> Float[Tensor, "M D"]:
    """Standard normal draws, moved to the mean and the covariance of codes: draws of the Gaussian fitted to them.

    >>> codes = torch.tensor([[4.0], [6.0], [8.0]])  # mean 6, variance 4
    >>> fitted_draws(codes, torch.tensor([[-1.0], [0.0], [1.0]]))
    tensor([[4.],
            [6.],
            [8.]])

    Args:
        codes: at least two; a direction in which they do not vary stays so.
        normal: draws of N(0, I).

    Raises:
        ValueError: fewer than two codes, or NaN.
    """
    if len(codes) < 2:
        raise ValueError(f"codes: want at least two, got {len(codes)}")
    check_finite(codes=codes, normal=normal)
    values, vectors = torch.linalg.eigh(torch.atleast_2d(codes.T.cov()))
    return codes.mean(dim=0) + normal @ (vectors * values.clamp(min=0).sqrt()).T  # columns scaled: root @ root.T = cov


def draws_by_place(codes: Float[Tensor, "N D"], n: int, seed: int = 0) -> dict[str, Float[Tensor, "n D"]]:
    """``n`` latents from each place: the "prior" N(0, I), a Gaussian "fitted" to codes, and the model's "own" codes.

    >>> {place: z.shape for place, z in draws_by_place(torch.rand(5, 2), n=3).items()}
    {'prior': torch.Size([3, 2]), 'fitted': torch.Size([3, 2]), 'own': torch.Size([3, 2])}

    Args:
        codes: of N images; the first n are the model's own draws.
        n: at most N.
        seed: of the normal draws; "prior" and "fitted" are made of the same ones.

    Raises:
        ValueError: more draws than codes, fewer than two codes, or NaN.
    """
    check_fits(Float[Tensor, "N D"], codes=codes)
    check_whole(1, n=n)
    if n > len(codes):
        raise ValueError(f"n: want at most {len(codes)}, as many as there are codes, got {n}")
    normal = torch.randn(int(n), codes.shape[1], generator=Generator().manual_seed(as_seed(seed))).to(codes)
    return {"prior": normal, "fitted": fitted_draws(codes, normal), "own": codes[: int(n)]}


def describe(
    model: nn.Module,
    images: Float[Tensor, "N 1 28 28"],
    coded: Float[Tensor, "M 1 28 28"],
    draws: int = DRAWS,
    seed: int = 0,
) -> Row:
    """What the table says of a model.

    >>> row = describe(VAE(3, (8,)), *torch.rand(2, 40, 1, 28, 28), draws=20)
    >>> tuple(row) == SCORES, [*row["holes"]]
    (True, ['prior', 'fitted', 'own'])

    Args:
        model: an autoencoder or a VAE.
        images: that it was not trained on, for the loss terms.
        coded: whose codes (a VAE: one draw from q(z|x) each) say where the codes lie.
        draws: decoded from each place; at most M.
        seed: of all draws.

    Returns:
        - "reconstruction", "kl": nats an image; the KL is None for an autoencoder.
        - "active": dimensions whose codes (a VAE: means) have a variance > 0.01; "active_by_kl": a VAE's dimensions
          with more than 0.01 nats of their own, else None.
        - "holes", "commonest": for each place of :func:`draws_by_place` the share of decoded draws in which the
          course's classifier is less than 80 % sure of any digit, and the share of the digit that it names most often.

    Raises:
        TypeError, ValueError: a model or images that :func:`vae_helpers.evaluation.evaluate` refuses, or too few.
    """
    terms, is_vae = evaluate(model, images, seed=seed), isinstance(model, VAE)
    if is_vae:
        mu, logvar = encode_distributions(model, coded)
        codes = draw(mu, logvar, seed)
    else:
        mu = codes = encode_means(model, coded)
    places = draws_by_place(codes, draws, as_seed(seed) + 1)  # not the numbers that q(z|x) was drawn with
    logits = {place: class_logits(model, z) for place, z in places.items()}
    return {
        "reconstruction": round(terms.reconstruction, 2),
        "kl": round(terms.kl, 3) if is_vae else None,
        "active": int(active_units(mu, ACTIVE).sum()),
        "active_by_kl": int((kl_of_latents(mu, logvar) > ACTIVE).sum()) if is_vae else None,
        "holes": {place: round(hole_fraction(own).item(), 4) for place, own in logits.items()},
        "commonest": {place: round(commonest(own), 4) for place, own in logits.items()},
    }


def commonest(class_logits: Float[Tensor, "N classes"]) -> float:
    """The share of the class that is named most often: near 1, few holes are no merit.

    >>> commonest(torch.tensor([[5.0, 0.0], [5.0, 0.0], [0.0, 5.0]]))
    0.6666666666666666

    Raises:
        ValueError: no image, or NaN.
    """
    check_some(class_logits=class_logits)
    check_finite(class_logits=class_logits)
    return class_logits.argmax(dim=1).bincount().max().item() / len(class_logits)


def measure(kind: Kind, latent_dim: int, layers: int, warm_up_epochs: float, seed: int = 0) -> Row:
    """Train on all of MNIST by the recipe and measure on its test images: one row of the table.

    >>> [*load_holes()[0]][:5]  # to measure takes some 20 seconds
    ['kind', 'latent_dim', 'layers', 'warm_up_epochs', 'seed']

    Returns:
        The five arguments and what :func:`describe` says.

    Raises:
        ValueError: as for :func:`train`.
        SystemExit: training was stopped.
    """
    images = load_mnist("train")[0]
    model = train(kind, images, latent_dim, layers, warm_up_epochs, seed)
    run = {"kind": kind, "latent_dim": latent_dim, "layers": layers, "warm_up_epochs": warm_up_epochs, "seed": seed}
    return run | describe(model, load_mnist("test")[0], images[:CODED], seed=seed)


def load_holes(**wanted: Any) -> list[Row]:
    """The rows of data/tables/holes.json, each as :func:`measure` returns it.

    >>> len(load_holes(kind="vae", latent_dim=32, layers=1, warm_up_epochs=0))  # three seeds
    3

    Args:
        wanted: what a row must say, by column.

    Raises:
        ValueError: no such column.
    """
    return read_rows(TABLE, **wanted)
