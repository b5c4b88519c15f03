"""Seconds of training by number of threads, alone and with a second such training beside it: part of ``make bench``.

For the networks of notebooks 01, 03 and 05, and for one that is large enough to gain from more threads. The rounds
take the settings in turn, so that a machine whose speed drifts does so for all; each figure is a median. Read the
ratios, and run it on a machine with nothing else to do.
"""

import os
import statistics
import subprocess
import sys

ROUNDS = 3
PYTORCHS = "torch.set_num_threads(threads.PYTORCHS_CHOICE)"
SETTINGS = {  # by name: what the environment adds, and what the program does first
    "PyTorch's own": ({}, PYTORCHS),
    "PyTorch's own, PASSIVE": ({"OMP_WAIT_POLICY": "PASSIVE"}, PYTORCHS),
    "the course's": ({}, ""),
}
MODELS = {  # by name: how it is made, images, batch
    "01: deep, 32-D": ("VAE(32)", 10_000, 128),
    "03: 784-128-20": ("VAE(20, (128,))", 10_000, 128),
    "05: deep, 2-D": ("VAE(2)", 10_000, 256),
    "large: 784-2000-2000-20": ("VAE(20, (2000, 2000))", 1_500, 256),
}
WORKER = """
import sys, torch
from vae_helpers import threads
from vae_helpers.data import load_mnist
from vae_helpers.models import VAE
from vae_helpers.training import fit
{first}
images = load_mnist("train")[0]
for line in sys.stdin:
    made, count, batch = line.split(";")
    model = eval(made)
    fit(model, images[:500], epochs=1, batch_size=int(batch), progress=False)
    print(fit(model, images[: int(count)], epochs=1, batch_size=int(batch), progress=False)["seconds"][0], flush=True)
"""


class Worker:
    """A process that trains when it is told to, and sleeps meanwhile."""

    def __init__(self, setting: str):
        extra, first = SETTINGS[setting]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "MKL_"))} | extra
        command = [sys.executable, "-c", WORKER.format(first=first)]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def ask(self, model: str) -> None:
        print(*MODELS[model], sep=";", file=self.process.stdin, flush=True)

    def answer(self) -> float:
        return float(self.process.stdout.readline())


def seconds(workers: list[Worker], model: str) -> float:
    """The mean time of trainings that run at once, one in each worker."""
    for worker in workers:
        worker.ask(model)
    return statistics.mean([worker.answer() for worker in workers])


def main() -> None:
    pairs = {setting: [Worker(setting), Worker(setting)] for setting in SETTINGS}
    for pair in pairs.values():
        seconds(pair, "05: deep, 2-D")  # all are ready
    print(f"Seconds of training, {os.cpu_count()} cores, median of {ROUNDS} rounds")
    print(f"{'network':24} {'threads':24} {'alone':>7} {'two at once':>12} {'ratio':>7}")
    for model in MODELS:
        times: dict[tuple[str, int], list[float]] = {(setting, n): [] for setting in SETTINGS for n in (1, 2)}
        for _ in range(ROUNDS):
            for setting, n in times:
                times[setting, n].append(seconds(pairs[setting][:n], model))
        for setting in SETTINGS:
            alone, both = (statistics.median(times[setting, n]) for n in (1, 2))
            print(f"{model:24} {setting:24} {alone:7.2f} {both:12.2f} {both / alone:7.2f}", flush=True)
    for pair in pairs.values():
        for worker in pair:
            worker.process.communicate()


if __name__ == "__main__":
    main()
