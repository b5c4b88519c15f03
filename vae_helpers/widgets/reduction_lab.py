"""Sum or mean? The reductions of the loss's two terms, the beta that they amount to, and what such a beta trains."""

import math
from typing import Any

import ipywidgets as widgets
import traitlets
from torch import Tensor

from vae_helpers.encoding import decode_images, encode_distributions
from vae_helpers.evaluation import active_units, evaluate
from vae_helpers.losses import Reduction, effective_beta
from vae_helpers.models import VAE
from vae_helpers.validation import check_images
from vae_helpers.widgets.shared.codecs import ink_bytes
from vae_helpers.widgets.shared.controls import link_control, linked_slider
from vae_helpers.widgets.shared.models import models_by_beta
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

SHOWN = 8  # pictures in a row
EXPONENTS = (-3, 3)  # the slider's ends, as powers of 10
LOWEST, HIGHEST = (10.0**exponent for exponent in EXPONENTS)
REDUCTIONS = ("sum", "mean")


class ReductionView(View):
    """The loss as text, the rate-distortion plane and the pictures; needs no kernel.

    ``reconstruction`` and ``kl`` are positions in ("sum", "mean"), as the buttons' ``index`` is: that can be linked
    in the browser.
    """

    _esm = linked("reduction_lab.js")
    reconstruction = traitlets.Int(0).tag(sync=True)
    kl = traitlets.Int(0).tag(sync=True)
    beta = traitlets.Float(1.0).tag(sync=True)
    pixels = traitlets.Int(784).tag(sync=True)
    latent_dim = traitlets.Int(20).tag(sync=True)
    figures = traitlets.List().tag(sync=True)  # one dict for each model, by rising beta
    images = traitlets.Bytes().tag(sync=True)  # pictures are (n, 28, 28) of uint8, ink is 255
    reconstructions = traitlets.Bytes().tag(sync=True)  # n pictures for each model, in the order of the figures
    samples = traitlets.Bytes().tag(sync=True)


class ReductionLab(Stage, widgets.VBox):
    """Choose how each term of the loss is reduced, and beta; see the effective beta and a model trained near it.

    Buttons and slider need no kernel. ``reconstruction``, ``kl`` and ``beta`` can be read, set and observed from
    Python; once the slider is on screen, ``beta`` moves to its nearest step (20 of them to a factor of 10).

    Args:
        models: VAEs of one ``latent_dim`` by the beta > 0 that they were trained at, with the *summed* loss. Each is
            measured once, so training it further does not change the widget.
        images: test images, (N, 1, 28, 28) in [0, 1], N >= 2; the first 8 are shown.
        reconstruction: how the pixels of an image are reduced, "sum" or "mean".
        kl: how the latent dimensions are reduced, "sum" or "mean".
        beta: the factor written in front of the KL, from 0.001 to 1000.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: no models, a key that is no number > 0, a model that is no VAE, of another latent_dim
            or with terms that are not finite, or unusable images.
        traitlets.TraitError: another reduction, or a beta outside its range.
    """

    reconstruction = traitlets.Enum(REDUCTIONS, "sum")
    kl = traitlets.Enum(REDUCTIONS, "sum")
    beta = traitlets.Float(1.0)

    def __init__(
        self,
        models: dict[float, VAE],
        images: Tensor,
        *,
        reconstruction: Reduction = "sum",
        kl: Reduction = "sum",
        beta: float = 1.0,
        presenter: bool = False,
    ):
        by_beta = models_by_beta(models)
        _check_same_dims(models)
        check_images(images)
        if len(images) < 2:
            raise ValueError(f"images: want at least 2, to see which latent dimensions vary, got {len(images)}")
        self.reconstruction, self.kl, self.beta = reconstruction, kl, beta  # refused before the models are measured
        self.view = ReductionView(
            reconstruction=REDUCTIONS.index(reconstruction),
            kl=REDUCTIONS.index(kl),
            beta=self.beta,
            pixels=images[0].numel(),
            latent_dim=next(iter(by_beta.values())).latent_dim,
            figures=[_figures(key, model, images) for key, model in by_beta.items()],
            images=ink_bytes(images[:SHOWN]),
            reconstructions=b"".join(ink_bytes(_decoded(model, images[:SHOWN])) for model in by_beta.values()),
            samples=b"".join(ink_bytes(model.sample(SHOWN, seed=0)) for model in by_beta.values()),
        )
        self.buttons = {
            name: widgets.ToggleButtons(
                options=[(f"{reduction} over {what}", reduction) for reduction in REDUCTIONS],
                description=label,
                style={"button_width": "150px", "description_width": "initial"},
            )
            for name, label, what in (("reconstruction", "reconstruction", "pixels"), ("kl", "KL", "latents"))
        }
        for name, buttons in self.buttons.items():
            link_control(buttons, name, [self.view], self, shown="index")
        self.slider = linked_slider(
            "\u03b2",
            "beta",
            [self.view],
            self,
            kind=widgets.FloatLogSlider,
            min=EXPONENTS[0],
            max=EXPONENTS[1],
            readout_format=".3r",
            layout={"width": "auto", "max_width": "560px"},
        )
        row = widgets.HBox(list(self.buttons.values()), layout=widgets.Layout(flex_flow="row wrap", grid_gap="0 20px"))
        super().__init__([row, self.slider, self.view], presenter=presenter)

    @property
    def effective_beta(self) -> float:
        """The beta of the summed loss that has the same minimum as the loss now chosen."""
        return effective_beta(self.beta, self.reconstruction, self.kl, self.view.pixels, self.view.latent_dim)

    def __repr__(self) -> str:
        count = len(self.view.figures)
        return f"ReductionLab({count} model{'s' * (count != 1)}, {self.view.latent_dim} dimensions)"

    @traitlets.validate("beta")
    def _valid_beta(self, proposal):
        beta = proposal["value"]
        if not LOWEST <= beta <= HIGHEST:
            raise traitlets.TraitError(f"beta: want a number from {LOWEST:g} to {HIGHEST:g}, got {beta!r}")
        return beta


def _check_same_dims(models: dict[float, VAE]) -> None:
    dims = {beta: model.latent_dim for beta, model in models.items()}
    if len(set(dims.values())) > 1:
        raise ValueError(f"models: want VAEs of the same latent_dim, got {dims} (by beta)")


def _figures(beta: float, model: VAE, images: Tensor) -> dict[str, Any]:
    """What the browser says of one model: its terms in nats per image, and how many dimensions are active."""
    terms = evaluate(model, images)
    if not math.isfinite(terms.total):  # JSON has no NaN: the browser would get nothing at all
        raise ValueError(
            f"models: the one at beta = {beta:g} has reconstruction {terms.reconstruction:g} and KL {terms.kl:g}; "
            "did training break down?"
        )
    active = int(active_units(encode_distributions(model, images)[0]).sum())
    return {"beta": beta, "reconstruction": terms.reconstruction, "kl": terms.kl, "active": active}


def _decoded(model: VAE, images: Tensor) -> Tensor:
    """The reconstructions (N, 1, 28, 28), each decoded from its mean mu."""
    return decode_images(model, encode_distributions(model, images)[0])
