"""Two dials for a Gaussian q, and its KL to the standard normal, drawn as signed areas."""

import anywidget
import ipywidgets as widgets
import torch
import traitlets

from vae_helpers.widgets.decoder_view import HERE, float_bytes, script


class KLView(anywidget.AnyWidget):
    """The picture and the figures; needs no kernel."""

    _esm = script("kl_dials.js")
    _css = HERE / "widgets.css"
    mu = traitlets.Float(1.0).tag(sync=True)
    sigma = traitlets.Float(0.6).tag(sync=True)
    eps = traitlets.Bytes().tag(sync=True)

    def __repr__(self) -> str:  # the inherited one holds a memory address: another in every run
        return "KLView()"


class KLDials(widgets.VBox):
    """Turn mu and sigma of q = N(mu, sigma^2); p is N(0, 1). Moving a dial needs no kernel; the button does.

    ``mu`` and ``sigma`` can be read, set and observed from Python.

    Args:
        mu: mean of q, from -3 to 3.
        sigma: standard deviation of q (not its variance), from 0.1 to 3.
        draws: samples of the Monte Carlo estimate.
        seed: for the samples.

    Raises:
        traitlets.TraitError: mu or sigma outside its range.
        ValueError: fewer than 2 draws.
    """

    mu = traitlets.Float(1.0, min=-3.0, max=3.0)
    sigma = traitlets.Float(0.6, min=0.1, max=3.0)

    def __init__(self, mu: float = 1.0, sigma: float = 0.6, *, draws: int = 1000, seed: int = 0):
        if not isinstance(draws, int) or draws < 2:
            raise ValueError(f"draws: want a whole number >= 2, got {draws!r}")
        self._draws, self._generator = draws, torch.Generator().manual_seed(seed)
        self.view = KLView()
        self.sliders = {
            name: widgets.FloatSlider(
                min=low, max=3, step=0.05, description=label, readout_format=".2f", layout=widgets.Layout(width="480px")
            )
            for name, label, low in (("mu", "μ", -3), ("sigma", "σ", 0.1))
        }
        fresh = widgets.Button(description="draw again", tooltip="new samples for the Monte Carlo estimate")
        fresh.on_click(lambda _: self.draw())
        super().__init__([*self.sliders.values(), fresh, self.view])
        self.mu, self.sigma = mu, sigma
        for name, slider in self.sliders.items():
            traitlets.link((self, name), (slider, "value"))
            widgets.jslink((slider, "value"), (self.view, name))  # in the browser only: see InterpolationSlider
        self.view.mu, self.view.sigma = mu, sigma
        self.draw()

    def draw(self) -> None:
        """New samples for the Monte Carlo estimate."""
        self.view.eps = float_bytes(torch.randn(self._draws, generator=self._generator))

    def __repr__(self) -> str:
        return f"KLDials(mu={self.mu:g}, sigma={self.sigma:g})"
