"""Notebook 12's table of holes: the command, and what the shipped table holds."""

import json
from statistics import fmean

import pytest

from vae_helpers import holes
from vae_helpers.holes import PLACES, SCORES, TABLE, load_holes, measure
from vae_helpers.pretrain import holes_table as made
from vae_helpers.pretrain.holes_table import COLUMNS, SETTINGS, make_holes_table, runs

needs_table = pytest.mark.skipif(not TABLE.exists(), reason="the table is not made yet")


def test_one_thing_differs_at_a_time():
    """All of latents, layers and kinds with one another; the warm-up beside what is alike but for it; three seeds."""
    keys = [*runs()]
    assert len(keys) == len({*keys}) == 42
    for kind in ("vae", "ae"):
        for latent_dim in (2, 8, 32):
            assert all((kind, latent_dim, layers, 0.0, seed) in keys for layers in (1, 2) for seed in (0, 1, 2))
    warmed = {run for run in keys if run[3]}
    assert warmed == {("vae", 32, layers, 1.0, seed) for layers in (1, 2) for seed in (0, 1, 2)}


def test_a_row_is_what_was_trained_and_measured(monkeypatch):
    asked, data = [], {"train": [*range(12_000)], "test": [*range(7)]}
    monkeypatch.setattr(holes, "load_mnist", lambda split: (data[split], None))
    monkeypatch.setattr(holes, "train", lambda *told: asked.append(told) or "model")
    monkeypatch.setattr(holes, "describe", lambda *told, seed: asked.append((*told, seed)) or {"kl": 1.0})
    run = ("vae", 32, 1, 1.0, 2)
    assert measure(*run) == dict(zip(COLUMNS, run, strict=True)) | {"kl": 1.0}
    assert asked == [("vae", data["train"], 32, 1, 1.0, 2), ("model", data["test"], data["train"][:10_000], 2)]


def test_the_settings_can_be_read_back():
    assert json.loads(json.dumps(SETTINGS)) == SETTINGS
    assert SETTINGS["scores"] == [*SCORES] and SETTINGS["places"] == [*PLACES] and SETTINGS["draws"] == 5000


def test_the_table_holds_each_run_once_and_goes_on_where_it_was(monkeypatch, tmp_path):
    asked = []

    def measured(*run):
        asked.append(run)
        return dict(zip(COLUMNS, run, strict=True)) | {"kl": 1.0}

    monkeypatch.setattr(made, "measure", measured)
    monkeypatch.setattr(made, "FINISHED", tmp_path / "rows.jsonl")
    monkeypatch.setattr(made, "TABLE", tmp_path / "table.json")
    make_holes_table()
    table = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    keys = [tuple(row[name] for name in COLUMNS) for row in table["rows"]]
    assert len(keys) == len(asked) == 42 and {*keys} == {*asked} == {*runs()} and table["made_from"] == SETTINGS
    assert keys[0] == ("vae", 2, 1, 0.0, 0) and keys[-1] == ("ae", 32, 2, 0.0, 2)
    make_holes_table()
    assert len(asked) == 42
    if TABLE.exists():
        shipped = json.loads(TABLE.read_text(encoding="utf-8"))
        assert [tuple(row[name] for name in COLUMNS) for row in shipped["rows"]] == keys
        assert shipped["made_from"] == table["made_from"] | {"torch": shipped["made_from"]["torch"]}


def test_rows_by_column():
    assert len(load_holes(kind="vae", latent_dim=32)) == 12 and load_holes(kind="gan") == []
    with pytest.raises(ValueError, match="^colour: want a column of holes.json"):
        load_holes(colour="red")


@needs_table
@pytest.mark.parametrize("row", load_holes() if TABLE.exists() else [])
def test_a_row_holds_together(row):
    assert [*row] == [*COLUMNS, *SCORES]
    assert (row["kl"] is None) == (row["active_by_kl"] is None) == (row["kind"] == "ae")
    assert 1 <= row["active"] <= row["latent_dim"]
    assert all(0 <= row["holes"][place] <= 1 and 0.1 <= row["commonest"][place] <= 1 for place in PLACES)


def of(place, **wanted):
    """The share of holes of the three seeds."""
    values = [row["holes"][place] for row in load_holes(**({"warm_up_epochs": 0} | wanted))]
    assert len(values) == 3
    return values


@needs_table
def test_a_second_hidden_layer_leaves_fewer_holes():
    """What notebook 12 says of it: in both kinds, at each number of latents, and no seeds overlap."""
    for kind, place in (("vae", "prior"), ("ae", "fitted")):
        for latent_dim in (2, 8, 32):
            one, two = (of(place, kind=kind, latent_dim=latent_dim, layers=layers) for layers in (1, 2))
            assert max(two) < min(one)


@needs_table
def test_more_latents_make_more_holes_but_for_the_vaes_with_two_hidden_layers():
    for kind, place, layers in (("vae", "prior", 1), ("ae", "fitted", 1), ("ae", "fitted", 2)):
        few, many = (of(place, kind=kind, latent_dim=latent_dim, layers=layers) for latent_dim in (8, 32))
        assert max(few) + 0.04 < min(many)
    few, many = (of("prior", kind="vae", latent_dim=latent_dim, layers=2) for latent_dim in (8, 32))
    assert fmean(few) == pytest.approx(fmean(many), abs=0.005) and max(few + many) - min(few + many) < 0.015
    assert [row["active"] for row in load_holes(kind="vae", latent_dim=32, layers=2, warm_up_epochs=0)] == [9, 21, 24]


@needs_table
def test_a_vae_and_an_autoencoder_with_a_gaussian_fitted_to_both():
    """Fewer holes in the VAE at 32 latents; more at 2 with one hidden layer."""
    for layers in (1, 2):
        vae, ae = (of("fitted", kind=kind, latent_dim=32, layers=layers) for kind in ("vae", "ae"))
        assert max(vae) + 0.07 < min(ae)
    vae, ae = (of("fitted", kind=kind, latent_dim=2, layers=1) for kind in ("vae", "ae"))
    assert max(ae) < min(vae)


@needs_table
def test_where_draws_come_from():
    """From 8 latents on, codes have few holes, and mean and covariance explain little of a VAE's others."""
    for layers in (1, 2):
        for latent_dim in (8, 32):
            rows = [row["holes"] for row in load_holes(latent_dim=latent_dim, layers=layers)]
            assert max(row["own"] for row in rows) < 0.115 < 0.26 < min(row["fitted"] for row in rows)
            vae = {"kind": "vae", "latent_dim": latent_dim, "layers": layers}
            assert -0.001 < fmean(of("prior", **vae)) - fmean(of("fitted", **vae)) < 0.03
    assert min(of("own", kind="vae", latent_dim=2, layers=1)) > 0.28


@needs_table
def test_the_warm_up_gains_nats_and_no_holes_are_filled():
    for layers in (1, 2):
        plain, warmed = (
            load_holes(kind="vae", latent_dim=32, layers=layers, warm_up_epochs=epochs) for epochs in (0, 1)
        )
        gains = [
            a["reconstruction"] + a["kl"] - b["reconstruction"] - b["kl"] for a, b in zip(plain, warmed, strict=True)
        ]
        assert all(0 < gain < 2 for gain in gains)
        change = fmean(b["holes"]["prior"] - a["holes"]["prior"] for a, b in zip(plain, warmed, strict=True))
        assert -0.005 < change < 0.016


@needs_table
def test_the_rules_of_active_dimensions_can_disagree():
    rows = load_holes(kind="vae", latent_dim=32)
    assert sum(row["active"] != row["active_by_kl"] for row in rows) == 11
    assert max(row["active"] - row["active_by_kl"] for row in rows) == 7
