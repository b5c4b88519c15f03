"""How many labels does a reader of codes need? Three readers that differ in what they may look at.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor

from vae_helpers.latent_space import nearest_labels
from vae_helpers.validation import as_seed, check_finite, check_some, check_whole, checked

COUNTS = (10, 30, 100, 300, 1000)
Reader = Callable[[Tensor, Tensor, Tensor], Tensor]


@checked
def read_linear(
    codes: Float[Tensor, "N D"], labels: Integer[Tensor, " N"], new_codes: Float[Tensor, "M D"]
) -> Integer[Tensor, " M"]:
    """The class whose mean is nearest, measured by the spread within the classes: linear discriminant analysis.

    It treats all directions alike: rotate the codes, old and new, and it says the same. How often a class has a label
    does not count, as if all classes were equally frequent.

    >>> codes = torch.tensor([[0.0, 1.0], [0.0, 1.1], [3.0, 0.9], [3.0, 1.2]])
    >>> read_linear(codes, torch.tensor([7, 7, 2, 2]), torch.tensor([[0.5, 5.0], [2.8, -5.0]]))
    tensor([7, 2])

    Args:
        codes: N of which the class is known.
        labels: their classes, >= 0.
        new_codes: M of which it is to be told.

    Returns:
        Their classes, as it seems; one that has no label is never named.

    Raises:
        ValueError: no codes, NaN, or a class < 0.

    The covariance is the classes' own, pooled, with one image more that differs by 1 in all directions, as the prior
    N(0, I) has it: so ten labels are enough to have one. Source: Hastie et al. 2009, *The Elements of Statistical
    Learning*, section 4.3.
    """
    classes, of = _classes(codes, labels, new_codes)
    means = _means(codes, of, len(classes))
    within = codes - means[of]
    covariance = (within.T @ within + torch.eye(codes.shape[1]).to(codes)) / (len(codes) + 1)
    whitening = torch.linalg.inv(torch.linalg.cholesky(covariance)).T
    return classes[torch.cdist(new_codes @ whitening, means @ whitening).argmin(dim=1)]


@checked
def read_one_latent(
    codes: Float[Tensor, "N D"], labels: Integer[Tensor, " N"], new_codes: Float[Tensor, "M D"]
) -> Integer[Tensor, " M"]:
    """The class whose mean is nearest in one latent: the one in which most of the labelled codes are read correctly.

    :func:`read_linear` for a single latent; so the two differ only in how many they see.

    >>> codes = torch.tensor([[0.0, 9.0], [0.1, -9.0], [3.0, 9.0], [3.1, -9.0]])
    >>> read_one_latent(codes, torch.tensor([7, 7, 2, 2]), torch.tensor([[0.5, 5.0], [2.8, -5.0]]))
    tensor([7, 2])

    Args, returns, errors: as for :func:`read_linear`.
    """
    classes, of = _classes(codes, labels, new_codes)
    means = _means(codes, of, len(classes))
    read = (codes[:, None] - means).abs().argmin(dim=1)  # (N, D): the class by each latent
    best = (read == of[:, None]).float().mean(dim=0).argmax()
    return classes[(new_codes[:, best, None] - means[:, best]).abs().argmin(dim=1)]


@checked
def read_nearest(
    codes: Float[Tensor, "N D"], labels: Integer[Tensor, " N"], new_codes: Float[Tensor, "M D"]
) -> Integer[Tensor, " M"]:
    """The class of the nearest code; distances don't change when codes are rotated.

    >>> read_nearest(torch.tensor([[0.0, 1.0], [3.0, 1.0]]), torch.tensor([7, 2]), torch.tensor([[0.5, 5.0]]))
    tensor([7])

    Args, returns, errors: as for :func:`read_linear`.
    """
    _classes(codes, labels, new_codes)
    return nearest_labels(new_codes, codes, labels, k=1)


READERS: dict[str, Reader] = {
    "linear, all latents": read_linear,
    "nearest neighbour": read_nearest,
    "linear, one latent": read_one_latent,
}


@checked
def label_curves(
    codes: Float[Tensor, "N D"],
    labels: Integer[Tensor, " N"],
    counts: Sequence[int] = COUNTS,
    draws: int = 10,
    new: int = 1000,
    seed: int = 0,
) -> dict[str, Float[Tensor, "draws counts"]]:
    """The share of new images that each of ``READERS`` reads correctly, by how many labels it was given.

    >>> codes = torch.arange(400.0)[:, None] % 4
    >>> curves = label_curves(codes, codes[:, 0].long(), counts=(1, 50), draws=2, new=100)
    >>> curves["nearest neighbour"][:, 1]  # fifty labels show all four classes
    tensor([1., 1.])

    Args:
        codes: of all images.
        labels: of each, >= 0.
        counts: how many are told.
        draws: how often other images are drawn, those with a label and the new ones. The larger sets of a draw hold
            the smaller ones, and a seed draws the same images whatever their codes are, so that codes can be compared.
        new: how many are to be read.
        seed: for the draws.

    Raises:
        ValueError: too few codes for the largest count and ``new``, or what the readers refuse.
    """
    check_whole(1, draws=draws, new=new, **{f"counts[{k}]": count for k, count in enumerate(counts)})
    if len(counts) == 0 or max(counts) + new > len(codes):
        raise ValueError(f"counts: want some, of at most {len(codes)} - {new} labels, got {tuple(counts)}")
    counts, draws, new = [int(count) for count in counts], int(draws), int(new)
    generator = Generator().manual_seed(as_seed(seed))
    curves = {name: torch.zeros(draws, len(counts)) for name in READERS}
    for draw in range(draws):
        order = torch.randperm(len(codes), generator=generator)
        unseen = order[-new:]
        for k, count in enumerate(counts):
            told = order[:count]
            for name, read in READERS.items():
                right = read(codes[told], labels[told], codes[unseen]) == labels[unseen]
                curves[name][draw, k] = right.float().mean()
    return curves


def _classes(codes: Tensor, labels: Tensor, new_codes: Tensor) -> tuple[Tensor, Tensor]:
    """The classes that have a label, and the place of each label among them; raises for unusable ones."""
    check_some(codes=codes, new_codes=new_codes)
    check_finite(codes=codes, new_codes=new_codes)
    if labels.min() < 0:
        raise ValueError(f"labels: want classes from 0 on, got {labels.min().item()}")
    return labels.unique(return_inverse=True)


def _means(codes: Tensor, of: Tensor, classes: int) -> Float[Tensor, "C D"]:
    sums = torch.zeros(classes, codes.shape[1]).to(codes).index_add_(0, of, codes)
    return sums / of.bincount(minlength=classes)[:, None]
