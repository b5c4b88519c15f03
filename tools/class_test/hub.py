"""The hub's own process, started as ``make hub`` starts it, with a state folder of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from .limits import Failure, Refused
from .machine import ROOT, children, end

FOLDER = ROOT / "deploy" / "jupyterhub"
CALM_STOP = 15  # seconds that a hub gets to end by itself
PAUSE = 0.3


@dataclass
class Hub:
    """A hub that can be killed and started again."""

    bin: Path  # of the hub's environment: holds jupyterhub and python
    port: int
    course_python: Path
    state: Path
    process: subprocess.Popen | None = None
    _seen: set[psutil.Process] = field(default_factory=set)  # its own processes, also those that a crash left behind

    @property
    def address(self) -> str:
        """What browsers see."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "VAE_HUB_PORT": str(self.port),
            "VAE_HUB_IP": "127.0.0.1",
            "VAE_HUB_STATE": str(self.state),
            "VAE_COURSE": str(ROOT),
            "VAE_COURSE_PYTHON": str(self.course_python),
        }

    def refuse_unless_usable(self) -> None:
        """Ask what ``make hub`` asks before it starts one."""
        for program in ("jupyterhub", "python"):
            if not (self.bin / program).exists():
                raise Refused(
                    f"There is no {self.bin / program}: make the hub's environment with `make .hub/installed`."
                )
        asked = [str(self.bin / "python"), str(FOLDER / "before_start.py"), "environment"]
        told = subprocess.run(
            asked, env=self._environment, capture_output=True, text=True, timeout=300, encoding="utf-8"
        )
        if told.returncode:
            raise Refused(told.stderr.strip() or f"{asked[1]} ended with status {told.returncode}.")

    def start(self) -> None:
        """Start it, with the state that is there."""
        with open(self.state / "hub.log", "ab") as log:
            self.process = subprocess.Popen(
                [*_dies_with_us(), str(self.bin / "jupyterhub"), "-f", str(FOLDER / "jupyterhub_config.py")],
                cwd=self.state,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the test, which then ends the hub
            )

    def wait_ready(self, seconds: float) -> None:
        """Until it answers.

        Raises:
            Failure: it ended, or did not answer in time; with the end of its log.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise Failure(f"the hub ended by itself with status {self.process.returncode}:\n{self.last_words()}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/hub/health", timeout=5, trust_env=False).status_code == 200:
                    self.own_processes()
                    return
            time.sleep(PAUSE)
        raise Failure(f"the hub did not answer within {seconds:.0f} s:\n{self.last_words()}")

    def last_words(self, lines: int = 15) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(
                (self.state / "hub.log").read_text(errors="replace", encoding="utf-8").splitlines()[-lines:]
            )
        return "(no log)"

    def kill(self) -> None:
        """As a crash: no time to tidy up. The proxy and the students' servers go on."""
        self.own_processes()
        self.process.kill()
        self.process.wait(10)

    def own_processes(self) -> list[psutil.Process]:
        """The hub, its proxy and its services, without the students' servers."""
        with contextlib.suppress(psutil.Error):
            hub = psutil.Process(self.process.pid)
            self._seen.update(p for p in [hub, *children(hub)] if _runs_as_we_do(p))
        self._seen = {process for process in self._seen if process.is_running()}
        return list(self._seen)

    def stop(self) -> None:
        """End it with all that it started for itself: first with a word, then without."""
        if self.process is None:
            return
        others = [process for process in self.own_processes() if process.pid != self.process.pid]
        end(others)  # before the hub, which would wait for each
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(CALM_STOP)
        end(self.own_processes())
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)


def _runs_as_we_do(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.uids().real == os.geteuid()
    return False


def _dies_with_us() -> list[str]:
    """Words before the command: the system ends the hub if the test itself is killed."""
    return ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
