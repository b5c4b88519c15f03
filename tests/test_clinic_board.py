"""The table of symptoms, and that each patient's complaint is what its owner would see in it."""

import json
import math

import pytest

from vae_helpers.clinic import PATIENTS
from vae_helpers.clinic.board import HEALTHY, POINTS, RECIPE, TABLE, load_board, observe
from vae_helpers.pretrain import clinic as made

# what a complaint says in numbers, of the patient's row and of the healthy model's with the same seed
COMPLAINTS = {
    "Ada": lambda sick, friend: sick["losses"][0] < 2 and round(sick["own_loss"], 2) == 0.27 and collapsed(sick),
    "Bela": lambda sick, friend: near(sick["own_loss"], 208, 1) and collapsed(sick),
    "Cleo": lambda sick, friend: near(sick["own_loss"], 207, 1) and sick["own_kl"] < 0.01 and collapsed(sick),
    "Dora": lambda sick, friend: near(sick["own_reconstruction"], 207, 1) and sick["own_kl"] > 1 and collapsed(sick),
    "Emil": lambda sick, friend: near(sick["own_kl"], 0.06, 0.01) and copies_alike(sick, friend, 4) and alive(sick),
    "Finn": lambda sick, friend: (
        sick["own_loss"] < friend["own_loss"] - 14
        and near(sick["own_kl"] / friend["own_kl"], 0.2, 0.02)
        and sick["honest_reconstruction"] < friend["honest_reconstruction"] - 3
    ),
    "Gita": lambda sick, friend: near(sick["own_kl"], -4, 0.5) and near(gain(sick, friend), 25, 3),
    "Hugo": lambda sick, friend: gain(sick, friend) > 8 and sick["optimism"] > 12,
    "Ines": lambda sick, friend: (
        near(sick["own_loss"], 117, 1) and near(friend["own_loss"], 144, 2) and friend["holes"] - sick["holes"] < 0.1
    ),
    "Jan": lambda sick, friend: (
        sick["losses"][0] > 700
        and near(sick["own_loss"], 544.5, 0.5)
        and collapsed(sick)
        and near(sick["pixel_least"], sick["pixel_most"], 0.12)
    ),
    "Kaja": lambda sick, friend: gain(sick, friend) < -30,
    "Leo": lambda sick, friend: min(sick["losses"][:12]) < 0 and sick["own_loss"] < -1e5,
    "Mira": lambda sick, friend: near(gain(sick, friend), -20, 4),
    "Nils": lambda sick, friend: (
        near(sick["losses"][4], 280, 10)
        and max(sick["losses"][5:]) > sick["losses"][4] + 20
        and 215 < sick["losses"][-1] < 245
    ),
    "Olga": lambda sick, friend: (
        near(sick["own_loss"], 117, 1) and near(sick["own_kl"], 0.6, 0.05) and near(sick["sigma"], 1, 0.001)
    ),
    "Piet": lambda sick, friend: sick["own_loss"] < sick["losses"][-1] - 3 and near(sick["optimism"], 5, 1),
    "Quentin": lambda sick, friend: min(sick["losses"][:12]) < 0 and near(sick["losses"][-1], -17_000, 500),
    "Rosa": lambda sick, friend: near(gain(sick, friend), -23, 2) and alive(sick),
    "Sven": lambda sick, friend: sick["encode_repeat"] > 0.1 and near(gain(sick, friend), -7, 1),
    "Tove": lambda sick, friend: sick["encode_mates"] > 0.01,
    "Ugo": lambda sick, friend: near(gain(sick, friend), 0, 0.5) and sick["finite_when_sure"] == 0,
    "Vera": lambda sick, friend: (
        sick["own_kl"] > 45 and gain(sick, friend) < -30 and copies_alike(sick, friend, 4)
    ),
    "Will": lambda sick, friend: near(sick["own_loss"], 0.264, 0.001) and near(sick["own_kl"], 2e-4, 1e-4),
    "Xenia": lambda sick, friend: (
        near(gain(sick, friend), 20, 3)
        and near(sick["own_kl"], 0.7, 0.05)
        and sick["honest_reconstruction"] < friend["honest_reconstruction"] - 7
    ),
    "Yara": lambda sick, friend: near(sick["own_loss"], 206, 1) and sick["own_kl"] > 1 and sick["use_of_z"] < 6,
}  # fmt: skip


def near(value: float, wanted: float, within: float) -> bool:
    return abs(value - wanted) <= within


def collapsed(row) -> bool:
    return row["active_units"] == 0 and abs(row["use_of_z"]) < 0.5 and row["holes"] == 1


def alive(row) -> bool:
    return row["active_units"] == RECIPE["latent_dim"]


def gain(sick, friend) -> float:
    """By how much the own loss is below the friend's."""
    return friend["own_loss"] - sick["own_loss"]


def copies_alike(sick, friend, within: float) -> bool:
    return near(sick["honest_reconstruction"], friend["honest_reconstruction"], within)


def test_every_patient_is_on_the_board():
    rows = load_board()
    assert [(row["name"], row["seed"]) for row in rows] == [
        (name, seed) for name in (HEALTHY, *PATIENTS) for seed in (0, 1, 2)
    ], "python -m vae_helpers.pretrain clinic"
    assert all(len(row["losses"]) == POINTS for row in rows)
    assert json.loads(TABLE.read_text(encoding="utf-8"))["made_from"].items() >= RECIPE.items()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_table_of_signatures_is_diagonal_there_too(seed):
    for row in load_board(seed=seed):
        wanted = [] if row["name"] == HEALTHY else [PATIENTS[row["name"]].diagnosis]
        assert row["signatures"] == wanted, row["name"]


def test_each_complaint_is_put_in_numbers():
    assert COMPLAINTS.keys() == PATIENTS.keys()


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", PATIENTS)
def test_complaints(name, seed):
    (sick,), (friend,) = load_board(name=name, seed=seed), load_board(name=HEALTHY, seed=seed)
    assert COMPLAINTS[name](sick, friend), PATIENTS[name].symptom


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_complaints_are_no_healthy_models(seed):
    """But of those who complain of nothing that shows."""
    (friend,) = load_board(name=HEALTHY, seed=seed)
    assert [name for name, complaint in COMPLAINTS.items() if complaint(friend, friend)] == []


@pytest.mark.slow
def test_smaller_batches_help_bela():
    """Its complaint: the KL's weight is the batch size."""
    from vae_helpers.clinic import find, order
    from vae_helpers.data import load_mnist
    from vae_helpers.training import fit

    images, losses = load_mnist("train", n=2000)[0], []
    for size in (100, 4):
        model = find("Bela").model()
        fit(model, images, epochs=1, batch_size=size, learning_rate=1e-3, progress=False, step=type(model).step)
        losses.append(order("honest", model, images)["honest_loss"])
    assert losses[1] < losses[0] - 30


@pytest.mark.slow
def test_a_row_is_made_again():
    """The same numbers from the same seed, dropout included; all finite."""
    first, second = (observe("Sven", seed=1, images=300) for _ in range(2))
    assert first == second
    assert first["name"] == "Sven" and first["seed"] == 1 and first["signatures"] == ["dropout_stays"]
    assert all(math.isfinite(value) for value in first.values() if isinstance(value, float))
    assert observe(HEALTHY, images=300)["signatures"] == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: observe("Zoe"), "name: want one of Ada"),
        (lambda: observe("Ada", images=0), "images: want a whole number >= 1"),
        (lambda: observe("Ada", seed=1.5), "seed: want a whole number"),
        (lambda: load_board(age=3), "age: want a column of clinic.json"),
    ],
)
def test_what_is_not_there(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_table_is_written_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(made, "TABLE", tmp_path / "clinic.json")
    monkeypatch.setattr(made, "observe", lambda name, seed: {"name": name, "seed": seed, "signatures": []})
    made.train_clinic()
    assert len(json.loads((tmp_path / "clinic.json").read_text(encoding="utf-8"))["rows"]) == 3 * (1 + len(PATIENTS))
