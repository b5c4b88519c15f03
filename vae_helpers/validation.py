"""Argument checks that several modules share: each says which argument, what came, and what is wanted."""

import math

import torch
from torch import Tensor


def check_float_tensor(value, name: str, shape: str, ndim: int | None = None) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless ``value`` is a floating tensor of ``ndim`` dimensions.

    Looks at type and shape only, so it costs nothing on an accelerator.
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}: want a float tensor of shape {shape}, got {type(value).__name__}")
    if not value.is_floating_point():
        raise TypeError(f"{name}: want floats, got {value.dtype}; images go in as x.float() / 255")
    if ndim is not None and value.ndim != ndim:
        raise ValueError(f"{name}: want shape {shape}, got {tuple(value.shape)}")


def check_same_shape(a: Tensor, b: Tensor, names: tuple[str, str]) -> None:
    """Raise ``ValueError`` unless both tensors have the same shape: silent broadcasting hides bugs."""
    if a.shape != b.shape:
        raise ValueError(f"{names[0]} and {names[1]}: want the same shape, got {tuple(a.shape)} and {tuple(b.shape)}")


def check_images(images, name: str = "images") -> None:
    """Raise unless ``images`` is a float tensor (N, 1, 28, 28) with N >= 1 and finite values in [0, 1].

    This one reads every value: call it once, where data enters, never inside a training loop.
    """
    check_float_tensor(images, name, "(N, 1, 28, 28)")
    if images.ndim != 4 or images.shape[1:] != (1, 28, 28) or len(images) == 0:
        raise ValueError(f"{name}: want shape (N, 1, 28, 28) with N >= 1, got {tuple(images.shape)}")
    low, high = (value.item() for value in torch.aminmax(images))  # one pass, no copy; NaN comes through
    if math.isnan(low):
        raise ValueError(f"{name}: contains NaN")
    if low < 0 or high > 1:
        raise ValueError(f"{name}: want values in [0, 1], got [{low:g}, {high:g}]; are they 0 to 255, or normalised?")
