"""README's three lines of PowerShell do what they say: each runs here, as far as a machine without Windows can."""

import re
import shlex
import shutil
import site
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parent.parent
LINES = re.search(r"```powershell\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)[
    1
].splitlines()
FIRST = "00_vae_in_one_hour.ipynb"
PORT = 8731


def here(line: str) -> list[str]:
    """Windows' launcher and its folder of programs, as this system has them."""
    words = shlex.split(line.replace("\\", "/").replace("/Scripts/", "/bin/"))
    return [sys.executable if word == "py" else word for word in words]


def test_they_need_no_other_shell():
    assert len(LINES) == 3
    assert not any(re.search(r"[&|;$`>]", line) for line in LINES)


@pytest.mark.slow
def test_they_end_in_a_jupyterlab_with_the_course(tmp_path):
    """In a clone; of what pip would download, what is installed here serves."""
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(tmp_path / "course")], check=True)
    make, install, start = map(here, LINES)
    subprocess.run(make, cwd=tmp_path / "course", check=True)
    (packages,) = (tmp_path / "course" / ".venv" / "lib").glob("python*/site-packages")
    (packages / "those_of_the_tests.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    for old in packages.glob("setuptools*"):  # older Pythons put one into a new environment; the tests' is new enough
        shutil.rmtree(old)
    subprocess.run([*install, "--quiet", "--no-build-isolation"], cwd=tmp_path / "course", check=True)
    server = subprocess.Popen(
        [
            *start,
            "--no-browser",
            "--allow-root",
            f"--port={PORT}",
            "--ServerApp.port_retries=0",
            "--IdentityProvider.token=",
        ],
        cwd=tmp_path / "course",
    )
    try:
        assert f'"name": "{FIRST}"' in contents(server)
        with urlopen(f"http://localhost:{PORT}/") as page:  # where the browser would be sent
            assert page.geturl() == f"http://localhost:{PORT}/lab/tree/{FIRST}"
    finally:
        server.terminate()
        server.wait(30)


def contents(server: subprocess.Popen) -> str:
    """What JupyterLab lists, as soon as it answers."""
    end = time.monotonic() + 120
    while time.monotonic() < end and server.poll() is None:
        try:
            with urlopen(f"http://localhost:{PORT}/api/contents", timeout=5) as answer:
                return answer.read().decode()
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError("JupyterLab does not answer")
