"""Priors that can be drawn from: their moments and shapes, and what they refuse."""

import math

import pytest
import torch
from torch import Generator

from vae_helpers.sampled_priors import GaussianPrior, PointsPrior, RingPrior, SwissRollPrior, check_prior

N = 20_000
SQUARE = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
PRIORS = {
    "gaussian": GaussianPrior(2),
    "ring": RingPrior(),
    "swiss roll": SwissRollPrior(),
    "points": PointsPrior(SQUARE, spread=0.1),
}


def seeded(seed=0):
    return Generator().manual_seed(seed)


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_a_seed_says_what_is_drawn_and_the_global_generator_is_left_alone(prior):
    before = torch.get_rng_state()
    a, b, other = (prior.sample(50, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, other)
    assert torch.equal(torch.get_rng_state(), before)


# by hand; a ring's variance a coordinate is r^2/2 + s^2, and for ten modes no coordinate's mean is off 0
@pytest.mark.parametrize("name, variance", [("gaussian", 1.0), ("ring", 2.5**2 / 2 + 0.25**2), ("points", 1 + 0.01)])
def test_moments(name, variance):
    z = PRIORS[name].sample(N, seeded())
    error = 5 * math.sqrt(variance / N)
    assert z.mean(dim=0).abs().max() < error
    assert torch.allclose(z.T.cov(), variance * torch.eye(2), atol=0.05 * variance)


def test_the_modes_of_a_ring_weigh_the_same_and_lie_around_the_circle():
    prior = RingPrior(10)
    z = prior.sample(N, seeded())
    modes = prior.modes_of(z)
    assert (modes.bincount(minlength=10) / N - 0.1).abs().max() < 5 * math.sqrt(0.09 / N)
    assert torch.allclose(prior.centres[0], torch.tensor([2.5, 0.0])) and prior.centres[1, 1] > 0  # counter-clockwise
    assert torch.allclose(prior.centres.norm(dim=1), torch.tensor(2.5))
    means = torch.stack([z[modes == k].mean(dim=0) for k in range(10)])
    assert torch.allclose(means, prior.centres, atol=0.05)
    assert ((z - prior.centres[modes]).std(dim=0) - 0.25).abs().max() < 0.01


def test_a_mode_that_is_asked_for_is_drawn():
    prior, asked = RingPrior(4, spread=0.1), torch.arange(4).repeat(500)
    z = prior.sample_modes(asked, seeded())
    assert torch.equal(prior.modes_of(z), asked)


def test_a_swiss_roll_is_equally_dense_along_its_line():
    """Draws without blur, and the length of the line up to each, by summing short pieces."""
    prior = SwissRollPrior(turns=1.5, radius=3.0, spread=1e-6)
    far = prior.sample(N, seeded()).norm(dim=1) / prior.radius
    assert far.min() > 0 and far.max() <= 1.001
    grid = torch.linspace(far.min().item(), 1, 5001)
    angle = 2 * math.pi * prior.turns * grid
    line = prior.radius * grid[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
    length = torch.cat([torch.zeros(1), line.diff(dim=0).norm(dim=1).cumsum(dim=0)])
    along = length[torch.searchsorted(grid, far).clamp(max=5000)] / length[-1]
    shares = along.histc(10, 0, 1) / N
    assert (shares - 0.1).abs().max() < 0.02


def test_a_swiss_roll_is_blurred_by_its_spread():
    """The same draws but for the blur, of which each coordinate has the spread."""
    sharp, blurred = (SwissRollPrior(spread=spread).sample(N, seeded()) for spread in (1e-6, 0.12))
    assert ((blurred - sharp).std(dim=0) - 0.12).abs().max() < 5 * 0.12 / math.sqrt(2 * N)


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_without_a_generator_pytorchs_own_draws(prior):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        drawn = prior.sample(5, None)
    assert torch.equal(drawn, prior.sample(5, seeded(3))) and drawn.dtype == torch.float32


@pytest.mark.parametrize("n", [-1, 2.0, "2", None, True])
@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_no_such_number_of_draws(prior, n):
    with pytest.raises(ValueError, match="^n: want a whole number >= 0"):
        prior.sample(n, seeded())


@pytest.mark.parametrize("modes", [[4], [-1, 0]])
def test_modes_that_a_ring_does_not_have(modes):
    with pytest.raises(ValueError, match="^modes: want numbers from 0 to 3, got"):
        RingPrior(4).sample_modes(torch.tensor(modes), seeded())
    with pytest.raises(TypeError, match="^modes: want an integer tensor|^modes: want integers"):
        RingPrior(4).sample_modes(torch.zeros(2), seeded())


def test_points_without_blur_are_the_points_themselves():
    z = PointsPrior(SQUARE, spread=0).sample(1000, seeded())
    distance = torch.cdist(z, SQUARE)
    assert distance.amin(dim=1).max() == 0 and (distance.argmin(dim=1).bincount() > 200).all()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: GaussianPrior(0), "^latent_dim: want a whole number >= 1"),
        (lambda: RingPrior(0), "^modes: want a whole number >= 1"),
        (lambda: RingPrior(radius=0), "^radius: want a number > 0"),
        (lambda: RingPrior(spread=-1), "^spread: want a number > 0"),
        (lambda: SwissRollPrior(turns=0), "^turns: want a number > 0"),
        (lambda: SwissRollPrior(radius=float("nan")), "^radius: want a number > 0"),
        (lambda: PointsPrior(torch.zeros(0, 2)), "^points: want at least one"),
        (lambda: PointsPrior(torch.tensor([[0.0, float("nan")]])), "^points: contains NaN"),
        (lambda: PointsPrior(SQUARE, spread=-0.1), "^spread: want a number >= 0"),
        (lambda: PointsPrior(SQUARE[0]), "^points: want shape"),
    ],
)
def test_refusals_name_the_argument(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_prior_has_to_give_tensors():
    class Lists:
        def sample(self, n, generator):
            return [[0.0, 0.0]] * n

    with pytest.raises(TypeError, match="prior: want a tensor"):
        check_prior(Lists())
