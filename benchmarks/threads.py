"""Seconds of training by number of threads, alone and with a second such training beside it: part of ``make bench``.

For the networks of notebooks 01, 03 and 05, and for one that is large enough to gain from more threads. The rounds
take the settings in turn, so that a machine whose speed drifts does so for all; each row is a median. Read the ratios,
and run it on a machine with nothing else to do.
"""

import os
import statistics
import subprocess
import sys

ROUNDS = 3
SETTINGS = {  # by name: what the environment adds, and what the program does first
    "PyTorch's default": ({}, "torch.set_num_threads(threads.PYTORCHS_CHOICE)"),
    "OMP_WAIT_POLICY=PASSIVE": ({"OMP_WAIT_POLICY": "PASSIVE"}, "torch.set_num_threads(threads.PYTORCHS_CHOICE)"),
    "the course (as it comes)": ({}, ""),
}
MODELS = {  # by name: how it is made, images, batch
    "01, deep, 32-D": ("VAE(32)", 15_000, 256),
    "03, 784-400-20": ("VAE(20, (400,), layer_norm=False)", 15_000, 128),
    "05, deep, 2-D": ("VAE(2)", 15_000, 256),
    "large, 784-2000-2000-20": ("VAE(20, (2000, 2000))", 2_000, 256),
}
PROGRAM = """
import sys, time, torch
from vae_helpers import threads
from vae_helpers.data import load_mnist
from vae_helpers.models import VAE
from vae_helpers.training import fit
images = load_mnist("train")[0]
{first}
model = {model}
train = lambda n: fit(model, images[:n], epochs=1, batch_size={batch}, progress=False)["seconds"][0]
train(1000)
print("ready", flush=True)
sys.stdin.readline()  # both begin at once
print(train({count}), flush=True)
sys.stdin.readline()  # and neither ends before the other
"""


def seconds(setting: str, model: str, beside: int) -> float:
    """The mean time of ``beside`` trainings that run at once, each in a process of its own."""
    extra, first = SETTINGS[setting]
    made, count, batch = MODELS[model]
    program = PROGRAM.format(first=first, model=made, count=count, batch=batch)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "MKL_"))} | extra
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": environment}
    running = [subprocess.Popen([sys.executable, "-c", program], **pipes) for _ in range(beside)]
    for process in running:
        process.stdout.readline()
    for process in running:
        print(file=process.stdin, flush=True)
    times = [float(process.stdout.readline()) for process in running]
    for process in running:
        process.communicate("\n")
    return statistics.mean(times)


def main() -> None:
    print(f"Seconds of training, {os.cpu_count()} cores, median of {ROUNDS} rounds")
    print(f"{'network':26} {'threads':26} {'alone':>7} {'two at once':>12} {'ratio':>7}")
    for model in MODELS:
        times = {(setting, n): [] for setting in SETTINGS for n in (1, 2)}
        for _ in range(ROUNDS):
            for setting, n in times:
                times[setting, n].append(seconds(setting, model, n))
        for setting in SETTINGS:
            alone, both = (statistics.median(times[setting, n]) for n in (1, 2))
            print(f"{model:26} {setting:26} {alone:7.2f} {both:12.2f} {both / alone:7.2f}", flush=True)


if __name__ == "__main__":
    main()
