"""The latent pad: move a point on the map of a 2-D latent space, and see the digit that it decodes to."""

from collections.abc import Sequence

import traitlets
from torch import Tensor, nn

from vae_helpers.encoding import encode_means
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.validation import check_images, check_whole
from vae_helpers.widgets.shared.codecs import float_bytes, ink_bytes
from vae_helpers.widgets.shared.models import check_coder, check_codes, check_labels, check_plane, map_limit
from vae_helpers.widgets.shared.plane import PlanePad
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import DecoderView

NEAREST_AMONG = 600  # images sent for "the nearest": at a byte a pixel, 2000 of them would outweigh the decoder
LEAST_LIMIT = 5.0  # far outside the circle that holds 99 % of the prior, whose radius is 3.03: the corners reach 7


class LatentPadView(Stage, DecoderView):
    """The picture: the map, the digit at (``z1``, ``z2``), and the nearest images where ``nearest`` is True.

    ``z1`` and ``z2`` may be linked with ``widgets.jslink``; from a slider that runs farther than the map they stop
    at its edge. ``points`` (N, 2) are float32, ``images`` (at most N, 28, 28) are bytes, 255 for ink.
    """

    _esm = linked("latent_pad.js")
    # No echo: the kernel's late repetition of a position would pull the point back from where the hand is by now.
    z1 = traitlets.Float(0.0).tag(sync=True, echo_update=False)
    z2 = traitlets.Float(0.0).tag(sync=True, echo_update=False)
    nearest = traitlets.Bool(False).tag(sync=True)
    points = traitlets.Bytes().tag(sync=True)
    point_labels = traitlets.List().tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)
    limit = traitlets.Float(LEAST_LIMIT).tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)


class LatentPad(PlanePad):
    """Drag a point over the latent plane, or move it with the arrow keys: its digit appears on the next frame.

    All of it happens in the browser, so it answers while the kernel is busy (see ``model``). ``z`` can be read, set and
    observed from Python; it follows the hand at most 8 times a second. Several views of one pad move together.

    Args:
        model: a VAE with 2 latent dimensions; it is copied. An MLP decoder moves to the browser; for a decoder of
            another kind the view asks the kernel for each digit.
        images, labels: the images for the map, (N, 1, 28, 28), and their digits, (N,). The first ``shown`` are
            encoded and drawn; the nearest images are sought among the first 600 of those.
        z: where to start, 2 numbers from -limit to limit; ``limit`` is the edge of the map.
        shown: most points on the map, at least 1.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: a ``z`` that is not 2 numbers on the map; later too, when it is set.
        TypeError, ValueError: a model whose latent space is not a plane, an unusable decoder (see
            :class:`DecoderView`) or images, labels that are not a digit for each of them, ``shown`` out of range.
    """

    def __init__(
        self,
        model: nn.Module,
        images: Tensor,
        labels: Tensor,
        *,
        z: Sequence[float] = (0.0, 0.0),
        shown: int = 2000,
        presenter: bool = False,
    ):
        check_plane(model)
        check_coder(model)
        check_images(images)
        check_labels(labels, len(images))
        check_whole(1, shown=shown)
        codes = encode_means(model, images[:shown])
        check_codes(codes)
        super().__init__()
        self.view = LatentPadView(
            model.decoder,
            latent_dim=2,
            points=float_bytes(codes),
            point_labels=labels[:shown].tolist(),
            images=ink_bytes(images[: min(shown, NEAREST_AMONG)]),
            limit=map_limit(codes, LEAST_LIMIT),
            presenter=presenter,
        )
        self._show(z)

    def __repr__(self) -> str:
        return f"LatentPad(z=({self.z[0]:g}, {self.z[1]:g}))"
