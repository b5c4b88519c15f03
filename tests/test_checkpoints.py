import pickle
import random
import warnings
from collections import OrderedDict
from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from vae_helpers import checkpoints
from vae_helpers.checkpoints import CheckpointError, load_checkpoint, read_checkpoint, save_checkpoint
from vae_helpers.evaluation import Terms
from vae_helpers.models import MODELS, VAE, Autoencoder
from vae_helpers.training import History


@pytest.mark.parametrize("model", [VAE(3, (16, 8), layer_norm=False, seed=1), Autoencoder(2, (16,), seed=2)])
def test_round_trip(model, tmp_path, images):
    path = save_checkpoint(model, tmp_path / "deep" / "model.pt", {"epochs": 3, "loss": [1.5, 1.0]})
    again = load_checkpoint(path)
    assert type(again) is type(model) and not again.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, again.state_dict()[name])
    assert read_checkpoint(path)["info"] == {"epochs": 3, "loss": [1.5, 1.0]}


@pytest.mark.parametrize("kind", MODELS)
def test_every_model_of_the_list_can_be_saved(kind, tmp_path):
    path = save_checkpoint(MODELS[kind](), tmp_path / "a.pt")
    assert type(load_checkpoint(path)) is MODELS[kind] and read_checkpoint(path)["model"] == kind


def test_sizes_from_numpy(tmp_path):
    model = VAE(np.int64(3), [np.int64(8)], layer_norm=np.True_)
    assert load_checkpoint(save_checkpoint(model, tmp_path / "a.pt")).architecture == model.architecture


def test_into_a_given_model(tmp_path):
    path = save_checkpoint(VAE(2, (16,), seed=1), tmp_path / "a.pt")
    model = VAE(2, (16,), seed=2)
    assert load_checkpoint(path, model) is model
    with pytest.raises(
        CheckpointError, match=r"holds a VAE with .*'latent_dim': 2.*but the model given is a VAE with .*3"
    ):
        load_checkpoint(path, VAE(3, (16,)))
    with pytest.raises(CheckpointError, match="the model given is a Autoencoder"):
        load_checkpoint(path, Autoencoder(2, (16,)))


def test_a_failed_save_keeps_the_old_file(tmp_path, monkeypatch):
    path = save_checkpoint(VAE(2, (16,), seed=1), tmp_path / "a.pt")
    before = path.read_bytes()

    def full_disk(number):
        raise OSError("no space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(VAE(2, (16,), seed=2), path)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.pt"]


class Colour(IntEnum):
    RED = 2


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (np.mean([1.0, 2.0]), 1.5),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.int64(3), 3),
        (np.True_, True),
        (np.arange(3.0).reshape(1, 3), [[0.0, 1.0, 2.0]]),
        (np.array(3), 3),
        (Path("a") / "b", str(Path("a") / "b")),
        (torch.__version__, str(torch.__version__)),
        (Colour.RED, 2),
        (Terms(80.0, 20.0), {"reconstruction": 80.0, "kl": 20.0}),
        (OrderedDict(a=np.int8(1)), {"a": 1}),
        ({np.int64(3): (None, True, ["x", 1.5])}, {3: (None, True, ["x", 1.5])}),
        (History([{"epoch": 1}]).rows, [{"epoch": 1}]),
    ],
)
def test_info_comes_back_as_plain_values(value, stored, tmp_path):
    path = save_checkpoint(VAE(2, (4,)), tmp_path / "a.pt", {"value": value})
    got = read_checkpoint(path)["info"]["value"]
    assert got == stored and type(got) is type(stored)


def test_tensors_in_info(tmp_path):
    weight = nn.Parameter(torch.rand(3))
    path = save_checkpoint(VAE(2, (4,)), tmp_path / "a.pt", {"codes": weight, "few": torch.rand(1_000_000)[:2]})
    got = read_checkpoint(path)["info"]["codes"]
    assert torch.equal(got, weight) and not got.requires_grad
    assert path.stat().st_size < 100_000  # not all that a slice was cut from


def circular() -> list:
    circle: list = []
    circle.append(circle)
    return circle


@pytest.mark.parametrize(
    ("info", "message"),
    [
        ({"history": History()}, r"info\['history'\]: want plain numbers, .*, got History"),
        ({"a": {"b": [0, {1}]}}, r"info\['a'\]\['b'\]\[1\]: want plain .*, got set"),
        ({"c": 1j}, r"info\['c'\]: .*, got complex"),
        ({"d": np.array([None])}, r"info\['d'\]: .*, got ndarray"),
        ({"e": np.datetime64("2020-01-01")}, r"info\['e'\]: .*, got datetime64"),
        ({"f": lambda: 0}, r"info\['f'\]: .*, got function"),
        ({(1, 2): 3}, r"info's key \(1, 2\): .*, got tuple"),
        ({"g": circular()}, r"info\['g'\]\[0\].*: want .*, got one that holds itself"),
        ([("loss", 1.0)], "info: want a dict of plain .*, got list"),
        (1.0, "info: want a dict of plain .*, got float"),
    ],
)
def test_info_that_could_not_be_loaded_is_refused(info, message, tmp_path):
    path = save_checkpoint(VAE(2, (4,), seed=1), tmp_path / "a.pt")
    before = path.read_bytes()
    for target in (path, tmp_path / "new" / "b.pt"):
        with pytest.raises(TypeError, match=message):
            save_checkpoint(VAE(2, (4,), seed=2), target, info)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.pt"]


def test_a_model_that_could_not_be_loaded_is_refused(tmp_path):
    """Its decoder is not the one that its architecture tells."""
    path = save_checkpoint(VAE(2, (4,), seed=1), tmp_path / "a.pt")
    before = path.read_bytes()
    changed = VAE(2, (4,), seed=2)
    changed.decoder = nn.Linear(2, 784)
    with pytest.raises(ValueError, match="model: this VAE could not be loaded again, so it is not saved: .*decoder"):
        save_checkpoint(changed, path)
    assert path.read_bytes() == before


def test_not_over_a_folder_or_a_read_only_file(tmp_path):
    with pytest.raises(IsADirectoryError, match="path: want a file, got the folder"):
        save_checkpoint(VAE(2, (4,)), tmp_path)
    path = save_checkpoint(VAE(2, (4,), seed=1), str(tmp_path / "a.pt"))
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="a.pt is read-only"):
        save_checkpoint(VAE(2, (4,), seed=2), path)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.pt"]
    path.chmod(0o644)
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(OSError):
        save_checkpoint(VAE(2, (4,)), tmp_path / "file" / "a.pt")


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "there" / "a.pt", tmp_path / "here.pt"
    save_checkpoint(VAE(2, (4,), seed=1), target)
    link.symlink_to(target)
    model = VAE(2, (4,), seed=2)
    assert save_checkpoint(model, link) == link and link.is_symlink()
    assert torch.equal(load_checkpoint(target).decoder.head.weight, model.decoder.head.weight)


def test_double_precision_comes_back_in_full(tmp_path):
    model = VAE(2, (4,), seed=1).double()
    model.decoder.head.bias.data += 1e-12
    path = save_checkpoint(model, tmp_path / "a.pt")
    assert torch.equal(load_checkpoint(path).decoder.head.bias, model.decoder.head.bias)
    single = VAE(2, (4,), seed=2)
    before = [value.clone() for value in single.parameters()]
    with pytest.raises(
        CheckpointError, match=r"weights don't fit a VAE: .* is torch.float64 .*, wanted is torch.float32"
    ):
        load_checkpoint(path, single)
    assert all(torch.equal(a, b) for a, b in zip(before, single.parameters(), strict=True))


def test_unknown_model(tmp_path):
    with pytest.raises(TypeError, match="model: want one of VAE, Autoencoder"):
        save_checkpoint(nn.Linear(2, 2), tmp_path / "a.pt")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint at"):
        load_checkpoint(tmp_path / "none.pt")


class Hostile:
    def __reduce__(self):
        return (print, ("this must never be printed",))


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b"not a checkpoint"),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(pickle.dumps(Hostile())),
        lambda path: torch.save({"format": 1, "model": Hostile()}, path),
        lambda path: torch.save({"weights": {}}, path),
        lambda path: torch.save([1, 2], path),
    ],
)
def test_other_files(write, tmp_path, capsys):
    write(tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="checkpoint"):
        load_checkpoint(tmp_path / "a.pt")
    assert capsys.readouterr().out == ""


def test_truncated_file(tmp_path):
    path = save_checkpoint(VAE(2, (16,)), tmp_path / "a.pt")
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


def tampered(change) -> dict:
    model = VAE(2, (4,), seed=0)
    content = {
        "format": 1,
        "model": "VAE",
        "architecture": model.architecture,
        "weights": model.state_dict(),
        "info": {},
    }
    change(content)
    return content


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.pop("weights"), "its 'weights' is missing or no dict"),
        (lambda content: content.pop("model"), "its 'model' is missing or no str"),
        (lambda content: content.pop("info"), "its 'info' is missing or no dict"),
        (lambda content: content.update(architecture=[2]), "its 'architecture' is missing or no dict"),
        (lambda content: content.update(model="GAN"), "holds a 'GAN'; known are VAE"),
        (lambda content: content.update(architecture={"width": 3}), "can't be built"),
        (lambda content: content.update(architecture={"latent_dim": 0}), "can't be built"),
        (lambda content: content["weights"].pop("decoder.head.bias"), "decoder.head.bias is missing, wanted is"),
        (lambda content: content["weights"].update(more=torch.zeros(1)), "more is .*, wanted is none"),
        (lambda content: content["weights"].update({"decoder.head.bias": torch.zeros(3)}), r"is torch.float32 \(3,\)"),
        (lambda content: content["weights"].update({"decoder.head.bias": 3}), "decoder.head.bias is int"),
    ],
)
def test_incomplete_content(change, message, tmp_path):
    torch.save(tampered(change), tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(tmp_path / "a.pt")
    model = VAE(2, (4,), seed=3)
    before = [value.clone() for value in model.parameters()]
    with pytest.raises(CheckpointError):
        load_checkpoint(tmp_path / "a.pt", model)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_every_cut(tmp_path):
    path = save_checkpoint(VAE(2, (4,), seed=1), tmp_path / "a.pt")
    data = path.read_bytes()
    for length in range(0, len(data), 499):
        path.write_bytes(data[:length])
        with pytest.raises(CheckpointError, match="can't be read as a checkpoint"):
            load_checkpoint(path)


@pytest.mark.slow
def test_a_flipped_bit_is_noticed_or_harmless(tmp_path):
    """All bits of the list of contents at the file's end, and 300 others: PyTorch itself compares no checksums."""
    path = save_checkpoint(VAE(2, (4,), seed=1), tmp_path / "a.pt", {"loss": [1.5]})
    data, good = path.read_bytes(), load_checkpoint(path).state_dict()
    draw = random.Random(0)
    places = [(k, draw.randrange(8)) for k in range(data.index(b"PK\x01\x02"), len(data))]
    places += [(draw.randrange(len(data)), draw.randrange(8)) for _ in range(300)]
    noticed = 0
    for place, bit in places:
        changed = bytearray(data)
        changed[place] ^= 1 << bit
        path.write_bytes(changed)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                got = load_checkpoint(path).state_dict()
        except CheckpointError:
            noticed += 1
        else:
            assert got.keys() == good.keys() and all(torch.equal(got[name], good[name]) for name in good), (place, bit)
            assert read_checkpoint(path)["info"] == {"loss": [1.5]}
    assert noticed > len(places) / 2


def test_a_bit_flipped_in_the_weights(tmp_path):
    path = save_checkpoint(VAE(2, (4,), seed=1), tmp_path / "a.pt")
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=r"damaged \(the checksum of archive/data/0 is wrong\)"):
        load_checkpoint(path)
