import math

import pytest
import torch
from reference.gradient_estimators import pathwise_gradients
from torch import Generator

from vae_helpers.gradient_estimators import score_gradient_with_baseline, score_gradients


def draws(k=400_000, d=2, seed=0):
    eps = torch.randn(k, d, generator=Generator().manual_seed(seed), dtype=torch.float64)
    mu, logvar = torch.tensor([0.7, -1.2]).double(), torch.tensor([-0.5, 0.3]).double()
    return mu, logvar, eps, mu + torch.exp(logvar / 2) * eps


def square(z):
    return z.square().sum(dim=1)


def test_both_are_unbiased_with_the_known_variance():
    mu, logvar, eps, z = draws()
    variance = logvar.exp()
    path = pathwise_gradients(square, mu, logvar, eps)
    torch.testing.assert_close(path, 2 * z)
    torch.testing.assert_close(path.var(dim=0), 4 * variance, rtol=0.02, atol=0)
    # the formula is for one dimension: leave the other one out of f
    score = score_gradients(z[:, 0].square(), z, mu, logvar)[:, 0]
    m, v = mu[0], variance[0]
    assert abs(score.mean() - 2 * m) < 4 * score.std() / math.sqrt(len(z))
    torch.testing.assert_close(score.var(), m**4 / v + 14 * m**2 + 15 * v, rtol=0.02, atol=0)


@pytest.mark.slow
def test_baseline_keeps_the_mean_and_takes_the_variance():
    mu, logvar, _, z = draws()
    groups = [score_gradient_with_baseline(100 + square(part), part, mu, logvar) for part in z[:40_000].split(4)]
    plain = [score_gradients(100 + square(part), part, mu, logvar).mean(dim=0) for part in z[:40_000].split(4)]
    groups, plain = torch.stack(groups), torch.stack(plain)
    assert ((groups.mean(dim=0) - 2 * mu).abs() < 4 * groups.std(dim=0) / 100).all()
    assert (groups.var(dim=0) < plain.var(dim=0) / 50).all()


def test_a_constant_moves_nothing():
    mu, logvar, _, z = draws(k=6)
    torch.testing.assert_close(
        score_gradient_with_baseline(square(z), z, mu, logvar),
        score_gradient_with_baseline(square(z) + 1e6, z, mu, logvar),
        rtol=1e-6,
        atol=1e-6,
    )


def test_pathwise_leaves_the_callers_graph_alone():
    mu = torch.zeros(2, requires_grad=True)
    pathwise_gradients(square, mu, torch.zeros(2), torch.ones(3, 2))
    assert mu.grad is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (torch.zeros(1), r"z: want shape \(1, D\), got \(3, 2\); K is 1 in values"),
        (torch.zeros(3, 1), r"values: want shape \(K,\)"),
    ],
)
def test_bad_values(values, message):
    with pytest.raises(ValueError, match=message):
        score_gradient_with_baseline(values, torch.zeros(3, 2), torch.zeros(2), torch.zeros(2))


def test_one_draw_has_no_others():
    with pytest.raises(ValueError, match="at least 2 draws"):
        score_gradient_with_baseline(torch.zeros(1), torch.zeros(1, 2), torch.zeros(2), torch.zeros(2))


def test_bad_parameters():
    with pytest.raises(ValueError, match=r"mu: want shape \(2,\), got \(3,\)"):
        score_gradients(torch.zeros(4), torch.zeros(4, 2), torch.zeros(3), torch.zeros(2))
