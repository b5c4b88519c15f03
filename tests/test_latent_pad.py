import json
import shutil
import subprocess

import numpy as np
import pytest
import torch
import traitlets
from torch import nn

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.latent_space import encode_codes
from vae_helpers.models import VAE
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.widgets import InterpolationSlider, LatentPad
from vae_helpers.widgets.decoder_view import script


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
    assert np.array_equal(points_of(view), encode_codes(model, images).numpy())
    assert view.point_labels == labels.tolist() and pad.limit == view.limit >= 3.5
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
    code = len(state.pop("_esm")) + len(state.pop("_css"))
    raw = sum(len(state.pop(name)) for name in ("weights", "points", "images"))
    rest = len(json.dumps(state))
    assert 1.4e6 < raw + rest < 1.5e6 and rest < 15_000 and code < 60_000


def test_most_points_are_on_the_map(test_set):
    pad = LatentPad(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), *test_set)
    assert (np.abs(points_of(pad.view)).max(axis=1) <= pad.limit).mean() > 0.995
    assert pad.limit == round(pad.limit, 1) < 5


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
    with pytest.raises(traitlets.TraitError, match=r"z: want 2 numbers from -3.5 to 3.5, got \[4.0, 0.0\]"):
        pad.z = [4.0, 0.0]


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


def run_in_node(folder, code: str, name: str = "latent_pad.js"):
    """What ``code``, which has the widget's module as ``w``, gives as JSON."""
    node = shutil.which("node")
    if not node:
        pytest.skip("no node on this machine to run the widget's JavaScript with")
    (folder / "widget.mjs").write_text(script(name), encoding="utf-8")
    program = f'import * as w from "./widget.mjs"; console.log(JSON.stringify((() => {{ {code} }})()));'
    (folder / "test.mjs").write_text(program, encoding="utf-8")
    done = subprocess.run([node, "test.mjs"], cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_places_and_latents(tmp_path):
    got = run_in_node(
        tmp_path,
        """
        const zs = [[0, 0], [1, -2], [4, 4], [-4, 3.25]];
        return { there: zs.map((z) => w.toPixel(...z, 400, 4)),
                 back: zs.map((z) => w.toLatent(...w.toPixel(...z, 400, 4), 400, 4)),
                 outside: w.toLatent(-30, 999, 400, 4) };
        """,
    )
    assert got["there"] == [[200, 200], [250, 300], [400, 0], [0, 37.5]]
    assert np.allclose(got["back"], [[0, 0], [1, -2], [4, 4], [-4, 3.25]], atol=1e-12)
    assert got["outside"] == [-4, -4]


def test_mass_of_the_prior(tmp_path):
    radii, shares = np.linspace(0, 6, 25).tolist(), [0.5, 0.9, 0.99]
    again = f"{shares}.map((share) => w.massInside(w.radiusOf(share)))"
    code = f"return [{radii}.map(w.massInside), {shares}.map(w.radiusOf), {again}];"
    mass, circles, again = run_in_node(tmp_path, code)
    assert np.allclose(mass, 1 - np.exp(-np.square(radii) / 2), atol=1e-15)
    assert np.allclose(circles, np.sqrt(-2 * np.log(1 - np.array(shares)))) and np.allclose(again, shares)
    samples = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0)).norm(dim=1).numpy()
    assert abs((samples < radii[6]).mean() - mass[6]) < 0.004


def test_nearest_points(tmp_path):
    generator = np.random.default_rng(0)
    points, places = generator.normal(size=(600, 2)).astype("f4"), generator.uniform(-4, 4, (20, 2))
    got = run_in_node(
        tmp_path,
        f"const points = Float32Array.from({points.flatten().tolist()});"
        f"const all = {places.tolist()}.map((z) => w.nearestK(points, z, 5));"
        "return [all, w.nearestK(points.subarray(0, 4), [0, 0], 5)];",
    )
    distances = np.linalg.norm(places[:, None] - points.astype(float), axis=2)
    assert got[0] == distances.argsort(axis=1, kind="stable")[:, :5].tolist()
    assert sorted(got[1]) == [0, 1]


def test_names_of_classes_do_not_cover_each_other(tmp_path):
    places = [[0, 0], [3, 4], [3, 4], [100, 0], [10, -2]]
    got = np.array(run_in_node(tmp_path, f"return w.spread({places}, 16);"))
    distances = np.linalg.norm(got[:, None] - got, axis=2) + 99 * np.eye(5)
    assert distances.min() > 14 and got[3].tolist() == [100, 0]
    assert np.abs(got - places).max() < 25


def test_keys(tmp_path):
    presses = {
        "ArrowRight": [0.55, -1],
        "ArrowLeft": [0.45, -1],
        "ArrowUp": [0.5, -0.95],
        "ArrowDown": [0.5, -1.05],
        "PageUp": [0.5, -0.5],
        "PageDown": [0.5, -1.5],
        "Home": [0, 0],
        "Tab": None,
        "constructor": None,
    }
    got = run_in_node(
        tmp_path,
        f"""
        let z = [0, 0];
        for (let i = 0; i < 20; i++) z = w.step(z, "ArrowRight", false, 4);
        return {{ once: {json.dumps(list(presses))}.map((key) => w.step([0.5, -1], key, false, 4)), twenty: z,
                 long: ["ArrowLeft", "ArrowUp"].map((key) => w.step([0.5, -1], key, true, 4)),
                 edge: w.step([3.98, 4], "ArrowRight", false, 4) }};
        """,
    )
    assert got["once"] == list(presses.values())
    assert got["twenty"] == [1, 0] and got["long"] == [[0, -1], [0.5, -0.5]] and got["edge"] == [4, 4]


def test_captions(tmp_path):
    got = run_in_node(
        tmp_path,
        "const shares = [0.626, 0.9, 0.99, 0.9997, 0.99999].map(w.percent);"
        "return [w.caption([0.52, -1.3]), w.caption([-0.001, 0]), ...shares];",
    )
    assert got[0] == "z = (0.52, -1.30)\n|z| = 1.40\n62 % of the prior lies nearer to the origin"
    assert got[1].startswith("z = (0.00, 0.00)\n|z| = 0.00\n0 % of")
    assert got[2:] == ["63 %", "90 %", "99 %", "99.97 %", "99.999 %"]


def test_the_interpolation_widget_still_has_its_map(tmp_path, model, images, labels):
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
    got = run_in_node(tmp_path, code, "interpolation.js")
    assert got["arc"] == 510 and sorted(got["fillText"]) == list(range(10))
