"""Training the shipped checkpoints anew. (How good they are: test_evaluation.py; the classifier: test_models.py.)"""

import pytest

from vae_helpers import pretrain
from vae_helpers.training import History


def test_what_was_stopped_is_not_stored(monkeypatch, tmp_path):
    monkeypatch.setattr(pretrain, "REPO_DATA", tmp_path)
    monkeypatch.setattr(pretrain, "fit", lambda *data, **options: History([{"test_total": 400.0}], stopped=True))
    with pytest.raises(SystemExit, match="vae_2d.pt stays as it was: training was stopped"):
        pretrain.train("vae_2d.pt", {"latent_dim": 2, "epochs": 70})
    assert [*tmp_path.iterdir()] == []
