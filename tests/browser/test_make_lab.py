"""``make lab``, as a student types it: the address that it prints shows notebook 00, and the file browser beside it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import pytest
from conftest import new_context
from driving import SECONDS, complaints, end, wait_until
from lab import COURSE

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/lab\S*\?token=\w+")
KERNELS = """async () => {
    const sessions = await (await fetch('/api/sessions')).json();
    return Object.fromEntries(sessions.map(({path, kernel}) => [path, kernel.execution_state]));
}"""


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """What ``make lab`` needs of the course: a copy of the notebooks, which JupyterLab may save."""
    course = tmp_path_factory.mktemp("make_lab") / "course"
    shutil.copytree(COURSE / "notebooks", course / "notebooks", ignore=shutil.ignore_patterns("my_models", ".*"))
    for name in ("Makefile", "data", "vae_helpers"):
        (course / name).symlink_to(COURSE / name)
    return course


@contextmanager
def made_lab(course: Path, *settings: str) -> Iterator[str]:
    """The address that ``make lab`` prints. JupyterLab keeps its own files beside the course; its packages are ours."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{name}_DIR": str(course.parent / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{name}_DIR": str(course.parent / name) for name in ("SETTINGS", "WORKSPACES")}
    own |= {"IPYTHONDIR": str(course.parent / "ipython"), "OMP_NUM_THREADS": "1"}
    command = ["make", "-o", ".venv/installed", "lab", f"BIN={Path(sys.executable).parent}", f"PORT={port}"]
    log = course.parent / "log"
    with open(log, "w", encoding="utf-8") as output:
        server = subprocess.Popen(
            [*command, "IP=127.0.0.1", "BROWSER=no", *settings],
            cwd=course,
            env=os.environ | own,
            stdout=output,
            stderr=output,
        )
    try:
        stop = time.monotonic() + SECONDS
        while not (found := ADDRESS.search(log.read_text(encoding="utf-8"))):
            assert server.poll() is None and time.monotonic() < stop, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        while not listens(urlsplit(found[0])):  # it prints its address a moment before
            assert server.poll() is None and time.monotonic() < stop, log.read_text(encoding="utf-8")
            time.sleep(0.1)
        yield found[0]
    finally:
        end(server)


def listens(address: SplitResult) -> bool:
    with socket.socket() as visitor:
        return visitor.connect_ex((address.hostname, address.port)) == 0


@pytest.fixture
def page(browser):
    with new_context(browser, viewport={"width": 1280, "height": 720}) as context:
        yield context.new_page()


@pytest.mark.parametrize(
    "settings, name", [((), "00_vae_in_one_hour.ipynb"), (("NOTEBOOK=06",), "06_latent_space.ipynb")]
)
def test_it_shows_the_notebook_and_the_files_beside_it(settings, name, course, page):
    """The second of these comes back to a workspace in which another notebook was open: the one named is in front."""
    wrong = complaints(page)
    with made_lab(course, *settings) as address:
        page.goto(address)
        page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell h1").first.wait_for()
        front = page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.lm-mod-current .lm-TabBar-tabLabel")
        wait_until(page, lambda: front.all_inner_texts() == [name])  # after what was open before
        files = page.locator("#filebrowser .jp-DirListing-item")
        wait_until(page, lambda: files.count() >= 6)
        assert files.filter(has_text=name).is_visible() and not files.filter(has_text="Makefile").count()
        wait_until(page, lambda: page.evaluate(KERNELS).get(name) == "idle")  # it has started, and waits for cells
    assert [line for line in wrong if "ERR_CONNECTION_REFUSED" not in line] == []  # after its end


def test_a_notebook_that_is_not_there_is_named_with_those_that_are(course):
    done = subprocess.run(["make", "lab", "NOTEBOOK=07_none"], cwd=course, capture_output=True, encoding="utf-8")
    assert done.returncode and "There is no notebook 07_none. There are:\n" in done.stderr
    assert "\n  06_latent_space\n" in done.stderr and not (course / ".venv").exists()
