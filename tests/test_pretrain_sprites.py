"""Training the five sprite models anew. (How they compare with the table: test_sweep.py.)"""

import pytest
import torch

from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.pretrain import sprites as made
from vae_helpers.sprites import sprites
from vae_helpers.sweep import RECIPE, describe
from vae_helpers.training import History


@pytest.fixture
def weights(monkeypatch, tmp_path):
    """An empty folder; training is on 200 sprites."""
    monkeypatch.setattr(made, "REPO_DATA", tmp_path)
    monkeypatch.setattr(made, "sprites", lambda: sprites(200))
    return tmp_path / "weights"


def test_what_is_stored_is_what_was_described(weights):
    made.train_sprites(betas=(1, 16), epochs=1)
    assert sorted(path.name for path in weights.iterdir()) == ["sprites_beta_1.pt", "sprites_beta_16.pt"]
    model, info = (
        load_checkpoint(weights / "sprites_beta_16.pt"),
        read_checkpoint(weights / "sprites_beta_16.pt")["info"],
    )
    assert {weight.dtype for weight in model.parameters()} == {torch.float16}
    assert info["beta"] == 16 and info["epochs"] == 1 and info["data"] == "all 6,144 sprites"
    assert info.items() >= describe(model.float(), *sprites(200)).items()


def test_what_was_stopped_is_not_stored(monkeypatch, weights):
    monkeypatch.setattr(made, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="sprites_beta_1.pt stays as it was: training was stopped"):
        made.train_sprites()
    assert not weights.exists()


def test_the_shipped_ones_follow_the_recipe_and_are_small():
    paths = sorted((REPO_DATA / "weights").glob("sprites_beta_*.pt"))
    assert [read_checkpoint(path)["info"]["beta"] for path in paths] == [1, 16, 2, 4, 8]
    assert all(RECIPE.items() <= read_checkpoint(path)["info"].items() for path in paths)
    assert sum(path.stat().st_size for path in paths) < 1.75e6
