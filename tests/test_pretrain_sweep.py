"""The command that makes the sweep's table: killed in the middle it goes on, and does nothing twice."""

import json

import pytest

from vae_helpers.pretrain import sweep as made
from vae_helpers.pretrain.resumable import append, read_finished
from vae_helpers.pretrain.sweep import make_sweep, runs


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """The runs that were measured, in order; each takes no time. The folders are empty."""
    seen = []

    def measure(objective, strength, seed):
        seen.append((objective, strength, seed))
        return {"objective": objective, "strength": strength, "seed": seed, "mig": 0.1 * seed}

    monkeypatch.setattr(made, "measure", measure)
    monkeypatch.setattr(made, "TABLE", tmp_path / "tables" / "sprites.json")
    monkeypatch.setattr(made, "FINISHED", tmp_path / "build" / "sweep.jsonl")
    return seen


def kill_after(monkeypatch, count: int, measured: list) -> None:
    """The next run after so many is stopped in the middle."""
    measure = made.measure

    def or_die(*run):
        if len(measured) == count:
            raise KeyboardInterrupt
        return measure(*run)

    monkeypatch.setattr(made, "measure", or_die)
    with pytest.raises(KeyboardInterrupt):
        make_sweep()
    monkeypatch.setattr(made, "measure", measure)


def table() -> dict:
    return json.loads(made.TABLE.read_text(encoding="utf-8"))


def finished() -> dict:
    return read_finished(made.FINISHED, made.SETTINGS, made.COLUMNS)


def test_what_was_killed_goes_on_and_does_nothing_twice(monkeypatch, measured, capsys):
    kill_after(monkeypatch, 7, measured)
    assert len(measured) == 7 and not made.TABLE.exists()
    make_sweep()
    assert measured == [*runs()] and len(set(measured)) == len(measured)
    assert f"7 runs are finished, {len(measured) - 7} are to do" in capsys.readouterr().out
    make_sweep()
    assert len(measured) == len({*runs()})


def test_the_table_is_the_same_whether_killed_or_not(monkeypatch, measured):
    make_sweep()
    whole = made.TABLE.read_text(encoding="utf-8")
    made.TABLE.unlink(), made.FINISHED.unlink(), measured.clear()
    kill_after(monkeypatch, 20, measured)
    make_sweep()
    assert made.TABLE.read_text(encoding="utf-8") == whole
    assert len(whole.splitlines()) == len(measured) + 5  # one row a line
    assert table()["made_from"] == made.SETTINGS
    keys = [(row["objective"], row["strength"], row["seed"]) for row in table()["rows"]]
    assert set(keys) == {*runs()} and keys[:3] == [("beta", 1, seed) for seed in range(3)]


@pytest.mark.parametrize("torn", [1, 10, "all but the end of the line"])
def test_a_torn_last_line_is_done_again(monkeypatch, measured, torn):
    kill_after(monkeypatch, 5, measured)
    text = made.FINISHED.read_text(encoding="utf-8")
    last = text.splitlines()[-1]
    kept = text[: -len(last) - 1] + (last if isinstance(torn, str) else last[:torn])
    made.FINISHED.write_text(kept, encoding="utf-8")
    make_sweep()
    assert measured == [*runs()][:5] + [*runs()][4:]
    assert len(finished()) == len(table()["rows"]) == len([*runs()])


def test_a_torn_first_line(measured):
    made.FINISHED.parent.mkdir()
    made.FINISHED.write_text(json.dumps(made.SETTINGS)[:20], encoding="utf-8")
    assert finished() == {}
    append(made.FINISHED, {"objective": "beta", "strength": 1, "seed": 0})
    assert [*finished()] == [("beta", 1, 0)]


def test_rows_of_other_settings_are_refused(monkeypatch, measured):
    kill_after(monkeypatch, 3, measured)
    before = made.FINISHED.read_text(encoding="utf-8")
    monkeypatch.setattr(made, "SETTINGS", made.SETTINGS | {"draws": 7})
    with pytest.raises(SystemExit, match="holds 3 runs that were made with other settings.* Delete that file"):
        make_sweep()
    assert made.FINISHED.read_text(encoding="utf-8") == before and len(measured) == 3


@pytest.mark.parametrize("constant", ["NARROW", "LONG", "DRAWS", "SKEWED", "SCORES", "RECIPE", "CAPACITY"])
def test_the_settings_hold_all_that_a_row_depends_on(constant):
    value = getattr(made, constant)
    assert (list(value) if isinstance(value, tuple) else value) in made.SETTINGS.values()


def test_rows_without_a_column_of_today_are_refused(measured):
    """Those of a file that was begun before a column was added: the table would have holes."""
    old = made.SETTINGS | {"scores": made.SETTINGS["scores"][:-1]}
    made.FINISHED.parent.mkdir()
    made.FINISHED.write_text(json.dumps(old) + "\n", encoding="utf-8")
    append(made.FINISHED, {"objective": "beta", "strength": 1, "seed": 0})
    with pytest.raises(SystemExit, match="holds 1 runs that were made with other settings"):
        make_sweep()
    assert not measured


def test_an_old_table_stays_until_the_new_one_is_complete(monkeypatch, measured):
    made.TABLE.parent.mkdir()
    made.TABLE.write_text("old", encoding="utf-8")
    kill_after(monkeypatch, 3, measured)
    assert made.TABLE.read_text(encoding="utf-8") == "old"


def test_rows_that_no_run_asks_for_are_left_out(monkeypatch, measured):
    make_sweep()
    monkeypatch.setattr(made, "SEEDS", dict.fromkeys(made.SEEDS, 1))
    make_sweep()
    assert len(table()["rows"]) == len([*runs()]) < len(measured)


def square(objective, strength, seed):  # another process has to find it by its name
    return {"objective": objective, "strength": strength, "seed": seed}


@pytest.mark.slow
def test_several_at_a_time(monkeypatch, measured):
    monkeypatch.setattr(made, "measure", square)
    monkeypatch.setattr(made, "STRENGTHS", {"beta": (1, 2)})
    monkeypatch.setattr(made, "SEEDS", {"beta": 3})
    make_sweep(jobs=2)
    assert {(row["strength"], row["seed"]) for row in table()["rows"]} == {(b, s) for b in (1, 2) for s in range(3)}


@pytest.mark.parametrize("jobs", [0, -1, 1.5])
def test_no_such_number_of_jobs(measured, jobs):
    with pytest.raises(ValueError, match="jobs: want a whole number >= 1"):
        make_sweep(jobs)
