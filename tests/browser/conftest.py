"""What the tests in this folder share: a Chromium, a JupyterLab, and notebooks that are open in it.

They need a Chromium (or Chrome) on the machine: Debian's package, or a path in ``VAE_CHROMIUM``. Without one they are
skipped with that reason, unless ``VAE_REQUIRE_BROWSER`` is set, as continuous integration does. The smoke tests in
Firefox and WebKit look for theirs in engines.py.

Each of pytest-xdist's workers has a browser and a JupyterLab of its own, in a folder of its own; a file of tests stays
with one worker (``--dist loadfile``), because its tests share a notebook.
"""

import os
import shutil
from contextlib import contextmanager

import pytest
from driving import SECONDS, complaints
from lab import Notebook, running_lab, write_notebook

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("VAE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def without(reason: str) -> None:
    """A browser is missing: skip the test, or fail it where browsers are required."""
    if os.environ.get("VAE_REQUIRE_BROWSER"):
        pytest.fail(f"VAE_REQUIRE_BROWSER is set, but there is {reason}")
    pytest.skip(f"there is {reason}")


@pytest.fixture(scope="session")
def browser():
    path = find_chromium()
    if not path:
        without("no Chromium on this machine; name one with VAE_CHROMIUM=/path/to/chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=1000 * SECONDS)
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def new_context(browser, **settings):
    """Playwright's context, with the patience of all that is waited for here."""
    context = browser.new_context(**settings)
    context.set_default_timeout(1000 * SECONDS)
    yield context
    context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """A JupyterLab that serves copies of the notebooks, with settings of its own."""
    with running_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def window(browser):
    """One cache for all notebooks: JupyterLab is loaded once."""
    with new_context(browser, viewport={"width": 1280, "height": 900}) as context:
        yield context


@pytest.fixture(scope="module")
def open_notebook(lab, window, request):
    """``open_notebook(what)``: a notebook after Run All, for the tests of one file; its kernel ends with them.

    ``what`` is the name of one of the course's, or a list of cells. ``.console`` gathers what goes wrong in its page.
    """
    opened = []

    def get(what: str | list[str]) -> Notebook:
        name = what if isinstance(what, str) else f"{request.module.__name__}.ipynb"
        if name != what:
            write_notebook(lab.notebooks / name, what)
        page = window.new_page()
        console = complaints(page)
        notebook = Notebook(page, lab, name)
        notebook.console = console
        opened.append(notebook)
        notebook.run_all()
        return notebook

    yield get
    for notebook in opened:
        notebook.close()
        notebook.page.close()
