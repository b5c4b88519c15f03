"""Training the models of notebook 09 anew, on a few images, and its tables. (The shipped ones: test_aggregate.py.)"""

import json

import pytest
import torch
from torch import Generator

from vae_helpers import aggregate, label_modes
from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.evaluation import evaluate
from vae_helpers.pretrain import adversarial, adversarial_table, label_modes_table
from vae_helpers.pretrain import label_modes as pretrain_label_modes
from vae_helpers.training import History

IMAGES = torch.rand(40, 1, 28, 28, generator=Generator().manual_seed(0))
LABELS = torch.arange(40) % 10
SMALL = {"hidden": [8], "judges": [4], "epochs": 1}


@pytest.fixture
def little(monkeypatch, tmp_path):
    """The recipes in small, on noise, into an empty folder."""
    for module in (adversarial, pretrain_label_modes):
        monkeypatch.setattr(module, "REPO_DATA", tmp_path)
        monkeypatch.setattr(module, "load_mnist", lambda split: (IMAGES, LABELS))
        monkeypatch.setattr(module, "RECIPE", {**module.RECIPE, **SMALL})
    for module in (aggregate, label_modes):
        monkeypatch.setattr(module, "RECIPE", {**module.RECIPE, **SMALL})
    monkeypatch.setattr(aggregate, "DECODED", 20)
    monkeypatch.setattr(label_modes, "DRAWS", 2)
    monkeypatch.setattr(aggregate, "grid_log_prob", lambda model, x: torch.zeros(len(x)))
    monkeypatch.setattr(pretrain_label_modes, "PER_CLASS", 2)
    return tmp_path / "weights"


def stored(path):
    """The model as it is used, and what its file says."""
    model = load_checkpoint(path)
    assert {weight.dtype for weight in model.parameters()} == {torch.float16}
    return model.float(), read_checkpoint(path)["info"]


@pytest.mark.slow
def test_what_is_stored_of_the_four_is_what_was_described(little):
    adversarial.train_adversarial()
    assert {path.name for path in little.iterdir()} == {f"small_{kind}_2d.pt" for kind in aggregate.KINDS}
    for kind in aggregate.KINDS:
        model, info = stored(little / f"small_{kind}_2d.pt")
        found = json.loads(json.dumps(aggregate.describe(model, IMAGES, info["seed"])))
        assert found == {name: info[name] for name in aggregate.SCORES}
        assert (info["weight"], info["warm_up_epochs"]) == aggregate.STANDARD[kind] and info["epochs"] == 1


def test_what_is_stored_of_the_ring_is_what_was_described(little):
    pretrain_label_modes.train_label_modes()
    model, info = stored(little / "small_aae_labels.pt")
    assert model.classes == 10 and (info["per_class"], info["weight"]) == (2, 100.0)
    assert label_modes.describe(model, IMAGES, LABELS, info["seed"]) == info["test"]


@pytest.mark.parametrize("door", [adversarial.train_adversarial, pretrain_label_modes.train_label_modes])
def test_what_was_stopped_is_not_stored(monkeypatch, little, door):
    for module in (aggregate, label_modes):
        monkeypatch.setattr(module, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="training was stopped"):
        door()
    assert not little.exists()


@pytest.mark.parametrize(
    ("module", "make", "path"),
    [
        (adversarial_table, adversarial_table.make_adversarial_table, aggregate.TABLE),
        (label_modes_table, label_modes_table.make_label_modes_table, label_modes.TABLE),
    ],
)
def test_a_table_holds_each_run_once_in_the_order_of_the_shipped_one(monkeypatch, tmp_path, module, make, path):
    def measure(*run):
        return dict(zip(module.COLUMNS, run, strict=True)) | {"score": 1.0}

    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "FINISHED", tmp_path / "rows.jsonl")
    monkeypatch.setattr(module, "TABLE", tmp_path / "table.json")
    make()
    table, shipped = (json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "table.json", path))
    keys = [tuple(row[name] for name in module.COLUMNS) for row in table["rows"]]
    assert keys == [tuple(row[name] for name in module.COLUMNS) for row in shipped["rows"]]
    assert len(keys) == len({*keys}) and {*keys} == {*module.runs()}
    assert shipped["made_from"] == table["made_from"] | {"torch": shipped["made_from"]["torch"]}


@pytest.mark.parametrize("row", label_modes.load_label_modes(), ids=lambda row: f"{row['kind']}-{row['seed']}")
def test_rows_of_the_labels_table_hold_together(row):
    if row["kind"] in label_modes.TOLD:
        assert sum(row["classes"]) / 10 == pytest.approx(row["own_mode"], abs=0.02)  # classes are of nearly equal size
        assert all(0 <= row[name] <= 1 for name in ("own_mode", "near_a_mode", "drawn_as_asked", "holes"))
    else:
        assert row["per_class"] == 0 and 0.1 < row["nearest"]["10"] < row["nearest"]["1000"] < 1


@pytest.mark.slow
def test_the_shipped_ring_does_what_its_file_says(test_set):
    model, info = stored(REPO_DATA / "weights" / "small_aae_labels.pt")
    found = label_modes.describe(model, *test_set, info["seed"])
    assert found.pop("classes") == pytest.approx(info["test"]["classes"], abs=0.01)
    assert found == pytest.approx({name: info["test"][name] for name in found}, abs=0.05)
    assert evaluate(model, test_set[0]).reconstruction == pytest.approx(info["test"]["reconstruction"], abs=0.05)
