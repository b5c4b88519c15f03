"""What is done to a student's files before the server starts: by the student's own account, never by root.

Root would follow the links that a student has laid, and what it writes the student could not change.
"""

import asyncio
import os
import pwd
import signal
import subprocess
from typing import BinaryIO

from settings import COURSE, COURSE_PYTHON, FIRST_PAGE, NOTEBOOKS, STATE

SECONDS = 120  # for a copy, while forty others are made


async def own_copy(spawner) -> None:
    """JupyterHub's ``pre_spawn_hook``: make or update the student's own notebooks. The server starts in any case."""
    account = pwd.getpwnam(spawner.user.name)
    command = [COURSE_PYTHON, "-s", COURSE / "deploy" / "own_copy.py", COURSE, f"{account.pw_dir}/vae"]
    with open_log(spawner.user.name, "wb") as log:
        await run_as(account, ["mkdir", "-p", temporary_folder(spawner)], log)
        failure = await run_as(account, command, log)
        folder_is_closed = await run_as(account, ["test", "-x", NOTEBOOKS.replace("~", account.pw_dir) + "/."], log)
    if failure:
        spawner.log.warning(
            "%s: no new copy of the notebooks (%s). The server starts with what is there; see %s",
            *(spawner.user.name, failure, log.name),
        )
    # each time, since this object outlives a server
    spawner.notebook_dir = "~" if folder_is_closed else NOTEBOOKS
    spawner.default_url = "/lab" if folder_is_closed else FIRST_PAGE


def temporary_folder(spawner) -> str:
    """The student's own. In /tmp all see what is there, and one can lay a file where another will look for it."""
    return f"{pwd.getpwnam(spawner.user.name).pw_dir}/.cache/tmp"


def runtime_folder(spawner) -> str:
    """Where kernels' sockets lie. Linux takes 107 letters for a path: by Jupyter's own a name of 23 is too long."""
    return f"{pwd.getpwnam(spawner.user.name).pw_dir}/.jupyter/run"


async def run_as(account: pwd.struct_passwd, command: list, log: BinaryIO, seconds: float = SECONDS) -> str:
    """Run ``command`` with the account's rights and no others; return what went wrong, "" where nothing did."""
    try:
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=os.getgrouplist(account.pw_name, account.pw_gid),
            umask=0o077,
            cwd="/",
            env={"HOME": account.pw_dir, "USER": account.pw_name, "PATH": os.defpath, "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:  # no such Python, or one that students may not run
        return str(error)
    try:
        code = await asyncio.wait_for(process.wait(), seconds)
    except asyncio.TimeoutError:
        return f"it took more than {seconds:g} seconds"
    finally:  # also when the hub itself gives up
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return f"exit code {code}" if code else ""


def open_log(name: str, mode: str) -> BinaryIO:
    """The file that keeps what the student's server says: nobody but root can open it, whoever writes into it."""
    folder = STATE / "servers"
    folder.mkdir(exist_ok=True)
    return open(folder / f"{name}.log", mode, opener=private)


def private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
