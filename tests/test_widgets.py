import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from torch import nn

from vae_helpers.encoding import encode_means
from vae_helpers.latent_space import arc, lerp
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.training import History
from vae_helpers.widgets import (
    InterpolationSlider,
    KLDials,
    LatentPad,
    LatentSliders,
    LiveLossCurve,
    ReparameterizationDials,
)
from vae_helpers.widgets.shared.decoder import export_decoder, run_layers
from vae_helpers.widgets.shared.scripts import style_sheet


@pytest.fixture(scope="module")
def model():
    return VAE(2, (32, 16), seed=0)


@pytest.fixture
def slider(model, images, test_set):
    return InterpolationSlider(model, images, test_set[1][:500])


def unpack(layers, weights):
    """The arrays as the browser cuts them out of the bytes."""
    flat, arrays = np.frombuffer(weights, "<f4"), []
    for layer in layers:
        if layer["type"] == "linear":
            shapes = [(layer["inputs"], layer["outputs"]), (layer["outputs"],)]
        else:
            shapes = [(layer["size"],)] * 2 if layer["type"] == "layernorm" else []
        for shape in shapes:
            arrays.append(flat[: np.prod(shape)].reshape(shape))
            flat = flat[np.prod(shape) :]
    assert flat.size == 0
    return arrays


@pytest.mark.parametrize(("latent_dim", "layer_norm"), [(2, True), (2, False), (20, True)])
def test_exported_decoder_is_the_decoder(latent_dim, layer_norm):
    model = VAE(latent_dim, (32, 16), layer_norm)
    layers, weights = export_decoder(model.decoder)
    z = torch.randn(20, latent_dim)
    got = run_layers(layers, unpack(layers, weights), z.numpy())
    assert np.abs(got - model.decode(z).detach().flatten(1).numpy()).max() < 1e-5


@pytest.mark.parametrize(("latent_dim", "layer_norm"), [(2, True), (5, False)])
def test_browser_and_torch_decode_alike(latent_dim, layer_norm):
    model = VAE(latent_dim, (16, 8), layer_norm)
    layers, weights = export_decoder(model.decoder)
    z = torch.randn(3, latent_dim)
    code = f"""
    const bytes = Buffer.from("{base64.b64encode(weights).decode()}", "base64");
    const decode = w.makeDecoder({json.dumps(layers)}, new Float32Array(Uint8Array.from(bytes).buffer));
    return {z.tolist()}.map((one) => Array.from(decode(one)));
    """
    wanted = torch.sigmoid(model.decode(z)).detach().flatten(1).numpy()
    assert np.abs(run_in_node(code, "shared/decoder.js") - wanted).max() < 1e-5


def test_browser_and_torch_interpolate_alike():
    ends, ts = torch.randn(6, 2, 5, generator=torch.Generator().manual_seed(0)), [0, 0.3, 0.5, 1]
    ends[1, 1], ends[2, 1], ends[3, 0] = 2 * ends[1, 0], -ends[2, 0], 0  # parallel, opposite, from the origin
    code = f"return [w.lerp, w.arc].map((f) => {ends.tolist()}.map(([a, b]) => {ts}.map((t) => f(a, b, t))));"
    wanted = [[f(a, b, torch.tensor(ts)).tolist() for a, b in ends] for f in (lerp, arc)]
    assert np.allclose(run_in_node(code, "shared/paths.js"), wanted, atol=1e-5)


def test_other_ways_to_write_a_decoder():
    relu = nn.ReLU()  # one for both places
    plain = nn.LayerNorm(8, elementwise_affine=False)
    layers = [nn.Linear(2, 8), plain, relu, nn.Linear(8, 8), relu, nn.Linear(8, 784), nn.Unflatten(1, (1, 28, 28))]
    assert len(export_decoder(nn.Sequential(*layers))[0]) == 6


def test_other_kinds_of_whole_numbers(model, images, test_set):
    chosen = InterpolationSlider(model, images, test_set[1][:500], start_index=np.int64(3), end_index=torch.tensor(4))
    assert (chosen.view.start_label, chosen.view.end_label) == (0, 4)


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 784)

    def forward(self, z):
        return 2 * self.layer(z)


def with_nan() -> nn.Module:
    decoder = VAE(2, (8,)).decoder
    decoder.head.weight.data[0, 0] = float("nan")
    return decoder


@pytest.mark.parametrize(
    ("decoder", "error", "message"),
    [
        (nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 784)), TypeError, "not Tanh"),
        (nn.Sequential(nn.Linear(2, 8), nn.Conv2d(1, 1, 3)), TypeError, "not Conv2d"),
        (nn.Sequential(nn.LayerNorm(2), nn.Linear(2, 784)), TypeError, "first layer is Linear"),
        (with_nan(), ValueError, "weights contain NaN"),
        (Twice(), TypeError, "not just its layers in order"),
        (nn.Linear(2, 100), ValueError, "to 784 logits"),
        (
            nn.Sequential(nn.Linear(2, 4000), nn.ReLU(), nn.Linear(4000, 784)),
            ValueError,
            "12.6 MB of weights",
        ),
    ],
)
def test_decoders_that_the_browser_cannot_evaluate(decoder, error, message):
    with pytest.raises(error, match=message):
        export_decoder(decoder)


def test_widget_keeps_a_copy_of_the_weights(model, images, test_set):
    changing = VAE(2, (16,), seed=0)
    slider = InterpolationSlider(changing, images, test_set[1][:500])
    before = slider.view.weights
    changing.decoder.head.weight.data += 1
    assert slider.view.weights == before


def test_slider_starts_at_a_two_and_ends_at_a_seven(slider, model, images, test_set):
    assert (slider.view.start_label, slider.view.end_label) == (2, 7)
    first_two = int((test_set[1] == 2).nonzero()[0])
    assert np.allclose(slider.view.start, model.encode(images[[first_two]])[0][0].tolist(), atol=1e-5)
    assert np.array_equal(np.frombuffer(slider.view.start_image, "<f4"), images[first_two].flatten().numpy())
    assert repr(slider) == "InterpolationSlider(from a 2 to a 7)"


def test_t_moves_slider_view_and_z_together(slider):
    seen = []
    slider.observe(lambda change: seen.append(change["new"]), "t")
    slider.t = 0.5
    assert slider.slider.value == 0.5
    slider.slider.value = 1.0
    assert slider.t == 1.0 and seen == [0.5, 1.0]
    assert np.allclose(slider.z, slider.view.end)
    slider.t = 0.5
    assert np.allclose(slider.z, (np.array(slider.view.start) + slider.view.end) / 2)
    slider.arc_box.value = True
    assert slider.arc and not np.allclose(slider.z, (np.array(slider.view.start) + slider.view.end) / 2)
    with pytest.raises(traitlets.TraitError):
        slider.t = 1.5


def test_the_kernel_sends_no_position_back(slider):
    """A late echo of t to the view would pull the slider back while it is being dragged."""
    slider.slider.value = 0.3
    assert slider.view.t == 0.0


def test_two_models_share_one_slider(model, images, test_set):
    autoencoder = Autoencoder(5, (8,))
    both = InterpolationSlider({"plain": autoencoder, "VAE": model}, images, test_set[1][:500], start=1, end=0)
    first, second = both.views
    assert both.view is first and (first.title, second.title) == ("plain", "VAE")
    assert (len(first.start), len(second.start)) == (5, 2) and first.points == b"" and len(second.points) > 0
    assert (first.code_name, second.code_name) == ("its code", "its mean \u03bc")
    assert (first.prior, second.prior) == (False, True)  # no circles of a prior on an autoencoder's map
    assert first.start_image == second.start_image and first.end_label == second.end_label == 0
    assert np.allclose(first.end, encode_means(autoencoder, images)[(test_set[1] == 0).nonzero()[0]][0].tolist())
    both.pickers["end"][0].value = 7
    assert first.end_label == second.end_label == 7 and first.end_image == second.end_image
    assert repr(both) == "InterpolationSlider(from a 1 to a 7, plain, VAE)"


def test_no_model_at_all(images, test_set):
    with pytest.raises(ValueError, match="model: want a model, or a dict with at least one"):
        InterpolationSlider({}, images, test_set[1][:500])


def with_nan_in_the_encoder(latent_dim: int = 2) -> VAE:
    model = VAE(latent_dim, (8,))
    next(model.encoder.parameters()).data[0, 0] = float("nan")
    return model


def test_an_encoder_that_gives_nan(model, images, test_set):
    """Else JSON, which has no NaN, would bring the browser nothing, and every dimension would count as dead."""
    broken, labels = with_nan_in_the_encoder(), test_set[1][:500]
    with pytest.raises(ValueError, match="^model: its encoder gives NaN or infinity for these images"):
        InterpolationSlider(broken, images, labels)
    with pytest.raises(ValueError, match="^model: the encoder of 'new' gives NaN or infinity for these images"):
        InterpolationSlider({"old": model, "new": broken}, images, labels)
    with pytest.raises(ValueError, match="^model: its encoder gives NaN or infinity for these images"):
        LatentSliders(broken, images=images)
    assert LatentSliders(broken).active is None  # nothing is encoded


def test_picking_other_ends(slider, test_set):
    digit, number = slider.pickers["start"]
    digit.value = 0
    assert slider.view.start_label == 0 and number.value == int((test_set[1] == 0).nonzero()[0])
    number.value = 61
    assert slider.view.start_label == digit.value == int(test_set[1][61])
    assert slider.view.end_label == 7 and slider.message.value == ""


def test_a_failing_callback_is_shown(slider, monkeypatch):
    monkeypatch.setattr(slider, "_end", lambda *arguments: 1 / 0)
    slider.pickers["end"][1].value = 3
    assert "Could not show image 3: division by zero" in slider.message.value


def test_map_only_in_two_dimensions(images, test_set):
    labels = test_set[1][:500]
    plane = InterpolationSlider(VAE(2, (8,)), images, labels).view
    assert len(plane.points) == 500 * 2 * 4 and len(plane.point_labels) == 500 and plane.limit > 0
    assert InterpolationSlider(VAE(5, (8,)), images, labels).view.points == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": 12}, r"start: want a digit among \[0, 1, .*got 12"),
        ({"end_index": 500}, "end_index: want a whole number from 0 to 499, got 500"),
        ({"start_index": "2"}, "start_index: want a whole number"),
        ({"labels": torch.zeros(3)}, "labels: want a tensor of one label for each of the 500 images"),
    ],
)
def test_bad_input_of_the_slider(arguments, message, model, images, test_set):
    with pytest.raises(ValueError, match=message):
        InterpolationSlider(model, images, **({"labels": test_set[1][:500]} | arguments))


def test_latent_sliders_follow_z_and_are_followed(model):
    widget = LatentSliders(model)
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "z")
    widget.z = [1.0, -0.5]
    assert [s.value for s in widget.sliders] == [1.0, -0.5]
    widget.sliders[1].value = 2.0
    assert widget.z == [1.0, 2.0]
    assert seen == [[1.0, -0.5], [1.0, 2.0]]


@pytest.mark.parametrize("z", [[0.0], [0.0, 9.0]])
def test_bad_start_of_the_latent_sliders(model, z):
    with pytest.raises(ValueError, match="z: want 2 numbers"):
        LatentSliders(model, z)


@pytest.mark.parametrize("z", [[9.0, 0.0], [float("nan"), 0.0]])
def test_z_out_of_reach_is_refused(model, z):
    widget = LatentSliders(model)
    with pytest.raises(traitlets.TraitError, match="from -3 to 3"):
        widget.z = z
    assert widget.z == [0, 0]


def test_bad_z_of_the_latent_sliders(model):
    widget = LatentSliders(model)
    with pytest.raises(traitlets.TraitError, match="z: want 2 numbers from -3 to 3, got"):
        widget.z = [1.0, 2.0, 3.0]
    assert widget.z == [0, 0]


def test_live_curve_draws_each_history():
    curve = LiveLossCurve()
    before = curve.value
    row = {"epoch": 1, "train_total": 3.0, "train_reconstruction": 2.0, "train_kl": 1.0}
    curve(History([row]))
    assert curve.value != before and 'alt="Loss curves after epoch 1"' in curve.value


def test_no_address_in_any_repr(slider, model):
    for widget in (slider, slider.view, LatentSliders(model), LatentSliders(model).view, LiveLossCurve()):
        assert "0x" not in repr(widget) and len(repr(widget)) < 60


def test_kl_dials():
    dials = KLDials(mu=-1.0, sigma=0.5, draws=50)
    assert (dials.view.mu, dials.view.sigma, dials.sliders["sigma"].value) == (-1.0, 0.5, 0.5)
    seen = []
    dials.observe(lambda change: seen.append(change["new"]), "sigma")
    dials.sliders["sigma"].value = 2.0
    assert dials.sigma == 2.0 and seen == [2.0]
    dials.mu = 1.5
    assert dials.sliders["mu"].value == 1.5
    eps = np.frombuffer(dials.view.eps, "<f4")
    assert eps.shape == (50,) and abs(eps.mean()) < 0.6
    dials.draw()
    assert not np.array_equal(np.frombuffer(dials.view.eps, "<f4"), eps)
    assert repr(dials) == "KLDials(mu=1.5, sigma=2)"


@pytest.mark.parametrize("arguments", [{"mu": 5.0}, {"sigma": 0.0}, {"sigma": -1.0}])
def test_dials_out_of_range(arguments):
    with pytest.raises(traitlets.TraitError):
        KLDials(**arguments)


def test_too_few_draws():
    with pytest.raises(ValueError, match="draws: want a whole number >= 2, got 1"):
        KLDials(draws=1)


def test_sizes_may_be_numpys(model, test_set):
    images, labels = test_set[0][:40], test_set[1][:40]
    assert len(KLDials(draws=np.int64(3)).view.eps) == 4 * 3
    assert ReparameterizationDials(model, draws=np.int32(5), sets=np.int64(2)).view.draws == 5
    assert len(LatentPad(model, images, labels, shown=np.int64(20)).view.point_labels) == 20


def test_the_style_sheet_of_all_widgets_stays_small():
    """Each widget carries it."""
    assert len(style_sheet()) < 50_000
