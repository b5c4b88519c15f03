"""Memory of each student, once a second: PSS, in which a page that n processes share counts 1/n for each.

Reading it makes the kernel walk a process's pages (about 10 ms for a notebook's), so it is read again only when a
process has grown, or after a while; the sampler counts what itself takes.
"""

import contextlib
import os
import threading
import time
from dataclasses import dataclass, field

import psutil

EACH = 1.0  # seconds between two looks
GROWN = 1.02  # read again, when the resident size is this many times what it was at the last reading
STALE = 20.0  # seconds after which it is read again in any case
MB = 1e6


@dataclass
class Reading:
    """The last one of a process, in bytes."""

    pss: int
    uss: int
    rss: int
    at: float
    server: bool


@dataclass
class Peak:
    """The most that one student's processes held, in bytes: together, and the server's and the kernels' parts then."""

    pss: int = 0
    server: int = 0
    kernels: int = 0
    uss: int = 0

    def take(self, readings: list[Reading]) -> None:
        """A new look."""
        pss = sum(r.pss for r in readings)
        self.uss = max(self.uss, sum(r.uss for r in readings))
        if pss > self.pss:
            server = sum(r.pss for r in readings if r.server)
            self.pss, self.server, self.kernels = pss, server, pss - server


@dataclass
class Memory:
    """What the class held at its peak."""

    students: dict[str, Peak] = field(default_factory=dict)
    sum_pss: int = 0  # of all students, at the worst moment
    hub: int = 0
    machine: int = 0  # how far the machine's available memory fell
    own_seconds: float = 0.0  # processor time that looking took
    watched_seconds: float = 0.0


class Sampler(threading.Thread):
    """Looks at all accounts once a second until told to stop."""

    def __init__(self, accounts: dict[int, str], hub_processes):
        """``accounts``: names by uid; ``hub_processes``: a function that gives the hub's own processes."""
        super().__init__(daemon=True)
        self.memory = Memory(students={name: Peak() for name in accounts.values()})
        self._accounts, self._hub_processes = accounts, hub_processes
        self._readings: dict[psutil.Process, Reading] = {}
        self._stop_now = threading.Event()
        self._available = psutil.virtual_memory().available

    def stop(self) -> Memory:
        """The peaks."""
        self._stop_now.set()
        if self.is_alive():
            self.join(10)
        return self.memory

    def run(self) -> None:
        began, looks = time.monotonic(), 0
        while not self._stop_now.wait(EACH):
            self.look()
            if looks % 10 == 0:
                self.memory.hub = max(self.memory.hub, sum(_pss(p) for p in self._hub_processes()))
            looks += 1
            self.memory.own_seconds = time.thread_time()
            self.memory.watched_seconds = time.monotonic() - began

    def look(self) -> None:
        """One look at everybody."""
        seen: dict[str, list[Reading]] = {}
        alive = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                name = self._accounts.get(os.stat(f"/proc/{process.pid}").st_uid)
                if name:
                    alive.add(process)
                    seen.setdefault(name, []).append(self._read(process))
        self._readings = {p: r for p, r in self._readings.items() if p in alive}
        for name, readings in seen.items():
            self.memory.students[name].take(readings)
        self.memory.sum_pss = max(self.memory.sum_pss, sum(r.pss for readings in seen.values() for r in readings))
        self.memory.machine = max(self.memory.machine, self._available - psutil.virtual_memory().available)

    def _read(self, process: psutil.Process) -> Reading:
        rss, now = process.memory_info().rss, time.monotonic()
        last = self._readings.get(process)
        if last is None or rss > last.rss * GROWN or now - last.at > STALE:
            full = process.memory_full_info()
            server = any("singleuser" in word for word in process.cmdline())
            self._readings[process] = last = Reading(full.pss, full.uss, rss, now, server)
        return last


def _pss(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except (psutil.Error, OSError):
        return 0
