"""Every widget in Firefox and in WebKit, in JupyterLab and on a page without a kernel: it opens, moves and decodes.

What a widget does in detail is tested in Chromium alone. An engine has one page, so the tests stand in the order of
what it shows: the site, the gallery's page, JupyterLab. Without the engine on the machine these tests are skipped,
unless ``VAE_REQUIRE_BROWSER`` is set.
"""

import base64
import io
import json
import re
import shutil
from pathlib import Path

import engines
import gallery
import nbformat
import numpy as np
import pytest
import torch
from conftest import without
from driving import COMPLETE, wait_until
from lab import COURSE, Notebook, write_notebook
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from PIL import Image

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import decode_images

ASSETS, SITE = COURSE / "build" / "assets", COURSE / "build" / "site"
PAGES = sorted(path.stem for path in (COURSE / "notebooks").glob("*.ipynb"))
ONLY_SHOWN = [entry for entry in gallery.GALLERY if entry.python]
PART = "([cell, part]) => document.querySelector(cell)?.querySelector(part)"
PICTURE = f"""async wanted => {{
    const element = ({PART})(wanted);
    if (!element) return null;
    await new Promise(requestAnimationFrame);
    return element.toDataURL?.() ?? element.src ?? element.textContent;
}}"""
FOCUS = f"wanted => ({PART})(wanted).focus()"
# The middle line of an element, once it has stayed at its place for five frames. Where that is not in the window, since
# the page has scrolled by itself meanwhile, the element is brought back.
LINE = f"""async wanted => {{
    const element = ({PART})(wanted);
    const bringBack = () => element.scrollIntoView({{block: 'center', behavior: 'instant'}});
    bringBack();
    let [place, frames, box] = ['', 0];
    while (frames < 5) {{
        await new Promise(requestAnimationFrame);
        box = element.getBoundingClientRect();
        const now = `${{[box.x, box.y, box.width]}}`;
        frames = now === place ? frames + 1 : 0;
        place = now;
        const middle = box.y + box.height / 2;
        if (frames === 5 && (middle < 0 || middle > innerHeight)) {{
            bringBack();
            frames = 0;
        }}
    }}
    return [box.x, box.y + box.height / 2, box.width];
}}"""


@pytest.fixture(scope="module", params=["firefox", "webkit"])
def engine(request, tmp_path_factory):
    pytest.importorskip({"firefox": "websocket", "webkit": "selenium"}[request.param])
    try:
        with getattr(engines, request.param)(tmp_path_factory.mktemp(request.param)) as engine:
            yield engine
    except engines.Missing as reason:
        without(str(reason))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The gallery as a page without a kernel, and all that it loads beside it, as the site has it."""
    assert ASSETS.exists(), "there are no build/assets: run `make site` first"
    folder = tmp_path_factory.mktemp("page")
    write_notebook(folder / "gallery.ipynb", gallery.cells())
    book = nbformat.read(folder / "gallery.ipynb", as_version=4)
    ExecutePreprocessor(timeout=600).preprocess(book)
    for name in ("require.js", "embed-amd.js", "anywidget.js", "mathjax.js"):
        shutil.copy(ASSETS / name, folder)
    exporter = HTMLExporter(require_js_url="require.js", widget_renderer_url="embed-amd.js", mathjax_url="mathjax.js")
    (folder / "gallery.html").write_text(exporter.from_notebook_node(book)[0], encoding="utf-8")
    return folder / "gallery.html"


class OnPage:
    """The gallery's page, in an engine."""

    def __init__(self, engine, page: Path):
        self.engine = engine
        engine.goto(page.as_uri())
        engine.wait_for_function(COMPLETE)

    def show(self, name: str) -> str:
        """A selector of the cell that shows the widget."""
        return f"[id='cell-id={name}']"


class InLab:
    """The gallery in JupyterLab, in an engine, after Run All."""

    def __init__(self, engine, lab):
        self.engine = engine
        write_notebook(lab.notebooks / "engines.ipynb", gallery.cells())
        self.notebook = Notebook(engine, lab, "engines.ipynb")
        self.notebook.run_all()
        assert self.notebook.errors() == []

    def show(self, name: str) -> str:
        self.notebook.scroll_to(f"{name} = ")
        return ".jp-CodeCell.jp-mod-active"


@pytest.fixture(scope="module")
def on_page(engine, page):
    return OnPage(engine, page)


@pytest.fixture(scope="module")
def in_lab(engine, lab):
    opened = InLab(engine, lab)
    yield opened
    opened.notebook.close()


def read(engine, cell: str, part: str):
    """What a part of a cell shows, once it is there."""
    return engine.wait_for_function(PICTURE, arg=[cell, part])


def wait_for_change(engine, cell: str, part: str, before: str) -> str:
    changed = f"async ([wanted, before]) => {{ const now = await ({PICTURE})(wanted); return now !== before && now; }}"
    return engine.wait_for_function(changed, arg=[[cell, part], before])


def move(engine, cell: str, entry: gallery.Entry) -> None:
    """By keys, then by mouse: each must change what is shown."""
    before = read(engine, cell, entry.picture)
    engine.evaluate(FOCUS, [cell, entry.keys])
    engine.press("ArrowRight")
    engine.press("End")
    before = wait_for_change(engine, cell, entry.picture, before)
    x, y, width = engine.evaluate(LINE, [cell, gallery.DRAGGED])
    engine.drag((x + 0.9 * width, y), (x + 0.3 * width, y))
    wait_for_change(engine, cell, entry.picture, before)
    assert engine.evaluate("() => document.querySelectorAll('.vae-error').length") == 0


@pytest.mark.parametrize("stem", PAGES)
def test_a_page_of_the_site_opens(engine, stem):
    assert SITE.exists(), "there is no build/site: run `make site` first"
    engine.goto((SITE / "notebooks" / f"{stem}.html").as_uri())
    engine.wait_for_function(COMPLETE)
    assert engine.evaluate("() => document.querySelectorAll('.vae-error').length") == 0


@pytest.mark.parametrize("entry", gallery.LIVE, ids=lambda entry: entry.name)
def test_on_a_page_it_moves(engine, on_page, entry):
    move(engine, on_page.show(entry.name), entry)


@pytest.mark.parametrize("entry", ONLY_SHOWN, ids=lambda entry: entry.name)
def test_on_a_page_what_only_shows_is_there(engine, on_page, entry):
    assert read(engine, on_page.show(entry.name), entry.picture)


@pytest.mark.parametrize("entry", gallery.LIVE, ids=lambda entry: entry.name)
def test_in_jupyterlab_it_moves(engine, in_lab, entry):
    move(engine, in_lab.show(entry.name), entry)


@pytest.mark.parametrize("entry", ONLY_SHOWN, ids=lambda entry: entry.name)
def test_in_jupyterlab_what_only_shows_follows_python(engine, in_lab, entry):
    cell = in_lab.show(entry.name)
    before = read(engine, cell, entry.picture)
    in_lab.notebook.python(entry.python)
    wait_for_change(engine, cell, entry.picture, before)


def test_a_stroke_is_drawn_and_python_has_it(engine, in_lab):
    """The mean on the screen is that of the image that Python has, and the stroke is where the mouse was."""
    cell = in_lab.show("draw")
    engine.evaluate("cell => document.querySelector(cell).querySelectorAll('.vae-draw .vae-button')[1].click()", cell)
    x, y, width = engine.evaluate(LINE, [cell, ".vae-draw-paper"])
    engine.drag((x + 0.25 * width, y), (x + 0.75 * width, y - 0.3 * width))
    text = "cell => document.querySelector(cell).querySelector('.vae-draw-treated figcaption').textContent"
    engine.wait_for_function(f"cell => ({text})(cell).endsWith('your drawing, 1 stroke')", arg=cell)
    stroke = lambda: json.loads(in_lab.notebook.python("print(sum(draw.strokes, []))"))  # noqa: E731
    there = lambda: (now := stroke()) and np.allclose([now[0], now[-1]], [[0.25, 0.5], [0.75, 0.2]], atol=0.02)  # noqa: E731
    wait_until(engine, there)
    assert len(stroke()) >= 3
    mean = in_lab.notebook.python("print(*(round(v, 4) for v in model.encode(draw.image)[0][0].tolist()))")
    shown = engine.evaluate("cell => document.querySelector(cell).querySelector('.vae-draw-row').textContent", cell)
    found = [float(number) for number in re.findall(r"-?\d+\.\d+", shown)][:2]
    assert np.allclose(found, [float(value) for value in mean.split()], atol=0.0051)


def test_the_pad_shows_what_torch_says(engine, in_lab):
    cell = in_lab.show("pad")
    read(engine, cell, ".vae-pad-map")
    engine.evaluate(FOCUS, [cell, ".vae-pad-map"])
    engine.press("Home")
    at_origin = "cell => document.querySelector(cell).textContent.includes('z = (0.00, 0.00)')"
    engine.wait_for_function(at_origin, arg=cell)
    png = io.BytesIO(base64.b64decode(read(engine, cell, ".vae-large canvas").split(",")[1]))
    shown = 1 - np.asarray(Image.open(png).convert("L"), dtype=float) / 255
    wanted = decode_images(load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt"), torch.zeros(1, 2))[0, 0].numpy()
    assert np.abs(shown - wanted).max() < 0.6 / 255
