import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from torch import nn

from vae_helpers.models import RecurrentVAE
from vae_helpers.widgets import MovingPen
from vae_helpers.widgets.shared.pen_decoder import export_pen, noise_of


def grown(share: float, seed: int = 0, **sizes) -> RecurrentVAE:
    """An untrained model whose points and sigmas differ as a trained one's do; in half precision's values."""
    model = RecurrentVAE(**({"latent_dim": 4, "hidden": 16, "embedding": 6} | sizes), input_dropout=share, seed=seed)
    for weight in (model.decoder.head.weight, model.decoder.gru.weight_ih_l0):
        weight.data *= 4
    model.encoder.head.weight.data *= 8
    model.decoder.head.bias.data += torch.tensor([0.5, 0.5, -4.0, -4.0])
    return model.half().float().eval()


@pytest.fixture(scope="module")
def models():
    return {"no input": grown(1.0), "half": grown(0.5, seed=1), "true points": grown(0.0, seed=2)}


@pytest.fixture(scope="module")
def strokes():
    return torch.rand(12, 8, 2, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def pen(models, strokes):
    return MovingPen(models, strokes[0], strokes[1], strokes[2:], t=0.25)


def in_browser(pen: MovingPen, code: str):
    """What ``code`` returns of ``pens``, a dict of { pen, codes }, and of ``traits``; ``bytes`` reads a trait."""
    sent = ("names", "networks", "half", "latent_dim", "told", "shuffle", "temperature")
    traits = {name: getattr(pen, name) for name in sent}
    data = {name: base64.b64encode(getattr(pen, name)).decode() for name in ("weights", "codes", "noise")}
    return run_in_node(
        f"""const traits = {json.dumps(traits)};
        for (const [name, text] of Object.entries({json.dumps(data)}))
          traits[name] = new DataView(Uint8Array.from(Buffer.from(text, "base64")).buffer);
        const pens = w.readPens({{ get: (name) => traits[name] }});
        const settings = {{ ...traits, noise: new Float32Array(traits.noise.buffer) }};
        {code}""",
        "moving_pen.js",
    )


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_browser_and_torch_write_the_same_strokes(pen, models, temperature):
    """With the same noise, to 1e-3, all along the walk."""
    pen.temperature = temperature
    times = [k / 10 for k in range(11)]
    got = in_browser(
        pen,
        f"""return Object.values(pens).map((one) => {json.dumps(times)}.map((t) =>
          w.stepsAt(one, t, settings).written.map(({{ point }}) => point)));""",
    )
    wanted = []
    for name, model in models.items():
        pen.model = name
        codes = []
        for pen.t in times:
            codes.append(pen.z)
            assert torch.allclose(pen.stroke, model.write(pen.z[None], temperature=temperature, seed=0)[0], atol=1e-5)
        wanted.append(torch.stack([model.write(z[None], temperature=temperature, seed=0)[0] for z in codes]).numpy())
    assert np.shape(got) == (3, 11, 8, 2) and np.std(wanted) > 0.05
    assert np.abs(np.array(got) - wanted).max() < 1e-3


def test_browser_and_torch_expect_the_same_of_given_points(pen, models):
    """``decode`` with the code of another stroke: means and sigmas to 1e-3."""
    pen.shuffle, pen.told, pen.temperature = True, 7, 1.0
    got = in_browser(
        pen,
        """return Object.values(pens).map((one) => {
          const { expected } = w.stepsAt(one, 0.25, settings);
          return ["point", "mean", "sigma"].map((name) => expected.map((step) => step[name]));
        });""",
    )
    for (name, model), (points, mean, sigma) in zip(models.items(), got, strict=True):
        pen.model = name
        read = torch.tensor(points)
        assert (read - pen.stroke).abs().max() < 1e-3  # what its own z has written
        with torch.no_grad():
            wanted, logvar = model.decode(pen._codes[name][2 + 7][None], read[None])
        assert np.abs(np.array(mean) - wanted[0].numpy()).max() < 1e-3
        assert np.abs(np.array(sigma) - (0.5 * logvar[0]).exp().numpy()).max() < 1e-3


def test_the_nats_on_the_page_are_torchs(models, strokes):
    model, z = models["true points"], torch.ones(4)
    sizes, weights = export_pen(model)
    code = f"""
    const bytes = Uint8Array.from(Buffer.from("{base64.b64encode(weights).decode()}", "base64"));
    const weights = new Float32Array(bytes.buffer);
    return w.nllOf(w.makePen({json.dumps(sizes)}, weights).read({z.tolist()}, {strokes[0].tolist()}));"""
    with torch.no_grad():
        wanted = model.nll(z[None], strokes[:1]).item()
    assert run_in_node(code, "shared/pen_decoder.js") == pytest.approx(wanted, abs=1e-2)


def test_the_walk_goes_from_mean_to_mean(pen, models, strokes):
    with torch.no_grad():
        mu, _ = models["no input"].encode(strokes[:2])
    for pen.t, wanted in ((0, mu[0]), (1, mu[1]), (0.25, 0.75 * mu[0] + 0.25 * mu[1])):
        assert torch.allclose(pen.z, wanted, atol=1e-5)


def test_start(pen, models, strokes):
    assert (pen.t, pen.model, pen.temperature, pen.shuffle, pen.told, pen.walk) == (
        0.25,
        "no input",
        0,
        False,
        0,
        False,
    )
    assert pen.names == list(models) and pen.half and not pen.presenter
    assert [sizes["blind"] for sizes in pen.networks] == [True, False, False]
    assert len(pen.codes) == 4 * 3 * 12 * 4 and pen.others == strokes[2:].numpy().tobytes()
    assert repr(pen) == "MovingPen(no input; half; true points, 10 other strokes)"
    alone = MovingPen(models["half"], strokes[0], strokes[1], strokes[2:3], presenter=True)
    assert (alone.names, alone.model, alone.presenter) == ([""], "", True)
    assert repr(alone) == "MovingPen(1 other strokes)" and alone.stroke.shape == (8, 2)
    assert alone._dom_classes == ("vae-stage", "vae-presenter")


def test_what_is_sent_stays_small(strokes):
    """Two models of 128 states, with 48 other strokes: under 0.5 MB."""
    big = {name: grown(share, hidden=128, embedding=32, latent_dim=8) for name, share in (("a", 1.0), ("b", 0.0))}
    state = MovingPen(big, strokes[0], strokes[1], strokes.repeat(4, 1, 1)).get_state()
    code, _ = len(state.pop("_esm")), state.pop("_css")  # the style sheet is that of all widgets
    raw = sum(len(state.pop(name)) for name in ("weights", "codes", "others", "noise"))
    assert raw + len(json.dumps(state)) < 3e5 and code < 50_000


def test_the_stroke_follows_what_is_set_and_only_that(pen):
    pen.temperature = 0.5
    stroke = pen.stroke
    assert torch.equal(pen.stroke, stroke)
    for name, value in {"t": 0.9, "model": "half", "temperature": 1.0}.items():
        old = getattr(pen, name)
        setattr(pen, name, value)
        assert not torch.allclose(pen.stroke, stroke)
        setattr(pen, name, old)
        assert torch.equal(pen.stroke, stroke)
    for name, value in {"speed": 9, "shuffle": True, "told": 3, "walk": True}.items():
        setattr(pen, name, value)
        assert torch.equal(pen.stroke, stroke)


def test_drawn_anew_it_is_other_noise_and_another_stroke(pen):
    told = []
    for _ in range(12):
        before, noise = pen.told, pen.noise
        pen.draw()
        assert pen.told != before and pen.noise != noise
        told.append(pen.told)
    assert len(set(told)) > 3
    pen.temperature = 0
    stroke = pen.stroke
    pen.draw()
    assert torch.equal(pen.stroke, stroke)  # the means know no noise


def test_one_other_stroke_stays(models, strokes):
    alone = MovingPen(models, strokes[0], strokes[1], strokes[2:3])
    alone.draw()
    assert alone.told == 0


def test_a_hand_on_the_page_is_seen_and_not_echoed(pen, monkeypatch):
    seen, sent = [], []
    pen.observe(lambda change: seen.append(change["name"]), ["t", "model", "temperature", "shuffle", "noise"])
    monkeypatch.setattr(pen, "_send", lambda message, buffers=None: sent.append(message))
    noise = memoryview(np.ones(16, "<f4"))  # as a message from the browser brings it
    pen.set_state({"t": 0.5, "model": "half", "temperature": 1, "shuffle": True, "noise": noise})
    assert sorted(seen) == ["model", "noise", "shuffle", "t", "temperature"] and sent == []
    assert (pen.t, pen.model, pen.temperature) == (0.5, "half", 1.0)
    assert torch.allclose(pen.stroke, pen._models["half"].write_with(torch.ones(1, 8, 2), pen.z[None])[0])


def test_numpys_numbers_are_numbers(pen):
    pen.t, pen.temperature, pen.told = np.float32(0.5), np.int64(1), np.int64(2)
    assert (pen.t, pen.temperature, pen.told) == (0.5, 1.0, 2)
    assert json.dumps([pen.t, pen.temperature, pen.told]) == "[0.5, 1.0, 2]"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("t", 1.01, "t: want a number from 0 to 1, got 1.01"),
        ("t", float("nan"), "t: want a number from 0 to 1, got nan"),
        ("t", True, "t: want a number"),
        ("t", None, "t: want a number"),
        ("temperature", -0.1, "temperature: want a number from 0 to 1.5, got -0.1"),
        ("temperature", "hot", "temperature: want a number"),
        ("speed", 0, "speed: want a number from 1 to 12, got 0"),
        ("model", "none", r"model: want one of \['no input', 'half', 'true points'\], got 'none'"),
        ("model", [], "model: want one of"),
        ("told", 10, "told: want a whole number from 0 to 9, a place in others, got 10"),
        ("told", 0.5, "told: want a whole number"),
        ("noise", b"1234", "noise: want 64 bytes, got 4"),
    ],
)
def test_what_is_out_of_range_is_refused(pen, name, value, message):
    before = getattr(pen, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(pen, name, value)
    assert getattr(pen, name) == before


def test_out_of_range_from_the_start(models, strokes):
    for name, value in (("t", 2), ("temperature", -1)):
        with pytest.raises(traitlets.TraitError, match=f"{name}: want a number"):
            MovingPen(models, strokes[0], strokes[1], strokes, **{name: value})


def test_unusable_models(models, strokes):
    ends = strokes[0], strokes[1], strokes[2:]
    broken, blurred = grown(0.0), grown(0.0)
    broken.decoder.head.bias.data[0] = float("inf")
    blurred.encoder.head.bias.data[0] = float("nan")
    for wrong, error, message in (
        ({}, ValueError, "models: want a RecurrentVAE, or a dict with at least one"),
        (nn.Linear(2, 2), TypeError, "models: want a RecurrentVAE, got Linear"),
        ({"a": None}, TypeError, "models: want a RecurrentVAE at 'a', got NoneType"),
        ({"": models["half"]}, TypeError, "models: want a dict of models by name, got the key ''"),
        ({3: models["half"]}, TypeError, "models: want a dict of models by name, got the key 3"),
        ({"a": models["half"], "b": RecurrentVAE(2, hidden=4)}, ValueError, "one latent_dim, got 4 of 'a', 2 of 'b'"),
        ({"a": broken}, ValueError, "a: the weights of|a: its weights contain NaN or infinity"),
        ({"a": blurred}, ValueError, "a: its weights contain NaN or infinity"),
    ):
        with pytest.raises(error, match=message):
            MovingPen(wrong, *ends)


def test_unusable_strokes(models, strokes):
    good = {"start": strokes[0], "end": strokes[1], "others": strokes[2:]}
    for name, wrong, error, message in (
        ("start", strokes[:1], ValueError, r"start: want shape \(8, 2\), got \(1, 8, 2\)"),
        ("end", strokes[0].tolist(), TypeError, "end: want a float tensor"),
        ("end", strokes[0] * 100, ValueError, "end: "),
        ("others", strokes[0], ValueError, r"others: want shape \(N, 8, 2\), got \(8, 2\)"),
        ("others", strokes[:0], ValueError, "others: want 1 to 500 strokes, got 0"),
        ("others", strokes.repeat(42, 1, 1), ValueError, "others: want 1 to 500 strokes, got 504"),
        ("others", strokes - 1, ValueError, "others: "),
    ):
        with pytest.raises(error, match=message):
            MovingPen(models, **(good | {name: wrong}))


def test_it_keeps_a_copy_and_leaves_the_model_as_it_was(strokes):
    model = grown(0.0).train()
    pen = MovingPen(model, strokes[0], strokes[1], strokes[2:])
    stroke = pen.stroke
    model.decoder.head.bias.data += 1
    assert torch.equal(pen.stroke, stroke)
    assert model.training and all(parameter.requires_grad for parameter in model.parameters())


def test_models_in_half_and_double_precision(models, strokes):
    wanted = MovingPen(grown(0.0), strokes[0], strokes[1], strokes[2:]).stroke
    for changed in (grown(0.0).half(), grown(0.0).double()):
        assert torch.allclose(MovingPen(changed, strokes[0], strokes[1], strokes[2:]).stroke, wanted)


def test_noise_is_that_of_write(models):
    model, z = models["half"], torch.zeros(1, 4)
    noise = noise_of(8, torch.Generator().manual_seed(3))
    assert torch.equal(model.write_with(noise[None], z, 0.7), model.write(z, temperature=0.7, seed=3))
