"""The stroke pad: write with a pen, and see the Gaussian that a recurrent encoder makes of the order of its points."""

from typing import Any

import ipywidgets as widgets
import numpy as np
import torch
import traitlets
from torch import Tensor

from vae_helpers.data.pen_digits import POINTS
from vae_helpers.losses import gaussian_kl
from vae_helpers.models.layers import evaluating
from vae_helpers.models.recurrent_vae import RecurrentVAE
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.validation import check_unit_interval, check_whole
from vae_helpers.widgets.shared.codecs import compact, float_bytes
from vae_helpers.widgets.shared.drawing import check_index
from vae_helpers.widgets.shared.gru import export_point_gru
from vae_helpers.widgets.shared.kernel_decoder import frozen
from vae_helpers.widgets.shared.models import (
    as_numbers,
    check_coder,
    check_codes,
    check_labels,
    check_plane,
    check_weights,
    map_limit,
)
from vae_helpers.widgets.shared.pen_decoder import export_pen
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

LEAST_LIMIT = 3.2  # of the map: the circle that holds 99 % of the prior has a radius of 3.03


class StrokePadView(View):
    """The picture: paper, map, and what the decoder writes; needs no kernel.

    ``lines`` are what a hand drew, lists of points [x, y] from 0 to 1, y downwards; ``stroke`` is what the model reads,
    x, y, x, y, ... with y upwards, or empty. ``index`` is the held-out stroke shown, or -1; ``z`` is where the decoder
    writes from, empty for mu.
    """

    _esm = linked("stroke_pad.js")
    # No echo: the kernel's late repetition of a drawing would take its last points back from under the pen.
    lines = traitlets.List().tag(sync=True, echo_update=False)
    stroke = traitlets.List().tag(sync=True, echo_update=False)
    index = traitlets.Int(-1).tag(sync=True, echo_update=False)
    backwards = traitlets.Bool(False).tag(sync=True, echo_update=False)
    z = traitlets.List().tag(sync=True, echo_update=False)
    # What Python set last is numbered, and what a hand draws says after which: [turn, a count of the hand's own].
    turn = traitlets.Int(0).tag(sync=True)
    hand = traitlets.List([0, 0]).tag(sync=True, echo_update=False)
    encoder = traitlets.Dict().tag(sync=True)
    decoder = traitlets.Dict().tag(sync=True)
    strokes = traitlets.Bytes().tag(sync=True)  # the held-out ones, (N, 8, 2)
    points = traitlets.Bytes().tag(sync=True)  # their means, (N, 2)
    costs = traitlets.Bytes().tag(sync=True)  # their nats, sorted
    point_labels = traitlets.List().tag(sync=True)
    examples = traitlets.List().tag(sync=True)  # which of them have a button
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)
    limit = traitlets.Float(LEAST_LIMIT).tag(sync=True)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a page sends, but for a drawing still on its way when Python set a stroke: the page gave it up."""
        if sync_data.get("hand", [self.turn])[0] < self.turn:
            given_up = ("lines", "stroke", "index", "backwards", "z", "hand")
            sync_data = {name: value for name, value in sync_data.items() if name not in given_up}
        super().set_state(sync_data)


class Stroke(traitlets.TraitType):
    """A stroke of a :class:`StrokePad`, or None. One equal to the last tells nobody; traitlets' ``==`` can't say so."""

    def validate(self, obj, value) -> Tensor | None:
        if value is None:
            return None
        shape = tuple(getattr(value, "shape", ()))
        if shape != (POINTS, 2):
            got = f"shape {shape}" if shape else f"{value!r:.60}"
            want = f"a tensor of {POINTS} points x, y from 0 to 1 (see vae_helpers.pen.resample and stretch), or None"
            raise traitlets.TraitError(f"stroke: want {want}, got {got}")
        try:  # copies: the caller may go on writing into it, and NumPy's may run backwards
            stroke = value if isinstance(value, Tensor) else torch.tensor(np.array(value))
            stroke = stroke.detach().to("cpu", torch.float32, copy=True)
        except Exception as error:
            raise traitlets.TraitError(f"stroke: want numbers in memory, got {value!r:.60} ({error})") from error
        try:
            check_unit_interval(stroke=stroke)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error
        return stroke

    def set(self, obj, value) -> None:
        stroke = self._validate(obj, value)
        old, obj._trait_values[self.name] = obj._trait_values.get(self.name), stroke
        if (old is None) != (stroke is None) or (stroke is not None and not torch.equal(old, stroke)):
            obj._notify_trait(self.name, old, stroke)


class StrokePad(Stage, widgets.VBox):
    """Write a digit: on each frame the map shows its q(z|x), and a decoder writes what it makes of the mean.

    What a hand draws is treated as the data were: several strokes are joined in the order of writing, the line becomes
    eight points equally far apart, and these are stretched to touch all four edges. All of it happens in the browser.
    Beside what the stroke costs, -log p(x|z) at z = mu plus the KL, in nats, stands what held-out strokes cost.
    The button "backwards" turns the order of the points round and leaves their places.

    ``stroke``, (8, 2) or None for an empty sheet, can be read, set and observed from Python, and ``z``, where the
    decoder writes from; ``mu`` and ``logvar``, 2 numbers each or None, can be read and observed. They follow the hand
    at most 8 times a second. Several views of one pad move together.

    Args:
        model: a RecurrentVAE with 2 latent dimensions; it is copied.
        strokes, labels: held-out strokes, (N, 8, 2), and their digits, (N,). The first ``shown`` are on the map, can
            be chosen with the arrow keys, and be the nearest.
        index: which of them is on the paper at first.
        shown: most points on the map, at least 1.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: a ``stroke`` that is none, when it is set.
        TypeError, ValueError: no RecurrentVAE, one whose latent space is not a plane, weights that are not finite;
            strokes that are none, or of another number of points; labels that are not a digit for each of them;
            ``index`` or ``shown`` out of range.

    Source: eight points and their edges are those of Alpaydin & Alimoglu; see data/README.md.
    """

    stroke = Stroke(default_value=None, allow_none=True)
    mu = traitlets.List(traitlets.Float(), default_value=None, allow_none=True, read_only=True)
    logvar = traitlets.List(traitlets.Float(), default_value=None, allow_none=True, read_only=True)

    def __init__(
        self,
        model: RecurrentVAE,
        strokes: Tensor,
        labels: Tensor,
        *,
        index: int = 0,
        shown: int = 2000,
        presenter: bool = False,
    ):
        _check_model(model)
        _check_strokes(strokes)
        check_labels(labels, len(strokes))
        check_whole(1, shown=shown)
        strokes, labels = strokes[:shown].detach().float().cpu(), labels[:shown].tolist()
        check_index(index, len(strokes))
        self._model = frozen(model, "model").float().cpu()
        codes, costs = _codes_and_costs(self._model, strokes)
        turned = self._encoded(strokes.flip(1))[0]  # the button "backwards" shows these
        for numbers in (codes, costs, turned):
            check_codes(numbers)
        super().__init__(presenter=presenter)
        self.view = StrokePadView(
            encoder=_sent(*export_point_gru(self._model.encoder)),
            decoder=_sent(*export_pen(self._model)),
            strokes=float_bytes(strokes),
            points=float_bytes(codes),
            costs=float_bytes(costs.sort().values),
            point_labels=labels,
            examples=[labels.index(digit) for digit in sorted(set(labels))],
            limit=map_limit(torch.cat([codes, turned]), LEAST_LIMIT),
            stroke=strokes[index].flatten().tolist(),
            index=int(index),
        )
        self._drawn()
        self.view.observe(self._drawn, "stroke")
        self.children = [self.view]

    @property
    def z(self) -> list[float] | None:
        """Where the decoder writes from: mu, unless a hand or Python has moved it; None on an empty sheet.

        Raises:
            ValueError: when it is set to anything but None, for mu, or 2 numbers on the map.
        """
        return list(self.view.z) or self.mu

    @z.setter
    def z(self, z: Any) -> None:
        limit = self.view.limit
        numbers = [] if z is None else as_numbers("z", z, 2)
        if not all(abs(value) <= limit for value in numbers):  # written so that NaN is refused too
            raise ValueError(f"z: want 2 numbers from {-limit:g} to {limit:g}, or None, got {z!r:.80}")
        self.view.z = numbers

    def __repr__(self) -> str:
        return "StrokePad()"

    @traitlets.observe("stroke")
    def _stroke_set(self, change) -> None:
        stroke = change["new"]
        mu, logvar = (None, None) if stroke is None else (part[0].tolist() for part in self._encoded(stroke[None]))
        self.set_trait("mu", mu)
        self.set_trait("logvar", logvar)
        numbers = [] if stroke is None else stroke.flatten().tolist()
        if numbers == _single(self.view.stroke):
            return  # it came from there
        with self.view.hold_sync(), self.view.hold_trait_notifications():
            self.view.stroke, self.view.lines, self.view.index = numbers, [], -1
            self.view.backwards, self.view.z = False, []
            self.view.turn += 1

    def _drawn(self, _change=None) -> None:
        numbers = self.view.stroke
        self.stroke = torch.tensor(numbers).reshape(POINTS, 2).clamp(0, 1) if numbers else None

    @torch.no_grad()
    def _encoded(self, strokes: Tensor) -> tuple[Tensor, Tensor]:
        return self._model.encode(strokes)


def _check_model(model: Any) -> None:
    if not isinstance(model, RecurrentVAE):
        raise TypeError(f"model: want a RecurrentVAE, got {type(model).__name__}")
    check_plane(model)
    check_coder(model)
    check_weights(model.encoder, part="encoder")


def _check_strokes(strokes: Any) -> None:
    RecurrentVAE.check_data(strokes)
    if len(strokes) == 0 or strokes.shape[1] != POINTS:
        raise ValueError(f"strokes: want (N, {POINTS}, 2) with N >= 1, got shape {tuple(strokes.shape)}")


@torch.no_grad()
def _codes_and_costs(model: RecurrentVAE, strokes: Tensor) -> tuple[Tensor, Tensor]:
    """The means, (N, 2), and -log p(x|z) at z = mu plus the KL, (N,), in nats."""
    with evaluating(model):
        mu, logvar = model.encode(strokes)
        return mu, model.nll(mu, strokes) + gaussian_kl(mu, logvar)


def _sent(sizes: dict[str, Any], weights: bytes) -> dict[str, Any]:
    """A network for the view."""
    return {"sizes": sizes, **compact(weights)}


def _single(numbers: list[float]) -> list[float]:
    """Numbers as single precision has them: the page's are double."""
    return torch.tensor(numbers, dtype=torch.float32).tolist()
