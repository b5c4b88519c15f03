"""The importance slider: how the bound grows with the number of draws, and how few of them carry it."""

from typing import Any

import torch
import traitlets
from jaxtyping import Float
from torch import Tensor

from vae_helpers.validation import check_finite, check_fits, check_images, check_some, is_whole
from vae_helpers.widgets.shared.codecs import float_bytes, ink_bytes
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

MOST_IMAGES = 12
MOST_DRAWS = 5000  # of an image: 10 images have 200 kB then


class ImportanceSlider(Stage, View):
    """Choose an image and a number k of draws: the bound's path up to k, and who carries it.

    On the left, the log weights of the first k draws: how many lie where (grey), and which share of the sum of the
    weights comes from there (blue; the largest weight alone darker). On the right, the log of the mean of the first
    weights, from 1 to ``most``; behind it the same for twenty other orders of the draws. A button takes another order.
    All of it happens in the browser. ``k``, ``image``, ``which`` and ``order`` can be read, set and observed.

    >>> ImportanceSlider(torch.randn(2, 100), torch.rand(2, 1, 28, 28))
    ImportanceSlider(2 images, 100 draws)

    Args:
        log_weights: (N, K) in nats, as of :func:`vae_helpers.importance.keep_log_weights`, N <= 12 and K <= 5,000; or
            several by the names of their models.
        images: (N, 1, 28, 28) in [0, 1], the images that they belong to.
        truth: (N,) log p(x) in nats, where it is known; by the names of the models if the weights are.
        most: the largest k. With fewer than K, another order brings other draws, and the spread of the paths is nearly
            that of draws made anew; with K, the default, all paths end in one point.
        k: how many draws are shown at first; 100 when not given, or ``most`` if that is less.
        image: which image is shown at first, from 0.
        which: the name of the model that is shown at first; the first when not given.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError: weights, images or a truth that are no tensors of floats.
        ValueError: wrong shapes, NaN, no image, no draw, more than 12 images or 5,000 draws, a ``most`` that is not
            from 1 to K, or a truth of a model without weights.
        traitlets.TraitError: a ``k``, ``image``, ``which`` or ``order`` that there is not; later too, when it is set.
    """

    _esm = linked("importance_slider.js")
    # No echo: the kernel's late repetition would pull the slider back from where the hand is by now.
    k = traitlets.TraitType(1).tag(sync=True, echo_update=False)  # NumPy's numbers too
    image = traitlets.TraitType(0).tag(sync=True, echo_update=False)
    which = traitlets.TraitType("").tag(sync=True, echo_update=False)
    order = traitlets.TraitType(0).tag(sync=True, echo_update=False)  # 0: as they were drawn
    names = traitlets.List().tag(sync=True)
    log_weights = traitlets.Bytes().tag(sync=True)  # float32: models x images x draws
    truth = traitlets.List().tag(sync=True)  # for each model log p(x) of each image, or none
    images = traitlets.Bytes().tag(sync=True)
    most = traitlets.Int(1).tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        log_weights: Tensor | dict[str, Tensor],
        images: Tensor,
        truth: Tensor | dict[str, Tensor] | None = None,
        *,
        most: int | None = None,
        k: int | None = None,
        image: int = 0,
        which: str | None = None,
        presenter: bool = False,
    ):
        check_images(images)
        if len(images) > MOST_IMAGES:
            raise ValueError(f"images: want at most {MOST_IMAGES}, got {len(images)}")
        weights = _named_weights(log_weights, len(images))
        known = _named_truth(truth, weights, len(images))
        names, draws = [*weights], next(iter(weights.values())).shape[1]
        most = draws if most is None else most
        if not is_whole(most, 1) or most > draws:
            raise ValueError(f"most: want a whole number from 1 to {draws}, got {most!r:.60}")
        self._counts = {"image": len(images), "draws": draws}
        super().__init__(
            names=names,
            most=int(most),
            log_weights=float_bytes(torch.stack([*weights.values()])),
            truth=[known[name].tolist() if name in known else [] for name in names],
            images=ink_bytes(images),
            k=min(100, int(most)) if k is None else k,
            image=image,
            which=names[0] if which is None else which,
            presenter=presenter,
        )

    def __repr__(self) -> str:
        images, draws = self._counts["image"], self._counts["draws"]
        models = f"{', '.join(self.names)}, " if self.names != [""] else ""
        return f"ImportanceSlider({models}{images} image{'s' * (images > 1)}, {draws:,} draw{'s' * (draws > 1)})"

    @traitlets.validate("k", "image", "order")
    def _valid_number(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, proposal["value"]
        low, high = {"k": (1, self.most), "image": (0, self._counts["image"] - 1), "order": (0, 2**31)}[name]
        if not is_whole(value, low) or value > high:
            raise traitlets.TraitError(f"{name}: want a whole number from {low} to {high}, got {value!r:.60}")
        return int(value)

    @traitlets.validate("which")
    def _valid_name(self, proposal: Any) -> str:
        if not isinstance(proposal["value"], str) or proposal["value"] not in self.names:
            names = ", ".join(repr(name) for name in self.names)
            raise traitlets.TraitError(f"which: want one of {names}, got {proposal['value']!r:.60}")
        return proposal["value"]


def _named_weights(log_weights: Any, images: int) -> dict[str, Tensor]:
    """The log weights by the names of their models; those of one model alone have the name ""."""
    weights = log_weights if isinstance(log_weights, dict) else {"": log_weights}
    if not weights or not all(isinstance(name, str) for name in weights):
        raise ValueError(f"log_weights: want at least one model, by its name, got {[*weights]!r:.60}")
    shapes = set()
    for values in weights.values():
        check_fits(Float[Tensor, "N K"], log_weights=values)
        check_some(log_weights=values)
        check_finite(log_weights=values)
        if values.shape[1] > MOST_DRAWS:
            raise ValueError(f"log_weights: want at most {MOST_DRAWS:,} draws of an image, got {values.shape[1]:,}")
        if len(values) != images:
            raise ValueError(f"log_weights: want a row for each of {images} images, got {len(values)}")
        shapes.add(tuple(values.shape))
    if len(shapes) > 1:
        raise ValueError(f"log_weights: want the same shape for all models, got {sorted(shapes)}")
    return weights


def _named_truth(truth: Any, weights: dict[str, Tensor], images: int) -> dict[str, Tensor]:
    if truth is None:
        return {}
    known = truth if isinstance(truth, dict) else {"": truth}
    if strange := [name for name in known if name not in weights]:
        raise ValueError(f"truth: want it by the names of the models, {[*weights]}, got {strange!r:.60}")
    for values in known.values():
        check_fits(Float[Tensor, " N"], truth=values)
        check_finite(truth=values)
        if len(values) != images:
            raise ValueError(f"truth: want one for each of {images} images, got {len(values)}")
    return known
