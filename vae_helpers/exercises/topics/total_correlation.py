"""The exercise on how much the dimensions of a Gaussian tell about one another, with mistakes as implementations."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.total_correlation import gaussian_total_correlation

UNDERFLOW = "With many dimensions the determinant rounds to 0 (or to infinity); its logarithm does not: torch.logdet."


def _covariances() -> list[Inputs]:
    def pair(correlation: float, first: float = 1.0, second: float = 1.0) -> Inputs:
        shared = correlation * math.sqrt(first * second)
        return (torch.tensor([[first, shared], [shared, second]]),)

    def any_one(d: int, scale: float = 1.0) -> Inputs:
        root = torch.randn(d, 2 * d, generator=Generator().manual_seed(d))
        product = root @ root.T
        return (scale * (product + product.T) / (4 * d),)  # rounding left it a little lopsided

    return [
        pair(0.6),
        pair(-0.5, 4.0, 0.25),
        (torch.diag(torch.tensor([4.0, 0.25, 2.0])),),  # independent
        (torch.tensor([[3.0]]),),  # one dimension
        pair(0.99, 100.0, 0.01),  # nearly the same number twice
        any_one(3),
        any_one(5),
        any_one(40, 1e-3),  # the determinant rounds to 0
        any_one(40, 1e3),  # and here to infinity
    ]


def _from_logs(combine: Callable[[Tensor, Tensor, int], Tensor]) -> Callable:
    """An answer from the sum of the D log variances, the log determinant, and D."""
    return lambda covariance: combine(covariance.diagonal().log().sum(), torch.logdet(covariance), len(covariance))


def _with_trace(combine: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable:
    """An answer in which sum(variances - 1) enters, too, as in a KL to N(0, I)."""

    def answer(covariance: Tensor) -> Tensor:
        variances = covariance.diagonal()
        return combine((variances - 1).sum(), variances.log().sum(), torch.logdet(covariance))

    return answer


def _between_pairs(score: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that adds up something of the correlation of each pair of dimensions."""

    def answer(covariance: Tensor) -> Tensor:
        sigma = covariance.diagonal().sqrt()
        pairs = torch.triu_indices(*covariance.shape, offset=1)
        return score((covariance / sigma / sigma[:, None])[pairs.unbind()]).sum()

    return answer


def _off_diagonal(covariance: Tensor) -> Tensor:
    return covariance - covariance.diagonal().diag()


def _reversed(covariance: Tensor) -> Tensor:
    trace = (torch.linalg.inv(covariance).diagonal() * covariance.diagonal()).sum()
    return 0.5 * (trace - len(covariance)) - gaussian_total_correlation(covariance)


def _determinant_has_digits(covariance: Tensor) -> bool:
    return abs(float(torch.logdet(covariance))) < 80


SUMS = (
    Misconception(
        "half_missing",
        _from_logs(lambda v, d, n: v - d),
        "this is twice the total correlation: is the 1/2 there?",
    ),
    Misconception(
        "sign_flipped",
        _from_logs(lambda v, d, n: 0.5 * (d - v)),
        "this is never positive; a KL is never negative. The determinant is at most the product of the variances, so "
        "its logarithm is subtracted.",
    ),
    Misconception(
        "in_bits",
        _from_logs(lambda v, d, n: 0.5 * (v - d) / math.log(2)),
        "this is in bits; nats have the natural logarithm.",
    ),
    Misconception(
        "half_on_the_variances_alone",
        _from_logs(lambda v, d, n: 0.5 * v - d),
        "the 1/2 belongs to both terms: it stands before the brackets.",
    ),
    Misconception(
        "sigma_for_variance",
        _from_logs(lambda v, d, n: 0.5 * (0.5 * v - d)),
        "the determinant is set against the standard deviations; it belongs beside the product of the *variances*, "
        "which stand on the diagonal.",
    ),
    Misconception(
        "variances_twice",
        _from_logs(lambda v, d, n: 0.5 * (2 * v - d)),
        "the variances count twice: the 1/2 belongs to both terms, and what stands on the diagonal needs no square.",
    ),
    Misconception(
        "added",
        _from_logs(lambda v, d, n: 0.5 * (v + d)),
        "the two terms are added; the total correlation is their difference.",
    ),
    Misconception(
        "variances_forgotten",
        _from_logs(lambda v, d, n: -0.5 * d),
        "right only if all variances are 1 (or have the product 1). Where does the diagonal enter?",
    ),
    Misconception(
        "joint_forgotten",
        _from_logs(lambda v, d, n: 0.5 * v),
        "this knows the variances alone. Where do the covariances enter?",
    ),
    Misconception(
        "entropy_of_the_joint",
        _from_logs(lambda v, d, n: 0.5 * (d + n * math.log(2 * math.pi * math.e))),
        "this is the entropy of all dimensions together. Subtract it from the sum of the entropies of each alone.",
    ),
    Misconception(
        "a_dimension",
        _from_logs(lambda v, d, n: 0.5 * (v - d) / n),
        "this divides by the number of dimensions; the total correlation is that of all of them together.",
    ),
    Misconception(
        "trace_forgotten",
        _from_logs(lambda v, d, n: 0.5 * (v - d - n)),
        "this is D/2 too small. In the KL of two Gaussians, -D cancels against the trace, which is D here: both have "
        "the same variances.",
    ),
    Misconception(
        "trace_left",
        _from_logs(lambda v, d, n: 0.5 * (v - d + n)),
        "this is D/2 too large. In the KL of two Gaussians, the trace, which is D here, cancels against -D.",
    ),
    Misconception(
        "not_summed",
        lambda covariance: 0.5 * (covariance.diagonal().log() - torch.logdet(covariance)),
        "this is a number for each dimension: sum the logarithms of the variances.",
    ),
    Misconception(
        "against_the_prior",
        _with_trace(lambda excess, v, d: 0.5 * (excess - d)),
        "this is the KL to N(0, I): the total correlation and, besides, how far each dimension is from N(0, 1). "
        "Compare with independent dimensions *of the same variances*.",
    ),
    Misconception(
        "dimension_wise",
        _with_trace(lambda excess, v, d: 0.5 * (excess - v)),
        "this is the dimension-wise KL: how far each dimension alone is from N(0, 1). The total correlation is what "
        "the dimensions tell about one another.",
    ),
    Misconception(
        "trace_of_the_covariance",
        _with_trace(lambda excess, v, d: 0.5 * (excess + v - d)),
        "the terms with the trace do not belong here: both distributions have the same variances, and they cancel.",
    ),
    Misconception(
        "log_of_the_sum",
        lambda covariance: 0.5 * (covariance.trace().log() - torch.logdet(covariance)),
        "this is the logarithm of the variances' sum; the product is wanted, so sum the logarithms.",
    ),
    Misconception(
        "variances_without_log",
        lambda covariance: 0.5 * (covariance.trace() - torch.logdet(covariance)),
        "the variances are added without their logarithm.",
    ),
    Misconception(
        "determinant_without_log",
        lambda covariance: 0.5 * (covariance.diagonal().log().sum() - torch.det(covariance)),
        "the determinant lacks its logarithm: torch.logdet.",
    ),
    Misconception(
        "no_logs",
        lambda covariance: 0.5 * (covariance.diagonal().prod() - torch.det(covariance)),
        "the determinant is subtracted from the variances' product, without logarithms.",
    ),
    Misconception(
        "reversed",
        _reversed,
        "this is the KL the other way round, from the independent dimensions to the Gaussian.",
    ),
    Misconception(
        "pairs_added",
        _between_pairs(lambda r: -0.5 * torch.log1p(-r.square())),
        "right for two dimensions; among more, the pairs' mutual informations do not add up to the whole. Use the "
        "determinant.",
    ),
    Misconception(
        "squared_correlations",
        _between_pairs(torch.square),
        "this adds up squared correlations: it is 0 for the same Gaussians, but it is no number of nats.",
    ),
    Misconception(
        "half_squared_correlations",
        _between_pairs(lambda r: 0.5 * r.square()),
        "half the sum of the squared correlations is near the total correlation only while all of them are small.",
    ),
    Misconception(
        "twice_squared_correlations",
        _between_pairs(lambda r: 2 * r.square()),
        "this adds up squared correlations, each pair twice: it is 0 for the same Gaussians, but no number of nats.",
    ),
    Misconception(
        "off_diagonal",
        lambda covariance: _off_diagonal(covariance).sum(),
        "this adds up the covariances, and those of unlike signs cancel. The total correlation takes a determinant.",
    ),
    Misconception(
        "off_diagonal_absolute",
        lambda covariance: _off_diagonal(covariance).abs().sum(),
        "this adds up what is off the diagonal: 0 for the same Gaussians, but it changes with a dimension's scale.",
    ),
    Misconception(
        "off_diagonal_squares",
        lambda covariance: _off_diagonal(covariance).square().sum(),
        "these are the squared covariances (a penalty that the DIP-VAE uses): 0 for the same Gaussians, but it changes "
        "with the scale of a dimension.",
    ),
    Misconception(
        "determinant_rounded",
        lambda covariance: 0.5 * torch.log(covariance.diagonal().prod() / torch.det(covariance)),
        f"right as long as numbers can hold it. {UNDERFLOW} And sum the logarithms of the variances.",
        only=_determinant_has_digits,
    ),
)

EXERCISES: dict[str, Exercise] = {
    "gaussian_total_correlation": Exercise(
        "the total correlation of a Gaussian",
        gaussian_total_correlation,
        ("covariance",),
        _covariances,
        "it is 0 where the dimensions are independent, whatever their variances, and grows without bound as two "
        "become the same.",
        SUMS,
        error_hints={
            "math domain error": UNDERFLOW,
            "expected a positive input": UNDERFLOW,
            "index 1 is out of bounds": "There may be one dimension, or forty: the formula of two is not enough.",
        },
    ),
}
