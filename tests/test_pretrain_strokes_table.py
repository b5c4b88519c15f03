"""Notebook 10's table of models of strokes: what a run measures, the command, and what the shipped table holds."""

import json
from statistics import fmean, median

import pytest
import torch
from torch import Generator

from vae_helpers.evaluation import evaluate
from vae_helpers.pretrain import strokes_table as made
from vae_helpers.pretrain.strokes_table import COLUMNS, CURES, SETTINGS, SHARES, make_strokes_table, measure, runs
from vae_helpers.training import History
from vae_helpers.use_of_z import MEASURES, TABLE, load_pen_table

STROKES, UNSEEN = torch.rand(190, 8, 2, generator=Generator().manual_seed(0)).split([150, 40])
needs_table = pytest.mark.skipif(not TABLE.exists(), reason="the table is not made yet")


@pytest.fixture
def little(monkeypatch):
    """A few strokes of noise: 150 to train on, 40 that are held out."""
    monkeypatch.setattr(made, "load_pen_digits", lambda split: (UNSEEN if split == "test" else STROKES, None))


@pytest.mark.slow
@pytest.mark.parametrize("run", [("gru", 3, 0.5, 1, "none"), ("mlp", 3, None, 2, "free bits")])
def test_a_row(little, run):
    row, again = (measure(*run, seed=1) for _ in range(2))
    assert [*row] == [*COLUMNS, "seconds", "train_total", *MEASURES]
    assert tuple(row[name] for name in COLUMNS) == (*run, 1) and row["seconds"] >= 0
    assert row | {"seconds": 0} == again | {"seconds": 0} == json.loads(json.dumps(row)) | {"seconds": 0}


def test_what_is_measured_is_the_model_that_was_trained(monkeypatch, little):
    """On held-out strokes, by the one recipe, in which a run changes what it names and nothing else."""
    asked, described = [], []

    def fit(model, strokes, **options):
        asked.append((model, strokes, options))
        return History([{"seconds": 1.26}, {"seconds": 2.0}])

    monkeypatch.setattr(made, "fit", fit)
    monkeypatch.setattr(made, "describe", lambda *arguments: described.append(arguments) or {})
    rows = [measure(*run, seed=4) for run in (("gru", 8, 0.25, 40, "none"), ("mlp", 8, None, 120, "free bits"))]
    (gru, strokes, options), (mlp, _, other) = asked
    assert strokes is STROKES and [row["seconds"] for row in rows] == [3.3, 3.3]
    assert gru.architecture == {"latent_dim": 8, "hidden": 128, "embedding": 32, "input_dropout": 0.25}
    assert mlp.architecture == {"latent_dim": 8, "hidden": [256, 256], "points": 8}
    assert options == {"epochs": 40, "batch_size": 128, "seed": 4, "progress": False}
    assert other == options | {"epochs": 120} | CURES["free bits"]
    assert [(model, seed) for model, _, seed in described] == [(gru, 4), (mlp, 4)]
    assert all(unseen is UNSEEN for _, unseen, _ in described)
    wanted = [round(evaluate(model, STROKES[:40], seed=4).total, 3) for model in (gru, mlp)]  # as many as held-out ones
    assert [row["train_total"] for row in rows] == wanted


def test_the_cures():
    beta = CURES["warm-up"]["beta"]
    assert [beta(epoch) for epoch in (0, 5, 10, 40)] == [0, 0.5, 1, 1] and CURES["none"] == {}
    assert [*CURES["free bits"]] == ["step"]


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (("lstm", 2, 1.0, 1, "none"), '^kind: want "gru" or "mlp", got'),
        (("gru", 2, None, 1, "none"), "^input_dropout: want a share from 0 to 1, got None"),
        (("mlp", 2, 0.5, 1, "none"), "^input_dropout: want None for an MLP.*, got 0.5"),
        (("gru", 2, 1.0, 1, "hope"), '^cure: want "none" or "warm-up" or "free bits", got'),
        (("gru", 2, 1.0, 0, "none"), "^epochs: want a whole number >= 1, got 0"),
    ],
)
def test_no_such_run(little, run, message):
    with pytest.raises(ValueError, match=message):
        measure(*run)


def test_no_row_where_training_was_stopped(monkeypatch, little):
    monkeypatch.setattr(made, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="no figures"):
        measure("mlp", 2, None, 1, "none")


def test_the_table_holds_each_run_once_and_goes_on_where_it_was(monkeypatch, tmp_path):
    asked = []

    def measured(*run):
        asked.append(run)
        return dict(zip(COLUMNS, run, strict=True)) | {"kl": 1.0}

    monkeypatch.setattr(made, "measure", measured)
    monkeypatch.setattr(made, "FINISHED", tmp_path / "rows.jsonl")
    monkeypatch.setattr(made, "TABLE", tmp_path / "table.json")
    make_strokes_table()
    table = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    keys = [tuple(row[name] for name in COLUMNS) for row in table["rows"]]
    assert len(keys) == len({*keys}) == len(asked) and {*keys} == {*asked} == {*runs()}
    assert table["made_from"] == SETTINGS
    make_strokes_table()
    assert len(asked) == len(keys)
    if TABLE.exists():
        shipped = json.loads(TABLE.read_text(encoding="utf-8"))
        assert [tuple(row[name] for name in COLUMNS) for row in shipped["rows"]] == keys
        assert shipped["made_from"] == SETTINGS | {"torch": shipped["made_from"]["torch"]}


def of(measure, *model):
    """A measure of the seeds of one model: kind, latents, share, epochs and, unless it is none, the cure."""
    names = ("kind", "latent_dim", "input_dropout", "epochs", "cure")
    wanted = dict(zip(names, model if len(model) == 5 else (*model, "none"), strict=True))
    values = [row[measure] for row in load_pen_table(**wanted)]
    assert len(values) == 3
    return values


@needs_table
@pytest.mark.parametrize("row", load_pen_table() if TABLE.exists() else [])
def test_a_row_holds_together(row):
    assert row["total"] == pytest.approx(row["reconstruction"] + row["kl"], abs=0.002)
    assert -row["log_px"] < row["total"] < -10 and row["train_total"] < row["total"]
    assert 1 <= row["active"] <= row["latent_dim"] and 0 < row["shuffled_median"] < row["shuffled"]


@needs_table
def test_showing_the_true_points_lowers_the_use_of_z_and_the_bound_gets_better():
    """What notebook 10 says of its figure: medians fall all the way, and at the ends no seeds overlap."""
    for name in ("active", "shuffled", "total"):
        middles = [median(of(name, "gru", 8, share, 40)) for share in SHARES]
        assert middles == sorted(middles, reverse=True)
    middles = [median(of("kl", "gru", 8, share, 40)) for share in SHARES]
    assert middles == pytest.approx([8.25, 8.27, 7.53, 6.65, 3.9], abs=0.01)
    for name in ("kl", "active", "shuffled", "total"):
        assert min(of(name, "gru", 8, 1.0, 40)) > max(of(name, "gru", 8, 0.0, 40))
    assert fmean(of("total", "gru", 8, 1.0, 40)) - fmean(of("total", "gru", 8, 0.0, 40)) == pytest.approx(3.5, abs=0.05)
    assert min(of("kl", "gru", 8, 0.0, 40)) > 3.5 and of("active", "gru", 8, 0.0, 40) == [3, 3, 3]  # no collapse


@needs_table
def test_the_plain_network_at_equal_epochs_and_at_equal_time():
    """What notebook 10 says of the bounds, of the estimates and of the seconds."""
    gru, mlp, longer = ("gru", 8, 0.25, 120), ("mlp", 8, None, 120), ("mlp", 8, None, 600)
    assert max(of("total", *gru)) < min(of("total", *mlp))
    assert median(of("total", *mlp)) - median(of("total", *gru)) == pytest.approx(0.7, abs=0.1)
    assert 4.5 < median(of("seconds", *gru)) / median(of("seconds", *mlp)) < 5.5
    assert 0.9 < median(of("seconds", *longer)) / median(of("seconds", *gru)) < 1.2
    assert min(of("total", *gru)) < min(of("total", *longer)) < max(of("total", *longer)) < max(of("total", *gru))
    assert median(of("log_px", *longer)) - median(of("log_px", *gru)) == pytest.approx(1.6, abs=0.1)
