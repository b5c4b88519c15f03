"""The code flow in JupyterLab: it plays, its slider and Python move the same time, and it needs no kernel."""

import re

import gallery
import numpy as np
import pytest
from driving import frames, wait_for_change, wait_until

LAST = 11.0  # of the shipped snapshots


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("flow").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The flow's cell, at its beginning, with the Gaussian prior and the map."""
    cell = notebook.show("flow = ")
    cell.locator(".vae-flow-map").wait_for()
    notebook.python("flow.prior, flow.time, flow.heat = 'Gaussian', 0, True")
    wait_until(notebook.page, lambda: step(cell) == 0 and pressed(cell) == "Gaussian" and box(cell).is_checked())
    return cell


def figures(cell) -> str:
    return cell.locator(".vae-figures").inner_text()


def step(cell) -> int:
    return int(re.match(r"step ([\d,]+)", figures(cell))[1].replace(",", ""))


def loss(cell) -> float:
    return float(re.search(r"D's loss (\d\.\d+)", figures(cell))[1])


def pressed(cell) -> str:
    return cell.locator(".vae-flow-priors [aria-pressed=true]").inner_text()


def button(cell, name: str):
    return cell.get_by_role("button", name=name, exact=True)


def box(cell):
    return cell.get_by_role("checkbox")


def picture(cell) -> str:
    return gallery.seen(cell, "flow")


def same_as_python(notebook, cell) -> None:
    """The loss of the page, once it is the one that Python reckons for the same prior and time."""
    python = lambda: float(notebook.python("print(flow.loss)"))  # noqa: E731
    wait_until(notebook.page, lambda: np.abs(loss(cell) - python()) < 1e-3)


def python_has(notebook, code: str, wanted: str) -> bool:
    return wait_until(notebook.page, lambda: notebook.python(f"print({code})") == wanted)


def test_it_plays_and_pauses(notebook, cell):
    button(cell, "play").click()
    wait_until(notebook.page, lambda: step(cell) > 0)
    button(cell, "pause").click()
    button(cell, "play").wait_for()
    shown = step(cell)
    frames(notebook.page, 20)
    assert step(cell) == shown
    same_as_python(notebook, cell)
    assert 0 < float(notebook.python("print(flow.time)")) < LAST


def test_it_plays_to_the_end_and_from_there_again(notebook, cell):
    notebook.python("flow.time = 10.5")
    wait_until(notebook.page, lambda: step(cell) > 0)
    button(cell, "play").click()
    assert python_has(notebook, "flow.time", f"{LAST}")
    button(cell, "play").wait_for()  # it has stopped by itself
    end = step(cell)
    button(cell, "play").click()
    wait_until(notebook.page, lambda: step(cell) < end / 2)
    button(cell, "pause").click()


def test_the_slider_goes_to_the_end(notebook, cell):
    before = picture(cell)
    cell.locator(".vae-fader").focus()
    notebook.page.keyboard.press("End")
    assert python_has(notebook, "flow.time", f"{LAST}")
    assert picture(cell) != before
    same_as_python(notebook, cell)
    assert 0.6 < loss(cell) < 0.72  # about ln 2
    notebook.page.keyboard.press("ArrowLeft")
    assert python_has(notebook, "round(flow.time, 2)", f"{LAST - 0.02}")


def test_the_slider_stops_what_plays(notebook, cell):
    button(cell, "play").click()
    button(cell, "pause").wait_for()
    cell.locator(".vae-fader").focus()
    notebook.page.keyboard.press("End")
    button(cell, "play").wait_for()
    assert python_has(notebook, "flow.time", f"{LAST}")


@pytest.mark.parametrize("prior", ["ring of ten", "swiss roll"])
def test_another_prior(notebook, cell, prior):
    before = picture(cell)
    button(cell, prior).click()
    assert python_has(notebook, "flow.prior", prior)
    assert pressed(cell) == prior and picture(cell) != before
    same_as_python(notebook, cell)


def test_the_map_goes_and_comes_again(notebook, cell):
    """Once it is complete: at first it is coarse."""
    seen = []
    wait_until(notebook.page, lambda: seen.append(picture(cell)) or (len(seen) > 40 and seen[-1] == seen[-40]))
    box(cell).click()
    assert python_has(notebook, "flow.heat", "False")
    without = wait_for_change(notebook.page, lambda: picture(cell), seen[-1])
    notebook.python("flow.heat = True")
    assert wait_for_change(notebook.page, lambda: picture(cell), without) == seen[-1]


def test_the_pointer_asks_for_d(notebook, cell):
    cell.locator(".vae-flow-map").hover()
    told = lambda: cell.locator(".vae-flow-hover").inner_text()  # noqa: E731
    found = wait_until(notebook.page, lambda: re.match(r"D\(z\) = (\d\.\d+) at z = \((\S+), (\S+)\)", told()))
    d, x, y = (float(number.replace("−", "-")) for number in found.groups())
    code = f"flow._flows['Gaussian'].discriminator(0)(torch.tensor([[{x}, {y}]])).sigmoid().item()"
    wanted = float(notebook.python(f"import torch; print({code})"))
    assert d == pytest.approx(wanted, abs=0.02)  # the place is told to two decimals


def test_it_plays_while_the_kernel_is_busy(notebook, cell):
    with notebook.busy():
        before = picture(cell)
        button(cell, "swiss roll").click()
        button(cell, "play").click()
        wait_for_change(notebook.page, lambda: picture(cell), before)
        wait_until(notebook.page, lambda: step(cell) > 0)
        button(cell, "pause").click()
    assert python_has(notebook, "flow.prior, flow.time > 0", "swiss roll True")


def test_who_wants_little_motion_sees_snapshots(notebook, cell):
    """And not the way between two."""
    notebook.page.emulate_media(reduced_motion="reduce")
    try:
        button(cell, "play").click()
        seen = {step(cell)}
        wait_until(notebook.page, lambda: seen.add(step(cell)) or len(seen) == 3)
        button(cell, "pause").click()
        steps = notebook.python("print(*flow._flows['Gaussian'].steps.tolist())").split()
        assert sorted(seen) == [int(one) for one in steps[:3]]
    finally:
        notebook.page.emulate_media(reduced_motion="no-preference")


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
