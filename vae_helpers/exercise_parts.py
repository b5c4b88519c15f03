"""What exercises are made of: their two classes, and the inputs to try, simplest first, extremes last."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

Inputs = tuple[Tensor | float, ...]


@dataclass(frozen=True)
class Misconception:
    """A classic mistake: its name, what it computes, and what to say about it."""

    name: str
    function: Callable[..., Tensor]
    message: str


@dataclass(frozen=True)
class Exercise:
    """What is asked: the reference, the names of its arguments, inputs (simplest first), and why it matters.

    Where the answer is part of a loss, ``differentiable``, its result must also carry a gradient.
    """

    reference: Callable[..., Tensor]
    arguments: tuple[str, ...]
    inputs: Callable[[], list[Inputs]]
    why: str
    misconceptions: tuple[Misconception, ...]
    differentiable: bool = False


def _pairs(n: int, d: int, seed: int, spread: float = 1.0) -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator) * spread, torch.randn(n, d, generator=generator) * spread


def kl_inputs() -> list[Inputs]:
    simple = [(torch.tensor([[1.0]]), torch.tensor([[0.0]])), (torch.tensor([[0.0]]), torch.tensor([[1.0]]))]
    extreme = (torch.tensor([[30.0, 0.0]]), torch.tensor([[-20.0, 8.0]]))
    return [*simple, _pairs(3, 2, 0), _pairs(5, 4, 1, 2.0), extreme]


def reparameterize_inputs() -> list[Inputs]:
    simple = (torch.tensor([[1.0]]), torch.tensor([[2.0]]), torch.tensor([[0.5]]))
    return [simple, (*_pairs(3, 2, 0), _pairs(3, 2, 1)[0]), (*_pairs(4, 5, 2), torch.zeros(4, 5))]


def bernoulli_inputs() -> list[Inputs]:
    generator = Generator().manual_seed(0)
    logits, images = torch.randn(2, 3, 1, 28, 28, generator=generator)
    images = images.sigmoid()
    fair_coins = torch.zeros(1, 1, 28, 28), images[:1]
    extreme = 200 * logits[:2], (images[:2] > 0.5).float()  # probabilities that round to 0 and 1
    return [fair_coins, (logits, images), extreme]


def elbo_inputs() -> list[Inputs]:
    terms = (torch.tensor([80.0, 120.0, 95.0]), torch.tensor([20.0, 25.0, 15.0]))
    return [(*terms, 4.0), (*terms, 1.0), (torch.tensor([10.0]), torch.tensor([3.0]), 0.5)]


def path_inputs() -> list[Inputs]:
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])
    c, d = _pairs(1, 16, 0)
    simple = [(a, b, 0.25), (a, b, 0.0), (a, b, 1.0), (a, a + b, 0.5)]
    # parallel vectors, where rounding takes the cosine beyond 1 for some
    parallel = [(v, 2 * v, 0.5) for v in torch.randn(20, 16, generator=Generator().manual_seed(1))]
    return [*simple, (c[0], d[0], 0.7), (a, 2 * a, 0.5), (c[0], -2 * c[0], 0.5), *parallel]
