"""The style pad: choose a digit by its label and a style by its latent, and see what the two make together."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor, nn

from vae_helpers.models.conditional_vae import ConditionalVAE
from vae_helpers.models.layers import IMAGE_SHAPE
from vae_helpers.models.priors import StandardPrior
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.validation import check_images, check_whole, is_whole
from vae_helpers.widgets.shared.codecs import float_bytes
from vae_helpers.widgets.shared.models import (
    check_codes,
    check_labels,
    check_plane,
    check_weights,
    map_limit,
    outputs_of,
)
from vae_helpers.widgets.shared.plane import PlanePad
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import DecoderView

LEAST_LIMIT = 4.0  # of the map: the circle of three sigma and some room around it
LABELS = len(CLASS_COLORS)


class StylePadView(Stage, DecoderView):
    """The picture: the map of styles with the point (``z1``, ``z2``), ten buttons for the ``label``, and the digits.

    The decoder takes 12 values: z, and the label as one of ten unit vectors. ``points`` (N, 2) are float32.
    """

    _esm = linked("style_pad.js")
    # No echo: the kernel's late repetition of a position would pull the point back from where the hand is by now.
    z1 = traitlets.Float(0.0).tag(sync=True, echo_update=False)
    z2 = traitlets.Float(0.0).tag(sync=True, echo_update=False)
    label = traitlets.Int(3).tag(sync=True, echo_update=False)
    points = traitlets.Bytes().tag(sync=True)
    point_labels = traitlets.List().tag(sync=True)
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)
    limit = traitlets.Float(LEAST_LIMIT).tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)


class Label(traitlets.TraitType):
    """A digit; traitlets' own ``Int`` would take ``True`` for one, and refuse NumPy's and PyTorch's whole numbers."""

    def validate(self, obj, value) -> int:
        if not is_whole(value, 0) or value >= LABELS:
            raise traitlets.TraitError(f"label: want a whole number from 0 to {LABELS - 1}, got {value!r:.60}")
        return int(value)


class StylePad(PlanePad):
    """Drag a point over the plane of styles and press one of ten labels: the digit decoded from (z, c) follows at once.

    Below it stands the same z with all ten labels: one style, ten contents. The circles are those of the prior N(0, I)
    at 1, 2 and 3 sigma; the dots are the means mu of q(z|x, c) for the images of the label, on whose draws the decoder
    was trained. "draw z again" takes z from the prior. All of it happens in the browser, so it answers while the kernel
    is busy; a decoder that is no MLP stays in the kernel, which is asked for each digit.

    ``z`` and ``label`` can be read, set and observed from Python; they follow the hand at most 8 times a second.

    Args:
        model: a ConditionalVAE with 2 latent dimensions, ten classes as conditions and the standard prior; training it
            further does not change the pad.
        images, labels: the images for the dots, (N, 1, 28, 28), and their digits, (N,); both or neither.
        label: the digit asked for at first, 0 to 9.
        z: where to start, 2 numbers from -limit to limit; ``limit`` is the edge of the map.
        shown: how many of the images are encoded, at least 1; a tenth of them are dots for one label.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: a ``z`` that is not 2 numbers on the map, or a ``label`` that is no digit; later too, when
            they are set.
        TypeError, ValueError: a model of another kind, an unusable decoder (see :class:`DecoderView`) or images, labels
            that are not a digit for each of them, ``shown`` out of range.
    """

    label = Label(3)

    def __init__(
        self,
        model: ConditionalVAE,
        images: Tensor | None = None,
        labels: Tensor | None = None,
        *,
        label: int = 3,
        z: Sequence[float] = (0.0, 0.0),
        shown: int = 2000,
        presenter: bool = False,
    ):
        _check_model(model)
        check_whole(1, shown=shown)
        codes, point_labels = _dots(model, images, labels, shown)
        super().__init__()
        self.view = StylePadView(
            model.decoder,
            latent_dim=2 + LABELS,
            points=float_bytes(codes),
            point_labels=point_labels,
            limit=map_limit(codes, LEAST_LIMIT) if len(codes) else LEAST_LIMIT,
            presenter=presenter,
        )
        self.view.observe(self._label_chosen, "label")
        self._show(z)
        self.label = label

    def __repr__(self) -> str:
        return "StylePad()"

    @traitlets.observe("label")
    def _label_changed(self, change) -> None:
        self.view.label = change["new"]

    def _label_chosen(self, change) -> None:
        self.label = change["new"]


def _check_model(model: nn.Module) -> None:
    if not isinstance(model, ConditionalVAE):
        raise TypeError(f"model: want a ConditionalVAE, got {type(model).__name__}")
    check_plane(model)
    if tuple(model.shape) != IMAGE_SHAPE:
        raise ValueError(f"model: want one for images of shape {IMAGE_SHAPE}, got {tuple(model.shape)}")
    if model.conditions != LABELS:
        raise ValueError(f"model: want one with {LABELS} conditions, the digits, got {model.conditions}")
    if not isinstance(model.prior, StandardPrior):
        raise ValueError("model: want one with the standard prior, whose circles the pad draws, got a learned prior")
    check_weights(model.decoder)


@torch.no_grad()
def _dots(model: ConditionalVAE, images: Tensor | None, labels: Tensor | None, shown: int) -> tuple[Tensor, list[int]]:
    """The means (N, 2) of q(z|x, c) for the first ``shown`` images with their own labels, and these labels."""
    if images is None and labels is None:
        return torch.empty(0, 2), []
    check_images(images)
    check_labels(labels, len(images))
    x = images[:shown].to(next(model.parameters()))
    codes = outputs_of(model, x, labels[:shown].long())[:, :2]
    check_codes(codes)
    return codes, labels[:shown].tolist()
