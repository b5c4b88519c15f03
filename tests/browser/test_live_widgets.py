"""Every slider moved in JupyterLab, and the pixels that the browser paints compared with PyTorch's."""

import base64
import json

import gallery
import numpy as np
import pytest
import torch
from driving import PNG, drag, pixels, wait_for_change, wait_until

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import decode_images
from vae_helpers.latent_space import quantile_grid
from vae_helpers.widgets.shared.decoder import export_decoder
from vae_helpers.widgets.shared.scripts import linked


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(gallery.cells())
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def slider(notebook):
    """The interpolation slider's cell, at the start of its way."""
    cell = notebook.show("slider = ")
    notebook.python("slider.t, slider.arc = 0.0, False")
    cell.get_by_text("t = 0.00").wait_for()
    return cell


def test_one_slider_walks_in_two_models(notebook):
    page, cell = notebook.page, notebook.show("two = ")
    digits = cell.locator(".vae-large")
    digits.nth(1).wait_for()
    assert cell.locator(".vae-title").all_inner_texts() == ["paler", "VAE"]
    captions = lambda: [text.split()[2] for text in digits.locator("figcaption").all_inner_texts()]  # noqa: E731
    wait_until(page, lambda: captions() == ["0.00", "0.00"])
    before = [pixels(digits.nth(k).locator("canvas")) for k in (0, 1)]
    cell.locator(".noUi-handle").focus()
    page.keyboard.press("End")
    wait_until(page, lambda: captions() == ["1.00", "1.00"])
    after = [pixels(digits.nth(k).locator("canvas")) for k in (0, 1)]
    assert all(np.abs(a - b).max() > 0.5 for a, b in zip(before, after, strict=True))
    assert np.abs(after[0] - after[1]).max() > 0.01  # two models, not one twice
    labels = cell.locator(".vae-digit figcaption")
    images = lambda: [labels.nth(k).inner_text() for k in (4, 9)]  # noqa: E731
    assert images() == ["image: a 7", "image: a 7"]
    cell.locator("select").nth(1).select_option(label="4")
    wait_until(page, lambda: images() == ["image: a 4", "image: a 4"])


def test_a_solution_is_one_click_away(notebook):
    solution = notebook.show('solution("sample_prior")')
    solution.locator("summary").wait_for()
    assert not solution.locator("pre code").is_visible()
    solution.locator("summary").click()
    assert "torch.randn(n, model.latent_dim" in solution.locator("pre code").inner_text()


def test_kl_dials(notebook):
    page, cell = notebook.page, notebook.show("kl = ")
    figures = cell.locator(".vae-figures")
    figures.wait_for()
    read = figures.inner_text
    assert "closed form: 0.691 nats" in read() and "0.805 above (blue) − 0.114 below" in read()
    handles = cell.locator(".noUi-handle")
    shown = [cell.locator(".vae-curves").nth(k).evaluate(PNG) for k in (0, 1)]
    handles.nth(0).focus()
    page.keyboard.press("End")  # mu = 3
    wait_until(page, lambda: f"closed form: {0.5 * (9 + 0.36 - 1) - np.log(0.6):.3f} nats" in read())
    assert all(cell.locator(".vae-curves").nth(k).evaluate(PNG) != shown[k] for k in (0, 1))
    closed_form = lambda: float(read().split("form: ")[1].split()[0])  # noqa: E731
    before = closed_form()
    drag(page, cell.locator(".noUi-base").nth(1), 0.17, 0.9)
    wait_for_change(page, closed_form, before)
    notebook.settle()
    closed, drawn, band = (float(read().split(mark)[1].split()[0]) for mark in ("form: ", "draws: ", "± "))
    assert closed > 5 and abs(drawn - closed) < 3 * band  # 3/1.96 of the band holds 99.7 %
    estimate = lambda: read().splitlines()[-1]  # noqa: E731
    before = estimate()
    cell.get_by_role("button", name="draw again").click()
    wait_for_change(page, estimate, before)


def test_interpolation_slider_by_keyboard_and_mouse(notebook, slider):
    page, cell = notebook.page, slider
    digit, plane = cell.locator(".vae-large"), cell.locator(".vae-map")
    read = lambda: digit.locator("figcaption").inner_text()  # noqa: E731
    handle = cell.locator(".noUi-handle")
    handle.focus()
    page.keyboard.press("End")
    wait_until(page, lambda: read().startswith("t = 1.00"))
    page.keyboard.press("Home")
    wait_until(page, lambda: read().startswith("t = 0.00"))
    at_start, map_at_start = pixels(digit.locator("canvas")), plane.get_attribute("aria-label")
    np.testing.assert_allclose(at_start, pixels(cell.locator(".vae-digit canvas").nth(1)), atol=1e-9)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    wait_until(page, lambda: read().startswith("t = 0.05"))
    cell.evaluate("el => { window.held = 0; el.addEventListener('gotpointercapture', () => held++); }")
    drag(page, cell.locator(".noUi-base"), 0.05, 0.5)
    wait_until(page, lambda: 0.45 < float(read().split()[2]) < 0.55)
    assert page.evaluate("held") == 1  # the slider holds the pointer: no search below the mouse at each movement
    assert np.abs(pixels(digit.locator("canvas")) - at_start).max() > 0.3
    assert plane.get_attribute("aria-label") != map_at_start
    wait_until(page, lambda: 0.45 < float(notebook.python("print(slider.t)")) < 0.55)


def test_arc_play_and_pickers(notebook, slider):
    page, cell = notebook.page, slider
    caption = cell.locator(".vae-large figcaption")
    notebook.python("slider.t = 0.5")
    wait_until(page, lambda: caption.inner_text().startswith("t = 0.50"))
    straight = caption.inner_text()
    cell.locator("input[type=checkbox]").check()
    wait_for_change(page, caption.inner_text, straight)
    wait_until(page, lambda: notebook.python("print(slider.arc)") == "True")
    cell.locator("input[type=checkbox]").uncheck()
    wait_until(page, lambda: caption.inner_text() == straight)
    cell.locator("button").first.click()  # play
    wait_for_change(page, caption.inner_text, straight)
    cell.locator("button").nth(0).click()  # pause
    image = cell.locator(".vae-digit figcaption").first
    assert image.inner_text() == "image: a 2"
    cell.locator("select").first.select_option(label="0")
    wait_until(page, lambda: image.inner_text() == "image: a 0")


def test_browser_and_torch_agree(notebook, slider):
    """To half a grey level everywhere on the way."""
    model = load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt")
    for t in (0.0, 0.13, 0.5, 0.77, 1.0):
        z = json.loads(notebook.python(f"slider.t = {t}; import json; print(json.dumps(slider.z))"))
        slider.get_by_text(f"t = {t:.2f}").wait_for()
        wanted = decode_images(model, torch.tensor([z]))[0, 0].numpy()
        assert np.abs(pixels(slider.locator(".vae-large canvas")) - wanted).max() < 0.6 / 255


def test_floats_agree_before_they_become_pixels(notebook):
    """The same JavaScript on a grid of latents: to 1e-3 per pixel, and far better."""
    page = notebook.page
    for name in ("vae_2d.pt", "vae_20d.pt"):
        model = load_checkpoint(REPO_DATA / "weights" / name)
        layers, weights = export_decoder(model.decoder)
        if model.latent_dim == 2:
            z = quantile_grid(9)
        else:
            z = torch.randn(40, model.latent_dim, generator=torch.Generator().manual_seed(0))
        got = page.evaluate(
            """async ({script, layers, weights, latents}) => {
            const module = await import('data:text/javascript,' + encodeURIComponent(script));
            const bytes = Uint8Array.from(atob(weights), c => c.charCodeAt(0));
            const decode = module.makeDecoder(layers, new Float32Array(bytes.buffer));
            return latents.map(z => Array.from(decode(z)));
        }""",
            {
                "script": linked("shared/decoder.js"),
                "layers": layers,
                "weights": base64.b64encode(weights).decode(),
                "latents": z.tolist(),
            },
        )
        wanted = decode_images(model, z).flatten(1).numpy()
        assert np.abs(np.array(got) - wanted).max() < 1e-4


def test_latent_sliders(notebook):
    page, cell = notebook.page, notebook.show("many = ")
    handles, canvas = cell.locator(".noUi-handle"), cell.locator(".vae-large canvas")
    readouts, caption = cell.locator(".widget-readout"), cell.locator("figcaption")
    canvas.wait_for()
    assert handles.count() == 20
    before, changed = pixels(canvas), 0
    for k in range(20):
        handles.nth(k).focus()
        page.keyboard.press("End")
        wait_until(page, lambda: readouts.nth(k).inner_text() == "3.00")  # noqa: B023
        length = f"|z| = {3 * (k + 1) ** 0.5:.2f}"
        wait_until(page, lambda: length in caption.inner_text())  # noqa: B023
        now = pixels(canvas)
        changed += np.abs(now - before).max() > 0.1
        before = now
    assert changed == 13  # the active dimensions; the others are dead
    cell.get_by_role("button", name="to the origin").click()
    wait_until(page, lambda: "|z| = 0.00" in caption.inner_text())


def test_sliders_answer_while_the_kernel_is_busy(notebook, slider):
    page, caption = notebook.page, slider.locator(".vae-large figcaption")
    with notebook.busy():
        slider.locator(".noUi-handle").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        wait_until(page, lambda: caption.inner_text().startswith("t = 0.02"))


def test_a_javascript_error_is_shown_in_the_widgets_place(notebook, slider):
    notebook.python("before, slider.view.start = slider.view.start, [0.0, 0.0, 0.0]")
    error = slider.locator(".vae-error")
    error.wait_for()
    assert "the network takes 2 values, got 3" in error.inner_text()
    notebook.python("slider.view.start = before")
    error.wait_for(state="detached")


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
