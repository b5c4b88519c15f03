"""Inputs that several exercises try."""

import torch
from torch import Generator, Tensor


def pairs(n: int, d: int, seed: int, spread: float = 1.0) -> tuple[Tensor, Tensor]:
    """Two tensors (n, d) of normal numbers with standard deviation ``spread``."""
    generator = Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator) * spread, torch.randn(n, d, generator=generator) * spread


def rows(*values: list[float]) -> tuple[Tensor, ...]:
    """One image each: tensors (1, D)."""
    return tuple(torch.tensor([row]) for row in values)
