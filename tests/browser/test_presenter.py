"""Every widget large and full screen, its keys its own, its buttons alive while the kernel is busy.

They stand in a notebook of their own, each once, all with ``presenter=True``.
"""

import json

import nbformat
import pytest
from conftest import Notebook, running_lab
from driving import PNG, drag, wait_for_change

from vae_helpers.data import REPO_DATA

SETUP = """
from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import load_mnist
from vae_helpers.widgets import *
model, wide = (load_checkpoint({folder!r} + name) for name in ("/vae_2d.pt", "/vae_20d.pt"))
images, labels = (part[:1000] for part in load_mnist("test"))
"""
# by name: the cell, what takes the keys, a key, and what it must change
WIDGETS = {
    "interpolation": ("InterpolationSlider(model, images, labels", ".noUi-handle", ".vae-large canvas"),
    "two": ('InterpolationSlider({"a": model, "b": model}, images, labels', ".noUi-handle", ".vae-large canvas"),
    "sliders": ("LatentSliders(wide, images=images", ".noUi-handle", ".vae-large canvas"),
    "kl": ("KLDials(mu=1.0", ".noUi-handle", ".vae-curves"),
    "reduction": ("ReductionLab({1: wide, 4: wide}, images", ".noUi-handle", ".vae-reduction-beta"),
    "reparameterization": ("ReparameterizationDials(model", ".noUi-handle", ".vae-large canvas"),
    "pad": ("LatentPad(model, images, labels", ".vae-pad-map", ".vae-large canvas"),
}
BUSY = """() => {
    const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    window.busy = kernel.requestExecute({code: 'import time; time.sleep(4)'});
}"""
CELLS = "jupyterapp.shell.currentWidget.content.widgets.length"
# Text, fields and canvases that carry text, as [what, size of the text in CSS pixels]
TEXTS = """stage => [...stage.querySelectorAll('*')].filter(e => e.offsetParent && (
        [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
        || e.matches('select, input[type=number], .vae-map, .vae-pad-map, .vae-curves')
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

# How many parts show ipywidgets' mark of the dead: among the pickers, which need the kernel, and elsewhere
MARKED_DEAD = """stage => {
    const parts = [stage, ...stage.querySelectorAll('*')].map(e => [e, getComputedStyle(e, '::before')]);
    const marked = parts.filter(([e, mark]) => e.classList.contains('jupyter-widgets-disconnected')
        && mark.content !== 'none' && mark.display !== 'none').map(([e]) => e);
    const pickers = marked.filter(e => e.closest('.vae-needs-kernel')).length;
    return [pickers, marked.length - pickers];
}"""


@pytest.fixture(scope="module")
def notebook(browser, tmp_path_factory):
    home = tmp_path_factory.mktemp("presenter")
    (home / "notebooks").mkdir()
    sources = [SETUP.format(folder=str(REPO_DATA / "weights"))]
    sources += [f"{name} = {source}, presenter=True)\n{name}" for name, (source, *_) in WIDGETS.items()]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"name": "python3", "display_name": "Python 3"}  # without it JupyterLab asks for one
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(book, home / "notebooks" / "presenter.ipynb")
    with running_lab(home, home / "notebooks") as lab:
        notebook = Notebook(browser, lab, "presenter.ipynb")
        notebook.page.set_viewport_size({"width": 1440, "height": 720})
        notebook.page.evaluate("jupyterapp.shell.collapseLeft()")
        notebook.page.add_style_tag(content=".vae-stage:not(:fullscreen) { max-width: 1240px; }")
        notebook.run_all()
        yield notebook
        notebook.page.close()


@pytest.fixture(params=WIDGETS)
def name(request):
    return request.param


@pytest.fixture
def cell(notebook, name):
    cell = notebook.show(f"{name} = ")
    cell.locator(WIDGETS[name][2]).first.wait_for()
    notebook.page.wait_for_timeout(300)
    return cell


def seen(cell, name):
    """What the widget shows: a canvas as it is painted, other elements as their text."""
    shown = cell.locator(WIDGETS[name][2]).first
    return shown.evaluate(PNG) if "canvas" in WIDGETS[name][2] or "curves" in WIDGETS[name][2] else shown.inner_text()


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
        page.wait_for_timeout(500)
        assert 800 < stage.bounding_box()["width"] < 850 and stage.evaluate(CUT) == []
    finally:
        page.set_viewport_size({"width": 1440, "height": 720})
        page.evaluate("jupyterapp.shell.collapseLeft()")
        notebook.python(f"{name}.presenter = True")


def test_python_makes_it_small_and_large_again(notebook, cell, name):
    height = lambda: round(cell.locator(".vae-stage").bounding_box()["height"])  # noqa: E731
    large = height()
    notebook.python(f"{name}.presenter = False")
    small = wait_for_change(notebook.page, height, large)
    assert cell.locator(".vae-presenter").count() == 0 and small < large
    notebook.python(f"{name}.presenter = True")
    wait_for_change(notebook.page, height, small)
    notebook.page.wait_for_timeout(300)
    assert height() == large


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_full_screen_holds_everything_and_is_left(notebook, cell, name, size):
    page, stage = notebook.page, cell.locator(".vae-stage")
    assert button(cell, "full screen").count() == 1
    notebook.python(f"{name}.presenter = False")  # a full screen is large in any case
    button(cell, "full screen").click()
    page.wait_for_function("document.fullscreenElement?.classList.contains('vae-stage')")
    try:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.wait_for_timeout(500)
        box = stage.bounding_box()
        assert (box["width"], box["height"]) == size and stage.evaluate(CUT) == []
        assert [text for text in stage.evaluate(TEXTS) if text[1] < 20] == []
        paper = "stage => getComputedStyle(stage).backgroundColor"
        assert stage.evaluate(paper) == "rgb(255, 255, 255)"
        handle = stage.locator(WIDGETS[name][1]).first
        before = seen(cell, name)
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        wait_for_change(page, lambda: seen(cell, name), before)
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


def test_the_mouse_moves_it(notebook, cell, name):
    before = seen(cell, name)
    drag(notebook.page, cell.locator(".noUi-base, .vae-pad-map").first, 0.4, 0.8)
    wait_for_change(notebook.page, lambda: seen(cell, name), before)


def test_keys_are_the_widgets_own(notebook, cell, name):
    """``b`` is JupyterLab's shortcut for another cell."""
    page = notebook.page
    before = page.evaluate(CELLS)
    parts = cell.locator(".vae-stage").locator(".noUi-handle, button:enabled, select, canvas[tabindex], input")
    assert parts.count() >= 2
    for k in range(parts.count()):
        if not parts.nth(k).is_visible():
            continue
        parts.nth(k).focus()
        page.keyboard.press("b")
    page.wait_for_timeout(200)
    assert page.evaluate(CELLS) == before


def test_slider_handles_have_names(cell, name):
    handles = cell.locator(".noUi-handle")
    named = handles.evaluate_all("all => all.map(handle => handle.getAttribute('aria-label'))")
    wanted = {"interpolation": ["t"], "two": ["t"], "kl": ["μ", "σ"], "reduction": ["β"], "pad": []}
    wanted["reparameterization"] = ["μ₁", "σ₁", "μ₂", "σ₂"]
    if name == "sliders":
        assert len(named) == 20 and named[0] == "z1" and sum(label.endswith("(dead)") for label in named) == 7
    else:
        assert named == wanted[name]


def test_draw_again_while_the_kernel_is_busy(notebook):
    page, cell = notebook.page, notebook.show("kl = ")
    figures = cell.locator(".vae-figures")
    figures.wait_for()
    before = figures.inner_text()
    sent = notebook.python("print(hash(kl.view.eps))")
    page.evaluate(BUSY)
    button(cell, "draw again").click()
    after = wait_for_change(page, figures.inner_text, before, seconds=1)
    assert after.splitlines()[:2] == before.splitlines()[:2]
    page.evaluate("window.busy.done.then(() => null)")
    page.wait_for_timeout(500)
    assert notebook.python("print(hash(kl.view.eps))") != sent and figures.inner_text() == after
    notebook.python("kl.draw()")
    wait_for_change(page, figures.inner_text, after)


def test_the_latent_sliders_buttons_while_the_kernel_is_busy(notebook):
    page, cell = notebook.page, notebook.show("sliders = ")
    caption, readouts = cell.locator("figcaption"), cell.locator(".widget-readout")
    caption.wait_for()
    notebook.python("sliders.z = [0.5] * 20")
    wait_for_change(page, caption.inner_text, "")
    page.wait_for_timeout(300)
    before = caption.inner_text()
    page.evaluate(BUSY)
    button(cell, "sample the prior").click()
    sampled = wait_for_change(page, caption.inner_text, before, seconds=1)
    assert len(set(readouts.all_inner_texts())) > 10  # the sliders have followed
    button(cell, "to the origin").click()
    wait_for_change(page, caption.inner_text, sampled, seconds=1)
    assert set(readouts.all_inner_texts()) == {"0.00"} and "|z| = 0.00" in caption.inner_text()
    page.evaluate("window.busy.done.then(() => null)")
    page.wait_for_timeout(800)
    assert json.loads(notebook.python("print(sliders.z)")) == [0] * 20
    button(cell, "sample the prior").click()
    page.wait_for_timeout(800)
    z = json.loads(notebook.python("print(sliders.z)"))
    shown = [float(text.replace("−", "-")) for text in readouts.all_inner_texts()]
    assert all(abs(a - b) < 0.006 for a, b in zip(z, shown, strict=True)) and max(map(abs, z)) > 0.5


def test_dark_theme_can_be_read(notebook):
    """The sliders' labels outside and inside a full screen, and the paler ones of dead dimensions."""
    page = notebook.page
    contrast = """label => {
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
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
        page.wait_for_timeout(1000)
        cell = notebook.show("sliders = ")
        labels = cell.locator(".widget-hslider label")
        labels.nth(19).wait_for()
        assert all(labels.nth(k).evaluate(contrast) > 4.5 for k in range(20))
        button(cell, "full screen").click()
        page.wait_for_function("document.fullscreenElement")
        assert all(labels.nth(k).evaluate(contrast) > 4.5 for k in range(20))
        button(cell, "small again").click()
        page.wait_for_function("!document.fullscreenElement")


def test_nothing_went_wrong(notebook):
    assert notebook.errors() == [] and notebook.console == []
    assert notebook.page.locator(".vae-error").count() == 0


def test_all_live_on_after_the_kernel_has_died(notebook):
    """As for want of memory. Last: the kernel that comes back knows nothing of the notebook."""
    page = notebook.page
    page.evaluate("""() => {
        const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
        window.died = new Promise((done) => kernel.statusChanged.connect((_, s) => s === 'autorestarting' && done()));
        kernel.requestExecute({code: 'import os, signal; os.kill(os.getpid(), signal.SIGKILL)'});
    }""")
    page.evaluate("window.died")
    page.get_by_role("dialog").get_by_role("button", name="Ok").click()  # "Kernel Restarting"
    for name, (source, keys, _) in WIDGETS.items():
        cell = notebook.show(f"{name} = ")
        handle, before = cell.locator(keys).first, seen(cell, name)
        handle.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        before = wait_for_change(page, lambda: seen(cell, name), before)  # noqa: B023
        drag(page, cell.locator(".noUi-base, .vae-pad-map").first, 0.7, 0.3)
        wait_for_change(page, lambda: seen(cell, name), before)  # noqa: B023
        assert cell.locator(".vae-stage").evaluate(MARKED_DEAD) == [4 if "Interpolation" in source else 0, 0]
