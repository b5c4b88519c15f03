"""A turned model gives images the same p(x); a diagonal q pays, exactly so much in a linear-Gaussian model."""

import math

import pytest
import torch
from reference.linear_gaussian import LinearGaussian
from torch import Generator
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vae_helpers.evaluation import evaluate
from vae_helpers.latent_space import log_prior
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models import VAE
from vae_helpers.rotations import best_diagonal, diagonal_cost, place_grid, place_plane, plane_rotation, turned_terms
from vae_helpers.sprites import FACTORS

FACTOR_ROWS = torch.cartesian_prod(*(torch.arange(size) for size in FACTORS.values()))
X_OF, Y_OF = FACTOR_ROWS[:, 2].float(), FACTOR_ROWS[:, 3].float()


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=Generator().manual_seed(seed), dtype=torch.float64)


def whole_rotation(dim: int, seed: int = 0) -> torch.Tensor:
    return torch.linalg.qr(draw(dim, dim, seed=seed)).Q


def test_a_plane_is_turned_and_the_rest_stays():
    rotation = plane_rotation(4, 1, 3, 30)
    torch.testing.assert_close(rotation @ rotation.T, torch.eye(4))
    assert torch.linalg.det(rotation) == pytest.approx(1)
    turned = rotation @ torch.eye(4)[1]
    torch.testing.assert_close(turned, torch.tensor([0, math.sqrt(3) / 2, 0, 0.5]))  # towards the other axis
    assert torch.equal(rotation[[0, 2]], torch.eye(4)[[0, 2]])
    torch.testing.assert_close(rotation @ plane_rotation(4, 1, 3, 15), plane_rotation(4, 1, 3, 45))
    torch.testing.assert_close(plane_rotation(4, 3, 1, 30), rotation.T)


def test_precisions_17_and_2_at_45_degrees():
    """(17 + 2) / 2 twice on the diagonal: 9.5^2 = 90.25 in place of 17 x 2 = 34."""
    logvar = -torch.tensor([[17.0, 2.0]], dtype=torch.float64).log()
    cost = diagonal_cost(logvar, plane_rotation(2, 0, 1, 45).double())
    assert cost.item() == pytest.approx(0.5 * math.log(90.25 / 34), abs=1e-6) == pytest.approx(0.488, abs=5e-4)


@pytest.mark.parametrize("degrees", [0, 10, 45, 90, 137])
def test_equal_precisions_turn_freely(degrees):
    logvar = torch.full((5, 3), -1.7)
    torch.testing.assert_close(diagonal_cost(logvar, plane_rotation(3, 0, 2, degrees)), torch.zeros(5))


def test_a_quarter_turn_costs_nothing_and_half_of_it_most():
    logvar = draw(20, 3)
    costs = torch.stack([diagonal_cost(logvar, plane_rotation(3, 0, 1, d).double()) for d in range(0, 91, 15)])
    assert costs[[0, -1]].abs().max() < 1e-6 and (costs.argmax(dim=0) == 3).all()
    torch.testing.assert_close(costs, costs.flip(0))


@pytest.mark.parametrize("seed", range(3))
def test_the_cost_is_the_smallest_kl_of_a_diagonal_q(seed):
    mu, logvar, rotation = draw(4, 3), draw(4, 3, seed=1), whole_rotation(3, seed)
    covariance = rotation @ torch.diag_embed(logvar.exp()) @ rotation.T
    turned = MultivariateNormal(mu @ rotation.T, covariance)
    new_mu, new_logvar = best_diagonal(mu, logvar, rotation)

    def kl(mu, logvar):
        return kl_divergence(MultivariateNormal(mu, torch.diag_embed(logvar.exp())), turned)

    torch.testing.assert_close(diagonal_cost(logvar, rotation), kl(new_mu, new_logvar))
    for other in range(5):
        assert (kl(new_mu, new_logvar + 0.1 * draw(4, 3, seed=other)) > kl(new_mu, new_logvar)).all()
    assert (kl(new_mu, covariance.diagonal(dim1=1, dim2=2).log()) > kl(new_mu, new_logvar)).all()  # the other KL's best


def test_exact_in_a_linear_gaussian_model():
    """Turn the weight's columns: log p(x) stays, and the best ELBO of a diagonal q falls by the cost."""
    weight = torch.tensor([[4.0, 0.0], [0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)  # precision diag(17, 2)
    x, rotation = draw(6, 3), plane_rotation(2, 0, 1, 45).double()
    straight, turned = (LinearGaussian(w, torch.zeros(3).double(), 1.0) for w in (weight, weight @ rotation.T))
    torch.testing.assert_close(turned.log_marginal(x), straight.log_marginal(x), atol=1e-6, rtol=0)
    posterior = straight.posterior(x)
    mu, logvar = posterior.mean, posterior.covariance_matrix.diagonal(dim1=-2, dim2=-1).log().expand(6, 2)
    lost = straight.elbo(x, mu, logvar) - turned.elbo(x, *best_diagonal(mu, logvar, rotation))
    torch.testing.assert_close(lost, diagonal_cost(logvar, rotation), atol=1e-6, rtol=0)
    torch.testing.assert_close(lost, torch.full((6,), 0.488).double(), atol=5e-4, rtol=0)


@pytest.mark.parametrize("beta", [0.5, 1, 4])
def test_beta_times_the_cost_in_a_weighted_loss(beta):
    """Reconstruction + beta * KL is smallest where q is the posterior for beta times the noise."""
    weight = torch.tensor([[4.0, 0.0], [0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
    x, rotation = draw(6, 3), plane_rotation(2, 0, 1, 30).double()
    posterior = LinearGaussian(weight, torch.zeros(3).double(), float(beta)).posterior(x)
    logvar = posterior.covariance_matrix.diagonal(dim1=-2, dim2=-1).log().expand(6, 2)

    def loss(weight, mu, logvar):
        kl = gaussian_kl(mu, logvar)
        return beta * kl - kl - LinearGaussian(weight, torch.zeros(3).double(), 1.0).elbo(x, mu, logvar)

    straight = loss(weight, posterior.mean, logvar)
    mu, turned_logvar = best_diagonal(posterior.mean, logvar, rotation)
    turned = loss(weight @ rotation.T, mu, turned_logvar)
    torch.testing.assert_close(turned - straight, beta * diagonal_cost(logvar, rotation), atol=1e-5, rtol=1e-5)
    for seed in range(5):  # no other diagonal q does better
        moved = mu + 0.01 * draw(6, 2, seed=seed), turned_logvar + 0.01 * draw(6, 2, seed=seed + 9)
        assert (loss(weight @ rotation.T, *moved) > turned).all()


def test_the_turned_model_gives_the_same_evidence():
    """Importance sampling with turned draws: to rounding."""
    model, x, rotation = VAE(3, (8,)).double(), torch.rand(1, 1, 28, 28).double(), whole_rotation(3)
    with torch.no_grad():
        mu, logvar = model.encode(x)
        q = Normal(mu, (0.5 * logvar).exp())
        z = mu + (0.5 * logvar).exp() * draw(200, 3)
        log_q = q.log_prob(z).sum(dim=1)
        straight = log_prior(z) - bernoulli_nll(model.decode(z), x.expand(200, 1, 28, 28)) - log_q
        z_turned = z @ rotation.T
        turned = (
            log_prior(z_turned) - bernoulli_nll(model.decode(z_turned @ rotation), x.expand(200, 1, 28, 28)) - log_q
        )
    torch.testing.assert_close(turned.logsumexp(0), straight.logsumexp(0), rtol=0, atol=1e-9)


def test_terms_without_a_turn_are_those_of_the_model():
    model, images = VAE(3, (8,)), torch.rand(50, 1, 28, 28, generator=Generator().manual_seed(0))
    assert turned_terms(model, images, torch.eye(3)) == pytest.approx(evaluate(model, images), abs=1e-4)
    assert not any(parameter.grad_fn for parameter in model.parameters()) and model.training
    assert turned_terms(model, images, torch.eye(3)) != turned_terms(model, images, torch.eye(3), seed=1)


def test_a_turn_that_mixes_dimensions_costs_and_one_that_swaps_them_does_not():
    model, images = VAE(2, (8,)), torch.rand(50, 1, 28, 28, generator=Generator().manual_seed(0))
    with torch.no_grad():
        model.encoder.head.bias += torch.tensor([0.0, 0.0, -3.0, 0.0])  # logvar stands behind mu
    straight, mixed, swapped = (turned_terms(model, images, plane_rotation(2, 0, 1, d)).kl for d in (0, 45, 90))
    assert swapped == pytest.approx(straight, abs=1e-4) and abs(mixed - straight) > 0.1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_rotations_and_latents_of_other_precision(dtype):
    rotation, mu, logvar = plane_rotation(3, 0, 1, 30), draw(5, 3).to(dtype), draw(5, 3, seed=1).to(dtype)
    for found in (*best_diagonal(mu, logvar, rotation.double()), diagonal_cost(logvar, rotation)):
        assert found.dtype == dtype
    wanted = diagonal_cost(logvar.double(), rotation.double())
    torch.testing.assert_close(diagonal_cost(logvar, rotation).double(), wanted, atol=1e-5, rtol=1e-5)
    model, images = VAE(3, (8,)).to(dtype), torch.rand(5, 1, 28, 28).to(dtype)
    assert turned_terms(model, images, rotation.double()) == pytest.approx(turned_terms(model, images, rotation))


def test_a_variance_whose_precision_float32_can_not_hold():
    assert diagonal_cost(torch.full((1, 2), -90.0), plane_rotation(2, 0, 1, 45)).item() == pytest.approx(0, abs=1e-4)
    one_of_two = torch.tensor([[-90.0, 0.0]])  # 0.5 (2 log(e^90 / 2) - 90)
    cost = diagonal_cost(one_of_two, plane_rotation(2, 0, 1, 45)).item()
    assert cost == pytest.approx(45 - math.log(2), abs=1e-3)


def test_the_plane_is_that_of_the_two_that_tell_most_of_x_and_y_together():
    information = torch.zeros(4, 5)
    information[0, [0, 1, 4]] = 2.0  # tells much, but not of the place
    information[3, [2, 3]] = 0.7  # of both, as in a plane that is turned
    information[1, 2] = 1.0
    assert place_plane(information) == [3, 1]
    with pytest.raises(ValueError, match="^information: want two latents or more, got 1"):
        place_plane(information[:1])


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.int16])
def test_the_grid_of_places(dtype):
    noise = 0.001 * draw(6144, seed=1).float()
    mu = torch.stack([noise, 0.3 * Y_OF, FACTOR_ROWS[:, 1].float(), -0.3 * X_OF], dim=1)
    x, y = FACTOR_ROWS[:, 2].to(dtype), FACTOR_ROWS[:, 3].to(dtype)
    grid = place_grid(mu, x, y)
    assert grid.shape == (8, 8, 4)
    torch.testing.assert_close(grid[5, 2], torch.tensor([0, 0.6, 1.5, -1.5]), atol=1e-3, rtol=0)
    narrow = x < 4
    torch.testing.assert_close(place_grid(mu[narrow], x[narrow], y[narrow]), grid[:4])


@pytest.mark.parametrize(
    "wrong", [{"latent_dim": 1}, {"first": 3}, {"second": -1}, {"second": 0}, {"first": 0.5}, {"degrees": float("nan")}]
)
def test_no_such_plane(wrong):
    with pytest.raises(ValueError, match="(latent_dim|first|second|degrees): want"):
        plane_rotation(**{"latent_dim": 3, "first": 0, "second": 1, "degrees": 45} | wrong)


@pytest.mark.parametrize("matrix", [2 * torch.eye(2), torch.zeros(2, 2), torch.full((2, 2), float("nan"))])
def test_what_is_no_rotation(matrix):
    for call in (
        lambda: diagonal_cost(torch.zeros(3, 2), matrix),
        lambda: best_diagonal(torch.zeros(3, 2), torch.zeros(3, 2), matrix),
        lambda: turned_terms(VAE(2, (4,)), torch.rand(3, 1, 28, 28), matrix),
    ):
        with pytest.raises(ValueError, match=r"^rotation: want R with R R\^T = I"):
            call()


def test_rotations_of_another_size():
    with pytest.raises(ValueError, match=r"^rotation: want shape \(2, 2\), got \(3, 3\); D is 2 in logvar"):
        diagonal_cost(torch.zeros(4, 2), torch.eye(3))
    with pytest.raises(ValueError, match=r"^rotation: want shape \(2, 2\), got \(2, 3\)"):
        turned_terms(VAE(2, (4,)), torch.rand(3, 1, 28, 28), torch.ones(2, 3))


def test_what_is_no_number():
    logvar = torch.tensor([[0.0, float("nan")]])
    with pytest.raises(ValueError, match="^logvar: contains NaN"):
        diagonal_cost(logvar, torch.eye(2))
    with pytest.raises(ValueError, match="^mu: contains NaN"):
        best_diagonal(logvar, torch.zeros(1, 2), torch.eye(2))


def test_grids_that_can_t_be():
    mu, (x, y) = torch.stack([X_OF, Y_OF], dim=1), FACTOR_ROWS[:, 2:4].T
    there = (x != 1) | (y != 6)
    empty = place_grid(mu[there], x[there], y[there]).isnan().any(dim=2)
    assert empty.sum() == 1 and empty[1, 6]
    with pytest.raises(ValueError, match="^x, y: want whole numbers from 0 on, got -1"):
        place_grid(mu, x, y - 1)
    with pytest.raises(ValueError, match="^codes: contains NaN"):
        place_grid(mu * float("nan"), x, y)
    with pytest.raises(ValueError, match="^codes: want at least one example"):
        place_grid(mu[:0], x[:0], y[:0])
