"""Every widget's controls in JupyterLab: its keys are its own, and it lives while the kernel is busy or dead."""

import json

import gallery
import pytest
from driving import drag, wait_for_change, wait_until

CELLS = "jupyterapp.shell.currentWidget.content.widgets.length"
# How many parts show ipywidgets' mark of the dead: among the pickers, which need the kernel, and elsewhere
MARKED_DEAD = """stage => {
    const parts = [stage, ...stage.querySelectorAll('*')].map(e => [e, getComputedStyle(e, '::before')]);
    const marked = parts.filter(([e, mark]) => e.classList.contains('jupyter-widgets-disconnected')
        && mark.content !== 'none' && mark.display !== 'none').map(([e]) => e);
    const pickers = marked.filter(e => e.closest('.vae-needs-kernel')).length;
    return [pickers, marked.length - pickers];
}"""


@pytest.fixture(scope="module")
def notebook(open_notebook):
    notebook = open_notebook(gallery.cells(presenter=True))
    assert notebook.errors() == []
    return notebook


@pytest.fixture(params=gallery.LIVE, ids=lambda entry: entry.name)
def entry(request):
    return request.param


@pytest.fixture
def cell(notebook, entry):
    cell = notebook.show(f"{entry.name} = ")
    cell.locator(entry.picture).first.wait_for()
    return cell


def button(cell, text):
    return cell.get_by_role("button", name=text, exact=True)


def test_the_mouse_moves_it(notebook, cell, entry):
    before = gallery.seen(cell, entry.name)
    drag(notebook.page, cell.locator(gallery.DRAGGED).first, 0.4, 0.8)
    wait_for_change(notebook.page, lambda: gallery.seen(cell, entry.name), before)


def test_keys_are_the_widgets_own(notebook, cell):
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
    notebook.settle()
    assert page.evaluate(CELLS) == before


def test_slider_handles_have_names(notebook, cell, entry):
    handles = cell.locator(".noUi-handle")
    read = lambda: handles.evaluate_all("all => all.map(handle => handle.getAttribute('aria-label') ?? '')")  # noqa: E731
    wait_until(notebook.page, lambda: [name.removesuffix(" (dead)") for name in read()] == list(entry.handles))
    assert sum(name.endswith(" (dead)") for name in read()) == (7 if entry.name == "many" else 0)


def test_draw_again_while_the_kernel_is_busy(notebook):
    page, cell = notebook.page, notebook.show("kl = ")
    figures = cell.locator(".vae-figures")
    figures.wait_for()
    before = figures.inner_text()
    sent = notebook.python("print(hash(kl.view.eps))")
    with notebook.busy():
        button(cell, "draw again").click()
        after = wait_for_change(page, figures.inner_text, before)
        assert after.splitlines()[:2] == before.splitlines()[:2]
    wait_until(page, lambda: notebook.python("print(hash(kl.view.eps))") != sent)
    notebook.settle()
    assert figures.inner_text() == after
    notebook.python("kl.draw()")
    wait_for_change(page, figures.inner_text, after)


def test_the_latent_sliders_buttons_while_the_kernel_is_busy(notebook):
    page, cell = notebook.page, notebook.show("many = ")
    caption, readouts = cell.locator("figcaption"), cell.locator(".widget-readout")
    caption.wait_for()
    notebook.python("many.z = [0.5] * 20")
    wait_until(page, lambda: set(readouts.all_inner_texts()) == {"0.50"} and "|z| = 2.24" in caption.inner_text())
    before = caption.inner_text()
    with notebook.busy():
        button(cell, "sample the prior").click()
        wait_for_change(page, caption.inner_text, before)
        wait_until(page, lambda: len(set(readouts.all_inner_texts())) > 10)  # the sliders have followed
        button(cell, "to the origin").click()
        wait_until(page, lambda: "|z| = 0.00" in caption.inner_text())
        wait_until(page, lambda: set(readouts.all_inner_texts()) == {"0.00"})
    wait_until(page, lambda: json.loads(notebook.python("print(many.z)")) == [0] * 20)
    notebook.settle()
    assert set(readouts.all_inner_texts()) == {"0.00"} and "|z| = 0.00" in caption.inner_text()
    button(cell, "sample the prior").click()

    def kernel_agrees() -> bool:
        z = json.loads(notebook.python("print(many.z)"))
        shown = [float(text.replace("−", "-")) for text in readouts.all_inner_texts()]
        return all(abs(a - b) < 0.006 for a, b in zip(z, shown, strict=True)) and max(map(abs, z)) > 0.5

    wait_until(page, kernel_agrees)


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
    for name, cell, keys, *_ in gallery.LIVE:
        shown = notebook.show(f"{name} = ")
        handle, before = shown.locator(keys).first, gallery.seen(shown, name)
        handle.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        before = wait_for_change(page, lambda: gallery.seen(shown, name), before)  # noqa: B023
        drag(page, shown.locator(gallery.DRAGGED).first, 0.7, 0.3)
        wait_for_change(page, lambda: gallery.seen(shown, name), before)  # noqa: B023
        pickers = 4 if "Interpolation" in cell else 0
        assert shown.locator(".vae-stage").evaluate(MARKED_DEAD) == [pickers, 0]
