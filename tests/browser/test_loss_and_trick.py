"""The widgets of the loss and of the reparameterization trick: every control moved, in JupyterLab."""

import json

import gallery
import numpy as np
import pytest
import torch
from driving import PNG, pixels, steady_box, wait_for_change, wait_until

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import decode_images


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(gallery.cells())
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def dials(notebook):
    cell = notebook.show("dials = ")
    cell.locator("canvas").first.wait_for()
    return cell


def test_reduction_lab(notebook):
    page, cell = notebook.page, notebook.show("lab = ")
    beta, figures = cell.locator(".vae-reduction-beta"), cell.locator(".vae-reduction .vae-figures")
    beta.wait_for()
    rows = cell.locator(".vae-reduction-row")
    assert beta.inner_text() == "effective β = 784" and "0 of 20 dimensions active" in figures.inner_text()
    collapsed = rows.nth(1).evaluate(PNG)
    for label, effective in (("mean over latents", "39.2"), ("sum over pixels", "0.05"), ("sum over latents", "1")):
        cell.get_by_role("button", name=label).click()
        wait_until(page, lambda: beta.inner_text() == f"effective β = {effective}")  # noqa: B023
    assert "13 of 20 dimensions active" in figures.inner_text() and "β = 1\n" in figures.inner_text()
    assert rows.nth(1).evaluate(PNG) != collapsed
    cell.locator(".noUi-handle").focus()
    page.keyboard.press("End")  # beta = 1000: the slider alone collapses it
    wait_until(page, lambda: beta.inner_text() == "effective β = 1000" and "0 of 20" in figures.inner_text())
    assert rows.nth(1).evaluate(PNG) == collapsed


def test_dials_move_the_cloud_and_leave_eps(notebook, dials):
    page = notebook.page
    eps, cloud = (dials.locator("canvas").nth(k) for k in (0, 1))
    frozen, before = eps.evaluate(PNG), cloud.evaluate(PNG)
    for k in range(4):
        dials.locator(".noUi-handle").nth(k).focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
        readout = dials.locator(".widget-readout").nth(k)
        wait_until(page, lambda: readout.inner_text() == ("0.05" if k % 2 == 0 else "0.55"))  # noqa: B023
        before = wait_for_change(page, lambda: cloud.evaluate(PNG), before)
        assert eps.evaluate(PNG) == frozen
    python = "import json; print(json.dumps([[slider.value for slider in dials.sliders.values()], dials.z]))"
    wait_until(page, lambda: np.allclose(json.loads(notebook.python(python))[0], [0.05, 0.55, 0.05, 0.55]))
    z = json.loads(notebook.python(python))[1]
    decoder = load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt")
    wanted = decode_images(decoder, torch.tensor([z]))[0, 0].numpy()
    wait_until(page, lambda: np.abs(pixels(dials.locator(".vae-large canvas")) - wanted).max() < 0.6 / 255)


def test_fresh_eps_and_another_sample_while_the_kernel_is_busy(notebook, dials):
    page, eps, digit = notebook.page, dials.locator("canvas").nth(0), dials.locator(".vae-large canvas")
    with notebook.busy():
        before = eps.evaluate(PNG)
        dials.get_by_role("button", name="fresh ε").click()
        now = wait_for_change(page, lambda: eps.evaluate(PNG), before)
        shown = digit.evaluate(PNG)
        box = steady_box(page, eps)
        page.mouse.click(box["x"] + 0.85 * box["width"], box["y"] + 0.2 * box["height"])  # far from the centre
        wait_for_change(page, lambda: digit.evaluate(PNG), shown)
        assert eps.evaluate(PNG) != now


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
