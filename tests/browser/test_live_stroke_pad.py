"""The stroke pad in JupyterLab: written by hand, chosen by keys or set by Python, and what the model makes of it."""

import json
import re

import gallery
import pytest
import torch
from driving import PNG, frames, steady_box, wait_for_change, wait_until

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, load_pen_digits
from vae_helpers.losses import gaussian_kl

SEVEN = [[(0.2, 0.2), (0.5, 0.18), (0.78, 0.22), (0.65, 0.5), (0.45, 0.85)], [(0.3, 0.5), (0.75, 0.52)]]


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("scrawl").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture(scope="module")
def model():
    return load_checkpoint(REPO_DATA / "weights" / "pen_vae_2d.pt").float()


@pytest.fixture(scope="module")
def strokes():
    return load_pen_digits("test")[0]


@pytest.fixture
def cell(notebook):
    """The pad's cell, with held-out stroke 0."""
    cell = notebook.show("scrawl = ")
    cell.locator(".vae-draw-paper").focus()
    notebook.page.keyboard.press("Home")
    wait_until(notebook.page, lambda: word(cell).startswith("held-out stroke 0: ") and "backwards" not in word(cell))
    wait_until(notebook.page, lambda: notebook.python("print(scrawl.view.index, scrawl.view.z)") == "0 []")
    return cell


def word(cell) -> str:
    return cell.locator(".vae-stroke-word").inner_text()


def written_from(cell) -> str:
    return cell.locator(".vae-stroke-figure figcaption").inner_text().splitlines()[0]


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.\d+", text.replace("−", "-"))]


def seen(cell) -> list[str]:
    canvases = cell.locator(".vae-draw-paper, .vae-pad-map, .vae-stroke-written").all()
    return [canvas.evaluate(PNG) for canvas in canvases]


def write(notebook, cell, lines) -> None:
    box = steady_box(notebook.page, cell.locator(".vae-draw-paper"))
    for line in lines:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]
        notebook.page.mouse.move(*places[0])
        notebook.page.mouse.down()
        for place in places[1:]:
            notebook.page.mouse.move(*place, steps=5)
        notebook.page.mouse.up()


def button(cell, name):
    return cell.get_by_role("button", name=name, exact=True)


def same_as_python(notebook, cell) -> torch.Tensor:
    """The mean on the page is Python's, once it is: what is drawn is sent at most every 120 ms. Returns the stroke."""
    wait_until(
        notebook.page,
        lambda: (
            numbers(written_from(cell)) == pytest.approx(json.loads(notebook.python("print(scrawl.mu)")), abs=0.006)
        ),
    )
    return torch.tensor(json.loads(notebook.python("print(scrawl.stroke.tolist())")))


@torch.no_grad()
def costs(model, stroke) -> tuple[float, float]:
    mu, logvar = model.encode(stroke[None])
    return model.nll(mu, stroke[None]).item(), gaussian_kl(mu, logvar).item()


def test_all_change_while_the_pen_moves_and_are_what_torch_says(notebook, cell, model):
    page, box = notebook.page, steady_box(notebook.page, cell.locator(".vae-draw-paper"))
    before = seen(cell)
    for k, (x, y) in enumerate(SEVEN[0]):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if k == 0:
            page.mouse.down()
            page.mouse.move(box["x"] + (x + 0.05) * box["width"], box["y"] + (y - 0.03) * box["height"])
        frames(page)
        now = seen(cell)
        assert all(a != b for a, b in zip(before, now, strict=True))
        before = now
    page.mouse.up()
    assert word(cell) == "your drawing, 1 stroke"
    stroke = same_as_python(notebook, cell)
    lines = cell.locator(".vae-draw-figures").inner_text()
    assert numbers(lines)[:2] == pytest.approx(costs(model, stroke), abs=0.06)
    write(notebook, cell, SEVEN[1:])
    wait_until(page, lambda: word(cell) == "your drawing, 2 strokes")
    wait_until(page, lambda: not torch.equal(same_as_python(notebook, cell), stroke))
    button(cell, "undo").click()
    wait_until(page, lambda: torch.allclose(same_as_python(notebook, cell), stroke))
    button(cell, "clear").click()
    wait_until(page, lambda: notebook.python("print(scrawl.stroke, scrawl.mu)") == "None None")
    assert word(cell) == "an empty sheet"


def test_keys_and_examples_choose_held_out_strokes(notebook, cell, strokes):
    page, paper = notebook.page, cell.locator(".vae-draw-paper")
    for key, index in {"ArrowRight": 1, "Shift+ArrowDown": 11, "End": 1999, "PageUp": 1989, "Home": 0}.items():
        page.keyboard.press(key)
        wait_until(page, lambda: paper.get_attribute("aria-valuenow") == str(index))  # noqa: B023
        wait_until(page, lambda: notebook.python("print(scrawl.view.index)") == str(index))  # noqa: B023
        assert torch.allclose(same_as_python(notebook, cell), strokes[index], atol=1e-6)
    button(cell, "a held-out 7").click()
    wait_until(page, lambda: word(cell).endswith(": 7"))
    assert button(cell, "a held-out 7").get_attribute("aria-pressed") == "true"


def test_backwards_is_another_code(notebook, cell):
    stroke = same_as_python(notebook, cell)
    mu = written_from(cell)
    button(cell, "backwards").click()
    wait_for_change(notebook.page, lambda: written_from(cell), mu)
    wait_until(notebook.page, lambda: notebook.python("print(scrawl.view.backwards)") == "True")
    assert torch.equal(same_as_python(notebook, cell), stroke.flip(0))


def test_the_cross_is_dragged_and_goes_back(notebook, cell):
    page = notebook.page
    cost = cell.locator(".vae-draw-figures").inner_text()
    box = steady_box(page, cell.locator(".vae-pad-map"))
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.25 * box["height"], steps=5)
    page.mouse.up()
    limit = float(notebook.python("print(scrawl.view.limit)"))
    assert numbers(written_from(cell)) == pytest.approx([limit / 2, limit / 2], abs=0.03)
    wait_until(
        page, lambda: json.loads(notebook.python("print(scrawl.z)")) == pytest.approx([limit / 2, limit / 2], abs=0.03)
    )
    page.keyboard.press("ArrowLeft")
    wait_until(page, lambda: numbers(written_from(cell))[0] == pytest.approx(limit / 2 - 0.05, abs=0.03))
    assert cell.locator(".vae-draw-figures").inner_text() == cost
    button(cell, "back to μ").click()
    wait_until(page, lambda: "from μ" in written_from(cell))
    wait_until(page, lambda: notebook.python("print(scrawl.z == scrawl.mu)") == "True")


def test_python_sets_a_stroke_and_z(notebook, cell, strokes):
    notebook.python("scrawl.stroke = strokes[40]")
    wait_until(notebook.page, lambda: word(cell) == "a stroke from Python")
    assert torch.equal(same_as_python(notebook, cell), strokes[40])
    notebook.python("scrawl.z = [1, -1]")
    wait_until(notebook.page, lambda: written_from(cell) == "p(x|z), from z = (1.00, −1.00)")


def test_it_answers_while_the_kernel_is_busy(notebook, cell):
    before = seen(cell)
    with notebook.busy():
        write(notebook, cell, SEVEN)
        wait_until(notebook.page, lambda: word(cell) == "your drawing, 2 strokes")
        assert all(a != b for a, b in zip(before, seen(cell), strict=True))
    same_as_python(notebook, cell)


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
