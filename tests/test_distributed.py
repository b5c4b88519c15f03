"""Shares of a batch, and own rows of its noise, in one process. (Two processes: at_scale/test_two_workers.py.)"""

import pickle
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from torch import Generator, nn

from vae_helpers import training
from vae_helpers.batches import Batches
from vae_helpers.distributed import OneProcess, SeveralProcesses, processes_of, started_by_torchrun
from vae_helpers.models import VAE, HierarchicalVAE
from vae_helpers.shares import OwnDraws, Weighted, own_rows
from vae_helpers.stopping import was_stopped
from vae_helpers.training import fit, training_step


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 96, 256])
@pytest.mark.parametrize("processes", [1, 2, 3, 8])
def test_shares_are_the_whole_batch_and_average_to_its_mean(batch, processes):
    shares = [own_rows(batch, rank, processes) for rank in range(processes)]
    rows = torch.arange(float(batch)) ** 2
    owned = torch.cat([rows[share.start : share.stop] for share in shares if share.weight])
    assert torch.equal(owned, rows) and all(share.stop > share.start and share.batch == batch for share in shares)
    sizes = [share.stop - share.start for share in shares]
    assert max(sizes) - min(sizes) <= 1
    means = [share.weight * rows[share.start : share.stop].mean().item() for share in shares]
    assert sum(means) / processes == pytest.approx(rows.mean().item(), rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 0, 1), "batch: want a whole number >= 1"),
        ((5, 0, 0), "processes: want a whole number >= 1"),
        ((5, 2, 2), "rank: want a whole number from 0 to 1, got 2"),
        ((5, -1, 2), "rank: want a whole number from 0 to 1, got -1"),
        ((5, True, 2), "rank: want a whole number"),
    ],
)
def test_no_such_share(arguments, message):
    with pytest.raises(ValueError, match=message):
        own_rows(*arguments)


ROWS = own_rows(7, rank=1, processes=2)  # rows 4 to 6


def seeded() -> Generator:
    return Generator().manual_seed(3)


@pytest.mark.parametrize("function", [torch.randn, torch.rand])
@pytest.mark.parametrize("call", ["numbers", "tuple", "shape", "keyword"])
def test_own_rows_of_the_draw_for_the_whole_batch(function, call):
    wholes, generator, own = seeded(), seeded(), []
    with OwnDraws(ROWS, generator):
        for _ in range(2):  # a second draw goes on behind the whole first one
            own.append(
                {
                    "numbers": lambda: function(3, 5, generator=generator),
                    "tuple": lambda: function((3, 5), generator=generator, dtype=torch.float64),
                    "shape": lambda: function(torch.empty(3, 5).shape, generator=generator),
                    "keyword": lambda: function(size=(3, 5), generator=generator),
                }[call]()
            )
    wholes = [function(7, 5, generator=wholes, dtype=own[0].dtype) for _ in range(2)]
    assert all(torch.equal(part, whole[4:]) for part, whole in zip(own, wholes, strict=True))


@pytest.mark.parametrize(
    "draw",
    [
        lambda g: torch.randn(5, 3, generator=g),
        lambda g: torch.randn(3, generator=Generator()),
        lambda g: torch.randn(3, 2),
        lambda g: torch.rand((), generator=g),
        lambda g: torch.multinomial(torch.ones(3, 2), 1, generator=g),
        lambda g: torch.bernoulli(torch.full((3, 2), 0.5), generator=g),
        lambda g: torch.randint(3, (3,), generator=g),
        lambda g: torch.randperm(3, generator=g),
        lambda g: torch.empty(3, 2).normal_(generator=g),
        lambda g: torch.randn_like(torch.empty(3, 2)),
        lambda g: torch.normal(torch.zeros(3), torch.ones(3)),
        lambda g: torch.distributions.Normal(torch.zeros(3), 1.0).rsample(),
        lambda g: torch.distributions.Bernoulli(torch.full((3,), 0.5)).sample(),
        lambda g: torch.distributions.Gamma(torch.ones(3), 1.0).rsample(),
        lambda g: nn.functional.dropout(torch.ones(3, 2)),
        lambda g: nn.Dropout(0.5)(torch.ones(3, 2)),
        lambda g: nn.Dropout1d(0.5)(torch.ones(3, 2)),
        lambda g: nn.functional.gumbel_softmax(torch.ones(3, 2)),
        lambda g: nn.functional.rrelu(-torch.ones(3, 2), training=True),
        lambda g: nn.GRU(2, 2, 2, dropout=0.5)(torch.ones(3, 1, 2)),
        lambda g: nn.MultiheadAttention(2, 1, dropout=0.5)(*[torch.ones(3, 1, 2)] * 3),
    ],
)
def test_no_other_draw(draw):
    """Rather an error than another process's numbers."""
    generator = seeded()
    with pytest.raises(NotImplementedError, match="draw by torch.randn and"), OwnDraws(ROWS, generator):
        draw(generator)


def test_another_error_within_stays_itself():
    with pytest.raises(ZeroDivisionError), OwnDraws(ROWS, seeded()):
        torch.randn_like(torch.empty(3, 2))
        raise ZeroDivisionError


def test_what_draws_nothing_stays_as_it_is():
    x = torch.arange(6.0).view(3, 2)
    with OwnDraws(ROWS, seeded()):
        assert torch.equal(nn.Dropout(0.5).eval()(x), x) and torch.equal(nn.Dropout(0.0)(x), x)
        assert torch.equal(nn.functional.dropout(x, 0.5, False), x) and torch.equal(x + 1, x.add(1))


@pytest.mark.slow
def test_two_shares_together_are_the_step_of_one_process(images):
    """Gradients of the shares, averaged as DDP does: those of the whole batch; of an uneven one too."""
    x = images[:7].double()
    whole, shares = VAE(2, (16,)).double(), [VAE(2, (16,)).double() for _ in range(2)]
    still = [torch.optim.SGD(model.parameters(), 0.0) for model in (whole, *shares)]
    reconstruction, kl = training_step(whole, still[0], x, generator=seeded())
    terms = []
    for rank, model in enumerate(shares):
        rows, generator = own_rows(7, rank, 2), seeded()
        with OwnDraws(rows, generator):
            own = x[rows.start : rows.stop]
            terms.append(training_step(Weighted(model, rows.weight), still[rank + 1], own, generator=generator))
    for theirs, mine in zip((reconstruction, kl), zip(*terms, strict=True), strict=True):
        torch.testing.assert_close(torch.cat(mine), theirs)
    for weight, *own in zip(whole.parameters(), *(model.parameters() for model in shares), strict=True):
        torch.testing.assert_close(torch.stack([part.grad for part in own]).mean(dim=0), weight.grad)


def fabric(**changes) -> SimpleNamespace:
    """One like Lightning's: what is looked at before anything is done."""
    strategy = type(changes.pop("strategy", "DDPStrategy"), (), {})()
    strategy.precision = SimpleNamespace(precision=changes.pop("precision", "32-true"))
    given = {"device": torch.device("cpu"), "world_size": 1, "global_rank": 0, "strategy": strategy} | changes
    return SimpleNamespace(**{"setup": None, "all_reduce": None, "broadcast": None, **given})


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("ddp", TypeError, r'fabric: want a lightning_fabric.Fabric\(..., strategy="ddp"\), got str'),
        (fabric(strategy="FSDPStrategy"), ValueError, r"fabric: want .*ddp.*, got one with FSDPStrategy"),
        (fabric(precision="bf16-mixed"), ValueError, "precision=\"32-true\", got 'bf16-mixed'"),
        (fabric(world_size=2), ValueError, r"call fabric.launch\(\) before"),
    ],
)
def test_no_such_fabric(given, error, message, images):
    model = VAE(2, (16,))
    before = [weight.clone() for weight in model.parameters()]
    with pytest.raises(error, match=message):
        fit(model, images, epochs=1, progress=False, fabric=given)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_one_device_and_one_step(images):
    with pytest.raises(ValueError, match=r"device: leave it out, for fabric has one \(cpu\), got 'meta'"):
        fit(VAE(2, (16,)), images, epochs=1, device="meta", fabric=fabric())
    with pytest.raises(ValueError, match="step: want training_step with fabric or snapshot"):
        fit(VAE(2, (16,)), images, epochs=1, step=lambda *a, **k: training_step(*a, **k), fabric=fabric())
    with pytest.raises(TypeError, match="model: want an nn.Module with loss_terms, got str"):
        fit("a model", images, fabric=fabric())


def test_batch_norm_only_where_it_sees_the_whole_batch(monkeypatch):
    two = fabric(world_size=2)
    monkeypatch.setattr("vae_helpers.distributed.distributed.is_initialized", lambda: True)
    with pytest.raises(ValueError, match="got a HierarchicalVAE with batch norm in a BatchNorm1d"):
        processes_of(two, HierarchicalVAE((3, 2), (8, 8)), "cpu")
    normed = HierarchicalVAE((3, 2), (8, 8))
    assert processes_of(two, nn.SyncBatchNorm.convert_sync_batchnorm(normed), "cpu").count == 2
    assert processes_of(two, HierarchicalVAE((3, 2), (8, 8), batch_norm=False), "cpu").count == 2
    assert processes_of(fabric(), normed, "cpu").count == 1


def test_an_error_of_the_first_process_is_one_of_all():
    sent = []
    first = SeveralProcesses(fabric(broadcast=lambda value: sent.append(value) or value))
    with pytest.raises(ZeroDivisionError):
        first.from_first(lambda: 1 / 0)
    other = SeveralProcesses(fabric(global_rank=1, broadcast=lambda value: sent[0]))
    with pytest.raises(ZeroDivisionError):
        other.from_first(lambda: pytest.fail("made by the first process alone"))


class Unsendable(Exception):
    """Pickle takes it, and can't make it again."""

    def __init__(self, one, two):
        super().__init__(one)


def test_an_error_that_cant_be_sent_is_told_in_words():
    first = SeveralProcesses(fabric(broadcast=lambda value: pickle.loads(pickle.dumps(value))))

    def fail():
        raise Unsendable("the disk is full", 2)

    with pytest.raises(RuntimeError, match="Unsendable: the disk is full"):
        first.from_first(fail)
    assert first.from_first(lambda: 3) == 3


@pytest.mark.parametrize("differing", [0.0, 1.0])
def test_all_processes_have_to_train_the_same(differing, images, monkeypatch):
    """A process with its own part of the data, as other tools want it, would train on a part of that part."""
    monkeypatch.setattr("vae_helpers.distributed.distributed.is_initialized", lambda: True)
    sums = []

    def summed(own, reduce_op):
        sums.append(own.item())
        return own + differing

    first = SeveralProcesses(fabric(world_size=2, broadcast=lambda value: value, all_reduce=summed))
    if differing:
        with pytest.raises(
            ValueError, match="fabric: want the same model, data and settings in all processes, got other ones in 1"
        ):
            first.check_same({"seed": 0})
    else:
        first.check_same({"seed": 0})
    other = SeveralProcesses(
        fabric(world_size=2, global_rank=1, broadcast=lambda value: {"seed": 0}, all_reduce=summed)
    )
    with pytest.raises(ValueError, match="fabric: .* got other ones in [12]; in this one: seed 0 in the first, 5 here"):
        other.check_same({"seed": 5})
    assert sums == [0, 1]


class Joined(VAE):
    """As Fabric leaves it: with a forward of its own."""

    marked = ()

    def mark_forward_method(self, name):
        self.marked += (name,)


@pytest.mark.parametrize("count", [1, 2])
def test_loss_terms_is_marked_and_one_process_alone_takes_the_step_itself(count, monkeypatch):
    monkeypatch.setattr("vae_helpers.distributed.distributed.is_initialized", lambda: True)
    processes = SeveralProcesses(fabric(world_size=count, setup=lambda *given: given))
    model = Joined(2, (16,))
    joined, _, step = processes.join(model, "Adam", training_step)
    assert joined.marked == ("loss_terms",) and (step is training_step) == (count == 1)
    model.forward = lambda x: x
    processes.leave(model)
    assert "forward" not in vars(model)
    processes.leave(model)


def test_a_process_without_rows_adds_nothing_to_the_sums(monkeypatch):
    monkeypatch.setattr("vae_helpers.distributed.distributed.is_initialized", lambda: True)
    processes = SeveralProcesses(fabric(world_size=2, global_rank=1, setup=lambda *given: given))

    def step(model, optimizer, x, *, beta, generator):
        return torch.full((len(x),), 5.0), torch.full((len(x),), model.weight)

    own_part = processes.join(Joined(2, (16,)), None, step)[2]
    terms = {n: own_part(None, None, torch.zeros(n, 2), beta=1.0, generator=seeded()) for n in (1, 3)}
    assert [term.tolist() for term in terms[1]] == [[0.0], [0.0]]
    assert terms[3][0].tolist() == [5.0] and terms[3][1].item() == pytest.approx(2 / 3)


class Other(OneProcess):
    """The second of two, in the eyes of fit."""

    is_first, count = False, 2

    def total(self, terms):
        return 2 * terms


def test_terms_of_all_processes_are_added_once(monkeypatch):
    monkeypatch.setattr(training, "STEPS_BETWEEN_CHECKS", 2)
    batches = Batches((torch.zeros(5, 1, 28, 28),), 1, "none", 0, "cpu")
    terms = training._epoch(0, batches, lambda done, batch: (torch.ones(1), torch.full((1,), 3.0)), Other())
    assert terms.tolist() == [10.0, 30.0]


@pytest.mark.slow
def test_what_is_the_first_processs_alone(images, monkeypatch, capsys):
    monkeypatch.setattr(training, "processes_of", lambda *given: Other())
    history = fit(VAE(2, (16,)), images, epochs=1, on_epoch=lambda history: pytest.fail("shown twice"))
    assert len(history) == 1 and capsys.readouterr().err == ""


def test_ctrl_c_ends_each_of_several_processes(images, monkeypatch):
    """One that went on alone, or gave back a history, would leave the others waiting."""
    monkeypatch.setattr(training, "processes_of", lambda *given: Other())

    def interrupted(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(VAE, "loss_terms", interrupted)
    model = VAE(2, (16,))
    with pytest.raises(KeyboardInterrupt):
        fit(model, images, epochs=1, progress=False)
    assert not model.training and not was_stopped()


@pytest.mark.slow
def test_fabric_is_imported_only_where_it_is_asked_for():
    code = (
        "import sys, vae_helpers.training, vae_helpers.pretrain.one_model; assert 'lightning_fabric' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert started_by_torchrun() is None
