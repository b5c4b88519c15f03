"""What do the latents of digits follow: slant, stroke width, width, class? Read off codes, and along a latent.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from typing import Any

import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn

from vae_helpers.data import REPO_DATA
from vae_helpers.data.tables import read_rows
from vae_helpers.encoding import decode_images
from vae_helpers.handwriting import measure
from vae_helpers.latent_space import traverse
from vae_helpers.validation import check_finite, check_some, checked

TABLE = REPO_DATA / "tables" / "mnist_beta.json"
ENDS = (-2.0, 2.0)  # of a walk, in standard deviations of the prior


@checked
def shares(codes: Float[Tensor, "N D"], measures: Float[Tensor, "N K"]) -> Float[Tensor, "D K"]:
    """How much of each measure's variance a straight line in each latent alone explains: the squared correlation.

    >>> codes = torch.tensor([[0.0, 1.0], [1.0, -1.0], [2.0, 1.0], [3.0, -1.0]])
    >>> shares(codes, measures=5 - codes[:, :1])
    tensor([[1.0000],
            [0.2000]])

    Returns:
        From 0 to 1; 0 for a latent, or a measure, that never changes.

    Raises:
        ValueError: no codes, or NaN.
    """
    a, b = _centred(codes=codes), _centred(measures=measures)
    both = (a.T @ b).square() / (a.square().sum(dim=0)[:, None] * b.square().sum(dim=0))
    return both.nan_to_num(0.0).to(codes)


@checked
def share_of_all(codes: Float[Tensor, "N D"], measures: Float[Tensor, "N K"]) -> Float[Tensor, " K"]:
    """How much of each measure's variance the best linear function of all latents explains (R squared).

    >>> codes = torch.tensor([[0.0, 1.0], [1.0, -1.0], [2.0, 1.0], [3.0, -1.0]])
    >>> share_of_all(codes, measures=codes.sum(dim=1, keepdim=True))
    tensor([1.])

    Args, returns, errors: as for :func:`shares`.
    """
    a, b = _centred(codes=codes), _centred(measures=measures)
    left = b - a @ torch.linalg.lstsq(a, b, driver="gelsd").solution
    return (1 - left.square().sum(dim=0) / b.square().sum(dim=0)).nan_to_num(0.0).to(codes)


@checked
def class_shares(codes: Float[Tensor, "N D"], labels: Integer[Tensor, " N"]) -> Float[Tensor, " D"]:
    """How much of each latent's variance lies between the classes (the correlation ratio, eta squared).

    1: images of a class all have the same value; 0: the classes have the same mean.

    >>> class_shares(torch.tensor([[0.0, 1.0], [0.0, 2.0], [4.0, 1.0], [4.0, 2.0]]), torch.tensor([0, 0, 1, 1]))
    tensor([1., 0.])

    Raises:
        ValueError: no codes, or NaN.
    """
    a = _centred(codes=codes)
    classes, of = labels.cpu().unique(return_inverse=True)
    sums = torch.zeros(len(classes), a.shape[1], dtype=a.dtype).index_add_(0, of, a)
    between = (sums.square() / of.bincount()[:, None]).sum(dim=0)
    return (between / a.square().sum(dim=0)).nan_to_num(0.0).to(codes)


@checked
def moved(model: nn.Module, codes: Float[Tensor, "N D"], ends: tuple[float, float] = ENDS) -> Float[Tensor, "D 3"]:
    """How much the decoded digit's :func:`vae_helpers.handwriting.measure` changes when one latent moves, end to end.

    Each code in turn is taken to both ends of each latent, the others held, decoded and measured.

    >>> from vae_helpers.models import VAE
    >>> moved(VAE(latent_dim=4), torch.zeros(5, 4)).shape
    torch.Size([4, 3])

    Returns:
        The mean over codes: degrees, pixels and pixels.

    Raises:
        TypeError, ValueError: no model with ``decode``, or codes that it can't decode.
    """
    check_some(codes=codes)
    walks = torch.stack([traverse(code, torch.tensor(ends).to(code)) for code in codes])  # (N, D, 2, D)
    measured = measure(decode_images(model, walks.flatten(0, 2))).unflatten(0, walks.shape[:3])
    return (measured[:, :, 1] - measured[:, :, 0]).mean(dim=0)


def load_table() -> list[dict[str, Any]]:
    """The shipped table, a row a model: ``make weights`` trains them, ``pretrain/mnist_beta.py`` says how.

    >>> sorted({(row["beta"], row["seed"]) for row in load_table()})
    [(1.0, 0), (1.0, 1), (1.0, 2), (4.0, 0), (4.0, 1), (4.0, 2)]
    """
    return read_rows(TABLE)


def _centred(**columns: Tensor) -> Float[Tensor, "N D"]:
    """Around the mean, in double precision: thousands of squares are summed; on the CPU, which has it everywhere."""
    check_some(**columns)
    check_finite(**columns)
    (values,) = columns.values()
    values = values.cpu().double()
    return values - values.mean(dim=0)
