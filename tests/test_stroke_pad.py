import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.data.pen_digits import load_pen_digits
from vae_helpers.losses import gaussian_kl
from vae_helpers.models import VAE
from vae_helpers.models.recurrent_vae import RecurrentVAE
from vae_helpers.pen import resample, stretch
from vae_helpers.plots import CLASS_COLORS
from vae_helpers.widgets import StrokePad
from vae_helpers.widgets.shared.gru import export_point_gru

NAN = float("nan")


@pytest.fixture(scope="module")
def data():
    return load_pen_digits("test")


@pytest.fixture(scope="module")
def strokes(data):
    return data[0][:60]


@pytest.fixture(scope="module")
def labels(data):
    return data[1][:60]


@pytest.fixture(scope="module")
def model():
    return RecurrentVAE(2, hidden=12, embedding=5, seed=0)


@pytest.fixture(scope="module")
def shipped():
    return load_checkpoint(REPO_DATA / "weights" / "pen_vae_2d.pt").float()


@pytest.fixture
def pad(model, strokes, labels):
    return StrokePad(model, strokes, labels)


def floats(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f4")


def in_javascript(data: bytes) -> str:
    return f'new Float32Array(Uint8Array.from(Buffer.from("{base64.b64encode(data).decode()}", "base64")).buffer)'


def drawn(pad, stroke: torch.Tensor | None, lines=(((0.1, 0.1), (0.2, 0.4)),), **more) -> None:
    """As a message from the browser brings a drawing."""
    numbers = [] if stroke is None else stroke.double().flatten().tolist()
    pad.view.set_state({"stroke": numbers, "lines": [[[*p] for p in line] for line in lines], "index": -1} | more)


def recorded(view, monkeypatch):
    """The messages that go from now on from the view to the browser."""
    sent = []
    monkeypatch.setattr(view, "_send", lambda message, buffers=None: sent.append(message))
    return sent


@torch.no_grad()
def check_encoder(model, strokes):
    sizes, weights = export_point_gru(model.encoder)
    code = f"""
    const read = w.makePenEncoder({json.dumps(sizes)}, {in_javascript(weights)});
    return {strokes.flatten(1).tolist()}.map((stroke) => {{
      const {{ mu, sigma, kl }} = read(stroke);
      return [...mu, ...sigma.map((value) => 2 * Math.log(value)), kl];
    }});"""
    mu, logvar = model.encode(strokes)
    wanted = torch.cat([mu, logvar, gaussian_kl(mu, logvar)[:, None]], dim=1).numpy()
    assert np.abs(np.array(run_in_node(code, "shared/pen_encoder.js")) - wanted).max() < 1e-3


def test_browser_and_torch_encode_alike(shipped, data):
    """Held-out strokes, the same ones backwards, and noise: mu, logvar and KL to 1e-3."""
    strokes = data[0][:100]
    noise = torch.rand(20, 8, 2, generator=torch.Generator().manual_seed(0))
    check_encoder(shipped, torch.cat([strokes, strokes.flip(1), noise]))


@pytest.mark.parametrize("sizes", [{"latent_dim": 2, "hidden": 7, "embedding": 3}, {"latent_dim": 5, "hidden": 1}])
def test_browser_and_torch_encode_alike_whatever_the_sizes(sizes, strokes):
    check_encoder(RecurrentVAE(**sizes, seed=1), strokes)


def test_what_the_stroke_costs_is_what_torch_says(shipped, data):
    strokes, labels = data
    view = StrokePad(shipped, strokes, labels).view
    with torch.no_grad():
        mu, logvar = shipped.encode(strokes[:2000])
        wanted = shipped.nll(mu, strokes[:2000]) + gaussian_kl(mu, logvar)
    assert np.allclose(floats(view.costs), wanted.sort().values, atol=1e-3)
    assert np.array_equal(floats(view.points), mu.flatten())
    assert np.abs(floats(view.points)).max() < 1.2 * view.limit


def test_the_map_holds_the_strokes_in_either_direction(shipped, data):
    """Backwards many a digit lies farther out than any forwards: their means are on the map too."""
    view = StrokePad(shipped, *data).view
    with torch.no_grad():
        turned, _ = shipped.encode(data[0][:2000].flip(1))
    assert np.abs(floats(view.points)).max() < turned.abs().max() < view.limit


def lines(kind: str) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    made = {
        "two points": torch.tensor([[0.1, 0.2], [0.7, 0.9]]),
        "a corner": torch.tensor([[0.0, 0.0], [1.0, 0.0], [1.0, 0.3]]),
        "a hand": torch.rand(200, 2, generator=generator).cumsum(0) / 200,
        "wild": torch.rand(40, 2, generator=generator),
        "a pen that rested": torch.rand(5, 2, generator=generator).repeat_interleave(7, dim=0),
        "a loop": torch.stack([torch.linspace(0, 6.28, 90).cos(), torch.linspace(0, 6.28, 90).sin()], dim=1) / 2 + 0.5,
    }
    return made[kind]


@pytest.mark.parametrize("kind", ["two points", "a corner", "a hand", "wild", "a pen that rested", "a loop"])
def test_browser_and_python_make_the_same_stroke_of_a_line(kind):
    """To 1e-4; on the page y goes down."""
    line = lines(kind)
    wanted = stretch(resample(line)[None])[0]
    on_paper = torch.stack([line[:, 0], 1 - line[:, 1]], dim=1)
    got = run_in_node(f"return w.readHand([{on_paper.double().tolist()}]);", "shared/pen.js")
    assert np.abs(np.array(got["stroke"]).reshape(8, 2) - wanted.numpy()).max() < 1e-4
    assert np.abs(np.array(got["places"]) - resample(on_paper).numpy()).max() < 1e-4
    parts = [on_paper[:1].tolist(), on_paper[1:].tolist()]  # lifted once: the same line
    assert run_in_node(f"return w.readHand({parts});", "shared/pen.js")["stroke"] == pytest.approx(got["stroke"])


@pytest.mark.parametrize("line", [[[0.1, 0.2]], [[0.1, 0.2]] * 3, [[0.1, 0.2], [0.9, 0.2]], [[0.1, 0.2], [0.1, 0.9]]])
def test_what_python_refuses_is_no_stroke_in_the_browser(line):
    with pytest.raises(ValueError, match="want"):
        stretch(resample(torch.tensor(line))[None])
    assert run_in_node(f"return w.readHand([{line}]);", "shared/pen.js")["stroke"] == []


def test_start(pad, model, strokes, labels):
    view = pad.view
    assert torch.equal(pad.stroke, strokes[0]) and view.index == 0 and not pad.presenter
    with torch.no_grad():
        mu, logvar = model.encode(strokes[:1])
    assert pad.mu == pytest.approx(mu[0].tolist(), abs=1e-6) and pad.logvar == pytest.approx(
        logvar[0].tolist(), abs=1e-6
    )
    assert pad.z == pad.mu and view.z == [] and view.lines == []
    assert view.point_labels == labels.tolist() and view.colors == list(CLASS_COLORS)
    assert [labels[k] for k in view.examples] == sorted(set(labels.tolist()))
    assert np.array_equal(floats(view.strokes), strokes.flatten())
    assert repr(pad) == "StrokePad()" and repr(view) == "StrokePadView()"
    other = StrokePad(model, strokes, labels, index=np.int64(7), shown=20, presenter=True)
    assert torch.equal(other.stroke, strokes[7]) and other._dom_classes == ("vae-stage", "vae-presenter")
    assert [len(floats(getattr(other.view, name))) for name in ("strokes", "points", "costs")] == [320, 40, 20]


def test_what_is_sent_stays_small(shipped, data):
    """Under 0.5 MB: weights in half precision, as they are stored."""
    state = StrokePad(shipped, *data).view.get_state()
    code, _ = len(state.pop("_esm")), state.pop("_css")  # the style sheet is that of all widgets
    raw = sum(len(state.pop(name)) for name in ("strokes", "points", "costs"))
    raw += sum(len(state[name].pop("weights")) for name in ("encoder", "decoder"))
    assert raw + len(json.dumps(state)) < 5e5 and code < 80_000
    assert state["encoder"]["half"] and state["decoder"]["half"]


KINDS = {
    "float32": lambda x: x,
    "NumPy": lambda x: x.numpy(),
    "NumPy, backwards": lambda x: x.flip(0).numpy()[::-1],
    "float64": lambda x: x.double(),
    "half": lambda x: x.half(),
    "with a gradient": lambda x: x.clone().requires_grad_(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_stroke_of_any_kind(kind, pad, strokes):
    pad.stroke = KINDS[kind](strokes[5])
    assert pad.stroke.shape == (8, 2) and pad.stroke.dtype == torch.float32 and not pad.stroke.requires_grad
    torch.testing.assert_close(pad.stroke, strokes[5], atol=5e-4, rtol=0)
    assert pad.view.stroke == pad.stroke.flatten().tolist() and pad.view.index == -1


@pytest.mark.parametrize(
    ("stroke", "message"),
    [
        ("7", "stroke: want a tensor of 8 points x, y from 0 to 1 .*resample and stretch.*, got '7'"),
        ([[0.0, 0.0]] * 8, r"stroke: want .* got \[\[0.0, 0.0"),
        (torch.tensor(0.5), r"stroke: want .* got tensor\(0.5"),
        (torch.zeros(16), r"stroke: want .* got shape \(16,\)"),
        (torch.zeros(1, 8, 2), r"stroke: want .* got shape \(1, 8, 2\)"),
        (torch.zeros(9, 2), r"stroke: want .* got shape \(9, 2\)"),
        (torch.full((8, 2), 100.0), r"stroke: want values in \[0, 1\], got \[100, 100\]"),
        (torch.full((8, 2), -0.5), r"stroke: want values in \[0, 1\]"),
        (torch.full((8, 2), NAN), "stroke: contains NaN"),
        (np.full((8, 2), "a"), "stroke: want numbers in memory, got array"),
        (torch.zeros(8, 2, device="meta"), r"stroke: want numbers in memory, got tensor\(\.\.\., device='meta'"),
    ],
)
def test_a_stroke_that_is_none(pad, strokes, stroke, message):
    drawn(pad, strokes[3])
    before, mu = pad.view.get_state(), pad.mu
    with pytest.raises(traitlets.TraitError, match=f"^{message}"):
        pad.stroke = stroke
    assert torch.equal(pad.stroke, strokes[3]) and pad.view.get_state() == before and pad.mu == mu


def test_what_was_set_may_be_written_into(pad, strokes):
    for stroke in (strokes[4].clone(), strokes[4].numpy().copy()):
        pad.stroke = stroke
        stroke[:] = 0.5
        assert torch.equal(pad.stroke, strokes[4])
    again = strokes[4].clone()  # nothing changes, and still it is a copy
    pad.stroke = again
    again[:] = 0.5
    assert torch.equal(pad.stroke, strokes[4])


def test_a_page_rounds_otherwise(pad, strokes):
    drawn(pad, strokes[5] * (1 + 1e-5) / strokes[5].max())
    assert pad.stroke.max() == 1


def test_all_are_observed_once_for_each_change_and_agree(pad, model, strokes):
    seen = []
    pad.observe(lambda change: seen.append((change["name"], pad.mu, pad.logvar)), "stroke")
    pad.observe(lambda change: seen.append((change["name"], change["new"])), ["mu", "logvar"])
    drawn(pad, strokes[5])
    drawn(pad, strokes[5])  # the same
    with torch.no_grad():
        mu, logvar = (part[0].tolist() for part in model.encode(strokes[5:6]))
    assert sorted(seen, key=str) == sorted([("mu", mu), ("logvar", logvar), ("stroke", mu, logvar)], key=str)
    for name in ("mu", "logvar"):
        with pytest.raises(traitlets.TraitError, match="read-only"):
            setattr(pad, name, [0.0, 0.0])


def test_an_empty_sheet(pad, strokes):
    drawn(pad, None, lines=())
    assert pad.stroke is pad.mu is pad.logvar is pad.z is None
    pad.stroke = strokes[2]
    assert pad.z == pad.mu is not None
    pad.stroke = None
    assert pad.view.stroke == [] and pad.mu is None


def test_a_stroke_from_python_takes_the_drawings_place(pad, strokes, monkeypatch):
    drawn(pad, strokes[5], z=[1.0, 1.0])
    sent = recorded(pad.view, monkeypatch)
    pad.stroke = strokes[5]  # the same: the lines are still its lines
    assert len(pad.view.lines) == 1 and sent == []
    pad.stroke = strokes[6]
    (message,) = sent  # in one message: never a stroke beside another's lines
    assert message["state"]["stroke"] == strokes[6].flatten().tolist() and message["state"]["turn"] == 1
    assert pad.view.lines == [] and pad.view.index == -1 and pad.z == pad.mu


def test_a_drawing_from_the_browser_is_not_sent_back(pad, strokes, monkeypatch):
    """A late echo would take its last points back from under the pen."""
    sent = recorded(pad.view, monkeypatch)
    drawn(pad, strokes[5], z=[0.5, 0.5], backwards=True, hand=[0, 1])
    assert torch.equal(pad.stroke, strokes[5]) and pad.z == [0.5, 0.5] and sent == []


def test_a_drawing_on_its_way_when_python_sets_a_stroke_is_given_up(pad, strokes):
    pad.stroke = strokes[4]
    drawn(pad, strokes[5], hand=[0, 1], z=[1.0, 1.0])
    assert torch.equal(pad.stroke, strokes[4]) and pad.view.lines == [] and pad.z == pad.mu
    drawn(pad, strokes[5], hand=[pad.view.turn, 2])  # drawn upon the new one
    assert torch.equal(pad.stroke, strokes[5])


def test_z_is_where_the_decoder_writes_from(pad):
    limit = pad.view.limit
    for z in ([0.5, -1.0], (0.5, -1.0), np.array([0.5, -1.0]), torch.tensor([0.5, -1.0])):
        pad.z = z
        assert pad.z == pad.view.z == [0.5, -1.0]
    for z in ([NAN, 0.0], [limit + 0.1, 0.0], [1.0], "no", 3):
        with pytest.raises(ValueError, match="z: want 2 numbers"):
            pad.z = z
    pad.z = None
    assert pad.view.z == [] and pad.z == pad.mu


def broken(part: str) -> RecurrentVAE:
    model = RecurrentVAE(2, hidden=4)
    getattr(model, part).head.bias.data[0] = NAN
    return model


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"model": VAE(2, (8,))}, TypeError, "model: want a RecurrentVAE, got VAE"),
        (
            {"model": RecurrentVAE(8, hidden=4)},
            ValueError,
            "model: want one with latent_dim 2, got RecurrentVAE with 8",
        ),
        ({"model": broken("encoder")}, ValueError, "encoder: its weights contain NaN"),
        ({"model": broken("decoder")}, ValueError, "decoder: its weights contain NaN"),
        ({"strokes": torch.zeros(60, 16)}, ValueError, "strokes: want"),
        (
            {"strokes": torch.zeros(60, 9, 2)},
            ValueError,
            r"strokes: want \(N, 8, 2\) with N >= 1, got shape \(60, 9, 2\)",
        ),
        ({"strokes": torch.zeros(0, 8, 2), "labels": torch.zeros(0).long()}, ValueError, "strokes: want"),
        ({"strokes": torch.full((60, 8, 2), 50.0)}, ValueError, "strokes: want values in"),
        ({"labels": torch.zeros(59).long()}, ValueError, "labels: want a tensor of one label for each of the 60"),
        ({"labels": torch.full((60,), 10)}, ValueError, "labels: want whole numbers from 0 to 9"),
        ({"index": 60}, ValueError, "index: want a whole number from 0 to 59, got 60"),
        ({"index": True}, ValueError, "index: want"),
        ({"shown": 0}, ValueError, "shown: want a whole number >= 1"),
    ],
)
def test_unusable_arguments(model, strokes, labels, changes, error, message):
    arguments = {"model": model, "strokes": strokes, "labels": labels} | changes
    with pytest.raises(error, match=message):
        StrokePad(**arguments)


def test_it_keeps_a_copy_and_leaves_the_model_as_it_was(strokes, labels):
    changing = RecurrentVAE(2, hidden=4, seed=0).train()
    pad = StrokePad(changing, strokes, labels)
    mu, weights = pad.mu, pad.view.encoder["weights"]
    changing.encoder.head.bias.data += 5
    assert changing.training and all(parameter.requires_grad for parameter in changing.parameters())
    pad.stroke = None
    pad.stroke = strokes[0]
    assert pad.mu == mu and pad.view.encoder["weights"] == weights


def test_models_in_half_and_double_precision(model, strokes, labels):
    wanted = StrokePad(model, strokes, labels).mu
    double = RecurrentVAE(2, hidden=12, embedding=5, seed=0).double()
    assert StrokePad(double, strokes.double(), labels).mu == pytest.approx(wanted, abs=1e-6)
    half = RecurrentVAE(2, hidden=12, embedding=5, seed=0).half()
    assert StrokePad(half, strokes, labels).mu == pytest.approx(wanted, abs=1e-2)
