"""The layer pads: z_2 on one map, z_1's noise on another, and what stays in the image when one of them is held."""

from typing import Any

import torch
import traitlets
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.hierarchy import kl_of_units
from vae_helpers.models import HierarchicalVAE, reparameterize
from vae_helpers.models.layers import evaluating
from vae_helpers.models.precisions import merge_precisions
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.validation import check_images, check_whole, is_whole
from vae_helpers.widgets.shared.codecs import compact, float_bytes, ink_bytes
from vae_helpers.widgets.shared.decoder import export_decoder, export_network
from vae_helpers.widgets.shared.kernel_decoder import frozen as frozen_copy
from vae_helpers.widgets.shared.models import as_numbers, check_codes, check_labels, check_weights, map_limit
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

LEAST_LIMIT = 3.2  # of a map: the circle that holds 99 % of the prior has a radius of 3.03
STRIP = 8  # draws beside the image
KL_DRAWS = 200  # of z for each example: the bars show the means
FREEZABLE = ("", "z2", "eps1")


class LayerPads(Stage, View):
    """Drag z_2 on the left map, the noise of z_1 on the right one: z_1 = mu + sigma * eps_1, p(z_1|z_2) says both.

    The right map is a plane of eps_1, the two dimensions of z_1 whose KL is largest: there an image says most that z_2
    had not said. The dots are held-out images, at the means of q. A frozen pad keeps its values, whatever is dragged
    or drawn, until another held-out image is chosen; the strip of eight holds what is frozen and draws the rest. Bars:
    what the chosen image costs in each layer, in nats.

    All of it happens in the browser, and answers while the kernel is busy. ``z2`` (2 numbers), ``eps1`` (one for each
    dimension of z_1), ``frozen`` ("", "z2" or "eps1"), ``example`` (which image is beside) and ``presenter`` can be
    read, set and observed; they follow the hand at most 8 times a second. ``image`` can be read.

    >>> labels = torch.arange(20) % 10
    >>> pads = LayerPads(HierarchicalVAE((6, 2), (16, 16)), torch.rand(20, 1, 28, 28), labels)
    >>> pads.start_from(3)
    >>> pads.z2 = [0.5, -1.0]
    >>> pads.image.shape
    torch.Size([1, 1, 28, 28])

    Args:
        model: a HierarchicalVAE with two layers, z_2 with 2 dimensions; it is copied. Weights that were stored in half
            precision are sent so.
        images, labels: held-out images as the model was trained on, (N, 1, 28, 28), and their digits, (N,). The first
            ``shown`` are the dots; the first of each digit can be chosen.
        frozen: which pad is frozen at first.
        shown: most points on a map, at least 1.
        presenter: larger, for a projector; may be set later too.

    Raises:
        traitlets.TraitError: a ``z2`` or an ``eps1`` of another length or beyond the map, another ``frozen``, or no
            such ``example``; later too, when it is set.
        TypeError, ValueError: no HierarchicalVAE, one with another number of layers, whose z_2 is no plane or whose
            z_1 has 1 dimension, weights that are not finite; images, labels that are not a digit for each of them;
            ``shown`` below 1.
    """

    _esm = linked("layer_pads.js")
    # No echo: the kernel's late repetition of a position would pull the point back from where the hand is by now.
    z2 = traitlets.TraitType().tag(sync=True, echo_update=False)  # NumPy's and torch's numbers too, as below
    eps1 = traitlets.TraitType().tag(sync=True, echo_update=False)
    frozen = traitlets.TraitType("").tag(sync=True, echo_update=False)
    example = traitlets.TraitType(0).tag(sync=True, echo_update=False)
    # float32, (8, 2 + D): z_2 and eps_1 of the strip
    draws = traitlets.Bytes().tag(sync=True, echo_update=False, from_json=lambda value, _widget: bytes(value))
    networks = traitlets.Dict().tag(sync=True)  # "prior": z_2 -> mu and logvar of z_1; "decoder": z_1 -> logits
    plane = traitlets.List().tag(sync=True)  # which two dimensions of eps_1 the right map shows, from 0
    points = traitlets.Bytes().tag(sync=True)  # float32, (N, 2), on the left map
    noises = traitlets.Bytes().tag(sync=True)  # float32, (N, 2), on the right map
    point_labels = traitlets.List().tag(sync=True)
    limit = traitlets.Float(LEAST_LIMIT).tag(sync=True)
    noise_limit = traitlets.Float(LEAST_LIMIT).tag(sync=True)
    examples = traitlets.Bytes().tag(sync=True)  # images, a byte a pixel
    example_labels = traitlets.List().tag(sync=True)
    codes = traitlets.List().tag(sync=True)  # z_2 and eps_1 of each
    costs = traitlets.List().tag(sync=True)  # nats of each, [z_1's, z_2's]
    colors = traitlets.List(list(CLASS_COLORS)).tag(sync=True)
    presenter = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        model: HierarchicalVAE,
        images: Tensor,
        labels: Tensor,
        *,
        frozen: str = "",
        shown: int = 2000,
        presenter: bool = False,
    ):
        _check_model(model)
        check_images(images)
        check_labels(labels, len(images))
        check_whole(1, shown=shown)
        self._model = frozen_copy(model, "model").float().cpu()
        self._generator = Generator().manual_seed(0)
        images, labels = images[:shown].detach().float().cpu(), labels[:shown].tolist()
        z2, eps1 = codes_of(self._model, images)
        check_codes(torch.cat([z2, eps1], dim=1))
        chosen = [labels.index(digit) for digit in sorted(set(labels))]
        plane = kl_of_units(self._model, images)[0].topk(2).indices.sort().values.tolist()
        self._sizes = {"z2": 2, "eps1": eps1.shape[1]}
        limits = [map_limit(torch.cat([part, 1.1 * part[chosen]]), LEAST_LIMIT) for part in (z2, eps1[:, plane])]
        super().__init__(
            networks={
                "prior": _sent(*export_network(self._model.decoders[1], "p(z_1|z_2)")),
                "decoder": _sent(*export_decoder(self._model.decoders[0])),
            },
            plane=plane,
            points=float_bytes(z2),
            noises=float_bytes(eps1[:, plane]),
            point_labels=labels,
            limit=max(limits[0], 1.05 * z2[chosen].abs().max().item()),
            noise_limit=max(limits[1], 1.05 * eps1[chosen][:, plane].abs().max().item()),
            examples=ink_bytes(images[chosen]),
            example_labels=[labels[k] for k in chosen],
            codes=torch.cat([z2, eps1], dim=1)[chosen].tolist(),
            costs=_costs(self._model, images[chosen]).tolist(),
            z2=z2[chosen[0]].tolist(),
            eps1=eps1[chosen[0]].tolist(),
            presenter=presenter,
        )
        self.frozen = frozen
        self.draw()

    def start_from(self, example: int) -> None:
        """Show the held-out image of this number, and go to its z_2 and eps_1, one that is frozen too."""
        with self.hold_sync():
            self.example = example
            code = self.codes[self.example]
            self.z2, self.eps1 = code[:2], code[2:]

    def draw(self) -> None:
        """Other draws for the strip."""
        self.draws = float_bytes(torch.randn(STRIP, sum(self._sizes.values()), generator=self._generator))

    @property
    @torch.no_grad()
    def image(self) -> Float[Tensor, "1 1 28 28"]:
        """The pixel probabilities that are shown, computed in the kernel."""
        mu, logvar = self._model.prior(0, torch.tensor([self.z2]))
        return torch.sigmoid(self._model.decode(reparameterize(mu, logvar, torch.tensor([self.eps1]))))

    def __repr__(self) -> str:
        return f"LayerPads({self._sizes['eps1']} + 2 latents{', frozen: ' * bool(self.frozen)}{self.frozen})"

    @traitlets.validate("z2", "eps1")
    def _valid_latent(self, proposal) -> list[float]:
        name = proposal["trait"].name
        try:
            numbers = as_numbers(name, proposal["value"], self._sizes[name])
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error
        shown = numbers if name == "z2" else [numbers[k] for k in self.plane]
        limit = self.limit if name == "z2" else self.noise_limit
        if not all(abs(value) <= limit for value in shown) or not torch.tensor(numbers).isfinite().all():
            raise traitlets.TraitError(f"{name}: want numbers from {-limit:g} to {limit:g} on the map, got {numbers}")
        return numbers

    @traitlets.validate("frozen")
    def _valid_frozen(self, proposal) -> str:
        if proposal["value"] not in FREEZABLE:
            raise traitlets.TraitError(f"frozen: want one of {FREEZABLE}, got {proposal['value']!r:.60}")
        return proposal["value"]

    @traitlets.validate("example")
    def _valid_example(self, proposal) -> int:
        if not is_whole(proposal["value"], 0) or proposal["value"] >= len(self.codes):
            want = f"a whole number from 0 to {len(self.codes) - 1}"
            raise traitlets.TraitError(f"example: want {want}, got {proposal['value']!r:.60}")
        return int(proposal["value"])

    @traitlets.validate("draws")
    def _valid_draws(self, proposal) -> bytes:
        wanted = 4 * STRIP * sum(self._sizes.values())
        if len(proposal["value"]) != wanted:
            raise traitlets.TraitError(f"draws: want {wanted} bytes, got {len(proposal['value'])}")
        return proposal["value"]


@torch.no_grad()
def codes_of(
    model: HierarchicalVAE, images: Float[Tensor, "N 1 28 28"]
) -> tuple[Float[Tensor, "N 2"], Float[Tensor, "N D"]]:
    """``z2`` and ``eps1`` of images: q's means, z_1's as the noise that makes it, (z_1 - mu) / sigma of p(z_1|z_2)."""
    (body_1, body_2), (head_1, head_2) = model.bodies, model.heads
    with evaluating(model):
        read = body_1(images.flatten(1))
        mu, logvar = head_1(read).chunk(2, dim=1)
        bottom_up = model.inference == "bottom-up"
        z2, _ = head_2(body_2(mu if bottom_up else read)).chunk(2, dim=1)
        p = model.prior(0, z2)
        z1 = mu if bottom_up else merge_precisions(mu, logvar, *p)[0]
        return z2, (z1 - p[0]) / (0.5 * p[1]).exp()


@torch.no_grad()
def _costs(model: HierarchicalVAE, images: Float[Tensor, "N 1 28 28"]) -> Float[Tensor, "N 2"]:
    """The KL of each layer, in nats: the mean over draws, for z_1's part depends on the z_2 drawn."""
    generator = Generator().manual_seed(0)
    _, kl = model.layer_terms(images.repeat(KL_DRAWS, 1, 1, 1), generator)
    return kl.unflatten(0, (KL_DRAWS, len(images))).mean(dim=0)


def _check_model(model: Any) -> None:
    if not isinstance(model, HierarchicalVAE):
        raise TypeError(f"model: want a HierarchicalVAE, got {type(model).__name__}")
    dims = model.latent_dims
    if len(dims) != 2 or dims[1] != 2 or dims[0] < 2:
        want = "want two layers, z_1 with at least 2 dimensions and z_2 with 2, which is the left pad"
        raise ValueError(f"model: {want}; got latent_dims {list(dims)}")
    check_weights(model, part="model")


def _sent(layers: list[dict[str, Any]], weights: bytes) -> dict[str, Any]:
    """A network for the view."""
    return {"layers": layers, **compact(weights)}
