import os
import signal
import threading

import numpy as np
import pytest
import torch

from vae_helpers.evaluation import evaluate, kl_of_layers
from vae_helpers.models import VAE, Autoencoder, HierarchicalVAE
from vae_helpers.training import History, NonFiniteLossError, fit, training_step, warm_up


def small() -> VAE:
    return VAE(2, (32,), seed=0)


def test_training_lowers_the_test_loss(test_set, images):
    model = small()
    before = evaluate(model, images).total
    history = fit(model, test_set[0][1000:4000], images, epochs=3, progress=False)
    assert len(history) == 3 and not history.stopped and history["epoch"] == [1, 2, 3]
    assert history["test_total"][-1] < before - 200
    for split in ("train", "test"):
        for row in history.rows:
            assert row[f"{split}_total"] == pytest.approx(row[f"{split}_reconstruction"] + row[f"{split}_kl"])
    assert evaluate(model, images).total == pytest.approx(history["test_total"][-1], rel=1e-6)


def test_an_autoencoder_trains_too(images):
    history = fit(Autoencoder(2, (32,)), images, epochs=2, progress=False)
    assert history["train_total"][1] < history["train_total"][0] and history["train_kl"] == [0, 0]
    with pytest.raises(KeyError, match="no column 'test_total'; there are epoch"):
        history["test_total"]


class Labelled(VAE):
    """Takes labels beside images, and keeps what came with each image."""

    check_data = None  # the inherited one takes images alone

    def loss_terms(self, x, labels, generator=None):
        self.pairs = [*getattr(self, "pairs", []), *zip(x.flatten(1).sum(dim=1).tolist(), labels.tolist(), strict=True)]
        return super().loss_terms(x, generator)


def test_a_model_may_take_more_than_images(images):
    """Batches keep together what belongs together, in training and for the test losses."""
    labels = torch.arange(500)
    model = Labelled(2, (16,))
    history = fit(model, (images, labels), (images[:50], labels[:50]), epochs=1, batch_size=64, progress=False)
    ink = images.flatten(1).sum(dim=1)
    assert len(model.pairs) == 550 and {label for _, label in model.pairs} == set(range(500))
    assert all(total == pytest.approx(ink[label].item(), rel=1e-5) for total, label in model.pairs)
    assert evaluate(model, (images[:50], labels[:50])).total == pytest.approx(history["test_total"][0], rel=1e-5)


def test_a_model_with_layers_has_a_column_for_each(images):
    model = HierarchicalVAE((5, 4, 2), (8, 8, 8), "bottom-up")
    history = fit(model, images, images, epochs=2, progress=False)
    for row in history.rows:
        assert sum(row[f"test_kl_{k}"] for k in (1, 2, 3)) == pytest.approx(row["test_kl"], rel=1e-5)
        assert "test_kl_4" not in row and row["test_total"] == row["test_reconstruction"] + row["test_kl"]
    torch.testing.assert_close(kl_of_layers(model, images), [history.last[f"test_kl_{k}"] for k in (1, 2, 3)])
    for other in (fit(model, images, epochs=1, progress=False), fit(small(), images, images, epochs=1, progress=False)):
        assert not [name for name in other.last if "kl_" in name]


def test_another_step_runs_in_the_same_loop(images):
    """As an adversarial model needs: a second network with an optimizer of its own, beside the first."""
    second = torch.nn.Linear(2, 1)
    its_optimizer = torch.optim.SGD(second.parameters(), 0.1)
    before = second.weight.clone()
    betas = []

    def step(model, optimizer, x, *, beta, generator):
        betas.append(beta)
        mu, _ = model.encode(x)
        its_optimizer.zero_grad()
        second(mu.detach()).mean().backward()
        its_optimizer.step()
        return training_step(model, optimizer, x, beta=beta, generator=generator)

    history = fit(small(), images, epochs=2, batch_size=100, beta=warm_up(2), progress=False, step=step)
    assert not torch.equal(second.weight, before) and len(history) == 2
    assert betas == [k / 10 for k in range(10)]
    plain = fit(small(), images, epochs=2, batch_size=100, beta=warm_up(2), progress=False)
    assert history["train_total"] == plain["train_total"]


def test_same_seed_same_history(images):
    a, b, c = (fit(small(), images, images, epochs=2, seed=seed, progress=False) for seed in (0, 0, 1))
    assert a["test_total"] == b["test_total"] != c["test_total"]


def test_first_step_is_the_textbook_step(images):
    """One step of fit is one step of Adam on the mean over images of reconstruction + KL."""
    ours, theirs = small(), small()
    fit(ours, images, epochs=1, batch_size=500, learning_rate=1e-3, one_cycle=False, seed=0, progress=False)
    x = images[torch.randperm(500, generator=torch.Generator().manual_seed(0))]
    logits, mu, logvar = theirs(x, torch.Generator().manual_seed(0))
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    loss = (loss - 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()) / 500
    optimizer = torch.optim.Adam(theirs.parameters(), 1e-3)
    loss.backward()
    optimizer.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)


def test_beta_weighs_the_kl(images):
    low, high = (fit(small(), images, epochs=8, beta=beta, progress=False) for beta in (0.0, 50.0))
    assert low["train_kl"][-1] > 5 * high["train_kl"][-1]


def test_beta_schedule():
    schedule = warm_up(4, beta=2.0)
    assert [schedule(epoch) for epoch in (0, 1, 2, 4, 9)] == [0, 0.5, 1, 2, 2]
    with pytest.raises(ValueError, match="epochs: want a number > 0"):
        warm_up(0)


def test_schedule_is_followed(images):
    history = fit(small(), images, epochs=3, batch_size=500, beta=lambda epoch: epoch, progress=False)
    assert history["beta"] == [0, 1, 2]


def test_dynamic_binarization_draws_anew(images):
    seen = []

    class Spy(VAE):
        def loss_terms(self, x, generator=None):
            seen.append(x.clone())
            return super().loss_terms(x, generator)

    fit(Spy(2, (16,)), images[:8], epochs=2, batch_size=8, binarization="dynamic", progress=False)
    assert all(set(x.unique().tolist()) <= {0.0, 1.0} for x in seen)
    assert not torch.equal(seen[0].sum(), seen[1].sum())


@pytest.fixture
def interruptible():
    """SIGINT raises KeyboardInterrupt, as in a kernel; a job in a shell's background would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_stop_button_keeps_model_and_history(images, interruptible):
    def stop_after_two(history: History) -> None:
        if len(history) == 2:
            os.kill(os.getpid(), signal.SIGINT)  # what JupyterLab's Stop button sends

    model = small()
    history = fit(model, images, images, epochs=50, progress=False, on_epoch=stop_after_two)
    assert history.stopped and len(history) == 2
    assert evaluate(model, images).total == pytest.approx(history["test_total"][1], rel=1e-6)
    assert not model.training


def test_stop_in_the_middle_of_an_epoch(test_set, interruptible):
    def stop_soon(history: History) -> None:
        if len(history) == 1:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()

    history = fit(small(), test_set[0], epochs=500, progress=False, on_epoch=stop_soon)
    assert history.stopped and 1 <= len(history) < 500


class Breaks(VAE):
    """Its loss becomes NaN at one step, given as a count of calls."""

    calls, at = 0, 0

    def loss_terms(self, x, generator=None):
        self.calls += 1
        reconstruction, kl = super().loss_terms(x, generator)
        return (reconstruction * float("nan"), kl) if self.calls == self.at else (reconstruction, kl)


def test_non_finite_loss_says_where_and_restores_the_last_epoch(images):
    model = Breaks(2, (16,))
    model.at = 8  # five steps an epoch: epoch 2, step 3
    with pytest.raises(NonFiniteLossError, match=r"epoch 2, step 3.*learning rate.*logvar = 88") as caught:
        fit(model, images, epochs=4, batch_size=100, progress=False)
    assert (caught.value.epoch, caught.value.step, len(caught.value.history)) == (2, 3, 1)
    assert all(torch.isfinite(p).all() for p in model.parameters())
    assert evaluate(model, images).total == pytest.approx(caught.value.history["train_total"][0], rel=0.5)


def test_on_epoch_sees_every_epoch(images):
    lengths = []
    fit(small(), images, epochs=3, progress=False, on_epoch=lambda history: lengths.append(len(history)))
    assert lengths == [1, 2, 3]


def test_progress_bar_in_a_terminal(images, capsys):
    fit(small(), images, images, epochs=1)
    assert "Training" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train_images": torch.zeros(4, 784)}, r"train_images: want shape \(N, 1, 28, 28\)"),
        ({"train_images": torch.full((4, 1, 28, 28), 255.0)}, r"train_images: want values in \[0, 1\].*0 to 255"),
        ({"train_images": torch.full((4, 1, 28, 28), float("nan"))}, "train_images: contains NaN"),
        ({"train_images": torch.full((4, 1, 28, 28), float("inf"))}, "train_images: want values"),
        ({"train_images": torch.zeros(0, 1, 28, 28)}, "train_images: want shape .* N >= 1"),
        ({"test_images": torch.full((4, 1, 28, 28), -1.0)}, "test_images: want values"),
        (
            {"train_images": (torch.zeros(4, 1, 28, 28), torch.zeros(3))},
            "train_images: want tensors of equal length, got 4 and 3",
        ),
        ({"epochs": True}, "epochs: want a whole number >= 1"),
        ({"epochs": 0}, "epochs: want a whole number >= 1"),
        ({"batch_size": 2.5}, "batch_size: want a whole number"),
        ({"learning_rate": 0}, "learning_rate: want a number > 0"),
        ({"beta": -1}, "beta: want a number >= 0"),
        ({"binarization": "yes"}, 'binarization: want "none" or "threshold" or "dynamic"'),
    ],
)
def test_bad_input_changes_nothing(change, message):
    model = small()
    before = [p.clone() for p in model.parameters()]
    arguments = {"train_images": torch.zeros(4, 1, 28, 28), "epochs": 1, "progress": False} | change
    with pytest.raises(ValueError, match=message):
        fit(model, **arguments)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([torch.zeros(4, 1, 28, 28)], "train_images: want a tensor of examples, or a tuple of such tensors, got list"),
        ((torch.zeros(4, 1, 28, 28), torch.zeros(4)), "train_images: want what a VAE takes, got 2 tensors"),
        (torch.zeros(4, 1, 28, 28).double(), "train_images: want torch.float32, .* got torch.float64"),
        (torch.tensor(1.0), "train_images: want a tensor of examples"),
    ],
)
def test_data_of_another_kind(data, message):
    with pytest.raises(TypeError, match=message):
        fit(small(), data, epochs=1, progress=False)


def test_numbers_of_numpy(images):
    assert len(fit(small(), images, epochs=np.int64(1), batch_size=np.int32(100), progress=False)) == 1


def test_integer_images():
    with pytest.raises(TypeError, match=r"train_images: want floats, got torch.uint8; .* x.float\(\) / 255"):
        fit(small(), torch.zeros(4, 1, 28, 28, dtype=torch.uint8), progress=False)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_cuda_agrees_with_the_cpu(images):
    cpu, cuda = (fit(small(), images, images, epochs=3, device=device, progress=False) for device in ("cpu", "cuda"))
    assert cpu["test_total"][-1] == pytest.approx(cuda["test_total"][-1], rel=0.02)
