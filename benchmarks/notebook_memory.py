"""Seconds and memory of a fresh kernel that runs each notebook: part of ``make bench`` (Linux).

Three figures, because one misleads. *Resident* counts every page that the kernel has in memory, also those of
libraries and data files, which all kernels on a machine share. *Own* leaves those shared file pages out: it is what
one more kernel costs, and its peak is what a class must fit into a server. *Proportional* (PSS, at the end) divides
each shared page by the number of processes that use it.

Name notebooks (``01 05``) to run only those.
"""

import sys
import threading
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from vae_helpers.memory_limit import kilobytes

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
EVERY = 0.02  # seconds between two looks at the kernel


class Watch(threading.Thread):
    """Looks at a process until ``stop`` is set; keeps the largest figures, in bytes."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid, self.stop, self.own, self.resident = pid, threading.Event(), 0, 0

    def run(self) -> None:
        while not self.stop.wait(EVERY):
            now = kilobytes(self.pid, "status")
            if "RssAnon" not in now:  # the kernel has ended
                return
            self.own = max(self.own, 1000 * (now["RssAnon"] + now["RssShmem"]))
            self.resident = max(self.resident, 1000 * now["VmRSS"])


def measure(path: Path) -> tuple[float, Watch, int]:
    """Seconds, the watch over the kernel, and its proportional memory at the end."""
    client = NotebookClient(nbformat.read(path, as_version=4), resources={"metadata": {"path": NOTEBOOKS}})
    started = time.perf_counter()
    with client.setup_kernel():
        watch = Watch(client.km.provisioner.process.pid)
        watch.start()
        for index, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, index)
        seconds = time.perf_counter() - started
        proportional = 1000 * kilobytes(watch.pid, "smaps_rollup")["Pss"]
        watch.stop.set()
        watch.join()
    return seconds, watch, proportional


def main(names: list[str]) -> None:
    print("notebook                       seconds   peak own   peak resident   proportional at the end")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        if names and not path.name.startswith(tuple(names)):
            continue
        seconds, watch, proportional = measure(path)
        print(
            f"{path.stem:30} {seconds:7.0f}   {watch.own / 1e9:5.2f} GB   {watch.resident / 1e9:10.2f} GB"
            f"   {proportional / 1e9:20.2f} GB",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
