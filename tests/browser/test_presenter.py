"""Every widget large, for a projector, and full screen: what is seen is readable and whole.

They stand in a gallery of their own, all with ``presenter=True``.
"""

import gallery
import pytest
from driving import steady_box, wait_for_change, wait_until

# Text, fields and canvases that carry text, as [what, size of the text in CSS pixels]
TEXTS = """stage => [...stage.querySelectorAll('*')].filter(e => e.offsetParent && (
        [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
        || e.matches('select, input[type=number], .vae-map, .vae-pad-map, .vae-draw-map, .vae-curves')
        || e.matches('.vae-plane canvas, .vae-reduction-plane')))
    .map(e => [e.tagName + '.' + e.className, parseFloat(getComputedStyle(e).fontSize)])"""
# Parts that stick out of the stage, or whose own text does not fit in them
CUT = """stage => {
    const box = stage.getBoundingClientRect();
    const out = e => { const b = e.getBoundingClientRect();
        return b.left < box.left - 1 || b.right > box.right + 1 || b.top < box.top - 1 || b.bottom > box.bottom + 1; };
    const clipped = e => getComputedStyle(e).overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1;
    // noUiSlider moves an empty part as wide as the slider: it sticks out, and nothing of it is seen
    return [...stage.querySelectorAll(':not(.noUi-origin)')].filter(e => e.offsetParent && (out(e) || clipped(e)))
        .map(e => e.tagName + '.' + e.className);
}"""
CONTRAST = """label => {
    const context = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    let paper = label;
    const clear = () => getComputedStyle(paper).backgroundColor === 'rgba(0, 0, 0, 0)';
    while (clear()) paper = paper.parentElement;
    let alpha = 1; for (let e = label; e; e = e.parentElement) alpha *= getComputedStyle(e).opacity;
    const light = () => { const c = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] + 0.05; };
    context.fillStyle = getComputedStyle(paper).backgroundColor; context.fillRect(0, 0, 1, 1);
    const below = light();
    context.globalAlpha = alpha;
    context.fillStyle = getComputedStyle(label).color; context.fillRect(0, 0, 1, 1);
    const above = light();
    return Math.max(above, below) / Math.min(above, below);
}"""


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(gallery.cells(presenter=True))
    assert notebook.errors() == []
    notebook.page.set_viewport_size({"width": 1440, "height": 720})
    notebook.page.evaluate("jupyterapp.shell.collapseLeft()")
    notebook.page.add_style_tag(content=".vae-stage:not(:fullscreen) { max-width: 1240px; }")
    return notebook


@pytest.fixture(params=gallery.NAMES)
def name(request):
    return request.param


@pytest.fixture
def cell(notebook, name):
    cell = notebook.show(f"{name} = ")
    cell.locator(gallery.named(name).picture).first.wait_for()
    settled(cell)
    return cell


def settled(cell) -> int:
    """The stage's height, once it has been the same for five frames: canvases are drawn anew at each size."""
    return round(steady_box(cell.page, cell.locator(".vae-stage"))["height"])


def button(cell, text):
    return cell.get_by_role("button", name=text, exact=True)


def test_readable_from_the_back_row(cell, name):
    stage = cell.locator(".vae-stage")
    sizes = stage.evaluate(TEXTS)
    assert len(sizes) >= 4 and [text for text in sizes if text[1] < 20] == []
    box = stage.bounding_box()
    assert box["width"] <= 1240 and box["height"] <= 640
    assert stage.evaluate(CUT) == []


def test_nothing_is_cut_off_beside_a_side_bar(notebook, cell, name):
    """In its usual size, in the 848 pixels that JupyterLab's side bar leaves of 1280."""
    page, stage = notebook.page, cell.locator(".vae-stage")
    notebook.python(f"{name}.presenter = False")
    page.evaluate("jupyterapp.shell.expandLeft()")
    page.set_viewport_size({"width": 1280, "height": 720})
    try:
        wait_until(page, lambda: 800 < stage.bounding_box()["width"] < 850)
        wait_until(page, lambda: cell.locator(".vae-presenter").count() == 0)
        settled(cell)
        assert 800 < stage.bounding_box()["width"] < 850 and stage.evaluate(CUT) == []
    finally:
        page.set_viewport_size({"width": 1440, "height": 720})
        page.evaluate("jupyterapp.shell.collapseLeft()")
        notebook.python(f"{name}.presenter = True")


def test_python_makes_it_small_and_large_again(notebook, cell, name):
    height = lambda: round(cell.locator(".vae-stage").bounding_box()["height"])  # noqa: E731
    large = settled(cell)
    notebook.python(f"{name}.presenter = False")
    wait_for_change(notebook.page, height, large)
    small = settled(cell)
    assert cell.locator(".vae-presenter").count() == 0 and small < large
    notebook.python(f"{name}.presenter = True")
    wait_until(notebook.page, lambda: height() == large)
    assert settled(cell) == large


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_full_screen_holds_everything_and_is_left(notebook, cell, name, size):
    page, stage = notebook.page, cell.locator(".vae-stage")
    assert button(cell, "full screen").count() == 1
    notebook.python(f"{name}.presenter = False")  # a full screen is large in any case
    button(cell, "full screen").click()
    page.wait_for_function("document.fullscreenElement?.classList.contains('vae-stage')")
    try:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        wait_until(page, lambda: (box := stage.bounding_box()) and (box["width"], box["height"]) == size)
        settled(cell)
        assert stage.evaluate(CUT) == []
        assert [text for text in stage.evaluate(TEXTS) if text[1] < 20] == []
        paper = "stage => getComputedStyle(stage).backgroundColor"
        assert stage.evaluate(paper) == "rgb(255, 255, 255)"
        handle = stage.locator(gallery.named(name).keys).first
        before = gallery.seen(cell, name)
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        wait_for_change(page, lambda: gallery.seen(cell, name), before)
        if size[0] == 1280:
            # as Escape does: that key is the browser's own, and a browser without a window does not listen to it
            page.evaluate("document.exitFullscreen()")
        else:
            button(cell, "small again").click()
        page.wait_for_function("!document.fullscreenElement")
        button(cell, "full screen").wait_for()
    finally:
        page.set_viewport_size({"width": 1440, "height": 720})
        notebook.python(f"{name}.presenter = True")


def test_dark_theme_can_be_read(notebook):
    """The sliders' labels outside and inside a full screen, and the paler ones of dead dimensions."""
    page = notebook.page
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)
        cell = notebook.show("many = ")
        labels = cell.locator(".widget-hslider label")
        labels.nth(19).wait_for()
        wait_until(page, lambda: all(labels.nth(k).evaluate(CONTRAST) > 4.5 for k in range(20)))  # noqa: B023
        button(cell, "full screen").click()
        page.wait_for_function("document.fullscreenElement")
        wait_until(page, lambda: all(labels.nth(k).evaluate(CONTRAST) > 4.5 for k in range(20)))  # noqa: B023
        button(cell, "small again").click()
        page.wait_for_function("!document.fullscreenElement")


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0
