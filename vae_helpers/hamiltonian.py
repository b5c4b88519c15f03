"""Hamiltonian Monte Carlo on the way from a Gaussian to a posterior: one move of many draws at once.

The draws are u in z = mu + sigma u, standard deviations of the Gaussian where the way starts. There they are N(0, I);
at ``beta`` their density is N(u; 0, I) w^beta, up to a constant, with the importance weight w = p(x, z) / start(z).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.models.gaussians import gaussian_log_prob
from vae_helpers.validation import check_fits, check_whole

JITTER = 0.4  # of step sizes
LogJoint = Callable[[Float[Tensor, "M D"]], Float[Tensor, " M"]]


class Place(NamedTuple):
    """Where the draws are: ``u`` of z = mu + sigma u; log p(x, z) - log start(z) there, and its slope along u.

    >>> Place(u=torch.ones(1, 2), log_weight=torch.zeros(1), slope=torch.zeros(1, 2)).log_density(beta=0.5)
    tensor([-1.])
    """

    u: Float[Tensor, "M D"]
    log_weight: Float[Tensor, " M"]
    slope: Float[Tensor, "M D"]

    def log_density(self, beta: float) -> Float[Tensor, " M"]:
        """Of the distribution at ``beta`` on the way, but for its constant."""
        return beta * self.log_weight - 0.5 * self.u.square().sum(dim=1)

    def force(self, beta: float) -> Float[Tensor, "M D"]:
        """The slope of :meth:`log_density`."""
        return beta * self.slope - self.u


FindPlace = Callable[[Float[Tensor, "M D"]], Place]


def find_place(
    u: Float[Tensor, "M D"], mu: Float[Tensor, "M D"], logvar: Float[Tensor, "M D"], log_joint: LogJoint
) -> Place:
    """The :class:`Place` of draws ``u``, in standard deviations of the start.

    >>> mu, logvar = torch.zeros(1, 1), torch.zeros(1, 1)
    >>> find_place(torch.ones(1, 1), mu, logvar, lambda z: gaussian_log_prob(z, mu, logvar) + 3 * z[:, 0]).slope
    tensor([[3.]])
    """
    with torch.enable_grad():
        u = u.detach().requires_grad_()
        z = mu + torch.exp(0.5 * logvar) * u
        log_px_and_z = log_joint(z)
        check_fits(Float[Tensor, f"{len(u)}"], log_joint=log_px_and_z)
        log_weight = log_px_and_z - gaussian_log_prob(z, mu, logvar)
        (slope,) = torch.autograd.grad(log_weight.sum(), u)
    return Place(u.detach(), log_weight.detach(), slope)


def hamiltonian_move(
    place: Place,
    at: FindPlace,
    beta: float,
    step_size: Float[Tensor, " M"],
    leapfrog: int = 5,
    generator: Generator | None = None,
) -> tuple[Place, Float[Tensor, " M"]]:
    """Give each draw a push, follow its path, and take the end with the chance that keeps the distribution at ``beta``.

    >>> mu, logvar = torch.zeros(2, 3), torch.zeros(2, 3)
    >>> at = lambda u: find_place(u, mu, logvar, lambda z: gaussian_log_prob(z, mu, logvar))
    >>> moved, chance = hamiltonian_move(at(mu), at, beta=1.0, step_size=torch.full((2,), 0.1))
    >>> bool((chance > 0.9).all())
    True

    Args:
        place: of the draws now.
        at: finds the place of other draws.
        beta: in [0, 1].
        step_size: of each draw; varied at random by up to 40 %, since a path of just half a period of a Gaussian ends
            opposite to its beginning, and a square would never change.
        leapfrog: how many steps, each with one slope.
        generator: for push and chance.

    Returns:
        The new place, and each draw's chance to be moved.

    Raises:
        ValueError: no leapfrog steps, or not a step size for each draw.

    Source: Neal 2011 (arXiv 1206.1901), section 5.3.
    """
    check_whole(1, leapfrog=leapfrog)
    check_fits(Float[Tensor, f"{len(place.u)}"], step_size=step_size)
    push, device = normal_like(place.u, generator), place.u.device if generator is None else generator.device
    vary, luck = torch.rand(2, len(push), generator=generator, device=device).to(push)
    epsilon = (step_size * (1 + JITTER * (2 * vary - 1)))[:, None]
    here, momentum = place, push
    for _ in range(leapfrog):
        momentum = momentum + 0.5 * epsilon * here.force(beta)
        here = at(here.u + epsilon * momentum)
        momentum = momentum + 0.5 * epsilon * here.force(beta)
    change = here.log_density(beta) - place.log_density(beta)
    change = change + 0.5 * (push.square() - momentum.square()).sum(dim=1)
    chance = change.clamp(max=0).exp().nan_to_num(0)  # a path that ran off to infinity is not taken
    taken = luck < chance
    pairs = zip(here, place, strict=True)
    return Place(*(torch.where(taken.view(-1, *[1] * (new.ndim - 1)), new, old) for new, old in pairs)), chance


def normal_like(u: Float[Tensor, "M D"], generator: Generator | None) -> Float[Tensor, "M D"]:
    """Standard normal draws; the CPU's generator draws the same for every device and precision.

    >>> normal_like(torch.zeros(3, 2), Generator().manual_seed(0)).shape
    torch.Size([3, 2])
    """
    return torch.randn(u.shape, generator=generator, device=u.device if generator is None else generator.device).to(u)
