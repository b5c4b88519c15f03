"""One slider for each latent dimension, and the digit they decode to."""

from collections.abc import Sequence

import ipywidgets as widgets
import torch
import traitlets
from torch import nn

from vae_helpers.widgets.decoder_view import DecoderView, script


class LatentSlidersView(DecoderView):
    """The picture; has one trait for each latent dimension: ``z0``, ``z1``, ..."""

    _esm = script("latent_sliders.js")

    def __init__(self, decoder: nn.Module, z: Sequence[float]):
        # traits of their own, because a slider can be linked to a trait but not to an element of a list
        self.add_traits(**{f"z{i}": traitlets.Float().tag(sync=True) for i in range(len(z))})
        super().__init__(decoder, latent_dim=len(z), **{f"z{i}": value for i, value in enumerate(z)})


class LatentSliders(widgets.HBox):
    """Turn each latent dimension by hand. Moving a slider needs no kernel (see ``model``); the two buttons do.

    ``z`` can be read, set and observed from Python.

    Args:
        model: a VAE with a decoder of ``latent_dim`` inputs; it is copied. An MLP decoder moves to the browser; for
            a decoder of another kind the view asks the kernel for each digit.
        z: where to start, D numbers; the origin when not given.
        limit: the sliders run from -limit to limit.

    Raises:
        TypeError, ValueError: z of the wrong length or outside the limit, limit <= 0, or an unusable decoder (see
            :class:`DecoderView`).
    """

    z = traitlets.List(traitlets.Float())

    def __init__(self, model: nn.Module, z: Sequence[float] | None = None, limit: float = 3.0):
        if not limit > 0:
            raise ValueError(f"limit: want a number > 0, got {limit!r}")
        self._limit = limit
        z = [0.0] * model.latent_dim if z is None else [float(value) for value in z]
        if len(z) != model.latent_dim or not all(abs(value) <= limit for value in z):
            raise ValueError(f"z: want {model.latent_dim} numbers from {-limit:g} to {limit:g}, got {z}")
        self.view = LatentSlidersView(model.decoder, z)
        self.sliders = [self._slider(i, value) for i, value in enumerate(z)]
        origin, draw = (
            widgets.Button(description="to the origin", tooltip="set every latent dimension to 0"),
            widgets.Button(description="sample the prior", tooltip="draw every latent dimension from N(0, 1)"),
        )
        origin.on_click(lambda _: self._set([0.0] * len(self.sliders)))
        draw.on_click(lambda _: self._set(torch.randn(len(self.sliders)).clamp(-limit, limit).tolist()))
        columns = "repeat(2, 300px)" if len(z) > 6 else "420px"
        grid = widgets.GridBox(self.sliders, layout=widgets.Layout(grid_template_columns=columns))
        super().__init__([widgets.VBox([grid, widgets.HBox([origin, draw])]), self.view])
        self.z = z

    def __repr__(self) -> str:
        return f"LatentSliders({len(self.sliders)} dimensions)"

    def _slider(self, i: int, value: float) -> widgets.FloatSlider:
        slider = widgets.FloatSlider(
            value=value,
            min=-self._limit,
            max=self._limit,
            step=0.05,
            description=f"z{i + 1}",
            readout_format=".2f",
            layout=widgets.Layout(width="auto"),
        )
        widgets.jslink((slider, "value"), (self.view, f"z{i}"))  # in the browser only: see InterpolationSlider
        slider.observe(self._read_sliders, "value")
        return slider

    def _read_sliders(self, _change) -> None:
        if not self._setting:
            self.z = [slider.value for slider in self.sliders]

    _setting = False

    @traitlets.observe("z")
    def _z_changed(self, change) -> None:
        self._set(change["new"])

    @traitlets.validate("z")
    def _valid_z(self, proposal):
        z, limit = proposal["value"], self._limit
        if len(z) != len(self.sliders) or not all(abs(value) <= limit for value in z):
            raise traitlets.TraitError(f"z: want {len(self.sliders)} numbers from {-limit:g} to {limit:g}, got {z}")
        return z

    def _set(self, z: Sequence[float]) -> None:
        self._setting = True  # else z would follow the first slider before the others have moved
        try:
            for slider, value in zip(self.sliders, z, strict=True):
                slider.value = value
        finally:
            self._setting = False
        self.z = [slider.value for slider in self.sliders]
