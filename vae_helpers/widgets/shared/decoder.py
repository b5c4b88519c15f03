"""A decoder as the browser evaluates it: layers by name, and their weights as bytes. decoder.js is the other side."""

from typing import Any

import numpy as np
import torch
from torch import nn

from vae_helpers.widgets.shared.codecs import MAX_BYTES, float_array
from vae_helpers.widgets.shared.models import check_weights


class NotInBrowser(TypeError):
    """A decoder of a kind that the browser can't evaluate; the kernel can."""


@torch.no_grad()
def export_decoder(decoder: nn.Module) -> tuple[list[dict[str, Any]], bytes]:
    """A decoder as a list of layers and their weights as little-endian float32, in that order.

    A linear layer's weight is sent as (inputs, outputs), the way the JavaScript reads it.

    Raises:
        TypeError: no module. Its subclass NotInBrowser: a layer that the browser's side can't evaluate, or a decoder
            that is not just its layers in order.
        ValueError: weights that are not finite or too large, or anything but 784 logits for a latent.
    """
    check_weights(decoder)
    layers: list[dict[str, Any]] = []
    arrays: list[np.ndarray] = []
    for _, module in decoder.named_modules(remove_duplicate=False):  # one ReLU may serve several times
        if isinstance(module, nn.Linear):
            layers.append({"type": "linear", "inputs": module.in_features, "outputs": module.out_features})
            bias = module.bias if module.bias is not None else torch.zeros(module.out_features)
            arrays += [float_array(module.weight.T), float_array(bias)]
        elif isinstance(module, nn.LayerNorm) and len(module.normalized_shape) == 1:
            layers.append({"type": "layernorm", "size": module.normalized_shape[0], "eps": module.eps})
            gain = module.weight if module.weight is not None else torch.ones(module.normalized_shape)
            bias = module.bias if module.bias is not None else torch.zeros(module.normalized_shape)
            arrays += [float_array(gain), float_array(bias)]
        elif isinstance(module, nn.ReLU):
            layers.append({"type": "relu"})
        elif not list(module.children()) and not isinstance(module, (nn.Flatten, nn.Unflatten)):
            raise NotInBrowser(
                f"decoder: the browser can evaluate Linear, LayerNorm and ReLU layers, not {type(module).__name__}"
            )
    if not layers or layers[0]["type"] != "linear":
        raise NotInBrowser("decoder: want one whose first layer is Linear, so that the size of its latent is known")
    size = sum(array.nbytes for array in arrays)
    if size > MAX_BYTES:
        raise ValueError(f"decoder: {size / 1e6:.1f} MB of weights; at most {MAX_BYTES / 1e6:.0f} MB go to the browser")
    _check_same_function(decoder, layers, arrays)
    return layers, b"".join(array.tobytes() for array in arrays)


def run_layers(layers: list[dict[str, Any]], arrays: list[np.ndarray], z: np.ndarray) -> np.ndarray:
    """What the browser computes, in NumPy: latents (N, D) -> pixel probabilities (N, 784)."""
    x, rest = z, iter(arrays)
    for layer in layers:
        if layer["type"] == "linear":
            x = x @ next(rest) + next(rest)
        elif layer["type"] == "layernorm":
            centred = x - x.mean(axis=1, keepdims=True)
            x = centred / np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + layer["eps"])
            x = x * next(rest) + next(rest)
        else:
            x = np.maximum(x, 0)
    return 0.5 * (1 + np.tanh(x / 2))  # the sigmoid, in a form that can't overflow


def _check_same_function(decoder: nn.Module, layers: list[dict[str, Any]], arrays: list[np.ndarray]) -> None:
    """A module's forward need not run its layers in order: compare on random latents before anything is sent."""
    parameter = next(decoder.parameters())
    z = torch.randn(16, layers[0]["inputs"], generator=torch.Generator().manual_seed(0))
    was_training = decoder.training
    decoder.eval()
    try:
        wanted = torch.sigmoid(decoder(z.to(parameter))).flatten(1).float().cpu().numpy()
        got = run_layers(layers, arrays, z.numpy())
    except Exception as error:  # the first layer need not take the latent, nor each layer what the last one gave
        raise NotInBrowser(f"decoder: it is not just its layers in order: {error}") from error
    finally:
        decoder.train(was_training)
    if wanted.shape != (len(z), 784):
        got = f"shape {wanted.shape} for {len(z)} latents"
        raise ValueError(f"decoder: want one from latents to 784 logits each, got {got}")
    if wanted.shape != got.shape or np.abs(wanted - got).max() > 1e-3:
        raise NotInBrowser("decoder: it is not just its layers in order, from latents to 784 logits")
