"""Training the models that complete digits, on a few images. (How good the shipped ones are: here, too.)"""

import pytest
import torch

from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.pretrain import quadrants
from vae_helpers.quadrants import scores
from vae_helpers.training import History

PUBLISHED_NET, PUBLISHED_CVAE = {1: 100.4, 2: 61.9, 3: 25.4}, {1: 71.8, 2: 51.0, 3: 24.2}


def test_what_is_stored_is_what_was_scored(monkeypatch, tmp_path, images):
    small = {
        "completion.pt": {"model": "CompletionVAE", "latent_dim": 2, "hidden": [8], "epochs": 1},
        "completion_net.pt": {"model": "CompletionNet", "hidden": [8], "epochs": 1},
    }
    monkeypatch.setattr(quadrants, "REPO_DATA", tmp_path)
    monkeypatch.setattr(quadrants, "RECIPES", small)
    monkeypatch.setattr(quadrants, "load_mnist", lambda split: (images[:100], None))
    quadrants.train_quadrants()
    for name, recipe in small.items():
        path = tmp_path / "weights" / name
        info = read_checkpoint(path)["info"]
        assert {key: info[key] for key in recipe} == recipe
        assert scores(load_checkpoint(path).float(), images[:100]) == info["test_nats"]


def test_training_that_was_stopped_stores_nothing(monkeypatch, tmp_path, images):
    monkeypatch.setattr(quadrants, "REPO_DATA", tmp_path)
    monkeypatch.setattr(quadrants, "load_mnist", lambda split: (images[:10], None))
    monkeypatch.setattr(quadrants, "fit", lambda *data, **options: History([], stopped=True))
    with pytest.raises(SystemExit, match="the CompletionVAE stays as it was: training was stopped"):
        quadrants.train_quadrants()
    assert [*tmp_path.iterdir()] == []


def test_the_shipped_models_are_ahead_of_the_published(test_set):
    """On 2,000 test images; the files hold what they score on all 10,000."""
    some = test_set[0][:2000]
    for name, published in (("completion.pt", PUBLISHED_CVAE), ("completion_net.pt", PUBLISHED_NET)):
        path = REPO_DATA / "weights" / name
        model, stored = load_checkpoint(path), read_checkpoint(path)["info"]["test_nats"]
        assert next(model.parameters()).dtype == torch.float16
        for number, nats in scores(model.float(), some).items():
            assert stored[number] < published[number]
            assert nats == pytest.approx(stored[number], rel=0.05)
