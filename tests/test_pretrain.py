"""Training the shipped checkpoints anew. (How good they are: test_evaluation.py; the classifier: test_models.py.)"""

import pytest

from vae_helpers.pretrain import __main__ as pretrain
from vae_helpers.pretrain import digits
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
