"""The drawing pad: draw a digit by hand, and meet the Gaussian that an encoder makes of it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import ipywidgets as widgets
import torch
import traitlets
from torch import Generator, Tensor, nn

from vae_helpers.encoding import encode_means
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models.layers import PIXELS, device_of, evaluating
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.validation import check_images, check_whole, is_whole
from vae_helpers.widgets.shared.codecs import float_bytes, ink_bytes
from vae_helpers.widgets.shared.decoder import NotInBrowser, export_decoder, export_encoder
from vae_helpers.widgets.shared.drawing import TEST_IMAGES, Drawing, DrawingView, check_index
from vae_helpers.widgets.shared.kernel_decoder import KernelDecoder, KernelEncoder, frozen
from vae_helpers.widgets.shared.models import (
    as_numbers,
    check_coder,
    check_codes,
    check_labels,
    check_plane,
    check_weights,
    models_by_name,
    outputs_of,
)
from vae_helpers.widgets.shared.scripts import linked

LEAST_LIMIT = 3.2  # of a map: the circle that holds 99 % of the prior has a radius of 3.03
DRAWS = 24  # of z, as dots on the map


class DrawPadView(DrawingView):
    """The picture: the square, and for each of the ``coders`` its map, its digits and its loss.

    ``eps`` is two numbers for each draw.
    """

    _esm = linked("draw_pad.js")
    coders = traitlets.List().tag(sync=True)
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)


class DrawPad(Drawing):
    """Draw a digit: on the next frame the map shows mu and the two-sigma ellipse of its q(z|x), draws of z, and digits.

    The drawing is treated as MNIST's makers treated theirs. The encoder runs in the browser too, so all of it answers
    while the kernel is busy (see ``model``). A plain autoencoder shows a point where a VAE shows a cloud. The two terms
    of the loss, at one draw of z, are in nats; beside them stands how those of the test images are spread.

    ``image``, (1, 1, 28, 28), can be read, set and observed from Python; ``strokes`` can be read. Both follow the hand
    at most 8 times a second. Several views of one pad move together.

    Args:
        model: a VAE or an autoencoder with 2 latent dimensions, or a dict of several by name, shown side by side.
            They are copied. MLPs move to the browser; for a network of another kind the view asks the kernel.
        images, labels: the test images, (N, 1, 28, 28), and their digits, (N,). The first ``shown`` are on the maps;
            of those, the first 600 can be chosen with the arrow keys, and be the nearest.
        index: which of them is on the paper at first.
        shown: most points on a map, at least 1.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: an ``image`` that is not one, when it is set.
        TypeError, ValueError: a model whose latent space is not a plane, unusable networks, images or labels that are
            not a digit for each of them, ``index`` or ``shown`` out of range.

    Source: what is done with a drawing is in LeCun et al. 1998, *Gradient-based learning applied to document
    recognition*, section III.A.
    """

    def __init__(
        self,
        model: nn.Module | Mapping[str, nn.Module],
        images: Tensor,
        labels: Tensor,
        *,
        index: int = 0,
        shown: int = 2000,
        presenter: bool = False,
    ):
        check_images(images)
        check_labels(labels, len(images))
        check_whole(1, shown=shown)
        images, labels = images[:shown], labels[:shown]
        count = min(len(images), TEST_IMAGES)
        check_index(index, count)
        self._models = {name: _usable(one, name) for name, one in models_by_name(model).items()}
        self._kernels: list[list[KernelEncoder | KernelDecoder]] = []
        coders = [self._coder(name, one, images) for name, one in self._models.items()]
        view = DrawPadView(
            coders=coders,
            images=ink_bytes(images[:count]),
            point_labels=labels.tolist(),
            image=float_bytes(images[index]),
            index=int(index),
            eps=torch.randn(2 * DRAWS, generator=Generator().manual_seed(0)).tolist(),
            presenter=presenter,
        )
        view.on_msg(self._answer)
        super().__init__(view)

    @property
    def z(self) -> list[float] | dict[str, list[float]]:
        """The draw of z whose digit is shown, mu + sigma * eps (an autoencoder's code): 2 numbers, by name for several.

        Setting it, to 2 numbers or to ``{name: 2 numbers}``, looks for the noise eps that leads there.

        Raises:
            ValueError: a name that is none of the models, anything but 2 finite numbers, or an autoencoder's code.
        """
        eps = torch.tensor(self.view.eps[:2])
        zs = {name: (mu + sigma * eps).tolist() for name, (mu, sigma) in self._codes().items()}
        return zs[""] if [*zs] == [""] else zs

    @z.setter
    def z(self, z: Sequence[float] | Mapping[str, Sequence[float]]) -> None:
        wanted = dict(z) if isinstance(z, Mapping) else {"": z}
        if len(wanted) != 1 or not wanted.keys() <= self._models.keys():
            names = [*filter(None, self._models)]
            form = f"{{name: 2 numbers}} for one of the models {names}" if names else "2 numbers"
            raise ValueError(f"z: want {form}, got {z!r:.80}")
        [(name, numbers)] = wanted.items()
        numbers = torch.tensor(as_numbers("z", numbers, 2))
        mu, sigma = self._codes()[name]
        eps = (numbers - mu) / sigma
        if not eps.isfinite().all() or not sigma.all():
            reason = "2 finite numbers" if sigma.all() else "an image instead: an autoencoder has one code for it"
            raise ValueError(f"z: want {reason}, got {z!r:.80}")
        self.view.eps = [*eps.tolist(), *self.view.eps[2:]]

    def __repr__(self) -> str:
        return f"DrawPad({', '.join(filter(None, self._models))})"

    def _codes(self) -> dict[str, tuple[Tensor, Tensor]]:
        """mu and sigma of the image, each (2,), by the model's name; an autoencoder's sigma is 0."""
        with torch.no_grad():
            codes = {name: _split(outputs_of(one, _to(one, self.image))) for name, one in self._models.items()}
        return {name: (mu[0], sigma[0]) for name, (mu, sigma, _) in codes.items()}

    def _coder(self, name: str, model: nn.Module, images: Tensor) -> dict[str, Any]:
        """What the view needs of one model."""
        codes = encode_means(model, images)
        check_codes(codes, name)
        encoder = _exported(export_encoder, model)
        decoder = _exported(export_decoder, model.decoder)
        self._kernels.append([KernelEncoder(model)] if not encoder[0] else [])
        if not decoder[0]:
            self._kernels[-1].append(KernelDecoder(model.decoder, 2))
        costs, gaussian = _costs(model, images)
        check_codes(costs, name)  # a variance may be infinite, too
        return {
            "name": name,
            "gaussian": gaussian,
            "encoder": encoder[0],
            "encoder_weights": encoder[1],
            "decoder": decoder[0],
            "decoder_weights": decoder[1],
            "points": float_bytes(codes),
            "limit": max(LEAST_LIMIT, round(1.05 * codes.abs().float().quantile(0.99).item(), 1)),
            "costs": float_bytes(costs.sort().values),
        }

    def _answer(self, _widget: widgets.Widget, content: Any, _buffers: list) -> None:
        """To a view's question to the networks of coder number ``content["coder"]``."""
        position = content.get("coder") if isinstance(content, dict) else None
        if not is_whole(position, 0) or position >= len(self._kernels):
            return
        for kernel in self._kernels[position]:
            if answer := kernel.answer(content):
                self.view.send(*answer)


def _usable(model: Any, name: str) -> nn.Module:
    """A frozen copy, once it is known to be what a pad can show."""
    check_plane(model)
    check_coder(model, name)
    check_weights(model, name, "model")
    return frozen(model, "model")


def _exported(export, network: nn.Module) -> tuple[list, bytes]:
    """Layers and weights for the browser; none where the kernel must be asked."""
    with suppress(NotInBrowser):
        return export(network)
    return [], b""


@torch.no_grad()
def _costs(model: nn.Module, images: Tensor) -> tuple[Tensor, bool]:
    """-ELBO of each image at one draw of z, (N,), in nats, or a code's reconstruction; and whether there are draws."""
    mu, sigma, kl = _split(outputs_of(model, _to(model, images)))
    eps = torch.randn(mu.shape, generator=Generator().manual_seed(0))
    with evaluating(model):
        logits = model.decoder(_to(model, mu + sigma * eps)).float().cpu().reshape(len(images), PIXELS)
    return bernoulli_nll(logits, images.flatten(1).float()) + kl, bool(sigma.any())


def _split(outputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """mu, sigma (N, 2) and KL (N,) of what an encoder returned; a code's sigma and KL are 0."""
    if outputs.shape[1] == 2:
        parts = outputs, torch.zeros_like(outputs), torch.zeros(len(outputs))
    else:
        mu, logvar = outputs.chunk(2, dim=1)
        parts = mu, torch.exp(0.5 * logvar), gaussian_kl(mu, logvar)
    return parts


def _to(model: nn.Module, values: Tensor) -> Tensor:
    """Values in the dtype and on the device of the model's weights."""
    return values.to(next(model.parameters(), torch.zeros(())).dtype).to(device_of(model))
