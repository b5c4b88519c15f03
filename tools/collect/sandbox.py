"""A sandbox of bubblewrap's around one long-lived program, which forks a process for each notebook (inside.py).

What is in the sandbox: the Python environment, the course's package and its data, to be read only; no network, no other
process, nothing of the instructor's and no submission's file (a notebook's cells come through a pipe).
"""

import ctypes
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from collect.confine import SCRATCH
from collect.course import ROOT

HERE = Path(__file__).resolve().parent
FOLDER = str(ROOT / "notebooks")  # where a notebook runs; empty in the sandbox
INSTALL = "apt-get install bubblewrap libseccomp2 (on Debian or Ubuntu)"
STARTING = 180.0  # seconds to import PyTorch, on a slow disk
LARGEST = 1_000_000  # bytes of results
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": SCRATCH,
    "IPYTHONDIR": SCRATCH,
    "PYTHONPATH": f"{ROOT}:{HERE.parent}",
    "PYTHONDONTWRITEBYTECODE": "1",
} | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")}


class NoSandbox(RuntimeError):
    """No student's code is executed without one; the message says what is missing."""


@dataclass(frozen=True)
class Limits:
    """For one try at one notebook.

    Args:
        seconds: of the processor's time.
        wall: seconds by the clock, for those who sleep.
        memory: bytes beyond the libraries.
    """

    seconds: int = 10
    wall: float = 40.0
    memory: int = 2_000_000_000


def require_tools() -> None:
    """Raise NoSandbox where the tools are missing; whether the kernel lets them work shows when they start."""
    if shutil.which("bwrap") is None:
        raise NoSandbox(f"students' code is run in a sandbox only, and bubblewrap (bwrap) is not here: {INSTALL}")
    try:
        ctypes.CDLL("libseccomp.so.2")
    except OSError:
        raise NoSandbox(f"students' code is run in a sandbox only, and libseccomp is not here: {INSTALL}") from None


def visible(data: list[Path]) -> list[Path]:
    """The folders that are seen in the sandbox, to be read only."""
    packages = [Path(p) for p in sys.path if p.endswith(("site-packages", "dist-packages")) and Path(p).is_dir()]
    wanted = [Path(sys.prefix), Path(sys.base_prefix), Path("/usr"), *packages, ROOT / "vae_helpers", HERE, *data]
    return list(dict.fromkeys(path.resolve() for path in wanted if path.exists()))


def command(data: list[Path], connection: int) -> list[str]:
    """bubblewrap's command line around inside.py. CAP_SYS_ADMIN is one over the sandbox alone; students' have none."""
    line = ["bwrap", "--unshare-user", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    line += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN"]
    for path in visible(data):
        line += ["--ro-bind", str(path), str(path)]
    for name in ("lib", "lib64", "lib32", "bin"):
        if os.path.islink(f"/{name}"):
            line += ["--symlink", os.readlink(f"/{name}"), f"/{name}"]
        elif os.path.isdir(f"/{name}"):
            line += ["--ro-bind", f"/{name}", f"/{name}"]
    if os.path.exists("/etc/ld.so.cache"):
        line += ["--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for name in ("null", "zero", "urandom", "random"):
        line += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    line += ["--proc", "/proc", "--tmpfs", SCRATCH, "--dir", FOLDER, "--remount-ro", "/"]
    for name, value in _environment(data).items():
        line += ["--setenv", name, value]
    return [*line, sys.executable, "-m", "collect.inside", str(connection)]


def _environment(data: list[Path]) -> dict[str, str]:
    """The few variables that a notebook needs, and those by which the package finds its data."""
    found = dict(ENVIRONMENT)
    own, cache = os.environ.get("VAE_DATA_DIR"), user_cache_path("vae_helpers")
    if own and Path(own).expanduser() in data:
        found["VAE_DATA_DIR"] = str(Path(own).expanduser())
    if cache in data:
        found["XDG_CACHE_HOME"] = str(cache.parent)
    return found


class Sandbox:
    """One sandbox, which runs one notebook at a time; use it in a ``with``.

    Args:
        imports: the first code cells of the course's notebooks.
        data: the folders with the course's data.

    Raises:
        NoSandbox: the tools are missing, or the kernel does not let them work here.
    """

    def __init__(self, imports: list[str], data: list[Path]) -> None:
        require_tools()
        self.imports, self.data = imports, data
        self.used = 0.0  # seconds of the processor
        self._start()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _start(self) -> None:
        self.connection, theirs = socket.socketpair()
        line = command(self.data, theirs.fileno())
        said = tempfile.TemporaryFile()  # noqa: SIM115, closed below
        with theirs:
            self.process = subprocess.Popen(
                line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, pass_fds=[theirs.fileno()]
            )
        try:
            self.process.stdin.write(json.dumps(self.imports).encode())
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and says why
        self.connection.settimeout(STARTING)
        try:
            ready = self.connection.recv(64)
        except TimeoutError:
            ready = b""
        if not ready.startswith(b"ready "):
            self.close()
            said.seek(0)
            why = (said.read().decode(errors="replace").strip().splitlines() or ["no answer"])[-1]
            raise NoSandbox(
                f"students' code is run in a sandbox only, and none can be made here: {why}. bwrap needs user "
                "namespaces: allow them for this account, or run `make collect` in a virtual machine of your own"
            )
        said.close()
        self.used += float(ready[6:])

    def close(self) -> None:
        """End it, and with it all that is in it."""
        self.connection.close()
        self.process.kill()
        self.process.wait()

    def run(self, job: dict, limits: Limits) -> tuple[str, list[dict]]:
        """How a notebook ended ("exit", "time", "talk", "crash", "lost"), and the events that it told."""
        job = job | {"seconds": limits.seconds, "wall": limits.wall, "memory": limits.memory}
        job_file = os.memfd_create("job")
        os.write(job_file, json.dumps(job).encode())
        os.lseek(job_file, 0, os.SEEK_SET)
        reader, writer = os.pipe()
        try:
            socket.send_fds(self.connection, [b"x"], [job_file, writer])
        except OSError:
            os.close(writer)
            said = b""
        else:
            os.close(writer)
            said = _read(reader, time.monotonic() + limits.wall + 10)
        finally:
            os.close(job_file)
            os.close(reader)
        if not said:  # never seen: the sandbox itself has gone
            self.close()
            self._start()
            return "lost", []
        head, *events = said.splitlines()
        head = json.loads(head)
        self.used += head["used"]
        return head["ended"], [event for line in events if (event := _event(line)) is not None]


def _read(reader: int, deadline: float) -> bytes:
    said = b""
    while (left := deadline - time.monotonic()) > 0 and len(said) < LARGEST:
        if select.select([reader], [], [], left)[0]:
            part = os.read(reader, 65536)
            if not part:
                return said
            said += part
    return b""


def _event(line: bytes) -> dict | None:
    """A student's code can write anything here: what is no small dictionary of JSON is dropped."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
