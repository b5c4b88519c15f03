"""The moving pen: a walk between two strokes' codes, written point by point by decoders that run in the browser."""

from collections.abc import Mapping

import numpy as np
import torch
import traitlets
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.data.pen_digits import POINTS
from vae_helpers.models import RecurrentVAE
from vae_helpers.validation import check_fits, check_unit_interval, is_number, is_whole
from vae_helpers.widgets.shared.codecs import compact, float_bytes
from vae_helpers.widgets.shared.kernel_decoder import frozen
from vae_helpers.widgets.shared.models import check_codes
from vae_helpers.widgets.shared.pen_decoder import export_pen, noise_of
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

HOTTEST = 1.5  # the end of the temperature's slider
SLOWEST, FASTEST = 1.0, 12.0  # points a second
MOST = 500  # of the other strokes


class MovingPen(Stage, View):
    """Move t from one stroke's code to another's: a pen writes what a :class:`RecurrentVAE` decodes, point by point.

    The line goes through the eight points; an ellipse shows 2 sigma around the mean of each. All points share a noise
    that stays until it is drawn anew, so t and the temperature change what is written smoothly. Below: seven finished
    strokes, t = 0 to 1.

    *Shuffle z*: the decoder reads the same points, but is told the code of another stroke at every step. Grey is what
    it reads, blue where it expects each next point. One and the same code is told for all seven strokes of the row:
    to a decoder that takes all from z they look alike, to one that ignores z each looks like what it reads.

    All of it happens in the browser, and answers while the kernel is busy. ``t``, ``model`` (a name), ``temperature``,
    ``speed``, ``shuffle``, ``told`` (the place of the other stroke), ``walk`` and ``presenter`` can be read, set and
    observed; ``stroke`` can be read; ``draw()`` is the twin of *draw anew*.

    >>> strokes = torch.rand(5, 8, 2)
    >>> pen = MovingPen(RecurrentVAE(latent_dim=2, hidden=8), strokes[0], strokes[1], others=strokes[2:])
    >>> pen.t = 0.5
    >>> pen.stroke.shape
    torch.Size([8, 2])

    Args:
        models: a RecurrentVAE, or a dict of several by name, of one latent_dim. They are copied. Weights that were
            stored in half precision are sent so.
        start, end: strokes (8, 2) from 0 to 1; their means mu are where the walk begins and ends.
        others: strokes (N, 8, 2), N from 1 to 500, whose codes are told when z is shuffled.
        t: where on the straight line between the codes, from 0 to 1.
        temperature: a factor on each sigma, from 0 (the means) to 1.5.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: no RecurrentVAE, none at all, several latent_dim, weights or codes that are not finite,
            or strokes of another shape or beyond 0 to 1.
        traitlets.TraitError: a value out of range; later too, when it is set.
    """

    _esm = linked("moving_pen.js")
    # No echo: the kernel's late repetition would pull the slider back from where the hand is by now.
    t = traitlets.TraitType(0.0).tag(sync=True, echo_update=False)  # NumPy's numbers too, as below
    model = traitlets.TraitType("").tag(sync=True, echo_update=False)
    temperature = traitlets.TraitType(0.0).tag(sync=True, echo_update=False)
    speed = traitlets.TraitType(4.0).tag(sync=True, echo_update=False)
    shuffle = traitlets.Bool(False).tag(sync=True, echo_update=False)
    told = traitlets.TraitType(0).tag(sync=True, echo_update=False)
    walk = traitlets.Bool(False).tag(sync=True, echo_update=False)  # whether a playing pen goes on to the next t
    noise = traitlets.Bytes().tag(sync=True, echo_update=False, from_json=lambda value, _widget: bytes(value))
    names = traitlets.List().tag(sync=True)
    networks = traitlets.List().tag(sync=True)  # the sizes of each; their weights follow one another
    weights = traitlets.Bytes().tag(sync=True)
    half = traitlets.Bool().tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)  # float32, (models, 2 + others, D): start, end, the others
    latent_dim = traitlets.Int().tag(sync=True)
    others = traitlets.Bytes().tag(sync=True)  # float32, (others, 8, 2)
    hottest = traitlets.Float(HOTTEST).tag(sync=True)
    speeds = traitlets.List([SLOWEST, FASTEST]).tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        models: RecurrentVAE | dict[str, RecurrentVAE],
        start: Float[Tensor, "8 2"],
        end: Float[Tensor, "8 2"],
        others: Float[Tensor, "N 8 2"],
        *,
        t: float = 0.0,
        temperature: float = 0.0,
        presenter: bool = False,
    ):
        by_name = _by_name(models)
        check_fits(Float[Tensor, f"{POINTS} 2"], start=start, end=end)
        check_fits(Float[Tensor, f"N {POINTS} 2"], others=others)
        if not 1 <= len(others) <= MOST:
            raise ValueError(f"others: want 1 to {MOST} strokes, got {len(others)}")
        check_unit_interval(start=start, end=end, others=others)
        strokes = torch.cat([start[None], end[None], others]).detach().float().cpu()
        self._models = {name: frozen(model, name or "models").float().cpu() for name, model in by_name.items()}
        self._codes = {name: _codes_of(model, strokes, name) for name, model in self._models.items()}
        self._generator, self._count = Generator().manual_seed(0), len(others)
        exported = [export_pen(model) for model in self._models.values()]
        super().__init__(
            names=list(by_name),
            model=next(iter(by_name)),
            t=t,
            temperature=temperature,
            networks=[sizes for sizes, _ in exported],
            **compact(b"".join(weights for _, weights in exported)),
            codes=float_bytes(torch.stack([*self._codes.values()])),
            latent_dim=next(iter(by_name.values())).latent_dim,
            others=float_bytes(strokes[2:]),
            noise=float_bytes(noise_of(POINTS, self._generator)),
            presenter=presenter,
        )

    def draw(self) -> None:
        """Other noise for the points, and another stroke whose code is told when z is shuffled."""
        self.noise = float_bytes(noise_of(POINTS, self._generator))
        step = torch.randint(1, max(2, self._count), (), generator=self._generator).item()
        self.told = (self.told + step) % self._count

    @property
    def z(self) -> Float[Tensor, " D"]:
        """The code at t, on the straight line between those of the two ends."""
        start, end = self._codes[self.model][:2]
        return torch.lerp(start, end, self.t)

    @property
    def stroke(self) -> Float[Tensor, "8 2"]:
        """What is written at t, computed in the kernel from the same noise; when z is shuffled, what is read."""
        noise = torch.from_numpy(np.frombuffer(self.noise, "<f4").copy()).reshape(1, POINTS, 2)
        return self._models[self.model].write_with(noise, self.z[None], self.temperature)[0]

    def __repr__(self) -> str:
        names = "; ".join(name for name in self.names if name)
        return f"MovingPen({names}{', ' * bool(names)}{self._count} other strokes)"

    @traitlets.validate("t", "temperature", "speed")
    def _valid_number(self, proposal) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        least, most = {"t": (0, 1), "temperature": (0, HOTTEST), "speed": (SLOWEST, FASTEST)}[name]
        if not is_number(value) or not least <= value <= most:  # written so that NaN is refused too
            raise traitlets.TraitError(f"{name}: want a number from {least:g} to {most:g}, got {value!r:.60}")
        return float(value)

    @traitlets.validate("model")
    def _valid_model(self, proposal) -> str:
        if not isinstance(proposal["value"], str) or proposal["value"] not in self._models:
            raise traitlets.TraitError(f"model: want one of {list(self._models)}, got {proposal['value']!r:.60}")
        return proposal["value"]

    @traitlets.validate("told")
    def _valid_told(self, proposal) -> int:
        if not is_whole(proposal["value"], 0) or proposal["value"] >= self._count:
            want = f"a whole number from 0 to {self._count - 1}, a place in others"
            raise traitlets.TraitError(f"told: want {want}, got {proposal['value']!r:.60}")
        return int(proposal["value"])

    @traitlets.validate("noise")
    def _valid_noise(self, proposal) -> bytes:
        if len(proposal["value"]) != 8 * POINTS:  # two float32 a point
            raise traitlets.TraitError(f"noise: want {8 * POINTS} bytes, got {len(proposal['value'])}")
        return proposal["value"]


def _by_name(models: RecurrentVAE | dict[str, RecurrentVAE]) -> dict[str, RecurrentVAE]:
    """Several models by name; one alone has the name ""."""
    by_name = dict(models) if isinstance(models, Mapping) else {"": models}
    if not by_name:
        raise ValueError("models: want a RecurrentVAE, or a dict with at least one by its name, got {}")
    for name, model in by_name.items():
        if not isinstance(name, str) or (isinstance(models, Mapping) and not name):
            raise TypeError(f"models: want a dict of models by name, got the key {name!r:.60}")
        if not isinstance(model, RecurrentVAE):
            where = f" at {name!r}" if name else ""
            raise TypeError(f"models: want a RecurrentVAE{where}, got {type(model).__name__}")
    if len({model.latent_dim for model in by_name.values()}) > 1:
        got = ", ".join(f"{model.latent_dim} of {name!r}" for name, model in by_name.items())
        raise ValueError(f"models: want all of one latent_dim, got {got}")
    return by_name


@torch.no_grad()
def _codes_of(model: RecurrentVAE, strokes: Float[Tensor, "N 8 2"], name: str) -> Float[Tensor, "N D"]:
    codes, _ = model.encode(strokes)
    check_codes(codes, name)
    return codes
