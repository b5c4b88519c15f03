"""One slider for each latent dimension, and the digit they decode to."""

from collections.abc import Sequence

import ipywidgets as widgets
import traitlets
from torch import Tensor, nn

from vae_helpers.encoding import encode_distributions
from vae_helpers.evaluation import active_units
from vae_helpers.models import VAE
from vae_helpers.validation import check_images, check_positive
from vae_helpers.widgets.shared.controls import linked_slider
from vae_helpers.widgets.shared.models import as_numbers, check_coder, check_codes
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import DecoderView

BOUND = 0.01  # a dimension is active if its means vary over the images by more than this variance


class LatentSlidersView(DecoderView):
    """The picture; has one trait for each latent dimension: ``z0``, ``z1``, ..."""

    _esm = linked("latent_sliders.js")
    limit = traitlets.Float(3.0).tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)

    def __init__(self, decoder: nn.Module, z: Sequence[float], **traits):
        # traits of their own, because a slider can be linked to a trait but not to an element of a list
        self.add_traits(**{f"z{i}": traitlets.Float().tag(sync=True) for i in range(len(z))})
        super().__init__(decoder, latent_dim=len(z), **{f"z{i}": value for i, value in enumerate(z)}, **traits)


class LatentSliders(Stage, widgets.HBox):
    """Turn each latent dimension by hand. Sliders and buttons need no kernel (but see ``model``).

    ``z`` can be read, set and observed from Python; after a button it follows one dimension at a time. ``active``
    says which dimensions are active, a bool for each, or is None where no ``images`` were given.

    Args:
        model: a VAE with a decoder of ``latent_dim`` inputs; it is copied. An MLP decoder moves to the browser; for
            a decoder of another kind the view asks the kernel for each digit.
        z: where to start, D numbers; the origin when not given.
        limit: the sliders run from -limit to limit.
        images: at least two, (N, 1, 28, 28) in [0, 1]: then the dimensions in which the means of q(z|x) hardly vary
            over them, by :func:`vae_helpers.evaluation.active_units`, are marked as dead. Needs a VAE.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: z of the wrong length or outside the limit, limit <= 0, unusable images, images
            without a VAE, or an unusable decoder (see :class:`DecoderView`).
    """

    z = traitlets.List(traitlets.Float())

    def __init__(
        self,
        model: nn.Module,
        z: Sequence[float] | None = None,
        limit: float = 3.0,
        *,
        images: Tensor | None = None,
        presenter: bool = False,
    ):
        check_positive(limit=limit)
        check_coder(model)
        self._limit = limit = float(limit)
        z = [0.0] * model.latent_dim if z is None else as_numbers("z", z, model.latent_dim)
        if not all(abs(value) <= limit for value in z):
            raise ValueError(f"z: want {model.latent_dim} numbers from {-limit:g} to {limit:g}, got {z}")
        self.active = None if images is None else _in_use(model, images)
        note = "" if images is None else _note(self.active, len(images))
        self.view = LatentSlidersView(model.decoder, z, limit=limit, note=note)
        self.sliders = [self._slider(i, value) for i, value in enumerate(z)]
        columns = "repeat(2, minmax(160px, 300px))" if len(z) > 6 else "minmax(160px, 420px)"
        shared = widgets.Layout(grid_template_columns=columns, flex="1 1 400px")  # narrower where the page is
        grid = widgets.GridBox(self.sliders, layout=shared)
        super().__init__([grid, self.view], presenter=presenter)
        self.z = z

    def __repr__(self) -> str:
        return f"LatentSliders({len(self.sliders)} dimensions)"

    def _slider(self, i: int, value: float) -> widgets.FloatSlider:
        dead = self.active is not None and not self.active[i]
        name = f"z{i + 1} (dead)" if dead else f"z{i + 1}"
        slider = linked_slider(name, f"z{i}", [self.view], value=value, min=-self._limit, max=self._limit)
        slider.observe(self._read_sliders, "value")
        if dead:
            slider.add_class("vae-dead")
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


def _in_use(model: nn.Module, images: Tensor) -> list[bool]:
    """Which dimensions tell these images apart."""
    if not isinstance(model, VAE):
        raise TypeError(f"images: only a VAE has a q(z|x) to apply to them, got {type(model).__name__}")
    check_images(images)
    if len(images) < 2:
        raise ValueError(f"images: want at least 2, to see which latent dimensions vary, got {len(images)}")
    means, _ = encode_distributions(model, images)
    check_codes(means)
    return active_units(means, BOUND).tolist()


def _note(active: list[bool], count: int) -> str:
    over = f"over these {count} images the variance of the mean of q(z|x) is above {BOUND}"
    return f"{sum(active)} of {len(active)} dimensions active: {over}."
