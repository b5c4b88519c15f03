"""The MMD: against a double loop over pairs, without bias, and with a gradient that leads to the prior."""

import pytest
import torch
from torch import Generator

from vae_helpers.losses import bernoulli_nll
from vae_helpers.mmd import SCALES, kernel, mmd_step, squared_mmd
from vae_helpers.models import Autoencoder
from vae_helpers.sampled_priors import GaussianPrior, RingPrior
from vae_helpers.training import fit


def points(n, d=2, seed=0, shift=0.0):
    return torch.randn(n, d, generator=Generator().manual_seed(seed)) + shift


def k(a, b):
    squares = sum((x - y) ** 2 for x, y in zip(a.tolist(), b.tolist(), strict=True))
    return sum(2 * len(a) * s / (2 * len(a) * s + squares) for s in SCALES) / len(SCALES)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_is_the_means_over_pairs(d):
    a, b = points(6, d), points(4, d, seed=1, shift=0.7)
    within = [sum(k(p, q) for p in s for q in s if p is not q) / (len(s) * (len(s) - 1)) for s in (list(a), list(b))]
    between = sum(k(p, q) for p in a for q in b) / (len(a) * len(b))
    assert squared_mmd(a, b).item() == pytest.approx(sum(within) - 2 * between, abs=1e-5)


def test_the_kernel_is_1_at_home_and_falls_with_distance():
    likeness = kernel(torch.zeros(1, 3), torch.tensor([[0.0, 0, 0], [1.0, 0, 0], [9.0, 0, 0]]))[0]
    assert likeness[0] == 1 and likeness[0] > likeness[1] > likeness[2] > 0


def test_is_unbiased():
    """Pairs of a point with itself, left in, would add about (1 - E k) / n twice: 0.04 here."""
    pairs = [(points(20, seed=2 * s), points(20, seed=2 * s + 1)) for s in range(400)]
    values = torch.stack([squared_mmd(a, b) for a, b in pairs])
    assert values.mean().abs() < 4 * values.std() / 20 < 0.005
    assert values.min() < 0


def test_its_gradient_leads_codes_to_the_prior():
    z = points(200, shift=3.0).requires_grad_()
    squared_mmd(z, points(200, seed=1)).backward()
    assert (z.grad.mean(dim=0) > 0).all()  # downhill is towards 0


def test_a_step_goes_down_the_reconstruction_and_the_weighted_mmd():
    images = torch.rand(9, 1, 28, 28, generator=Generator().manual_seed(0))
    model, twin, prior = Autoencoder(2, (8,)), Autoencoder(2, (8,)), GaussianPrior(2)
    step = mmd_step(prior)
    told, penalty = step(
        model, torch.optim.SGD(model.parameters(), 0.1), images, beta=7.0, generator=Generator().manual_seed(1)
    )
    z = twin.encode(images)
    mmd = squared_mmd(z, prior.sample(9, Generator().manual_seed(1)))
    loss = bernoulli_nll(twin.decode(z), images)
    assert torch.equal(told, loss) and torch.equal(penalty, mmd.expand(9))
    (loss.mean() + 7 * mmd).backward()
    torch.optim.SGD(twin.parameters(), 0.1).step()
    for moved, wanted in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(moved, wanted)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_step_without_a_generator_in_both_precisions(dtype):
    model, images = Autoencoder(2, (8,)).to(dtype), torch.rand(4, 1, 28, 28).to(dtype)
    with torch.random.fork_rng(devices=[]):
        costs = mmd_step(RingPrior())(model, torch.optim.SGD(model.parameters(), 0.1), images)
    assert all(cost.dtype == dtype and cost.isfinite().all() for cost in costs)


@pytest.mark.slow
def test_a_step_brings_codes_nearer():
    images = torch.rand(50, 1, 28, 28, generator=Generator().manual_seed(0))
    apart = []
    for weight in (0.0, 300.0):
        model = Autoencoder(2, (16,))
        fit(model, images, epochs=25, beta=weight, step=mmd_step(GaussianPrior(2)), progress=False)
        apart.append(squared_mmd(model.encode(images).detach(), points(500)).item())
    assert apart[1] < 0.5 * apart[0]


@pytest.mark.parametrize(
    "a, b, error, message",
    [
        (torch.zeros(1, 2), torch.zeros(3, 2), ValueError, "a: want at least two points, got 1"),
        (torch.zeros(3, 2), torch.zeros(1, 2), ValueError, "b: want at least two points, got 1"),
        (torch.zeros(3, 2), torch.zeros(3, 4), ValueError, "b"),
        (torch.zeros(3, 2, dtype=torch.long), torch.zeros(3, 2), TypeError, "a: want floats"),
        (torch.zeros(3, 2), torch.zeros(3, 2).double(), TypeError, "b: want torch.float32, as a is, got torch.float64"),
    ],
)
def test_bad_points(a, b, error, message):
    with pytest.raises(error, match=message):
        squared_mmd(a, b)


def test_bad_steps():
    with pytest.raises(TypeError, match="prior: want one with a method sample"):
        mmd_step(3)
    with pytest.raises(ValueError, match=r"draws of the prior: want shape \(N, 3\), got \(4, 2\)"):
        mmd_step(GaussianPrior(2))(Autoencoder(3, (8,)), None, torch.rand(4, 1, 28, 28))
    with pytest.raises(ValueError, match="beta"):
        mmd_step(GaussianPrior(2))(Autoencoder(2, (8,)), None, torch.rand(4, 1, 28, 28), beta=-1.0)
