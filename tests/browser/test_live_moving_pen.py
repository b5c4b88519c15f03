"""The moving pen in JupyterLab: faders, buttons and Python write the same strokes, and it moves without a kernel."""

import re

import gallery
import numpy as np
import pytest
from driving import PNG, frames, wait_for_change, wait_until


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("pen").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The pen's cell, at the beginning of the walk, where all points are means."""
    cell = notebook.show("pen = ")
    cell.locator(".vae-pen-paper").wait_for()
    notebook.python("pen.t = pen.temperature = pen.told = 0; pen.speed, pen.model = 4, 'no input'")
    notebook.python("pen.shuffle = pen.walk = False")
    wait_until(notebook.page, lambda: label(cell).startswith("the pen's stroke at t = 0.00, model: no input"))
    return cell


def label(cell) -> str:
    return cell.locator(".vae-pen-paper").get_attribute("aria-label")


def points(cell) -> np.ndarray:
    """Those that the page tells, to one decimal."""
    numbers = label(cell).partition("x and y: ")[2].replace("−", "-").replace(",", "").split()
    return np.array([float(number) for number in numbers]).reshape(8, 2)


def picture(cell) -> str:
    return cell.locator(".vae-pen-paper").evaluate(PNG)


def fader(cell, name):
    return cell.get_by_role("slider", name=name, exact=True)


def button(cell, name):
    return cell.get_by_role("button", name=name, exact=True)


def python_has(notebook, code: str, wanted: str) -> bool:
    return wait_until(notebook.page, lambda: notebook.python(f"print({code})") == wanted)


def same_as_python(notebook, cell) -> None:
    """The stroke on the page is the one that Python computes; it may be late by what is still on its way."""

    def apart() -> float:
        text = notebook.python("print(*pen.stroke.flatten().tolist())")
        return np.abs(np.array([float(number) for number in text.split()]).reshape(8, 2) - points(cell)).max()

    wait_until(notebook.page, lambda: apart() < 0.051)


def test_keys_move_t_and_python_sees_it(notebook, cell):
    same_as_python(notebook, cell)
    before = picture(cell)
    fader(cell, "t").focus()
    for _ in range(3):
        notebook.page.keyboard.press("ArrowRight")
    wait_for_change(notebook.page, lambda: picture(cell), before)
    python_has(notebook, "round(pen.t, 3)", "0.03")
    notebook.page.keyboard.press("End")
    python_has(notebook, "pen.t", "1.0")
    same_as_python(notebook, cell)


def test_models_noise_and_temperature(notebook, cell):
    button(cell, "true points").click()
    python_has(notebook, "pen.model", "true points")
    same_as_python(notebook, cell)
    means = points(cell)
    fader(cell, "temperature").focus()
    notebook.page.keyboard.press("End")
    python_has(notebook, "pen.temperature", "1.5")
    same_as_python(notebook, cell)
    warm = points(cell)
    assert np.abs(warm - means).max() > 0.05
    noise = notebook.python("print(hash(pen.noise))")
    button(cell, "draw anew").click()
    wait_until(notebook.page, lambda: notebook.python("print(hash(pen.noise))") != noise)
    same_as_python(notebook, cell)
    assert np.abs(points(cell) - warm).max() > 0.05


def test_python_moves_the_page(notebook, cell):
    notebook.python("pen.t, pen.model, pen.speed, pen.walk = 0.5, 'true points', 9, True")
    wait_until(notebook.page, lambda: cell.get_by_label("walk on").is_checked())  # what was set last
    assert "at t = 0.50, model: true points" in label(cell)
    assert [fader(cell, name).input_value() for name in ("t", "speed")] == ["0.5", "9"]
    same_as_python(notebook, cell)


def test_shuffled_z(notebook, cell):
    """To the model that sees no points all strokes of the row are one; to the other they are not."""
    small = cell.locator(".vae-pen-step canvas")
    told = cell.locator(".vae-pen-told")
    assert not told.is_visible()
    cell.get_by_label("shuffle z").check()
    python_has(notebook, "pen.shuffle", "True")
    wait_until(notebook.page, told.is_visible)
    text = cell.locator(".vae-figures").inner_text().replace("−", "-")
    own, other = (float(number) for number in re.findall(r"^(-?\d+) nats told", text, re.M))
    code = """
z = torch.stack([pen._codes['no input'][k] for k in (0, 2)])
print(*writers['no input'].nll(z, pen.stroke[None].expand(2, -1, -1)).tolist())"""
    wanted = [
        float(number) for number in notebook.python(f"import torch\nwith torch.no_grad():{indented(code)}").split()
    ]
    assert [own, other] == pytest.approx(wanted, abs=1)
    expected = points(cell)
    notebook.python("pen.t = 1")
    wait_until(notebook.page, lambda: "at t = 1.00" in label(cell))
    assert np.array_equal(points(cell), expected)
    notebook.python("pen.model = 'true points'")
    wait_until(notebook.page, lambda: "model: true points" in label(cell))
    at_the_end = points(cell)
    notebook.python("pen.t = 0")
    wait_until(notebook.page, lambda: "at t = 0.00" in label(cell))
    assert np.abs(points(cell) - at_the_end).max() > 0.05
    assert small.count() == 7


def indented(code: str) -> str:
    return code.replace("\n", "\n    ")


def test_a_small_stroke_leads_to_its_t(notebook, cell):
    cell.locator(".vae-pen-step").nth(3).click()
    python_has(notebook, "pen.t", "0.5")


def test_it_plays_while_the_kernel_is_busy_and_walks_on(notebook, cell):
    cell.get_by_label("walk on").check()
    fader(cell, "speed").focus()
    notebook.page.keyboard.press("End")
    with notebook.busy():
        before = picture(cell)
        button(cell, "play").click()
        wait_for_change(notebook.page, lambda: picture(cell), before)
        wait_until(notebook.page, lambda: "at t = 0.33" in label(cell))
        button(cell, "pause").click()
        frames(notebook.page)
        still = picture(cell)
        frames(notebook.page, 5)
        assert picture(cell) == still
    python_has(notebook, "round(pen.t, 2)", "0.33")


def test_who_wants_little_motion_sees_the_finished_stroke(notebook, cell):
    button(cell, "play").click()
    button(cell, "pause").click()
    frames(notebook.page)
    part = picture(cell)
    notebook.page.emulate_media(reduced_motion="reduce")
    try:
        button(cell, "play").click()
        whole = wait_for_change(notebook.page, lambda: picture(cell), part)
        frames(notebook.page, 5)
        assert picture(cell) == whole and button(cell, "play").is_visible()
    finally:
        notebook.page.emulate_media(reduced_motion="no-preference")


def test_a_large_screen_has_large_knobs_and_small_strokes_that_stay_small(notebook, cell):
    """More than 150 units to a side, and each would have dots, ellipses and a pen of its own."""
    page, stage = notebook.page, cell.locator(".vae-stage")
    before = page.viewport_size
    units = "all => all.map(e => e.clientWidth / (parseFloat(getComputedStyle(e).fontSize) / 13))"
    height = "e => parseFloat(getComputedStyle(e).fontSize)"
    button(cell, "full screen").click()
    page.wait_for_function("document.fullscreenElement")
    try:
        page.set_viewport_size({"width": 1920, "height": 1080})
        wait_until(page, lambda: (box := stage.bounding_box()) and box["width"] == 1920)
        sizes = stage.locator(".vae-pen-small").evaluate_all(units)
        assert len(sizes) == 8 and max(sizes) < 110
        for knob in (fader(cell, "t"), cell.get_by_label("walk on")):
            assert knob.evaluate(height) == stage.evaluate(height) > 30
        button(cell, "small again").click()
        page.wait_for_function("!document.fullscreenElement")
    finally:
        page.set_viewport_size(before)


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
