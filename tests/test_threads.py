"""One thread for small networks, more for large ones, and what the user says goes."""

import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from vae_helpers import threads
from vae_helpers.evaluation import evaluate
from vae_helpers.models import VAE
from vae_helpers.training import fit


def run(code: str, **environment: str) -> str:
    """What a fresh Python prints, in an environment that says nothing else of threads."""
    clean = {name: value for name, value in os.environ.items() if name not in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    command = [sys.executable, "-c", f"import torch\n{code}\nprint(torch.get_num_threads())"]
    return subprocess.run(
        command, env=clean | environment, capture_output=True, encoding="utf-8", check=True
    ).stdout.strip()


@pytest.mark.slow
def test_the_course_runs_on_one_thread():
    assert run("import vae_helpers.training") == "1"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "MKL_NUM_THREADS"])
def test_the_environment_goes_first(name):
    assert run("import vae_helpers.training", **{name: "2"}) == run("", **{name: "2"})


@pytest.mark.slow
def test_what_the_program_says_goes():
    assert run("import vae_helpers.training\ntorch.set_num_threads(3)\nimport vae_helpers.evaluation") == "3"


class Watching(VAE):
    """Notes how many threads there are whenever its terms are asked for."""

    def loss_terms(self, x, generator=None):
        self.seen = torch.get_num_threads()
        return super().loss_terms(x, generator)


@pytest.fixture
def free(monkeypatch):
    """As in a fresh kernel on a machine with four cores where nobody has chosen."""
    before = torch.get_num_threads()
    monkeypatch.setattr(threads, "_chosen_by_environment", False)
    monkeypatch.setattr(threads, "PYTORCHS_CHOICE", 4)
    torch.set_num_threads(threads.COURSES_CHOICE)
    yield monkeypatch
    torch.set_num_threads(before)


@pytest.mark.parametrize(("large", "wanted"), [(10**9, 1), (100, 4)])
def test_large_networks_get_more_while_they_compute(free, images, large, wanted):
    free.setattr(threads, "LARGE", large)
    model = Watching(2, (8,))
    fit(model, images[:8], epochs=1, progress=False)
    assert model.seen == wanted and torch.get_num_threads() == 1
    evaluate(model, images[:8])
    assert model.seen == wanted and torch.get_num_threads() == 1


def test_a_users_number_stays_for_large_networks_too(free, images):
    free.setattr(threads, "LARGE", 1)
    torch.set_num_threads(2)
    model = Watching(2, (8,))
    fit(model, images[:8], epochs=1, progress=False)
    assert model.seen == 2 and torch.get_num_threads() == 2


def test_the_number_comes_back_after_an_error(free):
    free.setattr(threads, "LARGE", 1)
    with pytest.raises(RuntimeError), threads.threads_for(nn.Linear(2, 2)):
        assert torch.get_num_threads() == 4
        raise RuntimeError
    assert torch.get_num_threads() == 1
