"""What the unit tests share; and each run names the tests that are slow and do not say so."""

import os

import matplotlib
import pytest
import torch

from vae_helpers.data import archives, load_mnist

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
def elsewhere(tmp_path, monkeypatch):
    """A repository's data folder and a user's cache that start empty: ``repo`` and ``cache`` in the folder given."""
    monkeypatch.setattr(archives, "REPO_DATA", tmp_path / "repo")
    monkeypatch.setattr(archives, "user_cache_path", lambda name: tmp_path / "cache")
    monkeypatch.delenv("VAE_DATA_DIR", raising=False)
    return tmp_path


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Note the processor's time, of subprocesses too: other than the clock's it hardly depends on the neighbours."""
    before = sum(os.times()[:4])
    yield
    item.user_properties.append(("processor seconds", sum(os.times()[:4]) - before))


def pytest_terminal_summary(terminalreporter):
    """Name each unit test that takes over a second and is not marked so; no failure, for a machine may be slow."""
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        seconds = dict(report.user_properties).get("processor seconds", 0)
        if seconds > 1 and "slow" not in report.keywords and "tests/browser/" not in report.nodeid:
            words = f"took {seconds:.1f} s: make it quicker, or mark it with pytest.mark.slow"
            terminalreporter.write_line(f"slow: {report.nodeid} {words}", yellow=True)
