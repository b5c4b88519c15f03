"""What ``benchmarks/scale.py`` measures; started by it, with torchrun where there are two processes.

``scale_worker.py PART RESULT [--quick]``: ``single`` in one process, ``together`` and ``restart`` in two. Each round
takes all settings in turn, so that a machine whose speed drifts does so for all. Rank 0 writes RESULT, as JSON: for
each setting the list of its rounds.
"""

import json
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import torch
import torch.distributed as dist
from scale_projection import flop_per_image
from torch import Tensor, nn

from vae_helpers.data import load_mnist
from vae_helpers.distributed import started_by_torchrun
from vae_helpers.history import History
from vae_helpers.models import VAE
from vae_helpers.training import fit

QUICK = "--quick" in sys.argv
ROUNDS = 1 if QUICK else 3
WIDTHS = (64, 256) if QUICK else (64, 256, 512, 1024, 2048, 4096)
BATCHES = (64, 256) if QUICK else (16, 64, 256, 1024, 4096)
IMAGES = (500, 1_000) if QUICK else (7_500, 15_000, 30_000, 60_000)
SNAPSHOTS = (WIDTHS[1], WIDTHS[-1])
TOGETHER = [(64, 64)] if QUICK else [(256, 256), (256, 2048), (1024, 256), (4096, 256)]  # width, global batch
SECONDS = 0.05 if QUICK else 0.8  # that a measurement of many steps should take, about
GUESSED_FLOPS = 60e9  # a second; only to choose how many steps are measured
Rounds = dict[str, list[float]]


def network(width: int) -> VAE:
    """The course's 20-D network has width 256: hidden layers of 256 and 128."""
    return VAE(20, (width, width // 2))


def layers(model: nn.Module) -> list[nn.Linear]:
    """The first to see the images first."""
    return [part for part in model.modules() if isinstance(part, nn.Linear)]


def flop(model: nn.Module) -> int:
    """Of a step's matrix products for each image: what benchmarks/scale_projection.py explains."""
    return flop_per_image((layer.in_features, layer.out_features) for layer in layers(model))


def step_seconds(model: nn.Module, images: Tensor, batch: int, **options) -> float:
    """Of a step of ``fit``: the second of two epochs, which has nothing to set up."""
    steps = min(round(SECONDS * GUESSED_FLOPS / flop(model) / batch), 100, len(images) // batch)
    steps = max(2, steps)
    data = images[: steps * batch]
    history = fit(model, data, epochs=2, batch_size=batch, one_cycle=False, progress=False, **options)
    return history["seconds"][-1] / (len(data) / batch)


def products_seconds(model: nn.Module, batch: int) -> float:
    """Of the matrix products of a step alone, at their own sizes."""
    work = [
        (torch.randn(batch, n.in_features), torch.randn(batch, n.out_features), n.weight.detach())
        for n in layers(model)
    ]
    repeats = max(2, min(50, round(SECONDS / 2 * GUESSED_FLOPS / flop(model) / batch)))
    started = time.perf_counter()
    for _ in range(repeats):
        for number, (inputs, outputs, weight) in enumerate(work):
            inputs @ weight.T
            outputs.T @ inputs
            if number:
                outputs @ weight
    return (time.perf_counter() - started) / repeats


def snapshot_seconds(model: nn.Module, images: Tensor) -> tuple[float, float]:
    """Of writing one, and its bytes: a training of short epochs with snapshots, less the same without."""
    epochs, took = 2 if QUICK else 4, []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot.pt"
        for options in ({}, {"snapshot": path}):
            started = time.perf_counter()
            fit(model, images[:16], epochs=epochs, progress=False, **options)
            took.append(time.perf_counter() - started)
        return (took[1] - took[0]) / epochs, path.stat().st_size


def single(images: Tensor) -> tuple[dict, Rounds]:
    """One process: by width, by batch, by number of images; and a step of a network so small that only calls count."""
    models = {width: network(width) for width in WIDTHS}
    of_networks = {
        width: {"weights": sum(w.numel() for w in model.parameters()), "flop": flop(model)}
        for width, model in models.items()
    }
    course = models[256]
    seconds: Rounds = defaultdict(list)
    for _ in range(ROUNDS):
        seconds["calls"].append(step_seconds(VAE(20, (8, 4)), images[:100], 1))
        for width, model in models.items():
            seconds[f"width {width}"].append(step_seconds(model, images, 256) / 256)
            seconds[f"products {width}"].append(products_seconds(model, 256) / 256)
        for width in SNAPSHOTS:
            writing, size = snapshot_seconds(models[width], images)
            seconds[f"snapshot {width}"].append(writing)
            of_networks[width]["snapshot"] = size
        for batch in BATCHES:
            seconds[f"batch {batch}"].append(step_seconds(course, images, batch) / batch)
        for count in IMAGES:
            started = time.perf_counter()
            fit(course, images[:count], epochs=1, progress=False)
            seconds[f"images {count}"].append(time.perf_counter() - started)
    return {
        "networks": of_networks,
        "widths": WIDTHS,
        "batches": BATCHES,
        "images": IMAGES,
        "snapshots": SNAPSHOTS,
    }, seconds


def settings(images: Tensor, fabric, width: int, batch: int) -> dict[str, tuple[str, Callable[[], float]]]:
    """By name: who works, and at what. Each setting has one thing more than the one before it."""

    def seconds(size: int, **options) -> float:
        return step_seconds(network(width), images, size, **options)

    def without_exchange() -> float:
        with gradients_stay(fabric):
            return seconds(batch, fabric=fabric)

    return {
        "one": ("rank 0", lambda: seconds(batch)),
        "two threads": ("rank 0", lambda: with_two_threads(lambda: seconds(batch))),
        "half alone": ("rank 0", lambda: seconds(batch // 2)),
        "half twice": ("both", lambda: seconds(batch // 2)),
        "no exchange": ("both", without_exchange),
        "together": ("both", lambda: seconds(batch, fabric=fabric)),
        "all-reduce": ("both", lambda: all_reduce_seconds(network(width))),
    }


@contextmanager
def gradients_stay(fabric) -> Iterator[None]:
    """All that DDP does, but for the exchange: each process goes on with its own gradients."""
    setup_module = fabric.strategy.setup_module

    def without(module: nn.Module) -> nn.Module:
        joined = setup_module(module)
        joined.register_comm_hook(None, own_gradients)
        return joined

    with mock.patch.object(fabric.strategy, "setup_module", without):
        yield


def own_gradients(state: None, bucket: dist.GradBucket) -> torch.futures.Future[Tensor]:
    """What DDP calls in place of its all-reduce."""
    done = torch.futures.Future()
    done.set_result(bucket.buffer())
    return done


def together(images: Tensor, fabric) -> tuple[dict, Rounds]:
    """Two processes: what one does while the other waits, and both in several ways."""
    found: Rounds = defaultdict(list)
    for _ in range(ROUNDS):
        for width, batch in TOGETHER:
            for name, (who, work) in settings(images, fabric, width, batch).items():
                fabric.barrier()
                if who == "both" or fabric.global_rank == 0:
                    found[f"{name} {width} {batch}"].append(work())
    return {"together": TOGETHER}, found


def with_two_threads(work: Callable[[], float]) -> float:
    torch.set_num_threads(2)
    try:
        return work()
    finally:
        torch.set_num_threads(1)


def all_reduce_seconds(model: nn.Module) -> float:
    """Of exchanging as many numbers as the model has weights, and nothing else."""
    gradient = torch.zeros(sum(weight.numel() for weight in model.parameters()))
    repeats = 3 if QUICK else 10
    dist.all_reduce(gradient)
    started = time.perf_counter()
    for _ in range(repeats):
        dist.all_reduce(gradient)
    return (time.perf_counter() - started) / repeats


def restart(images: Tensor, fabric, folder: Path) -> None:
    """After two epochs the first process kills the second; each notes when it starts, the first when epochs end."""
    attempt = os.environ["TORCHELASTIC_RESTART_COUNT"]
    pids = fabric.all_gather(torch.tensor(os.getpid())).tolist()

    def note(what: str) -> None:
        with (folder / "times.txt").open("a", encoding="utf-8") as file:
            file.write(f"{what} {attempt} {time.time()}\n")

    def on_epoch(history: History) -> None:
        note(f"epoch_{len(history.rows)}")
        if len(history.rows) == 2 and attempt == "0":
            note("killed")
            os.kill(pids[1], signal.SIGKILL)

    note("ready")
    options = {"epochs": 3, "progress": False, "snapshot": folder / "snapshot.pt", "on_epoch": on_epoch}
    fit(network(256), images[: 500 if QUICK else 10_000], fabric=fabric, **options)


def main() -> None:
    part, result = sys.argv[1], Path(sys.argv[2])
    images, _ = load_mnist("train")
    if part == "single":
        sizes, seconds = single(images)
        result.write_text(json.dumps({"sizes": sizes, "seconds": seconds}), encoding="utf-8")
        return
    fabric = started_by_torchrun("cpu")
    if part == "restart":
        restart(images, fabric, result.parent)
        return
    sizes, seconds = together(images, fabric)
    if fabric.global_rank == 0:
        result.write_text(json.dumps({"sizes": sizes, "seconds": seconds}), encoding="utf-8")


if __name__ == "__main__":
    main()
