"""``python -m vae_helpers.pretrain --model``, in one process. (Under torchrun: at_scale/test_two_workers.py.)"""

import pytest
import torch

from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.evaluation import evaluate
from vae_helpers.pretrain import __main__ as pretrain
from vae_helpers.pretrain import one_model
from vae_helpers.pretrain.digits import RECIPES
from vae_helpers.training import History

SMALL = ["--model", "vae_2d_beta_10", "--epochs", "1", "--images", "300", "--batch-size", "100", "--seed", "3"]


@pytest.fixture
def few(monkeypatch, tmp_path):
    """300 images to train on, 50 to test, and a folder to stand in."""
    load = load_mnist
    monkeypatch.setattr(
        one_model, "load_mnist", lambda split: tuple(x[: {"train": 400, "test": 50}[split]] for x in load(split))
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_the_recipe_and_goes_beside_the_shipped_weights(few, capsys, monkeypatch):
    asked, fit = {}, one_model.fit

    def spy(model, images, tests, **options):
        asked.update(options, images=len(images), model=type(model).__name__)
        return fit(model, images, tests, **options)

    monkeypatch.setattr(one_model, "fit", spy)
    shipped = {path: path.stat().st_mtime_ns for path in (REPO_DATA / "weights").iterdir()}
    pretrain.main(SMALL)
    assert (asked["epochs"], asked["images"], asked["batch_size"], asked["seed"]) == (1, 300, 100, 3)
    assert (asked["beta"], asked["model"], asked["fabric"], asked["snapshot"]) == (10.0, "VAE", None, None)
    path = few / "build" / "vae_2d_beta_10.pt"
    info = read_checkpoint(path)["info"]
    assert (info["epochs"], info["images"], info["batch_size"], info["seed"], info["beta"]) == (1, 300, 100, 3, 10.0)
    total = evaluate(load_checkpoint(path), load_mnist("test")[0][:50]).total
    assert info["last_epoch"]["test_total"] == pytest.approx(total, rel=1e-6)
    text = capsys.readouterr().out
    assert f"epoch 1: {info['last_epoch']['train_total']:.5f} nats per training image, {total:.5f} per test" in text
    assert f"build/vae_2d_beta_10.pt: {total:.5f} nats per test image" in text
    assert [path.name for path in (few / "build").iterdir()] == ["vae_2d_beta_10.pt"]
    assert shipped == {path: path.stat().st_mtime_ns for path in (REPO_DATA / "weights").iterdir()}


@pytest.mark.parametrize("name", one_model.NAMES)
def test_each_recipe_without_options(few, monkeypatch, name):
    asked = {}

    def not_trained(model, images, tests, **options):
        asked.update(options, latent_dim=model.latent_dim, model=type(model).__name__)
        return History([{"test_total": 1.0, "train_total": 1.0}])

    monkeypatch.setattr(one_model, "fit", not_trained)
    pretrain.main(["--model", name])
    recipe = {"model": "VAE", "beta": 1.0} | RECIPES[f"{name}.pt"]
    assert {key: asked[key] for key in recipe} == recipe and (asked["batch_size"], asked["seed"]) == (256, 0)


def test_a_snapshot_beside_the_weights_or_where_it_is_wanted(few, capsys):
    pretrain.main([*SMALL, "--snapshot", "--to", "a.pt"])
    first = capsys.readouterr().out
    pretrain.main([*SMALL, "--snapshot", "a.snapshot", "--to", "b.pt"])
    again = capsys.readouterr().out
    assert "epoch 1" in first and "epoch 1" not in again  # it was finished
    assert first.splitlines()[-1].replace("a.pt", "b.pt") == again.splitlines()[-1]
    a, b = (read_checkpoint(few / name)["weights"] for name in ("a.pt", "b.pt"))
    assert all(torch.equal(a[name], b[name]) for name in a)
    with pytest.raises(SystemExit, match="a.snapshot is of another training: seed was 3 and is 0"):
        pretrain.main([*SMALL[:-2], "--snapshot", "a.snapshot"])


def test_what_was_stopped_is_not_stored(few, monkeypatch):
    monkeypatch.setattr(one_model, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="vae_20d.pt is not written: training was stopped"):
        pretrain.main(["--model", "vae_20d"])
    assert [*few.iterdir()] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "vae_3d"], "argument --model: invalid choice: 'vae_3d'"),
        (["--model", "vae_2d", "--epochs", "0"], "argument --epochs: want a whole number >= 1, got '0'"),
        (["--model", "vae_2d", "--images", "many"], "argument --images: want a whole number >= 1, got 'many'"),
        (["--model", "vae_2d", "--batch-size", "-5"], "argument --batch-size: "),
        (["--model", "vae_2d", "digits"], "want parts or --model, got digits and --model vae_2d"),
        (["--epochs", "3"], "--epochs goes with --model NAME only"),
        (["digits", "--seed=1"], "--seed=1 goes with --model NAME only"),
    ],
)
def test_bad_options(few, capsys, arguments, message):
    with pytest.raises(SystemExit) as ended:
        pretrain.main(arguments)
    assert ended.value.code == 2 and message in capsys.readouterr().err and [*few.iterdir()] == []
