"""The axes dial: turn the plane of two latents, and see what that does to the sliders and to the MIG; not to images."""

import math
from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets
import torch
import traitlets
from jaxtyping import Float, Integer
from torch import Tensor

from vae_helpers.disentanglement import BINS, factor_entropies, information_gaps, mutual_information
from vae_helpers.encoding import draw, encode_distributions
from vae_helpers.evaluation import active_units
from vae_helpers.models import VAE
from vae_helpers.rotations import place_grid, plane_rotation
from vae_helpers.sprites import FACTORS
from vae_helpers.validation import check_fits, check_images, is_number, is_whole
from vae_helpers.widgets.shared.codecs import compact, float_bytes
from vae_helpers.widgets.shared.decoder import export_decoder
from vae_helpers.widgets.shared.models import check_coder, check_codes
from vae_helpers.widgets.shared.scripts import linked
from vae_helpers.widgets.shared.stage import Stage
from vae_helpers.widgets.shared.view import View

MOST = 6  # sliders
LIMIT, STEP = 3.0, 0.05  # of the sliders
FARTHEST = LIMIT * math.sqrt(2)  # where z is when two sliders stand at their ends, and the axes are turned
LEVELS = 65535  # of a draw, as it is sent: 16 bits


class AxesDialView(View):
    """The picture and its controls; needs no kernel.

    ``weights`` are the decoder's, in half precision if ``half``. For each of ``dims`` there are the draws from q(z|x),
    ``codes`` (16 bits, from the first to the second of its ``ranges``), and the mean codes of all places, ``places``
    (float32). ``factors`` are bytes, one factor after another; ``rest`` is what the latents without a slider tell about
    them.
    """

    _esm = linked("axes_dial.js")
    # No echo: the kernel's late repetition would pull a slider back from where the hand is by now.
    z = traitlets.List(traitlets.Float()).tag(sync=True, echo_update=False)
    degrees = traitlets.Float(0.0).tag(sync=True, echo_update=False)
    plane = traitlets.List(traitlets.Int()).tag(sync=True, echo_update=False)
    layers = traitlets.List().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    half = traitlets.Bool().tag(sync=True)
    dims = traitlets.List().tag(sync=True)
    names = traitlets.List().tag(sync=True)
    codes = traitlets.Bytes().tag(sync=True)
    ranges = traitlets.List().tag(sync=True)
    places = traitlets.Bytes().tag(sync=True)
    shape = traitlets.List().tag(sync=True)  # of the places: how many across and down
    factors = traitlets.Bytes().tag(sync=True)
    rest = traitlets.List().tag(sync=True)
    bins = traitlets.Int(BINS).tag(sync=True)
    limit = traitlets.Float(LIMIT).tag(sync=True)
    step = traitlets.Float(STEP).tag(sync=True)


class AxesDial(Stage, widgets.VBox):
    """Turn the plane of two latents: the sliders then move along other axes, and the MIG follows at once.

    With z' = R z in that plane the sliders show z', and the decoder gets z = R^T z'. The dial changes z' and leaves z
    alone, so the image stays; a slider moves z along the turned axes. A small picture has the plane in the axes of its
    two sliders, with the mean codes of all places as a grid. Bars have the gap of each factor; their mean is the MIG,
    from one draw of q(z|x) an image. All of it happens in the browser, and answers while the kernel is busy.

    ``z`` (all D latents of the model, whatever the dial says), ``degrees``, ``plane`` (two of ``dims``) and
    ``presenter`` can be read, set and observed from Python; ``mig``, ``gaps`` and ``dims`` can be read.

    Args:
        model: a VAE with an MLP decoder; weights that were stored in half precision go to the browser so.
        images: (N, 1, 28, 28) in [0, 1], from which each latent's codes come.
        factors: what each image was made from, (N, K), whole numbers from 0 to 255; each must vary.
        dims: the latents with a slider, 2 to 6, counted from 0; the page calls latent 0 z1. When not given, the active
            ones (variance of the mean over the images above 0.01), of more than 6 those whose means vary most.
        names: of the K factors, ``"x"`` and ``"y"`` among them, of which the grid is made.
        degrees: how far the axes are turned at first, 0 to 90.
        seed: of the draws.
        presenter: larger, for a projector; may be set later too.

    Raises:
        TypeError, ValueError: no VAE, a decoder that the browser can't evaluate, unusable images, factors of another
            length or beyond 255, a latent that sleeps among ``dims``, fewer than two that don't.
        traitlets.TraitError: ``z``, ``degrees`` or ``plane`` out of range; later too, when they are set.
    """

    # of any type that the validators below take: NumPy's numbers too
    z = traitlets.TraitType(())
    degrees = traitlets.TraitType(0.0)
    plane = traitlets.TraitType(())

    def __init__(
        self,
        model: VAE,
        images: Float[Tensor, "N 1 28 28"],
        factors: Integer[Tensor, "N K"],
        dims: Sequence[int] | None = None,
        names: Sequence[str] = tuple(FACTORS),
        *,
        degrees: float = 0.0,
        seed: int = 0,
        presenter: bool = False,
    ):
        if not isinstance(model, VAE):
            raise TypeError(f"model: want a VAE, whose q(z|x) the MIG draws from, got {type(model).__name__}")
        check_coder(model)
        check_images(images)
        if len(images) < 2:
            raise ValueError("images: want at least 2, to see which latents vary, got 1")
        self._names = _checked_names(names)
        self._factors = _checked_factors(factors, len(images), self._names)
        layers, weights = export_decoder(model.decoder)
        mu, logvar = (part.float() for part in encode_distributions(model, images))
        check_codes(torch.cat([mu, logvar], dim=1))
        self.dims = _chosen(dims, mu)
        levels, self._ranges, self._codes = _rounded(draw(mu, logvar, seed))
        self._entropies = factor_entropies(self._factors)
        information = mutual_information(self._codes, self._factors)
        information_gaps(information, self._entropies)  # refuses a factor that never changes
        super().__init__(presenter=presenter)
        self.z = [0.0] * mu.shape[1]
        self.plane, self.degrees = _best_plane(information, self.dims, self._names), degrees
        across, down = (self._names.index(name) for name in ("x", "y"))
        shown = list(self.dims)
        places = place_grid(mu[:, shown], self._factors[:, across], self._factors[:, down])
        others = [d for d in range(mu.shape[1]) if d not in shown]
        self.view = AxesDialView(
            layers=layers,
            **compact(weights),
            dims=shown,
            names=list(self._names),
            codes=levels[:, shown].T.contiguous().numpy().astype("<u2").tobytes(),
            ranges=self._ranges[shown].tolist(),
            places=float_bytes(places.movedim(2, 0)),
            shape=list(places.shape[:2]),
            factors=self._factors.T.contiguous().to(torch.uint8).numpy().tobytes(),
            rest=information[others].tolist(),
        )
        for name in ("z", "degrees", "plane"):
            traitlets.link((self, name), (self.view, name))
        self.children = [self.view]

    @property
    def gaps(self) -> dict[str, float]:
        """By how much the latent that tells most of a factor is ahead of the next, with the axes as they are turned."""
        R = plane_rotation(self._codes.shape[1], *self.plane, self.degrees).double()
        gaps = information_gaps(mutual_information(self._codes @ R.T, self._factors), self._entropies)
        return dict(zip(self._names, gaps.tolist(), strict=True))

    @property
    def mig(self) -> float:
        """The mutual information gap with the axes as they are turned: the mean of ``gaps``, over all D latents."""
        return sum(self.gaps.values()) / len(self._names)

    def __repr__(self) -> str:
        return f"AxesDial({len(self.dims)} sliders)"

    @traitlets.validate("z")
    def _valid_z(self, proposal) -> list[float]:
        z, count = proposal["value"], self._codes.shape[1]
        numbers = _listed(z)
        if len(numbers) != count or not all(is_number(value) and abs(value) <= FARTHEST + 1e-6 for value in numbers):
            raise traitlets.TraitError(f"z: want {count} numbers from {-FARTHEST:.2f} to {FARTHEST:.2f}, got {z!r:.80}")
        return [float(value) for value in numbers]

    @traitlets.validate("degrees")
    def _valid_degrees(self, proposal) -> float:
        value = proposal["value"]
        if not is_number(value) or not 0 <= value <= 90:
            raise traitlets.TraitError(f"degrees: want a number from 0 to 90, got {value!r:.60}")
        return float(value)

    @traitlets.validate("plane")
    def _valid_plane(self, proposal) -> list[int]:
        plane = proposal["value"]
        chosen = _listed(plane)
        if len(chosen) != 2 or not all(is_whole(d, 0) and d in self.dims for d in chosen) or chosen[0] == chosen[1]:
            raise traitlets.TraitError(f"plane: want two different ones of the latents {self.dims}, got {plane!r:.60}")
        return [int(d) for d in chosen]


def _listed(values: Any) -> list[Any]:
    """A sequence, an array or a tensor as a list; empty for what is none."""
    values = values.tolist() if hasattr(values, "tolist") else values
    return list(values) if isinstance(values, (list, tuple, range)) else []


def _checked_names(names: Any) -> tuple[str, ...]:
    names = tuple(names) if isinstance(names, (list, tuple)) else (names,)
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names) or not {"x", "y"} <= {*names}:
        raise ValueError(f"names: want different names of factors, 'x' and 'y' among them, got {names!r:.80}")
    return names


def _checked_factors(factors: Any, count: int, names: tuple[str, ...]) -> Integer[Tensor, "N K"]:
    check_fits(Integer[Tensor, f"{count} {len(names)}"], factors=factors)
    if factors.min() < 0 or factors.max() > 255:
        raise ValueError(f"factors: want numbers from 0 to 255, got {factors.min().item()} to {factors.max().item()}")
    return factors.long().cpu()


def _chosen(dims: Any, mu: Float[Tensor, "N D"]) -> tuple[int, ...]:
    """The latents that get a slider, in ascending order."""
    active = active_units(mu).nonzero().flatten().tolist()
    if len(active) < 2:
        raise ValueError(f"model: want one with two active latents or more, got {len(active)} of {mu.shape[1]}")
    if dims is None:
        most = mu.var(dim=0)[active].argsort(descending=True)[:MOST]
        return tuple(sorted(active[k] for k in most.tolist()))
    chosen = _listed(dims)
    if not 2 <= len(chosen) <= MOST or not all(is_whole(d, 0) for d in chosen) or len(set(chosen)) < len(chosen):
        raise ValueError(f"dims: want 2 to {MOST} different latents, counted from 0, got {dims!r:.80}")
    if strange := [d for d in chosen if d not in active]:
        raise ValueError(f"dims: want active latents, which here are {active}, got {strange[0]} too")
    return tuple(sorted(int(d) for d in chosen))


def _rounded(
    codes: Float[Tensor, "N D"],
) -> tuple[Integer[Tensor, "N D"], Float[Tensor, "D 2"], Float[Tensor, "N D"]]:
    """Codes as whole levels from the smallest to the largest of each latent, these ends, and what the levels stand for.

    Python counts with these too, so that its figures are the page's.
    """
    codes = codes.double()
    low, high = codes.amin(dim=0), codes.amax(dim=0)
    step = (high - low) / LEVELS
    levels = ((codes - low) / step.where(step > 0, 1.0)).round().long()
    return levels, torch.stack([low, high], dim=1), low + levels * step


def _best_plane(information: Float[Tensor, "D K"], dims: tuple[int, ...], names: tuple[str, ...]) -> list[int]:
    """The two latents that tell most about x and y, in this order."""
    x, y = (information[:, names.index(name)] for name in ("x", "y"))
    pairs = [(i, j) for i in dims for j in dims if i != j]
    return list(max(pairs, key=lambda pair: (x[pair[0]] + y[pair[1]]).item()))
