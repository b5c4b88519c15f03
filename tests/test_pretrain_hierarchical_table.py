"""Notebook 11's table of layered models: what a run measures, the command, and what the shipped table holds."""

import json
from statistics import fmean

import pytest
import torch
from torch import Generator

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import binarize
from vae_helpers.hierarchy import MEASURES, TABLE, load_hierarchical_table
from vae_helpers.models import HierarchicalVAE
from vae_helpers.pretrain import hierarchical_table as made
from vae_helpers.pretrain.hierarchical import SIZES
from vae_helpers.pretrain.hierarchical_table import (
    COLUMNS,
    CURES,
    SETTINGS,
    SHIPPED,
    make_hierarchical_table,
    measure,
    measure_shipped,
    runs,
)
from vae_helpers.training import History

IMAGES, UNSEEN = torch.rand(230, 1, 28, 28, generator=Generator().manual_seed(0)).split([200, 30])
needs_table = pytest.mark.skipif(not TABLE.exists(), reason="the table is not made yet")


@pytest.fixture
def little(monkeypatch):
    """A few images of noise: 200 to train on, 30 that are held out."""
    monkeypatch.setattr(made, "load_mnist", lambda split: (UNSEEN if split == "test" else IMAGES, None))


@pytest.mark.slow
@pytest.mark.parametrize(
    "run", [("one", False, "none", 1), ("ladder", True, "free bits", 1), ("bottom-up", False, "warm-up", 2)]
)
def test_a_row(little, run):
    row, again = (measure(*run, seed=1) for _ in range(2))
    assert [*row] == [*COLUMNS, "seconds", *MEASURES]
    assert tuple(row[name] for name in COLUMNS) == (*run, 1) and row["seconds"] >= 0
    assert row | {"seconds": 0} == again | {"seconds": 0} == json.loads(json.dumps(row)) | {"seconds": 0}


def test_what_is_measured_is_the_model_that_was_trained(monkeypatch, little):
    """On held-out images, black and white alike for all; a run changes of the one recipe what it names, and no more."""
    asked, described = [], []

    def fit(model, images, **options):
        asked.append((model, images, options))
        return History([{"seconds": 1.26}, {"seconds": 2.0}])

    monkeypatch.setattr(made, "fit", fit)
    monkeypatch.setattr(made, "describe", lambda *data, **options: described.append((*data, options)) or {})
    rows = [measure(*run, seed=4) for run in (("ladder", True, "none"), ("one", False, "free bits", 80))]
    (ladder, images, options), (one, _, other) = asked
    assert images is IMAGES and [row["seconds"] for row in rows] == [3.3, 3.3]
    assert (SIZES["ladder"] | {"batch_norm": True}).items() <= ladder.architecture.items()
    assert (SIZES["one"] | {"batch_norm": False}).items() <= one.architecture.items()
    assert options.pop("progress") is other.pop("progress") is False
    recipe = {"epochs": 10, "batch_size": 128, "learning_rate": 2e-3, "binarization": "dynamic", "seed": 4}
    assert options == recipe and callable(other.pop("step")) and other == recipe | {"epochs": 80}
    held_out = binarize(UNSEEN, "dynamic", Generator().manual_seed(0))
    for model, (measured, unseen, told) in zip((ladder, one), described, strict=True):
        assert measured is model and torch.equal(unseen, held_out) and told == {"seed": 4}


def test_the_warm_up_takes_a_quarter_of_the_epochs(monkeypatch, little):
    betas = []
    monkeypatch.setattr(made, "describe", lambda *data, **options: {})
    monkeypatch.setattr(made, "fit", lambda *data, beta, **options: betas.append(beta) or History())
    for epochs in (10, 80):
        measure("one", False, "warm-up", epochs)
    assert [betas[0](epoch) for epoch in (0, 1.25, 2.5, 10)] == [0, 0.5, 1, 1]
    assert [betas[1](epoch) for epoch in (0, 10, 20, 80)] == [0, 0.5, 1, 1]


def test_a_shipped_model_is_measured_as_it_is_stored(monkeypatch, little, tmp_path):
    path, seen = tmp_path / "weights" / "hierarchical_two.pt", []
    model = HierarchicalVAE((3, 2), (4, 4), "bottom-up", batch_norm=False)
    path.parent.mkdir()
    save_checkpoint(model.half(), path, {"seed": 5, "seconds": 963})
    monkeypatch.setattr(made, "REPO_DATA", tmp_path)
    monkeypatch.setattr(made, "describe", lambda *data, **options: seen.append((*data, options)) or {"kl": 1.0})
    row = measure_shipped("hierarchical_two")
    named = {"model": "bottom-up", "batch_norm": False, "cure": "warm-up", "epochs": 80, "seed": 5}
    assert row == named | {"seconds": 963, "kl": 1.0}
    ((measured, held_out, options),) = seen
    assert measured.architecture == model.architecture and options == {"seed": 5}
    assert torch.equal(held_out, binarize(UNSEEN, "dynamic", Generator().manual_seed(0)))


def test_one_thing_differs_at_a_time():
    """What notebook 11 compares: the same but for batch norm, the same but for a cure, the same but for the model."""
    setups = {run[:3] for run in runs() if run[3] == 10}
    assert {(model, norm, "warm-up") for model in SIZES for norm in (False, True)} < setups
    assert {("bottom-up", False, cure) for cure in CURES} | {("ladder", True, cure) for cure in CURES} < setups


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (("three", True, "none"), '^model: want "one" or "bottom-up" or "ladder", got'),
        (("one", True, "hope"), '^cure: want "none" or "warm-up" or "free bits", got'),
    ],
)
def test_no_such_run(little, run, message):
    with pytest.raises(ValueError, match=message):
        measure(*run)


def test_no_row_where_training_was_stopped(monkeypatch, little):
    monkeypatch.setattr(made, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="no figures"):
        measure("one", False, "none")


def shipped_run(name):
    return (SHIPPED[name], False, "warm-up", 80, 0)


def test_the_table_holds_each_run_once_and_goes_on_where_it_was(monkeypatch, tmp_path):
    asked = []

    def measured(*run):
        asked.append(run)
        return dict(zip(COLUMNS, run, strict=True)) | {"kl": 1.0}

    monkeypatch.setattr(made, "measure", measured)
    monkeypatch.setattr(made, "FINISHED", tmp_path / "rows.jsonl")
    monkeypatch.setattr(made, "TABLE", tmp_path / "table.json")
    monkeypatch.setattr(made, "measure_shipped", lambda name: dict(zip(COLUMNS, shipped_run(name), strict=True)))
    make_hierarchical_table()
    table = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    keys = [tuple(row[name] for name in COLUMNS) for row in table["rows"]]
    assert len(keys) == len({*keys}) == len(asked) + 2 == 36
    assert {*asked} == {*runs()} and {*keys} == {*runs(), *map(shipped_run, SHIPPED)}
    assert table["made_from"] == SETTINGS
    make_hierarchical_table()
    assert len(asked) == len(keys) - 2
    if TABLE.exists():
        shipped = json.loads(TABLE.read_text(encoding="utf-8"))
        assert [tuple(row[name] for name in COLUMNS) for row in shipped["rows"]] == keys
        assert shipped["made_from"] == table["made_from"] | {"torch": shipped["made_from"]["torch"]}


@needs_table
@pytest.mark.parametrize("row", load_hierarchical_table() if TABLE.exists() else [])
def test_a_row_holds_together(row):
    assert row["total"] == pytest.approx(row["reconstruction"] + row["kl"], abs=0.002)
    assert sum(row["kl_of_layers"]) == pytest.approx(row["kl"], abs=0.002)
    assert row["iw_nll"] < row["some_total"] and row["some_total"] == pytest.approx(row["total"], abs=5)
    dims = SIZES[row["model"]]["latent_dims"]
    assert len(row["active"]) == len(row["kl_of_layers"]) == len(dims)
    assert all(0 <= active <= dim for active, dim in zip(row["active"], dims, strict=True))


def of(score, model, batch_norm, cure, epochs=10):
    """A score of the seeds of one set-up."""
    values = [
        row[score] for row in load_hierarchical_table(model=model, batch_norm=batch_norm, cure=cure, epochs=epochs)
    ]
    assert len(values) == (3 if epochs == 10 else 1)
    return values


@needs_table
def test_a_second_layer_pays_after_long_training_and_costs_without_warm_up():
    """What notebook 11 says of the layers. After 80 epochs, 2.9 nats of the bound and 2.3 of the estimate."""
    one, two = (of("total", model, False, "warm-up", 80)[0] for model in ("one", "bottom-up"))
    assert one - two == pytest.approx(2.9, abs=0.05)
    one, two = (of("iw_nll", model, False, "warm-up", 80)[0] for model in ("one", "bottom-up"))
    assert one - two == pytest.approx(2.3, abs=0.05)
    assert min(of("total", "bottom-up", False, "none")) > max(of("total", "one", False, "none"))
    assert abs(fmean(of("total", "bottom-up", False, "warm-up")) - fmean(of("total", "one", False, "warm-up"))) < 1


@needs_table
def test_what_one_thing_alone_changes():
    """Causes that notebook 11 names: no seeds overlap."""
    for model in ("one", "bottom-up"):
        for score in ("total", "iw_nll"):
            assert max(of(score, model, False, "warm-up")) < min(of(score, model, False, "none"))
    assert max(of("total", "one", False, "warm-up")) < min(of("total", "one", True, "warm-up"))
    assert abs(fmean(of("iw_nll", "one", False, "warm-up")) - fmean(of("iw_nll", "one", True, "warm-up"))) < 0.4
    for score in ("total", "iw_nll"):
        assert max(of(score, "ladder", True, "warm-up")) < min(of(score, "ladder", False, "warm-up"))
