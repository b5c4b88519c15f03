"""The style pad in JupyterLab: buttons, keys, clicks and Python, each choosing the same label for the same style."""

import gallery
import numpy as np
import pytest
import torch
from driving import pixels, steady_box, wait_for_change, wait_until
from lab import Notebook

from vae_helpers.models.conditional_vae import ConditionalVAE


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("style").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The pad's cell, with the point at the origin and a 3 asked for."""
    cell = notebook.show("style = ")
    cell.locator(".vae-pad-map").wait_for()
    notebook.python("style.z, style.label = [0.0, 0.0], 3")
    wait_until(notebook.page, lambda: caption(cell).startswith("label c = 3\nz = (0.00, 0.00)"))
    return cell


def caption(cell) -> str:
    return cell.locator(".vae-large figcaption").inner_text()


def python_label(notebook: Notebook, wanted: int) -> bool:
    return wait_until(notebook.page, lambda: notebook.python("print(style.label)") == str(wanted))


def test_the_digits_are_what_torch_says(notebook, cell):
    """To half a grey level, as with every other widget: one z, ten labels."""
    model = ConditionalVAE(2)
    model.decoder[-1].weight.data *= 10
    box = steady_box(cell.page, cell.locator(".vae-pad-map"))
    notebook.page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"])
    wait_until(notebook.page, lambda: "(0.00, 0.00)" not in caption(cell))
    z = notebook.python("print(*style.z)")  # letting go has sent it
    z = torch.tensor([[float(value) for value in z.split()]])
    with torch.no_grad():
        wanted = torch.sigmoid(model.decode(z.expand(10, 2), torch.arange(10)))[:, 0].numpy()
    shown = [cell.locator(".vae-style-cell canvas").nth(k) for k in range(10)]
    assert max(np.abs(pixels(canvas) - digit).max() for canvas, digit in zip(shown, wanted, strict=True)) < 0.6 / 255
    assert np.abs(pixels(cell.locator(".vae-large canvas")) - wanted[3]).max() < 0.6 / 255


def test_buttons_keys_and_clicks_choose_the_label(notebook, cell):
    pressed = cell.locator("[aria-pressed=true]")
    cell.get_by_role("group", name="label c").get_by_role("button", name="5", exact=True).click()
    assert python_label(notebook, 5) and pressed.all_inner_texts() == ["5"]
    notebook.page.keyboard.press("8")  # the focus is on a button
    assert python_label(notebook, 8) and pressed.all_inner_texts() == ["8"]
    cell.locator(".vae-pad-map").focus()
    notebook.page.keyboard.press("1")  # JupyterLab's shortcut for a heading
    assert python_label(notebook, 1) and notebook.python("print(style.z)") == "[0.0, 0.0]"
    cell.locator(".vae-style-cell").nth(6).click()
    assert python_label(notebook, 6) and caption(cell).startswith("label c = 6\nz = (0.00, 0.00)")
    assert cell.locator(".vae-style-cell.vae-chosen").inner_text().strip() == "c = 6"
    notebook.python("style.label = 2")
    wait_until(notebook.page, lambda: caption(cell).startswith("label c = 2"))


def test_another_draw_while_the_kernel_is_busy(notebook, cell):
    with notebook.busy():
        before = caption(cell)
        cell.get_by_role("button", name="draw z again").click()
        after = wait_for_change(notebook.page, lambda: caption(cell), before)
        assert after.startswith("label c = 3\n")
    wait_until(notebook.page, lambda: notebook.python("print(style.z)") != "[0.0, 0.0]")
    notebook.settle()
    assert caption(cell) == after


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
