"""Two processes train as one does, and go on after a kill: by torchrun and gloo, on this machine alone."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import torch
import two_workers

from vae_helpers.data import load_mnist
from vae_helpers.models import VAE
from vae_helpers.training import fit

ROOT = Path(__file__).parents[2]
# without the second a machine whose own name can't be looked up, a laptop without a network, waits for ever
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=2"]
SECONDS = 100  # for each command, on a busy machine
MODEL = ["-m", "vae_helpers.pretrain", "--model", "vae_20d", "--epochs", "5", "--images", "2000", "--batch-size", "100"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("lightning")]


@contextmanager
def started(*command: str | Path, folder: Path):
    """Python with these arguments; whatever happens, it and the processes that it started have ended afterwards."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, *map(str, command)], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    seen = []
    try:
        yield process
    finally:
        if process.poll() is None:
            seen = psutil.Process(process.pid).children(recursive=True)
            process.terminate()  # torchrun passes it on to its workers
            psutil.wait_procs(seen, timeout=5)
        for left in seen:
            if left.is_running():
                left.kill()
        process.kill()
        process.wait()


def said(process: subprocess.Popen, folder: Path) -> str:
    """What a command printed that has to end well, in time."""
    try:
        code = process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        code = f"none after {SECONDS} s"
    text = (folder / "log").read_text(encoding="utf-8")
    assert code == 0, f"exit code {code}:\n{text[-3000:]}"
    return text


def test_two_processes_have_the_numbers_of_one(tmp_path):
    """Six models, in double precision: rows, and weights; which are the same bits in both processes."""
    with started(*TORCHRUN, two_workers.__file__, tmp_path, folder=tmp_path) as process:
        one = two_workers.results()  # meanwhile
        said(process, tmp_path)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first["broken"] == second["broken"] and "from epoch 1, step 1 on" in first["broken"]
    for name, wanted in one.items():
        assert first[name]["rows"] == second[name]["rows"], name
        for row, wanted_row in zip(first[name]["rows"], wanted["rows"], strict=True):
            del row["seconds"], wanted_row["seconds"]
            tested = {key: value for key, value in wanted_row.items() if key.startswith("test")}
            assert row == pytest.approx(wanted_row, rel=1e-6), name  # sums of the training terms are in float32
            assert {key: row[key] for key in tested} == pytest.approx(tested, rel=1e-10), name
        for layer, weight in wanted["weights"].items():
            assert torch.equal(first[name]["weights"][layer], second[name]["weights"][layer]), f"{name} {layer}"
            torch.testing.assert_close(first[name]["weights"][layer], weight, rtol=1e-9, atol=1e-11)


def test_a_killed_worker_and_the_training_goes_on(tmp_path):
    """SIGKILL after the first snapshot; torchrun starts both anew, and they end where one process ends unharmed."""
    snapshot, weights = tmp_path / "vae.snapshot", tmp_path / "vae.pt"
    command = [*TORCHRUN, "--max-restarts=3", *MODEL, "--to", weights, "--snapshot", snapshot]
    with started(*command, folder=tmp_path) as process:
        end = time.monotonic() + SECONDS
        while "epoch 1:" not in (tmp_path / "log").read_text(encoding="utf-8") and time.monotonic() < end:
            assert process.poll() is None, said(process, tmp_path)
            time.sleep(0.02)
        assert snapshot.exists()
        psutil.Process(process.pid).children()[-1].send_signal(signal.SIGKILL)
        images, test_images = load_mnist("train")[0][:2000], load_mnist("test")[0]
        model = VAE(latent_dim=20, seed=0)
        one = fit(model, images, test_images, epochs=5, batch_size=100, progress=False)  # meanwhile
        text = said(process, tmp_path)
    assert text.count("exitcode: -9") == 1 and text.count("exitcode:") == 1, text  # one restart, for the kill alone
    # each epoch is told once: none was done again but the one that the kill hit
    told = [(int(epoch), float(nats)) for epoch, nats in re.findall(r"^epoch (\d).* ([\d.]+) per test", text, re.M)]
    assert [epoch for epoch, _ in told] == [1, 2, 3, 4, 5]
    assert [nats for _, nats in told] == pytest.approx(one["test_total"], rel=1e-4)
    for name, weight in torch.load(weights, weights_only=True)["weights"].items():
        torch.testing.assert_close(weight, model.state_dict()[name], rtol=0, atol=2e-2)
