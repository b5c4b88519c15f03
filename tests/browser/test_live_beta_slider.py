"""The beta slider in JupyterLab: its sliders, images and rows, and Python, all with the same beta and image."""

import gallery
import numpy as np
import pytest
import torch
from driving import drag, pixels, steady_box, wait_for_change, wait_until
from lab import Notebook

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.encoding import decode_images, encode_distributions

HALF_A_LEVEL = 0.6 / 255  # of grey, and a little for rounding


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("betas").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The slider's cell, at beta = 1 with the first image."""
    cell = notebook.show("betas = ")
    cell.locator(".vae-beta-moved canvas").wait_for()
    notebook.python("betas.beta, betas.image = 16, 1")  # lets go of a latent that was moved
    notebook.python("betas.view.row = 0; betas.beta, betas.image = 1, 0")
    wait_until(notebook.page, lambda: stop(cell) == "β = 1" and pressed(cell) == ["image 1 of 8"])
    wait_until(notebook.page, lambda: caption(cell).endswith("not moved"))
    return cell


def stop(cell) -> str:
    return beta(cell).get_attribute("aria-valuetext")


def beta(cell):
    return cell.get_by_role("slider", name="β", exact=True)


def caption(cell) -> str:
    return cell.locator(".vae-beta-moved figcaption").inner_text()


def pressed(cell) -> list[str]:
    return [one.get_attribute("aria-label") for one in cell.locator(".vae-thumbnail[aria-pressed=true]").all()]


def rows(cell) -> int:
    return cell.locator(".vae-beta-row:not(.vae-beta-gone) canvas").count()


def python(notebook: Notebook, expression: str, wanted: str) -> bool:
    return wait_until(notebook.page, lambda: notebook.python(f"print({expression})") == wanted)


def test_the_images_are_what_torch_says(notebook, cell):
    """To half a grey level, as with every other widget: the image, its reconstruction, the one moved, and the rows."""
    model = load_checkpoint(REPO_DATA / "weights" / "vae_20d.pt")
    images = load_mnist("test")[0][:1000]
    place = 428  # the fourth of eight at equal distances among 1,000
    cell.locator(".vae-thumbnail").nth(3).click()
    python(notebook, "betas.image", "3")
    mu, logvar = encode_distributions(model, images)
    order = (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).mean(dim=0).argsort(descending=True)
    z = mu[[place]].repeat(8, 1)
    z[1:, order[1]] = torch.linspace(-2.5, 2.5, 7)
    wanted = decode_images(model, z)[:, 0].numpy()
    shown = cell.locator(".vae-beta-digits canvas")
    assert np.abs(pixels(shown.nth(0)) - images[place, 0].numpy()).max() < HALF_A_LEVEL
    assert np.abs(pixels(shown.nth(1)) - wanted[0]).max() < HALF_A_LEVEL
    strip = pixels(cell.locator(".vae-beta-strip canvas").nth(1))
    for k in range(7):
        assert np.abs(strip[:, 30 * k : 30 * k + 28] - wanted[1 + k]).max() < HALF_A_LEVEL
    cell.get_by_role("combobox", name="latent to move").select_option("1")
    latent = cell.get_by_role("slider", name=f"z{order[1] + 1}", exact=True)
    latent.focus()
    notebook.page.keyboard.press("End")
    wait_until(notebook.page, lambda: caption(cell) == f"z{order[1] + 1} = 2.50\nmoved")
    assert np.abs(pixels(shown.nth(2)) - wanted[7]).max() < HALF_A_LEVEL


def test_keys_mouse_and_python_move_beta(notebook, cell):
    at_one = (rows(cell), cell.locator(".vae-figures").inner_text())
    beta(cell).focus()
    notebook.page.keyboard.press("ArrowRight")
    python(notebook, "betas.beta", "16.0")
    assert stop(cell) == "β = 16" and rows(cell) == 0
    assert cell.locator(".vae-beta-rest").inner_text() == "20 dimensions sleep (KL 0.00 in all)"
    assert cell.locator(".vae-figures").inner_text().startswith("rate (KL) 0.0 nats\n")
    drag(notebook.page, beta(cell), 0.9, 0.1)
    python(notebook, "betas.beta", "1.0")
    assert (rows(cell), cell.locator(".vae-figures").inner_text()) == at_one and at_one[0] == 6
    cell.locator(".vae-beta-labels").get_by_text("16").click()
    python(notebook, "betas.beta", "16.0")
    notebook.python("betas.beta = 1")
    wait_until(notebook.page, lambda: stop(cell) == "β = 1")


def test_a_drag_along_a_row_while_the_kernel_is_busy(notebook, cell):
    page = notebook.page
    with notebook.busy():
        before = caption(cell)
        box = steady_box(page, cell.locator(".vae-beta-strip canvas").nth(2))
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        moved = wait_for_change(page, lambda: caption(cell), before)
        assert moved.endswith(" = 0.00\nmoved")
        page.mouse.move(box["x"] + 2 * box["width"], box["y"], steps=5)  # beyond the end
        page.mouse.up()
        wait_until(page, lambda: caption(cell).endswith(" = 2.50\nmoved"))
        cell.locator(".vae-thumbnail").nth(7).click()
        wait_until(page, lambda: pressed(cell) == ["image 8 of 8"] and caption(cell).endswith("not moved"))
    python(notebook, "betas.image, betas.view.row, betas.view.moved", "7 2 None")
    notebook.settle()
    assert pressed(cell) == ["image 8 of 8"] and caption(cell).endswith("not moved")


def test_python_chooses_the_image(notebook, cell):
    notebook.python("betas.image = 4")
    wait_until(notebook.page, lambda: pressed(cell) == ["image 5 of 8"])


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
