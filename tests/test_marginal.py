import math

import pytest
import torch
from reference.grid_posterior import log_joint_on_grid
from torch import Generator, nn
from torch.nn import functional as F

from vae_helpers.encoding import encode_distributions
from vae_helpers.grid_posterior import elbo, square_grid
from vae_helpers.marginal import grid_error, grid_log_prob
from vae_helpers.models import VAE, Autoencoder

X = (torch.rand(3, 1, 28, 28, generator=Generator().manual_seed(0)) > 0.5).float()


class Constant(nn.Module):
    """A decoder that does not look at z."""

    def __init__(self):
        super().__init__()
        self.logits = torch.randn(1, 28, 28, generator=Generator().manual_seed(1))

    def decode(self, z):
        return self.logits.expand(len(z), -1, -1, -1)


class Step(Constant):
    """One picture where z1 > edge, its negative elsewhere; the plane is cut at ``edge``, so p(x) is a sum of two."""

    edge = 1.0125  # half way between two points of the grid

    def decode(self, z):
        return torch.where((z[:, 0] > self.edge)[:, None, None, None], self.logits, -self.logits)


class Far(nn.Module):
    """Pixels that are ever more surely white the further z lies to the right: the logit of each is z1."""

    def decode(self, z):
        return z[:, :1, None, None].expand(-1, 1, 28, 28)


def log_bernoulli(logits):
    return -F.binary_cross_entropy_with_logits(logits.expand_as(X), X, reduction="none").sum(dim=(1, 2, 3))


def test_a_decoder_that_ignores_z_gives_its_likelihood():
    model = Constant()
    torch.testing.assert_close(grid_log_prob(model, X, 161, 6.0), log_bernoulli(model.logits), rtol=0, atol=2e-3)


def test_a_step_is_integrated_in_closed_form():
    model = Step()
    right = 0.5 * math.erfc(model.edge / math.sqrt(2))
    sides = log_bernoulli(model.logits) + math.log(right), log_bernoulli(-model.logits) + math.log(1 - right)
    torch.testing.assert_close(grid_log_prob(model, X, 161, 6.0), torch.logaddexp(*sides), rtol=0, atol=2e-3)


def test_chunks_are_all_counted():
    """Against the whole grid at once, as notebook 03 sums it."""
    model = VAE(2, (16,), seed=0)
    wanted = log_joint_on_grid(model, X, square_grid(91, 5.0)).logsumexp(dim=1)  # 8,281 points: three chunks
    torch.testing.assert_close(grid_log_prob(model, X, 91, 5.0).double(), wanted, rtol=0, atol=1e-3)


def test_elbo_stays_below():
    model = VAE(2, (16,), seed=0)
    with torch.no_grad():
        assert (elbo(model, X, *encode_distributions(model, X)) < grid_log_prob(model, X, 161, 6.0) + 1e-3).all()


def test_error_of_a_grid_that_is_too_coarse():
    fine, coarse = (grid_error(Step(), X, side, 5.0) for side in (161, 21))
    assert fine.spacing < 0.2 < coarse.spacing


def test_prior_mass_outside_is_not_the_whole_error():
    """A white image under logits of z1: the integrand peaks near z1 = 5, far beyond a square of +-3."""
    white = torch.ones(1, 1, 28, 28)
    narrow, wide = grid_error(Far(), white, 61, 3.0), grid_error(Far(), white, 161, 8.0)
    assert narrow.outside > 1 > 1e-3 > wide.outside
    assert narrow.prior_outside == pytest.approx(0.0054, abs=1e-4)
    lost = grid_log_prob(Far(), white, 161, 8.0) - grid_log_prob(Far(), white, 61, 3.0)
    assert lost.item() == pytest.approx(narrow.outside, rel=0.05)


def test_dropout_is_off_and_the_mode_stays():
    model = VAE(2, (8,)).train()
    model.decoder = nn.Sequential(model.decoder, nn.Dropout(0.5))
    assert torch.equal(grid_log_prob(model, X, 21), grid_log_prob(model, X, 21)) and model.training


def test_in_double_precision_it_is_the_same():
    model = Autoencoder(2, (8,))
    single, double = grid_log_prob(model, X, 41), grid_log_prob(model.double(), X.double(), 41)
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, rtol=0, atol=2e-3)


def test_no_trace_is_left_in_the_model():
    model = Autoencoder(2, (8,), seed=0)
    assert not grid_log_prob(model, X, 21).requires_grad
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grid_log_prob(VAE(3, (8,)), X, 11), ValueError, r"z: want shape \(N, 3\), got"),
        (lambda: grid_log_prob(VAE(2, (8,)), X / 2, 11), ValueError, "x: want pixels that are 0 or 1"),
        (lambda: grid_log_prob(VAE(2, (8,)), X.double(), 11), TypeError, "x: want torch.float32, as the model's"),
        (lambda: grid_log_prob(VAE(2, (8,)), X[:0], 11), ValueError, "x: want at least one example"),
        (lambda: grid_log_prob(nn.Linear(2, 2), X, 11), TypeError, "model: want an nn.Module with decode"),
        (lambda: grid_log_prob(VAE(2, (8,)), X, 1), ValueError, "side: want a whole number >= 2, got 1"),
        (lambda: grid_log_prob(VAE(2, (8,)), X, 11, 0), ValueError, "limit: want a number > 0"),
        (lambda: grid_error(VAE(2, (8,)), X, 12), ValueError, "side: want an odd number"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
