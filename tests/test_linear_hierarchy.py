"""Against numerical integration, and against PyTorch's own multivariate Gaussian, in double precision."""

import itertools

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vae_helpers.linear_hierarchy import (
    elbo,
    factorised_gap,
    layer_kls,
    log_evidence,
    mean_layer_kls,
    z1_given_x_and_z2,
    z2_given_x,
)

X = torch.tensor([-2.2, 0.0, 0.3, 1.7], dtype=torch.float64)
DIALS = list(itertools.product((0.0, 0.4, 0.9, 0.99), (0.3, 1.0, 2.0)))
LINE = torch.linspace(-9, 9, 6001, dtype=torch.float64)


def as_tensor(numbers: list) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def prior(a: float) -> MultivariateNormal:
    """Of (z1, z2)."""
    return MultivariateNormal(torch.zeros(2, dtype=torch.float64), as_tensor([[1.0, a], [a, 1.0]]))


def posterior(x: float, a: float, s: float) -> MultivariateNormal:
    """Of (z1, z2), by conditioning the Gaussian of (z1, z2, x)."""
    ahead, joint = as_tensor([1.0, a]), as_tensor([[1.0, a], [a, 1.0]])
    variance = 1 + s**2
    return MultivariateNormal(ahead * x / variance, joint - torch.outer(ahead, ahead) / variance)


@pytest.mark.parametrize(("a", "s"), DIALS)
def test_the_evidence_is_the_integral_over_z1_of_its_prior_and_likelihood(a, s):
    """The prior of z1 is an integral over z2; the grid is fine enough while z1 is not nailed to z2."""
    step = LINE[1] - LINE[0]
    of_z1 = lambda z1: (Normal(0.0, 1.0).log_prob(LINE) + Normal(a * LINE, (1 - a**2) ** 0.5).log_prob(z1)).exp()  # noqa: E731
    prior_of_z1 = torch.stack([of_z1(z1).sum() * step for z1 in LINE[::10]])
    assert torch.allclose(prior_of_z1, Normal(0.0, 1.0).log_prob(LINE[::10]).exp(), atol=1e-9)
    found = (prior_of_z1 * Normal(LINE[::10], s).log_prob(X[:, None]).exp()).sum(dim=1) * step * 10
    assert torch.allclose(found.log(), log_evidence(X, s), atol=1e-6)


@pytest.mark.parametrize(("a", "s"), DIALS)
def test_the_two_factors_make_the_exact_posterior(a, s):
    z2 = torch.tensor([-0.4, 1.1, 0.0, 2.0], dtype=torch.float64)
    z1 = torch.tensor([0.9, -0.2, 0.0, 1.0], dtype=torch.float64)
    found = z2_given_x(X, a, s).log_prob(z2) + z1_given_x_and_z2(X, z2, a, s).log_prob(z1)
    wanted = [posterior(x, a, s).log_prob(z) for x, z in zip(X.tolist(), torch.stack([z1, z2], dim=1), strict=True)]
    assert torch.allclose(found, torch.stack(wanted))


@pytest.mark.parametrize(("a", "s"), DIALS)
def test_the_parts_are_kls_and_their_sum_is_that_of_the_whole_posterior(a, s):
    bottom, top = layer_kls(X, a, s).T
    q = z2_given_x(X, a, s)
    assert torch.allclose(top, kl_divergence(q, Normal(0.0, 1.0)))
    z2 = q.mean + q.stddev * LINE[:, None]  # a grid around each mean
    weights = Normal(0.0, 1.0).log_prob(LINE).exp() * (LINE[1] - LINE[0])
    kls = [kl_divergence(z1_given_x_and_z2(X, row, a, s), Normal(a * row, (1 - a**2) ** 0.5)) for row in z2[::10]]
    assert torch.allclose(bottom, weights[::10] @ torch.stack(kls) * 10, atol=1e-9)
    whole = [kl_divergence(posterior(x, a, s), prior(a)) for x in X.tolist()]
    assert torch.allclose(bottom + top, torch.stack(whole))
    assert (top >= 0).all() and (bottom >= 0).all()


@pytest.mark.parametrize("s", [0.3, 1.0, 2.0])
def test_a_moves_nats_from_layer_to_layer_and_changes_nothing_else(s):
    sums = torch.stack([layer_kls(X, a, s).sum(dim=1) for a in (0.0, 0.4, 0.9, 0.99)])
    assert torch.allclose(sums, sums[:1].expand_as(sums))
    assert layer_kls(X, 0.0, s)[:, 1].tolist() == [0.0] * 4
    for a in (0.0, 0.4, 0.9, 0.99):
        assert torch.allclose(elbo(X, a, s), log_evidence(X, s))


@pytest.mark.parametrize(("a", "s"), DIALS)
def test_means_over_x(a, s):
    weights = Normal(0.0, 1.0).log_prob(LINE).exp() * (LINE[1] - LINE[0])
    found = weights @ layer_kls((1 + s**2) ** 0.5 * LINE, a, s)
    assert found.tolist() == pytest.approx(mean_layer_kls(a, s), abs=1e-9)


@pytest.mark.parametrize(("a", "s"), DIALS)
def test_read_bottom_up_the_same_posterior_has_other_parts(a, s):
    bottom, top = layer_kls(X, a, s, order="bottom-up").T
    assert torch.allclose(bottom + top, layer_kls(X, a, s).sum(dim=1))
    weights = Normal(0.0, 1.0).log_prob(LINE).exp() * (LINE[1] - LINE[0])
    z1 = X / (1 + s**2) + s / (1 + s**2) ** 0.5 * LINE[:, None]
    given_z1 = torch.stack([kl_divergence(Normal(a * row, (1 - a**2) ** 0.5), Normal(0.0, 1.0)) for row in z1[::10]])
    assert torch.allclose(top, weights[::10] @ given_z1 * 10, atol=1e-9)


def test_the_part_of_z1_read_bottom_up_can_be_negative():
    assert layer_kls(X, 0.9, 1.0, order="bottom-up")[:, 0].max() < 0 < layer_kls(X, 0.9, 1.0).min()


@pytest.mark.parametrize(("a", "s"), DIALS)
def test_no_factorised_q_lacks_less(a, s):
    p = posterior(0.0, a, s)
    gaps = {}
    for first, second in itertools.product((0.97, 1.0, 1.03), repeat=2):
        best = p.precision_matrix.diagonal().rsqrt() * as_tensor([first, second])
        gaps[first, second] = kl_divergence(MultivariateNormal(p.mean, torch.diag(best**2)), p).item()
    assert min(gaps, key=gaps.get) == (1.0, 1.0)
    assert factorised_gap(a, s) == pytest.approx(gaps[1.0, 1.0], abs=1e-12)


def test_without_a_link_the_dead_top_is_best():
    gaps = [factorised_gap(a, 0.7) for a in (0.0, 0.1, 0.5, 0.9, 0.999)]
    assert gaps[0] == 0 and gaps == sorted(gaps) and gaps[-1] > 2


@pytest.mark.parametrize("a", [-0.1, 1.0, float("nan"), "0.5", True])
def test_an_a_out_of_range_is_refused(a):
    calls = (
        lambda: layer_kls(X, a, 1.0),
        lambda: z2_given_x(X, a, 1.0),
        lambda: z1_given_x_and_z2(X, X, a, 1.0),
        lambda: mean_layer_kls(a, 1.0),
        lambda: elbo(X, a, 1.0),
        lambda: factorised_gap(a, 1.0),
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"^a: want a number in \[0, 1\)"):
            call()


def test_other_arguments_that_are_refused():
    for call in (lambda: log_evidence(X, 0.0), lambda: mean_layer_kls(0.5, -1.0), lambda: layer_kls(X, 0.5, 0.0)):
        with pytest.raises(ValueError, match="^s: want a number > 0"):
            call()
    with pytest.raises(ValueError, match='^order: want "top-down" or "bottom-up"'):
        layer_kls(X, 0.5, 1.0, order="up")
    with pytest.raises(ValueError, match="^x and z2: want the same shape"):
        z1_given_x_and_z2(X, X[:2], 0.5, 1.0)
    with pytest.raises(TypeError, match="^x: want a float tensor"):
        layer_kls([0.0], 0.5, 1.0)
