import pytest

from vae_helpers import found_factors
from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.pretrain import mnist_beta
from vae_helpers.training import History


def test_what_was_stopped_is_not_stored(monkeypatch, tmp_path, images):
    monkeypatch.setattr(mnist_beta, "REPO_DATA", tmp_path)
    monkeypatch.setattr(mnist_beta, "TABLE", tmp_path / "mnist_beta.json")
    monkeypatch.setattr(mnist_beta, "load_mnist", lambda split: (images, None))
    monkeypatch.setattr(mnist_beta, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="stay as they were: training was stopped"):
        mnist_beta.train_mnist_beta()
    assert [*tmp_path.iterdir()] == []


def test_each_beta_and_seed_has_its_row_and_one_its_weights(monkeypatch, tmp_path, test_set):
    asked = []
    small = tuple(part[:60] for part in test_set)
    monkeypatch.setattr(mnist_beta, "REPO_DATA", tmp_path)
    monkeypatch.setattr(mnist_beta, "TABLE", tmp_path / "mnist_beta.json")
    monkeypatch.setattr(found_factors, "TABLE", tmp_path / "mnist_beta.json")
    monkeypatch.setattr(mnist_beta, "load_mnist", lambda split: small)

    def fit(model, data, **options):
        model.encoder.head.weight.data *= 5  # as if it had been trained: its latents are awake
        asked.append((options["beta"], options["seed"]))
        return History()

    monkeypatch.setattr(mnist_beta, "fit", fit)
    mnist_beta.train_mnist_beta()
    assert asked == [(beta, seed) for beta in (1.0, 4.0) for seed in (0, 1, 2)]
    rows = found_factors.load_table()
    assert [(row["beta"], row["seed"]) for row in rows] == asked
    assert len(rows[0]["class"]) == rows[0]["active"] and rows[0]["slant"].keys() == {"best", "second", "all"}
    stored = read_checkpoint(tmp_path / "weights" / "mnist_beta_4.pt")
    assert stored["info"]["beta"] == 4.0 and stored["info"]["epochs"] == mnist_beta.RECIPE["epochs"]


@pytest.mark.slow
def test_the_shipped_model_is_the_one_of_the_table():
    path = REPO_DATA / "weights" / "mnist_beta_4.pt"
    assert path.stat().st_size < 0.29e6
    row = mnist_beta.describe(load_checkpoint(path).float(), *mnist_beta.SHIPPED)
    (shipped,) = [row for row in found_factors.load_table() if (row["beta"], row["seed"]) == mnist_beta.SHIPPED]
    assert row["active"] == shipped["active"] and row["class"] == pytest.approx(shipped["class"], abs=0.005)
    for name in ("slant", "stroke width", "width"):
        assert row[name] == pytest.approx(shipped[name], abs=0.005)
    assert row["kl"] == pytest.approx(shipped["kl"], abs=0.02)
