import base64
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from torch import nn

from vae_helpers.data.names import LANGUAGES, LETTERS, load_names, read_out, spell
from vae_helpers.models.name_vae import NameVAE
from vae_helpers.widgets import NameMachine
from vae_helpers.widgets.name_machine import lowered
from vae_helpers.widgets.shared.gru import export_gru


def grown(**sizes) -> NameVAE:
    """A model with random weights large enough to make its logits differ by several nats."""
    model = NameVAE(**sizes).eval()
    model.decoder.head.weight.data *= 8
    model.decoder.gru.weight_ih_l0.data *= 4
    return model


@pytest.fixture(scope="module")
def model():
    return grown()


@pytest.fixture(scope="module")
def small():
    return grown(hidden=12, embedding=5)


@pytest.fixture
def machine(small):
    return NameMachine(small, language=3, prefix="Mo", temperature=0.5)


def floats(data: bytes) -> str:
    """JavaScript for little-endian float32."""
    return f'new Float32Array(Uint8Array.from(Buffer.from("{base64.b64encode(data).decode()}", "base64")).buffer)'


def reader(view) -> str:
    """JavaScript for a ``readerOf(told)`` with the view's weights."""
    parts = ", ".join(f"{name}: {floats(getattr(view, name))}" for name in ("embedding", "gru", "head"))
    parts += f", network: {json.dumps(view.network)}, alphabet: {json.dumps(view.alphabet)}"
    return f"const readerOf = (told) => w.makeReader({{ {parts} }}, told);"


@pytest.mark.parametrize(("inputs", "size", "bias"), [(46, 128, True), (3, 5, False), (1, 1, True), (6, 7, True)])
def test_browser_and_torch_step_alike(inputs, size, bias):
    gru = nn.GRU(inputs, size, batch_first=True, bias=bias)
    x = torch.randn(20, inputs)
    sizes, weights = export_gru(gru)
    code = f"""
    const cell = w.makeGRU({json.dumps(sizes)}, {floats(weights)});
    const states = [cell.start()];
    for (const x of {x.tolist()}) states.push(cell.step(x, states.at(-1)));
    return states.slice(1).map((state) => [...state]);
    """
    with torch.no_grad():
        wanted = gru(x[None])[0][0].numpy()
    assert np.abs(run_in_node(code, "shared/gru.js") - wanted).max() < 1e-5


@pytest.mark.parametrize(
    ("gru", "error", "message"),
    [
        (nn.GRU(2, 3, num_layers=2), ValueError, "gru: want one layer that reads forwards, got num_layers=2"),
        (nn.GRU(2, 3, bidirectional=True), ValueError, "bidirectional=True"),
        (nn.LSTM(2, 3), TypeError, "gru: want an nn.GRU, got LSTM"),
        (nn.GRU(700, 600), ValueError, r"gru: 9.4 MB of weights"),
    ],
)
def test_what_the_browser_can_not_step(gru, error, message):
    with pytest.raises(error, match=message):
        export_gru(gru)


def test_a_gru_that_training_broke():
    gru = nn.GRU(2, 3)
    gru.bias_hh_l0.data[0] = float("nan")
    with pytest.raises(ValueError, match="gru: its weights contain NaN"):
        export_gru(gru)


def test_browser_and_torch_expect_the_same_letters(model):
    """Logits of names up to 20 letters, to 1e-3."""
    generator = torch.Generator().manual_seed(0)
    view = NameMachine(model).view
    letters = torch.randint(1, len(LETTERS) + 1, (6, 20), generator=generator)
    z = torch.randn(6, model.latent_dim, generator=generator)
    told = torch.cat([z, torch.eye(6)], dim=1)
    code = f"""{reader(view)}
    return {json.dumps(read_out(letters))}.map((name, k) => {{
      const next = readerOf({told.tolist()}[k]);
      return Array.from({{ length: 21 }}, (_, t) => [...next(name.slice(0, t))]);
    }});"""
    with torch.no_grad():
        wanted = model.decode(z, torch.arange(6), letters).numpy()
    got = np.array(run_in_node(code, "shared/names.js"))
    assert got.shape == wanted.shape == (6, 21, len(LETTERS) + 1) and wanted.std() > 1
    assert np.abs(got - wanted).max() < 1e-3


def test_the_page_has_the_names_that_python_has(model):
    machine = NameMachine(model, language=1, prefix="st", temperature=0.7)
    view = machine.view
    code = f"""{reader(view)}
    const [noise, next] = [{floats(view.noise)}, readerOf({[*machine.z, 0, 1, 0, 0, 0, 0]})];
    const each = noise.length / 8;
    return Array.from({{ length: 8 }}, (_, k) =>
      w.drawName(next, "st", 0.7, noise.subarray(each * k, each * (k + 1)), "{LETTERS}"));"""
    assert run_in_node(code, "shared/names.js") == machine.names
    assert len(set(machine.names)) > 4 and all(name.startswith("st") for name in machine.names)


def test_start(machine, small):
    view = machine.view
    assert (machine.language, machine.prefix, machine.temperature, view.count) == (3, "mo", 0.5, 8)
    assert (view.language, view.prefix, view.temperature, view.z) == (3, "mo", 0.5, machine.z)
    assert len(machine.z) == small.latent_dim and 0 < max(machine.z) <= 3
    steps = [value / machine.view.step for value in machine.z]  # where the sliders can stand
    assert steps == pytest.approx([round(step) for step in steps])
    assert view.languages == list(LANGUAGES) and not machine.presenter
    assert NameMachine(small).z == machine.z  # a draw with a seed
    assert repr(machine) == "NameMachine()" and repr(view) == "NameMachineView()"
    assert [len(NameMachine(small, count=n).names) for n in (1, np.int64(3))] == [1, 3]
    assert NameMachine(small, presenter=True)._dom_classes == ("vae-stage", "vae-presenter")


def test_all_names_of_the_data_are_known(machine):
    known = [text.split(" ") for text in machine.view.known]
    assert sum(map(len, known)) == 6343
    for split in ("train", "test"):
        names, languages = load_names(split)
        assert all(name in known[k] for name, k in zip(read_out(names[:50]), languages[:50].tolist(), strict=True))


def test_what_is_sent_stays_small(model):
    """Under 0.5 MB, with the names of the data."""
    state = NameMachine(model).view.get_state()
    code, _ = len(state.pop("_esm")), state.pop("_css")  # the style sheet is that of all widgets
    raw = sum(len(state.pop(name)) for name in ("embedding", "gru", "head", "noise"))
    assert raw + len(json.dumps(state)) < 5e5 and code < 45_000


def test_names_follow_what_is_set_and_only_that(machine):
    names = machine.names
    assert machine.names == names
    changes = {"language": 0, "prefix": "zu", "temperature": 1.5, "z": [0.0] * 8}
    for name, value in changes.items():
        before, old = machine.names, getattr(machine, name)
        setattr(machine, name, value)
        assert machine.names != before
        setattr(machine, name, old)
        assert machine.names == names
    machine.draw()
    assert machine.names != names


def test_cold_names_are_all_alike(small):
    """At 0.1 the noise hardly counts, and it is all that differs between names: they share one z."""
    hot, cold = (NameMachine(small, temperature=temperature, count=20).names for temperature in (1.5, 0.1))
    assert len(set(cold)) < len(set(hot)) == 20


def test_a_little_warmer_changes_a_few_names_only(model):
    machine = NameMachine(model, count=40, temperature=0.8)
    before = machine.names
    machine.temperature = 0.81
    kept = sum(a == b for a, b in zip(before, machine.names, strict=True))
    assert 20 < kept < 40
    machine.draw()
    assert sum(a == b for a, b in zip(before, machine.names, strict=True)) < 10


def test_the_largest_with_noise_is_a_draw_from_the_softmax(small):
    """First letters of many names beside the model's probabilities."""
    machine = NameMachine(small, temperature=0.8, count=4000)
    counts = torch.bincount(spell([name[:1] for name in machine.names], steps=1)[:, 0], minlength=61)
    told = torch.cat([torch.tensor([machine.z]), torch.eye(6)[:1]], dim=1)
    with torch.no_grad():
        logits, _ = small.decoder.step(torch.zeros(1, dtype=torch.long), told, None)
    p = (logits[0] / 0.8).softmax(dim=0)
    assert ((counts / 4000 - p).abs() < 5 * (p * (1 - p) / 4000).sqrt() + 1e-3).all() and p.max() > 0.05


def test_machine_and_view_follow_each_other(machine):
    seen = []
    machine.observe(
        lambda change: seen.append((change["name"], change["new"])), ["language", "prefix", "temperature", "z"]
    )
    machine.view.set_state({"language": 4, "prefix": "şı", "temperature": 1.1, "z": [0, 1.5, 0, 0, 0, 0, 0, -3]})
    assert (machine.language, machine.prefix, machine.temperature) == (4, "şı", 1.1)
    assert machine.z == [0, 1.5, 0, 0, 0, 0, 0, -3] and len(seen) == 4
    machine.z = torch.full((8,), 0.5)
    machine.language, machine.temperature = np.int64(2), np.float32(0.25)
    assert machine.view.z == [0.5] * 8 and (machine.view.language, machine.view.temperature) == (2, 0.25)
    machine.view.set_state({"noise": memoryview(np.zeros(8 * 24 * 61, "<f4"))})  # as a message from the browser does
    assert len(set(machine.names)) == 1


def test_the_kernel_sends_nothing_back(machine, monkeypatch):
    """A late echo would take the last letters back from under the hand that types."""
    sent = []
    monkeypatch.setattr(machine.view, "_send", lambda message, buffers=None: sent.append(message))
    machine.view.set_state({"language": 1, "prefix": "ka", "temperature": 1.0, "z": [0.5] * 8})
    assert machine.prefix == "ka" and sent == []


def test_capitals_are_small_letters():
    cases = [
        ("KoW", False, "kow"),
        ("I", False, "i"),
        ("I", True, "ı"),
        ("İi", True, "ii"),
        ("C\u0301I\u0307", True, "ći"),
    ]
    for text, turkish, wanted in cases:
        assert lowered(text, turkish) == wanted
    code = f"return {json.dumps(cases)}.map(([text, turkish]) => w.lowered(text, turkish));"
    assert run_in_node(code, "shared/names.js") == [wanted for _, _, wanted in cases]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("language", 6, r"language: want a whole number from 0 to 5, a place in \('Polish'.*, got 6"),
        ("language", -1, "language: want"),
        ("language", True, "language: want"),
        ("language", "Zulu", "language: want"),
        ("prefix", "ko5", "prefix: want letters of abc.*, got '5' in 'ko5'"),
        ("language", None, "language: want"),
        ("temperature", None, "temperature: want"),
        ("z", None, "z: want"),
        ("prefix", None, "prefix: want a text, got None"),
        ("prefix", "a" * 17, "prefix: want at most 16 letters, got 17"),
        ("temperature", 0, "temperature: want a number from 0.1 to 1.5, got 0"),
        ("temperature", 1.6, "temperature: want"),
        ("temperature", float("nan"), "temperature: want"),
        ("temperature", "0.5", "temperature: want"),
        ("z", [0.0] * 7, "z: want 8 numbers from -3 to 3, got"),
        ("z", [3.5] + [0.0] * 7, "z: want"),
        ("z", [float("nan")] * 8, "z: want"),
        ("z", 0.5, "z: want"),
        ("z", "00000000", "z: want"),
    ],
)
def test_what_is_out_of_range_is_refused(machine, small, name, value, message):
    before = getattr(machine, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(machine, name, value)
    assert getattr(machine, name) == getattr(machine.view, name) == before
    if name != "z":  # which is no argument
        with pytest.raises(traitlets.TraitError, match=message):
            NameMachine(small, **{name: value})


def test_unusable_models(small):
    broken = grown(hidden=4)
    broken.decoder.head.bias.data[0] = float("inf")
    for model, error, message in (
        (nn.Linear(2, 2), TypeError, "model: want a NameVAE, got Linear"),
        (NameVAE(languages=5, hidden=4), ValueError, "model: want one of 6 languages and 61 letters, got 5 and 61"),
        (NameVAE(letters=27, hidden=4), ValueError, "got 6 and 27"),
        (broken, ValueError, "decoder: its weights contain NaN or infinity"),
    ):
        with pytest.raises(error, match=message):
            NameMachine(model)
    with pytest.raises(ValueError, match="count: want a whole number >= 1, got 0"):
        NameMachine(small, count=0)


def test_it_keeps_a_copy_and_leaves_the_model_as_it_was(small):
    changing = grown(hidden=4)
    machine = NameMachine(changing)
    names, weights = machine.names, machine.view.head
    changing.decoder.head.weight.data.zero_()
    assert (machine.names, machine.view.head) == (names, weights)
    training = NameVAE(hidden=4).train()
    NameMachine(training)
    assert training.training and all(parameter.requires_grad for parameter in training.parameters())


def test_models_in_half_and_double_precision(small):
    wanted = NameMachine(small).names
    assert NameMachine(grown(hidden=12, embedding=5).double()).names == wanted
    assert len(NameMachine(grown(hidden=12, embedding=5).half()).names) == 8
