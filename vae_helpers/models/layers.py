"""The building blocks of every model here: a plain MLP, an encoder and a decoder.

Each is an ordinary ``nn.Module`` of a few lines. Encoders return ``mu, logvar``; decoders return logits.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vae_helpers.validation import as_seed, check_fits, check_goes_into, check_whole, checked, is_whole

IMAGE_SHAPE = (1, 28, 28)
PIXELS = 28 * 28
SIGMA_FLOOR = 0.01  # of a coordinate from 0 to 1: about one step of the tablet


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw initial weights from ``seed`` and leave PyTorch's global generator as it was."""
    number = as_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(number)
        yield


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in eval mode: no dropout, and no batch statistics of whatever stands in the batch by chance."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights are."""
    return next(chain(model.parameters(), model.buffers()), torch.zeros(())).device


def mlp(sizes: Sequence[int], layer_norm: bool) -> nn.Sequential:
    """Fully connected layers between ``sizes``, each followed by (LayerNorm and) ReLU."""
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers.append(nn.Linear(n_in, n_out))
        if layer_norm:
            layers.append(nn.LayerNorm(n_out))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def network(sizes: Sequence[int]) -> nn.Sequential:
    """:func:`mlp` with layer norm, and a last layer that is linear alone: its outputs have any sign.

    >>> [type(layer).__name__ for layer in network([788, 128, 64])]
    ['Linear', 'LayerNorm', 'ReLU', 'Linear']
    """
    return mlp(sizes[:-1], layer_norm=True).append(nn.Linear(*sizes[-2:]))


class Encoder(nn.Module):
    """Images -> ``mu`` and ``logvar`` = log sigma^2."""

    def __init__(self, latent_dim: int, hidden: Sequence[int], layer_norm: bool):
        super().__init__()
        self.body = mlp([PIXELS, *hidden], layer_norm)
        self.head = nn.Linear([PIXELS, *hidden][-1], 2 * latent_dim)

    @checked
    def forward(self, x: Float[Tensor, "N 1 28 28"]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        check_goes_into(self.head, x=x)
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
        check_goes_into(self.head, z=z)
        return self.head(self.body(z)).unflatten(1, IMAGE_SHAPE)


def architecture(latent_dim: int, hidden: Sequence[int], layer_norm: bool) -> dict[str, Any]:
    """What a checkpoint needs to build the network again, as plain values; ``ValueError`` for an impossible size."""
    check_whole(1, latent_dim=latent_dim)
    widths = whole_numbers(hidden=hidden)
    if layer_norm not in (True, False):
        raise ValueError(f"layer_norm: want True or False, got {layer_norm!r}")
    return {"latent_dim": int(latent_dim), **widths, "layer_norm": bool(layer_norm)}


def whole_numbers(**sequences: Sequence[int]) -> dict[str, list[int]]:
    """``whole_numbers(hidden=(256, 128))``: each as a list of Python's; ``ValueError`` unless all are >= 1."""
    for name, values in sequences.items():
        if (
            not isinstance(values, Iterable)
            or not getattr(values, "ndim", 1)
            or not all(is_whole(n, 1) for n in values)
        ):
            raise ValueError(f"{name}: want whole numbers >= 1, a width for each hidden layer, got {values!r}")
    return {name: [int(n) for n in values] for name, values in sequences.items()}


def floored_logvar(raw: Float[Tensor, "..."], floor: float = SIGMA_FLOOR) -> Float[Tensor, "..."]:
    """log sigma^2 with sigma^2 = exp(raw) + floor^2: a sigma that can't run to 0, and its density to infinity.

    >>> floored_logvar(torch.tensor([-100.0])).exp().sqrt()
    tensor([0.0100])
    """
    return torch.log(raw.exp() + floor**2)
