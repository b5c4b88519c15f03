"""A real JupyterLab, and a notebook that is open in it, whatever browser shows it."""

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
from typing import NamedTuple

import nbformat
from driving import SECONDS, end

COURSE = Path(__file__).parent.parent.parent
TOKEN = "browser-tests"
# Whether the notebook is JupyterLab's current widget, which the commands are for. WebKit on a busy machine is so late
# with the focus that it never becomes that by itself, but as a click would make it.
CURRENT = """() => {
    const { shell } = jupyterapp;
    if (shell.currentWidget?.context) return true;
    for (const widget of shell.widgets('main')) if (widget.context) shell.activateById(widget.id);
    return false;
}"""
KERNELSPEC = {"name": "python3", "display_name": "Python 3"}  # without it JupyterLab asks for one


class Lab(NamedTuple):
    address: str
    notebooks: Path  # the folder that it serves


def write_notebook(path: Path, cells: list[str]) -> None:
    """A notebook of code cells. A cell that begins with ``NAME = `` has the id NAME."""
    cells = [nbformat.v4.new_code_cell(source) for source in cells]
    for cell in cells:
        name, equals, _ = cell.source.partition(" = ")
        if equals and name.isidentifier():
            cell.id = name
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNELSPEC}), path)


@contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """A JupyterLab on a copy of the course in ``home``, where its settings and its log are too."""
    notebooks = home / "course" / "notebooks"
    shutil.copytree(COURSE / "notebooks", notebooks, ignore=shutil.ignore_patterns("my_models", ".*"))
    (notebooks.parent / "data").symlink_to(COURSE / "data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    command += [f"--ServerApp.root_dir={notebooks}", "--LabApp.expose_app_in_browser=True"]
    command += ["--LabApp.extension_manager=readonly", f"--LabApp.workspaces_dir={home / 'workspaces'}"]
    command += [f"--LabApp.user_settings_dir={home / 'settings'}", "--LabApp.news_url="]
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    own = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    with open(home / "log", "w", encoding="utf-8") as log:  # one thread a kernel: others run beside it
        server = subprocess.Popen(command, env=os.environ | own | {"OMP_NUM_THREADS": "1"}, stdout=log, stderr=log)
    try:
        yield Lab(_address(server, port, home / "log"), notebooks)
    finally:
        end(server)


def _address(server: subprocess.Popen, port: int, log: Path) -> str:
    """Where the server answers, once it does."""
    address = f"http://127.0.0.1:{port}"
    for _ in range(480):
        try:
            urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=5)
            return address
        except OSError:
            assert server.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.25)
    raise TimeoutError(log.read_text(encoding="utf-8"))


class Notebook:
    """One notebook, open in JupyterLab.

    Args:
        page: Playwright's, or an engine of engines.py, which has the few methods that are used here.
        lab: what serves it.
        name: the notebook's file in the lab's folder.
    """

    def __init__(self, page, lab: Lab, name: str):
        self.page, self.lab = page, lab
        page.goto(f"{lab.address}/lab/tree/{name}?reset&token={TOKEN}")
        cell = ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell"
        page.wait_for_function("selector => !!document.querySelector(selector)", arg=cell, timeout=1000 * SECONDS)
        page.wait_for_function(CURRENT, timeout=1000 * SECONDS)

    def run_all(self) -> None:
        """Until all cells have run: clicking Run All, or waiting for "idle", loses the run now and then."""
        self.page.evaluate("""async () => {
            const panel = jupyterapp.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
            await panel.sessionContext.session.kernel.info;
            await jupyterapp.commands.execute('notebook:run-all-cells');
        }""")

    def close(self) -> None:
        """End the kernel: the next notebook needs its processor and memory."""
        self.page.evaluate("async () => await jupyterapp.shell.currentWidget.sessionContext.shutdown()")

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

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Within the block the kernel runs a cell, which ends with the block and not before."""
        over = self.lab.notebooks.parent / "over"
        over.unlink(missing_ok=True)
        code = f"import pathlib, time\nprint('begun')\nwhile not pathlib.Path({str(over)!r}).exists(): time.sleep(0.02)"
        self.page.evaluate(
            """async (code) => {
            const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code});
            window.busy = future.done;
            await new Promise(begun => { future.onIOPub = (m) => m.header.msg_type === 'stream' && begun(); });
        }""",
            code,
        )
        try:
            yield
        finally:
            over.touch()
            self.page.evaluate("async () => { await window.busy; }")

    def settle(self) -> None:
        """Until all that was under way has arrived: the kernel has answered, and two frames have been painted."""
        self.python("")
        self.page.evaluate("async () => { for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame); }")

    def scroll_to(self, text: str) -> None:
        """Make the code cell whose source contains ``text`` the active one, and bring it to the top."""
        self.page.evaluate(
            """async (text) => {
            const notebook = jupyterapp.shell.currentWidget.content;
            const index = notebook.widgets.findIndex(c => c.model.type === 'code'
                && c.model.sharedModel.getSource().includes(text));
            if (index < 0) throw new Error(`no code cell has ${text}`);
            notebook.activeCellIndex = index;
            await notebook.scrollToItem(index, 'start');
            const { node } = notebook.widgets[index];
            let [place, frames] = ['', 0];
            while (frames < 5) {  // until it stays where it is: cells above are still being sized
                await new Promise(requestAnimationFrame);
                const { x, y, width, height } = node.getBoundingClientRect();
                const now = `${[x, y, width, height]}`;
                frames = node.isConnected && height && now === place ? frames + 1 : 0;
                place = now;
            }
        }""",
            text,
        )

    def show(self, text: str):
        """As ``scroll_to``; returns Playwright's locator of the cell."""
        self.scroll_to(text)
        return self.page.locator(".jp-CodeCell.jp-mod-active")
