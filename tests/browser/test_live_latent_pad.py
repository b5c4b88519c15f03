"""The latent pad in JupyterLab: mouse, keys, the nearest images, and Python, each moving the same point."""

import gallery
import numpy as np
import pytest
import torch
from driving import PNG, pixels, steady_box, wait_for_change, wait_until
from lab import Notebook

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.encoding import decode_images, encode_means


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(gallery.cells())
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The pad's cell, with the point at the origin."""
    cell = notebook.show("pad = ")
    cell.locator(".vae-pad-map").wait_for()
    notebook.python("pad.z = [0.0, 0.0]")
    wait_until(notebook.page, lambda: caption(cell).startswith("z = (0.00, 0.00)"))
    return cell


def python_z(notebook: Notebook, cell) -> list[float]:
    """The point as Python has it, once that is the one that the page shows: it is sent at most every 120 ms."""
    wait_until(notebook.page, lambda: caption(cell).startswith(notebook.python(SHOWN)))
    return [float(value) for value in notebook.python("print(*pad.z)").split()]


SHOWN = "print('z = ({:.2f}, {:.2f})'.format(*(value + 0.0 for value in pad.z)).replace('-0.00', '0.00'))"


def caption(cell) -> str:
    return cell.locator(".vae-large figcaption").inner_text()


def place(cell, x: float, y: float) -> tuple[float, float]:
    """A point of the window, for fractions of the map."""
    box = steady_box(cell.page, cell.locator(".vae-pad-map"))
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_a_click_decodes_the_place(notebook, cell):
    """To half a grey level, as with every other widget."""
    model = load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt")
    digit, limit = cell.locator(".vae-large canvas"), float(notebook.python("print(pad.limit)"))
    for x, y in ((0.25, 0.25), (0.75, 0.625), (0.97, 0.03)):
        before = caption(cell)
        notebook.page.mouse.click(*place(cell, x, y))
        wait_for_change(notebook.page, lambda: caption(cell), before)
        z = python_z(notebook, cell)
        assert np.allclose(z, [(2 * x - 1) * limit, (1 - 2 * y) * limit], atol=0.02)
        wanted = decode_images(model, torch.tensor([z]))[0, 0].numpy()
        assert np.abs(pixels(digit) - wanted).max() < 0.6 / 255
        assert caption(cell).startswith(f"z = ({z[0]:.2f}, {z[1]:.2f})\n|z| = {np.hypot(*z):.2f}\n")


def test_keys_step_and_jupyterlab_does_not_take_them(notebook, cell):
    page, pad = notebook.page, cell.locator(".vae-pad-map")
    notebook_state = """(() => {
        const { activeCellIndex, widgets } = jupyterapp.shell.currentWidget.content;
        return [activeCellIndex, widgets.length];
    })()"""
    before = page.evaluate(notebook_state)
    page.mouse.click(*place(cell, 0.3, 0.3))
    steps = {"Home": (0, 0), "ArrowRight": (0.05, 0), "ArrowUp": (0.05, 0.05), "ArrowLeft": (0, 0.05)}
    steps |= {"ArrowDown": (0, 0), "Shift+ArrowRight": (0.5, 0), "Shift+ArrowUp": (0.5, 0.5), "PageUp": (0.5, 1)}
    for key, z in {**steps, "PageDown": (0.5, 0.5)}.items():
        page.keyboard.press(key)
        wait_until(page, lambda: caption(cell).startswith("z = ({:.2f}, {:.2f})".format(*z)))  # noqa: B023
        wait_until(page, lambda: notebook.python("print(pad.z)") == str([float(value) for value in z]))  # noqa: B023
    assert pad.get_attribute("aria-valuetext") == "z1 0.50, z2 0.50" and pad.get_attribute("aria-valuenow") == "0.50"
    assert pad.get_attribute("role") == "slider" and pad.evaluate("canvas => canvas === document.activeElement")
    page.keyboard.press("b")  # JupyterLab's shortcut for another cell
    notebook.settle()
    assert page.evaluate(notebook_state) == before
    assert pad.evaluate("canvas => getComputedStyle(canvas).outlineWidth") == "3px"


def test_a_drag_shows_a_new_digit_on_every_step(notebook, cell):
    page, digit = notebook.page, cell.locator(".vae-large canvas")
    page.mouse.move(*place(cell, 0.1, 0.2))
    page.mouse.down()
    pictures = set()
    for k in range(20):
        page.mouse.move(*place(cell, 0.1 + 0.04 * k, 0.2 + 0.03 * k))
        pictures.add(digit.evaluate(PNG))
    page.mouse.move(*place(cell, 1.5, 0.5))  # the pointer is captured: it may leave the map
    page.mouse.up()
    limit = float(notebook.python("print(pad.limit)"))
    wait_until(page, lambda: caption(cell).startswith(f"z = ({limit:.2f}, 0.0"))
    assert len(pictures) == 20 and np.allclose(python_z(notebook, cell), [limit, 0], atol=0.02)


def test_python_moves_the_point_but_not_from_under_a_hand(notebook, cell):
    page = notebook.page
    notebook.python("pad.z = [-1.5, 0.75]")
    wait_until(page, lambda: caption(cell).startswith("z = (-1.50, 0.75)\n|z| = 1.68\n"))
    page.mouse.move(*place(cell, 0.5, 0.5))
    page.mouse.down()
    wait_until(page, lambda: not caption(cell).startswith("z = (-1.50, 0.75)"))
    python_z(notebook, cell)  # the hand's place has reached Python: what Python sets now comes later
    held = caption(cell)
    notebook.python("pad.z = [2.0, 2.0]")
    notebook.settle()
    assert caption(cell) == held
    page.mouse.up()
    assert np.allclose(python_z(notebook, cell), [0, 0], atol=0.02) and caption(cell) == held


def test_the_pad_answers_while_the_kernel_is_busy_and_nothing_comes_back_late(notebook, cell):
    page = notebook.page
    page.evaluate("""() => {
        window.seen = [];
        const text = document.querySelector('.vae-pad .vae-large figcaption');
        window.watch = new MutationObserver(() => window.seen.push(text.textContent));
        window.watch.observe(text, {childList: true});
    }""")
    with notebook.busy():
        before = caption(cell)
        for k in range(1, 4):
            page.mouse.click(*place(cell, 0.5 + 0.1 * k, 0.5))  # letting go sends the place
            before = wait_for_change(page, lambda: caption(cell), before)  # noqa: B023
    z = python_z(notebook, cell)
    notebook.settle()
    seen = page.evaluate("(window.watch.disconnect(), window.seen)")
    assert [text.split("\n")[0] for text in seen] == list(dict.fromkeys(text.split("\n")[0] for text in seen))
    assert len(seen) == 3 and f"{z[0]:.2f}" in caption(cell)


def test_the_nearest_images(notebook, cell):
    row = cell.locator(".vae-pad-nearest")
    assert not row.is_visible()
    before = cell.locator(".vae-pad-map").evaluate(PNG)
    cell.locator("input[type=checkbox]").check()
    row.wait_for()
    assert row.locator("canvas").count() == 5
    assert cell.locator(".vae-pad-map").evaluate(PNG) != before  # five rings
    notebook.python("pad.z = [-0.5, -1.0]")
    wait_until(notebook.page, lambda: caption(cell).startswith("z = (-0.50, -1.00)"))
    images, labels = (part[:600] for part in load_mnist("test"))
    codes = encode_means(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), images)
    nearest = (codes - torch.tensor([-0.5, -1.0])).norm(dim=1).argsort()[:5]
    assert row.locator("figcaption").all_inner_texts() == [f"a {label}" for label in labels[nearest].tolist()]
    for k, i in enumerate(nearest):
        assert np.abs(pixels(row.locator("canvas").nth(k)) - images[i, 0].numpy()).max() < 0.6 / 255
    wait_until(notebook.page, lambda: notebook.python("print(pad.view.nearest)") == "True")
    cell.locator("input[type=checkbox]").uncheck()
    row.wait_for(state="hidden")


def test_full_screen_and_back(notebook, cell):
    page, pad = notebook.page, cell.locator(".vae-pad-map")
    width = lambda: pad.evaluate("canvas => canvas.width")  # noqa: E731
    small = width()
    cell.get_by_role("button", name="full screen").click()
    page.wait_for_function("document.fullscreenElement?.classList.contains('vae-pad')")
    wait_until(page, lambda: width() > 1.4 * small)
    # crisp: a pixel of the canvas for each of the screen
    wait_until(page, lambda: pad.evaluate("c => Math.abs(c.width - c.clientWidth * devicePixelRatio) <= 1"))
    assert width() > 1.4 * small
    cell.get_by_role("button", name="small again").click()
    page.wait_for_function("!document.fullscreenElement")
    wait_until(page, lambda: width() == small)


def test_a_finger_drags_and_the_page_stays(notebook, cell):
    page, before = notebook.page, caption(cell)
    finger = page.context.new_cdp_session(page)
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    top = steady_box(page, cell.locator(".vae-pad-map"))["y"]
    for kind, y in (("touchStart", 0.75), ("touchMove", 0.5), ("touchMove", 0.25), ("touchEnd", None)):
        x, y = place(cell, 0.25, y or 0)
        touches = [] if kind == "touchEnd" else [{"x": x, "y": y}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    finger.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    wait_for_change(page, lambda: caption(cell), before)
    limit = float(notebook.python("print(pad.limit)"))
    wait_until(page, lambda: np.allclose(python_z(notebook, cell), [-limit / 2, limit / 2], atol=0.02))
    assert cell.locator(".vae-pad-map").bounding_box()["y"] == top


def test_two_views_move_together(notebook, cell):
    page = notebook.page
    page.evaluate("""async () => {
        jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource('display(pad, pad)');
        await jupyterapp.commands.execute('notebook:run-cell');
    }""")
    digits = cell.locator(".vae-large figcaption")
    digits.nth(1).wait_for()
    page.mouse.click(*place(cell.locator(".vae-pad").first, 0.7, 0.3))
    wait_until(page, lambda: len(set(texts := digits.all_inner_texts())) == 1 and "(0.00, 0.00)" not in texts[0])


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
