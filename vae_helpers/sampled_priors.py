"""Priors of which draws are all that is needed: ``latent_dim``, and ``sample(n, generator)``.

An adversarial autoencoder asks no more of a prior; a VAE would want its density as well. Draws are float32, on the
generator's device; where the generator is None, PyTorch's own on the CPU draws.
"""

import math
from typing import Any, Protocol

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor

from vae_helpers.validation import check_finite, check_not_negative, check_positive, check_some, check_whole, checked


class Prior(Protocol):
    """Anything that can be drawn from: those below, or your own.

    >>> class Corners:
    ...     def sample(self, n, generator):
    ...         return torch.randint(2, (n, 2), generator=generator).float()
    >>> check_prior(Corners(), latent_dim=2)  # says nothing: it will do
    """

    def sample(self, n: int, generator: Generator | None) -> Float[Tensor, "n D"]:
        """``n`` draws, on the generator's device."""


def check_prior(prior: Any, latent_dim: int | None = None, *methods: str) -> None:
    """Raise unless it can be drawn from, gives points of ``latent_dim`` numbers, and has what else is wanted.

    >>> check_prior(GaussianPrior(3), 2)
    Traceback (most recent call last):
    ValueError: prior: want points of 2 numbers, as the model's codes are, got shape (2, 3) for two draws

    Raises:
        TypeError: a method is missing, or no tensor comes.
        ValueError: another shape.
    """
    if isinstance(prior, type):
        raise TypeError(f"prior: want one that is made, as {prior.__name__}(...), got the class {prior.__name__}")
    for method in ("sample", *methods):
        if not callable(getattr(prior, method, None)):
            raise TypeError(f"prior: want one with a method {method}, got {type(prior).__name__}")
    if not isinstance(points := prior.sample(2, Generator().manual_seed(0)), Tensor):
        raise TypeError(f"prior: want a tensor from sample(n, generator), got {type(points).__name__}")
    if latent_dim is not None and tuple(points.shape) != (2, latent_dim):
        shape = tuple(points.shape)
        raise ValueError(
            f"prior: want points of {latent_dim} numbers, as the model's codes are, got shape {shape} for two draws"
        )


class GaussianPrior:
    """N(0, I).

    >>> GaussianPrior(latent_dim=2).sample(5, Generator().manual_seed(0)).shape
    torch.Size([5, 2])
    """

    def __init__(self, latent_dim: int = 2):
        check_whole(1, latent_dim=latent_dim)
        self.latent_dim = int(latent_dim)

    def sample(self, n: int, generator: Generator | None) -> Float[Tensor, "n D"]:
        """``n`` draws."""
        check_whole(0, n=n)
        return _randn((int(n), self.latent_dim), generator)


class RingPrior:
    """Gaussians of equal weight around a circle, the first on the right, then counter-clockwise.

    >>> prior = RingPrior(modes=10)
    >>> prior.modes_of(prior.sample_modes(torch.tensor([3, 0]), Generator().manual_seed(0)))
    tensor([3, 0])

    Args:
        modes: how many.
        radius: of the circle.
        spread: standard deviation of each Gaussian.

    Raises:
        ValueError: no modes, or a radius or spread that is not > 0.
    """

    latent_dim = 2

    def __init__(self, modes: int = 10, radius: float = 2.5, spread: float = 0.25):
        check_whole(1, modes=modes)
        check_positive(radius=radius, spread=spread)
        self.modes, self.radius, self.spread = int(modes), float(radius), float(spread)
        angles = torch.arange(self.modes) * (2 * math.pi / self.modes)
        self.centres = self.radius * torch.stack([angles.cos(), angles.sin()], dim=1)

    def sample(self, n: int, generator: Generator | None) -> Float[Tensor, "n 2"]:
        """``n`` draws, each of a mode drawn at random."""
        check_whole(0, n=n)
        return self.sample_modes(_randint(self.modes, int(n), generator), generator)

    @checked
    def sample_modes(self, modes: Integer[Tensor, " n"], generator: Generator | None) -> Float[Tensor, "n 2"]:
        """One draw of each mode asked for, by its number from 0."""
        if len(modes) and not 0 <= int(modes.min()) <= int(modes.max()) < self.modes:
            raise ValueError(
                f"modes: want numbers from 0 to {self.modes - 1}, got {int(modes.min())} to {int(modes.max())}"
            )
        noise = _randn((len(modes), 2), generator)
        return self.centres.to(noise.device)[modes.to(noise.device).long()] + self.spread * noise

    @checked
    def modes_of(self, z: Float[Tensor, "N 2"]) -> Integer[Tensor, " N"]:
        """The number of the mode whose centre is nearest to each point."""
        return torch.cdist(z, self.centres.to(z)).argmin(dim=1)


class SwissRollPrior:
    """A rolled-up line, equally dense all along, from near the middle outwards.

    >>> SwissRollPrior().sample(5, Generator().manual_seed(0)).norm(dim=1).max() < 4
    tensor(True)

    Args:
        turns: how often it goes round.
        radius: of its outer end.
        spread: standard deviation across.

    Raises:
        ValueError: one that is not > 0.
    """

    latent_dim = 2

    def __init__(self, turns: float = 1.5, radius: float = 3.0, spread: float = 0.12):
        check_positive(turns=turns, radius=radius, spread=spread)
        self.turns, self.radius, self.spread = float(turns), float(radius), float(spread)

    def sample(self, n: int, generator: Generator | None) -> Float[Tensor, "n 2"]:
        """``n`` draws."""
        check_whole(0, n=n)
        along = torch.rand(int(n), generator=generator, device=_device(generator)) * 0.95 + 0.05
        far = along.sqrt()  # a turn's length grows with its radius: the root spreads the points evenly
        angle = 2 * math.pi * self.turns * far
        line = self.radius * far[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
        return line + self.spread * _randn((n, 2), generator)


class PointsPrior:
    """Points that someone gives, a painting for instance; each draw is one of them, a little blurred.

    >>> PointsPrior(torch.tensor([[1.0, 0.0], [0.0, 1.0]])).sample(5, Generator().manual_seed(0)).shape
    torch.Size([5, 2])

    Args:
        points: (M, D).
        spread: standard deviation of the blur; 0 for none.

    Raises:
        ValueError: no points, NaN, or a spread < 0.
    """

    @checked
    def __init__(self, points: Float[Tensor, "M D"], spread: float = 0.05):
        check_some(points=points)
        check_finite(points=points)
        check_not_negative(spread=spread)
        self.points, self.spread, self.latent_dim = points, float(spread), points.shape[1]

    def sample(self, n: int, generator: Generator | None) -> Float[Tensor, "n D"]:
        """``n`` draws."""
        check_whole(0, n=n)
        chosen = _randint(len(self.points), int(n), generator)
        return self.points.to(chosen.device)[chosen] + self.spread * _randn((n, self.latent_dim), generator)


def _randn(shape: tuple[int, ...], generator: Generator | None) -> Tensor:
    return torch.randn(shape, generator=generator, device=_device(generator))


def _randint(end: int, n: int, generator: Generator | None) -> Tensor:
    """``n`` whole numbers from 0 to ``end`` - 1."""
    return torch.randint(end, (n,), generator=generator, device=_device(generator))


def _device(generator: Generator | None) -> torch.device:
    return torch.device("cpu") if generator is None else generator.device
