"""What a run of the sweep measures, its table, and the analysis of variance; the command: test_pretrain_sweep.py."""

import json
import math
from functools import cache
from statistics import stdev

import pytest
import torch
from torch import Generator

from vae_helpers import sweep
from vae_helpers.checkpoints import load_checkpoint, read_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.models import VAE
from vae_helpers.pretrain.sweep import SETTINGS, runs
from vae_helpers.sprites import sprites
from vae_helpers.sweep import describe, load_sweep, measure, shares_of_variance, straightened
from vae_helpers.training import History


@cache
def few_sprites(x_step=1.5):
    return sprites(600, seed=1, x_step=x_step)


SMALL = few_sprites()


@pytest.fixture
def little(monkeypatch):
    """One epoch of a small model on 600 sprites."""
    monkeypatch.setattr(sweep, "RECIPE", {"latent_dim": 3, "hidden": [8], "epochs": 1, "batch_size": 100})
    monkeypatch.setattr(sweep, "CAPACITY", {"gamma": 30.0, "epochs": 1})
    monkeypatch.setattr(sweep, "sprites", few_sprites)


@pytest.mark.parametrize("objective", sweep.OBJECTIVES)
def test_a_row(little, objective):
    row, again = (measure(objective, 4, seed=3) for _ in range(2))
    assert row == again and [*row][:3] == ["objective", "strength", "seed"]
    assert [*row.values()][:3] == [objective, 4, 3] and len(row["gaps"]) == 5 and row["reconstruction"] > 0
    assert row["mig"] == pytest.approx(sum(row["gaps"]) / 5, abs=1e-3)
    assert tuple(row)[3:] == sweep.SCORES + ("grid",) * (objective in ("beta", "narrow", "long"))


def test_objectives_differ_in_what_they_say(little):
    rows = {objective: measure(objective, 4) for objective in sweep.OBJECTIVES}
    assert len({(row["reconstruction"], row["kl"]) for row in rows.values()}) == len(rows)
    assert measure("tcvae", 1)["kl"] == pytest.approx(measure("beta", 1)["kl"], abs=1e-3)


def test_which_steps_the_objectives_take(monkeypatch, little):
    asked = []
    monkeypatch.setattr(sweep, "fit", lambda model, images, **options: asked.append((images, options)) or History())
    for objective in sweep.OBJECTIVES:
        measure(objective, 6)
    (plain, _), *_, (narrow, _), (_, long) = asked
    schedules = [options["beta"] for _, options in asked]
    assert schedules[0] == schedules[1] == schedules[3] == schedules[4] == 6 and schedules[2](0.5) == 3.0
    assert long["epochs"] == 3 and not torch.equal(plain, narrow)
    assert [options["step"].__qualname__.partition(".")[0] for _, options in asked] == [
        "training_step",
        "tcvae_step",
        "capacity_step",
        "training_step",
        "training_step",
    ]


def test_wrong_runs():
    with pytest.raises(ValueError, match='objective: want "beta" or "tcvae" or'):
        measure("factor", 4)
    with pytest.raises(ValueError, match="strength: want a number >= 0"):
        measure("beta", -1)
    with pytest.raises(ValueError, match="seed: want a whole number"):
        measure("beta", 1, seed=0.5)


def test_no_row_where_training_was_stopped(monkeypatch, little):
    monkeypatch.setattr(sweep, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="no figures"):
        measure("beta", 1)


def test_a_model_that_has_collapsed_has_no_turn():
    model = VAE(3, (8,))
    for weight in model.encoder.parameters():
        torch.nn.init.zeros_(weight)
    found = describe(model, *SMALL)
    assert found["active"] == 0 and found["turn"] is None and found["mig_straight"] == found["mig"]
    assert found["kl"] == found["total_correlation"] == found["mutual_information"] == 0


@pytest.mark.parametrize("degrees", [-40, -10, 0, 25, 44])
def test_a_turned_plane_is_turned_back(degrees):
    factors = sprites().factors
    turn = math.radians(degrees)
    rotation = torch.tensor([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    size = 0.1 * factors[:, 1:2]
    places = 2 * (factors[:, 2:4] - 3.5)
    z = torch.cat([size, places @ rotation], dim=1)  # the direction of x lies by that angle from the second axis
    found, straight = straightened(z, z, factors)
    assert found == pytest.approx(degrees, abs=1e-3)
    torch.testing.assert_close(straight, torch.cat([size, places], dim=1), atol=1e-4, rtol=0)


def moving_along(*degrees):
    """Means that x and y move in these directions of one plane."""
    angles = torch.tensor([math.radians(angle) for angle in degrees])
    return (sprites().factors[:, 2:4] - 3.5) @ torch.stack([angles.cos(), angles.sin()], dim=1)


@pytest.mark.parametrize(("degrees", "turn"), [((10, 110), 15), ((10, 80), 0), ((-70, 0), 10), ((5, 115), 15)])
def test_directions_that_are_nearly_at_right_angles_have_a_turn(degrees, turn):
    """Both nearest to an axis: the mean of how far each is off."""
    z = moving_along(*degrees)
    found, straight = straightened(z, z, sprites().factors)
    assert abs(found) == pytest.approx(turn, abs=1e-2)
    assert torch.allclose(straight, z, atol=1e-3) == (turn == 0)
    torch.testing.assert_close(straight.norm(dim=1), z.norm(dim=1))


@pytest.mark.parametrize("degrees", [(0, 45), (0, 50), (10, 50), (0, 0), (20, 140)])
def test_directions_far_from_right_angles_have_none(degrees):
    """At 45 degrees any turn is as good as another: made-up numbers would stand in the table."""
    z = moving_along(*degrees)
    turn, straight = straightened(z, z, sprites().factors)
    assert turn is None and straight is z


def test_a_direction_that_is_not_there_has_none():
    z = moving_along(0, 90)
    z[:, 1] = torch.randn(len(z), generator=Generator().manual_seed(0))  # nothing follows y
    assert straightened(z, z * torch.tensor([1.0, 0.0]), sprites().factors)[0] is None


def test_no_plane_to_straighten():
    z = moving_along(0, 90)
    with pytest.raises(ValueError, match="^information: want two latents or more, got 1"):
        straightened(z[:, :1], z[:, :1], sprites().factors)
    with pytest.raises(ValueError, match="^mu: contains NaN"):
        straightened(z, z * float("nan"), sprites().factors)


def rows(*groups):
    return [{"strength": k, "mig": value} for k, group in enumerate(groups) for value in group]


def test_shares_of_variance_by_hand():
    """Means 2 and 5, the mean of all 3.5: between 6 (1.5)^2 = 13.5, within 2 + 2 = 4."""
    shares = shares_of_variance(rows((1, 2, 3), (4, 5, 6)), "mig")
    assert shares == pytest.approx({"strength": 13.5 / 17.5, "seed": 4 / 17.5})


def test_shares_at_the_ends():
    assert shares_of_variance(rows((1, 1), (2, 2)), "mig") == {"strength": 1.0, "seed": 0.0}
    assert shares_of_variance(rows((1, 2), (2, 1)), "mig") == {"strength": 0.0, "seed": 1.0}
    few = shares_of_variance(rows((0, 2), (4,)), "mig")  # groups of unequal size: between 6, within 2
    assert few["strength"] == pytest.approx(6 / 8)


def test_no_variance_to_share():
    with pytest.raises(ValueError, match="mig: want values that differ, got 1.0 in every row"):
        shares_of_variance(rows((1, 1), (1,)), "mig")
    with pytest.raises(ValueError, match="rows: want at least one"):
        shares_of_variance([], "mig")


def test_the_shipped_table_has_each_run_once():
    found = [(row["objective"], row["strength"], row["seed"]) for row in load_sweep()]
    assert len(set(found)) == len(found) and set(found) == {*runs()}
    assert found == sorted(found, key=lambda run: (sweep.OBJECTIVES.index(run[0]), *run[1:]))


def test_the_shipped_table_was_made_by_the_recipe():
    made_from = json.loads(sweep.TABLE.read_text(encoding="utf-8"))["made_from"]
    assert made_from.keys() == SETTINGS.keys()
    left_out = {"torch": None, "skewed": None}  # the table has a turn at any angle, see data/README.md
    assert made_from | left_out == SETTINGS | left_out and made_from["skewed"] == 90
    for row in load_sweep():
        assert tuple(row)[3:12] == tuple(made_from["scores"])
    assert all(("grid" in row) == (row["strength"] == 4 and row["objective"] != "tcvae") for row in load_sweep())


def chosen(objective, strength):
    return [row for row in load_sweep() if (row["objective"], row["strength"]) == (objective, strength)]


@pytest.mark.parametrize("objective", ["beta", "narrow", "long"])
def test_the_turns_at_beta_4_are_those_of_the_places(objective):
    """So x and y are at right angles in each of them; which of the two latents comes first decides the sign."""
    factors = torch.zeros(64, 5, dtype=torch.int64)
    factors[:, 2:4] = torch.cartesian_prod(torch.arange(8), torch.arange(8))
    for row in chosen(objective, 4):
        places = torch.tensor(row["grid"]).reshape(64, 2)
        turn, _ = straightened(places, places, factors)
        assert abs(turn) == pytest.approx(abs(row["turn"]), abs=0.5)


@pytest.mark.slow
@pytest.mark.parametrize("beta", [1, 2, 4, 8, 16])
def test_the_shipped_models_are_rows_of_the_table(beta):
    """To within what another processor and half precision make of the same recipe and seed."""
    path = REPO_DATA / "weights" / f"sprites_beta_{beta}.pt"
    found, info = describe(load_checkpoint(path).float(), *sprites()), read_checkpoint(path)["info"]
    assert info["beta"] == beta and info["epochs"] == SETTINGS["recipe"]["epochs"]
    for name in ("reconstruction", "kl", "active", "mig"):
        assert found[name] == pytest.approx(info[name], abs=0.01)
    low, high = (end(row["reconstruction"] for row in chosen("beta", beta)) for end in (min, max))
    assert low - 1 < found["reconstruction"] < high + 1


def widened(values):
    """As the notebook does it: half of the ten seeds' range more on either side."""
    low, high = min(values), max(values)
    return low - (high - low) / 2, high + (high - low) / 2


ELSEWHERE = {  # seed 0 where the table was not made: two instruction sets, another version of PyTorch
    1: [(52.83, 9.671, 0.128), (52.69, 9.706, 0.111)],
    4: [(70.11, 4.232, 0.261), (70.13, 4.226, 0.260)],
}


@pytest.mark.parametrize("beta", [1, 4])
def test_the_notebooks_margin_lets_other_processors_in_and_other_betas_out(beta):
    scores = ("reconstruction", "kl", "mig")
    bounds = {score: widened([row[score] for row in chosen("beta", beta)]) for score in scores}
    for figures in ELSEWHERE[beta]:
        for score, value in zip(scores, figures, strict=True):
            low, high = bounds[score]
            assert low + (high - low) / 8 < value < high - (high - low) / 8
    others = [row for row in load_sweep() if row["objective"] == "beta" and row["strength"] != beta]
    assert len(others) == 40
    assert not any(all(low <= row[score] <= high for score, (low, high) in bounds.items()) for row in others)


def test_what_the_notebook_says_of_the_table():
    fifty = [row for row in load_sweep() if row["objective"] == "beta"]

    def share(*betas):
        return shares_of_variance([row for row in fifty if row["strength"] in betas], "mig")["strength"]

    assert share(1, 2, 4, 8, 16) > 0.8 > share(1, 2, 4, 8) > 0.6 and share(2, 4) < 0.2
    assert all(row["active"] == 0 for row in chosen("beta", 16))
    two, four = ([stdev(row[s] for row in chosen("beta", b)) for s in ("mig", "mig_straight")] for b in (2, 4))
    assert four[0] > 5 * four[1] and two[1] > 0.9 * two[0]
    assert all(abs(row["turn"]) < 1 for row in chosen("narrow", 4)) and all(
        abs(row["turn"]) < 4 for row in chosen("long", 4)
    )
    four, tc = chosen("beta", 4), chosen("tcvae", 8)
    assert max(row["reconstruction"] for row in tc) < min(row["reconstruction"] for row in four)
    assert max(row["total_correlation"] for row in tc) < min(row["total_correlation"] for row in four)
    assert max(load_sweep(), key=lambda row: row["mig"])["objective"] == "capacity"
