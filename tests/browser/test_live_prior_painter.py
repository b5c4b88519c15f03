"""The prior painter in JupyterLab: it learns in the page, its codes come to the paint, and Python has the painting."""

import re

import gallery
import pytest
from driving import frames, steady_box, wait_until


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("painter").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    cell = notebook.show("painter = ")
    cell.locator(".vae-painter-plane").wait_for()
    return cell


def state(cell) -> tuple[int, int]:
    """Steps, and the share of the codes on paint in per cent."""
    found = re.match(r"(\d+) steps; (\d+) %", cell.locator(".vae-painter-state").inner_text())
    return (int(found[1]), int(found[2])) if found else (0, 0)


def button(cell, name: str):
    return cell.get_by_role("button", name=name, exact=True)


def test_paint_then_train_and_the_codes_come(notebook, cell):
    button(cell, "clear").click()
    box = steady_box(notebook.page, cell.locator(".vae-painter-plane"))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4  # a line along z2 = 2
    notebook.page.mouse.move(x - box["width"] / 4, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(x + box["width"] / 4, y, steps=20)
    notebook.page.mouse.up()
    wait_until(notebook.page, lambda: notebook.python("print(len(painter.painting) > 50)") == "True")
    assert notebook.python("print((painter.painting[:, 1] - 2).abs().max().item() < 0.1)") == "True"
    assert notebook.python("print(painter.prior_name)") == "painted"
    with notebook.busy():  # it learns in the page alone
        button(cell, "train").click()
        wait_until(notebook.page, lambda: state(cell)[0] > 300 and state(cell)[1] > 40)
        button(cell, "pause").click()


def test_python_paints(notebook, cell):
    notebook.python("painter.painting = [[0.0, 0.0]]")
    before = gallery.seen(cell, "painter")
    button(cell, "heart").click()
    wait_until(notebook.page, lambda: gallery.seen(cell, "painter") != before)
    wait_until(notebook.page, lambda: notebook.python("print(painter)") == "PriorPainter(heart, 400 points)")


def test_who_wants_little_motion_gets_steps_at_each_press(notebook, cell):
    """The browser is asked when the widget is made: the cell is run anew."""
    notebook.page.emulate_media(reduced_motion="reduce")
    try:
        notebook.page.evaluate("jupyterapp.commands.execute('notebook:run-cell')")
        button(cell, "train 50 steps").click()
        wait_until(notebook.page, lambda: state(cell)[0] == 50)
        before = gallery.seen(cell, "painter")
        frames(notebook.page, 20)
        assert state(cell)[0] == 50 and gallery.seen(cell, "painter") == before
        button(cell, "train 50 steps").click()
        wait_until(notebook.page, lambda: state(cell)[0] == 100)
    finally:
        notebook.page.emulate_media(reduced_motion="no-preference")


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
