import base64
import copy
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import WIDGETS, node
from torch import nn

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import encode_means
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.widgets import DrawPad
from vae_helpers.widgets.shared.decoder import NotInBrowser, export_encoder

NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture(scope="module")
def labels(test_set):
    return test_set[1][:500]


@pytest.fixture(scope="module")
def model():
    return VAE(2, (16,), seed=0)


@pytest.fixture(scope="module")
def plain():
    return Autoencoder(2, (16,), seed=0)


@pytest.fixture
def pad(model, images, labels):
    return DrawPad(model, images, labels)


@pytest.fixture
def both(model, plain, images, labels):
    return DrawPad({"autoencoder": plain, "VAE": model}, images, labels)


@pytest.fixture(scope="module")
def shipped():
    return {name: load_checkpoint(REPO_DATA / "weights" / f"{name}_2d.pt") for name in ("autoencoder", "vae")}


def floats(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f4")


def recorded(view, monkeypatch):
    """The messages that go from now on from the view to the browser, with their buffers."""
    sent = []
    monkeypatch.setattr(view, "_send", lambda message, buffers=None: sent.append((message, buffers)))
    return sent


def drawn(pad, image: torch.Tensor, strokes=(((0.1, 0.1),),)) -> None:
    """As a message from the browser brings a drawing."""
    strokes = [[list(point) for point in stroke] for stroke in strokes]
    data = memoryview(image.numpy().astype("<f4").tobytes())
    pad.view.set_state({"image": data, "strokes": strokes, "index": -1})


def test_start(pad, model, images, labels):
    assert torch.equal(pad.image, images[:1]) and pad.strokes == [] and not pad.presenter
    view, (coder,) = pad.view, pad.view.coders
    assert np.array_equal(floats(view.image), images[0].flatten()) and view.index == 0
    assert (coder["name"], coder["gaussian"], len(view.eps)) == ("", True, 48)
    assert np.array_equal(floats(coder["points"]), encode_means(model, images).flatten())
    assert view.point_labels == labels.tolist() and view.colors == list(CLASS_COLORS)
    other = DrawPad(model, images, labels, index=np.int64(7), presenter=True)
    assert torch.equal(other.image, images[7:8]) and other.view.index == 7 and other.view.presenter


def test_as_many_points_and_images_as_promised(model, test_set):
    view = DrawPad(model, *test_set).view
    assert [len(floats(view.coders[0][name])) for name in ("points", "costs")] == [4000, 2000]
    sent = np.frombuffer(view.images, np.uint8).reshape(-1, 28, 28)
    assert np.array_equal(sent, (255 * test_set[0][:600, 0]).round().numpy())
    few = DrawPad(model, *test_set, shown=3).view
    assert (len(few.coders[0]["points"]), len(few.point_labels), len(few.images)) == (24, 3, 3 * 784)
    assert DrawPad(model, test_set[0][:1], test_set[1][:1]).view.index == 0


@pytest.mark.parametrize(("names", "most"), [(["vae"], 2.5e6), (["autoencoder", "vae"], 4.5e6)])
def test_what_is_sent_stays_small(names, most, shipped, test_set):
    """For the shipped models: networks, maps and images together under 2.5 MB for one, 4.5 MB for two."""
    state = DrawPad({name: shipped[name] for name in names}, *test_set).view.get_state()
    code, _ = len(state.pop("_esm")), state.pop("_css")  # the style sheet is that of all widgets
    raw = sum(len(state.pop(name)) for name in ("images", "image"))
    for coder in state["coders"]:
        raw += sum(len(coder.pop(name)) for name, value in [*coder.items()] if isinstance(value, bytes))
    rest = len(json.dumps(state))
    assert 0.8 * most < raw + rest < most and rest < 20_000 and code < 57_000, (raw, rest, code)


def test_costs_are_what_torch_says(both, model, plain, images):
    for coder, one in zip(both.view.coders, (plain, model), strict=True):
        with torch.no_grad():
            reconstruction, kl = one.loss_terms(images, generator=torch.Generator().manual_seed(0))
        wanted = (reconstruction + kl).sort().values.numpy()
        assert np.allclose(floats(coder["costs"]), wanted, rtol=1e-5)
        assert coder["gaussian"] == (one is model) == bool(kl.any())


def test_nearly_all_points_are_on_the_map(shipped, test_set):
    for coder in DrawPad(shipped, *test_set).view.coders:
        reach = np.abs(floats(coder["points"]).reshape(-1, 2)).max(axis=1)
        assert (reach <= coder["limit"]).mean() > 0.98 and coder["limit"] >= 3.2


BROWSER = """
import { makeDecoder, makeNetwork } from "URL/shared/decoder.js";
import { crossEntropy, drawsOf, readCode } from "URL/shared/coder_panel.js";
const floats = (text) => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
const { encoder, decoder, weights, images, eps } = DATA;
const encode = makeNetwork(encoder, floats(weights[0]));
const decode = makeDecoder(decoder, floats(weights[1]));
const all = floats(images);
const results = Array.from({ length: all.length / 784 }, (_, i) => {
  const image = all.subarray(784 * i, 784 * (i + 1));
  const code = encode(image);
  const q = readCode(code);
  const ink = decode(drawsOf(q, eps)[0]);
  return [[...code], [...ink], [crossEntropy(image, ink), q.kl]];
});
console.log(JSON.stringify(results));
"""


def in_browser(pad, images: torch.Tensor) -> list[np.ndarray]:
    """What the browser's scripts make of images: codes, pixels at the first draw, and both terms of the loss."""
    (coder,) = pad.view.coders
    data = {name: coder[name] for name in ("encoder", "decoder")} | {"eps": pad.view.eps}
    parts = [coder["encoder_weights"], coder["decoder_weights"], images.numpy().astype("<f4").tobytes()]
    *data["weights"], data["images"] = (base64.b64encode(part).decode() for part in parts)
    program = BROWSER.replace("URL", WIDGETS.as_uri()).replace("DATA", json.dumps(data))
    done = node("--input-type=module", program=program)
    assert done.returncode == 0, done.stderr
    return [np.array(part) for part in zip(*json.loads(done.stdout), strict=True)]


@torch.no_grad()
def by_torch(model, images, eps) -> list[np.ndarray]:
    """The same, written anew."""
    if isinstance(model, Autoencoder):
        mu, logvar = model.encode(images), torch.full((len(images), 2), -INFINITY)
        code, kl = mu, torch.zeros(len(images))
    else:
        mu, logvar = model.encode(images)
        code, kl = torch.cat([mu, logvar], dim=1), gaussian_kl(mu, logvar)
    logits = model.decode(mu + logvar.mul(0.5).exp() * torch.tensor(eps[:2]))
    terms = torch.stack([bernoulli_nll(logits, images), kl], dim=1)
    return [part.numpy() for part in (code, torch.sigmoid(logits).flatten(1), terms)]


def check_agreement(pad, model, images):
    got, wanted = in_browser(pad, images), by_torch(model, images, pad.view.eps)
    for mine, torchs, tolerance in zip(got, wanted, (1e-3, 1e-3, 0.01), strict=True):
        assert mine.shape == torchs.shape and np.abs(mine - torchs).max() < tolerance


@pytest.mark.parametrize("name", ["vae", "autoencoder"])
def test_browser_and_torch_agree_on_100_test_images(name, shipped, test_set):
    check_agreement(DrawPad(shipped[name], *test_set), shipped[name], test_set[0][:100])


@pytest.mark.parametrize("name", ["vae", "autoencoder"])
def test_and_on_what_is_no_digit(name, shipped, test_set):
    """Ink where a network is sure that there is none costs many nats for each pixel; none of them may be cut off."""
    odd = torch.stack([torch.zeros(1, 28, 28), torch.ones(1, 28, 28), test_set[0][0].flip(1), test_set[0][1].mT])
    pad = DrawPad(shipped[name], *test_set)
    assert by_torch(shipped[name], odd, pad.view.eps)[2][1, 0] > 5000
    check_agreement(pad, shipped[name], odd)


@pytest.mark.parametrize("small", [VAE(2, (16, 8), False), Autoencoder(2, (16, 8)), Autoencoder(2, (9,), False)])
def test_browser_and_torch_agree_on_other_networks(small, images, labels):
    check_agreement(DrawPad(small, images, labels), small, images[:20])


KINDS = {
    "28 x 28": lambda x: x[0, 0],
    "1 x 28 x 28": lambda x: x[0],
    "1 x 1 x 28 x 28": lambda x: x,
    "NumPy": lambda x: x[0, 0].numpy(),
    "NumPy, backwards": lambda x: x[0, 0].flip(1).numpy()[:, ::-1],
    "float64": lambda x: x.double(),
    "NumPy's float64": lambda x: x.numpy().astype(float),
    "half": lambda x: x.half(),
    "with a gradient": lambda x: x.clone().requires_grad_(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_of_any_kind(kind, pad, images):
    pad.image = KINDS[kind](images[5:6])
    assert pad.image.shape == (1, 1, 28, 28) and pad.image.dtype == torch.float32 and not pad.image.requires_grad
    torch.testing.assert_close(pad.image, images[5:6], atol=5e-4, rtol=0)
    assert np.array_equal(floats(pad.view.image), pad.image.flatten()) and pad.view.index == -1


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (None, "image: want a tensor of 1 x 1 x 28 x 28 pixels from 0 to 1, got None"),
        ("7", "image: want .* got '7'"),
        ([[0.0] * 28] * 28, r"image: want .* got \[\[0.0, 0.0"),
        (torch.tensor(0.5), r"image: want .* got tensor\(0.5"),
        (torch.zeros(784), r"image: want .* got shape \(784,\)"),
        (torch.zeros(2, 1, 28, 28), r"image: want .* got shape \(2, 1, 28, 28\)"),
        (torch.zeros(1, 3, 28, 28), r"image: want .* got shape \(1, 3, 28, 28\)"),
        (torch.zeros(28, 28, 1), r"image: want .* got shape \(28, 28, 1\)"),
        (torch.zeros(0, 1, 28, 28), r"image: want .* got shape \(0, 1, 28, 28\)"),
        (torch.full((28, 28), 255, dtype=torch.uint8), r"image: want values in \[0, 1\], got \[255, 255\]; are they 0"),
        (torch.full((28, 28), -0.5), r"image: want values in \[0, 1\], got \[-0.5, -0.5\]"),
        (torch.full((28, 28), NAN), "image: contains NaN"),
        (torch.full((28, 28), INFINITY), r"image: want values in \[0, 1\]"),
        (np.full((28, 28), "a"), "image: want numbers in memory, got array"),
        (np.full((28, 28), None), "image: want numbers in memory, got array"),
        (torch.zeros(28, 28, device="meta"), r"image: want numbers in memory, got tensor\(\.\.\., device='meta'"),
    ],
)
def test_an_image_that_is_none(pad, images, image, message):
    drawn(pad, images[3])
    before = pad.view.get_state()
    with pytest.raises(traitlets.TraitError, match=f"^{message}"):
        pad.image = image
    assert torch.equal(pad.image, images[3:4]) and pad.view.get_state() == before and len(pad.strokes) == 1


def test_a_drawing_on_its_way_when_python_sets_an_image_is_given_up(pad, images):
    drawn = {"image": np.full(784, 0.5, "<f4").tobytes(), "strokes": [[[0.1, 0.2]]], "index": -1}
    pad.image = images[4]
    pad.view.set_state(drawn | {"hand": [0, 1], "eps": [0.5] * 48})
    assert torch.equal(pad.image, images[4:5]) and pad.strokes == [] and pad.view.eps == [0.5] * 48
    pad.view.set_state(drawn | {"hand": [pad.view.turn, 2]})  # drawn upon the new image
    assert (pad.image == 0.5).all() and pad.strokes == drawn["strokes"]


def test_image_is_observed_once_for_each_change(pad, images, monkeypatch):
    seen = []
    pad.observe(lambda change: seen.append(change["new"].clone()), "image")
    sent = recorded(pad.view, monkeypatch)
    pad.image = images[4]
    ((message, buffers),) = sent  # in one message: never an image beside another's strokes
    assert message["state"].keys() - {"image"} <= {"strokes", "index", "turn"} and message["state"]["index"] == -1
    assert np.array_equal(floats(buffers[0]), images[4].flatten())
    drawn(pad, images[5])
    pad.image = images[5]  # the same
    assert len(seen) == 2 and torch.equal(seen[0], images[4:5]) and torch.equal(seen[1], images[5:6])


def test_a_drawing_from_the_browser_is_not_sent_back(pad, images, monkeypatch):
    """A late echo would take its last points back from under the pen."""
    sent = recorded(pad.view, monkeypatch)
    drawn(pad, images[5], [[(0.1, 0.2), (0.3, 0.4)], [(0.5, 0.5)]])
    pad.view.set_state({"eps": [0.5] * 48})
    assert torch.equal(pad.image, images[5:6]) and pad.strokes == [[[0.1, 0.2], [0.3, 0.4]], [[0.5, 0.5]]]
    assert pad.view.index == -1 and sent == []


def test_an_image_from_python_takes_the_drawings_place(pad, images):
    drawn(pad, images[5])
    pad.image = images[5]  # the same: the strokes are still its strokes
    assert len(pad.strokes) == 1
    pad.image = images[6]
    assert pad.strokes == [] and np.array_equal(floats(pad.view.image), images[6].flatten())
    pad.view.set_state({"image": memoryview(bytes(4 * 784)), "strokes": [], "index": 2})
    assert pad.view.index == 2 and not pad.image.any()


def test_an_observer_may_answer_with_another_image(pad, images, monkeypatch):
    """Black and white, say, while the drawing still comes in: that one goes back."""
    sent = recorded(pad.view, monkeypatch)
    pad.observe(lambda change: setattr(pad, "image", (change["new"] > 0.5).float()), "image")
    drawn(pad, images[5])
    wanted = (images[5:6] > 0.5).float()
    assert torch.equal(pad.image, wanted) and np.array_equal(floats(pad.view.image), wanted.flatten())
    assert pad.strokes == [] and [message["method"] for message, _ in sent] == ["update"]
    assert np.array_equal(floats(sent[0][1][0]), wanted.flatten())


def test_images_set_while_notifications_are_held_are_checked_too(pad, images):
    seen = []
    pad.observe(lambda change: seen.append(change["new"]), "image")
    with pad.hold_trait_notifications():
        pad.image = images[4].numpy()
        with pytest.raises(traitlets.TraitError, match="^image: want"):
            pad.image = None
        assert seen == []
    assert len(seen) == 1 and torch.equal(pad.image, images[4:5])
    assert np.array_equal(floats(pad.view.image), images[4].flatten())


def test_what_was_set_may_be_written_into(pad, images):
    for image in (images[4].clone(), images[4].numpy().copy()):
        pad.image = image
        pad.image = image
        image[:] = 7.0
        assert torch.equal(pad.image, images[4:5])
    pad.image.zero_()  # the view can't know; setting it tells
    pad.image = pad.image
    assert not floats(pad.view.image).any()


def test_z_is_the_draw_shown(pad, both, model, plain, images):
    with torch.no_grad():
        mu, logvar = model.encode(images[:1])
        code = plain.encode(images[:1])
    wanted = (mu + torch.exp(logvar / 2) * torch.tensor(pad.view.eps[:2]))[0].tolist()
    assert pad.z == pytest.approx(wanted, abs=1e-6)
    assert both.z == {"autoencoder": pytest.approx(code[0].tolist()), "VAE": pytest.approx(wanted, abs=1e-6)}
    pad.image = images[1]
    assert pad.z != pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("z", [[0.5, -1.0], (0.5, -1.0), np.array([0.5, -1.0]), torch.tensor([0.5, -1.0])])
def test_setting_z_finds_the_noise_that_leads_there(pad, both, z, monkeypatch):
    before, sent = pad.view.eps, recorded(pad.view, monkeypatch)
    pad.z = z
    assert pad.z == pytest.approx([0.5, -1.0], abs=1e-5) and pad.view.eps[2:] == before[2:]
    assert [[*message["state"]] for message, _ in sent] == [["eps"]]
    code = both.z["autoencoder"]
    both.z = {"VAE": z}
    assert both.z == {"autoencoder": code, "VAE": pytest.approx([0.5, -1.0], abs=1e-5)}


def test_z_from_the_browsers_noise(pad):
    pad.view.set_state({"eps": [0.0] * 48})
    assert pad.z == pytest.approx(floats(pad.view.coders[0]["points"])[:2], abs=1e-5)  # mu of the first image


@pytest.mark.parametrize("z", [[1.0], [1.0, 2.0, 3.0], "ab", 1.0, None, [NAN, 0.0], [0.0, INFINITY], [3e38, 0.0], {}])
def test_z_that_is_none(pad, z):
    pad.view.eps, before = [0.5] * 48, [0.5] * 48
    sigma = torch.full((1, 2), 0.01)
    pad._models[""].encode = lambda x: (torch.zeros(1, 2), 2 * sigma.log())
    with pytest.raises(ValueError, match="^z: want 2 (finite )?numbers, got"):
        pad.z = z
    assert pad.view.eps == before


@pytest.mark.parametrize(
    ("z", "message"),
    [
        ([0.0, 1.0], r"z: want \{name: 2 numbers\} for one of the models \['autoencoder', 'VAE'\], got \[0.0, 1.0\]"),
        ({"other": [0.0, 1.0]}, r"z: want \{name: 2 numbers\} for one of the models .* got \{'other'"),
        ({"VAE": [0.0, 1.0], "autoencoder": [0.0, 1.0]}, r"z: want \{name: 2 numbers\} for one of"),
        ({}, r"z: want \{name: 2 numbers\} for one of"),
        ({"VAE": [0.0]}, r"z: want 2 numbers, got \[0.0\]"),
        ({"autoencoder": [0.0, 1.0]}, "z: want an image instead: an autoencoder has one code for it, got"),
    ],
)
def test_z_of_several_models(both, z, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        both.z = z


def test_z_of_one_model_has_no_name(pad):
    with pytest.raises(ValueError, match=r"^z: want 2 numbers, got \{'VAE': \[0.0, 1.0\]\}"):
        pad.z = {"VAE": [0.0, 1.0]}


def test_presenter_size_may_come_later(pad):
    pad.presenter = True
    assert pad.view.presenter and "vae-presenter" in pad.view._dom_classes
    pad.view.presenter = False
    assert not pad.presenter and "vae-stage" in pad.view._dom_classes


def test_no_address_in_any_repr(pad, both, model, images, labels):
    assert [repr(one) for one in (pad, pad.view, both)] == ["DrawPad()", "DrawPadView()", "DrawPad(autoencoder, VAE)"]
    assert repr(DrawPad({"VAE": model}, images, labels)) == "DrawPad(VAE)"


def broken(part: str, value: float = NAN) -> VAE:
    model = VAE(2, (8,), seed=0)
    next(getattr(model, part).parameters()).data[0, 0] = value
    return model


def with_huge_variance() -> VAE:
    model = VAE(2, (8,), seed=0)
    model.encoder.head.bias.data[2:] = 200.0  # finite, but exp(200) is not
    return model


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": VAE(5, (8,))}, ValueError, "model: want one with latent_dim 2, got VAE with 5"),
        ({"model": {"a": Autoencoder(3, (8,))}}, ValueError, "model: want one with latent_dim 2, got Autoencoder"),
        ({"model": nn.Linear(2, 784)}, ValueError, "model: want one with latent_dim 2, got Linear with None"),
        ({"model": {}}, ValueError, "model: want a model, or a dict with at least one, got {}"),
        ({"model": {3: VAE(2, (8,))}}, TypeError, "model: want a dict of models by name, got the key 3"),
        ({"model": {"": VAE(2, (8,))}}, TypeError, "model: want a dict of models by name, got the key ''"),
        ({"model": {"a": None}}, ValueError, "model: want one with latent_dim 2, got NoneType"),
        ({"model": [VAE(2, (8,))]}, ValueError, "model: want one with latent_dim 2, got list"),
        ({"model": broken("encoder")}, ValueError, "model: its weights contain NaN or infinity; did training break"),
        ({"model": broken("decoder")}, ValueError, "decoder: its weights contain NaN or infinity; did training break"),
        ({"model": {"new": broken("encoder")}}, ValueError, "model: the weights of 'new' contain NaN or infinity"),
        ({"model": {"new": broken("decoder")}}, ValueError, "decoder: the weights of 'new' contain NaN or infinity"),
        ({"model": with_huge_variance()}, ValueError, "model: its encoder gives NaN or infinity for these images"),
        ({"images": None}, TypeError, "images: want a float tensor"),
        ({"images": torch.zeros(500, 784)}, ValueError, "images: want shape"),
        ({"images": torch.zeros(500, 1, 32, 32)}, ValueError, r"images: want shape \(N, 1, 28, 28\)"),
        ({"images": torch.full((500, 1, 28, 28), 255.0)}, ValueError, "images: want values in"),
        ({"labels": torch.zeros(3)}, ValueError, "labels: want a tensor of one label for each of the 500 images"),
        ({"labels": torch.full((500,), 10)}, ValueError, "labels: want whole numbers from 0 to 9"),
        ({"shown": 0}, ValueError, "shown: want a whole number >= 1, got 0"),
        ({"index": 500}, ValueError, "index: want a whole number from 0 to 499, got 500"),
        ({"index": -1}, ValueError, "index: want a whole number from 0 to 499, got -1"),
        ({"index": 1.0}, ValueError, "index: want a whole number from 0 to 499, got 1.0"),
        ({"index": 3, "shown": 3}, ValueError, "index: want a whole number from 0 to 2, got 3"),
    ],
)
def test_bad_input(model, images, labels, arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        DrawPad(**({"model": model, "images": images, "labels": labels} | arguments))


def test_an_index_beyond_the_images_that_are_sent(model, test_set):
    with pytest.raises(ValueError, match="^index: want a whole number from 0 to 599, got 600"):
        DrawPad(model, *test_set, index=600)


def test_training_further_changes_nothing(images, labels):
    model = VAE(2, (16,), seed=0)
    pad = DrawPad(model, images, labels)
    z, state = pad.z, copy.deepcopy(pad.view.coders)
    for parameter in model.parameters():
        parameter.data += 1
    assert pad.z == z and pad.view.coders == state and model.training
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_other_precisions(dtype, model, images, labels):
    """The browser gets single precision; Python's side encodes in the model's own."""
    other = DrawPad(copy.deepcopy(model).to(dtype), images.to(dtype), labels)
    same = DrawPad(model, images, labels)
    assert other.image.dtype == torch.float32 and other.z == pytest.approx(same.z, abs=0.02)
    assert other.view.coders[0]["encoder"] == same.view.coders[0]["encoder"]
    other.image = images[9].double()
    same.image = images[9]
    assert other.z == pytest.approx(same.z, abs=0.02)


class Convolutional(VAE):
    """An encoder that the browser can't evaluate, with a layer whose eval mode is another function."""

    def __init__(self):
        super().__init__(2, (8,), seed=0)
        torch.manual_seed(0)
        layers = [nn.Conv2d(1, 4, 4, stride=4), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5), nn.Flatten()]
        self.encoder = nn.Sequential(*layers, nn.Linear(4 * 49, 4))

    def encode(self, x):
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        return mu, logvar


def request(x: torch.Tensor, coder=0, **more):
    return {"kind": "encode", "id": "view-0-1", "coder": coder, "images": x.flatten(1).tolist()} | more


def asked(view, content, monkeypatch):
    """What the view sends back to a message from the browser."""
    sent = recorded(view, monkeypatch)
    view._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    return sent


@torch.no_grad()
def distribution(model, images) -> np.ndarray:
    return torch.cat(copy.deepcopy(model).eval().encode(images), dim=1).numpy()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_an_encoder_that_the_browser_can_not_evaluate_answers_from_the_kernel(dtype, images, labels, monkeypatch):
    model = Convolutional().to(dtype).train()
    pad = DrawPad(model, images.to(dtype), labels)
    wanted = distribution(model, images[:2].to(dtype))
    (coder,) = pad.view.coders
    assert coder["encoder"] == [] and coder["encoder_weights"] == b"" and len(coder["decoder"]) > 1
    model.encoder[0].weight.data += 1  # training goes on; the copy stays
    ((message, buffers),) = asked(pad.view, request(images[:2]), monkeypatch)
    assert message == {"method": "custom", "content": {"kind": "encoded", "id": "view-0-1"}}
    assert np.abs(np.stack([floats(data) for data in buffers]) - wanted).max() < 1e-5
    assert pad.z == pytest.approx(wanted[0, :2] + np.exp(wanted[0, 2:] / 2) * pad.view.eps[:2], abs=1e-5)
    assert model.training


def test_each_question_goes_to_the_coder_that_it_names(model, images, labels, monkeypatch):
    other = Convolutional()
    other.encoder[-1].bias.data += 3
    pad = DrawPad({"one": Convolutional(), "other": other, "browser's": model}, images, labels)
    for coder, one in enumerate((Convolutional(), other)):
        ((_, (data,)),) = asked(pad.view, request(images[:1], coder), monkeypatch)
        assert np.abs(floats(data) - distribution(one, images[:1])).max() < 1e-5
    for nobody in (2, 3, -1, True, 1.0, "1", None, [0]):
        assert asked(pad.view, request(images[:1], nobody), monkeypatch) == []
    for content in (None, "encode", [], {}, request(images[:1], 0, kind="decode"), request(images[:1], 0, kind=None)):
        assert asked(pad.view, content, monkeypatch) == []


@pytest.mark.parametrize("values", [None, [], [[0.5]], [0.5] * 784, [[NAN] * 784], [["a"] * 784]])
def test_bad_images_come_back_as_an_error(values, images, labels, monkeypatch):
    pad = DrawPad(Convolutional(), images, labels)
    ((message, buffers),) = asked(pad.view, request(images[:1], 0, images=values), monkeypatch)
    assert message["content"]["error"].startswith("ValueError: images: want N >= 1 lists of 784 finite numbers, got")
    assert not buffers


def test_nan_for_one_drawing_comes_back_as_an_error(images, labels, monkeypatch):
    class Fragile(Convolutional):
        def encode(self, x):
            mu, logvar = super().encode(x)
            return mu / (x.amin(dim=(1, 2, 3)) < 1)[:, None], logvar

    pad = DrawPad(Fragile(), images, labels)
    ((message, _),) = asked(pad.view, request(torch.ones(1, 1, 28, 28)), monkeypatch)
    assert "its encoder gives NaN or infinity for these images" in message["content"]["error"]


def test_a_decoder_alone_may_be_the_kernels(model, images, labels, monkeypatch):
    half = VAE(2, (16,), seed=0)
    half.decoder = nn.Sequential(nn.Linear(2, 784), nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 1, 3, padding=1))
    pad = DrawPad(half, images, labels)
    (coder,) = pad.view.coders
    assert coder["decoder"] == [] and coder["encoder"] == DrawPad(model, images, labels).view.coders[0]["encoder"]
    question = {"kind": "decode", "id": "a", "coder": 0, "latents": [[0.5, -1.0]]}
    ((_, (data,)),) = asked(pad.view, question, monkeypatch)
    wanted = torch.sigmoid(half.decoder(torch.tensor([[0.5, -1.0]]))).flatten().detach().numpy()
    assert np.abs(floats(data) - wanted).max() < 1e-6
    assert asked(pad.view, request(images[:1]), monkeypatch) == []  # that is the browser's


class Normalising(VAE):
    def encode(self, x):
        return super().encode((x - 0.13) / 0.31)


class Bare(nn.Module):
    """No module is its encoder."""

    def __init__(self):
        super().__init__()
        self.net = VAE(2, (8,), seed=0)
        self.decoder, self.latent_dim = self.net.decoder, 2

    def encode(self, x):
        return self.net.encode(x)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Normalising(2, (8,)), "encoder: it is not just its layers in order"),
        (Convolutional(), "encoder: the browser can evaluate Linear, LayerNorm and ReLU layers, not Conv2d"),
        (Bare(), "encoder: want a module model.encoder"),
    ],
)
def test_encoders_for_the_kernel(model, message, images, labels, monkeypatch):
    with pytest.raises(NotInBrowser, match=f"^{message}"):
        export_encoder(model)
    assert model.training  # as it was
    ((_, (data,)),) = asked(DrawPad(model, images, labels).view, request(images[:1]), monkeypatch)
    assert np.abs(floats(data) - distribution(model, images[:1])).max() < 1e-5


def test_an_encoder_too_large_for_the_browser_is_an_error(images, labels):
    with pytest.raises(ValueError, match="^encoder: 12.7 MB of weights; at most 8 MB go to the browser"):
        DrawPad(VAE(2, (4000,)), images[:2], labels[:2])
