"""A square to draw in, from Python's side: the drawing as the page and the kernel share it. drawing.js is the other."""

import math
from typing import Any

import ipywidgets as widgets
import numpy as np
import torch
import traitlets
from torch import Tensor

from vae_helpers.models.layers import IMAGE_SHAPE, PIXELS
from vae_helpers.validation import check_images, is_whole
from vae_helpers.widgets.shared.codecs import float_bytes
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

TEST_IMAGES = 600  # sent to be chosen: at a byte a pixel, 2000 would outweigh a network


class DrawingView(Stage, View):
    """Base of the views with such a square; each is the stage itself.

    ``image`` is float32, 784 pixels from 0 to 1. ``strokes`` are lists of points [x, y], both from 0 to 1, y downwards;
    ``index`` is the test image shown, or -1. ``eps`` is the noise of the draws of z.
    """

    # No echo: the kernel's late repetition of a drawing would take its last points back from under the pen.
    image = traitlets.Bytes().tag(sync=True, echo_update=False, from_json=lambda value, _widget: bytes(value))
    strokes = traitlets.List().tag(sync=True, echo_update=False)
    index = traitlets.Int(-1).tag(sync=True, echo_update=False)
    eps = traitlets.List().tag(sync=True, echo_update=False)
    # What Python set last is numbered, and what a hand draws says after which: [turn, a count of the hand's own].
    turn = traitlets.Int(0).tag(sync=True)
    hand = traitlets.List([0, 0]).tag(sync=True, echo_update=False)
    images = traitlets.Bytes().tag(sync=True)
    point_labels = traitlets.List().tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page sends, but for a drawing still on its way when Python set an image: the page gave it up."""
        if sync_data.get("hand", [self.turn])[0] < self.turn:
            sync_data = {name: value for name, value in sync_data.items() if name not in ("image", "strokes", "index")}
        super().set_state(sync_data)


class Image(traitlets.TraitType):
    """An image of a :class:`Drawing`. One equal to the last tells nobody; traitlets' own ``==`` can't say so."""

    def validate(self, obj, value) -> Tensor:
        shape = getattr(value, "shape", ())
        if shape[-2:] != IMAGE_SHAPE[1:] or math.prod(shape) != PIXELS:
            got = f"shape {tuple(shape)}" if shape else f"{value!r:.60}"
            raise traitlets.TraitError(f"image: want a tensor of 1 x 1 x 28 x 28 pixels from 0 to 1, got {got}")
        try:  # copies: the caller may go on writing into it, and NumPy's may run backwards
            image = value if isinstance(value, Tensor) else torch.tensor(np.array(value))
            image = image.detach().to("cpu", torch.float32, copy=True).reshape(1, *IMAGE_SHAPE)
        except Exception as error:
            raise traitlets.TraitError(f"image: want numbers in memory, got {value!r:.60} ({error})") from error
        try:
            check_images(image, "image")
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error
        return image

    def set(self, obj, value) -> None:
        image = self._validate(obj, value)
        old, obj._trait_values[self.name] = obj._trait_values.get(self.name), image
        before, obj._pixels = obj._pixels, float_bytes(image)  # the old tensor may have been written into
        if obj._pixels != before:
            obj._notify_trait(self.name, old, image)


class Drawing(widgets.VBox):
    """Base of the widgets around a :class:`DrawingView`: ``image`` follows the hand, and the view ``image``."""

    image = Image()
    _pixels = b""
    presenter = traitlets.Bool(False)

    def __init__(self, view: DrawingView):
        self.view = view
        super().__init__([view], image=_image_of(view))
        view.observe(self._drawn, "image")
        traitlets.link((view, "presenter"), (self, "presenter"))  # the view is the stage: nothing is beside it

    @property
    def strokes(self) -> list[list[list[float]]]:
        """The drawing: for each stroke its points [x, y], both from 0 to 1, y downwards; empty for a test image."""
        return self.view.strokes

    @traitlets.observe("image")
    def _image_set(self, _change) -> None:
        if self._pixels == self.view.image:
            return  # it came from there
        with self.view.hold_sync(), self.view.hold_trait_notifications():
            self.view.image, self.view.strokes, self.view.index = self._pixels, [], -1
            self.view.turn += 1

    def _drawn(self, _change) -> None:
        self.image = _image_of(self.view)


def check_index(index: Any, count: int) -> None:
    """Raise ``ValueError`` unless it is the number of one of ``count`` images."""
    if not is_whole(index, 0) or index >= count:
        raise ValueError(f"index: want a whole number from 0 to {count - 1}, got {index!r}")


def _image_of(view: DrawingView) -> Tensor:
    return torch.from_numpy(np.frombuffer(view.image, "<f4").copy()).reshape(1, *IMAGE_SHAPE)
