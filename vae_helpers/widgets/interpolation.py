"""The interpolation slider: from one image's code to another's, with the digit in between."""

import operator

import ipywidgets as widgets
import torch
import traitlets
from torch import Tensor, nn

from vae_helpers.encoding import encode_means
from vae_helpers.latent_space import arc, lerp
from vae_helpers.models import Autoencoder
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.validation import check_images, is_whole
from vae_helpers.widgets.shared.codecs import float_bytes
from vae_helpers.widgets.shared.controls import link_control, linked_slider
from vae_helpers.widgets.shared.models import check_coder, check_codes, check_labels, models_by_name
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import DecoderView

MAP_POINTS = 2000


class InterpolationView(DecoderView):
    """The picture: images, reconstructions, the digit at ``t``, and the path on the map when D = 2."""

    _esm = linked("interpolation.js")
    start = traitlets.List().tag(sync=True)
    end = traitlets.List().tag(sync=True)
    start_image = traitlets.Bytes().tag(sync=True)
    end_image = traitlets.Bytes().tag(sync=True)
    start_label = traitlets.Int().tag(sync=True)
    end_label = traitlets.Int().tag(sync=True)
    t = traitlets.Float(0.0).tag(sync=True, echo_update=False)  # it follows the slider, which has its own echo
    arc = traitlets.Bool(False).tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True, echo_update=False)
    points = traitlets.Bytes().tag(sync=True)
    point_labels = traitlets.List().tag(sync=True)
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)
    limit = traitlets.Float(3.0).tag(sync=True)
    prior = traitlets.Bool(True).tag(sync=True)  # its circles on the map: an autoencoder has none
    title = traitlets.Unicode("").tag(sync=True)  # the model's name, where there are several
    full_screen = traitlets.Bool(True).tag(sync=True)  # has the button; one of several views is enough
    code_name = traitlets.Unicode("its mean \u03bc").tag(sync=True)


class InterpolationSlider(Stage, widgets.VBox):
    """Pick two digits and move ``t`` from the one to the other, in one model or in several at once.

    Moving ``t`` needs no kernel (see ``model``); picking other images asks it for their codes. ``t`` and ``arc`` can
    be read, set and observed from Python; ``z`` is the latent now shown (the first model's).

    Args:
        model: an autoencoder or a VAE, or a dict of several by name, shown one below the other. They are copied, so
            training them further does not change the widget. An MLP decoder moves to the browser; for a decoder of
            another kind the view asks the kernel for each digit.
        images, labels: the images to choose from, (N, 1, 28, 28) and (N,).
        start, end: a digit from 0 to 9; its first image is taken.
        start_index, end_index: positions in ``images``, to choose an image exactly.
        arc: turn along the arc, with the length in a straight line, instead of going straight.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: unusable images, a digit or index that is not there, or an unusable decoder (see
            :class:`DecoderView`).
    """

    t = traitlets.Float(0.0, min=0.0, max=1.0)
    arc = traitlets.Bool(False)

    def __init__(
        self,
        model: nn.Module | dict[str, nn.Module],
        images: Tensor,
        labels: Tensor,
        start: int = 2,
        end: int = 7,
        *,
        start_index: int | None = None,
        end_index: int | None = None,
        arc: bool = False,
        presenter: bool = False,
    ):
        check_images(images)
        check_labels(labels, len(images))
        self._images, self._labels = images, labels
        models = models_by_name(model)
        for name, one in models.items():
            check_coder(one, name)
        ends = {
            "start": self._find("start", start) if start_index is None else self._check("start_index", start_index),
            "end": self._find("end", end) if end_index is None else self._check("end_index", end_index),
        }
        self._codes = [encode_means(one, images) for one in models.values()]
        for name, codes in zip(models, self._codes, strict=True):
            check_codes(codes, name)
        self.views = [
            InterpolationView(
                one.decoder,
                latent_dim=codes.shape[1],
                title=name,
                full_screen=not position,
                prior=not isinstance(one, Autoencoder),
                code_name="its code" if isinstance(one, Autoencoder) else "its mean \u03bc",
                **self._map(codes),
                **self._end("start", ends["start"], codes),
                **self._end("end", ends["end"], codes),
            )
            for position, ((name, one), codes) in enumerate(zip(models.items(), self._codes, strict=True))
        ]
        self.view = self.views[0]
        layout = {"width": "auto", "flex": "1 1 300px", "max_width": "520px"}
        self.slider = linked_slider("t", "t", self.views, self, min=0, max=1, step=0.01, layout=layout)
        self.play = widgets.Play(max=199, interval=30, repeat=True)
        self.arc_box = widgets.Checkbox(description="along the arc", indent=False)
        self.message = widgets.HTML()
        link_control(self.arc_box, "arc", self.views, self)
        link_control(self.play, "frame", [self.view])
        self.pickers = {name: self._picker(name, index) for name, index in ends.items()}
        choosers = [box for name in ("start", "end") for box in self.pickers[name]]
        choosing = widgets.HBox(choosers)
        choosing.add_class("vae-needs-kernel")  # for a page without one to hide
        super().__init__(
            [
                choosing,
                widgets.HBox([self.slider, self.play, self.arc_box], layout=widgets.Layout(flex_flow="row wrap")),
                *self.views,
                self.message,
            ],
            presenter=presenter,
        )
        self.arc = arc

    @property
    def z(self) -> list[float]:
        """The latent now shown, D numbers."""
        path = arc if self.arc else lerp
        return path(torch.tensor(self.view.start), torch.tensor(self.view.end), self.t).tolist()

    def __repr__(self) -> str:
        names = "".join(f", {view.title}" for view in self.views if view.title)
        return f"InterpolationSlider(from a {self.view.start_label} to a {self.view.end_label}{names})"

    def _picker(self, name: str, index: int) -> tuple[widgets.Dropdown, widgets.BoundedIntText]:
        """Choose an end by its digit, or by its position in the images."""
        present = self._labels.unique().tolist()
        digit = widgets.Dropdown(
            options=present,
            value=int(self._labels[index]),
            description=f"{name}: digit",
            layout=widgets.Layout(width="170px"),
        )
        number = widgets.BoundedIntText(
            value=index,
            max=len(self._images) - 1,
            description="image no.",
            layout=widgets.Layout(width="190px"),
        )

        def show(error: str = "") -> None:
            self.message.value = f'<b style="color:#b00000">{error}</b>' if error else ""

        def digit_chosen(change) -> None:
            if change["new"] != int(self._labels[number.value]):
                number.value = self._find(name, change["new"])

        def number_chosen(change) -> None:
            try:
                for view, codes in zip(self.views, self._codes, strict=True):
                    with view.hold_sync():
                        for trait, value in self._end(name, change["new"], codes).items():
                            setattr(view, trait, value)
                digit.value = int(self._labels[change["new"]])
                show()
            except Exception as error:  # a callback's exception would otherwise vanish in the server's log
                show(f"Could not show image {change['new']}: {error}")

        digit.observe(digit_chosen, "value")
        number.observe(number_chosen, "value")
        return digit, number

    def _end(self, name: str, index: int, codes: Tensor) -> dict:
        """A view's traits for one end of the path."""
        return {
            name: codes[index].tolist(),
            f"{name}_image": float_bytes(self._images[index]),
            f"{name}_label": int(self._labels[index]),
        }

    def _map(self, codes: Tensor) -> dict:
        """A view's traits for the map; none unless the latent space is a plane."""
        if codes.shape[1] != 2:
            return {}
        codes, labels = codes[:MAP_POINTS], self._labels[:MAP_POINTS]
        limit = 1.05 * codes.abs().quantile(0.999).item()
        return {"points": float_bytes(codes), "point_labels": labels.tolist(), "limit": limit}

    def _find(self, name: str, digit: int) -> int:
        found = (self._labels == operator.index(digit)).nonzero() if is_whole(digit, 0) else ()
        if len(found) == 0:
            raise ValueError(f"{name}: want a digit among {self._labels.unique().tolist()}, got {digit!r}")
        return int(found[0])

    def _check(self, name: str, index: int) -> int:
        if not is_whole(index, 0) or index >= len(self._images):
            raise ValueError(f"{name}: want a whole number from 0 to {len(self._images) - 1}, got {index!r}")
        return operator.index(index)
