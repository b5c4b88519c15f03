"""Students' notebooks in, one table out: ``make collect SUBMISSIONS=folder``.

Of each notebook the exercises alone are executed, in a sandbox (sandbox.py), in a process of its own. Written are
``results.csv`` and ``results.html``. They name students: keep them to yourself.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from platformdirs import user_cache_path

from collect.course import ROOT, CourseNotebook, read_course
from collect.page import page
from collect.results import Outcome, collect
from collect.sandbox import Limits, NoSandbox, Sandbox, require_tools, visible
from collect.submissions import Submission, find
from collect.table import write_csv


def data_folders() -> list[Path]:
    """Where the course's data lie on this machine, as in ``vae_helpers.data``."""
    own = os.environ.get("VAE_DATA_DIR")
    folders = [*([Path(own).expanduser()] if own else []), ROOT / "data", user_cache_path("vae_helpers")]
    return [folder for folder in folders if folder.is_dir()]


def map_pixels() -> None:
    """Make the file of pixels that all processes share, if it is not there: else each unpacks them anew."""
    if not any(any(folder.rglob("mapped/*.float32")) for folder in data_folders()):
        code = "from vae_helpers.data import load_mnist; load_mnist('train'); load_mnist('test')"
        subprocess.run([sys.executable, "-c", code], check=False, env=os.environ | {"PYTHONPATH": str(ROOT)})


def run_all(wanted: list[Submission], course: list[CourseNotebook], limits: Limits, jobs: int) -> tuple[list, float]:
    """The outcome of each submission, in their order, and the seconds of processor time that all took."""
    imports, data = [notebook.imports for notebook in course], data_folders()
    waiting: SimpleQueue = SimpleQueue()
    for item in enumerate(wanted):
        waiting.put(item)
    outcomes: dict[int, Outcome] = {}

    def work(_: int) -> float:
        with Sandbox(imports, data) as sandbox:
            while not waiting.empty():
                try:
                    number, submission = waiting.get_nowait()
                except Exception:  # another worker was quicker
                    break
                outcomes[number] = collect(submission, sandbox, limits)
                print(f"{submission.file}: {_summary(outcomes[number])}", flush=True)
            return sandbox.used

    with ThreadPoolExecutor(jobs) as pool:
        used = sum(pool.map(work, range(min(jobs, len(wanted)))))
    return [outcomes[number] for number in sorted(outcomes)], used


def _summary(outcome: Outcome) -> str:
    right = sum(result.status == "right" for result in outcome.results)
    return f"{right} of {len(outcome.results)} right; runs: {outcome.runs}"


def refuse_exposed(folder: Path) -> None:
    """The sandbox shows some folders to students' code: submissions must lie in none of them."""
    for shown in visible(data_folders()):
        if folder.resolve().is_relative_to(shown):
            raise ValueError(f"SUBMISSIONS: want a folder outside of {shown}, which every submission can read")


def main() -> int:
    parser = argparse.ArgumentParser(prog="collect", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="with students' notebooks")
    parser.add_argument("--to", type=Path, default=Path("build/collected"), help="where the table goes")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="notebooks at the same time, about 1 GB each")
    parser.add_argument("--seconds", type=int, default=10, help="of processor time for a notebook, at most")
    given = parser.parse_args()
    start = time.monotonic()
    try:
        course = read_course()
        found = find(given.folder, course)
        if not found:
            raise ValueError(f"SUBMISSIONS: there is no notebook (*.ipynb) in {str(given.folder)!r}")
        refuse_exposed(given.folder)
        require_tools()
        map_pixels()
        wanted = [one for one in found if one.notebook is not None]
        unusable = [one for one in found if one.notebook is None]
        limits = Limits(seconds=given.seconds, wall=4.0 * given.seconds)
        outcomes, used = run_all(wanted, course, limits, max(1, given.jobs)) if wanted else ([], 0.0)
    except (ValueError, NoSandbox) as error:
        print(error, file=sys.stderr)
        return 2
    given.to.mkdir(parents=True, exist_ok=True)
    write_csv(given.to / "results.csv", outcomes, unusable)
    (given.to / "results.html").write_text(page(outcomes, unusable), encoding="utf-8")
    for one in unusable:
        print(f"{one.file}: not used: {one.problem}")
    print(f"{len(outcomes)} notebooks in {time.monotonic() - start:.0f} s, {used:.0f} s of processor time.")
    print(
        f"The table: {given.to / 'results.html'}, {given.to / 'results.csv'}. It names students: keep it to yourself."
    )
    return 0
