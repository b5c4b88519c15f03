"""A decoder that the browser can't evaluate, in a real JupyterLab: the kernel decodes, the newest latent wins."""

import json

import nbformat
import numpy as np
import pytest
import torch
from conftest import Notebook, running_lab
from driving import drag, pixels, wait_for_change

from vae_helpers.encoding import decode_images
from vae_helpers.models import VAE

MODEL = """
import torch
from torch import nn

class Convolutions(nn.Sequential):
    broken, slow = False, 0.0

    def forward(self, z):
        if Convolutions.broken:
            raise RuntimeError("broken on purpose")
        import time
        time.sleep(Convolutions.slow)
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
def notebook(browser, tmp_path_factory):
    home = tmp_path_factory.mktemp("kernel-decoder")
    folder = home / "notebooks"
    folder.mkdir()
    kernel = {"name": "python3", "display_name": "Python 3"}  # without it JupyterLab asks for one
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "live.ipynb")
    with running_lab(home, folder) as lab:
        notebook = Notebook(browser, lab, "live.ipynb")
        notebook.run_all()
        assert notebook.errors() == []
        yield notebook
        notebook.page.close()


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


def python_z(notebook, name: str) -> list[float]:
    notebook.page.wait_for_timeout(400)  # z is sent at most every 120 ms
    return json.loads(notebook.python(f"import json; print(json.dumps({name}.z))"))


def press(cell, key: str, times: int = 1, pause: float = 0) -> None:
    cell.locator(".vae-pad-map").focus()
    for _ in range(times):
        cell.page.keyboard.press(key)
        cell.page.wait_for_timeout(pause)


def test_the_pad_shows_what_torch_says(notebook, pad, make_model):
    box = pad.locator(".vae-pad-map").bounding_box()
    for x, y in ((0.25, 0.25), (0.75, 0.625), (0.97, 0.03)):
        before = caption(pad)
        notebook.page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        wait_for_change(notebook.page, lambda: caption(pad), before)  # noqa: B023
        assert shown(pad, make_model(2), python_z(notebook, "pad")) < 0.6 / 255


def test_sixty_presses_end_on_the_right_digit_and_nothing_flickers(notebook, pad, make_model):
    pad.evaluate(WATCH)
    press(pad, "ArrowRight", 60, pause=16)  # ms: one for each frame
    pad.get_by_text("z = (3.00, 0.00)").wait_for(timeout=10_000)
    state = notebook.page.evaluate("(watched.on = false, watched)")
    assert state["frames"] > 20 and (state["blank"], state["mixed"]) == (0, 0)
    places = [float(text.split("(")[1].split(",")[0]) for text in state["captions"]]
    assert len(places) >= 3 and places == sorted(places) and places[-1] == 3.0  # on the way there, and none too late
    assert python_z(notebook, "pad") == [3.0, 0.0] and shown(pad, make_model(2), [3.0, 0.0]) < 0.6 / 255


def test_a_slow_decoder_is_asked_for_the_newest_only(notebook, pad, make_model):
    notebook.python("type(model.decoder).slow = 0.4")
    pad.evaluate(WATCH)
    press(pad, "ArrowUp", 40)
    pad.get_by_text("z = (0.00, 2.00)").wait_for(timeout=10_000)
    notebook.python("type(model.decoder).slow = 0.0")
    state = notebook.page.evaluate("(watched.on = false, watched)")
    assert (state["blank"], state["mixed"]) == (0, 0) and 2 <= len(state["captions"]) < 12
    assert shown(pad, make_model(2), [0.0, 2.0]) < 0.6 / 255


def test_an_error_is_shown_and_goes_away(notebook, pad, make_model):
    error, digit = pad.locator(".vae-error"), pixels(pad.locator(".vae-large canvas"))
    notebook.python("type(model.decoder).broken = True")
    press(pad, "ArrowRight")
    error.wait_for(timeout=5000)
    assert "RuntimeError: broken on purpose" in error.inner_text()
    assert caption(pad).startswith("z = (0.00, 0.00)") and (pixels(pad.locator(".vae-large canvas")) == digit).all()
    notebook.python("type(model.decoder).broken = False")
    press(pad, "ArrowRight")
    error.wait_for(state="detached", timeout=5000)
    assert caption(pad).startswith("z = (0.10, 0.00)") and shown(pad, make_model(2), [0.1, 0.0]) < 0.6 / 255


def test_a_busy_kernel_shows_the_latest_place_in_the_end(notebook, pad, make_model):
    """Whether comms have a thread of their own or wait for the cell."""
    notebook.page.evaluate("""() => {
        const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        window.busy = kernel.requestExecute({code: 'import time; time.sleep(4)'});
    }""")
    press(pad, "ArrowLeft", 20, pause=50)
    notebook.page.evaluate("window.busy.done.then(() => null)")
    pad.get_by_text("z = (-1.00, 0.00)").wait_for(timeout=5000)
    assert shown(pad, make_model(2), [-1.0, 0.0]) < 0.6 / 255 and pad.locator(".vae-silent").count() == 0


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
        view.get_by_text("z = (0.00, 1.50)").wait_for(timeout=5000)
        assert shown(view, make_model(2), [0.0, 1.5]) < 0.6 / 255


def test_interpolation_has_three_places(notebook, make_model):
    page, cell = notebook.page, notebook.show("slider = InterpolationSlider(")
    read = lambda: caption(cell)  # noqa: E731
    wait_for_change(page, lambda: read().startswith("t = 0.00"), False)
    drag(page, cell.locator(".noUi-base"), 0.0, 0.6)
    page.wait_for_timeout(500)
    z = python_z(notebook, "slider")
    assert read().startswith("t = 0.6") or read().startswith("t = 0.5")
    assert shown(cell, make_model(3), z) < 0.6 / 255
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
    wait_for_change(page, lambda: bool(caption(cell)), False)
    before = caption(cell)
    cell.locator(".noUi-handle").first.focus()
    page.keyboard.press("End")
    wait_for_change(page, lambda: caption(cell), before)
    assert shown(cell, make_model(2), python_z(notebook, "dials")) < 0.6 / 255


def test_without_a_kernel_a_note_says_so(notebook, pad):
    """Last: the kernel does not come back."""
    assert notebook.errors() == [] and notebook.console == []
    pad = pad.locator(".vae-pad").first
    digit = pixels(pad.locator(".vae-large canvas"))
    notebook.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    notebook.page.wait_for_timeout(1000)
    press(pad, "ArrowRight", 3)
    note = pad.locator(".vae-silent")
    note.wait_for(timeout=6000)
    assert "no kernel answers" in note.inner_text()
    assert caption(pad).startswith("z = (0.00, 0.00)") and (pixels(pad.locator(".vae-large canvas")) == digit).all()
