"""The one training loop of the course."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn
from tqdm.auto import tqdm

from vae_helpers.data import BINARIZATIONS, Binarization, binarize
from vae_helpers.evaluation import mean_terms
from vae_helpers.losses import vae_loss
from vae_helpers.validation import check_images

Schedule = Callable[[float], float]
STEPS_BETWEEN_CHECKS = 100  # reading the loss waits for the device, so it is done now and then only


@dataclass
class History:
    """What each finished epoch measured; losses are means per image, in nats.

    A row has ``epoch`` (from 1), ``seconds`` (training alone), ``beta`` (at its end), and
    ``train_*`` and, given test images, ``test_*`` for ``reconstruction``, ``kl`` and ``total``.
    ``total`` is reconstruction + KL, the negative ELBO, whatever beta was: it stays comparable.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    stopped: bool = False

    def __getitem__(self, name: str) -> list[float]:
        """One column, for example ``history["test_total"]``."""
        if self.rows and name not in self.rows[0]:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.rows[0])}")
        return [row[name] for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)


class NonFiniteLossError(FloatingPointError):
    """The loss became NaN or infinite. The model is back at its last finished epoch; ``history`` is kept."""

    def __init__(self, epoch: int, step: int, history: History):
        self.epoch, self.step, self.history = epoch, step, history
        super().__init__(
            f"the loss is not finite from epoch {epoch}, step {step} on. Likely causes: a learning rate that is too "
            "high; exp(logvar) overflowing (float32 ends at logvar = 88); log(0) in a hand-written BCE (use the "
            "version that takes logits); a KL with the wrong sign, running to minus infinity. "
            "The model has the weights of the last finished epoch."
        )


def warm_up(epochs: float, beta: float = 1.0) -> Schedule:
    """A schedule for ``fit``: beta grows in a straight line from 0 and is reached after ``epochs``."""
    if not epochs > 0:
        raise ValueError(f"epochs: want a number > 0, got {epochs}")
    return lambda epoch: beta * min(1.0, epoch / epochs)


def training_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    beta: float = 1.0,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of ``optimizer`` on the mean over images of reconstruction + beta * KL.

    Args:
        model: anything with ``loss_terms(x, generator) -> (reconstruction, kl)``, both of shape (N,).
        optimizer: holds the model's parameters.
        x: images, (N, 1, 28, 28).
        beta: weight of the KL.
        generator: for the draws of z.

    Returns:
        ``reconstruction, kl`` before the step, each (N,), in nats, without gradients.

    Raises:
        TypeError, ValueError: unusable images.
    """
    reconstruction, kl = model.loss_terms(x, generator)
    loss = vae_loss(reconstruction, kl, beta).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return reconstruction.detach(), kl.detach()


def fit(
    model: nn.Module,
    train_images: Tensor,
    test_images: Tensor | None = None,
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
) -> History:
    """Train ``model`` in place with Adam on reconstruction + beta * KL, averaged over the images of a batch.

    The Stop button (or Ctrl-C) ends training early and keeps the model and the history so far.

    Args:
        model: anything with ``loss_terms(x, generator) -> (reconstruction, kl)``, both of shape (N,).
        train_images, test_images: float32 in [0, 1], shape (N, 1, 28, 28); test losses need the second.
        epochs: passes over the training images.
        batch_size: images per step.
        learning_rate: Adam's, or the peak of the cycle.
        one_cycle: warm the learning rate up and cool it down again (Smith & Topin 2018); False keeps it constant.
        beta: weight of the KL, or a function from epochs done so far (0.0 at the start) to it: see :func:`warm_up`.
        binarization: see ``data.binarize``; "dynamic" draws anew at every step, and once for the test images.
        seed: for the order of the images and the draws of z.
        device: "cpu", "cuda" or "mps"; the model ends there.
        progress: show a bar.
        on_epoch: called with the history after each epoch, to draw a live curve for example.

    Returns:
        A :class:`History` with a row per finished epoch.

    Raises:
        TypeError, ValueError: unusable images or settings, before anything is changed.
        NonFiniteLossError: the loss became NaN or infinite.
    """
    _check_settings(epochs, batch_size, learning_rate, beta, binarization)
    check_images(train_images, "train_images")
    if test_images is not None:
        check_images(test_images, "test_images")
        test_images = binarize(test_images, binarization, Generator().manual_seed(seed)).to(device)
    train_images = train_images.to(device)
    model.to(device).train()

    order, noise = Generator().manual_seed(seed), Generator(device).manual_seed(seed)
    steps = -(-len(train_images) // batch_size)
    optimizer = torch.optim.Adam(model.parameters(), learning_rate, fused=True)
    scheduler = (
        torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=epochs * steps) if one_cycle else None
    )
    history, terms = History(), torch.zeros(steps, 2, device=device)
    last_good = _copy_of_weights(model)
    with tqdm(total=epochs * steps, desc="Training", unit="step", disable=not progress) as bar:
        try:
            for epoch in range(epochs):
                started = time.perf_counter()
                for step, batch in enumerate(torch.randperm(len(train_images), generator=order).split(batch_size)):
                    x = binarize(train_images.index_select(0, batch.to(device)), binarization, noise)
                    weight = beta(epoch + step / steps) if callable(beta) else beta
                    reconstruction, kl = training_step(model, optimizer, x, weight, noise)
                    if scheduler:
                        scheduler.step()
                    terms[step] = torch.stack([reconstruction.sum(), kl.sum()])
                    bar.update()
                    if step % STEPS_BETWEEN_CHECKS == STEPS_BETWEEN_CHECKS - 1 or step == steps - 1:
                        _stop_if_not_finite(terms[: step + 1], epoch, history, model, last_good)
                seconds = time.perf_counter() - started
                history.rows.append(_row(epoch, seconds, weight, terms, train_images, model, test_images))
                last_good = _copy_of_weights(model)
                bar.set_postfix(
                    {
                        key: f"{history.rows[-1][key]:.1f}"
                        for key in ("train_total", "test_total")
                        if key in history.rows[-1]
                    }
                )
                if on_epoch:
                    on_epoch(history)
        except KeyboardInterrupt:
            history.stopped = True
    model.eval()
    return history


def _row(epoch, seconds, beta, terms, train_images, model, test_images) -> dict[str, float]:
    reconstruction, kl = (terms.cpu().double().sum(dim=0) / len(train_images)).tolist()
    row = {"epoch": epoch + 1, "seconds": seconds, "beta": float(beta)}
    row |= {"train_reconstruction": reconstruction, "train_kl": kl, "train_total": reconstruction + kl}
    if test_images is not None:
        test = mean_terms(model, test_images)
        row |= {"test_reconstruction": test.reconstruction, "test_kl": test.kl, "test_total": test.total}
    return row


def _stop_if_not_finite(terms: Tensor, epoch: int, history: History, model: nn.Module, last_good: dict) -> None:
    finite = torch.isfinite(terms).all(dim=1).cpu()
    if not finite.all():
        model.load_state_dict(last_good)
        raise NonFiniteLossError(epoch + 1, int((~finite).nonzero()[0]) + 1, history)


def _copy_of_weights(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _check_settings(epochs, batch_size, learning_rate, beta, binarization) -> None:
    for name, value in (("epochs", epochs), ("batch_size", batch_size)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}: want a whole number >= 1, got {value!r}")
    if not learning_rate > 0:
        raise ValueError(f"learning_rate: want a number > 0, got {learning_rate!r}")
    if not callable(beta) and not beta >= 0:
        raise ValueError(f"beta: want a number >= 0 or a function of the epoch, got {beta!r}")
    if binarization not in BINARIZATIONS:
        raise ValueError(f"binarization: want one of {', '.join(BINARIZATIONS)}, got {binarization!r}")
