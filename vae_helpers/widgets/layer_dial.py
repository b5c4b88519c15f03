"""The layer dial: two exact layers of latents, a dial that moves nats between them, and an x that can be dragged."""

from typing import Any

import torch
import traitlets

from vae_helpers.linear_hierarchy import layer_kls
from vae_helpers.validation import is_number
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

RANGES = {"a": (0.0, 0.99), "s": (0.1, 2.0), "x": (-3.0, 3.0)}


class LayerDial(Stage, View):
    """Turn a, and see the nats go from z1 to z2 while the ELBO stays; drag x in the plane of both latents.

    z2 ~ N(0, 1), z1 given z2 ~ N(a z2, 1 - a^2), x given z1 ~ N(z1, s^2): ``vae_helpers.linear_hierarchy``. All of it
    happens in the browser. ``a``, ``s`` and ``x`` can be read, set and observed.

    >>> LayerDial(a=0.5, s=0.6, x=2.0)
    LayerDial(a=0.5, s=0.6, x=2)

    Args:
        a: how much of z1 comes from z2, from 0 to 0.99.
        s: standard deviation of x around z1, from 0.1 to 2.
        x: the number that is seen, from -3 to 3.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: a number that is none or out of its range; later too, when it is set.
    """

    _esm = linked("layer_dial.js")
    # No echo: the kernel's late repetition would pull the dial back from where the hand is by now.
    a = traitlets.TraitType(0.5).tag(sync=True, echo_update=False)  # NumPy's numbers too
    s = traitlets.TraitType(0.6).tag(sync=True, echo_update=False)
    x = traitlets.TraitType(2.0).tag(sync=True, echo_update=False)
    ranges = traitlets.Dict({name: list(ends) for name, ends in RANGES.items()}).tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)

    def __init__(self, a: float = 0.5, s: float = 0.6, x: float = 2.0, *, presenter: bool = False):
        super().__init__(a=a, s=s, x=x, presenter=presenter)

    def __repr__(self) -> str:
        return f"LayerDial(a={self.a:g}, s={self.s:g}, x={self.x:g})"

    @property
    def kls(self) -> tuple[float, float]:
        """What z1 and z2 cost, in nats, at the x that is shown."""
        bottom, top = layer_kls(torch.tensor([self.x], dtype=torch.float64), self.a, self.s)[0].tolist()
        return bottom, top

    @traitlets.validate("a", "s", "x")
    def _in_range(self, proposal: Any) -> float:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = RANGES[name]
        if not is_number(value) or not low <= value <= high:
            raise traitlets.TraitError(f"{name}: want a number from {low:g} to {high:g}, got {value!r:.60}")
        return float(value)
