"""Random inputs that several exercises try."""

import torch
from torch import Generator, Tensor


def pairs(n: int, d: int, seed: int, spread: float = 1.0) -> tuple[Tensor, Tensor]:
    """Two tensors (n, d) of normal numbers with standard deviation ``spread``."""
    generator = Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator) * spread, torch.randn(n, d, generator=generator) * spread
