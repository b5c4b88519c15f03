import pickle

import numpy as np
import pytest
import torch
from torch import nn

from vae_helpers import checkpoints
from vae_helpers.checkpoints import CheckpointError, load_checkpoint, read_checkpoint, save_checkpoint
from vae_helpers.models import MODELS, VAE, Autoencoder


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

    def full_disk(content, target):
        with open(target, "wb") as file:
            file.write(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(checkpoints.torch, "save", full_disk)
    with pytest.raises(OSError, match="no space"):
        save_checkpoint(VAE(2, (16,), seed=2), path)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.pt"]


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
