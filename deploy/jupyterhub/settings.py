"""Where the hub finds things, and how long it waits: the environment's variables, or what `make hub` uses."""

import fcntl
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

COURSE = Path(os.environ.get("VAE_COURSE") or HERE.parent.parent).resolve()
COURSE_PYTHON = Path(os.environ.get("VAE_COURSE_PYTHON") or COURSE / ".venv" / "bin" / "python")
STATE = Path(os.environ.get("VAE_HUB_STATE") or COURSE / ".hub" / "state").resolve()
IP = os.environ.get("VAE_HUB_IP") or "127.0.0.1"
PORT = int(os.environ.get("VAE_HUB_PORT") or 8000)  # and the two after it, which only this machine sees

GROUP = "vae-class"  # its members may log in
NOTEBOOKS = "~/vae/notebooks"
FIRST_PAGE = "/lab/tree/00_vae_in_one_hour.ipynb"  # where `make lab` begins, too


def make_state_folder() -> Path:
    """The folder of the database, the cookie secret and the passwords: for root's eyes only, whatever made it."""
    STATE.mkdir(parents=True, exist_ok=True)
    STATE.chmod(0o700)
    return STATE


def lock_state_folder() -> None:
    """Two hubs with one state would end each other's proxies. The lock ends with the process, however it ends."""
    global _lock
    _lock = open(STATE / "lock", "w", encoding="utf-8")  # noqa: SIM115 (kept open)
    try:
        fcntl.flock(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"Another hub is running with the folder {STATE}: end it first, or give VAE_HUB_STATE another folder.")
