"""What a run of notebook 09's table measures, the table itself, and the four models that are shipped of it."""

import json
import math

import pytest
import torch
from torch import Generator

from vae_helpers import aggregate
from vae_helpers.aggregate import (
    KINDS,
    SCORES,
    STANDARD,
    aggregate_draws,
    decoded_classes,
    describe,
    imbalance,
    load_adversarial,
    measure,
    train,
)
from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.encoding import encode_distributions
from vae_helpers.evaluation import evaluate
from vae_helpers.models import VAE, AdversarialAutoencoder, Autoencoder
from vae_helpers.pretrain.adversarial_table import SETTINGS, runs
from vae_helpers.training import History

IMAGES = torch.rand(300, 1, 28, 28, generator=Generator().manual_seed(0))
needs_table = pytest.mark.skipif(not aggregate.TABLE.exists(), reason="the table is not made yet")


@pytest.fixture
def little(monkeypatch):
    """One epoch of a small model on 300 images of noise, and few draws."""
    small = {"hidden": [8], "judges": [4], "epochs": 1, "images": 300}
    for name, value in {"RECIPE": small, "DECODED": 50, "PROBED": 2, "LAST": 1, "TRACE": 2}.items():
        monkeypatch.setattr(aggregate, name, value)
    monkeypatch.setattr(aggregate, "load_mnist", lambda split: (IMAGES, None))


@pytest.mark.parametrize("kind", KINDS)
def test_a_row(little, kind):
    row, again = (measure(kind, 3, 2.0, 0.0, seed=1) for _ in range(2))
    assert row == again
    assert [*row] == ["kind", "latent_dim", "weight", "warm_up_epochs", "seed", *SCORES, "judge", "trace"]
    assert (row["kl"] is None) == (kind != "vae") and (row["judge"] is None) == (kind != "aae")
    assert row["log_px"] is None and json.loads(json.dumps(row)) == row


def test_the_discriminators_loss_is_given_at_the_end_and_on_the_way(monkeypatch, little):
    monkeypatch.setattr(aggregate, "LAST", 2)
    monkeypatch.setattr(aggregate, "train", lambda *settings: (Autoencoder(3, (8,)), [1.0, 2.0, 4.0]))
    row = measure("aae", 3, 1.0, 0.0)
    assert (row["judge"], row["trace"]) == (3.0, [1.5, 4.0])


def test_a_vaes_draws_are_spread_as_its_posterior_says():
    model = VAE(2, (8,))
    mu, logvar = encode_distributions(model, IMAGES)
    eps = (aggregate_draws(model, IMAGES, seed=3) - mu) / (0.5 * logvar).exp()
    assert torch.allclose(eps, torch.randn(300, 2, generator=Generator().manual_seed(3)), atol=1e-4)


def test_log_px_is_of_black_and_white_images(monkeypatch, little):
    seen = []
    monkeypatch.setattr(aggregate, "grid_log_prob", lambda model, x: seen.append(x) or torch.tensor([-3.0, -5.0]))
    assert describe(Autoencoder(2, (8,)), IMAGES)["log_px"] == -4.0
    assert torch.equal(seen[0], (IMAGES[:2] > 0.5).float())


def test_what_the_classifier_sees_in_decoded_latents():
    """One image decoded from every latent: it is of one class, and it is a hole or none."""
    shares, holes = decoded_classes(Autoencoder(2, (8,)), torch.zeros(2500, 2))
    assert shares.max() == 1 and shares.sum() == 1 and holes in (0.0, 1.0)


def test_rows_that_say_all_that_is_wanted():
    rows = load_adversarial(kind="aae", latent_dim=8, seed=1)
    assert len(rows) == 10 and {(row["kind"], row["latent_dim"], row["seed"]) for row in rows} == {("aae", 8, 1)}


def test_the_weight_and_the_warm_up_reach_fit(monkeypatch, little):
    asked = []
    monkeypatch.setattr(aggregate, "fit", lambda model, images, **options: asked.append((model, options)) or History())
    for kind in KINDS:
        train(kind, IMAGES, 2, 7.0, 0.0)
    train("aae", IMAGES, 2, 8.0, 4.0)
    assert [type(model) for model, _ in asked[:4]] == [Autoencoder, VAE, AdversarialAutoencoder, Autoencoder]
    assert [options["beta"] for _, options in asked[:4]] == [7.0] * 4
    assert [asked[4][1]["beta"](epoch) for epoch in (0, 1, 4, 8)] == [0, 2, 8, 8]
    assert len({options["step"] for _, options in asked[:4]}) == 3  # AE and VAE learn by the same step


def test_no_row_where_training_was_stopped(monkeypatch, little):
    monkeypatch.setattr(aggregate, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="no figures"):
        measure("ae", 2, 0.0, 0.0)


@pytest.mark.parametrize("settings, message", [(("gan",), "kind"), (("ae", 2, -1.0), "weight")])
def test_bad_settings(settings, message):
    kind, *rest = settings
    with pytest.raises(ValueError, match=message):
        train(kind, IMAGES, *rest)


def test_too_few_images_to_describe():
    with pytest.raises(ValueError, match="^images: want at least 8, got 7"):
        describe(Autoencoder(3, (8,)), IMAGES[:7])


class Giving(Autoencoder):
    """Codes that are what it was given."""

    def __init__(self, z):
        super().__init__(z.shape[1], (8,))
        self.z = z

    def encode(self, x):
        return self.z[: len(x)]


def test_draws_of_the_prior_are_told_from_others():
    z = torch.randn(300, 3, generator=Generator().manual_seed(5))
    same, wide = describe(Giving(z), IMAGES), describe(Giving(2 * z + 1), IMAGES)
    assert abs(same["mmd"]) < 0.02 < 0.05 < wide["mmd"]
    assert 0.7 < same["variances"][0] < same["variances"][1] < 1.4 and same["mean"] < 0.2
    assert wide["variances"] == pytest.approx([4 * value for value in same["variances"]], abs=0.01)
    assert wide["mean"] == pytest.approx((2 * z + 1).mean(dim=0).norm().item(), abs=1e-3)


@pytest.mark.slow
def test_a_model_in_double_precision_is_described(little):
    assert [*describe(Autoencoder(2, (8,)).double(), IMAGES.double())] == [*SCORES]


def test_imbalance():
    assert imbalance(torch.full((10,), 0.1)).item() == pytest.approx(0, abs=1e-6)
    assert imbalance(torch.tensor([1.0, 0, 0, 0])).item() == 0.75


@needs_table
def test_the_table_holds_every_run_in_order_and_what_it_was_made_by():
    table = json.loads(aggregate.TABLE.read_text(encoding="utf-8"))
    keys = [
        tuple(row[name] for name in ("kind", "latent_dim", "weight", "warm_up_epochs", "seed")) for row in table["rows"]
    ]
    assert set(keys) == {*runs()} and len(keys) == len({*keys})
    assert table["made_from"] == SETTINGS | {"torch": table["made_from"]["torch"]}
    for row in table["rows"]:
        assert sum(row["classes"]) == pytest.approx(1, abs=1e-3)
        assert row["imbalance"] == pytest.approx(imbalance(torch.tensor(row["classes"])).item(), abs=1e-3)
        assert (row["judge"] is None) == (row["kind"] != "aae") and (row["log_px"] is None) == (row["latent_dim"] != 2)
        assert row["judge"] is None or 0 <= row["judge"] < 2 * math.log(2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_model_reconstructs_as_its_file_says(kind):
    path = REPO_DATA / "weights" / f"small_{kind}_2d.pt"
    info = read_checkpoint(path)["info"]
    assert (info["weight"], info["warm_up_epochs"]) == STANDARD[kind]
    nats = evaluate(load_checkpoint(path).float(), load_mnist("test")[0]).reconstruction
    assert nats == pytest.approx(info["reconstruction"], abs=0.05)
    if aggregate.TABLE.exists():  # made on another processor: near its row, not the same
        (row,) = load_adversarial(
            kind=kind, latent_dim=2, seed=0, weight=info["weight"], warm_up_epochs=info["warm_up_epochs"]
        )
        assert nats == pytest.approx(row["reconstruction"], abs=1)
