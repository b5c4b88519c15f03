import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import WIDGETS, node
from torch import nn

from vae_helpers.models import VAE, CompletionVAE
from vae_helpers.widgets import CompletionPad
from vae_helpers.widgets.shared.decoder import NotInBrowser

NAN = float("nan")
SEEN = (False, False, True, False)


@pytest.fixture(scope="module")
def labels(test_set):
    return test_set[1][:500]


@pytest.fixture(scope="module")
def model():
    return CompletionVAE(3, (12, 8), seed=0)


@pytest.fixture
def pad(model, images, labels):
    return CompletionPad(model, images, labels)


def floats(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f4")


def recorded(view, monkeypatch):
    """The messages that go from now on from the view to the browser, with their buffers."""
    sent = []
    monkeypatch.setattr(view, "_send", lambda message, buffers=None: sent.append((message, buffers)))
    return sent


def test_start(pad, model, images, labels):
    assert torch.equal(pad.image, images[:1]) and pad.strokes == [] and pad.seen == SEEN and not pad.presenter
    view = pad.view
    assert np.array_equal(floats(view.image), images[0].flatten()) and view.index == 0 and view.seen == list(SEEN)
    assert (view.latent_dim, len(view.eps), view.point_labels) == (3, 24, labels.tolist())
    seen = (1, 0, 0, 1)
    other = CompletionPad(model, images, labels, index=np.int64(7), seen=seen, count=torch.tensor(5), presenter=True)
    assert torch.equal(other.image, images[7:8]) and other.seen == (True, False, False, True)
    assert other.view.index == 7 and len(other.view.eps) == 15 and other.presenter and other.view.presenter


def test_what_is_sent_stays_small(test_set):
    """For the shipped model's size: both networks under 2.5 MB, and 600 images."""
    state = CompletionPad(CompletionVAE(), *test_set).view.get_state()
    assert 2e6 < len(state["prior_weights"]) + len(state["decoder_weights"]) < 2.5e6
    sent = np.frombuffer(state["images"], np.uint8).reshape(-1, 28, 28)
    assert np.array_equal(sent, (255 * test_set[0][:600, 0]).round().numpy()) and len(state["point_labels"]) == 600
    rest = {name: value for name, value in state.items() if not isinstance(value, bytes)}
    code, _ = len(rest.pop("_esm")), rest.pop("_css")  # the style sheet is that of all widgets
    assert len(json.dumps(rest)) < 20_000 and code < 45_000


BROWSER = """
import { makeCompletion } from "URL/completion_pad.js";
import { makeDecoder, makeNetwork } from "URL/shared/decoder.js";
const floats = (text) => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer);
const { prior, decoder, weights, image, seen, eps, latentDim } = DATA;
const networks = [makeNetwork(prior, floats(weights[0])), makeDecoder(decoder, floats(weights[1]))];
const { visible, images, mean } = makeCompletion(...networks, latentDim)(floats(image), seen, eps);
console.log(JSON.stringify([visible, mean, ...images].map((one) => Array.from(one))));
"""


def in_browser(view) -> np.ndarray:
    """What the browser's scripts make of the state: what is seen, the mean and the completions, each 784 pixels."""
    parts = [view.prior_weights, view.decoder_weights, view.image]
    *weights, image = (base64.b64encode(part).decode() for part in parts)
    data = {"prior": view.prior, "decoder": view.decoder, "weights": weights, "image": image}
    data |= {"seen": view.seen, "eps": view.eps, "latentDim": view.latent_dim}
    program = BROWSER.replace("URL", WIDGETS.as_uri()).replace("DATA", json.dumps(data))
    done = node("--input-type=module", program=program)
    assert done.returncode == 0, done.stderr
    return np.array(json.loads(done.stdout))


@pytest.mark.parametrize("seen", [SEEN, (True, True, False, True), (False,) * 4, (True,) * 4])
def test_browser_and_torch_agree(seen, images, labels):
    """On the model's own completions, for a wide and untrained one whose weights are large enough to matter."""
    model = CompletionVAE(32, seed=1)
    for part in (model.prior, model.decoder):
        part[-1].weight.data *= 5
    pad = CompletionPad(model, images, labels, index=4, seen=seen)
    visible, mean, *completions = in_browser(pad.view)
    wanted = model.complete(pad.image, torch.tensor([pad.seen]), count=8, seed=0)[0].flatten(1)
    unseen = 784 - 196 * sum(seen)
    assert (wanted.std(dim=0) > 0.05).sum() >= 0.5 * unseen  # they differ
    assert np.abs(np.array(completions) - wanted.numpy()).max() < 1e-3
    assert np.abs(mean - wanted.mean(dim=0).numpy()).max() < 1e-3
    flags = torch.tensor(seen).reshape(2, 2).repeat_interleave(14, 0).repeat_interleave(14, 1)
    assert np.abs(visible - (images[4, 0] * flags).flatten().numpy()).max() < 1e-6


@pytest.mark.parametrize(
    "seen",
    [
        [True, False, False, True],
        (1, 0, 0, 1),
        np.array([True, False, False, True]),
        torch.tensor([True, False, False, True]),
        torch.tensor([1.0, 0.0, 0.0, 1.0]),
    ],
    ids=repr,
)
def test_seen_is_set_and_observed_once_for_each_change(seen, pad, monkeypatch):
    told, sent = [], recorded(pad.view, monkeypatch)
    pad.observe(lambda change: told.append(change["new"]), "seen")
    pad.seen = seen
    pad.seen = seen
    assert told == [(True, False, False, True)] and pad.view.seen == [True, False, False, True]
    assert [message["state"] for message, _ in sent] == [{"seen": [True, False, False, True]}]


def test_ticks_from_the_browser_are_not_sent_back(pad, monkeypatch):
    told, sent = [], recorded(pad.view, monkeypatch)
    pad.observe(lambda change: told.append(change["new"]), "seen")
    pad.view.set_state({"seen": [True, True, False, False]})
    assert pad.seen == (True, True, False, False) and told == [pad.seen] and sent == []


@pytest.mark.parametrize("seen", [None, True, "left", (True,) * 3, (True,) * 5, (0, 1, 2, 0), (NAN,) * 4, [SEEN]])
def test_seen_that_is_none(seen, pad, model, images, labels):
    message = r"^seen: want four truth values \(top left, top right, bottom left, bottom right\), got"
    with pytest.raises(traitlets.TraitError, match=message):
        pad.seen = seen
    assert pad.seen == SEEN and pad.view.seen == list(SEEN)
    with pytest.raises(traitlets.TraitError, match=message):
        CompletionPad(model, images, labels, seen=seen)


def test_image_is_set_and_observed(pad, images):
    told = []
    pad.observe(lambda change: told.append(change["new"].clone()), "image")
    pad.image = images[4]
    assert np.array_equal(floats(pad.view.image), images[4].flatten()) and pad.view.index == -1
    drawing = {"image": memoryview(images[5].numpy().tobytes()), "strokes": [[[0.1, 0.2]]], "index": -1}
    pad.view.set_state(drawing | {"hand": [pad.view.turn, 1]})
    assert torch.equal(pad.image, images[5:6]) and pad.strokes == [[[0.1, 0.2]]] and len(told) == 2
    with pytest.raises(traitlets.TraitError, match="^image: want"):
        pad.image = torch.zeros(784)


def test_presenter_size_may_come_later(pad):
    pad.presenter = True
    assert pad.view.presenter and "vae-presenter" in pad.view._dom_classes
    pad.view.presenter = False
    assert not pad.presenter and "vae-stage" in pad.view._dom_classes


def test_no_address_in_any_repr(pad):
    assert [repr(one) for one in (pad, pad.view)] == ["CompletionPad()", "CompletionPadView()"]


def test_training_further_changes_nothing(images, labels):
    model = CompletionVAE(2, (8,), seed=0)
    view = CompletionPad(model, images, labels).view
    before = (view.prior_weights, view.decoder_weights)
    for parameter in model.parameters():
        parameter.data += 1
    assert (view.prior_weights, view.decoder_weights) == before and model.training


def changed(**parts) -> CompletionVAE:
    model = CompletionVAE(2, (8,), seed=0)
    for name, part in parts.items():
        setattr(model, name, part)
    return model


def broken(part: str) -> CompletionVAE:
    model = CompletionVAE(2, (8,), seed=0)
    next(getattr(model, part).parameters()).data[0, 0] = NAN
    return model


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": None}, TypeError, "model: want a CompletionVAE, with prior, .* got NoneType"),
        ({"model": VAE(2, (8,))}, TypeError, "model: want a CompletionVAE, with prior, .* got VAE"),
        ({"model": changed(latent_dim="2")}, TypeError, "model: want a CompletionVAE"),
        ({"model": changed(latent_dim=3)}, ValueError, r"model: want a prior .* \[\(788, 6\), \(791, 784\)\], got"),
        ({"model": changed(prior=nn.Linear(784, 4))}, ValueError, r"model: want .* \[\(788, 4\).* got \[\(784, 4\)"),
        ({"model": changed(prior=nn.Sequential(nn.Tanh()))}, NotInBrowser, "prior: the browser can evaluate"),
        ({"model": changed(decoder=nn.Linear(2, 784))}, ValueError, r"model: want .* got .*\(2, 784\)\]"),
        ({"model": changed(decoder=nn.Linear(790, 9))}, ValueError, "decoder: want one from latents to 784 logits"),
        ({"model": broken("prior")}, ValueError, "prior: its weights contain NaN or infinity; did training break"),
        ({"model": broken("decoder")}, ValueError, "decoder: its weights contain NaN or infinity; did training break"),
        ({"images": None}, TypeError, "images: want a float tensor"),
        ({"images": torch.zeros(500, 784)}, ValueError, "images: want shape"),
        ({"labels": torch.zeros(3)}, ValueError, "labels: want a tensor of one label for each of the 500 images"),
        ({"index": 500}, ValueError, "index: want a whole number from 0 to 499, got 500"),
        ({"index": -1}, ValueError, "index: want a whole number from 0 to 499, got -1"),
        ({"count": 0}, ValueError, "count: want a whole number >= 1, got 0"),
        ({"count": 17}, ValueError, "count: want a whole number from 1 to 16, got 17"),
        ({"count": 2.0}, ValueError, "count: want a whole number >= 1, got 2.0"),
    ],
)
def test_bad_input(model, images, labels, arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        CompletionPad(**({"model": model, "images": images, "labels": labels} | arguments))


class Swapped(nn.Sequential):
    """Its layers are not run in their order."""

    def forward(self, x):
        return super().forward(x).flip(1)


def test_a_prior_that_is_not_just_its_layers(images, labels):
    for prior in (Swapped(nn.Linear(788, 4)), nn.Sequential(nn.Linear(788, 3), nn.Linear(4, 4))):
        with pytest.raises(NotInBrowser, match="^prior: it is not just its layers in order"):
            CompletionPad(changed(prior=prior), images, labels)
