"""Annealed importance sampling (AIS): draws that walk from a Gaussian to the posterior, and weights that pay for it.

Plain importance sampling jumps from q(z|x) to p(z|x) at once. Here the way is cut into steps, and after each the draws
are moved by Hamiltonian Monte Carlo to where the next distribution has its mass. The mean weight is still right on
average, so its log is a lower bound of log p(x) on average (Jensen), as that of importance sampling is.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.evaluation import check_data
from vae_helpers.hamiltonian import LogJoint, Place, find_place, hamiltonian_move, normal_like
from vae_helpers.importance import log_mean_weights
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.threads import threads_for
from vae_helpers.validation import check_can, check_one_of, check_positive, check_whole, checked

TARGET = 0.65  # the acceptance at which Hamiltonian Monte Carlo is near its best (Neal 2011, arXiv 1206.1901)
GAIN = 0.1  # how fast a trial walk changes its step size
FIRST_STEP = 0.4  # its first one, in standard deviations of the start
STARTS = {"q": 1, "prior": 2}  # and by which power the way begins slowly: the prior is far from most posteriors


class Annealed(NamedTuple):
    """Of each chain of each image the log weight, in nats, and its mean probability of accepting a move.

    >>> Annealed(torch.tensor([[0.0, 3.0]]).log(), acceptance=torch.ones(1, 2)).bound  # log of (0 + 3) / 2
    tensor([0.4055])
    """

    log_weights: Float[Tensor, "N chains"]
    acceptance: Float[Tensor, "N chains"]

    @property
    def bound(self) -> Float[Tensor, " N"]:
        """The log of the mean weight of each image: not above log p(x), on average."""
        return log_mean_weights(self.log_weights)


def annealed_bound(
    model: nn.Module,
    images: Tensor,
    steps: int = 100,
    chains: int = 4,
    start: str = "q",
    generator: Generator | None = None,
    *,
    leapfrog: int = 5,
    batch_size: int = 200,
) -> Annealed:
    """A lower bound of log p(x), on average, by ``chains`` walks for each image from q(z|x) or from the prior.

    It decodes :func:`decoded` latents for each image, and takes a slope at each: a trial walk finds the step sizes,
    so that those of the walks that count depend on none of their own draws.

    >>> from vae_helpers.models import VAE
    >>> run = annealed_bound(VAE(), (torch.rand(3, 1, 28, 28) > 0.5).float(), steps=5, chains=2)
    >>> run.bound.shape, run.log_weights.shape
    (torch.Size([3]), torch.Size([3, 2]))

    Args:
        model: with ``encode(x) -> (mu, logvar)`` and ``log_joint(x, z) -> log p(x, z)``, in nats, as ``VAE`` has them,
            and a prior N(0, I); it is used in eval mode.
        images: as of ``evaluation.evaluate``; a likelihood of Bernoulli pixels only if they are black and white.
        steps: of the way. With one step it is plain importance sampling with ``chains`` draws.
        chains: walks for each image, each from its own draw.
        start: "q" or "prior"; "prior" asks nothing of the encoder.
        generator: for all draws; on the CPU, a seed means the same everywhere. None: one with seed 0.
        leapfrog: of each Hamiltonian move.
        batch_size: images at a time, which bounds memory; with another one each image gets other draws.

    Raises:
        TypeError: a model without these methods, or images of another dtype than its weights.
        ValueError: unusable images, another start, or a number that is not a whole one >= 1.

    Source: Neal 2001 (physics/9803008); for decoders, Wu et al. 2017 (arXiv 1611.04273).
    """
    check_can(model, "encode", "log_joint", "loss_terms")
    check_whole(1, steps=steps, chains=chains, leapfrog=leapfrog, batch_size=batch_size)
    check_one_of(tuple(STARTS), start=start)
    (images,) = check_data(model, images, "images")
    generator = Generator().manual_seed(0) if generator is None else generator
    betas, parts = temperatures(steps, STARTS[start]), []
    with threads_for(model), evaluating(model):
        for batch in images.split(int(batch_size)):
            x = batch.to(device_of(model))
            with torch.no_grad():
                mu, logvar = model.encode(x)
            if start == "prior":
                mu, logvar = torch.zeros_like(mu), torch.zeros_like(mu)
            parts.append(_trial_and_walks(model, x, mu, logvar, betas, int(chains), int(leapfrog), generator))
    return Annealed(*(torch.cat(part).cpu() for part in zip(*parts, strict=True)))


def _trial_and_walks(
    model: nn.Module, x: Tensor, mu: Tensor, logvar: Tensor, betas: list[float], chains: int, *how
) -> Iterator[Tensor]:
    step_sizes = find_step_sizes(mu, logvar, lambda z: model.log_joint(x, z), betas, *how)
    x, mu, logvar = (part.repeat_interleave(chains, dim=0) for part in (x, mu, logvar))
    step_sizes = step_sizes.repeat_interleave(chains, dim=1)
    run = annealed_log_weights(mu, logvar, lambda z: model.log_joint(x, z), betas, step_sizes, *how)
    return (part.unflatten(0, (-1, chains)) for part in run)


def decoded(steps: int, chains: int = 4, leapfrog: int = 5) -> int:
    """How many latents :func:`annealed_bound` decodes for each image, those of the trial walk too.

    >>> decoded(steps=100, chains=4, leapfrog=5)
    2480

    Raises:
        ValueError: a number that is not a whole one >= 1.
    """
    check_whole(1, steps=steps, chains=chains, leapfrog=leapfrog)
    return (int(chains) + 1) * (1 + (int(steps) - 1) * int(leapfrog))


def temperatures(steps: int, power: float = 1.0) -> list[float]:
    """The betas from 0 to 1 of the distributions start(z)^(1 - beta) p(x, z)^beta on the way.

    >>> temperatures(4), temperatures(4, power=2)
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.0625, 0.25, 0.5625, 1.0])

    Args:
        steps: between them.
        power: above 1 they lie closer together near the start.

    Raises:
        ValueError: no steps, or a power that is not above 0.
    """
    check_whole(1, steps=steps)
    check_positive(power=power)
    return [(step / int(steps)) ** power for step in range(int(steps) + 1)]


@checked
def annealed_log_weights(
    mu: Float[Tensor, "M D"],
    logvar: Float[Tensor, "M D"],
    log_joint: LogJoint,
    betas: Sequence[float],
    step_sizes: Float[Tensor, "moves M"],
    leapfrog: int = 5,
    generator: Generator | None = None,
) -> tuple[Float[Tensor, " M"], Float[Tensor, " M"]]:
    """A walk from each of M Gaussians: the log weights, in nats, and the mean probability of accepting a move.

    The mean of exp(log weight) is p(x). Without a move (one step) the acceptance is NaN.

    >>> from vae_helpers.models.gaussians import gaussian_log_prob
    >>> mu, logvar = torch.zeros(2, 1), torch.zeros(2, 1)
    >>> log_joint = lambda z: gaussian_log_prob(z, mu, logvar) - 3  # the start is the posterior, and log p(x) = -3
    >>> annealed_log_weights(mu, logvar, log_joint, temperatures(2), torch.full((1, 2), 0.1))[0]
    tensor([-3., -3.])

    Args:
        mu, logvar: of the starts.
        log_joint: from one z for each start to each one's log p(x, z); differentiable.
        betas: as of :func:`temperatures`.
        step_sizes: of each move, in standard deviations of the start, as of :func:`find_step_sizes`; they must not
            depend on this walk's own draws. One row fewer than there are steps: after the last one nothing moves.
        leapfrog: steps of each move.
        generator: the CPU's draws the same for every device and precision.

    Raises:
        ValueError: betas that don't rise from 0 to 1, or not a row for each move.
    """
    _check_betas(betas)
    if len(step_sizes) != len(betas) - 2:
        raise ValueError(f"step_sizes: want {len(betas) - 2} rows, one for each move, got {len(step_sizes)}")
    log_weights, chances, _ = _walk(mu, logvar, log_joint, betas, leapfrog, generator, step_sizes)
    return log_weights.to(mu), chances.mean(dim=0)


@checked
def find_step_sizes(
    mu: Float[Tensor, "M D"],
    logvar: Float[Tensor, "M D"],
    log_joint: LogJoint,
    betas: Sequence[float],
    leapfrog: int = 5,
    generator: Generator | None = None,
) -> Float[Tensor, "moves M"]:
    """The step sizes of a trial walk that makes them larger where moves are accepted more often than 65 in 100.

    >>> from vae_helpers.models.gaussians import gaussian_log_prob
    >>> mu, logvar = torch.zeros(2, 1), torch.zeros(2, 1)
    >>> find_step_sizes(mu, logvar, lambda z: gaussian_log_prob(z, mu, logvar), temperatures(5)).shape
    torch.Size([4, 2])

    Args:
        mu, logvar, log_joint, betas, leapfrog, generator: as of :func:`annealed_log_weights`.

    Raises:
        ValueError: betas that don't rise from 0 to 1.
    """
    _check_betas(betas)
    return _walk(mu, logvar, log_joint, betas, leapfrog, generator)[2]


def _walk(mu, logvar, log_joint, betas, leapfrog, generator, step_sizes=None) -> tuple[Tensor, Tensor, Tensor]:
    """Log weights, and for each move the chances to be accepted and the step sizes, which adapt unless given."""
    check_whole(1, leapfrog=leapfrog)

    def at(u: Float[Tensor, "M D"]) -> Place:
        return find_place(u, mu, logvar, log_joint)

    place, step_size = at(normal_like(mu, generator)), torch.full_like(mu[:, 0], FIRST_STEP)
    log_weights = betas[1] * place.log_weight.double()
    chances, used = [], []
    for move, (beta, next_beta) in enumerate(pairwise(betas[1:])):
        step_size = step_size if step_sizes is None else step_sizes[move]
        place, chance = hamiltonian_move(place, at, beta, step_size, leapfrog, generator)
        log_weights += (next_beta - beta) * place.log_weight.double()
        chances.append(chance)
        used.append(step_size)
        step_size = step_size * torch.exp(GAIN * (chance - TARGET))
    none = mu.new_empty(0, len(mu))
    return log_weights, torch.stack(chances) if chances else none, torch.stack(used) if used else none


def _check_betas(betas: Sequence[float]) -> None:
    if len(betas) < 2 or (betas[0], betas[-1]) != (0, 1) or not all(a < b for a, b in pairwise(betas)):
        raise ValueError(f"betas: want numbers that rise from 0 to 1, got {betas!r:.60}")
