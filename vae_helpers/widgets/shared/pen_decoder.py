"""A decoder of strokes as the browser evaluates it: its sizes, and its weights as bytes. pen_decoder.js reads them."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.models import RecurrentVAE
from vae_helpers.models.layers import SIGMA_FLOOR
from vae_helpers.widgets.shared.gru import export_point_gru


def export_pen(model: RecurrentVAE) -> tuple[dict[str, Any], bytes]:
    """The decoder of a recurrent VAE as its sizes and its weights: those of :func:`export_point_gru`, and two more.

    ``blind`` says whether it never sees the points before; ``floor`` is that of each sigma.

    Raises:
        ValueError: weights that are not finite or too large.
    """
    sizes, weights = export_point_gru(model.decoder)
    return {**sizes, "blind": model.input_dropout == 1, "floor": SIGMA_FLOOR}, weights


def noise_of(points: int, generator: torch.Generator) -> Float[Tensor, "points 2"]:
    """Draws from N(0, 1) for the points of one stroke: with the same seed, those of :meth:`RecurrentVAE.write`."""
    return torch.cat([torch.randn(1, 2, generator=generator) for _ in range(points)])  # all at once would differ
