"""A student's memory limit, in real kernels, started from the hub's kernel specification."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

from vae_helpers import memory_limit
from vae_helpers.memory_limit import is_about_memory, memory_by_notebook, student_limit, wanted_bytes

KERNELS = Path(__file__).parent.parent / "deploy" / "jupyterhub" / "jupyter"
LIMIT = 1_000_000_007 + os.getpid()  # bytes; of these tests alone, so that they count no other kernel's memory
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has a limit on data")


class Kernel:
    """A kernel and a way to run cells in it."""

    def __init__(self, notebook: str, limit: int | str | None = LIMIT):
        extra = {"MEM_LIMIT": str(limit)} if limit else {}
        environment = {name: value for name, value in os.environ.items() if name != "MEM_LIMIT"} | extra
        environment |= {"JPY_SESSION_NAME": f"/home/ada/vae/notebooks/{notebook}", "OMP_NUM_THREADS": "1"}
        self.manager, self.client = start_new_kernel(kernel_name="python3", env=environment)

    def run(self, code: str) -> tuple[str, str]:
        """What the cell printed, and the traceback on the page ("" where there is none)."""
        printed, traceback = [], []

        def note(message: dict) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])
            elif message["msg_type"] == "error":
                traceback.extend(message["content"]["traceback"])

        self.client.execute_interactive(code, output_hook=note, timeout=60)
        assert self.manager.is_alive()
        return "".join(printed), "\n".join(traceback)


@pytest.fixture
def start(monkeypatch):
    """Starts kernels as the hub does, and ends them."""
    monkeypatch.setenv("JUPYTER_PATH", str(KERNELS))
    kernels = []

    def start(*arguments, **options) -> Kernel:
        kernels.append(Kernel(*arguments, **options))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)


@linux
@pytest.mark.slow
def test_too_much_ends_in_a_sentence_and_variables_are_kept(start):
    kernel = start("06_latent_space.ipynb")
    kernel.run("x = 41; import numpy as np")
    _, page = kernel.run("np.ones(10**10)")
    assert "MemoryError" in page
    assert "asked for 74.5 GB more, but all your notebooks together may use 0.9 GB" in page
    assert "this notebook holds" in page
    assert "Kernel > Shut Down All Kernels" in page.splitlines()[-1]
    assert kernel.run("print(x + 1)") == ("42\n", "")

    _, page = kernel.run("%matplotlib inline\nimport matplotlib.pyplot as plt\nfig = plt.figure(figsize=(400, 400))")
    assert "asked for more memory" in page  # drawn after the cell

    kernel.run("import torch")
    _, page = kernel.run("torch.zeros(10**10)")
    assert "RuntimeError" in page and "asked for 37.3 GB more" in page

    _, page = kernel.run("import subprocess; subprocess.run(['true'], check=True); 1 / 0")
    assert "ZeroDivisionError" in page and "memory" not in page
    assert kernel.run("print(x)") == ("41\n", "")


@linux
@pytest.mark.slow
def test_many_small_objects_leave_a_kernel_that_answers(start):
    """Where they took all, not even a traceback can be written without the spare."""
    kernel = start("06_latent_space.ipynb", limit=LIMIT // 6)
    _, page = kernel.run("many = []\nwhile True: many.append([len(many)])")
    assert "MemoryError" in page and "asked for more memory" in page
    printed, page = kernel.run("print(len(many) > 100_000)")
    assert printed.startswith("True") and page == ""
    kernel.run("del many")
    assert kernel.run("print(len(bytes(5 * 10**7)))") == ("50000000\n", "")


@linux
@pytest.mark.slow
def test_open_notebooks_share_the_limit(start):
    first, second = start("03_vae_loss.ipynb"), start("06_latent_space.ipynb")
    ask = "held = bytearray(b'1') * 600_000_000"
    assert first.run(ask) == ("", "")
    printed, page = second.run(ask)
    assert "03_vae_loss.ipynb 0.6 GB" in page
    printed, page = second.run("held = bytearray(b'1') * 200_000_000")
    assert page == "" and "Your notebooks hold 0.8 GB of the 0.9 GB" in printed
    assert second.run("1") == ("", "")  # said once
    assert first.run("del held") == ("", "")
    assert second.run("held = None; " + ask) == ("", "")


@linux
@pytest.mark.slow
@pytest.mark.parametrize("limit", [None, "2G"])
def test_without_a_limit_nothing_changes(start, limit):
    kernel = start("06_latent_space.ipynb", limit=limit)
    printed, page = kernel.run("import resource; print(resource.getrlimit(resource.RLIMIT_DATA)); bytearray(10**15)")
    assert printed == f"({resource_infinity()}, {resource_infinity()})\n"
    assert "MemoryError" in page and "notebooks" not in page


def resource_infinity() -> int:
    import resource

    return resource.RLIM_INFINITY


def test_a_limit_that_is_no_number_of_bytes_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    for text in ("2G", "-1", "0", "1.5"):
        monkeypatch.setenv("MEM_LIMIT", text)
        with pytest.raises(ValueError, match=f"MEM_LIMIT: want a whole number of bytes.*{text}"):
            student_limit()
    monkeypatch.setenv("MEM_LIMIT", "2684354560")
    assert student_limit() == 2684354560
    monkeypatch.setattr(sys, "platform", "darwin")
    assert student_limit() is None


def test_what_libraries_say_is_understood():
    with pytest.raises(MemoryError) as caught:
        np.empty((10**9, 10**6))
    assert wanted_bytes(caught.value) == pytest.approx(8e15, rel=0.01)
    torch_says = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000 bytes. Error 12")
    assert is_about_memory(torch_says) and wanted_bytes(torch_says) == 4000
    for error in (RuntimeError("std::bad_alloc"), OSError(12, "Cannot allocate memory"), MemoryError()):
        assert is_about_memory(error) and wanted_bytes(error) is None
    for error in (None, ValueError("n: want at least 1"), KeyboardInterrupt()):
        assert not is_about_memory(error)


@linux
def test_processes_are_counted_by_their_marks(monkeypatch):
    own = "held = bytearray(b'1') * 50_000_000"
    shared = "import mmap; held = mmap.mmap(-1, 50_000_000); held.write(bytes(50_000_000))"  # as workers pass tensors
    marks = {"MEM_LIMIT": str(LIMIT), "JUPYTERHUB_USER": "ada"}
    others = {own: {}, f"{own}; pass": {"JUPYTERHUB_USER": "ben"}, shared: {"JPY_SESSION_NAME": "/x/00_first.ipynb"}}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", f"{code}; print(flush=True); input()"],
            env={**os.environ, **marks, **other},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for code, other in others.items()
    ]
    try:
        for child in children:
            child.stdout.readline()
        real = memory_limit.environment
        monkeypatch.setattr(memory_limit, "environment", lambda pid: marks if pid == os.getpid() else real(pid))
        held = memory_by_notebook()
        alone = 1024 * memory_limit.kilobytes(os.getpid(), "smaps_rollup")["Pss_Anon"]
    finally:
        for child in children:
            child.communicate(b"\n")
    assert 50e6 < held["00_first.ipynb"] < 70e6
    assert set(held) == {"", "00_first.ipynb"}
    assert 50e6 < held[""] - alone < 80e6  # the first child beside this process, but not Ben's
