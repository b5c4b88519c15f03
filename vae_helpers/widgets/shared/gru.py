"""A GRU as the browser evaluates it: its two sizes, and its weights as bytes. gru.js is the other side."""

from typing import Any

import torch
from torch import Tensor, nn

from vae_helpers.models.sequences import SequenceDecoder, SequenceEncoder
from vae_helpers.widgets.shared.codecs import MAX_BYTES, float_bytes
from vae_helpers.widgets.shared.models import check_weights


def export_gru(gru: nn.GRU) -> tuple[dict[str, int], bytes]:
    """A GRU of one layer as its sizes, ``inputs`` and ``size`` (of its state), and its weights as float32.

    They come as those of two linear layers, in the order in which gru.js reads them: what the gates r, z and n make of
    an input, (inputs, 3 size) and 3 size biases, and then the same of the state, (size, 3 size) and 3 size biases.

    Raises:
        TypeError: no ``nn.GRU``.
        ValueError: more than one layer, two directions, weights that are not finite or too large.
    """
    if not isinstance(gru, nn.GRU):
        raise TypeError(f"gru: want an nn.GRU, got {type(gru).__name__}")
    if gru.num_layers != 1 or gru.bidirectional:
        raise ValueError(
            f"gru: want one layer that reads forwards, got num_layers={gru.num_layers}, "
            f"bidirectional={gru.bidirectional}"
        )
    check_weights(gru, part="gru")
    none = torch.zeros(3 * gru.hidden_size)
    biases = [gru.bias_ih_l0, gru.bias_hh_l0] if gru.bias else [none, none]
    weights = b"".join(
        linear_bytes(weight, bias) for weight, bias in zip((gru.weight_ih_l0, gru.weight_hh_l0), biases, strict=True)
    )
    if len(weights) > MAX_BYTES:
        raise ValueError(
            f"gru: {len(weights) / 1e6:.1f} MB of weights; at most {MAX_BYTES / 1e6:.0f} MB go to the browser"
        )
    return {"inputs": gru.input_size, "size": gru.hidden_size}, weights


def export_point_gru(part: SequenceEncoder | SequenceDecoder) -> tuple[dict[str, Any], bytes]:
    """What reads points, x and y, as its sizes, and its weights as float32: embedding, GRU and head, in this order.

    point_gru.js is the other side.

    Raises:
        ValueError: weights that are not finite or too large.
    """
    gru_sizes, gru = export_gru(part.gru)
    sizes = {"embedding": part.embedding.out_features, "gru": gru_sizes, "outputs": part.head.out_features}
    ends = [linear_bytes(layer.weight, layer.bias) for layer in (part.embedding, part.head)]
    return sizes, ends[0] + gru + ends[1]


def linear_bytes(weight: Tensor, bias: Tensor) -> bytes:
    """A linear layer's weight (outputs, inputs), sent as (inputs, outputs), then its bias, as decoder.js reads it."""
    return float_bytes(weight.T) + float_bytes(bias)
