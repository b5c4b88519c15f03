"""The axes dial in JupyterLab: keys, mouse and Python turn the same axes, and both sides have the same MIG."""

import json
import re

import gallery
import numpy as np
import pytest
import torch
from driving import drag, pixels, steady_box, wait_for_change, wait_until
from lab import Notebook

from vae_helpers.models import VAE


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("axes").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The dial's cell, with straight axes and all latents at 0."""
    cell = notebook.show("axes = ")
    cell.locator(".vae-axes-plane").wait_for()
    notebook.python("axes.z, axes.degrees, axes.plane = [0.0] * 10, 0, axes.dims[:2]")
    wait_until(notebook.page, lambda: degrees(cell) == "0°" and set(figures(cell)) == {"0.00"})
    return cell


def fader(cell, name: str):
    return cell.get_by_role("slider", name=name, exact=True)


def degrees(cell) -> str:
    return cell.locator(".vae-axes-dial .vae-axes-figure").inner_text()


def figures(cell) -> list[str]:
    return cell.locator(".vae-axes-slider .vae-axes-figure").all_inner_texts()


def gaps(cell) -> list[float]:
    """As the bars say them."""
    return [float(text) for text in cell.locator(".vae-axes-bars .vae-axes-figure").all_inner_texts()]


def same_as_python(notebook: Notebook, cell) -> None:
    """The MIG and the gaps of the page, once they are those that Python counts."""
    mig = lambda: float(re.match(r"MIG (\d\.\d\d)", cell.locator(".vae-axes-mig").inner_text())[1])  # noqa: E731
    python = lambda: json.loads(notebook.python("print([axes.mig, *axes.gaps.values()])"))  # noqa: E731
    wait_until(notebook.page, lambda: np.abs(np.array(python()) - [mig(), *gaps(cell)]).max() < 0.0051)


def python_has(notebook: Notebook, code: str, wanted: str) -> bool:
    return wait_until(notebook.page, lambda: notebook.python(f"print({code})") == wanted)


def test_keys_turn_the_dial_and_python_has_it(notebook, cell):
    same_as_python(notebook, cell)
    before = notebook.python("print(axes.mig)")
    fader(cell, "turn the axes").focus()
    for _ in range(3):
        notebook.page.keyboard.press("ArrowRight")
    assert python_has(notebook, "axes.degrees", "3.0") and degrees(cell) == "3°"
    notebook.page.keyboard.press("End")
    assert python_has(notebook, "axes.degrees", "90.0") and degrees(cell) == "90°"
    same_as_python(notebook, cell)
    assert float(notebook.python("print(axes.mig)")) == pytest.approx(float(before), abs=1e-6)  # axes changed places
    notebook.page.keyboard.press("ArrowLeft")
    assert python_has(notebook, "axes.degrees", "89.0")
    same_as_python(notebook, cell)
    assert notebook.python("print(axes.mig)") != before
    cell.get_by_role("button", name="straighten").click()
    assert python_has(notebook, "axes.degrees", "0.0") and degrees(cell) == "0°"


def test_python_turns_the_dial(notebook, cell):
    picture = lambda: gallery.seen(cell, "axes")  # noqa: E731
    before = picture()
    notebook.python("axes.degrees = 22.5")
    wait_until(notebook.page, lambda: degrees(cell) == "22.5°")
    assert picture() != before
    same_as_python(notebook, cell)
    notebook.python("axes.z = [1.0] * 10")
    first, second = (2**0.5 * np.cos(np.radians(45 + turn * 22.5)) for turn in (1, -1))
    wait_until(notebook.page, lambda: figures(cell) == [f"{first:.2f}", f"{second:.2f}", *["1.00"] * 4])


def test_the_image_is_that_of_z_and_stays_while_the_axes_turn(notebook, cell):
    """To half a grey level, with weights in half precision."""
    model = VAE(10, hidden=(96, 64), seed=0)
    model.decoder.head.weight.data *= 10
    image = cell.locator(".vae-large canvas")
    notebook.python("axes.degrees = 30")
    wait_until(notebook.page, lambda: degrees(cell) == "30°")
    name = cell.locator(".vae-axes-slider .vae-fader").first.get_attribute("aria-label")
    fader(cell, name).focus()
    notebook.page.keyboard.press("End")
    wait_until(notebook.page, lambda: figures(cell)[0] == "3.00")
    wait_until(notebook.page, lambda: "2.598" in notebook.python("print(axes.z)"))  # 3 cos 30
    z = json.loads(notebook.python("print(axes.z)"))
    with torch.no_grad():
        wanted = torch.sigmoid(model.decoder(torch.tensor([z])))[0, 0].numpy()
    shown = pixels(image)
    assert np.abs(shown - wanted).max() < 0.6 / 255 + 0.001
    fader(cell, "turn the axes").focus()
    notebook.page.keyboard.press("Home")
    wait_until(notebook.page, lambda: figures(cell)[:2] == ["2.60", "−1.50"])
    assert np.array_equal(pixels(image), shown) and json.loads(notebook.python("print(axes.z)")) == z


def test_the_mouse_moves_the_cross_along_the_turned_axes(notebook, cell):
    notebook.python("axes.degrees = 90")
    wait_until(notebook.page, lambda: degrees(cell) == "90°")
    box = steady_box(notebook.page, cell.locator(".vae-axes-plane"))
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    notebook.page.mouse.move(*middle)
    notebook.page.mouse.down()
    notebook.page.mouse.move(middle[0] + box["width"] / 3, middle[1], steps=5)  # 2, of -3 to 3
    notebook.page.mouse.up()
    wait_until(notebook.page, lambda: float(figures(cell)[0]) == pytest.approx(2, abs=0.03))
    assert float(figures(cell)[1].replace("−", "-")) == pytest.approx(0, abs=0.03)
    z = lambda: np.array(json.loads(notebook.python("print(axes.z)")))  # noqa: E731
    first, second = json.loads(notebook.python("print(list(axes.dims[:2]))"))
    wait_until(notebook.page, lambda: np.abs(z()[[first, second]] - [0, -2]).max() < 0.03)


def test_another_plane(notebook, cell):
    dims = json.loads(notebook.python("print(list(axes.dims))"))
    primes = lambda: [text for text in cell.locator(".vae-axes-slider .vae-axes-name").all_inner_texts() if "′" in text]  # noqa: E731
    assert primes() == [f"z{d + 1}′" for d in dims[:2]]
    cell.get_by_label("first latent of the plane").select_option(f"{dims[4]}")
    assert python_has(notebook, "axes.plane", f"[{dims[4]}, {dims[1]}]")
    wait_until(notebook.page, lambda: primes() == [f"z{dims[k] + 1}′" for k in (1, 4)])
    cell.get_by_label("first latent of the plane").select_option(f"{dims[1]}")
    assert python_has(notebook, "axes.plane", f"[{dims[1]}, {dims[4]}]")
    notebook.python("axes.plane, axes.degrees = [axes.dims[5], axes.dims[0]], 10")
    wait_until(notebook.page, lambda: primes() == [f"z{dims[k] + 1}′" for k in (0, 5)])
    same_as_python(notebook, cell)


def test_it_turns_while_the_kernel_is_busy(notebook, cell):
    with notebook.busy():
        before = gallery.seen(cell, "axes")
        drag(notebook.page, fader(cell, "turn the axes"), 0.02, 0.5)
        wait_for_change(notebook.page, lambda: gallery.seen(cell, "axes"), before)
        turned = degrees(cell)
        assert 40 <= float(turned.removesuffix("°")) <= 50
    assert python_has(notebook, "f'{axes.degrees:g}°'", turned)
    same_as_python(notebook, cell)


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
