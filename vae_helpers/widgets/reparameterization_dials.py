"""Four dials for a Gaussian q in the plane, and the frozen noise that they move and stretch."""

import math
from collections.abc import Sequence

import ipywidgets as widgets
import torch
import traitlets
from torch import nn

from vae_helpers.models import reparameterize
from vae_helpers.validation import as_seed, check_whole
from vae_helpers.widgets.shared.codecs import MAX_BYTES, float_bytes
from vae_helpers.widgets.shared.controls import linked_slider
from vae_helpers.widgets.shared.models import as_numbers, check_coder, check_plane
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import DecoderView

DIALS = {  # in the order of the grid: one row for each dimension
    "mu1": ("μ₁", -3.0, 3.0),
    "sigma1": ("σ₁", 0.05, 2.0),
    "mu2": ("μ₂", -3.0, 3.0),
    "sigma2": ("σ₂", 0.05, 2.0),
}


class ReparameterizationView(DecoderView):
    """The picture and the figures; needs no kernel. ``eps`` holds every set, (sets, draws, 2) float32."""

    _esm = linked("reparameterization_dials.js")
    mu1 = traitlets.Float(0.0).tag(sync=True)
    mu2 = traitlets.Float(0.0).tag(sync=True)
    sigma1 = traitlets.Float(0.5).tag(sync=True)
    sigma2 = traitlets.Float(0.5).tag(sync=True)
    eps = traitlets.Bytes().tag(sync=True)
    draws = traitlets.Int(200).tag(sync=True)
    draw = traitlets.Int(0).tag(sync=True)
    chosen = traitlets.Int(0).tag(sync=True)


class ReparameterizationDials(Stage, widgets.VBox):
    """Turn mu and sigma of q = N(mu, diag(sigma^2)) and see z = mu + sigma * eps move while eps stays.

    All of it happens in the browser: the dials, the button for fresh eps, and the click that chooses another
    sample answer while the kernel is busy; only the digit may need it (see ``model``). ``mu1``, ``mu2``, ``sigma1``,
    ``sigma2``, ``draw`` (which set of eps, from 0 to sets - 1) and ``chosen`` (which sample is decoded, from 0 to
    draws - 1) can be read, set and observed from Python; ``eps`` and ``z`` are the chosen sample's.

    Args:
        model: a VAE with 2 latent dimensions; it is copied. An MLP decoder moves to the browser; for a decoder of
            another kind the view asks the kernel for each digit.
        mu: mean of q, 2 numbers from -3 to 3.
        sigma: standard deviations of q (not its variances), 2 numbers from 0.05 to 2.
        draws: samples in a set, at least 2.
        sets: how many sets there are to choose from; after the last, the button returns to the first.
        seed: for the samples.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: mu or sigma outside its range; later also ``draw`` or ``chosen``.
        ValueError: a model whose latent space is not a plane, mu or sigma that is not 2 numbers, fewer than 2
            draws or 1 set, or more of them than can be sent.
        TypeError, ValueError: an unusable decoder (see :class:`DecoderView`).
    """

    mu1 = traitlets.Float(0.0)
    mu2 = traitlets.Float(0.0)
    sigma1 = traitlets.Float(0.5)
    sigma2 = traitlets.Float(0.5)
    draw = traitlets.Int(0)
    chosen = traitlets.Int(0)

    def __init__(
        self,
        model: nn.Module,
        mu: Sequence[float] = (0.0, 0.0),
        sigma: Sequence[float] = (0.5, 0.5),
        *,
        draws: int = 200,
        sets: int = 50,
        seed: int = 0,
        presenter: bool = False,
    ):
        check_plane(model)
        check_coder(model)
        check_whole(2, draws=draws)
        check_whole(1, sets=sets)
        draws, sets = int(draws), int(sets)
        mu1, mu2 = as_numbers("mu", mu, 2)
        sigma1, sigma2 = as_numbers("sigma", sigma, 2)
        self._eps = _normal(sets, draws, as_seed(seed))
        super().__init__(presenter=presenter)
        self.mu1, self.mu2, self.sigma1, self.sigma2 = mu1, mu2, sigma1, sigma2
        start = {name: getattr(self, name) for name in DIALS}
        noise = float_bytes(self._eps)
        self.view = ReparameterizationView(model.decoder, latent_dim=2, eps=noise, draws=draws, **start)
        self.sliders = {
            name: linked_slider(label, name, [self.view], self, min=low, max=high)
            for name, (label, low, high) in DIALS.items()
        }
        for name in ("draw", "chosen"):  # set by a click in the view, so that nothing is dragged and no echo can hurt
            traitlets.link((self, name), (self.view, name))
        columns = widgets.Layout(grid_template_columns="repeat(auto-fit, minmax(0, 415px))", max_width="840px")
        self.children = [widgets.GridBox(list(self.sliders.values()), layout=columns), self.view]

    @property
    def eps(self) -> list[float]:
        """The chosen sample's eps, 2 numbers; the dials don't change it."""
        return self._eps[self.draw, self.chosen].tolist()

    @property
    def z(self) -> list[float]:
        """The chosen sample's z = mu + sigma * eps, 2 numbers."""
        mu = torch.tensor([[self.mu1, self.mu2]], dtype=torch.float64)  # the browser's precision too
        sigma = torch.tensor([[self.sigma1, self.sigma2]], dtype=torch.float64)
        return reparameterize(mu, 2 * sigma.log(), torch.tensor([self.eps], dtype=torch.float64))[0].tolist()

    def __repr__(self) -> str:
        mu, sigma = f"({self.mu1:g}, {self.mu2:g})", f"({self.sigma1:g}, {self.sigma2:g})"
        return f"ReparameterizationDials(mu={mu}, sigma={sigma})"

    @traitlets.validate(*DIALS)
    def _valid_dial(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        _, low, high = DIALS[name]
        if not low <= value <= high:  # written so that NaN is refused too
            raise traitlets.TraitError(f"{name}: want a number from {low:g} to {high:g}, got {value!r}")
        return value

    @traitlets.validate("draw", "chosen")
    def _valid_position(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        last = self._eps.shape[("draw", "chosen").index(name)] - 1
        if not 0 <= value <= last:
            raise traitlets.TraitError(f"{name}: want a whole number from 0 to {last}, got {value!r}")
        return value


def _normal(sets: int, draws: int, seed: int) -> torch.Tensor:
    """Draws from N(0, I), (sets, draws, 2) float32."""
    size = 4 * math.prod((sets, draws, 2))
    if size > MAX_BYTES:
        got, most = f"{draws} x {sets} make {size / 1e6:.1f} MB", f"{MAX_BYTES / 1e6:.0f} MB"
        raise ValueError(f"draws, sets: {got}; at most {most} go to the browser")
    return torch.randn(sets, draws, 2, generator=torch.Generator().manual_seed(seed))
