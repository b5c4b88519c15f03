import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import WIDGETS, node
from torch import nn

from vae_helpers.models import VAE
from vae_helpers.models.conditional_vae import ConditionalVAE
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.widgets import StylePad


def small(**settings) -> ConditionalVAE:
    return ConditionalVAE(**({"latent_dim": 2, "hidden": (16,)} | settings))


@pytest.fixture(scope="module")
def model():
    return small()


@pytest.fixture(scope="module")
def labels(test_set):
    return test_set[1][:500]


@pytest.fixture
def pad(model, images, labels):
    return StylePad(model, images, labels, label=7, z=(0.5, -1.25))


def points_of(view):
    """The dots as the browser cuts them out of the bytes: (N, 2)."""
    return np.frombuffer(view.points, "<f4").reshape(-1, 2)


def recorded(pad, monkeypatch):
    """The states that go from now on from the view to the browser."""
    sent = []
    monkeypatch.setattr(pad.view, "_send", lambda message, buffers=None: sent.append(message["state"]))
    return sent


def test_start(pad, model, images, labels):
    view = pad.view
    assert (pad.z, pad.label, pad.presenter) == ([0.5, -1.25], 7, False)
    assert (view.z1, view.z2, view.label) == (0.5, -1.25, 7) and view.colors == list(CLASS_COLORS)
    with torch.no_grad():
        codes = model.encode(images, labels)[0]  # each with its own label
    assert np.allclose(points_of(view), codes.numpy(), atol=1e-6) and view.point_labels == labels.tolist()
    assert pad.limit == view.limit == 4.0 and StylePad(model, presenter=True).view.presenter


def test_without_images_there_are_no_dots(model):
    pad = StylePad(model)
    assert (pad.z, pad.label, pad.limit) == ([0, 0], 3, 4.0)
    assert pad.view.points == b"" and pad.view.point_labels == []


def test_as_many_dots_as_promised_and_nearly_all_on_the_map(test_set):
    model = small()
    model.encoder[-1].weight.data *= 20
    pad = StylePad(model, *test_set)
    assert points_of(pad.view).shape == (2000, 2) and len(pad.view.point_labels) == 2000
    reach = np.abs(points_of(pad.view)).max(axis=1)
    assert pad.limit > 4.5 and (reach <= pad.limit).mean() > 0.995
    few = StylePad(model, *test_set, shown=3)
    assert points_of(few.view).shape == (3, 2) and few.view.point_labels == test_set[1][:3].tolist()


def test_what_is_sent_stays_small(test_set):
    """For a model of the usual size: weights and dots under 1 MB, no image among them."""
    state = StylePad(ConditionalVAE(2), *test_set).view.get_state()
    for name in ("_esm", "_css"):
        state.pop(name)
    raw = sum(len(state.pop(name)) for name in ("weights", "points"))
    assert 0.9e6 < raw < 1e6 and len(json.dumps(state)) < 15_000


def test_a_copy_of_the_weights(images, labels):
    model = small()
    pad = StylePad(model, images, labels)
    before = pad.view.weights, pad.view.points
    for parameter in model.parameters():
        parameter.data.zero_()
    assert (pad.view.weights, pad.view.points) == before


def test_pad_and_view_follow_each_other(pad):
    seen = []
    pad.observe(lambda change: seen.append((change["name"], change["new"])), ["z", "label"])
    pad.z, pad.label = [1, 2], 4
    assert (pad.view.z1, pad.view.z2, pad.view.label) == (1.0, 2.0, 4)
    pad.view.set_state({"z1": -0.5, "z2": 0.25, "label": 9})  # as a message from the browser does
    assert (pad.z, pad.label) == ([-0.5, 0.25], 9)
    assert sorted(seen) == [("label", 4), ("label", 9), ("z", [-0.5, 0.25]), ("z", [1, 2])]


def test_the_kernel_sends_nothing_back(pad, monkeypatch):
    """A late echo would pull the point back from under the hand that drags it."""
    sent = recorded(pad, monkeypatch)
    pad.view.set_state({"z1": 1.5, "z2": 0.25, "label": 2})
    assert (pad.z, pad.label) == ([1.5, 0.25], 2) and sent == []
    pad.z = [1.0, 2.0]
    pad.label = 5
    assert sent == [{"z1": 1.0, "z2": 2.0}, {"label": 5}]


@pytest.mark.parametrize("label", [4, np.int64(4), torch.tensor(4), torch.tensor([4])[0]])
def test_a_label_of_any_kind(pad, model, label):
    pad.label = label
    for one in (pad, StylePad(model, label=label)):
        assert one.label == one.view.label == 4 and type(one.label) is int


@pytest.mark.parametrize("label", [10, -1, 3.0, "3", None, True, [3], torch.tensor([3, 4])])
def test_a_label_that_is_no_digit(pad, model, label):
    with pytest.raises(traitlets.TraitError, match="label: want a whole number from 0 to 9, got"):
        pad.label = label
    assert pad.label == pad.view.label == 7
    with pytest.raises(traitlets.TraitError, match="label: want"):
        StylePad(model, label=label)


@pytest.mark.parametrize("z", [[9.0, 0.0], [0.0, -9.0], [float("nan"), 0.0], [0.0], [0.0, 0.0, 0.0], [], "00", 0.5])
def test_z_off_the_map_is_refused(pad, model, z):
    with pytest.raises(traitlets.TraitError, match=r"\bz\b"):
        pad.z = z
    assert pad.z == [0.5, -1.25] and (pad.view.z1, pad.view.z2) == (0.5, -1.25)
    with pytest.raises(traitlets.TraitError, match=r"\bz\b"):
        StylePad(model, z=z)


@pytest.mark.parametrize("z", [np.array([0.5, 1.0]), torch.tensor([0.5, 1.0]), (0.5, 1.0)])
def test_z_of_any_kind(model, z):
    assert StylePad(model, z=z).z == [0.5, 1.0]


def broken(part: str) -> ConditionalVAE:
    model = small()
    next(getattr(model, part).parameters()).data[0, 0] = float("nan")
    return model


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": VAE(2, (8,))}, TypeError, "model: want a ConditionalVAE, got VAE"),
        ({"model": None}, TypeError, "model: want a ConditionalVAE, got NoneType"),
        ({"model": small(latent_dim=5)}, ValueError, "model: want one with latent_dim 2, got ConditionalVAE with 5"),
        ({"model": small(conditions=12)}, ValueError, "model: want one with 10 conditions, the digits, got 12"),
        ({"model": small(prior="learned")}, ValueError, "model: want one with the standard prior, .* got a learned"),
        ({"model": small(shape=(3, 28, 28))}, ValueError, "model: want one for images of shape (1, 28, 28), got"),
        ({"model": broken("encoder")}, ValueError, "model: its encoder gives NaN"),
        ({"model": broken("decoder")}, ValueError, "decoder: its weights contain NaN"),
        ({"images": None}, TypeError, "images: want a float tensor"),
        ({"labels": None}, ValueError, "labels: want a tensor of one label for each of the 500 images"),
        ({"images": torch.zeros(500, 784)}, ValueError, "images: want shape"),
        ({"images": torch.full((500, 1, 28, 28), 255.0)}, ValueError, "images: want values in"),
        ({"labels": torch.zeros(3)}, ValueError, "labels: want a tensor of one label for each of the 500 images"),
        ({"labels": torch.full((500,), 10)}, ValueError, "labels: want whole numbers from 0 to 9"),
        ({"shown": 0}, ValueError, "shown: want a whole number >= 1, got 0"),
        ({"images": None, "labels": None, "shown": 2.5}, ValueError, "shown: want a whole number >= 1, got 2.5"),
    ],
)
def test_bad_input(model, images, labels, arguments, error, message):
    with pytest.raises(error, match=message.replace("(1, 28, 28)", r"\(1, 28, 28\)")):
        StylePad(**({"model": model, "images": images, "labels": labels} | arguments))


def test_presenter_and_repr(pad):
    pad.presenter = True
    assert pad.view.presenter and pad.view._dom_classes == ("vae-stage", "vae-presenter")
    assert repr(pad) == "StylePad()" and repr(pad.view) == "StylePadView()"


@pytest.mark.parametrize("kind", [torch.float64, torch.float16])
def test_a_model_in_another_precision(kind, model, images, labels):
    other = StylePad(small().to(kind), images, labels).view
    wanted = StylePad(model, images, labels).view
    assert np.allclose(points_of(other), points_of(wanted), atol=5e-3)


BROWSER = """
import { makeDecoder } from "URL/shared/decoder.js";
import { withLabel } from "URL/style_pad.js";
const { layers, weights, points } = DATA;
const decode = makeDecoder(layers, new Float32Array(Uint8Array.from(Buffer.from(weights, "base64")).buffer));
console.log(JSON.stringify(points.map(([z, label]) => [...decode(withLabel(z, label))])));
"""


@pytest.mark.parametrize("hidden", [(256, 128), (16,)])
def test_browser_and_torch_agree(hidden):
    """With logits from -10 to 10, as trained models have them."""
    model = small(hidden=hidden)
    model.decoder[-1].weight.data *= 10
    z = 2 * torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(40) % 10
    pad = StylePad(model)
    data = {"layers": pad.view.layers, "weights": base64.b64encode(pad.view.weights).decode()}
    data["points"] = [*zip(z.tolist(), labels.tolist(), strict=True)]
    program = BROWSER.replace("URL", WIDGETS.as_uri()).replace("DATA", json.dumps(data))
    done = node("--input-type=module", program=program)
    assert done.returncode == 0, done.stderr
    with torch.no_grad():
        logits = model.decode(z, labels)
    assert logits.abs().max() > 5
    assert np.abs(np.array(json.loads(done.stdout)) - torch.sigmoid(logits).flatten(1).numpy()).max() < 1e-3


def test_a_decoder_that_only_the_kernel_has(monkeypatch):
    """Each digit is asked for with its z and label, 12 numbers."""
    model = small()
    model.decoder = nn.Sequential(nn.Linear(12, 784), nn.Tanh())
    pad = StylePad(model)
    sent = []
    monkeypatch.setattr(pad.view, "send", lambda content, buffers=None: sent.append((content, buffers)))
    asked = [0.5, -1.0, *(float(k == 4) for k in range(10))]
    pad.view._handle_custom_msg({"kind": "decode", "id": 1, "latents": [asked]}, [])
    ((content, (pixels,)),) = sent
    with torch.no_grad():
        wanted = torch.sigmoid(model.decode(torch.tensor([[0.5, -1.0]]), torch.tensor([4]))).flatten()
    assert pad.view.layers == [] and "error" not in content
    assert np.allclose(np.frombuffer(pixels, "<f4"), wanted, atol=1e-6)
