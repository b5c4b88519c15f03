"""The building blocks of every model here: a plain MLP, an encoder and a decoder.

Each is an ordinary ``nn.Module`` of a few lines. Encoders return ``mu, logvar``; decoders return logits.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vae_helpers.validation import check_fits, checked, is_whole

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
    """Images -> ``mu`` and ``logvar`` = log sigma^2."""

    def __init__(self, latent_dim: int, hidden: Sequence[int], layer_norm: bool):
        super().__init__()
        self.body = mlp([PIXELS, *hidden], layer_norm)
        self.head = nn.Linear([PIXELS, *hidden][-1], 2 * latent_dim)

    @checked
    def forward(self, x: Float[Tensor, "N 1 28 28"]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        mu, logvar = self.head(self.body(x.flatten(1))).chunk(2, dim=1)
        return mu, logvar


class Decoder(nn.Module):
    """Latents -> logits; a sigmoid makes them pixel probabilities."""

    def __init__(self, latent_dim: int, hidden: Sequence[int], layer_norm: bool):
        super().__init__()
        self.latent_dim = latent_dim
        sizes = [latent_dim, *reversed(hidden)]
        self.body = mlp(sizes, layer_norm)
        self.head = nn.Linear(sizes[-1], PIXELS)

    def forward(self, z: Float[Tensor, "N D"]) -> Float[Tensor, "N 1 28 28"]:
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        return self.head(self.body(z)).unflatten(1, IMAGE_SHAPE)


def architecture(latent_dim: int, hidden: Sequence[int], layer_norm: bool) -> dict[str, Any]:
    """What a checkpoint needs to build the network again, as plain values; ``ValueError`` for an impossible size."""
    for name, sizes in (("latent_dim", [latent_dim]), ("hidden", hidden)):
        if not all(is_whole(n, at_least=1) for n in sizes):
            raise ValueError(f"{name}: want whole numbers >= 1, got {latent_dim if name == 'latent_dim' else hidden}")
    return {"latent_dim": int(latent_dim), "hidden": [int(n) for n in hidden], "layer_norm": bool(layer_norm)}
