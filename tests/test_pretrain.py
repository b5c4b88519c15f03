"""Training the shipped checkpoints anew. (How good they are: test_evaluation.py; the classifier: test_models.py.)"""

import pytest
import torch

from vae_helpers import cures
from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.evaluation import evaluate
from vae_helpers.pretrain import __main__ as pretrain
from vae_helpers.pretrain import digits, names, scored
from vae_helpers.training import History


def test_what_was_stopped_is_not_stored(monkeypatch, tmp_path):
    monkeypatch.setattr(digits, "REPO_DATA", tmp_path)
    monkeypatch.setattr(digits, "fit", lambda *data, **options: History([{"test_total": 400.0}], stopped=True))
    with pytest.raises(SystemExit, match="vae_2d.pt stays as it was: training was stopped"):
        digits.train("vae_2d.pt", {"latent_dim": 2, "epochs": 70})
    assert [*tmp_path.iterdir()] == []


def test_parts_are_made_by_name_and_all_without_one(monkeypatch):
    made = []
    monkeypatch.setattr(pretrain, "PARTS", {name: lambda name=name: made.append(name) for name in "abc"})
    pretrain.main([])
    pretrain.main(["c", "a"])
    assert made == ["a", "b", "c", "c", "a"]
    with pytest.raises(SystemExit, match="There is no part d. There are: a, b, c"):
        pretrain.main(["a", "d"])
    assert len(made) == 5


def test_names_that_were_stopped_are_not_stored(monkeypatch, tmp_path):
    monkeypatch.setattr(scored, "REPO_DATA", tmp_path)
    monkeypatch.setattr(names, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="the weights stay as they were: training was stopped"):
        names.train_names()
    assert [*tmp_path.iterdir()] == []


def test_names_are_trained_as_the_recipe_says_and_stored_in_half_precision(monkeypatch, tmp_path):
    asked = {}
    load = names.load_names
    monkeypatch.setattr(scored, "REPO_DATA", tmp_path)
    monkeypatch.setattr(names, "fit", lambda model, data, **options: asked.update(options) or History())
    monkeypatch.setattr(names, "load_names", lambda split: tuple(part[:20] for part in load(split)))
    names.train_names()
    path = tmp_path / "weights" / "name_vae.pt"
    stored = read_checkpoint(path)
    assert stored["architecture"]["input_dropout"] == stored["info"]["input_dropout"] == names.RECIPE["input_dropout"]
    assert {weight.dtype for weight in stored["weights"].values()} == {torch.float16}
    assert all(asked[name] == names.RECIPE[name] for name in ("epochs", "batch_size", "learning_rate"))
    assert asked["beta"](100.0) == names.RECIPE["beta"]
    found = evaluate(load_checkpoint(path).float(), names.load_names("test"))
    assert stored["info"]["test_nats"] == {**found._asdict(), "total": found.total}


def test_names_without_language_are_trained_as_their_recipe_says(monkeypatch, tmp_path):
    asked, load = {}, names.load_names
    monkeypatch.setattr(scored, "REPO_DATA", tmp_path)
    monkeypatch.setattr(names, "fit", lambda model, data, **options: asked.update(options, data=data) or History())
    monkeypatch.setattr(names, "load_names", lambda split: tuple(part[:20] for part in load(split)))
    names.train_name_walk()
    path = tmp_path / "weights" / "name_walk.pt"
    stored = read_checkpoint(path)
    assert names.WALK.items() <= stored["info"].items() and asked["beta"](100.0) == names.WALK["beta"]
    wanted = {name: names.WALK[name] for name in ("latent_dim", "hidden", "embedding", "input_dropout")}
    assert stored["architecture"].items() >= (wanted | {"languages": 1}).items() and asked["epochs"] == 60
    assert not asked["data"][1].any() and torch.equal(asked["data"][0], names.load_names("train")[0])
    found = evaluate(load_checkpoint(path).float(), cures.without_language(names.load_names("test")[0]))
    assert stored["info"]["test_nats"]["total"] == pytest.approx(found.total, abs=1e-4)


def test_the_shipped_names_without_language_say_how_they_were_trained_and_what_they_score():
    path = REPO_DATA / "weights" / "name_walk.pt"
    info = read_checkpoint(path)["info"]
    assert names.WALK.items() <= info.items() and info.keys() == {"data", "torch", "seed", "test_nats", *names.WALK}
    found = evaluate(load_checkpoint(path).float(), cures.without_language(names.load_names("test")[0]))
    assert found.total == pytest.approx(info["test_nats"]["total"], abs=0.01) and path.stat().st_size < 200_000


def test_the_shipped_names_say_how_they_were_trained_and_what_they_score():
    """As they would if they were trained anew, but for the version of PyTorch."""
    path = REPO_DATA / "weights" / "name_vae.pt"
    info = read_checkpoint(path)["info"]
    assert names.RECIPE.items() <= info.items() and info.keys() == {"data", "torch", "seed", "test_nats", *names.RECIPE}
    found = evaluate(load_checkpoint(path).float(), names.load_names("test"))
    assert info["test_nats"] == pytest.approx({**found._asdict(), "total": found.total}, abs=0.01)
