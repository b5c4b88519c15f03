"""On a class server: a cell that wants too much memory ends in a sentence on the page, not in a dead kernel.

Without it the operating system kills the kernel, all variables are lost, and nobody is told why. As an IPython
extension (``--ext=vae_helpers.memory_limit`` in a kernel's ``kernel.json``) this module lets the operating system
refuse instead: before each cell it sets how much more memory the kernel may ask for. What goes beyond raises Python's
``MemoryError``, or PyTorch's ``RuntimeError``, and to the traceback is added what holds the memory and what to do.

The limit is the student's, for all open notebooks together: the ``MEM_LIMIT`` (bytes) that JupyterHub sets in the
environment of a student's server. Where there is none, or the system isn't Linux, the extension does nothing.

What it can't do: two cells that run at once may each take what was left when they began. Memory that was asked for in
one cell but not filled counts only when it is filled. Both can pass the limit, and then whatever else guards it (the
hub's spawner, the machine) ends a process without a word.
"""

import functools
import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None

GB = 2**30
RESERVE = 64 * 2**20  # bytes that a cell may always ask for: enough to delete a variable, and to print a traceback
NEARLY = 0.8  # of the limit: from here on a student is told, once

SAYS = re.compile(r"can('t|not) allocate memory|failed to map segment|can't start new thread|bad_alloc", re.I)
WANTED = re.compile(r"Unable to allocate ([\d.]+) (bytes|[KMGTP]iB)|tried to allocate (\d+) (bytes)")
UNITS = {"bytes": 1} | {f"{letter}iB": 1024**power for power, letter in enumerate("KMGTP", start=1)}


def load_ipython_extension(ip: Any) -> None:
    """Called by IPython when a kernel starts; ``ip`` is its shell."""
    limit = student_limit()
    if limit is not None:
        MemoryLimit(ip, limit).start()


def student_limit() -> int | None:
    """What a student's processes may hold together, in bytes, or None where no limit is set or none can be kept.

    Raises:
        ValueError: ``MEM_LIMIT`` is not a whole number of bytes.
    """
    text = os.environ.get("MEM_LIMIT", "")
    if not text or not sys.platform.startswith("linux"):
        return None
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"MEM_LIMIT: want a whole number of bytes, such as 2684354560, got {text!r}")
    return int(text)


class MemoryLimit:
    """Keeps one kernel's part of a student's ``limit`` (bytes); ``ip`` is the kernel's shell."""

    def __init__(self, ip: Any, limit: int):
        self.ip, self.limit, self.told = ip, limit, False  # told: that it gets tight
        self.hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        self.spare: list[bytes] = []

    def start(self) -> None:
        self.ip.events.register("pre_run_cell", self.before_cell)
        self.ip.events.register("post_run_cell", self.after_cell)
        self.ip.showtraceback = self._with_explanation(self.ip.showtraceback)
        # the shortest way from a failing cell to a handler: where small objects took all, little is left to run with
        self.ip.set_custom_exc((MemoryError,), self._show)

    def before_cell(self, info: Any = None) -> None:
        """Let this kernel ask for what the student has left, which may have changed since the last cell."""
        self._allow(self.limit - sum(memory_by_notebook().values()))

    def after_cell(self, result: Any = None) -> None:
        """Widgets go on between cells: what is left now, and the reserve. And say when it gets tight."""
        held = sum(memory_by_notebook().values())
        self._allow(self.limit - held)
        said = result is not None and result.error_in_exec is not None and is_about_memory(result.error_in_exec)
        if held > NEARLY * self.limit and not self.told and not said:
            self.told = True
            print(f"Your notebooks hold {_gb(held)} of the {_gb(self.limit)} of memory that they may use. {CURE}")

    def explanation(self, error: BaseException) -> str:
        """The sentences for the page: what was wanted, what is allowed, what holds it, and what to do."""
        held = memory_by_notebook()
        own = held.pop(notebook_of(os.getpid()), 0)
        others = "".join(f", {name or 'your server'} {_gb(size)}" for name, size in held.most_common())
        wanted = wanted_bytes(error)
        asked = f"{_gb(wanted)} more" if wanted else "more memory"
        return (
            f"This cell asked for {asked}, but all your notebooks together may use {_gb(self.limit)}."
            f" Now this notebook holds {_gb(own)}{others}. Your variables are still there. {CURE}"
        )

    def _allow(self, more: int) -> None:
        """The kernel may ask for this many bytes more than it has asked for so far, at least for the reserve."""
        self._lift()
        self.spare.append(bytes(RESERVE))  # zeros that nobody touches: asked for, but no memory yet
        asked_for = kilobytes(os.getpid(), "status")["VmData"] * 1024
        soft = asked_for + max(more, RESERVE)
        if self.hard != resource.RLIM_INFINITY:
            soft = min(soft, self.hard)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, self.hard))

    def _lift(self) -> None:
        """Back to no limit. The spare goes first, since calling a function may already take memory."""
        self.spare.clear()
        resource.setrlimit(resource.RLIMIT_DATA, (self.hard, self.hard))

    def _with_explanation(self, show: Any) -> Any:
        """IPython's ``showtraceback``, which writes all errors of cells, figures and widgets onto the page."""

        @functools.wraps(show)
        def showtraceback(
            exc_tuple: Any = None,
            filename: str | None = None,
            tb_offset: int | None = None,
            exception_only: bool = False,
            running_compiled_code: bool = False,
        ) -> None:
            self._lift()
            error = exc_tuple[1] if exc_tuple else sys.exc_info()[1]
            try:
                if is_about_memory(error):
                    error.__notes__ = [*getattr(error, "__notes__", []), self.explanation(error)]
                show(exc_tuple, filename, tb_offset, exception_only, running_compiled_code)
            finally:
                self.before_cell()

        return showtraceback

    def _show(self, ip: Any, kind: type, error: BaseException, traceback: Any, tb_offset: int | None = None) -> None:
        self._lift()
        ip.showtraceback((kind, error, traceback), tb_offset=tb_offset)


CURE = "Take less at once (a smaller n or batch_size), or free what is held: Kernel > Shut Down All Kernels."


def is_about_memory(error: BaseException | None) -> bool:
    """Whether the operating system refused memory: as Python, NumPy, PyTorch and the loader of libraries say it.

    >>> is_about_memory(MemoryError()), is_about_memory(ValueError("n: want at least 1"))
    (True, False)
    """
    return isinstance(error, MemoryError) or (isinstance(error, Exception) and bool(SAYS.search(str(error))))


def wanted_bytes(error: BaseException) -> int | None:
    """How much was asked for, where NumPy or PyTorch tell.

    >>> wanted_bytes(MemoryError("Unable to allocate 1.50 KiB for an array with shape (192,)"))
    1536
    """
    found = WANTED.search(str(error))
    if found is None:
        return None
    number, unit = (part for part in found.groups() if part is not None)
    return int(float(number) * UNITS[unit])


def memory_by_notebook() -> Counter[str]:
    """Bytes that the processes of this student hold by themselves: for each notebook's name, and "" for the rest.

    A process is the student's when it belongs to the same account and has the same ``MEM_LIMIT`` and hub's user name
    in its environment: a student's server gives them to all that it starts. What processes share (libraries, the
    pixels of MNIST) is not counted; what they share by a fork counts once.
    """
    held, mine = Counter(), _marks(environment(os.getpid()))
    for folder in Path("/proc").iterdir():
        try:
            if not folder.name.isdecimal() or folder.stat().st_uid != os.getuid():
                continue
            theirs = environment(int(folder.name))
            if _marks(theirs) == mine:
                sizes = kilobytes(int(folder.name), "smaps_rollup")
                held[_notebook(theirs)] += 1024 * (sizes.get("Pss_Anon", 0) + sizes.get("Pss_Shmem", 0))
        except OSError:  # it has ended meanwhile, or may not be looked at
            continue
    return held


def notebook_of(pid: int) -> str:
    """The file name of the notebook that a kernel runs for, or ""."""
    return _notebook(environment(pid))


def environment(pid: int) -> dict[str, str]:
    """The variables that a process was started with."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def kilobytes(pid: int, file: str) -> dict[str, int]:
    """The figures in kB of ``/proc/PID/status`` or ``/proc/PID/smaps_rollup``, by name."""
    lines = Path(f"/proc/{pid}/{file}").read_text(encoding="utf-8", errors="replace").splitlines()
    return {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith(" kB")}


def _marks(variables: dict[str, str]) -> tuple[str | None, ...]:
    return tuple(variables.get(name) for name in ("MEM_LIMIT", "JUPYTERHUB_USER"))


def _notebook(variables: dict[str, str]) -> str:
    return Path(variables.get("JPY_SESSION_NAME", "")).name


def _gb(size: float) -> str:
    return f"{size / GB:.1f} GB" if size > 0.1 * GB else f"{size / 2**20:.0f} MB"
