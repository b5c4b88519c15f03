import base64
import json
import math

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from torch import nn

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.disentanglement import mutual_information, mutual_information_gap
from vae_helpers.encoding import encode_distributions
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.models.gaussians import reparameterize
from vae_helpers.sprites import FACTORS, sprites
from vae_helpers.widgets import AxesDial
from vae_helpers.widgets.axes_dial import _rounded
from vae_helpers.widgets.shared.decoder import NotInBrowser

WIDE = VAE(8, (16,), seed=0)


@pytest.fixture(scope="module")
def tiles():
    return sprites(1500, seed=0)


@pytest.fixture(scope="module")
def model():
    """Four latents, of which the third sleeps, and the first two follow where the ink is, as trained ones would."""
    model = VAE(4, (16,), seed=0)
    x, y = torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="xy")
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 8))
    with torch.no_grad():
        encoder[1].weight[:2] = torch.stack([x - 13.5, y - 13.5]).flatten(1) / 150
        encoder[1].weight[2] = 0
        encoder[1].weight[3] *= 5
        encoder[1].bias[:4] = 0
        encoder[1].weight[4:] = 0
        encoder[1].bias[4:] = -3
    model.encoder = encoder
    model.encode = lambda images: encoder(images).chunk(2, dim=1)
    return model


@pytest.fixture
def dial(model, tiles):
    return AxesDial(model, *tiles)


def draws(model, images, seed=0):
    mu, logvar = encode_distributions(model, images)
    return reparameterize(mu, logvar, torch.randn(mu.shape, generator=torch.Generator().manual_seed(seed)))


def turned(codes, i, j, degrees):
    """By a matrix, where the widget turns two columns."""
    matrix, angle = torch.eye(codes.shape[1]).double(), math.radians(degrees)
    matrix[i, i] = matrix[j, j] = math.cos(angle)
    matrix[i, j], matrix[j, i] = -math.sin(angle), math.sin(angle)
    return codes.double() @ matrix.T


def view_in_javascript(view) -> str:
    """JavaScript for a ``model`` with the view's traits."""
    names = ("ranges", "names", "shape", "rest", "bins", "layers", "plane", "half")
    plain = {name: getattr(view, name) for name in names}
    sent = {name: base64.b64encode(getattr(view, name)).decode() for name in ("codes", "places", "factors", "weights")}
    return f"""
    const bytes = (text) => new DataView(Uint8Array.from(Buffer.from(text, "base64")).buffer);
    const sent = Object.fromEntries(Object.entries({json.dumps(sent)}).map(([name, text]) => [name, bytes(text)]));
    const traits = {{ ...{json.dumps(plain)}, ...sent }};
    const model = {{ get: (name) => traits[name] }};"""


def test_start(dial):
    view = dial.view
    assert dial.dims == (0, 1, 3) and view.dims == [0, 1, 3]  # without the one that sleeps
    assert dial.plane == view.plane == [0, 1]  # which follow x and y
    assert (dial.z, dial.degrees, dial.presenter) == ([0.0] * 4, 0.0, False)
    assert view.names == list(FACTORS) and view.shape == [8, 8]
    assert repr(dial) == "AxesDial(3 sliders)" and repr(view) == "AxesDialView()"
    assert dial._dom_classes == ("vae-stage",)


@pytest.mark.parametrize("degrees", [0, 10, 22.5, 45, 90])
def test_mig_is_that_of_the_turned_draws(dial, model, tiles, degrees):
    """All four latents count, the sleeping one too; 16 bits a draw cost less than 1e-3."""
    dial.degrees = degrees
    wanted = mutual_information_gap(turned(draws(model, tiles.images), 0, 1, degrees), tiles.factors)
    assert dial.mig == pytest.approx(wanted, abs=1e-3)
    assert list(dial.gaps) == list(FACTORS) and sum(dial.gaps.values()) / 5 == pytest.approx(dial.mig)


def test_the_mig_falls_where_the_axes_are_turned(dial):
    straight = dial.gaps
    dial.degrees = 45
    assert all(straight[name] - dial.gaps[name] > 0.2 for name in ("x", "y"))


def test_the_page_has_python_s_figures(dial):
    """The browser counts the very numbers that Python counts; and the latent without a slider, in both."""
    angles = [0, 7, 30, 45, 90]
    code = f"""{view_in_javascript(dial.view)}
    const measure = w.makeMeter(w.readCodes(model), model.get("rest"), model.get("bins"));
    const gaps = (i, j, degrees) => measure(i, j, degrees).map(({{ gap }}) => gap);
    return {angles}.map((degrees) => [[0, 1], [2, 0]].map(([i, j]) => gaps(i, j, degrees)));"""
    got = np.array(run_in_node(code, "axes_dial.js"))
    for k, degrees in enumerate(angles):
        for n, plane in enumerate([[0, 1], [3, 0]]):  # by place among the sliders, and by latent
            dial.degrees, dial.plane = degrees, plane
            assert np.abs(got[k, n] - [*dial.gaps.values()]).max() < 1e-6
    assert dial.view.rest == [pytest.approx(row) for row in information_of_the_sleeping(dial)]


def information_of_the_sleeping(dial):
    return mutual_information(dial._codes[:, 2:3], dial._factors).tolist()


@pytest.mark.parametrize("half", [False, True])
def test_the_page_decodes_as_torch_does(tiles, half):
    """Weights that were stored in half precision are sent so, and nothing is lost."""
    model = VAE(4, (16,), seed=0)
    model.decoder.head.weight.data *= 10
    model = model.half().float() if half else model
    view = AxesDial(model, *tiles).view
    assert view.half == half and len(view.weights) == (2 if half else 4) * sum(
        parameter.numel() for parameter in model.decoder.parameters()
    )
    z = 2 * torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    code = f"""{view_in_javascript(view)}
    return {z.tolist()}.map((z) => [...w.readDecoder(model)(z)]);"""
    with torch.no_grad():
        wanted = torch.sigmoid(model.decoder(z)).flatten(1).numpy()
    assert np.abs(np.array(run_in_node(code, "axes_dial.js")) - wanted).max() < 1e-3


def test_a_page_that_holds_it_stays_small():
    """A shipped model, all sprites: base64 in the page's text, with the script and the style sheet."""
    model = load_checkpoint(REPO_DATA / "weights" / "sprites_beta_1.pt").float()
    view = AxesDial(model, *sprites()).view
    sent = sum(len(base64.b64encode(getattr(view, name))) for name in ("weights", "codes", "places", "factors"))
    assert len(view.dims) == 5 and sent + len(view._esm) + len(view._css) < 600_000


def test_draws_that_are_all_the_same():
    """A latent without any spread tells nothing, and breaks nothing."""
    levels, ranges, codes = _rounded(torch.tensor([[1.0, 0.0], [1.0, 2.0], [1.0, 1.0]]))
    assert levels.tolist() == [[0, 0], [0, 65535], [0, 32768]] and ranges.tolist() == [[1, 1], [0, 2]]
    assert codes[:, 0].tolist() == [1, 1, 1] and codes[2, 1].item() == pytest.approx(1, abs=1e-4)


def test_places_are_mean_codes(dial, model, tiles):
    mu, _ = encode_distributions(model, tiles.images)
    places = np.frombuffer(dial.view.places, "<f4").reshape(3, 8, 8)
    there = (tiles.factors[:, 2] == 5) & (tiles.factors[:, 3] == 2)
    assert np.allclose(places[:, 5, 2], mu[there][:, [0, 1, 3]].mean(dim=0), atol=1e-5)


def test_a_place_without_images(model, tiles):
    keep = (tiles.factors[:, 2] != 5) | (tiles.factors[:, 3] != 2)
    places = np.frombuffer(AxesDial(model, tiles.images[keep], tiles.factors[keep]).view.places, "<f4")
    assert np.isnan(places.reshape(3, 8, 8)[:, 5, 2]).all() and np.isnan(places).sum() == 3


def test_of_more_than_six_active_ones_those_that_vary_most(tiles):
    mu, _ = encode_distributions(WIDE, tiles.images)
    assert (mu.var(dim=0) > 0.01).all()
    dial = AxesDial(WIDE, *tiles)
    assert dial.dims == tuple(sorted(mu.var(dim=0).argsort(descending=True)[:6].tolist()))
    assert len(dial.view.rest) == 2
    for dims in ([5, np.int64(0)], torch.tensor([0, 5]), range(0, 6, 5)):
        assert AxesDial(WIDE, *tiles, dims=dims).dims == (0, 5)


def test_the_same_seed_the_same_draws(model, tiles):
    codes = [AxesDial(model, *tiles, seed=seed).view.codes for seed in (0, 0, 1)]
    assert codes[0] == codes[1] != codes[2]
    before = torch.random.get_rng_state()
    AxesDial(model, *tiles)
    assert torch.equal(before, torch.random.get_rng_state())


def test_both_sides_move(dial):
    dial.degrees, dial.plane, dial.z = np.float32(30), (3, 0), torch.tensor([1.0, 0, 0, -2])
    assert (dial.view.degrees, dial.view.plane, dial.view.z) == (30.0, [3, 0], [1.0, 0.0, 0.0, -2.0])
    dial.view.set_state({"degrees": 45, "plane": [1, 3], "z": [0, 4.2, 0, 0]})  # as a message from the browser does
    assert (dial.degrees, dial.plane, dial.z) == (45.0, [1, 3], [0.0, 4.2, 0.0, 0.0])
    assert all(isinstance(value, float) for value in (dial.degrees, *dial.z))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("degrees", 91, "degrees: want a number from 0 to 90, got 91"),
        ("degrees", -1, "degrees: want"),
        ("degrees", float("nan"), "degrees: want"),
        ("degrees", True, "degrees: want"),
        ("degrees", "30", "degrees: want"),
        ("z", [0.0, 0.0], r"z: want 4 numbers from -4\.24 to 4\.24"),
        ("z", [0, 0, 0, 4.3], "z: want 4 numbers"),
        ("z", [0, 0, 0, float("nan")], "z: want 4 numbers"),
        ("z", 1.0, "z: want 4 numbers"),
        ("plane", [0, 0], r"plane: want two different ones of the latents \(0, 1, 3\), got \[0, 0\]"),
        ("plane", [0, 2], "plane: want two different ones"),
        ("plane", [0, 1, 3], "plane: want two different ones"),
        ("plane", 0, "plane: want two different ones"),
        ("plane", [0, 1.0], "plane: want two different ones"),
        ("presenter", "large", "presenter"),
    ],
)
def test_what_can_not_be_set(dial, name, value, message):
    before = getattr(dial, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(dial, name, value)
    assert getattr(dial, name) == before == getattr(dial.view, name, before)


IMAGES, CODES = torch.rand(64, 1, 28, 28, generator=torch.Generator().manual_seed(0)), torch.arange(64)
FOURS = torch.stack([CODES % 2, CODES % 3, CODES % 4, CODES // 8, CODES % 8], dim=1)
SLEEPING = VAE(3, (8,), seed=0)
for parameter in SLEEPING.encoder.head.parameters():
    parameter.data.zero_()
OTHER = VAE(3, (8,), seed=0)
OTHER.decoder = nn.Sequential(nn.Linear(3, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
BROKEN = VAE(3, (8,), seed=0)
BROKEN.decoder.head.bias.data[0] = float("nan")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"model": Autoencoder(2, (8,))}, TypeError, "model: want a VAE, .* got Autoencoder"),
        ({"model": SLEEPING}, ValueError, "model: want one with two active latents or more, got 0 of 3"),
        (
            {"model": OTHER},
            NotInBrowser,
            "decoder: the browser can evaluate Linear, LayerNorm and ReLU layers, not Tanh",
        ),
        ({"model": BROKEN}, ValueError, "decoder: its weights contain NaN"),
        ({"images": IMAGES[:0], "factors": FOURS[:0]}, ValueError, "images: want shape"),
        ({"images": IMAGES[:1], "factors": FOURS[:1]}, ValueError, "images: want at least 2"),
        ({"images": 255 * IMAGES}, ValueError, "images"),
        ({"images": IMAGES.flatten(1)}, ValueError, "images"),
        ({"factors": FOURS[:63]}, ValueError, r"factors: want shape \(64, 5\), got \(63, 5\)"),
        ({"factors": FOURS[:, :4]}, ValueError, r"factors: want shape \(64, 5\), got \(64, 4\)"),
        ({"factors": FOURS.float()}, TypeError, "factors: want"),
        ({"factors": FOURS - 1}, ValueError, "factors: want numbers from 0 to 255, got -1 to 6"),
        ({"factors": 100 * FOURS}, ValueError, "factors: want numbers from 0 to 255, got 0 to 700"),
        ({"factors": FOURS * torch.tensor([0, 1, 1, 1, 1])}, ValueError, "a factor that never changes"),
        ({"names": ["shape", "size", "left", "y", "angle"]}, ValueError, "names: want different names"),
        ({"names": ["x", "x", "x", "y", "angle"]}, ValueError, "names: want different names"),
        ({"names": "xy"}, ValueError, "names: want different names"),
        ({"names": ("x", "y")}, ValueError, r"factors: want shape \(64, 2\), got \(64, 5\)"),
        ({"dims": [0, 8]}, ValueError, r"dims: want active latents, which here are \[0, .*\], got 8 too"),
        ({"dims": [0]}, ValueError, "dims: want 2 to 6 different latents, counted from 0, got"),
        ({"dims": [0, 0]}, ValueError, "dims: want 2 to 6"),
        ({"dims": range(8)}, ValueError, "dims: want 2 to 6"),
        ({"dims": 1}, ValueError, "dims: want 2 to 6"),
        ({"dims": [0, 1.5]}, ValueError, "dims: want 2 to 6"),
        ({"degrees": 100}, traitlets.TraitError, "degrees: want a number from 0 to 90"),
        ({"seed": 0.5}, ValueError, "seed"),
        ({"presenter": "large"}, traitlets.TraitError, "presenter"),
    ],
)
def test_bad_input(change, error, message):
    good = {"model": WIDE, "images": IMAGES, "factors": FOURS}
    AxesDial(**good)
    with pytest.raises(error, match=message):
        AxesDial(**(good | change))


def test_a_latent_that_sleeps_has_no_slider(model, tiles):
    with pytest.raises(ValueError, match=r"dims: want active latents, which here are \[0, 1, 3\], got 2 too"):
        AxesDial(model, *tiles, dims=[0, 2])
