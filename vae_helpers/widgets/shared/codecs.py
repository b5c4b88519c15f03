"""What goes to the browser as bytes: bytes.js is the other side."""

import numpy as np
import torch

MAX_BYTES = 8_000_000  # enough for 2 million weights; more would take seconds to reach a browser


def float_array(values: torch.Tensor) -> np.ndarray:
    """Any tensor as little-endian float32 in one piece."""
    return np.ascontiguousarray(values.detach().float().cpu().numpy(), dtype="<f4")


def float_bytes(values: torch.Tensor) -> bytes:
    """Any tensor as the bytes of little-endian float32, the way ``toFloats`` in the browser reads it."""
    return float_array(values).tobytes()


def ink_bytes(images: torch.Tensor) -> bytes:
    """Images (N, 1, 28, 28) in [0, 1] as N * 784 bytes, rounded to 256 levels: 255 is ink."""
    return (255 * images).round().to("cpu", torch.uint8).numpy().tobytes()


def half_bytes(weights: bytes) -> bytes | None:
    """The bytes of float32 as those of little-endian float16, half as many; None where that would round any value.

    It is exact for weights that were stored so, as those of the course's smallest files are.
    """
    floats = np.frombuffer(weights, "<f4")
    with np.errstate(over="ignore"):
        halves = floats.astype("<f2")
    return halves.tobytes() if np.array_equal(halves.astype("<f4"), floats) else None


def compact(weights: bytes) -> dict[str, bytes | bool]:
    """``weights`` and whether they are ``half`` precision, for the traits of these names: ``toWeights`` reads them."""
    halves = half_bytes(weights)
    return {"weights": halves or weights, "half": halves is not None}
