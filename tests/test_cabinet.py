"""The drug cabinet: a recipe and one change, what is measured, the table and where its figures come from."""

import json
import math

import pytest
import torch
from torch import nn

from vae_helpers.clinic import cabinet
from vae_helpers.clinic.cabinet import (
    ILLNESSES,
    RECIPE,
    REMEDIES,
    TABLE,
    TRIED,
    describe,
    load_cabinet,
    mean_image_cost,
    measure,
    recipe,
    train,
)
from vae_helpers.clinic.other_tables import elsewhere
from vae_helpers.clinic.sick_vae import SickVAE, calibrate, clipped_step
from vae_helpers.data import load_mnist
from vae_helpers.evaluation import active_units, evaluate
from vae_helpers.history import History, NonFiniteLossError
from vae_helpers.losses import bernoulli_nll, gaussian_kl, gaussian_nll
from vae_helpers.models import VAE
from vae_helpers.pretrain import cabinet_table
from vae_helpers.training import training_step

X = torch.rand(60, 1, 28, 28, generator=torch.Generator().manual_seed(0))
FIGURES = ["reconstruction", "kl", "total", "train", "active", "scale"]
needs_table = pytest.mark.skipif(not TABLE.exists(), reason="the table is not made yet")


@pytest.fixture
def asked(monkeypatch):
    """What ``fit`` is asked for, which then trains nothing."""
    found = {}

    def fit(model, images, **options):
        found.update(options, model=model, images=len(images))
        return History()

    monkeypatch.setattr(cabinet, "fit", fit)
    return found


def seen_by_fit(asked, illness, remedy):
    train(illness, remedy, seed=2)
    model, beta, step = asked["model"], asked["beta"], asked["step"]
    inside = (step.__qualname__, *(cell.cell_contents for cell in step.__closure__ or ()))
    return {
        "images": asked["images"],
        "epochs": asked["epochs"],
        "batch_size": asked["batch_size"],
        "learning_rate": asked["learning_rate"],
        "one_cycle": asked["one_cycle"],
        "beta": (beta(0.0), beta(asked["epochs"] / 4), beta(asked["epochs"])) if callable(beta) else beta,
        "step": inside,
        "latents": model.latent_dim,
        "hidden": model.architecture["hidden"],
        "layer_norm": any(isinstance(part, nn.LayerNorm) for part in model.modules()),
        "scale": None if model.log_scale is None else round(model.log_scale.exp().item() ** 2, 2),
        "learned": model.log_scale is not None and model.log_scale.requires_grad,
        "hold": model.hold,
    }


CHANGES = {
    "warm-up": {"beta": (0.0, 0.5, 1.0)},
    "free bits": {"step": ("free_bits_step.<locals>.step", 8.0)},
    "beta 1/4": {"beta": 0.25},
    "beta 2": {"beta": 2.0},
    "one cycle": {"one_cycle": True},
    "layer norm": {"layer_norm": True},
    "no layer norm": {"layer_norm": False},
    "batch of 64": {"batch_size": 64},
    "5 latents": {"latents": 5},
    "10 latents": {"latents": 10},
    "50 latents": {"latents": 50},
    "more images": {"images": 15_000, "epochs": 6},
    "sum of squares": {"scale": 0.5},
    "s learned from 1": {"scale": 1.0, "learned": True},
    "s learned from 20": {"learned": True},
    "clipped gradients": {"step": ("clipped_step.<locals>.step", 1.0)},
    "log-variance held": {"hold": 10.0},
}


@pytest.mark.parametrize(("illness", "remedy"), [(illness, remedy) for illness in TRIED for remedy in TRIED[illness]])
def test_one_thing_is_changed_at_a_time(asked, illness, remedy):
    before, after = seen_by_fit(asked, illness, "none"), seen_by_fit(asked, illness, remedy)
    changed = {
        "rate / 10": {"learning_rate": round(before["learning_rate"] / 10, 9)},
        "twice as long": {"epochs": 2 * before["epochs"]},
        "half as long": {"epochs": before["epochs"] // 2},
    } | CHANGES
    assert after == before | changed[remedy] and after != before
    assert asked["seed"] == 2 and torch.equal(
        asked["model"].encoder.body[0].weight,
        VAE(after["latents"], after["hidden"], after["layer_norm"], seed=2).encoder.body[0].weight,
    )


def test_an_illness_says_what_it_changes(asked):
    healthy = seen_by_fit(asked, "healthy", "none")
    assert healthy["step"] == (training_step.__qualname__,) and healthy["scale"] is None
    for illness, change in ILLNESSES.items():
        own = seen_by_fit(asked, illness, "none")
        different = {name for name in own if own[name] != healthy[name]}
        called = {"variance": "scale", "latent_dim": "latents"}
        assert different == {called.get(name, name) for name in change}, illness
    assert (
        {*TRIED} == {*ILLNESSES}
        and {*sum(TRIED.values(), ())} == {*REMEDIES} - {"none"}
        and {*ILLNESSES["healthy"]} == set()
    )


def test_the_same_steps_with_more_images():
    few, many = recipe("few images"), recipe("few images", "more images")
    steps = [r["epochs"] * math.ceil(r["images"] / r["batch_size"]) for r in (few, many)]
    assert abs(steps[0] - steps[1]) <= 0.02 * steps[0]


def test_gaussian_pixels_cost_what_the_formula_says():
    model = SickVAE(2, [8], seed=1, variance=0.09)
    reconstruction, kl = model.loss_terms(X, torch.Generator().manual_seed(3))
    logits, mu, logvar = model(X, torch.Generator().manual_seed(3))
    torch.testing.assert_close(reconstruction, gaussian_nll(torch.sigmoid(logits), X, sigma=0.3), rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(kl, gaussian_kl(mu, logvar))
    plain = SickVAE(2, [8], seed=1)
    for ours, theirs in zip(
        plain.loss_terms(X, torch.Generator().manual_seed(3)),
        VAE(2, [8], seed=1).loss_terms(X, torch.Generator().manual_seed(3)),
        strict=True,
    ):
        assert torch.equal(ours, theirs)


def test_a_mean_over_pixels_is_this_variance():
    """Squares averaged over 784 pixels are squares / (2 * 392), but for the constant."""
    model = SickVAE(2, [8], seed=1, variance=ILLNESSES["flat likelihood"]["variance"])
    reconstruction, _ = model.loss_terms(X, torch.Generator().manual_seed(3))
    logits, _, _ = model(X, torch.Generator().manual_seed(3))
    mean = (torch.sigmoid(logits) - X).square().flatten(1).mean(dim=1)
    constant = 784 * math.log(math.sqrt(2 * math.pi * 392))
    torch.testing.assert_close(reconstruction - constant, mean, atol=2e-3, rtol=0)


def test_no_other_scale_is_better_than_the_calibrated():
    model = SickVAE(2, [8], seed=1, variance=392.0)
    weights = {name: value.clone() for name, value in model.state_dict().items() if name != "log_scale"}
    s = calibrate(model, X, seed=5)
    assert model.log_scale.exp().item() == pytest.approx(s) and model.training
    assert all(torch.equal(model.state_dict()[name], value) for name, value in weights.items())
    costs = []
    for factor in (0.98, 1.0, 1.02):
        model.log_scale.data.fill_(math.log(s * factor))
        costs.append(evaluate(model, X, seed=5).reconstruction)
    assert costs[1] < min(costs[0], costs[2])


def test_what_is_measured_is_the_plain_loss():
    """No free bits and no scale of the training are left in the figures."""
    flat, fine = (SickVAE(2, [8], seed=1, variance=variance) for variance in (392.0, 0.5))
    assert describe(flat, X, X, seed=1) == describe(fine, X, X, seed=1)
    row = describe(SickVAE(3, [8], seed=1), X[:20], X, seed=1)
    terms, seen = evaluate(VAE(3, [8], seed=1), X, seed=1), evaluate(VAE(3, [8], seed=1), X[:20], seed=1)
    assert [*row] == FIGURES and row["scale"] is None
    assert row["active"] == active_units(VAE(3, [8], seed=1).encode(X)[0]).sum()
    assert (row["total"], row["kl"], row["train"]) == tuple(round(v, 2) for v in (terms.total, terms.kl, seen.total))


def test_a_log_variance_is_held_in_its_bounds():
    held, free = (SickVAE(2, [8], seed=0, hold=hold) for hold in (0.01, None))
    assert held.encode(X)[1].abs().max().item() == pytest.approx(0.01) and free.encode(X)[1].abs().max() > 0.1
    assert torch.equal(held.encode(X)[0], free.encode(X)[0])


def test_gradients_are_cut_to_their_norm():
    norms = {}
    for norm in (1.0, 1e9):
        model = SickVAE(2, [8], seed=0)
        descent = torch.optim.SGD(model.parameters(), lr=0.0)
        given = clipped_step(norm)(model, descent, X, beta=0.5, generator=torch.Generator().manual_seed(1))
        norms[norm] = math.sqrt(sum(weight.grad.square().sum().item() for weight in model.parameters()))
    plain = SickVAE(2, [8], seed=0)
    usual = training_step(plain, torch.optim.SGD(plain.parameters(), lr=0.0), X, beta=0.5,
                          generator=torch.Generator().manual_seed(1))  # fmt: skip
    own = math.sqrt(sum(weight.grad.square().sum().item() for weight in plain.parameters()))
    assert norms[1.0] == pytest.approx(1, rel=1e-4) and norms[1e9] == pytest.approx(own, rel=1e-5) and own > 5
    assert all(torch.equal(*pair) for pair in zip(given, usual, strict=True))


@pytest.mark.slow
def test_a_row():
    rows = [measure("two latents", "free bits", seed=1, epochs=1) | {"seconds": 0} for _ in range(2)]
    assert rows[0] == rows[1] == json.loads(json.dumps(rows[0]))
    assert [*rows[0]] == ["illness", "remedy", "seed", "seconds", "broke", *FIGURES] and rows[0]["broke"] is None
    assert rows[0]["total"] == pytest.approx(rows[0]["reconstruction"] + rows[0]["kl"], abs=0.011)


@pytest.mark.slow
def test_what_broke_has_no_figures():
    row = measure("NaN", "none", seed=1)
    assert row["broke"].startswith("epoch 1, step ") and [row[name] for name in FIGURES] == [None] * 6
    with pytest.raises(NonFiniteLossError, match="not finite from epoch 1"):
        train("NaN", "none", seed=1)


def test_what_was_stopped_has_no_figures(monkeypatch):
    monkeypatch.setattr(cabinet, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="training was stopped"):
        measure("healthy", "none")


def test_the_mean_image():
    mean = load_mnist("train")[0][: RECIPE["images"]].mean(dim=0)
    some = load_mnist("test")[0]
    one = torch.where(some > 0, some * mean.clamp(1e-4).log(), 0) + (1 - some) * (1 - mean).clamp(1e-4).log()
    assert mean_image_cost() == pytest.approx(-one.flatten(1).sum(dim=1).mean().item(), abs=0.05)
    shifted = bernoulli_nll(torch.logit(mean.clamp(1e-4, 1 - 1e-4) * 0.9).expand_as(some), some).mean().item()
    assert mean_image_cost() < shifted


def test_rows_of_other_tables():
    rows = elsewhere()
    groups = {(row["illness"], row["remedy"]) for row in rows}
    assert len(rows) == 3 * len(groups) == 39 and all(row["seed"] in (0, 1, 2) for row in rows)
    shown = {key: [r["total"] for r in rows if (r["illness"], r["remedy"]) == key] for key in groups}
    assert shown["letters told", "none"][0] == pytest.approx(18.819 + 0.003)
    assert shown["letters told", "past hidden"][0] == pytest.approx(17.674 + 0.147)
    assert shown["points told", "warm-up"][2] == pytest.approx(-18.159, abs=2e-3)
    assert shown["points told", "past hidden"][0] == pytest.approx(-15.656, abs=2e-3)
    assert shown["fifty latents", "warm-up"][1] == pytest.approx(99.673, abs=2e-3)
    assert shown["second layer", "none"][0] == pytest.approx(102.368, abs=2e-3)


def test_no_such_thing_in_the_cabinet():
    for call in (recipe, train, measure):
        with pytest.raises(ValueError, match="^illness: want"):
            call("a cold", "none")
        with pytest.raises(ValueError, match="^remedy: want"):
            call("healthy", "a miracle")
    with pytest.raises(ValueError, match="^epochs: want a whole number"):
        train("healthy", images=X, epochs=0)
    with pytest.raises(ValueError, match="^colour: want a column of cabinet.json"):
        load_cabinet(colour="red")


@pytest.mark.parametrize("number", [0, -1.0, math.nan, "1", None])
def test_settings_that_are_no_numbers_above_zero(number):
    for name in ("variance", "hold"):
        if number is not None:
            with pytest.raises(ValueError, match=f"^{name}: want a number > 0"):
                SickVAE(2, [8], **{name: number})
    with pytest.raises(ValueError, match="^norm: want a number > 0"):
        clipped_step(number)
    with pytest.raises(ValueError, match="^learn_scale: want a variance to begin at"):
        SickVAE(2, [8], learn_scale=True)
    with pytest.raises(ValueError, match="^model: want one with Gaussian pixels, got a VAE without a scale"):
        calibrate(VAE(2, [8]), X)


class TestTable:
    @pytest.fixture
    def made(self, monkeypatch, tmp_path):
        fake = lambda illness, remedy, seed: {"illness": illness, "remedy": remedy, "seed": seed}  # noqa: E731
        monkeypatch.setattr(cabinet_table, "measure", fake)
        monkeypatch.setattr(cabinet_table, "FINISHED", tmp_path / "rows.jsonl")
        monkeypatch.setattr(cabinet_table, "TABLE", tmp_path / "table.json")
        cabinet_table.make_cabinet_table()
        return json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))

    def test_three_seeds_of_each(self, made):
        keys = [(row["illness"], row["remedy"], row["seed"]) for row in made["rows"]]
        assert len(keys) == len({*keys}) == 3 * (len(TRIED) + sum(map(len, TRIED.values())))
        assert keys[:4] == [
            ("healthy", "none", 0),
            ("healthy", "none", 1),
            ("healthy", "none", 2),
            ("healthy", "warm-up", 0),
        ]

    @needs_table
    def test_the_shipped_table_was_made_by_this_recipe(self, made):
        shipped = json.loads(TABLE.read_text(encoding="utf-8"))
        keys = [[(row["illness"], row["remedy"], row["seed"]) for row in table["rows"]] for table in (shipped, made)]
        assert keys[0] == keys[1]
        assert shipped["made_from"] == made["made_from"] | {"torch": shipped["made_from"]["torch"]}

    @needs_table
    def test_rows_hold_together(self):
        for row in load_cabinet():
            assert (row["total"] is None) == (row["broke"] is not None)
            if row["total"] is not None:
                assert row["total"] == pytest.approx(row["reconstruction"] + row["kl"], abs=0.011)
                assert (row["scale"] is not None) == (row["illness"] == "flat likelihood")
                assert 0 <= row["active"] <= recipe(row["illness"], row["remedy"])["latent_dim"]

    @needs_table
    @pytest.mark.slow
    def test_a_row_is_made_again(self):
        (shipped,) = load_cabinet(illness="two latents", remedy="none", seed=0)
        assert measure("two latents", "none", 0)["total"] == pytest.approx(shipped["total"], abs=1.0)
