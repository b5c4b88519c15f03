"""A real JupyterLab and a real Chromium, for the tests in this folder.

They need a Chromium (or Chrome) on the machine: Debian's package, or a path in ``VAE_CHROMIUM``. Without one they are
skipped with that reason, unless ``VAE_REQUIRE_BROWSER`` is set, as continuous integration does.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
TOKEN = "browser-tests"
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


@pytest.fixture(scope="session")
def browser():
    path = find_chromium()
    if not path:
        if os.environ.get("VAE_REQUIRE_BROWSER"):
            pytest.fail("VAE_REQUIRE_BROWSER is set, but there is no Chromium on this machine")
        pytest.skip("no Chromium on this machine; name one with VAE_CHROMIUM=/path/to/chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves copies of the notebooks, with settings of its own."""
    home = tmp_path_factory.mktemp("lab")
    course = home / "course"
    shutil.copytree(NOTEBOOKS, course / "notebooks", ignore=shutil.ignore_patterns("my_models", ".*"))
    (course / "data").symlink_to(NOTEBOOKS.parent / "data")
    with running_lab(home, course / "notebooks") as address:
        yield address


@contextmanager
def running_lab(home: Path, notebooks: Path) -> Iterator[str]:
    """A JupyterLab on the folder ``notebooks``, its settings and its log in ``home``; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    command += [f"--ServerApp.root_dir={notebooks}", "--LabApp.expose_app_in_browser=True"]
    command += ["--LabApp.extension_manager=readonly", f"--LabApp.workspaces_dir={home / 'workspaces'}"]
    command += [f"--LabApp.user_settings_dir={home / 'settings'}", "--LabApp.news_url="]
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    environment = os.environ | {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "RUNTIME")}
    with open(home / "log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield _address(server, port, home / "log")
    finally:
        server.terminate()
        server.wait(timeout=20)


def _address(server: subprocess.Popen, port: int, log: Path) -> str:
    """Where the server answers, once it does."""
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=5)
            return address
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.25)
    raise TimeoutError(log.read_text())


class Notebook:
    """One notebook, open in JupyterLab."""

    RUN = """async () => {
        const panel = jupyterapp.shell.currentWidget;
        await panel.context.ready;
        await panel.sessionContext.ready;
        await panel.sessionContext.session.kernel.info;
        return await jupyterapp.commands.execute('notebook:run-all-cells');
    }"""

    def __init__(self, browser, lab: str, name: str):
        self.page = browser.new_page(viewport={"width": 1280, "height": 900})
        self.console: list[str] = []
        self.page.on("console", lambda m: self.console.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.goto(f"{lab}/lab/tree/{name}?reset&token={TOKEN}")
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell", timeout=60_000)

    def run_all(self) -> None:
        self.page.evaluate(self.RUN)

    def errors(self) -> list[str]:
        """Tracebacks in cells, as JupyterLab holds them (cells out of sight are not in the page)."""
        return self.page.evaluate("""() => {
            const cells = [...jupyterapp.shell.currentWidget.content.model.cells];
            return cells.filter(c => c.type === 'code').flatMap(c => c.outputs.toJSON())
                .filter(o => o.output_type === 'error').map(o => o.ename + ': ' + o.evalue);
        }""")

    def python(self, code: str) -> str:
        """What ``code`` prints in the notebook's kernel."""
        return self.page.evaluate(
            """async (code) => {
            let text = '';
            const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code});
            future.onIOPub = (m) => { text += m.content.text ?? (m.content.ename ? m.content.evalue : ''); };
            await future.done;
            return text.trim();
        }""",
            code,
        )

    def show(self, text: str):
        """Scroll to the code cell whose source contains ``text``; returns its locator."""
        self.page.evaluate(
            """async (text) => {
            const notebook = jupyterapp.shell.currentWidget.content;
            const index = notebook.widgets.findIndex(c => c.model.type === 'code'
                && c.model.sharedModel.getSource().includes(text));
            notebook.activeCellIndex = index;
            await notebook.scrollToItem(index, 'start');
        }""",
            text,
        )
        self.page.wait_for_timeout(500)
        return self.page.locator(".jp-CodeCell.jp-mod-active")


@pytest.fixture(scope="session")
def after_run_all(browser, lab):
    """``after_run_all(name)``: that notebook after Run All. It runs once, whoever asks first."""
    notebooks: dict[str, Notebook] = {}

    def get(name: str) -> Notebook:
        if name not in notebooks:
            notebooks[name] = Notebook(browser, lab, name)
            notebooks[name].run_all()
        return notebooks[name]

    yield get
    for notebook in notebooks.values():
        notebook.page.close()
