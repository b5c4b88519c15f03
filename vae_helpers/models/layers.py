"""The building blocks of every model here: a plain MLP, an encoder and a decoder.

Each is an ordinary ``nn.Module`` of a few lines. Encoders return ``mu, logvar``; decoders return logits.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from vae_helpers.validation import check_float_tensor

IMAGE_SHAPE = (1, 28, 28)
PIXELS = 28 * 28


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw initial weights from ``seed`` and leave PyTorch's global generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def mlp(sizes: Sequence[int], layer_norm: bool) -> nn.Sequential:
    """Fully connected layers between ``sizes``, each followed by (LayerNorm and) ReLU."""
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers.append(nn.Linear(n_in, n_out))
        if layer_norm:
            layers.append(nn.LayerNorm(n_out))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Encoder(nn.Module):
    """Image (N, 1, 28, 28) -> ``mu`` and ``logvar`` = log sigma^2, each (N, latent_dim)."""

    def __init__(self, latent_dim: int, hidden: Sequence[int], layer_norm: bool):
        super().__init__()
        self.body = mlp([PIXELS, *hidden], layer_norm)
        self.head = nn.Linear([PIXELS, *hidden][-1], 2 * latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        check_image_batch(x)
        mu, logvar = self.head(self.body(x.flatten(1))).chunk(2, dim=1)
        return mu, logvar


class Decoder(nn.Module):
    """Latent (N, latent_dim) -> logits (N, 1, 28, 28); a sigmoid makes them pixel probabilities."""

    def __init__(self, latent_dim: int, hidden: Sequence[int], layer_norm: bool):
        super().__init__()
        self.latent_dim = latent_dim
        sizes = [latent_dim, *reversed(hidden)]
        self.body = mlp(sizes, layer_norm)
        self.head = nn.Linear(sizes[-1], PIXELS)

    def forward(self, z: Tensor) -> Tensor:
        check_float_tensor(z, "z", f"(N, {self.latent_dim})", ndim=2)
        if z.shape[1] != self.latent_dim:
            raise ValueError(f"z: want shape (N, {self.latent_dim}), got {tuple(z.shape)}")
        return self.head(self.body(z)).unflatten(1, IMAGE_SHAPE)


def check_image_batch(x) -> None:
    """Raise unless ``x`` is a float tensor (N, 1, 28, 28): type and shape only, values are not read."""
    check_float_tensor(x, "x", "(N, 1, 28, 28)")
    if x.ndim != 4 or x.shape[1:] != IMAGE_SHAPE:
        raise ValueError(f"x: want shape (N, 1, 28, 28), got {tuple(x.shape)}")


def check_architecture(latent_dim: int, hidden: Sequence[int]) -> None:
    """Raise ``ValueError`` unless every size is a whole number of at least 1."""
    for name, sizes in (("latent_dim", [latent_dim]), ("hidden", hidden)):
        if not all(isinstance(n, int) and n >= 1 for n in sizes):
            raise ValueError(f"{name}: want whole numbers >= 1, got {latent_dim if name == 'latent_dim' else hidden}")
