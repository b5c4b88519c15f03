"""The drug cabinet: what helps a VAE whose code has no bug, and what the same remedy does to another illness.

An illness is a recipe of training, and a remedy one change to it. Nothing is known of causes beyond that: what is
compared is the same recipe with and without the change, from the same seed. ``python -m
vae_helpers.pretrain.cabinet_table`` makes the table.
"""

import time
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.clinic.sick_vae import SickVAE, calibrate, clipped_step
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.data.tables import read_rows
from vae_helpers.evaluation import active_units, evaluate
from vae_helpers.history import NonFiniteLossError
from vae_helpers.losses import bernoulli_nll
from vae_helpers.objectives import free_bits_step
from vae_helpers.training import fit, training_step, warm_up
from vae_helpers.validation import as_seed, check_can, check_one_of, check_whole

RECIPE: dict[str, Any] = {
    "images": 15_000,
    "epochs": 3,
    "batch_size": 256,
    "learning_rate": 2e-2,
    "one_cycle": True,
    "latent_dim": 10,
    "hidden": [128],
    "layer_norm": True,
    "variance": None,  # of a pixel, where pixels are Gaussian; None: cross-entropy
}
THREE = [256, 256, 256]
ILLNESSES: dict[str, dict[str, Any]] = {
    "healthy": {},
    "flat likelihood": {"variance": 392.0},  # what a mean over 784 pixels of squared errors amounts to
    "many layers": {"hidden": THREE},
    "large rate": {"hidden": [256, 128], "layer_norm": False, "one_cycle": False},
    "NaN": {"hidden": THREE, "layer_norm": False, "one_cycle": False, "learning_rate": 5e-2},
    "two latents": {"latent_dim": 2},
    "few images": {"images": 500, "epochs": 180},
}
REMEDIES: dict[str, dict[str, Any]] = {
    "none": {},
    "warm-up": {"warm_up": 0.5},  # of the training
    "free bits": {"free_nats": 8.0},  # of the whole KL
    "beta 1/4": {"beta": 0.25},
    "beta 2": {"beta": 2.0},
    "rate / 10": {"rate_times": 0.1},
    "one cycle": {"one_cycle": True},
    "layer norm": {"layer_norm": True},
    "no layer norm": {"layer_norm": False},
    "batch of 64": {"batch_size": 64},
    "twice as long": {"epochs_times": 2.0},
    "half as long": {"epochs_times": 0.5},
    "5 latents": {"latent_dim": 5},
    "10 latents": {"latent_dim": 10},
    "50 latents": {"latent_dim": 50},
    "more images": {"images": 15_000, "epochs": 6},  # as many steps as 500 images take in 180 epochs, nearly
    "sum of squares": {"variance": 0.5},
    "s learned from 1": {"variance": 1.0, "learn_scale": True},
    "s learned from 20": {"learn_scale": True},
    "clipped gradients": {"clip": 1.0},  # their norm, over all weights
    "log-variance held": {"hold": 10.0},  # between -10 and 10
}
TRIED: dict[str, tuple[str, ...]] = {
    "healthy": ("warm-up", "free bits", "beta 1/4", "rate / 10", "no layer norm", "batch of 64", "twice as long",
                "50 latents"),
    "flat likelihood": ("warm-up", "free bits", "beta 1/4", "rate / 10", "batch of 64", "sum of squares",
                        "s learned from 1", "s learned from 20"),
    "many layers": ("warm-up", "free bits", "beta 1/4", "rate / 10", "no layer norm", "batch of 64", "twice as long"),
    "large rate": ("warm-up", "free bits", "beta 1/4", "rate / 10", "one cycle", "layer norm", "batch of 64",
                   "twice as long"),
    "NaN": ("warm-up", "free bits", "rate / 10", "one cycle", "layer norm", "batch of 64", "clipped gradients",
            "log-variance held"),
    "two latents": ("warm-up", "free bits", "beta 1/4", "rate / 10", "batch of 64", "twice as long", "10 latents"),
    "few images": ("warm-up", "free bits", "beta 1/4", "beta 2", "rate / 10", "batch of 64", "half as long",
                   "5 latents", "more images"),
}  # fmt: skip
SEEN = 5000  # of the training images, on which it is measured as well
TABLE = REPO_DATA / "tables" / "cabinet.json"

Images = Float[Tensor, "N 1 28 28"]
Row = dict[str, Any]


def recipe(illness: str, remedy: str = "none") -> dict[str, Any]:
    """All settings of a training: the illness's, with the one change of the remedy.

    >>> recipe("large rate", "rate / 10")["learning_rate"]
    0.002

    Raises:
        ValueError: an illness or a remedy that the cabinet has not.
    """
    check_one_of(tuple(ILLNESSES), illness=illness)
    check_one_of(tuple(REMEDIES), remedy=remedy)
    settings = {**RECIPE, **ILLNESSES[illness], **REMEDIES[remedy]}
    settings["learning_rate"] = round(settings["learning_rate"] * settings.pop("rate_times", 1.0), 9)
    settings["epochs"] = round(settings["epochs"] * settings.pop("epochs_times", 1.0))
    return settings


def train(
    illness: str, remedy: str = "none", seed: int = 0, images: Images | None = None, epochs: int | None = None
) -> SickVAE:
    """A VAE trained by an illness's recipe with a remedy's change.

    >>> train("two latents", images=torch.rand(300, 1, 28, 28), epochs=1).latent_dim
    2

    Args:
        illness: one of ``ILLNESSES``.
        remedy: one of ``REMEDIES``; "none" leaves the recipe as it is.
        seed: of the weights, the order of images and all draws.
        images: to train on; None: as many of MNIST's training images as the recipe says.
        epochs: in place of the recipe's.

    Raises:
        ValueError: an illness or a remedy that the cabinet has not, or unusable images.
        NonFiniteLossError: the loss became NaN or infinite: "NaN" is such an illness.
        SystemExit: training was stopped.
    """
    settings = recipe(illness, remedy)
    if epochs is not None:
        check_whole(1, epochs=epochs)
    model = SickVAE(
        settings["latent_dim"],
        settings["hidden"],
        settings["layer_norm"],
        as_seed(seed),
        variance=settings["variance"],
        learn_scale=settings.get("learn_scale", False),
        hold=settings.get("hold"),
    )
    _fit(model, settings, _of_recipe(settings) if images is None else images, seed, epochs)
    return model


def _fit(model: SickVAE, settings: dict[str, Any], images: Images, seed: int, epochs: int | None) -> None:
    epochs = settings["epochs"] if epochs is None else int(epochs)
    beta = warm_up(settings["warm_up"] * epochs) if "warm_up" in settings else settings.get("beta", 1.0)
    step = training_step
    if "free_nats" in settings:
        step = free_bits_step(settings["free_nats"])
    if "clip" in settings:
        step = clipped_step(settings["clip"])
    history = fit(
        model,
        images,
        epochs=epochs,
        batch_size=settings["batch_size"],
        learning_rate=settings["learning_rate"],
        one_cycle=settings["one_cycle"],
        beta=beta,
        step=step,
        seed=seed,
        progress=False,
    )
    if history.stopped:
        raise SystemExit("training was stopped, so there are no figures")


def _of_recipe(settings: dict[str, Any]) -> Images:
    return load_mnist("train")[0][: settings["images"]]


@torch.no_grad()
def describe(model: SickVAE, seen: Images, held_out: Images, seed: int = 0) -> Row:
    """What a model costs, in nats an image, with the plain loss: beta = 1, no free bits, however it was trained.

    Gaussian pixels get the scale that suits them first: :func:`calibrate`, on the images ``seen``, so that models of
    different scales are compared at their best.

    >>> [*describe(SickVAE(2, [8]), torch.rand(5, 1, 28, 28), torch.rand(5, 1, 28, 28))]
    ['reconstruction', 'kl', 'total', 'train', 'active', 'scale']

    Args:
        model: stays as it is, but for the scale of Gaussian pixels.
        seen: images that it was trained on.
        held_out: images that it was not trained on.
        seed: for the draws of z.

    Returns:
        "reconstruction", "kl" and their sum "total", the negative ELBO of the images held out; "train", that of those
        seen; "active", latents that tell images apart; "scale", s of Gaussian pixels, else None.

    Raises:
        TypeError, ValueError: another model, or images that it can't use.
    """
    check_can(model, "encode", "loss_terms")
    scale = calibrate(model, seen, seed) if getattr(model, "log_scale", None) is not None else None
    terms = evaluate(model, held_out, seed=seed)
    return {
        "reconstruction": round(terms.reconstruction, 2),
        "kl": round(terms.kl, 2),
        "total": round(terms.total, 2),
        "train": round(evaluate(model, seen, seed=seed).total, 2),
        "active": int(active_units(model.encode(held_out)[0]).sum()),
        "scale": None if scale is None else round(scale, 4),
    }


def measure(illness: str, remedy: str, seed: int = 0, epochs: int | None = None) -> Row:
    """Train, and measure on the test images: one row of the table.

    >>> measure("NaN", "none")["broke"]
    'epoch 1, step 2'

    Args:
        illness, remedy, seed, epochs: as of :func:`train`.

    Returns:
        "illness", "remedy", "seed", "seconds" of training, what :func:`describe` says, and "broke": when the loss was
        no longer finite (then there are no figures, all are None), else None.

    Raises:
        ValueError: an illness or a remedy that the cabinet has not.
        SystemExit: training was stopped.
    """
    started = time.perf_counter()
    row = {"illness": illness, "remedy": remedy, "seed": seed}
    try:
        model, broke = train(illness, remedy, seed, epochs=epochs), None
    except NonFiniteLossError as error:
        broke = f"epoch {error.epoch}, step {error.step}"
    row |= {"seconds": round(time.perf_counter() - started, 1), "broke": broke}
    if broke:
        return row | dict.fromkeys(["reconstruction", "kl", "total", "train", "active", "scale"])
    seen = _of_recipe(recipe(illness, remedy))[:SEEN]
    return row | describe(model, seen, load_mnist("test")[0], seed)


def load_cabinet(**wanted: Any) -> list[Row]:
    """The rows of data/tables/cabinet.json, each as :func:`measure` returns it.

    >>> len(load_cabinet(illness="large rate", remedy="one cycle"))  # three seeds
    3

    Args:
        wanted: what a row must say, by column.

    Raises:
        ValueError: no such column.
    """
    return read_rows(TABLE, **wanted)


def mean_image_cost() -> float:
    """What a model pays for a test image that says of each the mean of the training images: nats, at KL 0.

    >>> round(mean_image_cost())
    206
    """
    mean = load_mnist("train")[0][: RECIPE["images"]].mean(dim=0).clamp(1e-4, 1 - 1e-4)
    test = load_mnist("test")[0]
    return bernoulli_nll(torch.logit(mean).expand_as(test), test).mean().item()
