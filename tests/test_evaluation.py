import pytest
import torch

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.evaluation import evaluate
from vae_helpers.models import VAE


def test_shipped_checkpoints_are_as_good_as_stated(test_set):
    two, twenty = (load_checkpoint(REPO_DATA / "weights" / name) for name in ("vae_2d.pt", "vae_20d.pt"))
    assert evaluate(two, test_set[0]).total < 136
    assert evaluate(twenty, test_set[0]).total < 102


def test_batch_size_changes_nothing_but_rounding(images):
    model = VAE(2, (16,))
    a, b = (evaluate(model, images, batch_size=size) for size in (500, 7))
    # the draws of z differ in their order, the encoder's KL does not
    assert a.kl == pytest.approx(b.kl, rel=1e-6) and a.reconstruction == pytest.approx(b.reconstruction, rel=0.02)
    assert a.total == a.reconstruction + a.kl


def test_model_keeps_its_mode(images):
    for mode in (True, False):
        model = VAE(2, (16,)).train(mode)
        evaluate(model, images)
        assert model.training is mode


def test_bad_images():
    with pytest.raises(ValueError, match="images: want values in"):
        evaluate(VAE(), torch.full((2, 1, 28, 28), 3.0))
