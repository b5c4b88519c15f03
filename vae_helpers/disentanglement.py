"""Do the latents follow the factors that an image was made from, one each?

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from vae_helpers.validation import check_finite, check_some, check_whole, checked

BINS = 20  # as in Locatello et al. 2019


@checked
def mutual_information(
    codes: Float[Tensor, "N D"], factors: Integer[Tensor, "N K"], bins: int = BINS
) -> Float[Tensor, "D K"]:
    """The mutual information of each latent with each factor, from counts: each latent is cut into equal bins.

    >>> factors = torch.cartesian_prod(torch.arange(2), torch.arange(4))
    >>> mutual_information(factors.float(), factors)  # log 2 and log 4
    tensor([[0.6931, 0.0000],
            [0.0000, 1.3863]])

    Args:
        codes: a row of latents an image. Draws from q(z|x), as in Chen et al. 2018: the means of a dimension that
            sleeps differ by crumbs, and bins that reach from the smallest to the largest would take them for news.
        factors: whole numbers >= 0, a column a factor.
        bins: of equal width, from the smallest to the largest value of each latent.

    Returns:
        Nats, >= 0 up to rounding. Counting N images in bins x values cells gives a little too much: independent ones
        seem to share about (bins - 1)(values - 1)/(2 N) nats.

    Raises:
        ValueError: no codes, NaN, bins that are no whole number >= 2, or a factor < 0.
    """
    _check_factors(factors)
    pairs = [[_shared(latent, factor) for factor in factors.T] for latent in _binned(codes, bins).T]
    return torch.tensor(pairs).reshape(codes.shape[1], factors.shape[1])


@checked
def factor_entropies(factors: Integer[Tensor, "N K"]) -> Float[Tensor, " K"]:
    """The entropy of each factor in nats: the most that a latent can tell about it.

    >>> factor_entropies(torch.cartesian_prod(torch.arange(2), torch.arange(4)))
    tensor([0.6931, 1.3863])

    Raises:
        ValueError: no factors, or one < 0.
    """
    _check_factors(factors)
    shares = [factor.cpu().bincount().double() / len(factor) for factor in factors.T]
    return torch.stack([torch.special.entr(share).sum() for share in shares]).float()  # entr(p): -p log p, and 0 at 0


@checked
def information_gaps(information: Float[Tensor, "D K"], entropies: Float[Tensor, " K"]) -> Float[Tensor, " K"]:
    """For each factor, how far the latent that tells most is ahead of the next, as a share of the factor's entropy.

    >>> information_gaps(torch.tensor([[0.6, 0.5], [0.1, 0.5]]), entropies=torch.tensor([1.0, 2.0]))
    tensor([0.5000, 0.0000])

    Args:
        information: what each latent tells about each factor, in nats.
        entropies: of the factors, > 0.

    Returns:
        Between 0 and 1.

    Raises:
        ValueError: fewer than two latents, or an entropy that is not > 0.

    Source: Chen et al. 2018 (arXiv 1802.04942), equation 6, before its mean over factors.
    """
    _check_gaps(information, entropies)
    first, second = information.topk(2, dim=0).values
    return (first - second) / entropies


def mutual_information_gap(codes: Float[Tensor, "N D"], factors: Integer[Tensor, "N K"], bins: int = BINS) -> float:
    """The mutual information gap (MIG): the mean of :func:`information_gaps` over the factors.

    1 if each factor is told by one latent alone, 0 if two latents tell about each as much as the other.

    >>> factors = torch.cartesian_prod(torch.arange(4), torch.arange(4))
    >>> mixed = factors.float() @ torch.tensor([[1.0, 1.0], [1.0, -1.0]])
    >>> round(mutual_information_gap(factors.float(), factors), 3), round(mutual_information_gap(mixed, factors), 3)
    (1.0, 0.0)

    Args, errors: as for :func:`mutual_information`; two latents or more.

    Source: Chen et al. 2018 (arXiv 1802.04942), section 4.1.
    """
    return information_gaps(mutual_information(codes, factors, bins), factor_entropies(factors)).mean().item()


@checked
def guess_accuracies(
    codes: Float[Tensor, "N D"], factors: Integer[Tensor, "N K"], bins: int = BINS
) -> Float[Tensor, "D K"]:
    """How often the best guess of each factor from one latent is right, whose values were cut into equal bins.

    In each bin the guess is the value of the factor of which the largest share lies there. Each value counts as much as
    the others, however many images have it (balanced accuracy).

    >>> factors = torch.cartesian_prod(torch.arange(2), torch.arange(4))
    >>> guess_accuracies(factors.float(), factors)  # by chance, 1/2 and 1/4 are right
    tensor([[1.0000, 0.2500],
            [0.5000, 1.0000]])

    Args, errors: as for :func:`mutual_information`.

    Returns:
        Between 1 / (values of the factor) and 1; a little too much, since guessed and counted on the same images.
    """
    _check_factors(factors)
    pairs = [[_guessed(latent, factor) for factor in factors.T] for latent in _binned(codes, bins).T]
    return torch.tensor(pairs).reshape(codes.shape[1], factors.shape[1])


def separated_attribute_predictability(
    codes: Float[Tensor, "N D"], factors: Integer[Tensor, "N K"], bins: int = BINS
) -> float:
    """The SAP score: how far the latent that guesses a factor best is ahead of the next, mean over factors.

    Perfect codes reach the mean of 1 - 1/(values of the factor), since the second-best latent still guesses by chance.

    >>> factors = torch.cartesian_prod(torch.arange(4), torch.arange(4))
    >>> mixed = factors.float() @ torch.tensor([[1.0, 1.0], [1.0, -1.0]])
    >>> [round(separated_attribute_predictability(codes, factors), 3) for codes in (factors.float(), mixed)]
    [0.75, 0.0]

    Args, errors: as for :func:`mutual_information`; two latents or more.

    Source: Kumar, Sattigeri & Balakrishnan 2018 (arXiv 1711.00848), section 3, for categorical factors; there the
    guess is made by thresholds that are fitted, here by bins.
    """
    accuracies = guess_accuracies(codes, factors, bins)
    if len(accuracies) < 2:
        raise ValueError(f"codes: want two latents or more, since their gap is asked for, got {len(accuracies)}")
    first, second = accuracies.topk(2, dim=0).values
    return (first - second).mean().item()


def _binned(codes: Float[Tensor, "N D"], bins: int) -> Integer[Tensor, "N D"]:
    """Which of the bins of equal width, from 0 on, each value lies in; a latent that never changes has one.

    In double precision, where a width can be held however near to one another, or far apart, float32 values lie.
    """
    check_some(codes=codes)
    check_finite(codes=codes)
    check_whole(2, bins=bins)
    codes = codes.cpu().double()
    low, high = codes.amin(dim=0), codes.amax(dim=0)
    width = torch.where(high > low, (high - low) / int(bins), 1.0)
    return ((codes - low) / width).long().clamp(max=bins - 1)


def _counts(latent: Integer[Tensor, " N"], factor: Integer[Tensor, " N"]) -> Float[Tensor, "bins values"]:
    """How often each bin of a latent meets each value of a factor."""
    values = int(factor.max()) + 1
    pairs = latent * values + factor.cpu()  # the latent's are int64: a factor of bytes can't run over
    return pairs.bincount(minlength=(int(latent.max()) + 1) * values).reshape(-1, values).double()


def _guessed(latent: Integer[Tensor, " N"], factor: Integer[Tensor, " N"]) -> float:
    counts = _counts(latent, factor)
    counts = counts[:, counts.sum(dim=0) > 0]  # values that occur
    return (counts / counts.sum(dim=0)).amax(dim=1).sum().item() / counts.shape[1]


def _shared(latent: Integer[Tensor, " N"], factor: Integer[Tensor, " N"]) -> float:
    """The mutual information of a binned latent with a factor, in nats."""
    joint = _counts(latent, factor) / len(latent)
    independent = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    seen = joint > 0
    return (joint[seen] * (joint[seen] / independent[seen]).log()).sum().item()


def _check_factors(factors: Integer[Tensor, "N K"]) -> None:
    check_some(factors=factors)
    if factors.min() < 0:
        raise ValueError(f"factors: want whole numbers from 0 on, got {factors.min().item()}")


def _check_gaps(information: Float[Tensor, "D K"], entropies: Float[Tensor, " K"]) -> None:
    if len(information) < 2:
        raise ValueError(f"information: want two latents or more, since their gap is asked for, got {len(information)}")
    if not (entropies > 0).all():
        raise ValueError(f"entropies: want numbers > 0, got {entropies.tolist()}: a factor that never changes has none")
