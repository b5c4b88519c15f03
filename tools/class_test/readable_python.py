"""A Python of the course's environment that students of a test may run, also where root's own lies in root's home."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ENVIRONMENT = Path(sys.prefix)


def runs(python: str | Path) -> bool:
    """Whether an account without rights can start it: asked of the machine itself."""
    rights = {"user": "nobody", "group": "nogroup", "extra_groups": [], "cwd": "/"}
    try:
        return subprocess.run([python, "-I", "-c", ""], capture_output=True, **rights).returncode == 0
    except OSError:
        return False


def readable_python(folder: Path) -> Path:
    """This Python; or, where students can't run it, the system's own of the same version with the same packages.

    Raises:
        RuntimeError: there is no such Python on this machine.
    """
    if runs(sys.executable):
        return Path(sys.executable)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = next((p for p in map(str, Path("/").glob(f"usr/**/bin/python{version}")) if runs(p)), None)
    if not found:
        raise RuntimeError(
            f"Students can't run {Path(sys.executable).resolve()}, and this machine has no other Python {version}:"
            " make the course's environment with a Python that all accounts may run."
        )
    made = folder / "readable"
    subprocess.run([found, "-m", "venv", "--without-pip", made], check=True)
    packages = made / "lib" / f"python{version}" / "site-packages"
    # a line of such a file may be code: this one has the environment's own such files read, too
    line = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (packages / "course.pth").write_text(line, encoding="utf-8")
    for name in ("etc", "share"):  # where Jupyter looks for extensions
        shutil.rmtree(made / name, ignore_errors=True)
        if (ENVIRONMENT / name).exists():
            (made / name).symlink_to(ENVIRONMENT / name)
    return made / "bin" / "python"
