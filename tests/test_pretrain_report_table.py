"""Notebook 12's table of reports: how it is made, and what notebook 12 says of it."""

import json
from statistics import fmean, stdev

import pytest
import torch
from torch import Generator

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import binarize
from vae_helpers.evaluation import evaluate
from vae_helpers.history import History
from vae_helpers.models import VAE, ConditionalVAE
from vae_helpers.pretrain import report_table as made
from vae_helpers.pretrain.report_table import COLUMNS, MEASURED, SETTINGS, SHIPPED, make_report_table, measure, runs
from vae_helpers.reports import RECIPE, TABLE, load_reports

IMAGES = torch.rand(20, 1, 28, 28, generator=Generator().manual_seed(0))
UNSEEN = torch.rand(20, 1, 28, 28, generator=Generator().manual_seed(1))
LABELS = torch.arange(20) % 10
needs_table = pytest.mark.skipif(not TABLE.exists(), reason="the table is not made yet")


class Told:
    def row(self):
        return {"total": 1.0}


@pytest.fixture
def little(monkeypatch):
    """No training, no measuring: what would have been."""
    asked = {"fit": [], "report": []}
    monkeypatch.setattr(made, "load_mnist", lambda split: ({"train": IMAGES, "test": UNSEEN}[split], LABELS))
    monkeypatch.setattr(made, "fit", lambda *data, **options: asked["fit"].append((*data, options)) or History())
    monkeypatch.setattr(made, "report", lambda *data, **options: asked["report"].append((*data, options)) or Told())
    return asked


@pytest.mark.parametrize("trained_on", ["none", "threshold", "dynamic"])
def test_a_row_of_the_recipe(little, trained_on):
    row = measure(RECIPE, trained_on, 3)
    ((model, images, options),) = little["fit"]
    assert images is IMAGES and model.architecture["latent_dim"] == 20 and model.architecture["hidden"] == [256, 128]
    assert torch.equal(model.decoder.head.weight, VAE(20, seed=3).decoder.head.weight)
    wanted = {"epochs": 8, "batch_size": 256, "learning_rate": 4e-3, "binarization": trained_on, "seed": 3}
    assert options == wanted | {"progress": False}
    assert little["report"] == [(model, MEASURED)]  # on its default images, the same for all
    own = evaluate(model, binarize(UNSEEN, trained_on, Generator().manual_seed(0))).total
    assert row == {"model": RECIPE, "trained_on": trained_on, "seed": 3, "own_total": round(own, 3), "total": 1.0}


def test_a_row_of_a_shipped_model(little, monkeypatch, tmp_path):
    (tmp_path / "weights").mkdir()
    model = ConditionalVAE(2, hidden=(4,))
    own = evaluate(model.half().float(), (UNSEEN, LABELS)).total
    save_checkpoint(model.half(), tmp_path / "weights" / "conditional_vae_20d.pt")
    monkeypatch.setattr(made, "REPO_DATA", tmp_path)
    row = measure("conditional_vae_20d", "none", 0)
    ((measured, options),) = little["report"]
    assert measured.architecture == model.architecture and options == MEASURED and not little["fit"]
    assert next(measured.parameters()).dtype == torch.float32 and row["own_total"] == round(own, 3)


@pytest.mark.parametrize(
    ("run", "message"), [(("vae_3d", "none", 0), "^model: want"), ((RECIPE, "drawn", 0), "^trained_on: want")]
)
def test_no_such_run(little, run, message):
    with pytest.raises(ValueError, match=message):
        measure(*run)


def test_no_row_where_training_was_stopped(little, monkeypatch):
    monkeypatch.setattr(made, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="no figures"):
        measure(RECIPE, "none", 0)


def test_the_table_holds_each_run_once_and_goes_on_where_it_was(monkeypatch, tmp_path):
    asked = []

    def measured(*run):
        asked.append(run)
        return dict(zip(COLUMNS, run, strict=True)) | {"total": 1.0}

    monkeypatch.setattr(made, "measure", measured)
    monkeypatch.setattr(made, "FINISHED", tmp_path / "rows.jsonl")
    monkeypatch.setattr(made, "TABLE", tmp_path / "table.json")
    make_report_table()
    table = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    keys = [tuple(row[name] for name in COLUMNS) for row in table["rows"]]
    assert keys == [*runs()] and len({*keys}) == len(asked) == len(SHIPPED) + 11
    assert table["made_from"] == SETTINGS
    make_report_table()
    assert len(asked) == len(keys)
    if TABLE.exists():
        shipped = json.loads(TABLE.read_text(encoding="utf-8"))
        assert [tuple(row[name] for name in COLUMNS) for row in shipped["rows"]] == keys
        assert shipped["made_from"] == table["made_from"] | {"torch": shipped["made_from"]["torch"]}


@needs_table
@pytest.mark.parametrize("row", load_reports() if TABLE.exists() else [])
def test_a_row_holds_together(row):
    assert row["total"] == pytest.approx(row["reconstruction"] + row["kl"], abs=0.002)
    assert row["iw_nll"] < row["total"] and row["gain"] > 0 and row["draws_error"] < row["iw_nll_error"]
    assert row["total_error"] < row["iw_nll_error"]  # 10,000 images against 500
    assert 1 <= row["effective"] <= MEASURED["draws"]
    if row["information"] is not None:
        assert row["information"] + row["aggregate_kl"] == pytest.approx(row["kl"], abs=0.002)
        assert row["information"] < 9.2104  # log 10,000
    assert all(0 <= row[name] <= 1 for name in ("holes", "imbalance", "precision", "recall"))
    if row["trained_on"] == "dynamic":
        assert row["own_total"] == pytest.approx(row["total"], abs=0.001)


def totals(trained_on, score="total"):
    return [row[score] for row in load_reports(model=RECIPE, trained_on=trained_on)]


@needs_table
def test_what_notebook_12_says_of_seeds():
    seeds = totals("dynamic")
    assert len(seeds) == 5 and stdev(seeds) == pytest.approx(0.8, abs=0.05)
    assert fmean(seeds) - min(seeds) == pytest.approx(1.3, abs=0.05)


@needs_table
def test_what_notebook_12_says_of_pixels():
    """Own losses lie 15 nats apart; on the same images, all three are within the spread of seeds."""
    assert fmean(totals("none", "own_total")) - fmean(totals("threshold", "own_total")) > 14
    means = [fmean(totals(name)) for name in ("none", "dynamic", "threshold")]
    assert max(means) - min(means) < 1.5
