"""One press of Stop, in a real kernel: it ends the training of the cell, and of no other."""

import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

from vae_helpers import stopping

ROOT = Path(__file__).parent.parent

SETUP = """
import torch
from vae_helpers.models import VAE
from vae_helpers.training import fit, training_step

images = torch.rand(500, 1, 28, 28, generator=torch.Generator().manual_seed(0))

def step(model, optimizer, *batch, **options):
    global steps
    steps += 1
    if steps == press_at:
        print("press", flush=True)
    return training_step(model, optimizer, *batch, **options)

def train(**options):
    return fit(VAE(2, (16,)), images, batch_size=100, progress=False, step=step, **options)
"""
# 10,000 steps a model are far more than an interrupt takes to arrive
LOOP = """
press_at, steps, histories = 8, 0, []
for seed in range(5):
    model = VAE(2, (16,), seed=seed)
    before = model.decoder.head.bias.clone()
    histories.append(fit(model, images, epochs=1 if seed == 0 else 2000, batch_size=100, progress=False, step=step))
    print("same" if torch.equal(before, model.decoder.head.bias) else "trained", model.training)
print([(history.stopped, history.steps > 0, len(history) > 0) for history in histories])
"""


class Kernel:
    """Runs cells; what one prints, errors too, comes back as text. On the line "press" it presses Stop, once."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(kernel_name="python3", cwd=str(ROOT))

    def run(self, code: str, **options) -> str:
        said, pressed = [], []

        def hear(message: dict) -> None:
            content = message["content"]
            if message["msg_type"] == "error":
                said.append(f"{content['ename']}: {content['evalue']}\n")
            elif message["msg_type"] == "stream" and content["name"] == "stdout":
                said.append(content["text"])
                if "press\n" in content["text"] and not pressed:
                    pressed.append(self.manager.interrupt_kernel())

        self.client.execute_interactive(code, output_hook=hear, timeout=120, **options)
        return "".join(said)


@pytest.fixture(scope="module")
def kernel():
    kernel = Kernel()
    try:
        assert kernel.run(SETUP) == ""
        yield kernel
    finally:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"store_history": False}])
def test_one_press_ends_a_loop_over_models(kernel, options):
    lines = kernel.run(LOOP, **options).splitlines()
    assert lines[:2] == ["trained False", "press"]
    assert lines[2].startswith("Stopped after ") and lines[2].endswith(": the model keeps what it has learnt.")
    assert lines[3] == "trained False"
    untouched = ["Not trained: Stop was pressed in this cell. Run it again to train.", "same False"]
    assert lines[4:-1] == 3 * untouched
    assert lines[-1].startswith("[(False, True, True), (True, True, ") and lines[-1].count("(True, False, False)") == 3


@pytest.mark.slow
def test_the_next_cell_trains_again(kernel):
    """Also one that is not counted, and the same one run again."""
    for options in ({}, {"store_history": False}, {}):
        stopped = kernel.run("press_at, steps = 3, 0; print(train(epochs=2000).stopped, train().steps)", **options)
        assert stopped.endswith("True 0\n")
        again = kernel.run("press_at = 0; history = train(epochs=1); print(history.stopped, history.steps)", **options)
        assert again == "False 5\n"


@pytest.mark.slow
def test_stop_in_the_first_epoch(kernel):
    """Later cells work, and what is unfinished says so."""
    code = "press_at, steps = 3, 0; stopped = fit(VAE(), torch.rand(20_000, 1, 28, 28), batch_size=20, step=step)"
    assert kernel.run(code).splitlines()[1].startswith("Stopped after ")
    assert kernel.run("print(len(stopped), stopped.stopped, 2 <= stopped.steps < 1000)") == "0 True True\n"
    assert kernel.run("from vae_helpers import plots; fig = plots.loss_curves(stopped)") == ""
    said = kernel.run("stopped.last")
    assert said.startswith("LookupError: history: no epoch was finished, training was stopped; evaluate(model, images)")


def test_nothing_is_remembered_where_there_are_no_cells():
    code = "from vae_helpers import stopping as s; s.remember_stop(); print(s.was_stopped())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, cwd=ROOT)
    assert done.stdout == "False\n"
    stopping.remember_stop()
    assert not stopping.was_stopped()
