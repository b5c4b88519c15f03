import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from torch import nn

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import encode_means
from vae_helpers.models import VAE
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.widgets import InterpolationSlider, LatentPad


@pytest.fixture(scope="module")
def model():
    return VAE(2, (16,), seed=0)


@pytest.fixture(scope="module")
def labels(test_set):
    return test_set[1][:500]


@pytest.fixture
def pad(model, images, labels):
    return LatentPad(model, images, labels, z=(0.5, -1.25))


def points_of(view):
    """The map's points as the browser cuts them out of the bytes: (N, 2)."""
    return np.frombuffer(view.points, "<f4").reshape(-1, 2)


def recorded(pad, monkeypatch):
    """The messages that go from now on from the view to the browser."""
    sent = []
    monkeypatch.setattr(pad.view, "_send", lambda message, buffers=None: sent.append(message))
    return sent


def test_start(pad, model, images, labels):
    view = pad.view
    assert pad.z == [0.5, -1.25] and (view.z1, view.z2) == (0.5, -1.25)
    assert not view.nearest and not view.presenter and view.colors == list(CLASS_COLORS)
    assert np.array_equal(points_of(view), encode_means(model, images).numpy())
    assert view.point_labels == labels.tolist() and pad.limit == view.limit == 5.0
    assert LatentPad(model, images, labels, presenter=True).view.presenter


def test_as_many_points_and_images_as_promised(model, test_set):
    view = LatentPad(model, test_set[0], test_set[1]).view
    assert points_of(view).shape == (2000, 2) and len(view.point_labels) == 2000
    sent = np.frombuffer(view.images, np.uint8).reshape(-1, 28, 28)
    assert np.array_equal(sent, (255 * test_set[0][:600, 0]).round().numpy())
    few = LatentPad(model, test_set[0], test_set[1], shown=3).view
    assert points_of(few).shape == (3, 2) and len(few.point_labels) == 3 and len(few.images) == 3 * 784


def test_what_is_sent_stays_small(test_set):
    """For the shipped model: weights, map and images together under 1.5 MB."""
    view = LatentPad(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), *test_set).view
    state = view.get_state()
    code, _ = len(state.pop("_esm")), state.pop("_css")  # the style sheet is that of all widgets
    raw = sum(len(state.pop(name)) for name in ("weights", "points", "images"))
    rest = len(json.dumps(state))
    assert 1.4e6 < raw + rest < 1.5e6 and rest < 15_000 and code < 45_000


def test_most_points_are_on_the_map(test_set):
    pad = LatentPad(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), *test_set)
    assert (np.abs(points_of(pad.view)).max(axis=1) <= pad.limit).mean() > 0.995
    assert 5 <= pad.limit == round(pad.limit, 1) < 6


def test_pad_and_view_follow_each_other(pad):
    seen = []
    pad.observe(lambda change: seen.append(change["new"]), "z")
    pad.z = [1, 2]
    assert (pad.view.z1, pad.view.z2) == (1.0, 2.0)
    pad.view.set_state({"z1": -0.5, "z2": 0.25})  # as a message from the browser does
    assert pad.z == [-0.5, 0.25]
    pad.z = (0.0, 0.0)
    assert seen == [[1, 2], [-0.5, 0.25], [0, 0]]  # never one coordinate without the other


def test_the_kernel_sends_no_position_back(pad, monkeypatch):
    """A late echo would pull the point back from under the hand that drags it."""
    sent = recorded(pad, monkeypatch)
    pad.view.set_state({"z1": 1.5, "z2": 0.25})
    assert pad.z == [1.5, 0.25] and sent == []


def test_z_goes_to_the_browser_in_one_message(pad, monkeypatch):
    sent = recorded(pad, monkeypatch)
    pad.z = [1.0, 2.0]
    assert [message["state"] for message in sent] == [{"z1": 1.0, "z2": 2.0}]


def test_a_linked_slider_that_runs_too_far_stops_at_the_edge(pad):
    pad.view.set_state({"z1": 99.0})
    assert pad.z == [pad.limit, -1.25] and pad.view.z1 == pad.limit


@pytest.mark.parametrize(
    "z", [[9.0, 0.0], [0.0, -9.0], [float("nan"), 0.0], [0.0, float("inf")], [0.0], [0.0, 0.0, 0.0], [], "00", 0.5]
)
def test_z_off_the_map_is_refused(pad, model, images, labels, z):
    with pytest.raises(traitlets.TraitError, match=r"\bz\b"):
        pad.z = z
    assert pad.z == [0.5, -1.25] and (pad.view.z1, pad.view.z2) == (0.5, -1.25)
    with pytest.raises(traitlets.TraitError, match=r"\bz\b"):
        LatentPad(model, images, labels, z=z)


def test_the_message_says_how_far_z_may_go(pad):
    with pytest.raises(traitlets.TraitError, match=r"z: want 2 numbers from -5 to 5, got \[5.5, 0.0\]"):
        pad.z = [5.5, 0.0]


def untrained_to_death() -> nn.Module:
    model = VAE(2, (8,))
    next(model.encoder.parameters()).data[0, 0] = float("nan")
    return model


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": VAE(5, (8,))}, ValueError, "model: want one with latent_dim 2, got VAE with 5"),
        ({"model": nn.Linear(2, 784)}, ValueError, "model: want one with latent_dim 2, got Linear with None"),
        ({"model": untrained_to_death()}, ValueError, "model: its encoder gives NaN"),
        ({"images": None}, TypeError, "images: want a float tensor"),
        ({"images": torch.zeros(500, 784)}, ValueError, "images: want shape"),
        ({"images": torch.full((500, 1, 28, 28), 255.0)}, ValueError, "images: want values in"),
        ({"labels": torch.zeros(3)}, ValueError, "labels: want a tensor of one label for each of the 500 images"),
        ({"labels": [1] * 500}, ValueError, "labels: want a tensor of one label for each of the 500 images"),
        ({"labels": torch.zeros(500)}, ValueError, "labels: want whole numbers from 0 to 9"),
        ({"labels": torch.full((500,), 10)}, ValueError, "labels: want whole numbers from 0 to 9"),
        ({"shown": 0}, ValueError, "shown: want a whole number >= 1, got 0"),
        ({"shown": 10.0}, ValueError, "shown: want a whole number >= 1, got 10.0"),
    ],
)
def test_bad_input(model, images, labels, arguments, error, message):
    with pytest.raises(error, match=message):
        LatentPad(**({"model": model, "images": images, "labels": labels} | arguments))


def test_no_address_in_any_repr(pad, model, images, labels):
    assert repr(LatentPad(model, images, labels)) == "LatentPad(z=(0, 0))"
    assert repr(pad) == "LatentPad(z=(0.5, -1.25))" and repr(pad.view) == "LatentPadView()"


def test_mass_of_the_prior():
    radii, shares = np.linspace(0, 6, 25).tolist(), [0.5, 0.9, 0.99]
    again = f"{shares}.map((share) => w.massInside(w.radiusOf(share)))"
    code = f"return [{radii}.map(w.massInside), {shares}.map(w.radiusOf), {again}];"
    mass, circles, again = run_in_node(code, "shared/prior.js")
    assert np.allclose(mass, 1 - np.exp(-np.square(radii) / 2), atol=1e-15)
    assert np.allclose(circles, np.sqrt(-2 * np.log(1 - np.array(shares)))) and np.allclose(again, shares)
    samples = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0)).norm(dim=1).numpy()
    assert abs((samples < radii[6]).mean() - mass[6]) < 0.004


def test_nearest_points():
    generator = np.random.default_rng(0)
    points, places = generator.normal(size=(600, 2)).astype("f4"), generator.uniform(-4, 4, (20, 2))
    got = run_in_node(
        f"const points = Float32Array.from({points.flatten().tolist()});"
        f"return {places.tolist()}.map((z) => w.nearestPoints(points, z, 5));",
        "shared/map.js",
    )
    distances = np.linalg.norm(places[:, None] - points.astype(float), axis=2)
    assert got == distances.argsort(axis=1, kind="stable")[:, :5].tolist()


def test_the_interpolation_widget_still_has_its_map(model, images, labels):
    """Both draw it with the same functions, on a canvas that only counts here."""
    view = InterpolationSlider(model, images, labels).view
    code = f"""
    const calls = {{ arc: 0, fillText: [] }};
    const paper = {{ fillRect() {{}}, beginPath() {{}}, fill() {{}}, arc() {{ calls.arc++; }},
                    fillText(text) {{ calls.fillText.push(text); }} }};
    globalThis.OffscreenCanvas = class {{ getContext() {{ return paper; }} }};
    const bytes = Uint8Array.from({list(view.points)});
    const traits = {{ points: new DataView(bytes.buffer), point_labels: {view.point_labels},
                     colors: {json.dumps(view.colors)}, limit: {view.limit} }};
    const map = w.readMap({{ get: (name) => traits[name] }});
    w.nameClasses(w.paintPoints(map, 640, 2).getContext(), map, 640, 2);
    return calls;
    """
    got = run_in_node(code, "shared/map.js")
    assert got["arc"] == 510 and sorted(got["fillText"]) == list(range(10))
