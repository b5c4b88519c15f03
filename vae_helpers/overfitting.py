"""How much a conditional VAE overfits, by what the condition says and by the number of training images.

Each of the conditions here is defined for a new image too, so that a test image has one: see :func:`conditions_of`.
"""

from typing import Literal, get_args

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor

from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.data.tables import read_rows
from vae_helpers.evaluation import evaluate
from vae_helpers.models import ConditionalVAE
from vae_helpers.training import fit
from vae_helpers.validation import as_seed, check_one_of, check_some, check_whole, checked

Kind = Literal["none", "label", "few random", "random", "cluster", "image"]
KINDS = get_args(Kind)
CLASSES, FEW = 100, 10  # of the clusters and of the random numbers; of the "few random" ones
BATCH, STEPS = 100, 600  # of every training, whatever the number of images
LATENT_DIM, HIDDEN = 8, (128,)
TABLE = REPO_DATA / "tables" / "overfitting.json"


@checked
def nearest(images: Float[Tensor, "N 1 28 28"], centres: Float[Tensor, "K 1 28 28"]) -> Integer[Tensor, " N"]:
    """The number of the centre that is nearest to each image, by squared distance of the pixels.

    >>> nearest(torch.full((2, 1, 28, 28), 0.9), torch.stack([torch.zeros(1, 28, 28), torch.ones(1, 28, 28)]))
    tensor([1, 1])

    Raises:
        ValueError: no centre.
    """
    check_some(centres=centres)
    return torch.cat([torch.cdist(part.flatten(1), centres.flatten(1)).argmin(dim=1) for part in images.split(2000)])


@checked
def k_means(
    images: Float[Tensor, "N 1 28 28"], clusters: int = CLASSES, rounds: int = 10, seed: int = 0
) -> Float[Tensor, "K 1 28 28"]:
    """The centres of K clusters: begin at K of the images, then move each to the mean of those nearest to it.

    >>> k_means(torch.rand(50, 1, 28, 28), clusters=3).shape
    torch.Size([3, 1, 28, 28])

    Raises:
        ValueError: fewer images than clusters, or numbers that are not whole.

    Source: Lloyd 1982, *Least squares quantization in PCM*.
    """
    check_whole(1, clusters=clusters, rounds=rounds)
    if len(images) < clusters:
        raise ValueError(f"clusters: want at most one for each of the {len(images)} images, got {clusters}")
    chosen = torch.randperm(len(images), generator=Generator().manual_seed(as_seed(seed)))[:clusters]
    centres = images[chosen].clone()
    for _ in range(rounds):
        ids = nearest(images, centres)
        sums = torch.zeros_like(centres).index_add_(0, ids, images)
        counts = ids.bincount(minlength=clusters)[:, None, None, None]
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)  # an empty cluster stays where it is
    return centres


def conditions_of(
    kind: Kind, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], seed: int = 0
) -> tuple[Integer[Tensor, " N"], Integer[Tensor, " M"], int]:
    """Class numbers for training and test images, and how many classes there are.

    - "none": all are 0, which says nothing.
    - "label": the digit, 10 classes.
    - "few random": one of 10 numbers, drawn for each image.
    - "random": one of 100 numbers, drawn for each image, so that it says nothing about it.
    - "cluster": the nearest of 100 k-means centres of the training images.
    - "image": the nearest *training image*. That of a training image is itself, so each has a class of its own.

    >>> images, labels = torch.rand(4, 1, 28, 28), torch.tensor([7, 2, 1, 0])
    >>> conditions_of("label", train=(images[:3], labels[:3]), test=(images[3:], labels[3:]))
    (tensor([7, 2, 1]), tensor([0]), 10)

    Args:
        train, test: images and labels.

    Raises:
        ValueError: another kind.
    """
    check_one_of(KINDS, kind=kind)
    if kind == "none":
        return *(torch.zeros(len(images), dtype=torch.long) for images, _ in (train, test)), 1
    if kind == "label":
        return train[1], test[1], 10
    if kind in ("few random", "random"):
        classes = CLASSES if kind == "random" else FEW
        generator = Generator().manual_seed(as_seed(seed))
        return *(torch.randint(classes, (len(images),), generator=generator) for images, _ in (train, test)), classes
    if kind == "cluster":
        centres = k_means(train[0], seed=seed)
        return nearest(train[0], centres), nearest(test[0], centres), CLASSES
    return torch.arange(len(train[0])), nearest(test[0], train[0]), len(train[0])


def measure(kind: Kind, images: int, seed: int = 0, steps: int = STEPS) -> dict[str, str | int | float]:
    """Train on so many images, chosen by the seed, and measure the negative ELBO on (at most 10,000 of) them and on
    the test set: one row of the table.

    >>> [*measure("label", images=100, steps=1)]
    ['condition', 'images', 'seed', 'steps', 'train', 'train_kl', 'test', 'test_kl']

    Raises:
        ValueError: another kind, or a number of images that is no multiple of 100, or steps that make no whole epochs.
        SystemExit: training was stopped, so there are no figures.
    """
    check_whole(1, images=images, steps=steps)
    if images % BATCH or steps * BATCH % images:
        raise ValueError(f"steps: want whole epochs in batches of {BATCH}, got {steps} steps for {images} images")
    train, test = load_mnist("train", n=images, seed=seed), load_mnist("test")
    c, c_test, classes = conditions_of(kind, train, test, seed)
    model = ConditionalVAE(LATENT_DIM, classes, hidden=HIDDEN, seed=seed)
    epochs = steps * BATCH // images
    if fit(model, (train[0], c), epochs=epochs, batch_size=BATCH, seed=seed, progress=False).stopped:
        raise SystemExit("training was stopped, so there are no figures")
    seen, unseen = evaluate(model, (train[0][:10_000], c[:10_000])), evaluate(model, (test[0], c_test))
    figures = {"train": seen.total, "train_kl": seen.kl, "test": unseen.total, "test_kl": unseen.kl}
    row = {"condition": kind, "images": images, "seed": seed, "steps": steps}
    return row | {name: round(value, 2) for name, value in figures.items()}


def load_table() -> list[dict[str, str | int | float]]:
    """The rows of data/tables/overfitting.json, each as :func:`measure` returns it.

    >>> sorted({row["condition"] for row in load_table()})
    ['cluster', 'few random', 'image', 'label', 'none', 'random']
    """
    return read_rows(TABLE)
