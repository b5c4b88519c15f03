"""The completion pad: part of a digit, drawn or chosen, and several ways in which a model goes on from it."""

from collections.abc import Sequence
from typing import Any

import torch
import traitlets
from torch import Generator, Tensor, nn

from vae_helpers.models.completion import QUADRANTS
from vae_helpers.models.layers import PIXELS
from vae_helpers.validation import check_images, check_whole, is_whole
from vae_helpers.widgets.shared.codecs import float_bytes, ink_bytes
from vae_helpers.widgets.shared.decoder import export_decoder, export_network
from vae_helpers.widgets.shared.drawing import TEST_IMAGES, Drawing, DrawingView, check_index
from vae_helpers.widgets.shared.models import as_numbers, check_labels
from vae_helpers.widgets.shared.scripts import linked

MOST = 16  # completions: each costs as much as a digit of another widget, on every frame of a stroke


class CompletionPadView(DrawingView):
    """The picture: the square in four quadrants, what is seen of it, the completions and their mean.

    ``eps`` is ``latent_dim`` numbers for each completion.
    """

    _esm = linked("completion_pad.js")
    seen = traitlets.List().tag(sync=True, echo_update=False)
    prior = traitlets.List().tag(sync=True)
    prior_weights = traitlets.Bytes().tag(sync=True)
    decoder = traitlets.List().tag(sync=True)
    decoder_weights = traitlets.Bytes().tag(sync=True)
    latent_dim = traitlets.Int().tag(sync=True)


class Seen(traitlets.TraitType):
    """Which quadrants are seen: four truth values."""

    def validate(self, obj, value) -> tuple[bool, ...]:
        try:
            flags = as_numbers("seen", value, QUADRANTS)
        except ValueError:
            flags = []
        if not flags or not set(flags) <= {0, 1}:
            quadrants = "top left, top right, bottom left, bottom right"
            raise traitlets.TraitError(f"seen: want four truth values ({quadrants}), got {value!r:.60}")
        return tuple(map(bool, flags))


class CompletionPad(Drawing):
    """Draw a part of a digit, or choose one and say which quadrants are seen: it is completed in ``count`` ways.

    Each completion is decoded from a z of its own, drawn from p(z|c), where c is what is seen. Beside them stands their
    mean. All of it happens in the browser, on the next frame, while the kernel is busy too. A part of a digit has no
    size and no centre of mass of its own, so a drawing is neither scaled nor centred: the strokes become grey pixels
    where they are, in the width of MNIST's. The noise stays as it is until "draw z again"; the first is that of
    ``model.complete(pad.image, torch.tensor([pad.seen]), count, seed=0)``.

    ``image``, (1, 1, 28, 28), with its unseen part, and ``seen``, a tuple of four truth values, can be read, set and
    observed from Python; ``strokes`` can be read. They follow the hand at most 8 times a second. Several views of one
    pad move together.

    Args:
        model: a CompletionVAE; it is copied. Of its networks, ``prior`` and ``decoder`` move to the browser.
        images, labels: the test images, (N, 1, 28, 28), and their digits, (N,). The first 600 can be chosen with the
            arrow keys.
        index: which of them is on the paper at first.
        seen: for each quadrant (top left, top right, bottom left, bottom right) whether the model sees it. The course's
            model was trained with one to three of them seen.
        count: how many completions, 1 to 16.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: a ``seen`` or an ``image`` that is not one; later too, when it is set.
        TypeError, ValueError: a model of another kind, or with networks that the browser can't evaluate; images or
            labels that are not a digit for each of them, ``index`` or ``count`` out of range.
    """

    seen = Seen()

    def __init__(
        self,
        model: nn.Module,
        images: Tensor,
        labels: Tensor,
        *,
        index: int = 0,
        seen: Sequence[bool] = (False, False, True, False),
        count: int = 8,
        presenter: bool = False,
    ):
        check_images(images)
        check_labels(labels, len(images))
        images, labels = images[:TEST_IMAGES], labels[:TEST_IMAGES]
        check_index(index, len(images))
        check_whole(1, count=count)
        if count > MOST:
            raise ValueError(f"count: want a whole number from 1 to {MOST}, got {count!r}")
        view = CompletionPadView(
            **_networks(model),
            images=ink_bytes(images),
            point_labels=labels.tolist(),
            image=float_bytes(images[index]),
            index=int(index),
            eps=torch.randn(int(count), model.latent_dim, generator=Generator().manual_seed(0)).flatten().tolist(),
            presenter=presenter,
        )
        super().__init__(view)
        self.seen = seen
        view.observe(self._ticked, "seen")

    def __repr__(self) -> str:
        return "CompletionPad()"

    @traitlets.observe("seen")
    def _seen_set(self, change) -> None:
        self.view.seen = list(change["new"])

    def _ticked(self, change) -> None:
        self.seen = change["new"]


def _networks(model: Any) -> dict[str, Any]:
    """The two networks as the view has them, once they are known to be a CompletionVAE's."""
    latent_dim = getattr(model, "latent_dim", None)
    parts = [getattr(model, name, None) for name in ("prior", "decoder")]
    if not is_whole(latent_dim, 1) or not all(isinstance(part, nn.Module) for part in parts):
        raise TypeError(f"model: want a CompletionVAE, with prior, decoder and latent_dim, got {type(model).__name__}")
    prior, prior_weights = export_network(parts[0], "prior")
    decoder, decoder_weights = export_decoder(parts[1])
    condition = PIXELS + QUADRANTS
    sizes = [_ends(prior), _ends(decoder)]
    wanted = [(condition, 2 * latent_dim), (latent_dim + condition, PIXELS)]
    if sizes != wanted:
        raise ValueError(f"model: want a prior and a decoder with (inputs, outputs) {wanted}, got {sizes}")
    return {
        "prior": prior,
        "prior_weights": prior_weights,
        "decoder": decoder,
        "decoder_weights": decoder_weights,
        "latent_dim": int(latent_dim),
    }


def _ends(layers: list[dict[str, Any]]) -> tuple[int, int]:
    """What goes into a network's first layer, and what comes out of its last linear one."""
    linear = [layer for layer in layers if layer["type"] == "linear"]
    return linear[0]["inputs"], linear[-1]["outputs"]
