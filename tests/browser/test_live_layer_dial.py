"""The layer dial in JupyterLab: keys, mouse and Python move the same numbers, and it needs no kernel."""

import re

import gallery
import pytest
from driving import drag, steady_box, wait_for_change, wait_until


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("layer_dial").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    cell = notebook.show("layer_dial = ")
    cell.locator(".vae-layer-dial-plane").wait_for()
    notebook.python("layer_dial.a, layer_dial.s, layer_dial.x = 0.5, 0.6, 2.0")
    wait_until(notebook.page, lambda: dial(cell, "a").input_value() == "0.5" and height(cell) == 2)
    return cell


def dial(cell, name: str):
    return cell.get_by_role("slider", name=name, exact=True)


def plane(cell):
    return cell.locator(".vae-layer-dial-plane")


def height(cell) -> float:
    return float(plane(cell).get_attribute("aria-valuenow"))


def figures(cell) -> list[str]:
    return cell.locator(".vae-figures").inner_text().split("\n")


def costs(cell) -> list[float]:
    """Of z2 and z1, and their sum, as the bar of this x says them."""
    return [float(text) for text in re.findall(r"\d\.\d\d", cell.locator(".vae-layer-dial-bar").first.inner_text())]


def same_as_python(notebook, cell) -> bool:
    python = lambda: notebook.python("print('{1:.2f} {0:.2f}'.format(*layer_dial.kls))").split()  # noqa: E731
    return wait_until(notebook.page, lambda: [f"{part:.2f}" for part in costs(cell)[:2]] == python())


def test_the_dial_moves_nats_and_nothing_else(notebook, cell):
    before, costs_before = figures(cell), costs(cell)
    dial(cell, "a").focus()
    notebook.page.keyboard.press("End")
    wait_until(notebook.page, lambda: notebook.python("print(layer_dial.a)") == "0.99")
    wait_until(notebook.page, lambda: costs(cell)[0] > costs_before[0] + 0.5)
    assert costs(cell)[2] == costs_before[2] and figures(cell)[:2] == before[:2] and figures(cell)[2] != before[2]
    assert same_as_python(notebook, cell)
    notebook.page.keyboard.press("Home")
    wait_until(notebook.page, lambda: notebook.python("print(layer_dial.a)") == "0.0")
    wait_until(notebook.page, lambda: costs(cell)[0] == 0)


def test_x_is_dragged_and_stepped(notebook, cell):
    box = steady_box(notebook.page, plane(cell))
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    notebook.page.mouse.move(*middle)
    notebook.page.mouse.down()
    notebook.page.mouse.move(middle[0], middle[1] + box["height"] / 6.4, steps=5)  # 1, of -3.2 to 3.2
    notebook.page.mouse.up()
    wait_until(notebook.page, lambda: height(cell) == pytest.approx(-1, abs=0.03))
    wait_until(notebook.page, lambda: float(notebook.python("print(layer_dial.x)")) == height(cell))
    assert same_as_python(notebook, cell)
    before = height(cell)
    notebook.page.keyboard.press("Shift+ArrowUp")
    wait_until(notebook.page, lambda: height(cell) == pytest.approx(before + 0.5))
    notebook.page.keyboard.press("Home")
    wait_until(notebook.page, lambda: notebook.python("print(layer_dial.x)") == "0.0")


def test_python_moves_it(notebook, cell):
    picture = gallery.seen(cell, "layer_dial")
    notebook.python("layer_dial.s, layer_dial.x = 1.0, -2")
    wait_until(notebook.page, lambda: height(cell) == -2 and dial(cell, "s").input_value() == "1")
    assert gallery.seen(cell, "layer_dial") != picture and same_as_python(notebook, cell)


def test_it_answers_while_the_kernel_is_busy(notebook, cell):
    with notebook.busy():
        before = gallery.seen(cell, "layer_dial")
        drag(notebook.page, dial(cell, "a"), 0.5, 0.9)
        wait_for_change(notebook.page, lambda: gallery.seen(cell, "layer_dial"), before)
        turned = dial(cell, "a").input_value()
        assert float(turned) > 0.8
    wait_until(notebook.page, lambda: float(notebook.python("print(layer_dial.a)")) == float(turned))


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
