import matplotlib
import pytest
import torch

from vae_helpers.data import load_mnist

matplotlib.use("agg")


@pytest.fixture(scope="session")
def test_set():
    """The 10,000 real test images and their labels; treat them as read-only."""
    return load_mnist("test")


@pytest.fixture(scope="session")
def images(test_set):
    """The first 500 test images."""
    return test_set[0][:500]


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)
