"""Many runs that go on after a kill. (More, by the commands that use it: test_pretrain_sweep.py.)"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from vae_helpers.pretrain import resumable
from vae_helpers.pretrain.resumable import append, finish, read_finished

COLUMNS, SETTINGS = ("kind", "weight"), {"torch": "2"}
RUNS = [("a", 1.0), ("a", 3.0), ("b", 1.0)]


def measure(kind, weight):
    return {"kind": kind, "weight": weight, "score": weight / 3}


def test_only_what_is_missing_is_done(tmp_path):
    path, seen = tmp_path / "build" / "rows.jsonl", []

    def counted(*run):
        seen.append(run)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return measure(*run)

    with pytest.raises(KeyboardInterrupt):
        finish(path, SETTINGS, COLUMNS, RUNS, counted)
    assert [*read_finished(path, SETTINGS, COLUMNS)] == RUNS[:1]
    rows = finish(path, SETTINGS, COLUMNS, iter(RUNS), counted)
    assert seen == [RUNS[0], RUNS[1], RUNS[1], RUNS[2]]
    assert rows == {run: measure(*run) for run in RUNS} == read_finished(path, SETTINGS, COLUMNS)


def test_so_many_at_a_time(tmp_path, monkeypatch):
    """Threads in place of processes, which take seconds to start; with those: test_pretrain_sweep.py."""
    asked = []

    def pool(jobs, mp_context):
        asked.append((jobs, mp_context.get_start_method()))
        return ThreadPoolExecutor(jobs)

    monkeypatch.setattr(resumable, "ProcessPoolExecutor", pool)
    rows = finish(tmp_path / "rows.jsonl", SETTINGS, COLUMNS, RUNS, measure, jobs=3)
    assert asked == [(3, "spawn")] and rows == {run: measure(*run) for run in RUNS}


@pytest.mark.parametrize("torn", ['{"kind": "b", "wei', '{"kind": "b", "weight": 1.0}'])
def test_a_torn_last_line_is_cut_off(tmp_path, torn):
    path = tmp_path / "rows.jsonl"
    finish(path, SETTINGS, COLUMNS, RUNS[:2], measure)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + torn, encoding="utf-8")
    assert [*read_finished(path, SETTINGS, COLUMNS)] == RUNS[:2]
    assert path.read_text(encoding="utf-8") == whole


def test_rows_of_other_settings_are_refused_and_stay(tmp_path):
    path = tmp_path / "rows.jsonl"
    finish(path, SETTINGS, COLUMNS, RUNS, measure)
    before = path.read_text(encoding="utf-8")
    with pytest.raises(SystemExit, match="holds 3 runs that were made with other settings"):
        finish(path, {"torch": "3"}, COLUMNS, RUNS, measure)
    assert path.read_text(encoding="utf-8") == before


def test_a_row_is_on_a_line_of_its_own(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert read_finished(path, SETTINGS, COLUMNS) == {}
    append(path, measure("a", 1.0))
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


@pytest.mark.parametrize("jobs", [0, -1, 1.5])
def test_no_such_number_of_jobs(tmp_path, jobs):
    with pytest.raises(ValueError, match="jobs: want a whole number >= 1"):
        finish(tmp_path / "rows.jsonl", SETTINGS, COLUMNS, RUNS, measure, jobs)
