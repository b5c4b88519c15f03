"""The exercise on the Fréchet distance, with mistakes as wrong implementations."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.sample_scores import frechet_distance, sqrt_of


def _two_sets() -> list[Inputs]:
    generator = Generator().manual_seed(0)

    def points(n: int, d: int, turn: float = 0.0) -> Tensor:
        """Correlated features: each has some of the one before it."""
        normal = torch.randn(n, d, generator=generator, dtype=torch.float64)
        return normal + turn * normal.roll(1, dims=1)

    a, b = points(6, 2, 0.9), points(5, 2, -0.2)
    dead = points(7, 3, 0.5) * torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)
    return [
        (a, a + 3),  # only the means differ
        (a - a.mean(dim=0), 3 * (a - a.mean(dim=0))),  # only the spread
        (a, b),
        (b - 2, a + torch.tensor([0.0, 5.0], dtype=torch.float64)),
        (dead, points(6, 3, 0.9)),  # a feature that never changes
        (points(12, 4, 0.8), 2 * points(9, 4, -0.2)),
        (a, a),
    ]


def _of_parts(
    cross: Callable[[Tensor, Tensor], Tensor],
    between: Callable[[Tensor], Tensor] = lambda shift: shift.square().sum(),
    covariance: Callable[[Tensor], Tensor] = lambda points: points.T.cov(),
    total: Callable[[Tensor], Tensor] = torch.trace,
) -> Callable[[Tensor, Tensor], Tensor]:
    """The formula with one of its parts put wrong; ``cross`` is what is subtracted from A + B."""

    def distance(a: Tensor, b: Tensor) -> Tensor:
        cov_a, cov_b = covariance(a), covariance(b)
        return between(a.mean(dim=0) - b.mean(dim=0)) + total(cov_a + cov_b - cross(cov_a, cov_b))

    return distance


def _cross(cov_a: Tensor, cov_b: Tensor) -> Tensor:
    root = sqrt_of(cov_a)
    return 2 * sqrt_of(root @ cov_b @ root)


def _without_correction(points: Tensor) -> Tensor:
    return points.T.cov(correction=0)


def _not_centred(points: Tensor) -> Tensor:
    return points.T @ points / (len(points) - 1)


def _differ(a: Tensor, b: Tensor) -> bool:
    """Else the square is 0 but for rounding, and may lie below it."""
    return a.shape != b.shape or not torch.equal(a, b)


def _variances_apart(a: Tensor, b: Tensor) -> Tensor:
    return (a.mean(0) - b.mean(0)).square().sum() + (a.std(0) - b.std(0)).square().sum()


MISTAKES = (
    (
        "means_only",
        lambda a, b: (a.mean(dim=0) - b.mean(dim=0)).square().sum(),
        "this compares the means alone. One average image, drawn again and again, would score 0: the trace is missing.",
    ),
    (
        "means_missing",
        _of_parts(_cross, between=lambda shift: 0 * shift.sum()),
        "two sets of equal spread that lie far apart score 0 here: the means are missing.",
    ),
    (
        "mean_not_squared",
        _of_parts(_cross, between=lambda shift: shift.norm()),
        "the distance of the means goes in *squared*; the trace is a square, too.",
    ),
    (
        "mean_averaged",
        _of_parts(_cross, between=lambda shift: shift.square().mean()),
        "the squares are averaged over the features; a squared distance is their sum.",
    ),
    (
        "two_missing",
        _of_parts(lambda cov_a, cov_b: _cross(cov_a, cov_b) / 2),
        "a set does not have distance 0 from itself: A + A - (A A)^1/2 is A. A factor is missing.",
    ),
    (
        "no_cross_term",
        _of_parts(lambda cov_a, cov_b: torch.zeros_like(cov_a)),
        "A + B alone punishes spread, even where both have the same: subtract twice the root.",
    ),
    (
        "outer_root_missing",
        _of_parts(lambda cov_a, cov_b: 2 * sqrt_of(cov_a) @ cov_b @ sqrt_of(cov_a)),
        "the product A^1/2 B A^1/2 has the unit of a variance squared: the root around it is missing.",
    ),
    (
        "inner_root_missing",
        _of_parts(lambda cov_a, cov_b: 2 * sqrt_of(cov_a @ cov_b @ cov_a)),
        "A B A has one A too many: B stands between two *roots* of A.",
    ),
    (
        "product_not_symmetric",
        _of_parts(lambda cov_a, cov_b: 2 * sqrt_of(cov_a @ cov_b)),
        "A B is not symmetric, and sqrt_of takes symmetric matrices alone. That is what A^1/2 B A^1/2 is for.",
    ),
    (
        "roots_multiplied",
        _of_parts(lambda cov_a, cov_b: 2 * sqrt_of(cov_a) @ sqrt_of(cov_b)),
        "A^1/2 B^1/2 is the root of the product only where A and B share their axes.",
    ),
    *(
        (
            "root_of_each_entry",
            _of_parts(lambda cov_a, cov_b, product=product: 2 * product(cov_a, cov_b).sqrt()),
            "this takes the root of each *entry*. The root of a matrix, times itself, gives the matrix: sqrt_of.",
        )
        for product in (lambda a, b: a @ b, lambda a, b: sqrt_of(a) @ b @ sqrt_of(a))
    ),
    (
        "entries_multiplied",
        _of_parts(lambda cov_a, cov_b: 2 * sqrt_of(sqrt_of(cov_a) * cov_b * sqrt_of(cov_a))),
        "this multiplies entry by entry, with *; a product of matrices is @.",
    ),
    (
        "summed_not_traced",
        _of_parts(_cross, total=torch.sum),
        "this adds up all entries of the matrix; the trace is the sum of its diagonal.",
    ),
    (
        "features_apart",
        _variances_apart,
        "this compares the features one by one: only the diagonals of A and B. Their correlations count, too.",
    ),
    (
        "covariance_not_corrected",
        _of_parts(_cross, covariance=_without_correction),
        "the covariances are divided by N; use N - 1, as cov() does unless told otherwise.",
    ),
    (
        "not_centred",
        _of_parts(_cross, covariance=_not_centred),
        "a^T a is no covariance until the mean is subtracted; the mean then counts twice.",
    ),
)

EXERCISES: dict[str, Exercise] = {
    "frechet_distance": Exercise(
        "the squared Fréchet distance of two sets of features",
        frechet_distance,
        ("a", "b"),
        _two_sets,
        "so you know all that it sees: two means and two covariances. What has these passes.",
        (
            *(Misconception(*mistake) for mistake in MISTAKES),
            Misconception(
                "root_of_the_whole",
                lambda a, b: frechet_distance(a, b).clamp(min=0).sqrt(),
                "this is the distance itself; what is reported is its square, without the last root.",
                only=_differ,
            ),
        ),
        error_hints={
            "must match the size": "Is the covariance (F, F)? Features are the columns of a; cov() takes rows.",
            "shapes cannot be multiplied": "Is the covariance (F, F)? Features are the columns of a; cov() takes rows.",
        },
        atol=1e-4,  # float32 is welcome, where two sets are the same
        note="It computes in float64, in which the roots are precise; atleast_2d serves sets of one feature.",
    ),
}
