"""Notebooks 03 and 04: Run All in a real browser, and every control of their two widgets moved."""

import json

import numpy as np
import pytest
import torch
from driving import PNG, pixels, wait_for_change

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import decode_images


@pytest.fixture
def loss_notebook(after_run_all):
    return after_run_all("03_vae_loss.ipynb")


@pytest.fixture
def trick_notebook(after_run_all):
    return after_run_all("04_reparameterization_trick.ipynb")


@pytest.mark.parametrize("name", ["03_vae_loss.ipynb", "04_reparameterization_trick.ipynb"])
def test_they_run(name, after_run_all):
    notebook = after_run_all(name)
    assert notebook.errors() == [] and notebook.console == []


def test_reduction_lab(loss_notebook):
    page, cell = loss_notebook.page, loss_notebook.show("lab = ReductionLab(")
    beta, figures = cell.locator(".vae-reduction-beta"), cell.locator(".vae-reduction .vae-figures")
    beta.wait_for()
    rows = cell.locator(".vae-reduction-row")
    assert beta.inner_text() == "effective β = 784" and "0 of 20 dimensions in use" in figures.inner_text()
    collapsed = rows.nth(1).evaluate(PNG)
    for label, effective in (("mean over latents", "39.2"), ("sum over pixels", "0.05"), ("sum over latents", "1")):
        before = beta.inner_text()
        cell.get_by_role("button", name=label).click()
        wait_for_change(page, beta.inner_text, before)
        assert beta.inner_text() == f"effective β = {effective}"
    assert "20 of 20 dimensions in use" in figures.inner_text() and "β = 1\n" in figures.inner_text()
    assert rows.nth(1).evaluate(PNG) != collapsed
    cell.locator(".noUi-handle").focus()
    page.keyboard.press("End")  # beta = 1000: the slider alone collapses it
    wait_for_change(page, beta.inner_text, "effective β = 1")
    page.wait_for_timeout(300)
    assert beta.inner_text() == "effective β = 1000" and "0 of 20" in figures.inner_text()
    assert rows.nth(1).evaluate(PNG) == collapsed


def test_dials_move_the_cloud_and_leave_eps(trick_notebook):
    page, cell = trick_notebook.page, trick_notebook.show("dials = ReparameterizationDials(")
    trick_notebook.python(
        "import gc; dials = next(o for o in gc.get_objects() if isinstance(o, ReparameterizationDials))"
    )
    eps, cloud = (cell.locator("canvas").nth(k) for k in (0, 1))
    eps.wait_for()
    frozen, before = eps.evaluate(PNG), cloud.evaluate(PNG)
    for k in range(4):
        cell.locator(".noUi-handle").nth(k).focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
        page.wait_for_timeout(250)
        now = cloud.evaluate(PNG)
        assert now != before and eps.evaluate(PNG) == frozen
        before = now
    z = json.loads(trick_notebook.python("import json; print(json.dumps(dials.z))"))
    decoder = load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt")
    wanted = decode_images(decoder, torch.tensor([z]))[0, 0].numpy()
    assert np.abs(pixels(cell.locator(".vae-large canvas")) - wanted).max() < 0.6 / 255


def test_fresh_eps_and_another_sample_while_the_kernel_is_busy(trick_notebook):
    page, cell = trick_notebook.page, trick_notebook.show("dials = ReparameterizationDials(")
    eps, digit = cell.locator("canvas").nth(0), cell.locator(".vae-large canvas")
    eps.wait_for()
    page.evaluate("""() => {
        const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        window.busy = kernel.requestExecute({code: 'import time; time.sleep(4)'});
    }""")
    before = eps.evaluate(PNG)
    cell.get_by_role("button", name="fresh ε").click()
    now = wait_for_change(page, lambda: eps.evaluate(PNG), before, seconds=1)
    shown = digit.evaluate(PNG)
    box = eps.bounding_box()
    page.mouse.click(box["x"] + 0.85 * box["width"], box["y"] + 0.2 * box["height"])  # far from the centre
    wait_for_change(page, lambda: digit.evaluate(PNG), shown, seconds=1)
    assert eps.evaluate(PNG) != now
    page.evaluate("window.busy.done.then(() => null)")
    assert trick_notebook.console == []
