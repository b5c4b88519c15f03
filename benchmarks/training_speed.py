"""Training speed and quality, side by side in one run: ``make bench``.

1. The 784-400-20 network at batch 128: ``fit`` against the loop that tutorials use (torchvision dataset with
   ToTensor, DataLoader, Adam 1e-3), epoch by epoch in turn, and against the floor that its matrix products set.
2. The 2-D model of notebook 05: seconds of training until the test loss first reaches 150 and 145 nats per image
   (grey pixels, BCE summed, one draw of z), against the same textbook loop with a 784-400-2 network.

The textbook loop has all the threads that PyTorch takes by itself, ``fit`` and the floor have the course's one.
Machines are noisy: read the ratios, not the seconds. Seconds are of training alone, without the tests between.
"""

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.evaluation import evaluate
from vae_helpers.models import VAE
from vae_helpers.threads import COURSES_CHOICE, PYTORCHS_CHOICE
from vae_helpers.training import History, fit

BATCH, ROUNDS, TEXTBOOK_EPOCHS, NOTEBOOK_EPOCHS = 128, 3, 10, 6


def textbook_epoch(model: VAE, loader: DataLoader, optimizer: torch.optim.Optimizer) -> float:
    """One epoch as in every tutorial; returns its seconds."""
    torch.set_num_threads(PYTORCHS_CHOICE)
    started = time.perf_counter()
    model.train()
    total = 0.0
    for x, _ in loader:
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        reconstruction = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum")
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        loss = (reconstruction + kl) / len(x)
        loss.backward()
        optimizer.step()
        total += loss.item()
    seconds = time.perf_counter() - started
    torch.set_num_threads(COURSES_CHOICE)
    return seconds


def products_of_one_epoch(steps: int) -> float:
    """Seconds for the matrix products of one epoch alone, at the sizes that the network has."""
    x, h, z, code = (torch.randn(BATCH, n) for n in (784, 400, 20, 40))
    w_in, w_code, w_up, w_out = (torch.randn(shape) for shape in ((400, 784), (40, 400), (400, 20), (784, 400)))
    started = time.perf_counter()
    for _ in range(steps):
        for inputs, weight in ((x, w_in), (h, w_code), (z, w_up), (h, w_out)):  # forward
            inputs @ weight.T
        for outputs, inputs in ((h, x), (code, h), (h, z), (x, h)):  # gradients of the weights
            outputs.T @ inputs
        for outputs, weight in ((x, w_out), (h, w_up), (code, w_code)):  # gradients of the layers' inputs
            outputs @ weight
    return time.perf_counter() - started


def sgemm_seconds_for(flops: float) -> float:
    """Seconds the same number of operations would take at the rate of large square products."""
    n, repeats = 1024, 20
    a = torch.randn(n, n)
    started = time.perf_counter()
    for _ in range(repeats):
        a @ a
    return flops * (time.perf_counter() - started) / (repeats * 2 * n**3)


def reached(seconds: list[float], losses: list[float], bound: float) -> float | None:
    """Seconds until ``bound`` was first met at the end of an epoch."""
    elapsed = 0.0
    for epoch_seconds, loss in zip(seconds, losses, strict=True):
        elapsed += epoch_seconds
        if loss <= bound:
            return elapsed
    return None


def compare_epochs(train: torch.Tensor, test: torch.Tensor, loader: DataLoader) -> None:
    steps = -(-len(train) // BATCH)
    weights = 784 * 400 + 400 * 40 + 20 * 400 + 400 * 784
    flops = 2 * len(train) * (3 * weights - 784 * 400)  # no gradient is needed for the images
    textbook, ours = (VAE(20, (400,), layer_norm=False) for _ in range(2))
    optimizer = torch.optim.Adam(textbook.parameters(), 1e-3)
    settings = {"batch_size": BATCH, "learning_rate": 1e-3, "one_cycle": False, "progress": False}
    times: dict[str, list[float]] = {name: [] for name in ("textbook", "fit", "products", "sgemm")}
    measure: dict[str, Callable[[], float]] = {
        "textbook": lambda: textbook_epoch(textbook, loader, optimizer),
        "fit": lambda: fit(ours, train, epochs=1, **settings)["seconds"][0],
        "products": lambda: products_of_one_epoch(steps),
        "sgemm": lambda: sgemm_seconds_for(flops),
    }
    for _ in range(ROUNDS):
        for name, run in measure.items():
            times[name].append(run())
    print(f"784-400-20, batch {BATCH}, 60,000 images, textbook {PYTORCHS_CHOICE} threads; median of {ROUNDS} epochs")
    for name, note in (
        ("textbook", f"{evaluate(textbook, test).total:.2f} nats per test image after {ROUNDS} epochs"),
        ("fit", f"{evaluate(ours, test).total:.2f} nats per test image after {ROUNDS} epochs"),
        ("products", "floor: the epoch's matrix products alone, at their own sizes"),
        ("sgemm", f"the same {flops / 1e9:.0f} GFLOP at the rate of 1024 x 1024 products"),
    ):
        print(f"  {name:9} {statistics.median(times[name]):6.2f} s per epoch   {note}")
    for other, text in (("textbook", "textbook / fit"), ("products", "floor / fit"), ("sgemm", "sgemm / fit")):
        ratios = [a / b for a, b in zip(times[other], times["fit"], strict=True)]
        print(f"  {text:15} {statistics.median(ratios):5.2f}   (from {min(ratios):.2f} to {max(ratios):.2f})")


def compare_time_to_bound(train: torch.Tensor, test: torch.Tensor, loader: DataLoader) -> None:
    history: History = fit(VAE(2), train, test, epochs=NOTEBOOK_EPOCHS, progress=False)
    textbook = VAE(2, (400,), layer_norm=False)
    optimizer = torch.optim.Adam(textbook.parameters(), 1e-3)
    seconds, losses = [], []
    for _ in range(TEXTBOOK_EPOCHS):
        seconds.append(textbook_epoch(textbook, loader, optimizer))
        losses.append(evaluate(textbook, test).total)
    print("\n2-D latent space; seconds of training until the test loss first reaches a bound")
    ours_at_end = history["test_total"][-1]
    print(f"  notebook 05, {NOTEBOOK_EPOCHS} epochs: {sum(history['seconds']):.1f} s, {ours_at_end:.2f} nats")
    print(f"  textbook, {TEXTBOOK_EPOCHS} epochs:   {sum(seconds):.1f} s, best {min(losses):.2f} nats")
    for bound in (150, 145):
        ours, theirs = reached(history["seconds"], history["test_total"], bound), reached(seconds, losses, bound)
        best = f"not in {TEXTBOOK_EPOCHS} epochs ({sum(seconds):.1f} s)" if theirs is None else f"{theirs:.1f} s"
        if ours is None:
            print(f"  {bound} nats: notebook 05 did not get there; textbook {best}")
        else:
            ratio = (sum(seconds) if theirs is None else theirs) / ours
            print(f"  {bound} nats: notebook 05 {ours:.1f} s; textbook {best}: {ratio:.1f} times sooner, or more")


def main() -> None:
    train, _ = load_mnist("train")
    test, _ = load_mnist("test")
    with tempfile.TemporaryDirectory() as folder:  # torchvision unpacks the archives where it finds them
        shutil.copytree(REPO_DATA / "MNIST" / "raw", f"{folder}/MNIST/raw")
        dataset = datasets.MNIST(folder, train=True, download=True, transform=transforms.ToTensor())
        loader = DataLoader(dataset, batch_size=BATCH, shuffle=True)
        torch.manual_seed(0)
        compare_epochs(train, test, loader)
        compare_time_to_bound(train, test, loader)


if __name__ == "__main__":
    main()
