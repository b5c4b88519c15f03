"""What a widget asks of a model before it is shown."""

import math
from collections.abc import Mapping
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from vae_helpers.models import VAE
from vae_helpers.models.layers import evaluating
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.validation import check_can


def models_by_name(model: Any) -> dict[str, nn.Module]:
    """Several models by name, as they are; one alone has the name "".

    Raises:
        TypeError, ValueError: a name that is no text or empty; no model at all.
    """
    if not isinstance(model, Mapping):
        return {"": model}
    if not model:
        raise ValueError("model: want a model, or a dict with at least one, got {}")
    for name in model:
        if not isinstance(name, str) or not name:
            raise TypeError(f"model: want a dict of models by name, got the key {name!r}")
    return dict(model)


def models_by_beta(models: Any) -> dict[float, VAE]:
    """VAEs by the beta that they were trained at, by rising beta.

    Raises:
        TypeError, ValueError: no dict, no models at all, a key that is no number > 0, or a model that is no VAE.
    """
    if not isinstance(models, dict):
        raise TypeError(f"models: want a dict of VAEs by the beta they were trained at, got {type(models).__name__}")
    if not models:
        raise ValueError("models: want at least one VAE by its beta, got {}")
    for beta, model in models.items():
        if isinstance(beta, bool) or not hasattr(beta, "__float__"):
            raise TypeError(f"models: want numbers > 0 (each model's beta) as keys, got {beta!r}")
        if not 0 < beta < math.inf:
            raise ValueError(f"models: want numbers > 0 (each model's beta) as keys, got {beta!r}")
        if not isinstance(model, VAE):
            raise TypeError(f"models: want a VAE at beta = {beta:g}, got {type(model).__name__}")
    return {float(beta): models[beta] for beta in sorted(models)}


def check_coder(model: Any, name: str = "") -> None:
    """Raise unless the model has an ``encode`` and a ``decoder`` whose weights are finite, and knows its latent_dim."""
    check_can(model, "encode")
    if not isinstance(getattr(model, "decoder", None), nn.Module) or not hasattr(model, "latent_dim"):
        raise TypeError(f"model: want one with a decoder and a latent_dim, got {type(model).__name__}")
    check_weights(model.decoder, name)


def check_weights(network: Any, name: str = "", part: str = "decoder") -> None:
    """Raise unless it is a module whose weights are finite, and what it keeps beside them, such as running means."""
    if not isinstance(network, nn.Module):
        raise TypeError(f"{part}: want an nn.Module, got {type(network).__name__}")
    if not all(values.isfinite().all() for values in chain(network.parameters(), network.buffers())):
        whose = f"the weights of {name!r}" if name else "its weights"
        raise ValueError(f"{part}: {whose} contain NaN or infinity; did training break down?")


def outputs_of(model: nn.Module, images: Tensor, *condition: Tensor) -> Tensor:
    """What ``model.encode`` returns, as one tensor on the CPU: codes (N, D), or mu and logvar (N, 2 D)."""
    with evaluating(model):
        code = model.encode(images, *condition)
    return torch.cat(code, dim=1).float().cpu() if isinstance(code, tuple) else code.float().cpu()


def check_labels(labels: Any, count: int) -> None:
    """Raise ``ValueError`` unless there is a digit for each of ``count`` images."""
    if not isinstance(labels, Tensor) or labels.shape != (count,):
        raise ValueError(f"labels: want a tensor of one label for each of the {count} images, got {labels!r:.60}")
    kind = labels.dtype
    if kind.is_floating_point or kind.is_complex or str(kind) == "torch.bool" or not _are_digits(labels):
        raise ValueError(f"labels: want whole numbers from 0 to {len(CLASS_COLORS) - 1}, got {labels!r:.60}")


def _are_digits(labels: Tensor) -> bool:
    return bool(labels.min() >= 0 and labels.max() < len(CLASS_COLORS))


def as_numbers(name: str, values: Any, count: int) -> list[float]:
    """A sequence, an array or a tensor of so many numbers as Python's; ``ValueError`` for anything else."""
    try:
        numbers = [] if isinstance(values, (str, bytes)) else [float(value) for value in values]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != count:
        raise ValueError(f"{name}: want {count} numbers, got {values!r}")
    return numbers


def check_plane(model: nn.Module) -> None:
    """Raise ``ValueError`` unless the model's latent space is a plane."""
    latent_dim = getattr(model, "latent_dim", None)
    if latent_dim != 2:
        raise ValueError(f"model: want one with latent_dim 2, got {type(model).__name__} with {latent_dim}")


def check_codes(codes: Tensor, name: str = "") -> None:
    """Raise ``ValueError`` unless the codes that a model's encoder gave are finite; ``name`` tells it from others."""
    if not codes.isfinite().all():
        whose = f"the encoder of {name!r}" if name else "its encoder"
        raise ValueError(f"model: {whose} gives NaN or infinity for these images; did training break down?")


def map_limit(codes: Tensor, least: float) -> float:
    """The edge of a map for codes (N, 2), at least ``least``: all but the farthest are on it. One decimal."""
    return max(least, math.ceil(10.5 * codes.abs().quantile(0.999).item()) / 10)
