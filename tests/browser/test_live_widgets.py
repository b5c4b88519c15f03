"""Run All in a real browser, every slider moved, and the pixels that the browser paints compared with PyTorch's."""

import base64

import numpy as np
import pytest
from driving import PNG, drag, pixels, wait_for_change

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import decode_images


@pytest.fixture
def latent_notebook(after_run_all):
    return after_run_all("06_latent_space.ipynb")


def test_training_notebook_runs(after_run_all):
    notebook = after_run_all("05_train_on_mnist.ipynb")
    assert notebook.errors() == []
    cell = notebook.show("curve = LiveLossCurve()")
    assert "after epoch 6" in cell.locator("img").first.get_attribute("alt")
    assert "1410/1410" in cell.inner_text()
    assert notebook.console == []


def test_latent_notebook_runs(latent_notebook):
    assert latent_notebook.errors() == []
    assert latent_notebook.console == []
    assert latent_notebook.page.locator(".Toastify__toast").count() == 0  # no question about news over the digits


def test_one_slider_walks_in_two_models(after_run_all):
    notebook = after_run_all("01_autoencoder_vs_vae.ipynb")
    assert notebook.errors() == []
    page, cell = notebook.page, notebook.show('InterpolationSlider({"autoencoder"')
    digits = cell.locator(".vae-large")
    digits.nth(1).wait_for()
    assert cell.locator(".vae-title").all_inner_texts() == ["autoencoder", "VAE"]
    captions = lambda: [text.split()[2] for text in digits.locator("figcaption").all_inner_texts()]  # noqa: E731
    assert captions() == ["0.00", "0.00"]
    before = [pixels(digits.nth(k).locator("canvas")) for k in (0, 1)]
    cell.locator(".noUi-handle").focus()
    page.keyboard.press("End")
    wait_for_change(page, captions, ["0.00", "0.00"])
    page.wait_for_timeout(300)
    assert captions() == ["1.00", "1.00"]
    after = [pixels(digits.nth(k).locator("canvas")) for k in (0, 1)]
    assert all(np.abs(a - b).max() > 0.5 for a, b in zip(before, after, strict=True))
    assert np.abs(after[0] - after[1]).max() > 0.01  # two models, not one twice
    cell.locator("select").nth(1).select_option(label="4")
    labels = cell.locator(".vae-digit figcaption")
    wait_for_change(page, lambda: labels.nth(4).inner_text(), "image: a 7")
    assert [labels.nth(k).inner_text() for k in (4, 9)] == ["image: a 4", "image: a 4"]
    solution = notebook.show('solution("sample_prior")')
    assert not solution.locator("pre code").is_visible()
    solution.locator("summary").click()
    assert "torch.randn(n, self.latent_dim" in solution.locator("pre code").inner_text()
    assert notebook.console == []


def test_kl_dials(after_run_all):
    notebook = after_run_all("02_gaussian_kl.ipynb")
    assert notebook.errors() == []
    page, cell = notebook.page, notebook.show("KLDials(mu=1.0")
    figures = cell.locator(".vae-figures")
    figures.wait_for()
    read = figures.inner_text
    assert "closed form: 0.691 nats" in read() and "0.805 above (blue) − 0.114 below" in read()
    handles = cell.locator(".noUi-handle")
    shown = [cell.locator(".vae-curves").nth(k).evaluate(PNG) for k in (0, 1)]
    before = read()
    handles.nth(0).focus()
    page.keyboard.press("End")  # mu = 3
    wait_for_change(page, read, before)
    page.wait_for_timeout(300)
    assert f"closed form: {0.5 * (9 + 0.36 - 1) - np.log(0.6):.3f} nats" in read()
    assert all(cell.locator(".vae-curves").nth(k).evaluate(PNG) != shown[k] for k in (0, 1))
    drag(page, cell.locator(".noUi-base").nth(1), 0.17, 0.9)
    page.wait_for_timeout(300)
    estimate = lambda: read().splitlines()[-1]  # noqa: E731
    closed, drawn, band = (float(read().split(mark)[1].split()[0]) for mark in ("form: ", "draws: ", "± "))
    assert closed > 5 and abs(drawn - closed) < 3 * band  # 3/1.96 of the band holds 99.7 %
    before = estimate()
    cell.get_by_role("button", name="draw again").click()
    wait_for_change(page, estimate, before)
    assert page.locator(".vae-error").count() == 0 and notebook.console == []


def test_interpolation_slider_by_keyboard_and_mouse(latent_notebook):
    page, cell = latent_notebook.page, latent_notebook.show("slider = InterpolationSlider(model")
    digit = cell.locator(".vae-large")
    cell.locator(".vae-map").wait_for()
    read = lambda: digit.locator("figcaption").inner_text()  # noqa: E731
    handle = cell.locator(".noUi-handle")
    handle.focus()
    page.keyboard.press("Home")
    before = wait_for_change(page, read, "t = 0.25\nz = (0.51, 0.31)")
    assert before.startswith("t = 0.00")
    at_start, map_at_start = pixels(digit.locator("canvas")), cell.locator(".vae-map").get_attribute("aria-label")
    np.testing.assert_allclose(at_start, pixels(cell.locator(".vae-digit canvas").nth(1)), atol=1e-9)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert wait_for_change(page, read, before) and page.wait_for_timeout(300) is None
    assert read().startswith("t = 0.05")
    cell.evaluate("el => { window.held = 0; el.addEventListener('gotpointercapture', () => held++); }")
    drag(page, cell.locator(".noUi-base"), 0.05, 0.5)
    page.wait_for_timeout(300)
    assert page.evaluate("held") == 1  # the slider holds the pointer: no search below the mouse at each movement
    assert 0.45 < float(read().split()[2]) < 0.55
    assert np.abs(pixels(digit.locator("canvas")) - at_start).max() > 0.3
    assert cell.locator(".vae-map").get_attribute("aria-label") != map_at_start
    assert 0.45 < float(latent_notebook.python("print(slider.t)")) < 0.55


def test_arc_play_and_pickers(latent_notebook):
    page, cell = latent_notebook.page, latent_notebook.show("slider = InterpolationSlider(model")
    caption = cell.locator(".vae-large figcaption")
    latent_notebook.python("slider.t = 0.5")
    page.wait_for_timeout(300)
    straight = caption.inner_text()
    assert straight.startswith("t = 0.50")
    cell.locator("input[type=checkbox]").check()
    wait_for_change(page, caption.inner_text, straight)
    assert latent_notebook.python("print(slider.arc)") == "True"
    cell.locator("input[type=checkbox]").uncheck()
    before = caption.inner_text()
    cell.locator("button").first.click()  # play
    wait_for_change(page, caption.inner_text, before)
    cell.locator("button").nth(0).click()  # pause
    cell.locator("select").first.select_option(label="0")
    image = cell.locator(".vae-digit figcaption").first
    wait_for_change(page, image.inner_text, "image: a 2")
    assert image.inner_text() == "image: a 0"


def test_browser_and_torch_agree(latent_notebook):
    """To half a grey level everywhere on the plane, for both shipped models."""
    page, cell = latent_notebook.page, latent_notebook.show("slider = InterpolationSlider(model")
    model = load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt")
    for t in (0.0, 0.13, 0.5, 0.77, 1.0):
        z = latent_notebook.python(f"slider.t = {t}; import json; print(json.dumps(slider.z))")
        page.wait_for_timeout(250)
        shown = pixels(cell.locator(".vae-large canvas"))
        wanted = decode_images(model, _tensor(z))[0, 0].numpy()
        assert np.abs(shown - wanted).max() < 0.6 / 255


def test_floats_agree_before_they_become_pixels(latent_notebook):
    """The same JavaScript on a grid of latents: to 1e-3 per pixel, and far better."""
    page = latent_notebook.page
    import torch

    from vae_helpers.latent_space import quantile_grid
    from vae_helpers.widgets.shared.decoder import export_decoder
    from vae_helpers.widgets.shared.scripts import linked

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


def test_latent_sliders(latent_notebook):
    page, cell = latent_notebook.page, latent_notebook.show("LatentSliders(wide")
    handles, canvas = cell.locator(".noUi-handle"), cell.locator(".vae-large canvas")
    canvas.wait_for()
    assert handles.count() == 20
    before, changed = pixels(canvas), 0
    for k in range(20):
        handles.nth(k).focus()
        page.keyboard.press("End")
        page.wait_for_timeout(120)
        now = pixels(canvas)
        changed += np.abs(now - before).max() > 0.1
        before = now
    assert changed == 13  # the active dimensions; the others are dead
    at_end = cell.locator("figcaption").inner_text()
    cell.get_by_role("button", name="to the origin").click()
    wait_for_change(page, cell.locator("figcaption").inner_text, at_end)
    page.wait_for_timeout(300)
    assert "|z| = 0.00" in cell.locator("figcaption").inner_text()


def test_sliders_answer_while_the_kernel_is_busy(latent_notebook):
    page, cell = latent_notebook.page, latent_notebook.show("slider = InterpolationSlider(model")
    page.evaluate("""() => {
        const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        window.busy = kernel.requestExecute({code: 'import time; time.sleep(4)'});
    }""")
    caption = cell.locator(".vae-large figcaption")
    cell.locator(".noUi-handle").focus()
    before = caption.inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    wait_for_change(page, caption.inner_text, before, seconds=1)
    page.evaluate("window.busy.done.then(() => null)")


def test_a_javascript_error_is_shown_in_the_widgets_place(latent_notebook):
    cell = latent_notebook.show("slider = InterpolationSlider(model")
    latent_notebook.python("slider.view.start = [0.0, 0.0, 0.0]")
    error = cell.locator(".vae-error")
    error.wait_for(timeout=5000)
    assert "the decoder takes 2 latent values, got 3" in error.inner_text()
    latent_notebook.python("slider.view.start = [0.0, 0.0]")
    error.wait_for(state="detached", timeout=5000)


def _tensor(text: str):
    import json

    import torch

    return torch.tensor([json.loads(text)])
