"""Two dials for a Gaussian q, and its KL to the standard normal, drawn as signed areas."""

import ipywidgets as widgets
import torch
import traitlets

from vae_helpers.validation import as_seed, check_whole, is_number
from vae_helpers.widgets.shared.codecs import float_bytes
from vae_helpers.widgets.shared.controls import linked_slider
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View


class KLView(View):
    """The picture and the figures; needs no kernel."""

    _esm = linked("kl_dials.js")
    mu = traitlets.Float(1.0).tag(sync=True)
    sigma = traitlets.Float(0.6).tag(sync=True)
    # What the browser drew comes as a memoryview. No echo: it would bring back draws that are old by then.
    eps = traitlets.Bytes().tag(sync=True, echo_update=False, from_json=lambda value, _widget: bytes(value))


class KLDials(Stage, widgets.VBox):
    """Turn mu and sigma of q = N(mu, sigma^2); p is N(0, 1). All of it happens in
    the browser: the dials and the button for new samples answer while the kernel is busy. The picture shows at least
    four standard deviations of q to both sides; the areas are those of the whole integrand.

    ``mu``, ``sigma`` and ``presenter`` can be read, set and observed from Python; ``draw()`` is the button's twin.

    Args:
        mu: mean of q, from -3 to 3.
        sigma: standard deviation of q (not its variance), from 0.1 to 3.
        draws: samples of the Monte Carlo estimate.
        seed: for the samples, until the button is pressed: the browser's own draws have no seed.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: mu or sigma outside its range.
        ValueError: fewer than 2 draws.
    """

    mu = traitlets.Float(1.0, min=-3.0, max=3.0)
    sigma = traitlets.Float(0.6, min=0.1, max=3.0)

    def __init__(
        self, mu: float = 1.0, sigma: float = 0.6, *, draws: int = 1000, seed: int = 0, presenter: bool = False
    ):
        check_whole(2, draws=draws)
        mu, sigma = (float(value) if is_number(value) else value for value in (mu, sigma))  # NumPy's are no trait
        self._draws, self._generator = int(draws), torch.Generator().manual_seed(as_seed(seed))
        super().__init__(presenter=presenter)
        self.mu, self.sigma = mu, sigma
        self.view = KLView(mu=mu, sigma=sigma)
        layout = {"width": "auto", "max_width": "480px"}
        self.sliders = {
            name: linked_slider(label, name, [self.view], self, min=low, max=3, layout=layout)
            for name, label, low in (("mu", "μ", -3), ("sigma", "σ", 0.1))
        }
        self.children = [*self.sliders.values(), self.view]
        self.draw()

    def draw(self) -> None:
        """New samples for the Monte Carlo estimate."""
        self.view.eps = float_bytes(torch.randn(self._draws, generator=self._generator))

    def __repr__(self) -> str:
        return f"KLDials(mu={self.mu:g}, sigma={self.sigma:g})"
