"""A decoder that the browser can't evaluate, in a real JupyterLab: the kernel decodes, the newest latent wins."""

import json

import numpy as np
import pytest
import torch
from driving import drag, frames, pixels, steady_box, wait_for_change, wait_until

from vae_helpers.encoding import decode_images
from vae_helpers.models import VAE

MODEL = """
import torch
from torch import nn

class Convolutions(nn.Sequential):
    broken, gate = False, None

    def forward(self, z):
        if Convolutions.broken:
            raise RuntimeError("broken on purpose")
        import pathlib, time
        while Convolutions.gate and not pathlib.Path(Convolutions.gate).exists():
            time.sleep(0.02)
        return super().forward(z)

def make_model(latent_dim):
    from vae_helpers.models import VAE
    model = VAE(latent_dim, (8,), seed=0)
    torch.manual_seed(0)
    layers = [nn.Linear(latent_dim, 8 * 49), nn.Unflatten(1, (8, 7, 7)), nn.ReLU()]
    layers += [nn.ConvTranspose2d(8, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 1, 4, 2, 1)]
    model.decoder = Convolutions(*layers)
    for parameter in model.decoder.parameters():
        parameter.data *= 3  # strokes that change from place to place, from weights that nobody trained
    return model
"""
CELLS = [
    MODEL,
    """from vae_helpers.data import load_mnist
from vae_helpers.widgets import InterpolationSlider, LatentPad, LatentSliders, ReparameterizationDials
images, labels = (part[:100] for part in load_mnist("test"))
model = make_model(2)""",
    "pad = LatentPad(model, images, labels)\npad",
    "slider = InterpolationSlider(make_model(3), images, labels)\nslider",
    "many = LatentSliders(make_model(5))\nmany",
    "dials = ReparameterizationDials(model)\ndials",
]

# Counts the frames that show a blank digit, or under a caption another digit than in the caption's first frame: then
# one of the two came too early.
WATCH = """(cell) => {
    const [canvas, text] = [cell.querySelector('.vae-large canvas'), cell.querySelector('.vae-large figcaption')];
    const state = window.watched = { frames: 0, blank: 0, mixed: 0, captions: [], on: true };
    const seen = new Map();
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
        const data = canvas.getContext('2d').getImageData(0, 0, 28, 28).data;
        let [sum, ink] = [0, 0];
        for (let i = 0; i < data.length; i += 4) [sum, ink] = [(sum * 31 + data[i]) % 2147483647, ink + 255 - data[i]];
        const caption = text.textContent;
        state.frames += 1;
        state.blank += ink === 0 || data[3] === 0 || !caption;
        if (!seen.has(caption)) state.captions.push(caption);
        else state.mixed += seen.get(caption) !== sum;
        seen.set(caption, sum);
    };
    const frame = () => {
        channel.port2.postMessage(0);
        if (state.on) requestAnimationFrame(frame);
    };
    frame();
}"""


@pytest.fixture(scope="module")
def make_model():
    names = {"VAE": VAE}
    exec(MODEL, names)  # the very model of the notebook
    return names["make_model"]


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(CELLS)
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def pad(notebook):
    """The pad's cell, at the origin and with its digit."""
    cell = notebook.show("pad = LatentPad(")
    notebook.python("pad.z = [0.0, 0.0]")
    cell.get_by_text("z = (0.00, 0.00)").first.wait_for()
    return cell


def caption(cell) -> str:
    return cell.locator(".vae-large figcaption").inner_text()


def shown(cell, model, z) -> float:
    """How far the large digit is from what PyTorch says of z."""
    wanted = decode_images(model, torch.tensor([z]))[0, 0].numpy()
    return np.abs(pixels(cell.locator(".vae-large canvas")) - wanted).max()


def wait_for_digit(cell, model, z) -> None:
    wait_until(cell.page, lambda: shown(cell, model, z) < 0.6 / 255)


def python_z(notebook, name: str, wanted=None) -> list[float]:
    """The latent as Python has it, which hears of it later than the page."""
    read = lambda: json.loads(notebook.python(f"import json; print(json.dumps({name}.z))"))  # noqa: E731
    return wait_until(notebook.page, lambda: wanted in (None, z := read()) and z)


def press(cell, key: str, times: int = 1, pause: int = 0) -> None:
    """Press a key on the pad, with a pause of so many frames after each press."""
    cell.locator(".vae-pad-map").focus()
    for _ in range(times):
        cell.page.keyboard.press(key)
        frames(cell.page, pause)


def test_the_pad_shows_what_torch_says(notebook, pad, make_model):
    for x, y in ((0.25, 0.25), (0.75, 0.625), (0.97, 0.03)):
        box, before = steady_box(notebook.page, pad.locator(".vae-pad-map")), caption(pad)
        notebook.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        now = wait_for_change(notebook.page, lambda: caption(pad), before)  # noqa: B023
        agree = lambda: "z = ({:.2f}, {:.2f})".format(*python_z(notebook, "pad")) in now  # noqa: B023, E731
        wait_until(notebook.page, agree)
        assert shown(pad, make_model(2), python_z(notebook, "pad")) < 0.6 / 255


def test_sixty_presses_end_on_the_right_digit_and_nothing_flickers(notebook, pad, make_model):
    pad.evaluate(WATCH)
    press(pad, "ArrowRight", 60, pause=1)
    pad.get_by_text("z = (3.00, 0.00)").wait_for()
    frames(notebook.page)
    state = notebook.page.evaluate("(watched.on = false, watched)")
    assert state["frames"] > 20 and (state["blank"], state["mixed"]) == (0, 0)
    places = [float(text.split("(")[1].split(",")[0]) for text in state["captions"]]
    assert len(places) >= 3 and places == sorted(places) and places[-1] == 3.0  # on the way there, and none too late
    assert python_z(notebook, "pad", [3.0, 0.0]) and shown(pad, make_model(2), [3.0, 0.0]) < 0.6 / 255


def test_a_slow_decoder_is_asked_for_the_newest_only(notebook, pad, make_model, tmp_path):
    """It answers the first request only after all keys have been pressed."""
    gate = tmp_path / "open"
    notebook.python(f"type(model.decoder).gate = {str(gate)!r}")
    pad.evaluate(WATCH)
    press(pad, "ArrowUp", 40)
    assert caption(pad).startswith("z = (0.00, 0.00)")
    gate.touch()
    pad.get_by_text("z = (0.00, 2.00)").wait_for()
    frames(notebook.page)
    state = notebook.page.evaluate("(watched.on = false, watched)")
    assert (state["blank"], state["mixed"]) == (0, 0)
    # Where it started, the first press, the last. A machine so slow that the keys took more than the three seconds
    # after which a view asks again may show a few more.
    assert 2 <= len(state["captions"]) < 12
    assert shown(pad, make_model(2), [0.0, 2.0]) < 0.6 / 255
    notebook.python("type(model.decoder).gate = None")


def test_an_error_is_shown_and_goes_away(notebook, pad, make_model):
    error, digit = pad.locator(".vae-error"), pixels(pad.locator(".vae-large canvas"))
    notebook.python("type(model.decoder).broken = True")
    press(pad, "ArrowRight")
    error.wait_for()
    assert "RuntimeError: broken on purpose" in error.inner_text()
    assert caption(pad).startswith("z = (0.00, 0.00)") and (pixels(pad.locator(".vae-large canvas")) == digit).all()
    notebook.python("type(model.decoder).broken = False")
    press(pad, "ArrowRight")
    error.wait_for(state="detached")
    pad.get_by_text("z = (0.10, 0.00)").wait_for()
    assert caption(pad).startswith("z = (0.10, 0.00)") and shown(pad, make_model(2), [0.1, 0.0]) < 0.6 / 255


def test_a_busy_kernel_shows_the_latest_place_in_the_end(notebook, pad, make_model):
    """Whether comms have a thread of their own or wait for the cell."""
    with notebook.busy():
        press(pad, "ArrowLeft", 20, pause=3)
    pad.get_by_text("z = (-1.00, 0.00)").wait_for()
    wait_for_digit(pad, make_model(2), [-1.0, 0.0])
    pad.locator(".vae-silent").wait_for(state="detached")


def test_two_views_of_one_pad_agree(notebook, pad, make_model):
    notebook.page.evaluate("""async () => {
        const cell = jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel;
        cell.setSource('display(pad, pad)  # pad = LatentPad( is how the tests find it');
        await jupyterapp.commands.execute('notebook:run-cell');
    }""")
    digits = pad.locator(".vae-large figcaption")
    digits.nth(1).wait_for()
    press(pad.locator(".vae-pad").first, "ArrowUp", 30)
    for view in pad.locator(".vae-pad").all():
        view.get_by_text("z = (0.00, 1.50)").wait_for()
        wait_for_digit(view, make_model(2), [0.0, 1.5])


def test_interpolation_has_three_places(notebook, make_model):
    page, cell = notebook.page, notebook.show("slider = InterpolationSlider(")
    read = lambda: caption(cell)  # noqa: E731
    wait_until(page, lambda: read().startswith("t = 0.00"))
    drag(page, cell.locator(".noUi-base"), 0.0, 0.6)
    wait_until(page, lambda: read().startswith(("t = 0.6", "t = 0.5")))
    wait_until(page, lambda: read().startswith(notebook.python("print(f't = {slider.t:.2f}')")))
    assert shown(cell, make_model(3), python_z(notebook, "slider")) < 0.6 / 255
    ends = json.loads(notebook.python("print(json.dumps([slider.view.start, slider.view.end]))"))
    for place, code in zip((1, 3), ends, strict=True):
        wanted = decode_images(make_model(3), torch.tensor([code]))[0, 0].numpy()
        assert np.abs(pixels(cell.locator(".vae-digit canvas").nth(place)) - wanted).max() < 0.6 / 255
    captions = cell.locator("figcaption").all_inner_texts()
    assert "decoded at t\u00a0=\u00a00" in captions[1] and "decoded at t\u00a0=\u00a01" in captions[3]


def test_latent_sliders(notebook, make_model):
    cell = notebook.show("many = LatentSliders(")
    cell.get_by_text("|z| = 0.00").wait_for()
    cell.locator(".noUi-handle").nth(4).focus()
    notebook.page.keyboard.press("End")
    cell.get_by_text("|z| = 3.00").wait_for()
    assert shown(cell, make_model(5), [0.0, 0.0, 0.0, 0.0, 3.0]) < 0.6 / 255


def test_dials(notebook, make_model):
    page, cell = notebook.page, notebook.show("dials = ReparameterizationDials(")
    wait_until(page, lambda: caption(cell))
    before = caption(cell)
    cell.locator(".noUi-handle").first.focus()
    page.keyboard.press("End")
    wait_for_change(page, lambda: caption(cell), before)
    wait_until(page, lambda: float(notebook.python("print(dials.mu1)")) == 3.0)
    wait_for_digit(cell, make_model(2), python_z(notebook, "dials"))


def test_without_a_kernel_a_note_says_so(notebook, pad):
    """Last: the kernel does not come back."""
    assert notebook.errors() == [] and notebook.console == []
    pad = pad.locator(".vae-pad").first
    digit = pixels(pad.locator(".vae-large canvas"))
    notebook.close()
    press(pad, "ArrowRight", 3)
    note = pad.locator(".vae-silent")
    note.wait_for()
    assert "no kernel answers" in note.inner_text()
    assert caption(pad).startswith("z = (0.00, 0.00)") and (pixels(pad.locator(".vae-large canvas")) == digit).all()
