"""Whether images could be training images, whatever was done to their pixels."""

import pytest
import torch
from torch import Generator

from vae_helpers import training_images
from vae_helpers.data import BINARIZATIONS, binarize, load_mnist
from vae_helpers.training_images import could_be_training


@pytest.mark.slow
@pytest.mark.parametrize("binarization", BINARIZATIONS)
def test_training_images_are_found_and_most_test_images_are_not(binarization):
    generator = Generator().manual_seed(0)
    for split, low, high in (("train", 0.98, 1.0), ("test", 0.0, 0.2)):
        images = load_mnist(split)[0]
        images = images[torch.randperm(len(images), generator=generator)[:100]]
        share = could_be_training(binarize(images, binarization, generator)).double().mean().item()
        assert low <= share <= high


def test_what_counts_is_each_pixel(monkeypatch):
    known = torch.zeros(3, 1, 28, 28)
    known[0, 0, :5], known[1, 0, 5:8], known[2, 0, 20:] = 1, 0.5, 0.9
    monkeypatch.setattr(training_images, "load_mnist", lambda split: (known, None))
    monkeypatch.setattr(training_images, "SPLIT", 2)
    draws = binarize(known, "dynamic", Generator().manual_seed(0))
    assert could_be_training(torch.cat([known, draws, known.round()])).all()
    lit, gone = known[:1].clone(), known[:1].clone()
    lit[0, 0, 10, 10], gone[0, 0, 2, 3] = 1, 0  # one pixel where the training image is black, one where it is white
    assert not could_be_training(torch.cat([lit, gone, 1 - known])).any()


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (torch.zeros(0, 1, 28, 28), ValueError, "^images: want"),
        (torch.full((1, 1, 28, 28), 2.0), ValueError, r"^images: want values in \[0, 1\]"),
        (torch.zeros(2, 784), ValueError, "^images: want shape"),
    ],
)
def test_wrong_images(images, error, message):
    with pytest.raises(error, match=message):
        could_be_training(images)
