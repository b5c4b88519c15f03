"""Scores of samples: against what can be worked out by hand, and each fooled by a generator made for it."""

import itertools
import math

import pytest
import torch
from torch import Generator

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.fidelity import features_and_logits
from vae_helpers.sample_scores import (
    CHUNK,
    SampleScores,
    class_shares,
    digit_features,
    frechet_distance,
    imbalance,
    precision_and_recall,
    random_images,
    score_features,
    score_samples,
    score_seeds,
    sqrt_of,
)


def points(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=Generator().manual_seed(seed), dtype=torch.float64)


def rotation(d: int, seed: int = 0) -> torch.Tensor:
    return torch.linalg.qr(points(d, d, seed)).Q


# the Fréchet distance


def test_one_feature_by_hand():
    """(mean_a - mean_b)^2 + (sigma_a - sigma_b)^2."""
    a, b = torch.tensor([[0.0], [2.0]]), torch.tensor([[3.0], [9.0]])  # means 1 and 6, variances 2 and 18
    assert frechet_distance(a, b).item() == pytest.approx(25 + (math.sqrt(18) - math.sqrt(2)) ** 2, rel=1e-12)


def test_shared_axes_by_hand():
    """Where both covariances have the same axes, each axis counts alone, however they are turned."""
    axes, base = rotation(4), points(50, 4)
    base = (base - base.mean(dim=0)) @ torch.linalg.cholesky(torch.linalg.inv(base.T.cov()))  # covariance I
    scales_a, scales_b = torch.tensor([[1.0, 2, 3, 0], [4, 2, 0.5, 1]]).double()
    distance = frechet_distance(base * scales_a @ axes + 1, base * scales_b @ axes)
    assert distance.item() == pytest.approx(4 + (scales_a - scales_b).square().sum().item(), rel=1e-6)


def test_another_way_to_the_same_number():
    """tr (A^1/2 B A^1/2)^1/2 is the sum of the roots of the eigenvalues of A B."""
    a, b = points(30, 5) @ points(5, 5, 1), points(20, 5, 2) @ points(5, 5, 3) + 2
    cov_a, cov_b = a.T.cov(), b.T.cov()
    cross = torch.linalg.eigvals(cov_a @ cov_b).real.sqrt().sum()
    wanted = (a.mean(0) - b.mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * cross
    assert frechet_distance(a, b).item() == pytest.approx(wanted.item(), rel=1e-9)


def test_what_a_squared_distance_has_to_do():
    a, b = points(40, 6) @ points(6, 6, 1), points(40, 6, 2) + 1
    turn = rotation(6, 4)
    assert frechet_distance(a, a).item() == pytest.approx(0, abs=1e-5)
    assert frechet_distance(a, b).item() == pytest.approx(frechet_distance(b, a).item(), rel=1e-9)
    assert frechet_distance(3 * a, 3 * b).item() == pytest.approx(9 * frechet_distance(a, b).item(), rel=1e-9)
    assert frechet_distance(a @ turn + 7, b @ turn + 7).item() == pytest.approx(frechet_distance(a, b).item(), rel=1e-9)
    assert frechet_distance(a, a + 2).item() == pytest.approx(6 * 4, rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_features_that_never_change(dtype):
    """In one set, in both, or all of them: the classifier has some; far from 0, float32 alone would be lost."""
    a, b = points(20, 4).to(dtype), points(20, 4, 1).to(dtype)
    a[:, 0], b[:, 0], a[:, 1] = 5, 3, 1000
    rest = frechet_distance(a[:, 2:], b[:, 2:]) + frechet_distance(a[:, 1:2], b[:, 1:2])
    b[:, 1] -= b[:, 1].mean()
    a, b = torch.cat([a[:, :1], a[:, 2:]], dim=1), torch.cat([b[:, :1], b[:, 2:]], dim=1)
    assert frechet_distance(a, b).item() == pytest.approx(4 + frechet_distance(a[:, 1:], b[:, 1:]).item(), rel=1e-6)
    assert rest.isfinite()
    assert frechet_distance(torch.ones(5, 3, dtype=dtype), torch.zeros(4, 3, dtype=dtype)).item() == 3


def test_fewer_points_raise_it():
    distances = [
        sum(frechet_distance(points(n, 8, 2 * s), points(n, 8, 2 * s + 1)).item() for s in range(5)) for n in (20, 200)
    ]
    assert distances[0] > 5 * distances[1] > 0


def test_a_root_times_itself_is_the_matrix():
    matrix = points(9, 5).T.cov()
    torch.testing.assert_close(sqrt_of(matrix) @ sqrt_of(matrix), matrix)
    torch.testing.assert_close(sqrt_of(matrix), sqrt_of(matrix).T)
    assert torch.linalg.eigvalsh(sqrt_of(matrix)).min() >= 0
    rounded = torch.diag(torch.tensor([4.0, -1e-9]))  # below 0 by rounding alone
    torch.testing.assert_close(sqrt_of(rounded), torch.diag(torch.tensor([2.0, 0.0])))


# precision and recall


def by_loops(real, drawn, k):
    def inside(x, centres):
        for i, centre in enumerate(centres):
            others = sorted(math.dist(centre, other) for j, other in enumerate(centres) if j != i)
            if math.dist(x, centre) <= others[k - 1]:
                return True
        return False

    real, drawn = real.tolist(), drawn.tolist()
    return (
        sum(inside(x, real) for x in drawn) / len(drawn),
        sum(inside(x, drawn) for x in real) / len(real),
    )


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("sizes", [(20, 20), (30, 12)])
def test_precision_and_recall_by_loops(k, sizes):
    real, drawn = points(sizes[0], 2), points(sizes[1], 2, 1) * 0.6 + 0.5
    told = precision_and_recall(real, drawn, k)
    assert told == pytest.approx(by_loops(real, drawn, k), abs=1e-12)
    assert told[0] != told[1]


def test_more_points_than_a_chunk():
    """The points of another chunk are neighbours, too; a point is none of its own."""
    real, drawn = points(2 * CHUNK + 7, 2), points(CHUNK + 3, 2, 1)
    distances = torch.cdist(real, real, compute_mode="donot_use_mm_for_euclid_dist").sort(dim=1).values[:, 3]
    across = torch.cdist(drawn, real, compute_mode="donot_use_mm_for_euclid_dist")
    back = torch.cdist(drawn, drawn, compute_mode="donot_use_mm_for_euclid_dist").sort(dim=1).values[:, 3]
    wanted = (across <= distances).any(dim=1), (back >= across.T).any(dim=1)
    assert precision_and_recall(real, drawn) == tuple(part.double().mean().item() for part in wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("far", [0.0, 1e4])
def test_copies(dtype, far):
    """A copy counts as inside, whatever rounding says; many copies of few points reach nowhere."""
    real = (points(60, 8) + far).to(dtype)
    assert precision_and_recall(real, real) == (1, 1)
    assert precision_and_recall(real, real[torch.randperm(60)]) == (1, 1)
    few = real[:5].repeat(12, 1)
    assert precision_and_recall(real, few) == (1, 5 / 60)
    assert precision_and_recall(real, (points(5, 8, 9) + far).to(dtype).repeat(12, 1))[1] == 0
    assert precision_and_recall(real[:5].repeat(4, 1), real[:5].repeat(4, 1)) == (1, 1)
    assert precision_and_recall(torch.ones(6, 2, dtype=dtype), torch.ones(6, 2, dtype=dtype)) == (1, 1)


def test_three_copies_have_a_neighbour_elsewhere_and_four_have_none():
    """k = 3: the third neighbour of one of three copies is another point."""
    real = torch.tensor([[0.0], [10.0], [20.0], [30.0], [1.0]])
    assert precision_and_recall(real, torch.tensor([[0.0]] * 3 + [[1.5]]))[1] == 2 / 5
    assert precision_and_recall(real, torch.tensor([[0.0]] * 4))[1] == 1 / 5


def test_one_far_point_raises_recall():
    real = points(50, 3)
    narrow = points(20, 3, 1) * 0.01
    assert precision_and_recall(real, narrow)[1] < 0.1
    assert precision_and_recall(real, torch.cat([narrow, torch.full((1, 3), 1e3).double()]))[1] > 0.3


def test_the_two_sides_are_told_apart():
    """All drawn in one corner of the real ones: precise, without recall; and the other way round."""
    wide, narrow = points(200, 2) * 5, points(200, 2, 1) * 0.2
    assert precision_and_recall(real=wide, drawn=narrow)[0] > 0.9 > 0.2 > precision_and_recall(wide, narrow)[1]
    assert precision_and_recall(real=narrow, drawn=wide) == precision_and_recall(wide, narrow)[::-1]


# all of them


def test_shares_and_imbalance():
    logits = torch.eye(10)[[0, 0, 0, 1]]
    assert class_shares(logits).tolist() == [0.75, 0.25] + [0] * 8
    assert imbalance(class_shares(logits)).item() == pytest.approx(0.8)
    assert imbalance(class_shares(torch.eye(10))).item() == 0


def test_the_features_are_those_of_the_judge():
    """And its last layer makes the logits of them that it says itself; never changed by the call."""
    images = torch.rand(7, 1, 28, 28, generator=Generator().manual_seed(0))
    classifier = load_checkpoint(REPO_DATA / "weights" / "classifier.pt").train()
    features, logits = features_and_logits(classifier, images)
    assert classifier.training and not logits.requires_grad
    torch.testing.assert_close(digit_features(images), features, rtol=0, atol=0)
    torch.testing.assert_close(logits, classifier(images).detach())
    assert features.min() >= 0


def test_all_scores_of_images_and_of_features():
    drawn, real = random_images(load_mnist("train")[0], 30), random_images(load_mnist("test")[0], 40)
    scores = score_samples(drawn, real, k=2)
    a, b = digit_features(drawn), digit_features(real)
    assert scores == score_features(a, b, k=2)
    assert (scores.precision, scores.recall) == precision_and_recall(b, a, k=2) != precision_and_recall(b, a, k=3)
    assert scores.frechet == frechet_distance(a, b).item()
    assert score_features(b, a, k=2).precision == scores.recall
    assert scores.holes < 0.1 < scores.imbalance < 0.6
    blank = score_samples(torch.zeros_like(drawn), real)  # of which the judge is sure: it has seen digits alone
    assert (blank.holes, blank.recall) == (0, 0)
    average = load_mnist("train")[0].mean(dim=0, keepdim=True).expand(30, -1, -1, -1)
    assert score_samples(average, real).holes == 1
    assert all(isinstance(value, float) for value in scores)


def test_seeds():
    images = torch.rand(12, 1, 28, 28, generator=Generator().manual_seed(0))
    asked = []

    def generate(n, seed):
        asked.append((n, seed))
        return random_images(images, n, seed)

    runs = score_seeds(generate, images, n=5, seeds=3)
    assert asked == [(5, 0), (5, 1), (5, 2)] and all(isinstance(run, SampleScores) for run in runs)
    assert all(run.precision == run.recall == 1 for run in runs)  # the same images, by the same seed
    assert runs == score_seeds(generate, images, n=5, seeds=3)


def test_random_images():
    images = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 1, 28, 28)
    chosen = random_images(images, 4, seed=1)[:, 0, 0, 0].tolist()
    assert len(set(chosen)) == 4 and chosen == random_images(images, 4, seed=1)[:, 0, 0, 0].tolist()
    orders = {tuple(random_images(images, 6, seed)[:, 0, 0, 0].tolist()) for seed in range(5)}
    assert len(orders) == 5 and all(sorted(order) == [0, 1, 2, 3, 4, 5] for order in orders)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: frechet_distance(points(1, 2), points(9, 2)), ValueError, "a: want more than 1 points, got 1"),
        (lambda: frechet_distance(points(9, 2), points(9, 3)), ValueError, "b: want shape .* F is 2 in a"),
        (lambda: frechet_distance(points(9, 2) * math.nan, points(9, 2)), ValueError, "a: contains NaN"),
        (lambda: frechet_distance([1.0], points(9, 2)), TypeError, "a: want a float tensor"),
        (lambda: sqrt_of(points(2, 3)), ValueError, "matrix: want shape"),
        (lambda: precision_and_recall(points(9, 2), points(3, 2)), ValueError, "drawn: want more than 3 points, got 3"),
        (lambda: precision_and_recall(points(5, 2), points(9, 2), 5), ValueError, "real: want more than 5 points"),
        (lambda: precision_and_recall(points(5, 2), points(9, 2), 0), ValueError, "k: want a whole number >= 1"),
        (lambda: precision_and_recall(points(5, 2), points(9, 2) / 0), ValueError, "drawn: contains NaN or infinity"),
        (lambda: random_images(torch.rand(3, 1, 28, 28), 4), ValueError, "images: want at least 4, got 3"),
        (lambda: random_images(torch.rand(3, 1, 28, 28), 0), ValueError, "n: want a whole number >= 1"),
        (lambda: score_seeds(lambda n: None, torch.rand(9, 1, 28, 28), 4), TypeError, "generate: can't be called"),
        (lambda: score_seeds(None, torch.rand(9, 1, 28, 28), 4), TypeError, "generate: "),
        (lambda: score_samples(torch.rand(9, 784), torch.rand(9, 1, 28, 28)), ValueError, "drawn: want shape"),
        (lambda: score_samples(torch.rand(9, 1, 28, 28), torch.rand(3, 1, 28, 28)), ValueError, "real: want more than"),
        (lambda: score_samples(torch.rand(9, 1, 28, 28), 255 * torch.rand(9, 1, 28, 28)), ValueError, "real: want val"),
        (lambda: digit_features(torch.rand(9, 1, 28, 28).double()), TypeError, "images: want torch.float32"),
        (lambda: score_features(points(9, 64), points(9, 63)), ValueError, r"real: want shape \(M, 64\)"),
        (lambda: score_features(points(9, 64), points(9, 64)), TypeError, "drawn: want torch.float32"),
    ],
)
def test_what_does_not_fit(call, error, message):
    with pytest.raises(error, match=f"^{message}"):
        call()


@pytest.mark.slow
def test_figures_of_the_shipped_models():
    """What notebook 12 says: scores disagree on two models, and each is fooled."""
    real, train, labels = random_images(load_mnist("test")[0], 1000), *load_mnist("train")
    two, twenty = (load_checkpoint(REPO_DATA / "weights" / f"vae_{d}d.pt").sample(1000, seed=0) for d in (2, 20))
    digits = torch.stack([train[labels == k][0] for k in range(10)])
    told = {
        name: score_samples(drawn, real)
        for name, drawn in {
            "train": random_images(train, 1000),
            "two": two,
            "twenty": twenty,
            "ten": digits.repeat(100, 1, 1, 1),
            "hundred": random_images(train, 100).repeat(10, 1, 1, 1),
            "hard": (twenty > 0.5).float(),
        }.items()
    }
    best, a, b, ten, hundred, hard = told.values()
    assert a.holes < 0.13 < 0.22 < b.holes and a.precision > 0.9 > 0.8 > b.precision
    assert a.frechet > 130 > 110 > b.frechet > 80 and a.recall < 0.1 < 0.6 < b.recall
    assert best.frechet < 16 and min(best.precision, best.recall) > 0.84 and best.holes < 0.03
    assert (ten.holes, ten.imbalance, ten.recall) == (0, 0, 0) and ten.precision > b.precision
    assert hundred.frechet < 80 and hundred.precision > 0.8 and hundred.recall < 0.01
    assert hard.frechet < 70 and hard.recall > max(best.recall, b.recall) and hard.precision < 0.65
    for one, other in itertools.pairwise([best, b, a, ten]):
        assert one.frechet < other.frechet


@pytest.mark.slow
def test_the_same_pixels_on_both_sides():
    """Held-out real images are the floor; the test set's two halves differ, draws at random don't."""
    test = load_mnist("test")[0]
    halves = frechet_distance(digit_features(test[:5000]), digit_features(test[5000:])).item()
    mixed = random_images(test, 10000)
    fair = frechet_distance(digit_features(mixed[:5000]), digit_features(mixed[5000:])).item()
    assert 36 < halves < 40 and fair < 4


def test_copies_of_many_features():
    """Copies stay copies where distances come from products of matrices, which round."""
    real = torch.rand(300, 64, generator=Generator().manual_seed(0)) * 9
    assert precision_and_recall(real, real[:30].repeat(10, 1)) == (1, 0.1)
