"""The judge of drawn digits: what must pass it, and what must not."""

import pytest
import torch

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.fidelity import DigitJudge, nearest_ratio, spread_ratio
from vae_helpers.models import VAE, Classifier

WEIGHTS = REPO_DATA / "weights"
COUNT = 40
ASKED = torch.arange(10).repeat_interleave(COUNT)


@pytest.fixture(scope="module")
def judge(test_set):
    images, labels = test_set
    return DigitJudge(load_checkpoint(WEIGHTS / "classifier.pt"), images[:2000], labels[:2000])


@pytest.fixture(scope="module")
def real():
    """Training images, which the judge does not have, in the order of ASKED."""
    images, labels = load_mnist("train")
    return images[torch.cat([(labels == k).nonzero()[:COUNT, 0] for k in range(10)])]


def test_real_images_pass(judge, real):
    found = judge(real, ASKED)
    assert found.as_asked > 0.98 and found.holes < 0.02
    assert found.spread == pytest.approx(1, abs=0.1) and found.nearest == pytest.approx(1, abs=0.1)


def test_one_perfect_image_of_each_class_fails(judge, real):
    """Always as asked and never a hole; the two other measures see it."""
    logits = judge.classifier(real).reshape(10, COUNT, 10)
    best = torch.stack([logits[k].log_softmax(dim=1)[:, k].argmax() for k in range(10)])
    perfect = real.reshape(10, COUNT, 1, 28, 28)[torch.arange(10), best].repeat_interleave(COUNT, dim=0)
    found = judge(perfect, ASKED)
    assert found.as_asked == 1 and found.holes == 0
    assert found.spread < 1e-6 and found.nearest > 1.5


def test_two_points_far_apart_are_found_by_the_nearest_alone(generator):
    real, new = torch.randn(2, 400, 8, generator=generator)
    two = torch.tensor([-1.0, 1.0])[torch.arange(400) % 2, None].expand(400, 8)
    assert spread_ratio(two, real) == pytest.approx(1, abs=0.1)
    assert nearest_ratio(two, real, new) > 1.5
    assert nearest_ratio(torch.randn(400, 8, generator=generator), real, new) == pytest.approx(1, abs=0.05)


def test_noise_and_the_wrong_order_fail(judge, real):
    noise = torch.rand(real.shape, generator=torch.Generator().manual_seed(0))
    assert judge(noise, ASKED).as_asked < 0.2
    assert judge(real, (ASKED + 1) % 10).as_asked < 0.02


@pytest.mark.slow
def test_the_shipped_models_are_as_good_as_stated(test_set):
    """The wide one with a standard prior has the gap, the learned prior has closed it."""
    judge = DigitJudge(load_checkpoint(WEIGHTS / "classifier.pt"), *test_set)
    asked = torch.arange(10).repeat_interleave(400)
    wide, learned = (
        judge(load_checkpoint(WEIGHTS / f"conditional_vae_{size}.pt").float().sample(asked), asked)
        for size in ("20d", "8d")
    )
    assert wide.as_asked < 0.94 and wide.holes > 0.07
    assert learned.as_asked > 0.975 and learned.holes < 0.03
    assert learned.spread > 0.75 and learned.nearest < 1.06


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda judge, x: judge(x, ASKED[:-1]), ValueError, "asked: want shape"),
        (lambda judge, x: judge(x[:1], ASKED[:1]), ValueError, r"images: want 2 to \d+ of class 0, got 1"),
        (lambda judge, x: judge(x, 0 * ASKED), ValueError, r"images: want 2 to \d+ of class 0, got 400"),
        (lambda judge, x: judge(x, ASKED + 7), ValueError, "asked: want classes .* has real images of, got 10"),
        (
            lambda judge, x: DigitJudge(Classifier(), x[: 2 * COUNT + 3], ASKED[: 2 * COUNT + 3]),
            ValueError,
            "images: want at least four of each class, got 3 of class 2",
        ),
        (lambda judge, x: judge(255 * x, ASKED), ValueError, "images: want values in"),
        (lambda judge, x: judge(x[:0], ASKED[:0]), ValueError, r"images: want shape .* with N >= 1"),
        (lambda judge, x: judge(x.double(), ASKED), TypeError, "images: want torch.float32, as the model's weights"),
        (lambda judge, x: DigitJudge(Classifier(1), 2 * x - 1, ASKED), ValueError, "images: want values in"),
        (lambda judge, x: DigitJudge(None, x, ASKED), TypeError, "classifier: want a Classifier, got NoneType"),
        (lambda judge, x: DigitJudge(VAE(), x, ASKED), TypeError, "classifier: want a Classifier, got VAE"),
        (lambda judge, x: DigitJudge(Classifier(), x, ASKED[:3]), ValueError, "labels: want shape"),
        (lambda judge, x: spread_ratio(torch.zeros(1, 2), torch.zeros(2, 2)), ValueError, "drawn: want at least two"),
        (lambda judge, x: spread_ratio(torch.zeros(2, 2), torch.zeros(1, 2)), ValueError, "real: want at least two"),
        (lambda judge, x: nearest_ratio(*[torch.zeros(2, 2) / 0] * 3), ValueError, "drawn: contains NaN"),
        (lambda judge, x: nearest_ratio(*[torch.zeros(0, 2)] * 3), ValueError, "drawn: want at least one point"),
        (
            lambda judge, x: nearest_ratio(torch.zeros(3, 2), *[torch.zeros(2, 2)] * 2),
            ValueError,
            "drawn and real: want the same",
        ),
    ],
)
def test_bad_input(judge, real, call, error, said):
    with pytest.raises(error, match=said):
        call(judge, real)
