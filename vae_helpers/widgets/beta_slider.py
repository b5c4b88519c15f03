"""The beta slider: one image through models that were trained at several betas, and what their latents still move."""

import math
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np
import traitlets
from torch import Tensor

from vae_helpers.encoding import encode_distributions
from vae_helpers.evaluation import active_units, evaluate, kl_of_latents
from vae_helpers.models import VAE
from vae_helpers.validation import check_images, is_number, is_whole
from vae_helpers.widgets.shared.codecs import compact, ink_bytes
from vae_helpers.widgets.shared.decoder import export_network
from vae_helpers.widgets.shared.models import models_by_beta
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

SHOWN = 8  # images to choose from, where the caller names none
MOST = 12  # of them
REACH = 2.5  # a latent moves from -REACH to REACH standard deviations of the prior


class BetaSliderView(View):
    """The picture and its controls; needs no kernel.

    ``moved`` is the value of the latent that a hand has moved, or None while that stands at the image's mean; ``row``
    says which latent that is: its place among the model's, the one with the largest KL first.
    """

    _esm = linked("beta_slider.js")
    # No echo: the kernel's late repetition would pull a slider from under the hand that drags it.
    stop = traitlets.Int(0).tag(sync=True, echo_update=False)  # a place in ``models``
    image = traitlets.Int(0).tag(sync=True, echo_update=False)
    row = traitlets.Int(0).tag(sync=True, echo_update=False)
    moved = traitlets.Float(None, allow_none=True).tag(sync=True, echo_update=False)
    models = traitlets.List().tag(sync=True)  # one dict for each beta, see ``_described``
    images = traitlets.Bytes().tag(sync=True)  # those to choose from, as uint8, 255 is ink
    measured = traitlets.Int().tag(sync=True)  # over how many images the means are
    reach = traitlets.Float(REACH).tag(sync=True)


class BetaSlider(Stage, widgets.VBox):
    """A slider over decoders trained at several betas: the reconstruction of an image, and what each latent moves.

    For each beta: the rate (KL) and the distortion (reconstruction term) in nats, the image decoded from its mean mu,
    and a row of images for each latent, which moves from -2.5 to 2.5 while the others stay at mu; rows are ordered by
    the latent's KL, shown as a bar. Latents that sleep (the variance of mu over the images is at most 0.01) are
    counted in one line. One latent can be moved by hand. The browser decodes, so all of it answers while the kernel
    is busy.

    ``beta``, ``image`` and ``presenter`` can be read, set and observed from Python.

    Args:
        models: VAEs by the beta > 0 that they were trained at; their latent_dim may differ. Each is measured once, so
            training it further does not change the widget. Weights that were stored in half precision are sent so.
        images: (N, 1, 28, 28) in [0, 1], N >= 2. Rate, distortion and KL are means over all of them.
        beta: which model is shown at first; the smallest when not given.
        shown: places in ``images`` of those that can be chosen, at most 12; when not given, 8 at equal distances.
        image: which of them is shown at first, from 0.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: no models, a key that is no number > 0, a model that is no VAE, with terms that are not
            finite, or with a decoder that a browser can't evaluate, unusable images, ``shown`` that is not places
            among them.
        traitlets.TraitError: a ``beta`` that no model has, or an ``image`` that is not there; later too, when set.
    """

    # of any type that the validators below take: NumPy's numbers too
    beta = traitlets.TraitType(1.0)
    image = traitlets.TraitType(0)

    def __init__(
        self,
        models: dict[float, VAE],
        images: Tensor,
        beta: float | None = None,
        *,
        shown: Sequence[int] | None = None,
        image: int = 0,
        presenter: bool = False,
    ):
        by_beta = models_by_beta(models)
        check_images(images)
        if len(images) < 2:
            raise ValueError(f"images: want at least 2, to see which latent dimensions vary, got {len(images)}")
        places = _places(shown, len(images))
        super().__init__(presenter=presenter)
        self._betas, self._count = [*by_beta], len(places)
        self.beta = self._betas[0] if beta is None else beta  # refused before the models are measured
        self.image = image
        self.view = BetaSliderView(
            stop=self._betas.index(self.beta),
            image=self.image,
            models=[_described(key, model, images, places) for key, model in by_beta.items()],
            images=ink_bytes(images[places]),
            measured=len(images),
        )
        self.view.observe(self._view_changed, ["stop", "image"])
        self.children = [self.view]

    def __repr__(self) -> str:
        return f"BetaSlider({len(self._betas)} beta{'s' * (len(self._betas) != 1)}, {self._count} images)"

    @traitlets.validate("beta")
    def _valid_beta(self, proposal) -> float:
        beta = proposal["value"]
        if not is_number(beta) or float(beta) not in self._betas:
            betas = ", ".join(f"{one:g}" for one in self._betas)
            raise traitlets.TraitError(f"beta: want one that a model was trained at ({betas}), got {beta!r:.60}")
        return float(beta)

    @traitlets.validate("image")
    def _valid_image(self, proposal) -> int:
        image = proposal["value"]
        if not is_whole(image, 0) or image >= self._count:
            raise traitlets.TraitError(f"image: want a whole number from 0 to {self._count - 1}, got {image!r:.60}")
        return int(image)

    @traitlets.observe("beta", "image")
    def _changed(self, change) -> None:
        if not self.children:
            return  # the view is still to be made
        name, value = ("stop", self._betas.index(self.beta)) if change["name"] == "beta" else ("image", self.image)
        if getattr(self.view, name) != value:
            with self.view.hold_sync(), self.view.hold_trait_notifications():
                self.view.moved = None  # another model or image has another mean
                setattr(self.view, name, value)

    def _view_changed(self, change) -> None:
        if change["name"] == "stop":
            self.beta = self._betas[change["new"]]
        else:
            self.image = change["new"]


def _places(shown: Sequence[int] | None, count: int) -> list[int]:
    """The places of the images that can be chosen, of ``count``."""
    if shown is None:
        return np.linspace(0, count - 1, min(SHOWN, count)).round().astype(int).tolist()
    try:
        places = [] if isinstance(shown, (str, bytes)) else list(shown)
    except TypeError:
        places = []
    if not 1 <= len(places) <= MOST or not all(is_whole(place, 0) and place < count for place in places):
        raise ValueError(f"shown: want 1 to {MOST} whole numbers from 0 to {count - 1}, got {shown!r:.80}")
    return [int(place) for place in places]


def _described(beta: float, model: VAE, images: Tensor, places: list[int]) -> dict[str, Any]:
    """What the browser has of one model: its decoder, the means mu of the images shown, and figures over all images."""
    mu, logvar = encode_distributions(model, images)
    kl, terms = kl_of_latents(mu, logvar), evaluate(model, images)
    if not math.isfinite(terms.total):  # JSON has no NaN: the browser would get nothing at all
        raise ValueError(
            f"models: the one at beta = {beta:g} has reconstruction {terms.reconstruction:g} and KL {terms.kl:g}; "
            "did training break down?"
        )
    layers, weights = export_network(model.decoder, "decoder")
    return {
        "beta": beta,
        "layers": layers,
        **compact(weights),
        "means": mu[places].tolist(),
        "kl": kl.tolist(),
        "active": active_units(mu).tolist(),
        "rate": terms.kl,
        "distortion": terms.reconstruction,
    }
