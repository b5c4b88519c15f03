"""The map of a latent plane while ``fit`` is running: the clouds unfold as the network learns."""

from typing import Any

import torch
import traitlets
from torch import Generator, Tensor, nn

from vae_helpers.encoding import encode_means
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.training import training_step
from vae_helpers.validation import check_images, check_positive, check_whole
from vae_helpers.widgets.shared.codecs import float_bytes
from vae_helpers.widgets.shared.models import check_codes, check_labels, check_plane
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.view import View

EARLY = 5  # steps between two looks at the beginning


class LiveLatentMap(View):
    """``watch = LiveLatentMap(images, labels); display(watch); fit(..., step=watch.step)``: training moves the codes.

    Every so many steps the images are encoded anew, and in the browser each glides from its old place to its new one.
    Training is the same as without it: nothing is drawn at random. ``watch(model)`` shows a model at any time.

    Args:
        images, labels: those to show, (N, 1, 28, 28) and (N,); the first ``shown`` are taken.
        shown: most points on the map, at least 1.
        every: steps between two looks, at least 1; the first ``every`` steps are looked at more often, since they move
            most. A look at 2,000 images takes about as long as three steps.
        limit: both coordinates of the map run from -limit to limit.

    Raises:
        TypeError, ValueError: unusable images, labels that are not a digit for each of them, ``shown``, ``every`` or
            ``limit`` out of range; later, a model whose latent space is not a plane, or whose codes are not finite.
    """

    _esm = linked("live_latent_map.js")
    points = traitlets.Bytes().tag(sync=True)
    point_labels = traitlets.List().tag(sync=True)
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)
    limit = traitlets.Float().tag(sync=True)
    caption = traitlets.Unicode("before the first step").tag(sync=True)

    def __init__(self, images: Tensor, labels: Tensor, *, shown: int = 2000, every: int = 25, limit: float = 4.0):
        check_images(images)
        check_labels(labels, len(images))
        check_whole(1, shown=shown, every=every)
        check_positive(limit=limit)
        self._images, self._every, self._steps = images[:shown], int(every), 0
        nowhere = float_bytes(torch.zeros(len(self._images), 2))
        super().__init__(points=nowhere, point_labels=labels[:shown].tolist(), limit=float(limit))

    def __call__(self, model: nn.Module) -> None:
        """Show where ``model`` puts the images now."""
        check_plane(model)
        codes = encode_means(model, self._images)
        check_codes(codes)
        with self.hold_sync():
            self.points = float_bytes(codes)
            self.caption = f"after {self._steps:,} steps" if self._steps else "before the first step"

    def step(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        *batch: Tensor,
        beta: float = 1.0,
        generator: Generator | None = None,
    ) -> Any:
        """:func:`vae_helpers.training.training_step`, with a look at the model before the first and after some."""
        if self._steps == 0:
            self(model)
        terms = training_step(model, optimizer, *batch, beta=beta, generator=generator)
        self._steps += 1
        early = self._steps < self._every and self._steps % EARLY == 0
        if early or self._steps % self._every == 0:
            self(model)
        return terms

    def __repr__(self) -> str:
        return "LiveLatentMap()"
