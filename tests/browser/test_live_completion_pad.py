"""The completion pad in JupyterLab: a digit chosen by keys or drawn, quadrants ticked, and what a model makes of it."""

import base64
import io
import json

import gallery
import numpy as np
import pytest
import torch
from driving import PNG, frames, wait_for_change, wait_until
from PIL import Image
from test_live_draw_pad import draw
from test_presenter import CONTRAST

from vae_helpers.data import load_mnist
from vae_helpers.models import CompletionVAE

BLUE = np.array([0x0B, 0x5F, 0xA5]) / 255  # what the model adds
VIVID = """
vivid = CompletionVAE(8, (32, 16))
for network in (vivid.prior, vivid.decoder):
    network[-1].weight.data *= 8  # untrained, but no two completions are alike
"""
CELLS = [gallery.SETUP, VIVID, "pad = CompletionPad(vivid, images, labels)\npad"]
HOOK = [[(0.2, 0.6), (0.3, 0.8), (0.45, 0.85)]]


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(CELLS)
    assert notebook.errors() == []
    return notebook


@pytest.fixture(scope="module")
def model():
    names = {"CompletionVAE": CompletionVAE}
    exec(VIVID, names)
    return names["vivid"]


@pytest.fixture
def cell(notebook):
    """The pad's cell, with test image 0 and its bottom left seen."""
    cell = notebook.show("pad = ")
    notebook.python("pad.seen = (False, False, True, False)")
    cell.locator(".vae-draw-paper").focus()
    notebook.page.keyboard.press("Home")
    wait_until(notebook.page, lambda: text(cell) == "test image 0, a 7; the model sees bottom left")
    wait_until(notebook.page, lambda: notebook.python("print(pad.view.index)") == "0")
    return cell


def text(cell) -> str:
    return cell.locator(".vae-draw-paper").get_attribute("aria-valuetext")


def colors(canvas) -> np.ndarray:
    data = base64.b64decode(canvas.evaluate(PNG).split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), dtype=float) / 255


def completions(cell) -> list[str]:
    return [canvas.evaluate(PNG) for canvas in cell.locator(".vae-completion-grid canvas").all()]


def image_of(notebook) -> torch.Tensor:
    numbers = notebook.python("import json; print(json.dumps(pad.image.flatten().tolist()))")
    return torch.tensor(json.loads(numbers)).reshape(1, 1, 28, 28)


def check(cell, model, image, seen) -> None:
    """The screen shows what torch says: the seen pixels in black, and the others in blue."""
    wanted = model.complete(image, torch.tensor([seen]), count=8, seed=0)[0, :, 0].numpy()
    unseen = ~np.array(seen).reshape(2, 2).repeat(14, 0).repeat(14, 1)
    pictures = cell.locator(".vae-completion-side canvas, .vae-completion-grid canvas")
    assert pictures.count() == 10
    for k, ink in enumerate([wanted.mean(axis=0), *wanted]):
        color = 1 - (1 - BLUE * unseen[..., None]) * ink[..., None]
        assert np.abs(colors(pictures.nth(k + 1)) - color).max() < 2 / 255
    shut = colors(pictures.nth(0))[..., 0]
    assert np.allclose(shut[unseen], 0xBB / 255)
    assert np.abs(shut - (1 - image[0, 0].numpy()))[~unseen].max() < 1 / 255


def test_keys_and_ticks_and_the_screen_shows_what_torch_says(notebook, cell, model):
    page, images = notebook.page, load_mnist("test")[0][:4]
    check(cell, model, images[:1], (False, False, True, False))
    page.keyboard.press("ArrowRight")
    cell.get_by_label("top right").check()
    wait_until(page, lambda: text(cell) == "test image 1, a 2; the model sees top right, bottom left")
    frames(page)
    check(cell, model, images[1:2], (False, True, True, False))
    wait_until(page, lambda: notebook.python("print(pad.seen, pad.view.index)") == "(False, True, True, False) 1")
    cell.get_by_label("top right").uncheck()
    wait_until(page, lambda: text(cell).endswith("the model sees bottom left"))


def test_strokes_stay_where_they_are_drawn(notebook, cell, model):
    page = notebook.page
    eps = notebook.python("print(hash(tuple(pad.view.eps)))")
    draw(notebook, cell, HOOK)
    wait_until(page, lambda: notebook.python("print(len(pad.strokes))") == "1")
    wait_until(page, lambda: text(cell) == "your drawing, 1 stroke; the model sees bottom left")
    image = image_of(notebook)
    rows, columns = (image[0, 0].amax(dim=dim).nonzero().flatten() for dim in (1, 0))
    reach = [float(one) for one in (columns[0], columns[-1], rows[0], rows[-1])]
    assert np.allclose(reach, [28 * 0.2 - 1.8, 28 * 0.45 + 0.8, 28 * 0.6 - 1.8, 28 * 0.85 + 0.8], atol=1.01)
    check(cell, model, image, (False, False, True, False))
    assert notebook.python("print(hash(tuple(pad.view.eps)))") == eps


def test_other_noise_undo_and_clear(notebook, cell):
    page = notebook.page
    button = lambda name: cell.get_by_role("button", name=name, exact=True)  # noqa: E731
    notebook.python("before = pad.view.eps")
    draw(notebook, cell, HOOK)
    drawn = completions(cell)
    button("draw z again").click()
    wait_for_change(page, lambda: completions(cell)[0], drawn[0])
    assert all(a != b for a, b in zip(completions(cell), drawn, strict=True))
    wait_until(page, lambda: notebook.python("print(pad.view.eps != before)") == "True")
    notebook.python("pad.view.eps = before")
    wait_until(page, lambda: completions(cell) == drawn)
    button("undo").click()
    wait_until(page, lambda: text(cell).startswith("an empty sheet") and button("undo").is_disabled())


def test_python_sets_the_image_and_what_is_seen(notebook, cell, model):
    page, images = notebook.page, load_mnist("test")[0][:1000]
    notebook.python("pad.image, pad.seen = images[700:701], (True, False, True, False)")
    wait_until(page, lambda: text(cell) == "an image from Python; the model sees top left, bottom left")
    assert [box.is_checked() for box in cell.locator("input[type=checkbox]").all()] == [True, False, True, False]
    frames(page)
    check(cell, model, images[700:701], (True, False, True, False))


def test_names_for_a_screen_reader_and_keys(notebook, cell):
    page = notebook.page
    assert cell.get_by_role("group", name="quadrants that the model sees").count() == 1
    assert cell.get_by_role("img", name="completion 8", exact=True).count() == 1
    box = cell.get_by_label("bottom left")
    box.focus()
    page.keyboard.press("Space")
    wait_until(page, lambda: text(cell).endswith("the model sees nothing"))


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_it_can_be_read_in_a_theme(notebook, cell, theme):
    page = notebook.page
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
    draw(notebook, cell, HOOK)  # so that no button is disabled
    frames(page)
    texts = cell.locator(".vae-completion :is(.vae-completion-side figcaption, label, .vae-note, button)")
    assert texts.count() == 11 and all(one.evaluate(CONTRAST) > 4.5 for one in texts.all())


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0


def test_it_lives_on_without_a_kernel(notebook, cell):
    """Last: the kernel does not come back."""
    page = notebook.page
    notebook.close()
    cell = notebook.show("pad = ")
    before = completions(cell)
    draw(notebook, cell, HOOK)
    wait_for_change(page, lambda: completions(cell)[0], before[0])
    cell.get_by_label("top right").check()
    wait_until(page, lambda: text(cell) == "your drawing, 1 stroke; the model sees top right, bottom left")
