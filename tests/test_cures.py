"""What a run of the table of names measures, the table itself, and the model that is shipped beside it."""

import json
import math

import pytest
import torch
from torch import Generator

from vae_helpers import cures
from vae_helpers.cures import (
    COUNTED,
    KINDS,
    LENGTHS,
    SETTINGS,
    describe,
    likeliest,
    load_cures,
    measure,
    train_name_model,
    without_language,
)
from vae_helpers.data import load_names
from vae_helpers.data.names import spell
from vae_helpers.evaluation import evaluate
from vae_helpers.models import NameVAE, PaddedNameVAE
from vae_helpers.training import History

NAMES = load_names("test")[0][:60]
COLUMNS = ["reconstruction", "kl", "active", "shuffled", "nats", "by_length", "alike"]
needs_table = pytest.mark.skipif(not cures.TABLE.exists(), reason="the table is not made yet")


@pytest.fixture
def little(monkeypatch):
    """A few names, and few draws."""
    for name, value in {"DRAWS": 2, "LIKELIEST": 5}.items():
        monkeypatch.setattr(cures, name, value)
    monkeypatch.setattr(cures, "load_names", lambda split: (NAMES, None))
    monkeypatch.setitem(cures.RECIPE, "batch_size", 60)


@pytest.fixture
def asked(monkeypatch):
    """What ``fit`` is asked for, which then trains nothing."""
    found = {}
    monkeypatch.setattr(cures, "fit", lambda model, data, **options: found.update(options, model=model) or History())
    return found


def test_a_row(little):
    row, again = (measure("hidden letters", seed=1, epochs=1) for _ in range(2))
    assert row | {"seconds": 0} == again | {"seconds": 0}
    assert [*row] == ["kind", "seed", "seconds", *COLUMNS, "train"] and json.loads(json.dumps(row)) == row
    counted = measure(COUNTED)
    assert [*counted] == [*row] and counted["kl"] is None and 5 < counted["nats"] < 30


@pytest.mark.parametrize("kind", SETTINGS)
def test_one_thing_is_changed_at_a_time(asked, kind):
    train_name_model(kind, NAMES, seed=2)
    model, step = asked["model"], asked["step"]
    beta = asked["beta"](5.0) if callable(asked["beta"]) else asked["beta"]
    assert (model.latent_dim, model.languages, asked["seed"]) == (8, 1, 2)
    changes = {
        "annealed": beta == 0.5,
        "lighter KL": beta == 0.6,
        "hidden letters": getattr(model, "input_dropout", 0.0) == 0.4,
        "all letters hidden": getattr(model, "input_dropout", 0.0) == 1,
        "free bits": step.__closure__[0].cell_contents == 4,
        "MLP": isinstance(model, PaddedNameVAE),
        "MLP, twice as long": asked["epochs"] == 60,
    }
    wanted = {kind} - {"plain"} | ({"MLP"} if kind.startswith("MLP") else set())
    assert {name for name, changed in changes.items() if changed} == wanted
    if kind in ("plain", "MLP"):
        fresh = NameVAE(8, 1, input_dropout=0, seed=2) if kind == "plain" else PaddedNameVAE(8, 1, (128,), seed=2)
        assert all(torch.equal(*pair) for pair in zip(model.parameters(), fresh.parameters(), strict=True))
        assert (asked["epochs"], asked["batch_size"], asked["learning_rate"]) == (30, 128, 6e-3)
    if kind == "plain":
        assert (beta, model.input_dropout, step.__closure__[0].cell_contents) == (1, 0, 0)


def test_as_many_epochs_as_are_wanted(asked):
    train_name_model("MLP, twice as long", NAMES, epochs=3)
    assert asked["epochs"] == 3


def test_a_description_is_of_a_model_in_use():
    """No letter is hidden then, and it goes on training where it was."""
    model = NameVAE(2, languages=1, hidden=8).train()
    found = describe(model, NAMES, draws=2)
    assert model.training and found == describe(model.eval(), NAMES, draws=2)


def test_the_z_of_another_name():
    """A decoder that says what z says: each name's z is its own first letter, and all names have two."""
    names = spell(["aa", "bb"], steps=16).repeat(10, 1)  # the next name is always the other

    class Copies(PaddedNameVAE):
        def encode(self, names, c):
            mu = 2.0 * names[:, :1] - 3
            return mu, torch.full_like(mu, -20.0)

        def decode(self, z, c):
            logits = torch.zeros(len(z), 17, 61)
            logits[:, :2, 1], logits[:, :2, 2], logits[:, 2:, 0] = -5 * z, 5 * z, 100.0
            logits[:, :2, 3:] = logits[:, :2, 0] = -100.0
            return logits

    found = describe(Copies(1, languages=1, hidden=(2,)), names, draws=2)
    assert found["reconstruction"] == pytest.approx(2 * math.log1p(math.exp(-10)), abs=1e-3)
    assert found["shuffled"] == pytest.approx(20, abs=0.01) and found["active"] == 1
    assert 50 <= found["alike"] <= 70  # of 100 draws, half are a, half are b
    assert found["by_length"] == {"2 to 5": found["nats"], "6 to 8": None, "9 to 16": None}


def test_a_decoder_that_leaves_z_alone_writes_one_name():
    model = NameVAE(3, languages=1, hidden=8)
    model.decoder.gru.weight_ih_l0.data[:, 32:35] = 0
    found = describe(model, NAMES, draws=2)
    assert found["alike"] == 100 and found["shuffled"] == pytest.approx(0, abs=1e-3)
    assert len({*likeliest(model, torch.randn(9, 3, generator=Generator().manual_seed(0)))}) == 1


def test_lengths_are_all_there_are():
    covered = [length for low, high in LENGTHS.values() for length in range(low, high + 1)]
    assert covered == [*range(2, 17)]
    lengths = (torch.cat([load_names(split)[0] for split in ("train", "test")]) != 0).sum(dim=1)
    assert (lengths.min(), lengths.max()) == (2, 16)


def test_what_was_stopped_has_no_figures(monkeypatch):
    monkeypatch.setattr(cures, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="training was stopped"):
        measure("plain")


@pytest.mark.parametrize("call", [measure, lambda kind: train_name_model(kind, NAMES)])
def test_no_such_kind(call):
    with pytest.raises(ValueError, match='^kind: want "plain" or "annealed" or .*, got "?\'?a miracle'):
        call("a miracle")
    with pytest.raises(ValueError, match="^kind: want"):
        train_name_model(COUNTED, NAMES)


@needs_table
def test_rows_of_the_table_hold_together():
    rows = load_cures()
    assert {row["kind"] for row in rows} == {*KINDS}
    for row in rows:
        assert [*row["by_length"]] == [*LENGTHS] and row["by_length"]["2 to 5"] < row["nats"]
        if row["kind"] != COUNTED:
            assert row["nats"] < row["reconstruction"] + row["kl"] + 0.05  # never above the bound but for its noise
            assert 0 <= row["active"] <= 8 and 1 <= row["alike"] <= 100


@needs_table
def test_the_n_gram_of_the_table_is_the_one_of_the_package():
    assert load_cures(kind=COUNTED) == [measure(COUNTED)]


@needs_table
@pytest.mark.slow
def test_an_epoch_of_the_table_trains_as_here():
    """Nothing of the recipe was forgotten: an epoch brings a model most of the way to the n-gram's nats."""
    names = load_names("train")[0]
    found = evaluate(train_name_model("plain", names, epochs=1), without_language(load_names("test")[0]))
    assert 17 < found.total < 23
