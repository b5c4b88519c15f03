"""The views: what a widget's script draws, digits of a decoder or other pictures."""

from contextlib import suppress
from typing import Any

import anywidget
import traitlets
from torch import nn

from vae_helpers.validation import check_whole
from vae_helpers.widgets.shared.decoder import NotInBrowser, export_decoder
from vae_helpers.widgets.shared.kernel_decoder import KernelDecoder
from vae_helpers.widgets.shared.scripts import style_sheet


class View(anywidget.AnyWidget):
    """Base of the views; a subclass sets ``_esm`` to its script, ``linked(...)``, and adds what it needs."""

    _css = style_sheet()

    def __repr__(self) -> str:  # the inherited one holds a memory address: another in every run
        return f"{type(self).__name__}()"


class DecoderView(View):
    """Base of the views that draw decoded digits.

    Args:
        decoder: from latents (N, latent_dim) to logits (N, 1, 28, 28). The browser evaluates an MLP of Linear,
            LayerNorm and ReLU; a decoder of another kind stays in the kernel, and the view asks for each digit.
            It is copied, so training it further does not change the widget.
        latent_dim: how many values a latent has.

    Raises:
        TypeError, ValueError: see :func:`export_decoder` and :class:`KernelDecoder`; ValueError for another
            ``latent_dim`` than the decoder's.
    """

    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    latent_dim = traitlets.Int().tag(sync=True)

    def __init__(self, decoder: nn.Module, *, latent_dim: int, **traits: Any):
        check_whole(1, latent_dim=latent_dim)
        latent_dim = int(latent_dim)  # NumPy's are no trait
        layers, weights = [], b""  # tells the view to ask
        with suppress(NotInBrowser):
            layers, weights = export_decoder(decoder)
        if not layers:
            self._kernel_decoder = KernelDecoder(decoder, latent_dim)
            self.on_msg(self._answer)
        elif layers[0]["inputs"] != latent_dim:
            raise ValueError(f"latent_dim: want the decoder's, {layers[0]['inputs']}, got {latent_dim!r}")
        super().__init__(layers=layers, weights=weights, latent_dim=latent_dim, **traits)

    def _answer(self, _widget: anywidget.AnyWidget, content: Any, _buffers: list) -> None:
        answer = self._kernel_decoder.answer(content)
        if answer:
            self.send(*answer)
