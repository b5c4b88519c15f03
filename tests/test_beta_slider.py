import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import WIDGETS, node
from torch import nn

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import encode_distributions
from vae_helpers.evaluation import active_units, evaluate
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.widgets import BetaSlider
from vae_helpers.widgets.shared.codecs import half_bytes

SHIPPED = sorted((REPO_DATA / "weights").glob("sprites_beta_*.pt"))
TRAINED = [REPO_DATA / "weights" / "vae_20d.pt", *SHIPPED]


@pytest.fixture(scope="module")
def models():
    """Out of order, as a student may write them, and of different latent_dim."""
    return {16: VAE(3, (8,), seed=0), 1: VAE(4, (8,), seed=1), 4: VAE(4, (8,), seed=2)}


@pytest.fixture
def slider(models, images):
    return BetaSlider(models, images[:20])


def test_starts_as_asked(models, images):
    slider = BetaSlider(models, images[:20], 4, image=2, presenter=True)
    assert (slider.beta, slider.image, slider.view.stop, slider.view.image) == (4.0, 2, 1, 2)
    assert (slider.view.moved, slider.view.row, slider.view.measured) == (None, 0, 20)
    assert slider._dom_classes == ("vae-stage", "vae-presenter")
    assert repr(slider) == "BetaSlider(3 betas, 8 images)"
    assert repr(BetaSlider({2: models[4]}, images[:3])) == "BetaSlider(1 beta, 3 images)"
    assert [one["beta"] for one in slider.view.models] == [1.0, 4.0, 16.0]
    assert BetaSlider(models, images[:20]).beta == 1.0


def test_python_and_the_page_follow_each_other(slider):
    seen = []
    slider.observe(lambda change: seen.append((change["name"], change["new"])), ["beta", "image"])
    slider.beta, slider.image = 16, 3
    assert (slider.view.stop, slider.view.image) == (2, 3)
    slider.view.set_state({"stop": 1, "image": 5})
    assert (slider.beta, slider.image) == (4.0, 5)
    assert sorted(seen) == [("beta", 4.0), ("beta", 16.0), ("image", 3), ("image", 5)]


def test_another_mean_lets_go_of_the_latent_that_was_moved(slider):
    for name, value in (("beta", 4), ("image", 1)):
        slider.view.set_state({"moved": 1.5, "row": 2})
        setattr(slider, name, value)
        assert (slider.view.moved, slider.view.row) == (None, 2)
    slider.view.set_state({"moved": 1.5})
    slider.beta = slider.image = 1  # the image is the same; beta is not
    assert slider.view.moved is None
    slider.view.set_state({"moved": 1.5})
    slider.beta = 1.0
    assert slider.view.moved == 1.5


def test_the_kernel_sends_nothing_back(slider, monkeypatch):
    """A late echo would pull the slider back from under the hand that drags it."""
    sent = []
    monkeypatch.setattr(slider.view, "send_state", lambda key=None: sent.append(key))
    slider.view.set_state({"stop": 2, "image": 1, "row": 1, "moved": 0.5})
    assert (slider.beta, slider.image) == (16.0, 1) and not any(sent)


def test_the_figures_are_those_of_all_images(slider, models, images):
    for shown in slider.view.models:
        model = models[shown["beta"]]
        mu, logvar = encode_distributions(model, images[:20])
        terms = evaluate(model, images[:20])
        assert (shown["rate"], shown["distortion"]) == (terms.kl, terms.reconstruction)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(dim=0)
        assert np.allclose(shown["kl"], kl, atol=1e-6) and sum(shown["kl"]) == pytest.approx(terms.kl, abs=1e-4)
        assert shown["active"] == active_units(mu).tolist()


def test_which_images_can_be_chosen(models, images):
    pictures = lambda view: np.frombuffer(view.images, np.uint8).reshape(-1, 28, 28)  # noqa: E731
    chosen = BetaSlider(models, images[:20], shown=np.array([7, 2, 19])).view
    assert np.array_equal(pictures(chosen), (255 * images[[7, 2, 19], 0]).round().numpy())
    for shown in chosen.models:
        mu, _ = encode_distributions(models[shown["beta"]], images[[7, 2, 19]])
        assert np.allclose(shown["means"], mu, atol=1e-6)
    spread = BetaSlider(models, images[:20]).view
    assert np.array_equal(pictures(spread), (255 * images[[0, 3, 5, 8, 11, 14, 16, 19], 0]).round().numpy())
    assert len(pictures(BetaSlider(models, images[:5]).view)) == 5


def test_training_on_changes_nothing(images):
    model = VAE(2, (8,))
    view = BetaSlider({1: model}, images[:5]).view
    before = view.models[0]["weights"]
    model.decoder.head.weight.data += 1
    assert view.models[0]["weights"] == before


@pytest.mark.parametrize("beta", [4, 4.0, np.float32(4), np.int64(4), torch.tensor(4)])
@pytest.mark.parametrize("image", [3, np.int64(3), torch.tensor(3)])
def test_numbers_of_any_kind(slider, beta, image):
    slider.beta, slider.image = beta, image
    assert (slider.beta, slider.image) == (4.0, 3) and (type(slider.beta), type(slider.image)) == (float, int)


@pytest.mark.parametrize("beta", [3, 0, -1, "4", True, [4], float("nan"), torch.tensor([1.0, 4.0])])
def test_a_beta_that_no_model_has(slider, models, images, beta):
    slider.beta = 4
    wanted = r"beta: want one that a model was trained at \(1, 4, 16\), got"
    with pytest.raises(traitlets.TraitError, match=wanted):
        slider.beta = beta
    assert (slider.beta, slider.view.stop) == (4.0, 1)
    with pytest.raises(traitlets.TraitError, match=wanted):
        BetaSlider(models, images[:20], beta)


@pytest.mark.parametrize("image", [8, -1, 1.0, "1", None, True, [1]])
def test_an_image_that_is_not_there(slider, models, images, image):
    slider.image = 2
    with pytest.raises(traitlets.TraitError, match="image: want a whole number from 0 to 7, got"):
        slider.image = image
    assert (slider.image, slider.view.image) == (2, 2)
    with pytest.raises(traitlets.TraitError, match="image: want"):
        BetaSlider(models, images[:20], image=image)


def broken(part: str, value: float) -> VAE:
    model = VAE(4, (8,))
    next(getattr(model, part).parameters()).data[0, 0] = value
    return model


def rearranged() -> VAE:
    model = VAE(4, (8,))
    model.decoder = nn.Sequential(nn.Linear(4, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))
    return model


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({}, ValueError, "models: want at least one VAE"),
        ([VAE()], TypeError, "models: want a dict of VAEs by the beta .* got list"),
        ({"4": VAE()}, TypeError, "models: want numbers > 0 .* as keys, got '4'"),
        ({-1.0: VAE()}, ValueError, "models: want numbers > 0 .* as keys, got -1.0"),
        ({1: Autoencoder(4, (8,))}, TypeError, "models: want a VAE at beta = 1, got Autoencoder"),
        ({2: broken("encoder", float("nan"))}, ValueError, "models: the one at beta = 2 has .* did training break"),
        ({2: broken("decoder", float("inf"))}, ValueError, "(models|decoder): .* did training break"),
        ({2: rearranged()}, TypeError, "decoder: the browser can evaluate Linear, LayerNorm and ReLU layers, not Tanh"),
    ],
)
def test_bad_models(bad, error, message, images):
    with pytest.raises(error, match=message):
        BetaSlider(bad, images[:5])


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (None, TypeError, "images: want a float tensor"),
        (torch.zeros(0, 1, 28, 28), ValueError, r"images: want shape \(N, 1, 28, 28\) with N >= 1"),
        (torch.zeros(5, 784), ValueError, r"images: want shape \(N, 1, 28, 28\)"),
        (torch.full((5, 1, 28, 28), 255.0), ValueError, r"images: want values in \[0, 1\]"),
        (torch.zeros(1, 1, 28, 28), ValueError, "images: want at least 2, .* got 1"),
    ],
)
def test_bad_images(bad, error, message, models):
    with pytest.raises(error, match=message):
        BetaSlider(models, bad)


@pytest.mark.parametrize("shown", [[], [20], [-1], [0.5], "123", 3, [True], range(13), [[1]]])
def test_bad_places(shown, models, images):
    with pytest.raises(ValueError, match="shown: want 1 to 12 whole numbers from 0 to 19, got"):
        BetaSlider(models, images[:20], shown=shown)


def test_half_precision_where_that_is_exact():
    values = np.array([0.0, -0.0, 1.0, -2.5, 65504.0, 2.0**-24], "<f4")
    assert np.array_equal(np.frombuffer(half_bytes(values.tobytes()), "<f2"), values)
    for other in (0.1, 7e4, 2.0**-25):
        assert half_bytes(np.array([1.0, other], "<f4").tobytes()) is None


BROWSER = """
import { lazyDecoder, moveOne } from "URL/beta_slider.js";
const { latents, ...coder } = DATA;
const bytes = Buffer.from(coder.weights, "base64");
const decode = lazyDecoder({ ...coder, weights: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) });
console.log(JSON.stringify(latents.map((z) => [...decode(moveOne(z, 1, 2.5))])));
"""


def apart(model: VAE, images: torch.Tensor, least: float = 4) -> float:
    """How far the browser's pixel probabilities are from torch's, where one latent of some is moved."""
    shown = BetaSlider({1.0: model}, images).view.models[0]
    latents = torch.randn(40, model.latent_dim, generator=torch.Generator().manual_seed(0))
    data = shown | {"weights": base64.b64encode(shown["weights"]).decode(), "latents": latents.tolist()}
    program = BROWSER.replace("URL", WIDGETS.as_uri()).replace("DATA", json.dumps(data))
    done = node("--input-type=module", program=program)
    assert done.returncode == 0, done.stderr
    latents[:, 1] = 2.5
    with torch.no_grad():
        logits = model.decode(latents)
    assert logits.abs().max() > least
    return np.abs(np.array(json.loads(done.stdout)) - torch.sigmoid(logits).flatten(1).numpy()).max()


@pytest.mark.parametrize("path", TRAINED, ids=lambda path: path.stem)
def test_browser_and_torch_agree(path, images):
    """Weights that are stored in half precision, and those that would be rounded."""
    assert apart(load_checkpoint(path).float(), images[:5]) < 1e-3


def test_five_decoders_stay_small(images):
    """Two bytes a weight; a page holds them in base64, a third more."""
    models = {beta: VAE(10, (96, 64)).half().float() for beta in (1, 2, 4, 8, 16)}
    sizes = [len(one["weights"]) for one in BetaSlider(models, images[:5]).view.models]
    assert sizes == [2 * 83_312] * 5
    assert apart(models[1], images[:5], least=0) < 1e-3
