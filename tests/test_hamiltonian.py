import pytest
import torch
from torch import Generator
from torch.distributions import Normal

from vae_helpers.hamiltonian import Place, find_place, hamiltonian_move, normal_like
from vae_helpers.models.gaussians import gaussian_log_prob

MU, LOGVAR = torch.tensor([[0.5, -1.0]]).double(), torch.tensor([[-1.0, 0.6]]).double()


def bent(z):
    """A log density with no symmetry."""
    return -0.25 * (z[:, 0] ** 2 + z[:, 1] ** 2) ** 2 + z[:, 0] - z[:, 0] * z[:, 1]


def starts(n):
    return MU.expand(n, -1), LOGVAR.expand(n, -1)


def test_place():
    """The log weight is that of z, and the slope is that along u, by finite differences."""
    u = normal_like(MU.expand(5, -1), Generator().manual_seed(1))
    place, (mu, logvar) = find_place(u, *starts(5), bent), starts(5)
    z = Normal(mu, (logvar / 2).exp())
    torch.testing.assert_close(place.log_weight, bent(mu + z.stddev * u) - z.log_prob(mu + z.stddev * u).sum(dim=1))
    step = 1e-6 * torch.eye(2).double()
    for d in (0, 1):
        ends = [find_place(u + sign * step[d], *starts(5), bent).log_weight for sign in (1, -1)]
        torch.testing.assert_close(place.slope[:, d], (ends[0] - ends[1]) / 2e-6, rtol=1e-6, atol=1e-6)
    assert not any(part.requires_grad for part in place)
    for beta in (0.0, 0.3):
        torch.testing.assert_close(place.log_density(beta), beta * place.log_weight - u.square().sum(dim=1) / 2)
        torch.testing.assert_close(place.force(beta), beta * place.slope - u)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [0.3, 0.9])
def test_moves_leave_the_distribution_as_it_is(beta, size):
    """Draws exact for it, by a fine grid, have the same moments after five moves; not so without the rejections."""
    n = 20_000
    axis = torch.linspace(-7, 7, 561).double()
    grid = torch.cartesian_prod(axis, axis)
    chances = find_place(grid, *starts(len(grid)), bent).log_density(beta).softmax(dim=0)
    wanted = torch.stack([(chances[:, None] * grid**power).sum(dim=0) for power in (1, 2)])
    generator = Generator().manual_seed(3)
    u = grid[torch.multinomial(chances, n, replacement=True, generator=generator)]

    def at(u):
        return find_place(u, *starts(len(u)), bent)

    place, before = at(u), u
    for _ in range(5):
        place, chance = hamiltonian_move(place, at, beta, torch.full((n,), size).double(), 3, generator)
    assert (place.u != before).any(dim=1).double().mean() > 0.7 and 0.05 < chance.mean() < 1
    for power, moment in zip((1, 2), wanted, strict=True):
        values = place.u**power
        assert ((values.mean(dim=0) - moment).abs() < 4.5 * values.std(dim=0) / n**0.5 + 1e-4).all()
    again = at(place.u)  # what is carried along belongs to where the draws are
    torch.testing.assert_close(again.log_weight, place.log_weight)
    torch.testing.assert_close(again.slope, place.slope)


def test_a_path_that_runs_off_is_not_taken():
    place = find_place(torch.ones(3, 2).double(), *starts(3), bent)
    sizes = torch.tensor([0.1, 1e3, 1e200]).double()
    moved, chance = hamiltonian_move(place, lambda u: find_place(u, *starts(3), bent), 1.0, sizes, 5, Generator())
    assert chance[0] > 0.5 and chance[1:].tolist() == [0, 0]
    assert torch.equal(moved.u[1:], place.u[1:]) and all(part.isfinite().all() for part in moved)


def test_a_wrong_log_joint_is_named():
    for wrong in (lambda z: bent(z).sum(), lambda z: bent(z)[:, None], lambda z: bent(z)[:1]):
        with pytest.raises(ValueError, match=r"^log_joint: want shape \(3,\), got"):
            find_place(torch.ones(3, 2).double(), *starts(3), wrong)


@pytest.mark.parametrize(
    ("size", "leapfrog", "message"),
    [
        (torch.ones(2), 5, r"step_size: want shape \(3,\)"),
        (torch.ones(3, 1), 5, r"step_size: want shape \(3,\)"),
        (torch.ones(3), 0, "leapfrog: want a whole number >= 1"),
    ],
)
def test_no_such_move(size, leapfrog, message):
    """A step size of two dimensions would be broadcast, to a wrong answer."""
    place = find_place(torch.ones(3, 2).double(), *starts(3), bent)
    with pytest.raises(ValueError, match=f"^{message}"):
        hamiltonian_move(place, lambda u: find_place(u, *starts(3), bent), 1.0, size, leapfrog)


def test_draws_are_the_same_in_each_precision():
    a, b = (
        normal_like(torch.zeros(4, 2, dtype=kind), Generator().manual_seed(5))
        for kind in (torch.float32, torch.float64)
    )
    assert a.dtype == torch.float32 and torch.equal(a.double(), b)


def test_a_place_of_the_standard_normal():
    zero = torch.zeros(2, 1)
    place = find_place(torch.ones(2, 1), zero, zero, lambda z: gaussian_log_prob(z, zero, zero))
    assert isinstance(place, Place) and place.log_weight.tolist() == [0, 0] and place.slope.abs().max() == 0
