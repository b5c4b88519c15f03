"""Training the models of notebook 10 anew, and what the shipped ones say of themselves."""

import pytest
import torch

from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA, load_pen_digits
from vae_helpers.evaluation import evaluate
from vae_helpers.pretrain import scored, strokes
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.training import History

EPOCHS = {name: epochs for name, (_, _, epochs) in strokes.MODELS.items()}


@pytest.fixture
def asked(monkeypatch, tmp_path) -> dict:
    """Nothing is trained, little is scored, and all is stored elsewhere; what ``fit`` was asked for."""
    told, load = {}, load_pen_digits

    def no_training(model, data, **options) -> History:
        told.update(options, model=model, data=data, weights={k: v.clone() for k, v in model.state_dict().items()})
        return History()

    monkeypatch.setattr(scored, "REPO_DATA", tmp_path)
    monkeypatch.setattr(strokes, "fit", no_training)
    monkeypatch.setattr(strokes, "load_pen_digits", lambda split: tuple(part[:20] for part in load(split)))
    return told


@pytest.mark.parametrize("name", EPOCHS)
def test_what_was_stopped_is_not_stored(asked, monkeypatch, tmp_path, name):
    monkeypatch.setattr(strokes, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match=f"{name}.pt stays as it was: training was stopped"):
        strokes.train_stroke_model(name)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", EPOCHS)
def test_each_is_trained_as_the_recipe_says_and_stored_in_half_precision(asked, tmp_path, name):
    strokes.train_stroke_model(name)
    path = tmp_path / "weights" / f"{name}.pt"
    stored = read_checkpoint(path)
    kind, settings, _ = strokes.MODELS[name]
    assert stored["model"] == kind.__name__ and settings.items() <= stored["architecture"].items()
    assert (asked["epochs"], asked["batch_size"], asked["seed"]) == (EPOCHS[name], 128, 0)
    assert torch.equal(asked["data"], load_pen_digits("train")[0][:20])  # what is held out is not trained on
    fresh = kind(**settings, seed=0).state_dict()
    assert all(torch.equal(fresh[part], weight) for part, weight in asked["weights"].items())
    assert {weight.dtype for weight in stored["weights"].values()} == {torch.float16}
    assert asked.keys() == {"epochs", "batch_size", "seed", "model", "data", "weights"}  # all else is as fit has it
    found = evaluate(load_checkpoint(path).float(), load_pen_digits("test")[0][:20])
    assert stored["info"]["test_nats"] == {**found._asdict(), "total": found.total}


def test_all_strokes_are_made(monkeypatch):
    made = []
    monkeypatch.setattr(strokes, "train_stroke_model", made.append)
    strokes.train_strokes()
    assert made == ["pen_vae", "pen_vae_blind", "pen_vae_forced", "pen_vae_2d", "pen_mlp", "pen_vrnn"]


def test_two_of_them_differ_in_what_the_decoder_sees_alone():
    blind, forced = (read_checkpoint(REPO_DATA / "weights" / f"pen_vae_{kind}.pt") for kind in ("blind", "forced"))
    assert (blind["architecture"].pop("input_dropout"), forced["architecture"].pop("input_dropout")) == (1, 0)
    assert blind["architecture"] == forced["architecture"]
    for checkpoint in (blind, forced):
        del checkpoint["info"]["test_nats"]
    assert blind["info"] == forced["info"]


@pytest.mark.parametrize("name", EPOCHS)
def test_the_shipped_ones_say_how_they_were_trained_and_what_they_score(name):
    """As they would if they were trained anew, but for the version of PyTorch."""
    path = REPO_DATA / "weights" / f"{name}.pt"
    stored = read_checkpoint(path)
    kind, settings, epochs = strokes.MODELS[name]
    assert stored["architecture"] == kind(**settings).architecture and stored["model"] == kind.__name__
    told = {"data": strokes.DATA, "seed": 0, "epochs": epochs, "batch_size": strokes.BATCH_SIZE}
    info = stored["info"]
    assert told.items() <= info.items() and info.keys() == {*MADE_FROM, *told, "test_nats"}
    found = evaluate(load_checkpoint(path).float(), load_pen_digits("test")[0])
    assert info["test_nats"] == pytest.approx({**found._asdict(), "total": found.total}, abs=0.01)
    assert found.total < {"pen_vae_2d": -10, "pen_vae_blind": -12, "pen_vae_forced": -14}.get(name, -18)
    assert path.stat().st_size < (100_000 if name == "pen_vrnn" else 600_000)
