"""Training the models of notebook 11 anew, and what the shipped ones say of themselves."""

import pytest
import torch
from torch import Generator

from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA, binarize, load_mnist
from vae_helpers.evaluation import evaluate
from vae_helpers.models import HierarchicalVAE
from vae_helpers.pretrain import hierarchical, scored
from vae_helpers.pretrain.hierarchical import MODELS, SIZES
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.training import History

WEIGHTS = REPO_DATA / "weights"
HELD_OUT = load_mnist("test")[0]
needs_weights = pytest.mark.skipif(
    not all((WEIGHTS / f"{name}.pt").exists() for name in MODELS), reason="the weights are not made yet"
)


@pytest.fixture
def asked(monkeypatch, tmp_path) -> dict:
    """Nothing is trained, little is scored, and all is stored elsewhere; what ``fit`` was asked for."""
    told, load = {}, load_mnist

    def no_training(model, images, test_images, **options) -> History:
        weights = {name: weight.clone() for name, weight in model.state_dict().items()}
        told.update(options, images=images, test_images=test_images, weights=weights)
        return History([{"test_total": 120.004, "seconds": 1.4}, {"test_total": 110.0, "seconds": 1.3}])

    monkeypatch.setattr(scored, "REPO_DATA", tmp_path)
    monkeypatch.setattr(hierarchical, "fit", no_training)
    monkeypatch.setattr(hierarchical, "load_mnist", lambda split: tuple(part[:20] for part in load(split)))
    return told


@pytest.mark.parametrize("name", MODELS)
def test_what_was_stopped_is_not_stored(asked, monkeypatch, tmp_path, name):
    monkeypatch.setattr(hierarchical, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match=f"{name}.pt stays as it was: training was stopped"):
        hierarchical.train_hierarchical_model(name)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", MODELS)
def test_each_is_trained_as_the_recipe_says_and_stored_in_half_precision(asked, tmp_path, name):
    hierarchical.train_hierarchical_model(name, seed=3)
    path = tmp_path / "weights" / f"{name}.pt"
    stored = read_checkpoint(path)
    settings, epochs = MODELS[name]
    assert stored["model"] == "HierarchicalVAE"
    assert stored["architecture"] == HierarchicalVAE(**settings).architecture
    given = {key: asked[key] for key in ("epochs", "batch_size", "learning_rate", "binarization", "seed")}
    assert [*given.values()] == [epochs, 128, 2e-3, "dynamic", 3]
    assert [asked["beta"](epoch) for epoch in (0, epochs / 8, epochs / 4, epochs)] == [0, 0.5, 1, 1]
    assert torch.equal(asked["images"], load_mnist("train")[0][:20])  # what is held out is not trained on
    assert torch.equal(asked["test_images"], HELD_OUT[:20])
    fresh = HierarchicalVAE(**settings, seed=3).state_dict()
    assert all(torch.equal(fresh[part], weight) for part, weight in asked["weights"].items())
    assert {weight.dtype for weight in stored["weights"].values() if weight.is_floating_point()} == {torch.float16}
    info = stored["info"]
    assert given.items() <= info.items() and (info["curve"], info["seconds"]) == ([120.0, 110.0], 3)
    found = evaluate(load_checkpoint(path).float(), binarize(HELD_OUT[:20], "dynamic", Generator().manual_seed(3)))
    assert info["test_nats"] == {**found._asdict(), "total": found.total}


def test_all_are_made(monkeypatch):
    made = []
    monkeypatch.setattr(hierarchical, "train_hierarchical_model", made.append)
    hierarchical.train_hierarchical()
    assert made == ["hierarchical_one", "hierarchical_two", "hierarchical_2d"]


def test_those_that_are_compared_have_as_many_weights_and_as_many_epochs():
    models = [HierarchicalVAE(**settings) for settings in SIZES.values()]
    counts = [sum(weight.numel() for weight in model.parameters()) for model in models]
    assert all(755_000 < count < 760_000 for count in counts)
    one, two = (MODELS[f"hierarchical_{name}"] for name in ("one", "two"))
    assert one == (SIZES["one"] | {"batch_norm": False}, 80) and two == (SIZES["bottom-up"] | {"batch_norm": False}, 80)


@needs_weights
@pytest.mark.parametrize("name", MODELS)
def test_the_shipped_ones_say_how_they_were_trained_and_what_they_score(name):
    """As they would if they were trained anew, but for the version of PyTorch."""
    path = WEIGHTS / f"{name}.pt"
    stored = read_checkpoint(path)
    settings, epochs = MODELS[name]
    assert stored["architecture"] == HierarchicalVAE(**settings).architecture
    told = {"data": "MNIST, dynamically binarized", "seed": 0, "epochs": epochs, "batch_size": 128}
    told |= {"learning_rate": 2e-3, "binarization": "dynamic"}
    info = stored["info"]
    assert told.items() <= info.items()
    assert info.keys() == {*MADE_FROM, *told, "test_nats", "curve", "seconds"} and info["seconds"] < 1200
    found = evaluate(load_checkpoint(path).float(), binarize(HELD_OUT, "dynamic", Generator().manual_seed(0)))
    assert info["test_nats"] == pytest.approx({**found._asdict(), "total": found.total}, abs=0.01)
    assert len(info["curve"]) == epochs and info["curve"][-1] == pytest.approx(found.total, abs=0.3)  # another draw
    assert path.stat().st_size < 1_700_000


@needs_weights
def test_two_layers_are_better_than_one_by_three_nats_and_the_lead_grows():
    """What notebook 11 says of the shipped models, and that the second layer makes the KL smaller."""
    one, two = (read_checkpoint(WEIGHTS / f"hierarchical_{name}.pt")["info"] for name in ("one", "two"))
    leads = {name: one["test_nats"][name] - two["test_nats"][name] for name in ("total", "kl")}
    assert leads == pytest.approx({"total": 2.9, "kl": 2.0}, abs=0.05) and two["test_nats"]["total"] < 90
    curves = [before - after for before, after in zip(one["curve"], two["curve"], strict=True)]
    assert min(curves) > 0 and (curves[19], curves[79]) == pytest.approx((2.3, 2.9), abs=0.05)
