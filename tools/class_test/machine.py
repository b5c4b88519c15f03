"""The machine's side: ports, the accounts of the test, and the processes of a student."""

import contextlib
import csv
import grp
import os
import pwd
import random
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from .limits import Failure, Refused

ROOT = Path(__file__).parent.parent.parent
ACCOUNTS = ROOT / "deploy" / "jupyterhub" / "accounts.py"
LOCK = Path(tempfile.gettempdir()) / "vae-class.lock"
PREFIX, GROUP = "vae-test-", "vae-class"  # only accounts of this prefix and this group are made and removed here
PORTS = 3  # a hub's: for browsers, and two more that only this machine sees


def account_names(students: int) -> list[str]:
    """``vae-test-01`` and so on."""
    return [f"{PREFIX}{number:02d}" for number in range(1, students + 1)]


def refuse_unless_root() -> None:
    """Accounts can be made by the administrator only."""
    if os.geteuid() != 0:
        raise Refused("The test makes an account for each student and starts servers as them: run it as root.")


def free_port(wanted: int | None) -> int:
    """``wanted``, or one that is free, with the two after it."""
    for port in [wanted] if wanted else random.sample(range(20000, 30000), 50):
        taken = [each for each in range(port, port + PORTS) if not _is_free(each)]
        if not taken:
            return port
    raise Refused(f"Port {taken[0]} is taken, and the hub needs {PORTS} in a row: name another with --port, or none.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def share_pixels() -> None:
    """Lay the file of pixels that all kernels map, as `make hub` does: students can't, and would each get their own."""
    code = "from vae_helpers.data import load_mnist; load_mnist('train'); load_mnist('test')"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300)


# --- accounts, by the hub's own script


@contextlib.contextmanager
def alone(seconds: float = 0):
    """One test with accounts at a time on this machine; wait so long for another's end, then :class:`Refused`."""
    try:
        with FileLock(LOCK, timeout=seconds):
            yield
    except Timeout:
        raise Refused("A test with accounts of a class is running on this machine already: wait for its end.") from None


def make_accounts(names: list[str], state: Path) -> dict[str, str]:
    """Make them, and return their passwords; ``state`` is the hub's folder, which keeps both."""
    _accounts("add", names, state)
    with open(state / "passwords.csv", newline="", encoding="utf-8") as file:
        return dict(csv.reader(file))


def remove_accounts(state: Path) -> None:
    """End all that the accounts made with this ``state`` run, and remove them with their homes."""
    listed = state / "names.txt"
    if listed.exists():
        _accounts("remove", listed.read_text(encoding="utf-8").split(), state, "--delete-work")


def left_accounts() -> list[str]:
    """Accounts of such tests that are there."""
    try:
        members = set(grp.getgrnam(GROUP).gr_mem)
    except KeyError:
        return []
    return sorted(
        user.pw_name for user in pwd.getpwall() if user.pw_name.startswith(PREFIX) and user.pw_name in members
    )


def remove_left_accounts(state: Path) -> None:
    """Those of a run that was killed; only for a test that is :func:`alone`."""
    if names := left_accounts():
        _accounts("remove", names, state, "--delete-work")
        (state / "names.txt").unlink()


def _accounts(what: str, names: list[str], state: Path, *flags: str) -> None:
    listed = state / "names.txt"
    listed.write_text("\n".join(names) + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ACCOUNTS), what, str(listed), *flags],
        env={**os.environ, "VAE_HUB_STATE": str(state)},
        capture_output=True,
        text=True,
        start_new_session=True,  # Ctrl-C must not break off the removing
        timeout=300,
        encoding="utf-8",
    )
    if done.returncode:
        raise Refused(f"Accounts ({what}): {done.stderr.strip() or done.stdout.strip()}")


# --- processes


def uid_of(name: str) -> int:
    """An account's number."""
    return pwd.getpwnam(name).pw_uid


def processes_of(uid: int) -> list[psutil.Process]:
    """All running processes of an account."""
    return [process for process in psutil.process_iter() if _runs_as(process, uid)]


def _runs_as(process: psutil.Process, uid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.uids().real == uid and process.status() != psutil.STATUS_ZOMBIE
    return False


def children(process: psutil.Process) -> list[psutil.Process]:
    """All that it started, and they; none of a process that is gone."""
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def end(processes: list[psutil.Process], seconds: float = 10) -> None:
    """Kill, and wait until they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=seconds)


def still_there(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that have not ended by then. One that has ended, and whose end nobody has asked for yet, is gone."""
    until = time.monotonic() + seconds
    while (left := [process for process in processes if _runs(process)]) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def kernel_process(name: str, kernel_id: str) -> psutil.Process:
    """A student's kernel: the process that was started on that kernel's connection file."""
    return _the_one(name, kernel_id, f"kernel {kernel_id}")


def server_process(name: str) -> psutil.Process:
    """A student's own server."""
    return _the_one(name, "singleuser", "server")


def _the_one(name: str, word: str, what: str) -> psutil.Process:
    """The account's process with that word in its command; the inmost, if one started the other."""
    found = []
    for process in processes_of(uid_of(name)):
        with contextlib.suppress(psutil.Error):
            if any(word in part for part in process.cmdline()):
                found.append(process)
    if not found:
        raise Failure(f"{name} has no process that is its {what}")
    return max(found, key=lambda process: (process.create_time(), process.pid))
