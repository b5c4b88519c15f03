"""Is this machine ready for the course? ``python -m vae_helpers.doctor`` says, and names the cure for what is not."""

import importlib
import importlib.metadata
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

Check = Callable[[], str]


class Problem(Exception):
    """What is wrong, and the cure."""

    def __init__(self, what: str, cure: str):
        super().__init__(what)
        self.cure = cure


def check_python() -> str:
    if sys.version_info < (3, 10):  # noqa: UP036 (run from a checkout, the package is not installed by pip)
        raise Problem(
            f"Python {sys.version.split()[0]}", "install Python 3.10 or newer, delete .venv, run `make setup`"
        )
    return f"Python {sys.version.split()[0]} at {sys.prefix}"


def check_torch() -> str:
    cure = "reinstall the matching pair: `pip install --force-reinstall torch torchvision` in this environment"
    try:
        torch = importlib.import_module("torch")
        torchvision = importlib.import_module("torchvision")
        # a torch and a torchvision of different builds import one by one, but share no compiled operators
        torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    except Exception as error:
        raise Problem(f"torch with torchvision: {error}", cure) from error
    accelerator = "CUDA" if torch.cuda.is_available() else "MPS" if torch.backends.mps.is_available() else "none needed"
    return f"torch {torch.__version__} with torchvision {torchvision.__version__}; accelerator: {accelerator}"


def check_widgets() -> str:
    """The classic: a slider shows as the text "FloatSlider(...)" because JupyterLab lacks the widgets' extension."""
    cure = "`pip install --upgrade jupyterlab ipywidgets anywidget` in the environment of JupyterLab, then restart it"
    try:
        versions = [
            f"{name} {importlib.metadata.version(name)}"
            for name in ("jupyterlab", "ipywidgets", "jupyterlab_widgets", "anywidget")
        ]
    except importlib.metadata.PackageNotFoundError as error:
        raise Problem(f"{error.name} is not installed", cure) from error
    found = {
        path.parent.name
        for root in _jupyter_data_folders()
        for path in [
            *root.glob("labextensions/*/package.json"),
            *root.glob("labextensions/@jupyter-widgets/*/package.json"),
        ]
    }
    missing = {"jupyterlab-manager", "anywidget"} - found
    if missing:
        raise Problem(f"JupyterLab can't see the extension of {', '.join(sorted(missing))}", cure)
    disabled = _disabled_extensions() & {"@jupyter-widgets/jupyterlab-manager", "anywidget"}
    if disabled:
        names = " ".join(sorted(disabled))
        raise Problem(f"disabled in JupyterLab: {names}", f"`jupyter labextension enable {names}`")
    return ", ".join(versions)


def _jupyter_data_folders() -> list[Path]:
    return [Path(folder) for folder in importlib.import_module("jupyter_core.paths").jupyter_path()]


def _disabled_extensions() -> set[str]:
    disabled: dict[str, bool] = {}
    for folder in reversed(importlib.import_module("jupyter_core.paths").jupyter_config_path()):
        config = Path(folder) / "labconfig" / "page_config.json"
        if config.is_file():
            entry = json.loads(config.read_text(encoding="utf-8")).get("disabledExtensions", {})
            disabled |= entry if isinstance(entry, dict) else dict.fromkeys(entry, True)
    return {name for name, value in disabled.items() if value}


def check_data() -> str:
    """Also lays the file of pixels that all kernels share, if it is not there yet: on a server, for all students."""
    archives = importlib.import_module("vae_helpers.data.archives")
    mnist = importlib.import_module("vae_helpers.data.mnist")
    try:
        paths = [archives.find_archive(archive) for archive in mnist.archives("MNIST")]
        count = sum(len(mnist.load_mnist(split)[0]) for split in mnist.SPLITS)
    except archives.DataError as error:
        raise Problem(
            f"MNIST: {error}", "see the message; `git checkout -- data/MNIST` restores the four archives"
        ) from error
    return f"MNIST: 4 archives, MD5 verified, in {paths[0].parent}; {count} images"


def check_write_access() -> str:
    folder = Path.cwd()
    try:
        with tempfile.TemporaryFile(dir=folder):
            return f"{folder} can be written"
    except OSError as error:
        raise Problem(f"{folder} can't be written: {error}", "copy the course to a folder of your own") from error


def check_memory() -> str:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "memory: this system does not tell"
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    if total < 4:
        raise Problem(
            f"{total:.1f} GB of memory",
            "run one notebook at a time, and load a part: load_mnist(..., n=20000)",
        )
    return f"{total:.1f} GB of memory (a notebook takes up to 1 GB)"


def check_threads() -> str:
    torch = importlib.import_module("torch")
    threads = importlib.import_module("vae_helpers.threads")
    count = torch.get_num_threads()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if count > cores:
        raise Problem(
            f"PyTorch uses {count} threads on {cores} cores: many times slower",
            "unset OMP_NUM_THREADS and MKL_NUM_THREADS: the course then chooses one thread",
        )
    if count > 1:
        return f"{count} threads on {cores} cores, as OMP_NUM_THREADS says; 1 is faster beside any other program"
    more = f" ({threads.PYTORCHS_CHOICE} for large networks)" if not threads.chosen_by_user() else ""
    return f"{count} thread{more} on {cores} cores: the fastest where anything else is running"


CHECKS: tuple[Check, ...] = (
    check_python, check_torch, check_widgets, check_data, check_write_access, check_memory, check_threads,
)  # fmt: skip


def main(checks: tuple[Check, ...] = CHECKS) -> int:
    """Print a line for each check; the exit status is the number of failures."""
    failures = 0
    for check in checks:
        try:
            print(f"[OK]   {check()}")
        except Exception as error:
            failures += 1
            cure = error.cure if isinstance(error, Problem) else "run `make setup` again; if it stays, report this line"
            print(f"[FAIL] {error}\n       cure: {cure}")
    print("All is well: `make lab` opens the course." if failures == 0 else f"{failures} to mend.")
    return failures


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # a folder's name may have letters that this terminal lacks
    sys.exit(main())
