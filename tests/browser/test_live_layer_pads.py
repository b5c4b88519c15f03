"""The layer pads in JupyterLab: moved, frozen, drawn and set from Python, and what torch makes of the same latents."""

import json

import gallery
import numpy as np
import pytest
from driving import PNG, frames, pixels, steady_box, wait_for_change, wait_until


@pytest.fixture(scope="module")
def notebook(open_notebook):
    setup, *_ = gallery.cells()
    notebook = open_notebook([setup, gallery.named("layer_pads").source(presenter=False)])
    assert notebook.errors() == []
    return notebook


@pytest.fixture
def cell(notebook):
    """The pads' cell, nothing frozen, at the first held-out digit."""
    cell = notebook.show("layer_pads = ")
    cell.locator(".vae-pad-map").first.wait_for()
    notebook.python("layer_pads.frozen = ''; layer_pads.start_from(0)")
    wait_until(notebook.page, lambda: pressed(cell) == ["start from a held-out 0"])
    same_as_python(notebook, cell)
    return cell


def button(cell, name):
    return cell.get_by_role("button", name=name, exact=True)


def pressed(cell) -> list[str]:
    return cell.locator("[aria-pressed=true]").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")


def large(cell):
    return cell.locator(".vae-large canvas")


def strip(cell) -> list[str]:
    return [canvas.evaluate(PNG) for canvas in cell.locator(".vae-layer-pads-strip canvas").all()]


def title(cell) -> str:
    return cell.locator(".vae-layer-pads-strip .vae-layer-pads-title").inner_text()


def python(notebook, expression: str):
    return json.loads(notebook.python(f"import json; print(json.dumps({expression}))"))


def same_as_python(notebook, cell) -> None:
    """The image on the page is torch's, once the latents are there: a canvas has 256 greys."""

    def agrees() -> bool:
        wanted = np.array(python(notebook, "layer_pads.image[0, 0].tolist()"))
        return np.abs(pixels(large(cell)) - wanted).max() < 0.006

    wait_until(notebook.page, agrees)


def drag(notebook, map_, *places) -> None:
    """By mouse, from place to place, shares of the map's side."""
    box = steady_box(notebook.page, map_)
    for k, (x, y) in enumerate(places):
        notebook.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if k == 0:
            notebook.page.mouse.down()
    notebook.page.mouse.up()


@pytest.mark.parametrize(("k", "read", "limit"), [(0, "layer_pads.z2", "limit"), (1, "layer_pads.eps1", "noise_limit")])
def test_both_pads_move_the_image_while_the_hand_moves(notebook, cell, k, read, limit):
    page, map_ = notebook.page, cell.locator(".vae-pad-map").nth(k)
    box = steady_box(page, map_)
    before = large(cell).evaluate(PNG)
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    for x in (0.4, 0.6, 0.75):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + 0.25 * box["height"])
        frames(page)
        before = wait_for_change(page, lambda: large(cell).evaluate(PNG), before)
    page.mouse.up()
    reach = python(notebook, f"layer_pads.{limit}")
    chosen = "layer_pads.z2" if k == 0 else "[layer_pads.eps1[d] for d in layer_pads.plane]"
    wait_until(page, lambda: python(notebook, chosen) == pytest.approx([reach / 2, reach / 2], abs=0.03))
    same_as_python(notebook, cell)
    others = python(notebook, "[e for d, e in enumerate(layer_pads.eps1) if d not in layer_pads.plane]")
    assert others == python(notebook, "[e for d, e in enumerate(layer_pads.codes[0][2:]) if d not in layer_pads.plane]")


def test_a_frozen_pad_stays_and_the_strip_holds_it(notebook, cell):
    page, (left, right) = notebook.page, cell.locator(".vae-pad-map").all()
    assert title(cell) == "eight draws of z₂ and of ε₁"
    button(cell, "freeze z₂").click()
    wait_until(page, lambda: title(cell) == "z₂ held, eight draws of ε₁")
    held, shown = python(notebook, "layer_pads.z2"), strip(cell)
    drag(notebook, left, (0.2, 0.2), (0.8, 0.7))
    drag(notebook, right, (0.2, 0.2), (0.8, 0.7))
    drawn = python(notebook, "layer_pads.eps1")
    button(cell, "draw ε₁").click()
    assert button(cell, "draw z₂").is_disabled()
    wait_until(page, lambda: python(notebook, "layer_pads.eps1") != drawn)
    assert python(notebook, "[layer_pads.z2, layer_pads.frozen]") == [held, "z2"]
    same_as_python(notebook, cell)
    assert strip(cell) == shown  # it holds z2, which nobody moved
    button(cell, "start from a held-out 4").click()
    wait_until(page, lambda: python(notebook, "layer_pads.z2 + layer_pads.eps1 == layer_pads.codes[4]"))
    assert python(notebook, "[layer_pads.frozen, layer_pads.example]") == ["z2", 4]
    same_as_python(notebook, cell)
    wait_for_change(page, lambda: strip(cell), shown)
    held = python(notebook, "layer_pads.z2")
    button(cell, "freeze ε₁").click()
    wait_until(page, lambda: title(cell) == "ε₁ held, eight draws of z₂")
    assert "freeze z₂" not in pressed(cell)
    button(cell, "draw z₂").click()
    wait_until(page, lambda: python(notebook, "layer_pads.z2") != held)
    same_as_python(notebook, cell)


def test_eight_others(notebook, cell):
    before, sent = strip(cell), notebook.python("print(hash(layer_pads.draws))")
    button(cell, "eight others").click()
    after = wait_for_change(notebook.page, lambda: strip(cell), before)
    assert all(a != b for a, b in zip(before, after, strict=True))
    wait_until(notebook.page, lambda: notebook.python("print(hash(layer_pads.draws))") != sent)
    notebook.python("layer_pads.draw()")
    wait_for_change(notebook.page, lambda: strip(cell), after)


def test_a_digit_brings_its_latents_and_its_bars(notebook, cell):
    button(cell, "start from a held-out 7").click()
    wait_until(notebook.page, lambda: python(notebook, "layer_pads.z2 + layer_pads.eps1 == layer_pads.codes[7]"))
    same_as_python(notebook, cell)
    costs = python(notebook, "layer_pads.costs[7]")
    told = " ".join(cell.locator(".vae-layer-pads-costs").inner_text().split())
    assert told == f"KL of the held-out 7: {sum(costs):.1f} nats z₂ {costs[1]:.1f} z₁ {costs[0]:.1f}"


def test_keys_and_python_move_it(notebook, cell):
    page, (left, right) = notebook.page, cell.locator(".vae-pad-map").all()
    for map_ in (left, right):
        map_.focus()
        page.keyboard.press("Home")
        page.keyboard.press("Shift+ArrowRight")
    wait_until(page, lambda: python(notebook, "layer_pads.z2") == [0.5, 0])
    wait_until(page, lambda: python(notebook, "[layer_pads.eps1[d] for d in layer_pads.plane]") == [0.5, 0])
    notebook.python("layer_pads.z2 = [-1, 1.5]")
    wait_until(page, lambda: "-1.00" in left.get_attribute("aria-valuetext"))
    same_as_python(notebook, cell)


def test_it_answers_while_the_kernel_is_busy(notebook, cell):
    before = large(cell).evaluate(PNG)
    with notebook.busy():
        drag(notebook, cell.locator(".vae-pad-map").first, (0.7, 0.7), (0.3, 0.3))
        after = wait_for_change(notebook.page, lambda: large(cell).evaluate(PNG), before)
        button(cell, "draw ε₁").click()
        wait_for_change(notebook.page, lambda: large(cell).evaluate(PNG), after)
    same_as_python(notebook, cell)


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
