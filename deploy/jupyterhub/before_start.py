"""Can students run the course from where it lies? `make hub` asks twice, before minutes of setting up and after.

python deploy/jupyterhub/before_start.py place          this Python, and the course's folder
python deploy/jupyterhub/before_start.py environment    the course's environment, as a student would run it
"""

import grp
import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

from settings import COURSE, COURSE_PYTHON, GROUP, HERE

NEEDED = ("deploy/jupyterhub", "notebooks", "data", "vae_helpers")
CURE = "put it where every account may look, for example below /opt or /srv, or allow it with chmod"
CODE = "import jupyterhub, jupyterlab, vae_helpers; print(jupyterhub.__version__)"


class NotReady(Exception):
    """What is wrong, and the cure."""


def as_a_student(*command: str | Path) -> subprocess.CompletedProcess:
    """Run a command with no more rights than a student of the class has."""
    try:
        group = grp.getgrnam(GROUP).gr_gid
    except KeyError:  # no accounts yet
        group = pwd.getpwnam("nobody").pw_gid
    rights = {"user": "nobody", "group": group, "extra_groups": [], "cwd": "/"}
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, **rights, encoding="utf-8")


def check_readable(path: Path, what: str) -> None:
    """
    Raises:
        NotReady: names the first folder on the way to ``path`` that is closed to students.
    """
    for folder in [*reversed(path.parents), path]:
        if as_a_student("test", "-x" if folder.is_dir() else "-r", folder).returncode:
            mode = f"{folder.stat().st_mode & 0o777:o}"
            raise NotReady(
                f"Students may not look into {folder} (mode {mode}), where {what} lies: {path}. Cure: {CURE}"
            )


def check_kept(path: Path) -> None:
    """
    Raises:
        NotReady: names the first folder on the way to ``path`` that students may change: root runs what lies there.
    """
    for folder in [*reversed(path.parents), path]:
        sticky = folder.stat().st_mode & 0o1000  # as /tmp: each may change only what is theirs
        if not sticky and as_a_student("test", "-w", folder).returncode == 0:
            raise NotReady(
                f"Students may write into {folder}, and root runs what lies there. Cure: chmod go-w {folder}"
            )


def check_place() -> None:
    check_kept(HERE)
    for name in NEEDED:
        check_readable(COURSE / name, "the course")
    if COURSE_PYTHON.exists():
        check_kept(COURSE_PYTHON.parent)
        check_readable(COURSE_PYTHON.resolve(), "the Python of the course's environment")
        check_readable(COURSE_PYTHON.parent.parent / "lib", "the course's environment")
    else:  # it will be made with this one
        check_readable(Path(os.path.realpath(sys.executable)), "the Python that is to run the course")


def check_environment() -> None:
    """
    Raises:
        NotReady: students' servers would not start with it.
    """
    check_place()
    tried = as_a_student(COURSE_PYTHON, "-I", "-c", CODE)
    if tried.returncode:
        last = (tried.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise NotReady(
            f"{COURSE_PYTHON} does not run for a student: {last}. Cure: {COURSE_PYTHON} -m pip install -e '.[hub]'"
        )
    wanted = re.search(r"^jupyterhub==(.*)$", (HERE / "requirements.txt").read_text(encoding="utf-8"), re.M).group(1)
    if tried.stdout.strip() != wanted:
        raise NotReady(
            f"The course's environment has jupyterhub {tried.stdout.strip()}, the hub {wanted}: make them equal"
        )


def main(what: str) -> None:
    if os.geteuid() != 0:
        raise NotReady(
            "The hub has to run as root: only then does each student's server run with an account of its own, which"
            " keeps the students' files apart."
        )
    {"place": check_place, "environment": check_environment}[what]()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except NotReady as error:
        sys.exit(str(error))
