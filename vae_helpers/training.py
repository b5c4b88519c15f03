"""The one training loop of the course."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn
from tqdm.auto import tqdm

from vae_helpers.batches import Batches
from vae_helpers.data import BINARIZATIONS, Binarization, binarize
from vae_helpers.distributed import OneProcess, processes_of
from vae_helpers.evaluation import Data, check_data, check_first, mean_kl_of_layers, mean_terms
from vae_helpers.history import History, NonFiniteLossError
from vae_helpers.losses import vae_loss
from vae_helpers.snapshots import Run, find_snapshot
from vae_helpers.stopping import remember_stop, was_stopped
from vae_helpers.threads import threads_for
from vae_helpers.validation import (
    as_seed,
    check_can,
    check_not_negative,
    check_one_of,
    check_positive,
    check_takes,
    check_unit_interval,
    check_whole,
    is_number,
)

Schedule = Callable[[float], float]
Step = Callable[..., tuple[Tensor, Tensor]]
STEPS_BETWEEN_CHECKS = 100  # reading the loss waits for the device, so it is done now and then only


def warm_up(epochs: float, beta: float = 1.0) -> Schedule:
    """A schedule for ``fit``: beta grows in a straight line from 0 and is reached after ``epochs``."""
    check_positive(epochs=epochs)
    check_not_negative(beta=beta)
    return lambda epoch: beta * min(1.0, epoch / epochs)


def training_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    *batch: Tensor,
    beta: float = 1.0,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of ``optimizer`` on the mean over examples of reconstruction + beta * KL.

    Args:
        model: anything with ``loss_terms(*batch, generator=...) -> (reconstruction, kl)``, both of shape (N,).
        optimizer: holds the model's parameters.
        batch: what the model takes, N examples of each: images (N, 1, 28, 28), and labels (N,) for some.
        beta: weight of the KL.
        generator: for the draws of z.

    Returns:
        ``reconstruction, kl`` before the step, each (N,), in nats, without gradients.

    Raises:
        TypeError, ValueError: a batch that the model can't use. Values are looked at in the first example only, so
            that a step stays cheap, and not on an accelerator, which would have to be waited for.
    """
    check_can(model, "loss_terms")
    check_first(model, batch)
    reconstruction, kl = model.loss_terms(*batch, generator=generator)
    loss = vae_loss(reconstruction, kl, beta).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return reconstruction.detach(), kl.detach()


def fit(
    model: nn.Module,
    train_images: Data,
    test_images: Data | None = None,
    *,
    epochs: int = 8,
    batch_size: int = 256,
    learning_rate: float = 4e-3,
    one_cycle: bool = True,
    beta: float | Schedule = 1.0,
    binarization: Binarization = "none",
    seed: int = 0,
    device: str = "cpu",
    progress: bool = True,
    on_epoch: Callable[[History], None] | None = None,
    step: Step = training_step,
    fabric: Any = None,
    snapshot: str | Path | None = None,
) -> History:
    """Train ``model`` in place with Adam on reconstruction + beta * KL, averaged over the examples of a batch.

    The Stop button (or Ctrl-C) ends training early: the model keeps what it has learnt, the history has the finished
    epochs and ``stopped=True``, and a line says after how many steps. The cell goes on, but each later ``fit`` in it
    leaves its weights as they are and says so: one press ends a loop over several models too. The next cell trains
    again. (:mod:`vae_helpers.stopping`; in a script, which has no cells, look at ``history.stopped``.)

    A small network gets one thread, a large one all that PyTorch would use: see :mod:`vae_helpers.threads`.

    Args:
        model: anything with ``loss_terms(*batch, generator=...) -> (reconstruction, kl)``, both of shape (N,).
        train_images, test_images: images, float32 in [0, 1], shape (N, 1, 28, 28); or a tuple of tensors of equal
            length, such as images and labels, for a model that takes more. Test losses need the second.
        epochs: passes over the training data.
        batch_size: examples per step.
        learning_rate: Adam's, or the peak of the cycle.
        one_cycle: warm the learning rate up and cool it down again (Smith & Topin 2018); False keeps it constant.
        beta: weight of the KL, or a function from epochs done so far (0.0 at the start) to it: see :func:`warm_up`.
        binarization: see ``data.binarize``; of the first tensor. "dynamic" draws anew at every step, and once for
            the test images.
        seed: for the order of the examples and the draws of z.
        device: "cpu", "cuda" or "mps"; the model ends there.
        progress: show a bar.
        on_epoch: called with the history after each epoch, to draw a live curve for example.
        step: what is done with a batch, as :func:`training_step`: another one can train a second network beside.
        fabric: a Lightning Fabric object with ``strategy="ddp"``, launched, to train on several processes with the
            numbers of one (docs/scale.md). Each is given all of the data. Its device counts; the bar, ``on_epoch``
            and the snapshot are the first process's. Ctrl-C ends the processes, and the snapshot is gone on from.
        snapshot: a file that is written anew after each epoch. If it is there, the training goes on from it, to the
            same end; one that was finished gives back its history at once.

    Returns:
        A :class:`History` with a row per finished epoch: perhaps none, after Stop.

    Raises:
        TypeError, ValueError: unusable data or settings, before anything is changed.
        SnapshotError: the file ``snapshot`` is damaged or of another training; nothing is changed.
        NonFiniteLossError: the loss became NaN or infinite.
    """
    check_whole(1, epochs=epochs, batch_size=batch_size)
    epochs, batch_size, seed = int(epochs), int(batch_size), as_seed(seed)  # NumPy's are welcome, but not to PyTorch
    processes = processes_of(fabric, model, device)
    device = processes.device
    _check_settings(epochs, learning_rate, beta, binarization, device)
    train = check_data(model, train_images, "train_images")
    test = None if test_images is None else check_data(model, test_images, "test_images")
    if binarization != "none":
        check_unit_interval(train_images=train[0], test_images=test[0] if test else train[0])
    if not any(weight.requires_grad for weight in model.parameters()):
        raise ValueError(f"model: want weights to train, got a {type(model).__name__} with none, or all of them frozen")
    history = History()
    check_takes("step", step, model, None, *train, beta=1.0, generator=None)
    if step is not training_step and (fabric is not None or snapshot is not None):
        raise ValueError("step: want training_step with fabric or snapshot, which know nothing of another one's state")
    if on_epoch is not None:
        check_takes("on_epoch", on_epoch, history)
    if was_stopped():
        history.stopped = True
        model.to(device).eval()
        print("Not trained: Stop was pressed in this cell. Run it again to train.")
        return history
    kept, found = find_snapshot(
        snapshot,
        processes,
        model,
        {"train_images": train, "test_images": test},
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=float(learning_rate),
        one_cycle=bool(one_cycle),
        beta=[float(beta(float(epoch))) for epoch in range(epochs)] if callable(beta) else float(beta),
        binarization=binarization,
        seed=seed,
        device=torch.device(device).type,
    )
    model.to(device).train()
    batches = Batches(train, batch_size, binarization, seed, device)
    if test:
        test = (binarize(test[0], binarization, Generator().manual_seed(seed)), *test[1:])
        test = tuple(part.to(device) for part in test)
    optimizer = torch.optim.Adam(model.parameters(), float(learning_rate), fused=True)
    steps = epochs * len(batches)
    cycle = (
        torch.optim.lr_scheduler.OneCycleLR(optimizer, float(learning_rate), total_steps=steps) if one_cycle else None
    )
    schedule = beta if callable(beta) else lambda _: beta
    run = Run(model, optimizer, cycle, [batches.order, batches.noise], history)
    if found:
        run.restore(found)
    joined, joined_optimizer, step = processes.join(model, optimizer, step)
    last_good = _copy_of_weights(model)
    bar = tqdm(
        total=steps, initial=history.steps, desc="Training", unit="step", disable=not (progress and processes.is_first)
    )
    with threads_for(model), bar:

        def one_step(done: float, batch: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
            terms = step(joined, joined_optimizer, *batch, beta=schedule(done), generator=batches.noise)
            if not isinstance(terms, tuple) or len(terms) != 2:
                raise TypeError(f"step: want reconstruction and kl from it, got {type(terms).__name__}")
            if cycle:
                cycle.step()
            history.steps += 1
            bar.update()
            return terms

        try:
            for epoch in range(len(history), epochs):
                started = time.perf_counter()
                terms = _epoch(epoch, batches, one_step, processes)
                seconds = time.perf_counter() - started
                last_beta = schedule(epoch + 1 - 1 / len(batches))
                means = terms / len(train[0])
                history.rows.append(processes.from_first(partial(_row, epoch, seconds, last_beta, means, model, test)))
                last_good = _copy_of_weights(model)
                bar.set_postfix(_shown(history.rows[-1]))
                if kept:
                    processes.from_first(partial(kept.write, run))
                if on_epoch is not None and processes.is_first:
                    on_epoch(history)
        except KeyboardInterrupt:
            if processes.count > 1:  # the others may be in another step, so there is no common end
                raise
            history.stopped = True
            remember_stop()
        except _NotFinite as nan:
            model.load_state_dict(last_good)
            raise NonFiniteLossError(epoch + 1, nan.step, history) from None
        finally:
            processes.leave(model)
            model.eval()
    if history.stopped:
        print(f"Stopped after {_when(history.steps, len(batches))}: the model keeps what it has learnt.")
    return history


class _NotFinite(Exception):
    def __init__(self, step: int):
        self.step = step


def _epoch(epoch: int, batches: Batches, one_step: Callable, processes: OneProcess) -> Tensor:
    """Go through the data once; the sums over all examples of reconstruction and KL, shape (2,), float64."""
    terms = torch.zeros(len(batches), 2, device=batches.data[0].device)
    summed = 0  # rows that hold the terms of all processes, so that all see the same, and stop at the same step
    for k, batch in enumerate(batches):
        reconstruction, kl = one_step(epoch + k / len(batches), batch)
        terms[k] = torch.stack([reconstruction.sum(), kl.sum()])
        if k % STEPS_BETWEEN_CHECKS == STEPS_BETWEEN_CHECKS - 1 or k == len(batches) - 1:
            terms[summed : k + 1] = processes.total(terms[summed : k + 1])
            summed = k + 1
            finite = torch.isfinite(terms[: k + 1]).all(dim=1).cpu()
            if not finite.all():
                raise _NotFinite(step=int((~finite).nonzero()[0]) + 1)
    return terms.cpu().double().sum(dim=0)


def _row(epoch, seconds, beta, train_means, model, test) -> dict[str, float]:
    reconstruction, kl = train_means.tolist()
    row = {"epoch": epoch + 1, "seconds": seconds, "beta": float(beta)}
    row |= {"train_reconstruction": reconstruction, "train_kl": kl, "train_total": reconstruction + kl}
    if test is not None:
        means = mean_terms(model, test)
        row |= {"test_reconstruction": means.reconstruction, "test_kl": means.kl, "test_total": means.total}
        if hasattr(model, "layer_terms"):
            row |= {f"test_kl_{k}": kl for k, kl in enumerate(mean_kl_of_layers(model, test), start=1)}
    return row


def _when(steps: int, steps_an_epoch: int) -> str:
    finished, begun = divmod(steps, steps_an_epoch)
    return f"{begun} step{'s' * (begun != 1)} of epoch {finished + 1}" if begun or not steps else f"epoch {finished}"


def _shown(row: dict[str, float]) -> dict[str, str]:
    """What the bar tells of an epoch."""
    return {name: f"{row[name]:.1f}" for name in ("train_total", "test_total") if name in row}


def _copy_of_weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _check_settings(epochs, learning_rate, beta, binarization, device) -> None:
    check_positive(learning_rate=learning_rate)
    if callable(beta):
        check_takes("beta", beta, 0.0)
    weights = {f"beta({epoch})": beta(float(epoch)) for epoch in range(epochs)} if callable(beta) else {"beta": beta}
    for name, weight in weights.items():
        if not (is_number(weight) and weight >= 0):
            raise ValueError(f"{name}: want a number >= 0 or a function of the epoch that gives one, got {weight!r}")
    check_one_of(BINARIZATIONS, binarization=binarization)
    try:
        Generator(torch.empty(0, device=device).device)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"device: want one that this machine has, got {device!r} ({reason})") from error
