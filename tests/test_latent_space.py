import math

import pytest
import torch
from torch.distributions import Normal

from vae_helpers.latent_space import (
    arc,
    lerp,
    log_aggregate_posterior,
    log_prior,
    nearest_labels,
    quantile_grid,
    slerp,
    traverse,
)

A, B = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])


def test_lerp():
    assert lerp(A, B, 0).tolist() == [3, 0] and lerp(A, B, 1).tolist() == [0, 1]
    assert lerp(A, B, 0.25).tolist() == [2.25, 0.25]
    assert lerp(A, B, torch.linspace(0, 1, 5)).shape == (5, 2)


def test_traverse_moves_one_latent_in_each_row():
    values = torch.tensor([-2.0, 0.0, 2.0])
    walks = traverse(A, values)
    assert walks.shape == (2, 3, 2)
    assert torch.equal(walks[0, :, 0], values) and torch.equal(walks[1, :, 1], values)
    assert (walks[0, :, 1] == A[1]).all() and (walks[1, :, 0] == A[0]).all()
    assert A.tolist() == [3, 0]  # the start is not changed


def test_slerp_ends_and_length():
    torch.testing.assert_close(slerp(A, B, 0), A)
    torch.testing.assert_close(slerp(A, B, 1), B, atol=1e-6, rtol=0)
    path = slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), torch.linspace(0, 1, 9))
    torch.testing.assert_close(path.norm(dim=1), torch.full((9,), 2.0))


def test_slerp_in_opposite_directions_stays_near(generator):
    """Rounding must not be taken for an arc: the result would be thousands of times too long."""
    for a in torch.randn(1000, 16, generator=generator):
        assert slerp(a, -2 * a, 0.5).norm() < 3 * a.norm()


@pytest.mark.parametrize("b", [2 * A, -A, torch.zeros(2)])
def test_slerp_without_an_arc_is_the_straight_line(b):
    torch.testing.assert_close(slerp(A, b, 0.3), lerp(A, b, 0.3))


def test_the_arcs_length_changes_evenly(generator):
    t = torch.linspace(0, 1, 9)
    for a, b in torch.randn(100, 2, 2, generator=generator):
        path = arc(a, b, t)
        torch.testing.assert_close(path[[0, -1]], torch.stack([a, b]), atol=1e-5, rtol=0)
        torch.testing.assert_close(path.norm(dim=1), torch.lerp(a.norm(), b.norm(), t), atol=1e-3, rtol=1e-3)
    a = torch.randn(16, generator=generator)
    b = torch.randn(16, generator=generator)
    b = b * a.norm() / b.norm()
    torch.testing.assert_close(arc(a, b, t), slerp(a, b, t))  # of equal length: one and the same


@pytest.mark.parametrize("b", [2 * A, torch.zeros(2)])
def test_arc_without_an_arc_is_the_straight_line(b):
    torch.testing.assert_close(arc(A, b, 0.3), lerp(A, b, 0.3))


def test_midpoint_norms_in_many_dimensions(generator):
    a, b = torch.randn(2, 1000, generator=generator)
    assert (lerp(a, b, 0.5).norm() / a.norm()).item() == pytest.approx(1 / math.sqrt(2), abs=0.03)
    assert (slerp(a, b, 0.5).norm() / a.norm()).item() == pytest.approx(1, abs=0.03)


def test_quantile_grid():
    grid = quantile_grid(5, tail=0.1)
    assert grid.shape == (25, 2) and torch.isfinite(grid).all()
    assert grid[0, 0] < 0 < grid[0, 1]  # the first is the upper left corner
    first_row = Normal(0, 1).cdf(grid[:5, 0])
    torch.testing.assert_close(first_row, torch.linspace(0.1, 0.9, 5))
    assert torch.equal(grid[:5, 1], grid[0, 1].expand(5))


def test_densities(generator):
    z = torch.randn(6, 3, generator=generator)
    torch.testing.assert_close(log_prior(z), Normal(0.0, 1.0).log_prob(z).sum(1))
    mu, logvar = torch.randn(2, 40, 3, generator=generator)
    each = Normal(mu, torch.exp(logvar / 2)).log_prob(z[:, None]).sum(2)  # (6, 40)
    torch.testing.assert_close(log_aggregate_posterior(z, mu, logvar), each.exp().mean(1).log(), rtol=1e-4, atol=1e-4)


def test_nearest_labels():
    codes = torch.tensor([[0.0, 0], [0.1, 0], [0, 0.1], [5, 5], [5.1, 5], [5, 5.1]])
    labels = torch.tensor([3, 3, 3, 8, 8, 8])
    assert nearest_labels(torch.tensor([[0.2, 0.2], [4.0, 4.0]]), codes, labels, k=3).tolist() == [3, 8]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lerp(A, torch.zeros(3), 0.5), "a and b: want the same shape"),
        (lambda: slerp(torch.zeros(1, 2), B, 0.5), r"a: want shape \(D,\)"),
        (lambda: lerp(A, B, torch.zeros(2, 2)), "t: want a number"),
        (lambda: slerp(A, B, [[0.5]]), "t: want a number"),
        (lambda: quantile_grid(1), "n: want a whole number >= 2"),
        (lambda: quantile_grid(True), "n: want a whole number >= 2, got True"),
        (lambda: quantile_grid(5, 0.0), "tail: want a number between 0 and 0.5"),
        (
            lambda: nearest_labels(A[None], A[None], torch.tensor([1]), k=2),
            "k: want at most the number of codes, 1, got 2",
        ),
        (lambda: nearest_labels(A[None], A[None], torch.tensor([1, 2]), k=1), r"labels: want shape \(1,\), got \(2,\)"),
        (lambda: log_prior(A), r"z: want shape \(N, D\)"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
