"""A ring of ten Gaussians, one for each digit: how many labels does it take until each class lies in its own?

The rows of the table are measured by :func:`measure`; ``python -m vae_helpers.pretrain.label_modes_table`` makes it.
"""

from statistics import fmean
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor

from vae_helpers.adversarial import AdversarialStep
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.data.tables import read_rows
from vae_helpers.encoding import encode_means
from vae_helpers.evaluation import Data, evaluate, hole_fraction
from vae_helpers.few_labels import read_linear, read_nearest
from vae_helpers.fidelity import class_logits
from vae_helpers.models import AdversarialAutoencoder, Autoencoder
from vae_helpers.sampled_priors import RingPrior
from vae_helpers.training import fit, warm_up
from vae_helpers.validation import (
    as_seed,
    check_not_negative,
    check_one_of,
    check_positive,
    check_some,
    check_whole,
    checked,
)

CLASSES = 10
NOT_KNOWN = CLASSES  # the label that says nothing
Kind = Literal["both", "half", "labelled", "ring", "autoencoder", "pixels"]
KINDS = get_args(Kind)
TOLD = ("both", "half", "labelled")  # the kinds whose discriminator is told labels
RECIPE = {"latent_dim": 2, "hidden": [128, 64], "judges": [64, 64], "epochs": 8, "warm_up_epochs": 4}
NEAR = 3  # standard deviations: so near to a mode's centre counts as in it; 98.9 % of the prior's own draws are
DRAWS = 400  # of each mode
LAST = 100  # steps of which the discriminator's mean loss is given
READ = (10, 100, 1000)  # labels a class that the readers of codes and pixels are given
TABLE = REPO_DATA / "tables" / "label_modes.json"

PerClass = int | Literal["all"]
Row = dict[str, Any]


@checked
def labelled_set(
    images: Float[Tensor, "N 1 28 28"],
    labels: Integer[Tensor, " N"],
    per_class: PerClass,
    seed: int = 0,
    repeat: float = 1.0,
) -> tuple[Float[Tensor, "M 1 28 28"], Integer[Tensor, " M"]]:
    """All images with the label "not known" (10), and a few with their own, again and again until they are as many.

    So each batch holds about as many of one kind as of the other.

    >>> images, labels = torch.rand(100, 1, 28, 28), torch.arange(10).repeat(10)
    >>> told = labelled_set(images, labels, per_class=2)[1]
    >>> len(told), (told == 10).sum()
    (200, tensor(100))

    Args:
        images: all of them.
        labels: their classes.
        per_class: how many of each class are labelled, or "all". A seed's larger sets hold its smaller ones.
        seed: for which.
        repeat: how many labelled ones there shall be for each that is not.

    Raises:
        ValueError: as for :func:`chosen_images`, or a ``repeat`` that is not > 0.
    """
    check_positive(repeat=repeat)
    chosen = chosen_images(labels, per_class, seed)
    chosen = chosen.repeat(-(-len(images) // len(chosen)))[: max(1, round(repeat * len(images)))]
    nothing_known = torch.full_like(labels, NOT_KNOWN)
    return torch.cat([images, images[chosen]]), torch.cat([nothing_known, labels[chosen]])


@checked
def chosen_images(labels: Integer[Tensor, " N"], per_class: PerClass, seed: int = 0) -> Integer[Tensor, " M"]:
    """The places of ``per_class`` images of each class, drawn at random, in an order that mixes the classes.

    >>> labels = torch.arange(10).repeat(10)
    >>> labels[chosen_images(labels, per_class=1)].sort().values
    tensor([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])

    Raises:
        ValueError: no labels, one that is not from 0 to 9, or fewer of a class than wanted.
    """
    check_some(labels=labels)
    if not 0 <= int(labels.min()) <= int(labels.max()) < CLASSES:
        raise ValueError(f"labels: want classes from 0 to 9, got {int(labels.min())} to {int(labels.max())}")
    order = torch.randperm(len(labels), generator=Generator().manual_seed(as_seed(seed)))
    if per_class == "all":
        return order
    check_whole(1, per_class=per_class)
    per_class = int(per_class)
    counts = labels.bincount(minlength=CLASSES)
    if counts.min() < per_class:
        raise ValueError(f"per_class: want at most {counts.min()}, as many as each class has, got {per_class}")
    chosen = torch.cat([order[labels[order] == k][:per_class] for k in range(CLASSES)])
    return chosen.reshape(CLASSES, -1).T.flatten()


def train(
    images: Tensor, labels: Tensor, per_class: PerClass, weight: float = 100.0, seed: int = 0, kind: Kind = "both"
) -> tuple[AdversarialAutoencoder, AdversarialStep]:
    """The autoencoder whose discriminator is told labels, by the recipe; its step holds the discriminator's losses.

    >>> model, step = train(torch.rand(20, 1, 28, 28), torch.arange(10).repeat(2), per_class=1)
    >>> model.classes, len(step.losses)  # one step an epoch
    (10, 8)

    Args:
        images, labels: all of them.
        per_class: see :func:`labelled_set`.
        weight: lambda, that of the encoder's loss.
        seed: for which images are labelled, and all else that is random.
        kind: "both" with the labelled images as many as the others, "half" with half as many; "labelled" leaves out
            the others, at as many steps.

    Raises:
        ValueError: another kind, a weight < 0, or as for :func:`labelled_set`.
        SystemExit: training was stopped.
    """
    check_one_of(TOLD, kind=kind)
    check_not_negative(weight=weight)
    data = labelled_set(images, labels, per_class, seed, 0.5 if kind == "half" else 1.0)
    if kind == "labelled":
        known = data[1] != NOT_KNOWN
        data = tuple(part[known].repeat(2, *[1] * (part.ndim - 1)) for part in data)
    model = AdversarialAutoencoder(
        RECIPE["latent_dim"], RECIPE["hidden"], judges=RECIPE["judges"], classes=CLASSES, seed=seed
    )
    return model, _play(model, data, weight, seed)


def measure(kind: Kind, per_class: PerClass, weight: float, seed: int = 0) -> Row:
    """Train on the training images and measure on the test images: one row of the table.

    - "both", "half", "labelled": see :func:`train`; what :func:`describe` says.
    - "ring", "autoencoder", "pixels": who hears of no label while training (an adversarial autoencoder with the ring
      as its prior; an autoencoder; nobody). Then each test image gets the class of the nearest labelled one ("nearest",
      by the number of labels a class), measured between codes, or between the pixels themselves; for these also by
      linear discriminant analysis ("linear"). ``per_class`` is 0.

    >>> row = load_label_modes()[0]  # to measure takes half a minute
    >>> [*row][:5]
    ['kind', 'per_class', 'weight', 'seed', 'own_mode']

    Raises:
        ValueError: another kind, a weight < 0, or a number of labels for a kind that is told none.
        SystemExit: training was stopped.
    """
    check_one_of(KINDS, kind=kind)
    check_not_negative(weight=weight)
    if kind not in TOLD and per_class != 0:
        raise ValueError(f"per_class: want 0, as {kind!r} is told no labels, got {per_class!r}")
    images, labels = load_mnist("train")
    row = {"kind": kind, "per_class": per_class, "weight": weight, "seed": as_seed(seed)}
    if kind in TOLD:
        model, step = train(images, labels, per_class, weight, seed, kind)
        found = describe(model, *load_mnist("test"), seed)
        return row | found | {"discriminator": round(fmean(step.losses[-LAST:]), 3)}
    return row | _without_labels(kind, images, labels, weight, seed)


@checked
def describe(
    model: AdversarialAutoencoder, images: Float[Tensor, "N 1 28 28"], labels: Integer[Tensor, " N"], seed: int = 0
) -> Row:
    """Where a model puts images that it was not trained on, and what it draws from each mode of the ring.

    >>> images, labels = torch.rand(20, 1, 28, 28), torch.arange(10).repeat(2)
    >>> [*describe(AdversarialAutoencoder(2, (8,)), images, labels)]
    ['own_mode', 'near_a_mode', 'reconstruction', 'drawn_as_asked', 'holes', 'classes']

    Returns:
        - "own_mode": the share of codes whose nearest mode is that of their class; chance is 0.1.
        - "near_a_mode": the share within three standard deviations of a mode's centre.
        - "reconstruction": nats per image.
        - "drawn_as_asked", "holes": of 400 draws of each mode, decoded: the share in which the course's classifier
          finds the mode's digit, and that in which it is less than 80 % sure of any.
        - "classes": "own_mode" of each class.
    """
    prior, codes = RingPrior(CLASSES), encode_means(model, images)
    right = (prior.modes_of(codes) == labels).float()
    distance = torch.cdist(codes, prior.centres.to(codes)).amin(dim=1)
    asked = torch.arange(CLASSES).repeat(DRAWS)
    draws = prior.sample_modes(asked, Generator().manual_seed(as_seed(seed)))
    logits = class_logits(model, draws.to(codes))
    return {
        "own_mode": _rounded(right.mean()),
        "near_a_mode": _rounded((distance <= NEAR * prior.spread).float().mean()),
        "reconstruction": round(evaluate(model, images).reconstruction, 2),
        "drawn_as_asked": _rounded((logits.argmax(dim=1) == asked).float().mean()),
        "holes": _rounded(hole_fraction(logits)),
        "classes": [_rounded(right[labels == k].mean()) for k in range(CLASSES)],
    }


def load_label_modes() -> list[Row]:
    """The rows of data/tables/label_modes.json, each as :func:`measure` returns it.

    >>> sorted({row["kind"] for row in load_label_modes()})
    ['autoencoder', 'both', 'half', 'labelled', 'pixels', 'ring']
    """
    return read_rows(TABLE)


def _without_labels(kind: Kind, images: Tensor, labels: Tensor, weight: float, seed: int) -> Row:
    """What labels are worth to who hears of them only afterwards."""
    new_images, new_labels = load_mnist("test")
    points, new_points, row = images.flatten(1), new_images.flatten(1), {}
    if kind != "pixels":
        model = _unlabelled_model(kind, images, weight, seed)
        points, new_points = encode_means(model, images), encode_means(model, new_images)
        row["reconstruction"] = round(evaluate(model, new_images).reconstruction, 2)
    readers = {"nearest": read_nearest, "linear": read_linear} if kind == "pixels" else {"nearest": read_nearest}
    for name, read in readers.items():
        row[name] = {}
        for per_class in READ:
            told = chosen_images(labels, per_class, seed)
            found = torch.cat([read(points[told], labels[told], part) for part in new_points.split(1000)])
            row[name][str(per_class)] = _rounded((found == new_labels).float().mean())
    return row


def _unlabelled_model(kind: Kind, images: Tensor, weight: float, seed: int) -> Autoencoder:
    sizes = RECIPE["latent_dim"], RECIPE["hidden"]
    if kind == "autoencoder":
        model = Autoencoder(*sizes, seed=seed)
        _fit(model, images, seed)
    else:
        model = AdversarialAutoencoder(*sizes, judges=RECIPE["judges"], seed=seed)
        _play(model, images, weight, seed)
    return model


def _play(model: AdversarialAutoencoder, data: Data, weight: float, seed: int) -> AdversarialStep:
    """Train towards the ring; the step has the discriminator's losses."""
    step = AdversarialStep(model, RingPrior(CLASSES))
    _fit(model, data, seed, step=step, beta=warm_up(RECIPE["warm_up_epochs"], weight))
    return step


def _fit(model: Autoencoder, data: Data, seed: int, **options: Any) -> None:
    if fit(model, data, epochs=RECIPE["epochs"], seed=seed, progress=False, **options).stopped:
        raise SystemExit("training was stopped, so there is no model")


def _rounded(share: Tensor) -> float:
    return round(share.item(), 4)
