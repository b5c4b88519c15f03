"""The table of names: each run once, in the order of the shipped one. (A row of it: test_cures.py.)"""

import json

import pytest

from vae_helpers.cures import COUNTED, KINDS, TABLE
from vae_helpers.pretrain import names_table


@pytest.fixture
def made(monkeypatch, tmp_path):
    monkeypatch.setattr(names_table, "measure", lambda kind, seed: {"kind": kind, "seed": seed, "score": 1.0})
    monkeypatch.setattr(names_table, "FINISHED", tmp_path / "rows.jsonl")
    monkeypatch.setattr(names_table, "TABLE", tmp_path / "table.json")
    names_table.make_names_table()
    return json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))


def test_three_seeds_of_each_kind_and_one_of_what_is_counted(made):
    keys = [(row["kind"], row["seed"]) for row in made["rows"]]
    assert len(keys) == len({*keys}) == 3 * (len(KINDS) - 1) + 1 and {*keys} == {*names_table.runs()}
    assert [key for key in keys if key[0] == COUNTED] == [(COUNTED, 0)]


@pytest.mark.skipif(not TABLE.exists(), reason="the table is not made yet")
def test_the_shipped_table_was_made_by_this_recipe(made):
    shipped = json.loads(TABLE.read_text(encoding="utf-8"))
    assert [(row["kind"], row["seed"]) for row in shipped["rows"]] == [(r["kind"], r["seed"]) for r in made["rows"]]
    assert shipped["made_from"] == made["made_from"] | {"torch": shipped["made_from"]["torch"]}
