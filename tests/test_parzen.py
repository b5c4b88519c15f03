import math

import pytest
import torch
from torch import Generator
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from vae_helpers.parzen import CHUNK, best_width, parzen_log_prob

SAMPLES = torch.rand(7, 1, 28, 28, generator=Generator().manual_seed(0))
X = torch.rand(3, 1, 28, 28, generator=Generator().manual_seed(1))


@pytest.mark.parametrize("sigma", [0.05, 0.3, 2.0])
def test_is_the_density_of_a_mixture(sigma):
    parts = Independent(Normal(SAMPLES.flatten(1).double(), sigma), 1)
    wanted = MixtureSameFamily(Categorical(torch.ones(7)), parts).log_prob(X.flatten(1).double())
    torch.testing.assert_close(parzen_log_prob(SAMPLES, X, sigma).double(), wanted, rtol=1e-5, atol=1e-2)


def test_an_image_that_is_a_sample_is_at_the_top_of_its_gaussian():
    """And a narrow one is far above 0: a density, no probability."""
    got = parzen_log_prob(SAMPLES, SAMPLES[:1], 0.01).item()
    assert got == pytest.approx(-784 * math.log(0.01 * math.sqrt(2 * math.pi)) - math.log(7), rel=1e-4)
    assert got > 2000


def test_samples_twice_change_nothing():
    torch.testing.assert_close(parzen_log_prob(SAMPLES.repeat(2, 1, 1, 1), X, 0.3), parzen_log_prob(SAMPLES, X, 0.3))


def test_images_of_all_chunks():
    x = torch.rand(CHUNK + 3, 1, 28, 28, generator=Generator().manual_seed(2))
    got = parzen_log_prob(SAMPLES, x, 0.3)
    assert got.shape == (CHUNK + 3,)
    torch.testing.assert_close(got[-2:], parzen_log_prob(SAMPLES, x[-2:], 0.3), rtol=1e-4, atol=1e-2)


def test_best_width_has_the_highest_mean():
    widths = (0.2, 0.3, 0.4, 0.5, 0.8)
    means = [parzen_log_prob(SAMPLES, X, sigma).mean().item() for sigma in widths]
    assert best_width(SAMPLES, X, widths) == widths[means.index(max(means))] == 0.4


def test_samples_and_images_of_two_dtypes():
    for call in (lambda: parzen_log_prob(SAMPLES, X.double(), 0.1), lambda: best_width(SAMPLES, X.double())):
        with pytest.raises(TypeError, match="x: want torch.float32, as samples is, got torch.float64"):
            call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: parzen_log_prob(SAMPLES, X, 0.0), "sigma: want a number > 0"),
        (lambda: parzen_log_prob(SAMPLES[:0], X, 0.1), "samples: want at least one example"),
        (lambda: parzen_log_prob(SAMPLES, X[:0], 0.1), "x: want at least one example"),
        (lambda: best_width(SAMPLES, X, ()), "widths: want at least one"),
        (lambda: best_width(SAMPLES, X, (0.1, -1.0)), "widths: want a number > 0, got -1.0"),
        (lambda: best_width(SAMPLES, X.flatten(1)), r"x: want shape \(N, 1, 28, 28\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
