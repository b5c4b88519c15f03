"""A class of four on a hub: one kernel, one server and the hub are killed in the middle, and nobody loses anything.

What ``make class-test STUDENTS=4`` does, with the first cells of notebook 06 and its exercise.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from tools.class_test import machine  # noqa: E402
from tools.class_test.notebook import SECOND  # noqa: E402

pytestmark = pytest.mark.slow
STUDENTS, CELLS = 4, 6
EXERCISE = 4  # cells: a wrong answer and the right one, each with its check


def needs_root() -> None:
    if os.geteuid() != 0:
        reason = "accounts can be made by root only: run this test as root"
        pytest.fail(reason) if os.environ.get("VAE_REQUIRE_CLASS") else pytest.skip(reason)


def class_folders() -> set[Path]:
    return set(machine.LOCK.parent.glob("vae-class-test-*"))


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    needs_root()
    before, figures = class_folders(), tmp_path_factory.mktemp("class") / "figures.json"
    what = [str(STUDENTS), "--notebooks", "06", "--cells", str(CELLS), "--json", str(figures), "--wait", "150"]
    done = subprocess.run(
        [sys.executable, "-m", "tools.class_test", *what],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        encoding="utf-8",
    )
    assert figures.exists(), done.stderr + done.stdout
    return done, json.loads(figures.read_text(encoding="utf-8")), class_folders() - before


def test_nobody_meets_a_failure(tried):
    done, figures, _ = tried
    assert figures["failures"] == []
    assert done.returncode == 0 and "failures" in done.stdout


def test_all_log_in_run_the_cells_do_the_exercise_and_save(tried):
    records = tried[1]["records"]
    assert [record["name"] for record in records] == machine.account_names(STUDENTS)
    for record in records:
        again = CELLS // 3 if {"kernel", "server"} & set(record["accident"].split()) else 0  # in the new kernel
        assert record["cells"] == CELLS + again + EXERCISE
        assert record["start"] > 0 and record["notebooks"][SECOND] > 0
        assert len(record["saved"][SECOND]) == 64


def test_a_kernel_a_server_and_the_hub_were_killed_and_came_back(tried):
    _, figures, _ = tried
    assert sorted(figures["accidents"]) == ["hub", "kernel", "server"]
    assert all(0 < seconds < 120 for seconds in figures["accidents"].values())
    assert sum(record["reconnected"] for record in figures["records"]) > 0  # the witness's cell, at least


def test_memory_is_measured_of_each_student_and_stays_in_bounds(tried):
    _, figures, _ = tried
    memory = figures["memory"]
    assert sorted(memory["students"]) == machine.account_names(STUDENTS)
    for peak in memory["students"].values():
        assert 50e6 < peak["server"] < 300e6 and peak["kernels"] > 200e6
        assert peak["pss"] == peak["server"] + peak["kernels"] < 1000e6
    assert max(p["pss"] for p in memory["students"].values()) < memory["sum_pss"] < 4000e6
    assert memory["own_seconds"] < 0.1 * memory["watched_seconds"]


def test_nothing_is_left(tried):
    """No account, no home, no process, no folder."""
    assert machine.left_accounts() == []
    assert tried[2] == set()
    assert list(Path("/home").glob(f"{machine.PREFIX}0*")) == []
    courses = [p for p in psutil.process_iter() if any("vae-class-test-" in word for word in _words(p))]
    assert courses == []


def _words(process: psutil.Process) -> list[str]:
    try:
        return [*process.cmdline(), process.environ().get("VAE_HUB_STATE", "")]
    except psutil.Error:
        return []
