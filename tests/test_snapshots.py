"""A training that was broken off ends, from its snapshot, bit for bit where an uninterrupted one ends."""

import pickle
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from vae_helpers import checkpoints
from vae_helpers.batches import restore_pytorch, states_of_pytorch
from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.models import VAE, ConditionalVAE, HierarchicalVAE
from vae_helpers.snapshots import Snapshot, SnapshotError
from vae_helpers.training import fit, training_step, warm_up

EPOCHS = 3


class Killed(BaseException):
    """In place of SIGKILL: nothing of fit catches it. (A real one: at_scale/test_two_workers.py.)"""


class Mortal(VAE):
    """Dies at one step, given as a count; and has dropout, which draws from PyTorch's own generator."""

    dies_at, steps = None, 0

    def __init__(self):
        super().__init__(2, (16,), seed=0)
        self.dropout = nn.Dropout(0.1)

    def loss_terms(self, x, generator=None):
        self.steps += self.training
        if self.steps == self.dies_at:
            raise Killed
        return super().loss_terms(self.dropout(x), generator)


def train(model, data, snapshot=None, **settings):
    settings = {"epochs": EPOCHS, "batch_size": 40, "progress": False} | settings
    return fit(model, data, data, snapshot=snapshot, **settings)


def told(history):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history.rows], history.steps


def same(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(one, other) for one, other in pairs)


@pytest.fixture
def few(images):
    return images[:100]  # three steps an epoch


@pytest.mark.slow
@pytest.mark.parametrize("dies_at", [1, 4, 6, 9])
@pytest.mark.parametrize(
    "settings",
    [{"binarization": "dynamic", "beta": warm_up(2)}, {"one_cycle": False, "beta": 2.0, "seed": 5}],
    ids=["dynamic", "constant"],
)
def test_a_kill_at_any_step_changes_nothing(few, tmp_path, settings, dies_at):
    torch.manual_seed(0)
    whole = Mortal()
    wanted = train(whole, few, **settings)
    after = torch.get_rng_state()
    torch.manual_seed(0)
    broken = Mortal()
    broken.dies_at = dies_at
    with pytest.raises(Killed):
        train(broken, few, tmp_path / "new" / "a.snapshot", **settings)
    torch.manual_seed(0)  # as a script does that is started anew
    again = Mortal()
    history = train(again, few, tmp_path / "new" / "a.snapshot", **settings)
    assert told(history) == told(wanted) and not history.stopped and same(again, whole) and not again.training
    assert again.steps == 9 - (dies_at - 1) // 3 * 3  # only what was missing
    assert torch.equal(torch.get_rng_state(), after)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.snapshot"]


@pytest.mark.parametrize("kind", ["hierarchical", "conditional"])
def test_other_models(few, tmp_path, kind):
    """One with batch norm, whose averages are no parameters; one that takes labels."""
    data = (few, torch.arange(100) % 10) if kind == "conditional" else few

    def made():
        return ConditionalVAE(latent_dim=2, hidden=(8,)) if kind == "conditional" else HierarchicalVAE((3, 2), (8, 8))

    def stop(history):
        raise Killed

    whole, again = made(), made()
    wanted = train(whole, data)
    with pytest.raises(Killed):
        train(made(), data, tmp_path / "a", on_epoch=stop)
    assert told(train(again, data, tmp_path / "a")) == told(wanted) and same(again, whole)


def test_a_finished_training_is_not_done_again(few, tmp_path):
    first, second, seen = Mortal(), Mortal(), []
    history = train(first, few, tmp_path / "a")
    before = (tmp_path / "a").read_bytes()
    again = train(second, few, tmp_path / "a", on_epoch=seen.append)
    assert again == history and same(first, second) and second.steps == 0 and not seen and not second.training
    assert (tmp_path / "a").read_bytes() == before


def test_the_bar_begins_where_the_snapshot_ends(few, tmp_path, capsys):
    train(VAE(2, (16,)), few, tmp_path / "a")
    train(VAE(2, (16,)), few, tmp_path / "a", progress=True)
    assert "9/9" in capsys.readouterr().err


def test_the_devices_own_generator_is_kept_too(monkeypatch):
    """As a CUDA device's dropout draws from: a stand-in, for machines without one."""
    device, given = torch.device("cuda"), []
    theirs = SimpleNamespace(get_rng_state=lambda: torch.ones(3, dtype=torch.uint8), set_rng_state=given.append)
    monkeypatch.setattr(torch, "get_device_module", lambda asked: {device: theirs}[asked])
    states = states_of_pytorch(device)
    assert torch.equal(states[0], torch.get_rng_state()) and states[1].tolist() == [1, 1, 1]
    restore_pytorch(device, states)
    assert given == [states[1]]


def test_stop_and_run_again(few, tmp_path, capsys):
    """As on a laptop that has to be shut: Stop in the middle of the second epoch, and the same cell the next day."""
    whole, stopped, again = VAE(2, (16,)), Mortal(), VAE(2, (16,))
    wanted = train(whole, few)

    def press(history):
        if len(history) == 2:
            raise KeyboardInterrupt

    stopped = VAE(2, (16,))
    assert train(stopped, few, tmp_path / "a", on_epoch=press).stopped
    history = train(again, few, tmp_path / "a")
    assert told(history) == told(wanted) and same(again, whole) and not history.stopped
    with pytest.raises(SnapshotError, match="the weights at the start was 'checksum"):  # of the stopped model itself
        train(stopped, few, tmp_path / "a")


class Torn:
    """A file on a disk that is full after half of what is written."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, data):
        self.file.write(data[: len(data) // 2])
        raise Killed


@pytest.mark.parametrize("place", ["write", "fsync", "replace"])
def test_a_kill_while_it_is_written_leaves_the_one_before(few, tmp_path, monkeypatch, place):
    whole, again, path = VAE(2, (16,)), VAE(2, (16,)), tmp_path / "a"
    wanted = train(whole, few)
    opened = Path.open

    def dies(*arguments):
        raise Killed

    def then_die(history):
        if place == "write":
            monkeypatch.setattr(
                Path, "open", lambda self, mode="r", *more, **options: Torn(opened(self, mode, *more, **options))
            )
        else:
            monkeypatch.setattr(checkpoints.os, place, dies)

    with pytest.raises(Killed):
        train(VAE(2, (16,)), few, path, on_epoch=then_die)  # the second snapshot is the one that fails
    monkeypatch.undo()
    steps = []

    def counted(history):
        steps.append(len(history))

    assert told(train(again, few, path, on_epoch=counted)) == told(wanted) and same(again, whole)
    assert steps == [2, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 4}, "epochs was 3 and is 4"),
        ({"batch_size": 41}, "batch_size was 40 and is 41"),
        ({"learning_rate": 1e-3}, "learning_rate was 0.004 and is 0.001"),
        ({"one_cycle": False}, "one_cycle was True and is False"),
        ({"beta": 2.0}, "beta was 1.0 and is 2.0"),
        ({"beta": warm_up(2)}, r"beta was 1.0 and is \[0.0, 0.5, 1.0\]"),
        ({"binarization": "threshold"}, "binarization was 'none' and is 'threshold'"),
        ({"seed": 1}, "seed was 0 and is 1"),
        ({"model": VAE(3, (16,))}, r"the shape of encoder.* was '.*\(4,.* and is '.*\(6,.*more"),
        ({"model": VAE(2, (16,), seed=1)}, "the weights at the start was 'checksum [0-9a-f]{8}' and is 'checksum"),
        ({"model": HierarchicalVAE((2,), (16,))}, "model was 'VAE' and is 'HierarchicalVAE'"),
        ({"rows": 99}, r"train_images was \['torch.float32 \(100, 1, 28, 28\), checksum .* and is .*\(99, 1"),
        ({"other": True}, "train_images was .*checksum"),
        ({"tests": True}, r"test_images was \['torch.float32 \(100,.*checksum .* and is None\."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_training_is_refused_and_nothing_changes(few, tmp_path, change, message):
    path, change = tmp_path / "a", dict(change)
    train(VAE(2, (16,)), few, path)
    before, data = path.read_bytes(), few[: change.pop("rows", 100)]
    if change.pop("other", False):
        data = data.flip(0)
    model = change.pop("model", None) or VAE(2, (16,))
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    tests = None if change.pop("tests", False) else data
    with pytest.raises(SnapshotError, match=rf"a is of another training: .*{message}.*It stays as it is: name another"):
        fit(model, data, tests, snapshot=path, **{"epochs": EPOCHS, "batch_size": 40, "progress": False} | change)
    assert path.read_bytes() == before and model.training
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in weights.items())


def test_a_frozen_layer_is_another_training(few, tmp_path):
    train(VAE(2, (16,)), few, tmp_path / "a")
    frozen = VAE(2, (16,))
    next(frozen.parameters()).requires_grad_(False)
    with pytest.raises(SnapshotError, match=r"what is frozen was \[\] and is \['"):
        train(frozen, few, tmp_path / "a")


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("code in a file was run",))


def broken_files(whole: bytes, folder: Path) -> dict[str, bytes]:
    foreign = save_checkpoint(VAE(2, (16,)), folder / "foreign.pt").read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    files = {"nothing": b"", "text": b"epoch,loss\n1,500\n", "flipped": bytes(flipped), "a checkpoint": foreign}
    files |= {f"{percent} %": whole[: len(whole) * percent // 100] for percent in (1, 50, 99)}
    return files | {"hostile": pickle.dumps(Hostile())}


def test_a_damaged_or_foreign_file_is_refused_and_stays(few, tmp_path):
    path = tmp_path / "a"
    train(VAE(2, (16,)), few, path)
    for name, content in broken_files(path.read_bytes(), tmp_path).items():
        path.write_bytes(content)
        model = VAE(2, (16,))
        kind = "but no snapshot of a training" if name == "a checkpoint" else "is damaged, or was made by something"
        with pytest.raises(SnapshotError, match=f"{kind}.* It stays as it is"):
            train(model, few, path)
        assert path.read_bytes() == content and model.training, name


@pytest.mark.parametrize("lost", ["settings", "weights", "optimizer", "generators", "pytorch's", "rows", "steps"])
def test_one_that_lacks_a_part_is_refused(few, tmp_path, lost):
    path = tmp_path / "a"
    train(VAE(2, (16,)), few, path)
    content = torch.load(path, weights_only=True)
    del content[lost]
    torch.save(content, path)
    with pytest.raises(SnapshotError, match="but no snapshot of a training"):
        train(VAE(2, (16,)), few, path)


def test_bad_places(few, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    model = VAE(2, (16,))
    for place, error, message in (
        (3, TypeError, "snapshot: want a path or its text, got int"),
        (tmp_path, IsADirectoryError, "snapshot: want a file, got the folder"),
        (tmp_path / "file" / "a", OSError, "file"),
    ):
        with pytest.raises(error, match=message):
            train(model, few, place)
        assert model.training
    with pytest.raises(ValueError, match="step: want training_step with fabric or snapshot"):
        train(model, few, tmp_path / "a", step=lambda *a, **k: training_step(*a, **k))


def test_a_text_is_a_path_and_a_snapshot_can_be_looked_into(few, tmp_path):
    history = train(VAE(2, (16,)), few, str(tmp_path / "a"))
    found = torch.load(tmp_path / "a", weights_only=True)
    assert found["rows"] == history.rows and found["settings"]["epochs"] == EPOCHS and found["steps"] == 9
    assert Snapshot(tmp_path / "a", found["settings"]).read()["rows"] == history.rows
    assert Snapshot(tmp_path / "b", {}).read() is None
