"""The prior painter: paint a prior, and watch a small adversarial autoencoder bring its codes there, in the page."""

import math
from typing import Any

import numpy as np
import torch
import traitlets
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.models.layers import PIXELS
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.sampled_priors import GaussianPrior, PointsPrior, RingPrior, SwissRollPrior
from vae_helpers.validation import check_images, check_whole, is_number
from vae_helpers.widgets.shared.codecs import float_bytes
from vae_helpers.widgets.shared.models import check_labels
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

LIMIT = 4.0  # of the plane
SPREAD = 0.12  # of a draw around its point
MOST = 3000  # points of a painting
PRESET = 400  # points of each prior that needs no painting
WEIGHT = 3.0  # lambda at first


class PriorPainterView(Stage, View):
    """The picture; needs no kernel. ``points`` are float32, x and y of one after another.

    Of the digits there are ``numbers``, their principal components, with the ``directions`` and the ``mean`` that make
    pictures of them: all in half precision.
    """

    _esm = linked("prior_painter.js")
    # No echo: the kernel's late repetition would take the last points back from under the hand.
    points = traitlets.Bytes().tag(sync=True, echo_update=False, from_json=lambda value, _widget: bytes(value))
    prior_name = traitlets.Unicode().tag(sync=True, echo_update=False)
    weight = traitlets.TraitType(WEIGHT).tag(sync=True, echo_update=False)  # NumPy's numbers too
    presets = traitlets.List().tag(sync=True)
    numbers = traitlets.Bytes().tag(sync=True)
    directions = traitlets.Bytes().tag(sync=True)
    mean = traitlets.Bytes().tag(sync=True)
    labels = traitlets.List().tag(sync=True)
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)
    limit = traitlets.Float(LIMIT).tag(sync=True)
    spread = traitlets.Float(SPREAD).tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)


class PriorPainter(PriorPainterView):
    """Paint any prior on the plane: an adversarial autoencoder that learns in the browser brings its codes there.

    It is a small one, of the images' first principal components, with the losses of
    :class:`vae_helpers.adversarial.AdversarialStep`. It learns in the page alone, so it does while the kernel is busy.
    :meth:`prior` hands the painting to Python, to train a real one with it. The painting, ``painting``, can be read and
    set; it follows the hand at most 8 times a second.

    Args:
        images, labels: the digits, (N, 1, 28, 28), and their classes, (N,); about a thousand.
        components: how many numbers a digit becomes.
        prior: which of ``"Gaussian"``, ``"ring"``, ``"swiss roll"`` and ``"heart"`` is on the plane at first.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: unusable images or labels, more components than images or none, no such prior.
    """

    def __init__(
        self,
        images: Float[Tensor, "N 1 28 28"],
        labels: Tensor,
        *,
        components: int = 24,
        prior: str = "heart",
        presenter: bool = False,
    ):
        check_images(images)
        check_labels(labels, len(images))
        check_whole(1, components=components)
        if components > min(len(images), PIXELS):
            raise ValueError(f"components: want at most one an image, {len(images)}, got {components}")
        self._presets = preset_points()
        if not isinstance(prior, str) or prior not in self._presets:
            raise ValueError(f"prior: want one of {[*self._presets]}, got {prior!r:.60}")
        numbers, directions, mean = principal_components(images, int(components))
        super().__init__(
            points=float_bytes(self._presets[prior]),
            prior_name=prior,
            presets=[{"name": name, "points": float_bytes(points)} for name, points in self._presets.items()],
            numbers=_halves(numbers),
            directions=_halves(directions),
            mean=_halves(mean),
            labels=labels.tolist(),
            presenter=presenter,
        )

    @property
    def painting(self) -> Float[Tensor, "M 2"]:
        """The points on the plane: a preset's, or those that a hand painted. Setting it needs points on the plane."""
        return torch.from_numpy(np.frombuffer(self.points, "<f4").copy()).reshape(-1, 2)

    @painting.setter
    def painting(self, points: Any) -> None:
        try:
            points = torch.as_tensor(points, dtype=torch.float32)
        except (TypeError, ValueError, RuntimeError) as error:
            raise TypeError(f"painting: want points, two numbers each, got {points!r:.60}") from error
        if points.ndim != 2 or points.shape[1] != 2 or len(points) > MOST:
            raise ValueError(f"painting: want at most {MOST} points of 2 numbers, got shape {tuple(points.shape)}")
        if not (points.abs() <= LIMIT).all():  # written so that NaN is refused too
            raise ValueError(f"painting: want numbers from {-LIMIT:g} to {LIMIT:g}")
        with self.hold_sync():
            self.points, self.prior_name = float_bytes(points), "painted"

    def prior(self) -> PointsPrior:
        """The prior on the plane: each draw is one of its points, a little blurred.

        Raises:
            ValueError: the plane is empty.
        """
        if not self.points:
            raise ValueError("the plane is empty: paint on it, or press one of its priors")
        return PointsPrior(self.painting, self.spread)

    def __repr__(self) -> str:
        return f"PriorPainter({self.prior_name}, {len(self.painting)} points)"

    @traitlets.validate("weight")
    def _valid_weight(self, proposal) -> float:
        if not is_number(proposal["value"]) or not 0 <= proposal["value"] <= 100:
            raise traitlets.TraitError(f"weight: want a number from 0 to 100, got {proposal['value']!r:.60}")
        return float(proposal["value"])


def preset_points() -> dict[str, Float[Tensor, "M 2"]]:
    """Draws of some priors, the same each time, by their names."""
    priors = {"Gaussian": GaussianPrior(), "ring": RingPrior(), "swiss roll": SwissRollPrior()}
    points = {name: prior.sample(PRESET, Generator().manual_seed(0)) for name, prior in priors.items()}
    return {name: some.clamp(-LIMIT, LIMIT) for name, some in points.items()} | {"heart": _heart()}


def _heart() -> Float[Tensor, "M 2"]:
    """A heart's outline, points about equally far from one another."""
    t = torch.linspace(0, 2 * math.pi, 2001)
    y = 13 * t.cos() - 5 * (2 * t).cos() - 2 * (3 * t).cos() - (4 * t).cos()
    line = 0.17 * torch.stack([16 * t.sin() ** 3, y + 2.5], dim=1)
    way = torch.cat([torch.zeros(1), line.diff(dim=0).norm(dim=1).cumsum(dim=0)])
    return line[torch.searchsorted(way, torch.linspace(0, way[-1].item(), PRESET + 1)[:-1])]


def principal_components(
    images: Float[Tensor, "N 1 28 28"], count: int
) -> tuple[Float[Tensor, "N K"], Float[Tensor, "K 784"], Float[Tensor, " 784"]]:
    """Each image in ``count`` numbers, with the directions and the mean that make a picture of them again."""
    pixels = images.detach().flatten(1).double().cpu()
    mean = pixels.mean(dim=0)
    directions = torch.linalg.svd(pixels - mean, full_matrices=False).Vh[:count]
    directions = directions * directions.sum(dim=1, keepdim=True).sign()  # a direction's sign is anyone's choice
    return ((pixels - mean) @ directions.T).float(), directions.float(), mean.float()


def _halves(values: Tensor) -> bytes:
    """In half precision, as ``halvesToFloats`` reads it: it rounds to three digits, which no picture shows."""
    return values.numpy().astype("<f2").tobytes()
