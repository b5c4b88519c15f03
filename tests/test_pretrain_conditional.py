"""Training the conditional VAEs anew. (How well they draw as asked: test_fidelity.py.)"""

import pytest
import torch

from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.evaluation import evaluate
from vae_helpers.pretrain import conditional
from vae_helpers.training import History, fit


@pytest.fixture
def little(monkeypatch, tmp_path, test_set):
    """The recipes in small, on 64 images, into an empty folder."""
    monkeypatch.setattr(conditional, "REPO_DATA", tmp_path)
    monkeypatch.setattr(conditional, "load_mnist", lambda split: (test_set[0][:64], test_set[1][:64]))
    return tmp_path / "weights"


@pytest.mark.slow
def test_each_recipe_is_stored_as_it_was_trained(monkeypatch, little, test_set):
    monkeypatch.setattr(conditional, "fit", lambda *data, **options: fit(*data, **options, progress=False))
    conditional.train_conditional(epochs=1)
    assert {path.name for path in little.iterdir()} == set(conditional.RECIPES)
    for name, settings in conditional.RECIPES.items():
        model, info = load_checkpoint(little / name), read_checkpoint(little / name)["info"]
        assert {weight.dtype for weight in model.parameters()} == {torch.float16}
        assert settings.items() <= model.architecture.items() and settings.items() <= info.items()
        images = test_set[0][:64], test_set[1][:64]
        assert evaluate(model.float(), images).total == pytest.approx(info["last_epoch"]["test_total"], rel=1e-3)


def test_what_was_stopped_is_not_stored(monkeypatch, little):
    monkeypatch.setattr(conditional, "fit", lambda *data, **options: History([{"test_total": 400.0}], stopped=True))
    with pytest.raises(SystemExit, match=r"conditional_vae_20d.pt stays as it was: training was stopped"):
        conditional.train_conditional()
    assert not little.exists()


@pytest.mark.slow
def test_half_precision_costs_the_shipped_models_nothing(test_set):
    for name in conditional.RECIPES:
        path = REPO_DATA / "weights" / name
        as_trained = read_checkpoint(path)["info"]["last_epoch"]["test_total"]  # measured before it was stored
        assert evaluate(load_checkpoint(path).float(), test_set).total == pytest.approx(as_trained, abs=0.02)
