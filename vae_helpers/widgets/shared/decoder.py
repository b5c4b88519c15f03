"""Networks as the browser evaluates them: layers by name, and their weights as bytes. decoder.js is the other side."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from vae_helpers.models.layers import IMAGE_SHAPE, evaluating
from vae_helpers.widgets.shared.codecs import MAX_BYTES, float_array
from vae_helpers.widgets.shared.models import check_weights, outputs_of


class NotInBrowser(TypeError):
    """A network of a kind that the browser can't evaluate; the kernel can."""


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
    layers, arrays = _layers_of(decoder, "decoder")
    _check_same_decoder(decoder, layers, arrays)
    return layers, _joined(arrays)


@torch.no_grad()
def export_encoder(model: nn.Module) -> tuple[list[dict[str, Any]], bytes]:
    """As :func:`export_decoder`, the encoder of a model: from 784 pixels to what its ``encode`` returns for an image.

    That is a code (D,), or mu and logvar after each other (2 D,).

    Raises:
        NotInBrowser: a layer that the browser's side can't evaluate, or an ``encode`` that is not just the layers of
            ``model.encoder`` in order.
        ValueError: weights that are too large.
    """
    encoder = getattr(model, "encoder", None)
    if not isinstance(encoder, nn.Module):
        raise NotInBrowser("encoder: want a module model.encoder, which the browser could evaluate")
    layers, arrays = _layers_of(encoder, "encoder")
    x = torch.rand(16, *IMAGE_SHAPE, generator=torch.Generator().manual_seed(0))
    wanted = outputs_of(model, x.to(next(encoder.parameters()))).numpy()
    _check_close("encoder", wanted, lambda: run_layers(layers, arrays, x.flatten(1).numpy()))
    return layers, _joined(arrays)


@torch.no_grad()
def export_network(network: nn.Module, name: str) -> tuple[list[dict[str, Any]], bytes]:
    """As :func:`export_decoder`, any network that is just its layers in order; ``name`` says in an error what it is.

    Raises:
        TypeError: no module. Its subclass NotInBrowser: a layer that the browser's side can't evaluate, or a network
            that is not just its layers in order.
        ValueError: weights that are not finite or too large.
    """
    check_weights(network, part=name)
    layers, arrays = _layers_of(network, name)
    parameter = next(network.parameters())
    x = torch.rand(16, layers[0]["inputs"], generator=torch.Generator().manual_seed(0))
    try:
        with evaluating(network):
            wanted = network(x.to(parameter)).flatten(1).float().cpu().numpy()
    except Exception as error:  # the first layer need not take the input
        raise NotInBrowser(f"{name}: it is not just its layers in order: {error}") from error
    _check_close(name, wanted, lambda: run_layers(layers, arrays, x.numpy()))
    return layers, _joined(arrays)


def _layers_of(network: nn.Module, name: str) -> tuple[list[dict[str, Any]], list[np.ndarray]]:
    """The layers of a network by name, and their weights in the order in which they are read."""
    layers: list[dict[str, Any]] = []
    arrays: list[np.ndarray] = []
    for _, module in network.named_modules(remove_duplicate=False):  # one ReLU may serve several times
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
                f"{name}: the browser can evaluate Linear, LayerNorm and ReLU layers, not {type(module).__name__}"
            )
    if not layers or layers[0]["type"] != "linear":
        raise NotInBrowser(f"{name}: want one whose first layer is Linear, so that the size of its input is known")
    size = sum(array.nbytes for array in arrays)
    if size > MAX_BYTES:
        raise ValueError(f"{name}: {size / 1e6:.1f} MB of weights; at most {MAX_BYTES / 1e6:.0f} MB go to the browser")
    return layers, arrays


def _joined(arrays: list[np.ndarray]) -> bytes:
    return b"".join(array.tobytes() for array in arrays)


def run_layers(layers: list[dict[str, Any]], arrays: list[np.ndarray], z: np.ndarray) -> np.ndarray:
    """What the browser computes, in NumPy: latents (N, D) -> logits (N, 784), or images (N, 784) -> codes."""
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
    return x


def _check_same_decoder(decoder: nn.Module, layers: list[dict[str, Any]], arrays: list[np.ndarray]) -> None:
    """A module's forward need not run its layers in order: compare on random latents before anything is sent."""
    parameter = next(decoder.parameters())
    z = torch.randn(16, layers[0]["inputs"], generator=torch.Generator().manual_seed(0))
    was_training = decoder.training
    decoder.eval()
    try:
        wanted = torch.sigmoid(decoder(z.to(parameter))).flatten(1).float().cpu().numpy()
    except Exception as error:  # the first layer need not take the latent
        raise NotInBrowser(f"decoder: it is not just its layers in order: {error}") from error
    finally:
        decoder.train(was_training)
    if wanted.shape != (len(z), 784):
        got = f"shape {wanted.shape} for {len(z)} latents"
        raise ValueError(f"decoder: want one from latents to 784 logits each, got {got}")
    _check_close("decoder", wanted, lambda: _sigmoid(run_layers(layers, arrays, z.numpy())))


def _check_close(name: str, wanted: np.ndarray, run: Callable[[], np.ndarray]) -> None:
    """Raise unless the layers, run in order, give what the network itself gives."""
    try:
        got = run()
    except ValueError as error:  # a layer need not take what the last one gave
        raise NotInBrowser(f"{name}: it is not just its layers in order: {error}") from error
    if wanted.shape != got.shape or np.abs(wanted - got).max() > 1e-3:
        raise NotInBrowser(f"{name}: it is not just its layers in order")


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(x / 2))  # in a form that can't overflow
