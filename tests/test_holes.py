"""Draws from three places, what is counted of them, and one model by the recipe."""

import math

import pytest
import torch
from torch import Generator

from vae_helpers import holes
from vae_helpers.encoding import draw, encode_distributions, encode_means
from vae_helpers.evaluation import active_units, evaluate, kl_of_latents
from vae_helpers.holes import SCORES, commonest, describe, draws_by_place, fitted_draws, train
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.training import History

IMAGES = torch.rand(30, 1, 28, 28, generator=Generator().manual_seed(0))


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=Generator().manual_seed(seed))


def test_fitted_draws_have_the_mean_and_the_covariance_of_the_codes():
    codes = normal(500, 3) @ torch.tensor([[2.0, 0.0, 0.0], [1.0, 0.5, 0.0], [0.0, 0.0, 0.1]]) + 4
    eps = normal(4000, 3, seed=1)
    white = (eps - eps.mean(dim=0)) @ torch.linalg.inv(
        torch.linalg.cholesky(eps.T.cov())
    ).T  # exactly N(0, I)'s moments
    drawn = fitted_draws(codes, white)
    torch.testing.assert_close(drawn.mean(dim=0), codes.mean(dim=0), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(drawn.T.cov(), codes.T.cov(), atol=1e-3, rtol=1e-3)


def test_a_direction_without_variance_stays_so():
    codes = torch.stack([normal(50), torch.full((50,), 3.0)], dim=1)
    drawn = fitted_draws(codes, normal(200, 2, seed=1))
    torch.testing.assert_close(drawn[:, 1], torch.full((200,), 3.0), atol=1e-3, rtol=0)
    assert drawn[:, 0].std() > 0.5


@pytest.mark.parametrize(
    ("codes", "noise", "message"),
    [
        (torch.zeros(1, 2), torch.zeros(3, 2), "codes: want at least two, got 1"),
        (torch.full((3, 2), math.nan), torch.zeros(3, 2), "codes: contains NaN"),
        (torch.zeros(3, 2), torch.full((3, 2), math.nan), "normal: contains NaN"),
        (torch.zeros(3, 2), torch.zeros(3, 1), ".*want"),
    ],
)
def test_nothing_to_fit(codes, noise, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        fitted_draws(codes, noise)


def test_places():
    codes = 3 + 2 * normal(500, 2)
    places = draws_by_place(codes, 400, seed=3)
    assert [*places] == [*holes.PLACES] and all(z.shape == (400, 2) for z in places.values())
    assert torch.equal(places["own"], codes[:400])
    assert torch.equal(places["prior"], normal(400, 2, seed=3))  # a seed means the same for each model
    torch.testing.assert_close(places["fitted"], fitted_draws(codes, places["prior"]))
    for call, message in (
        (lambda: draws_by_place(codes, 501), "n: want at most 500, as many as there are codes, got 501"),
        (lambda: draws_by_place(codes[0], 1), r"codes: want shape \(N, D\)"),
    ):
        with pytest.raises(ValueError, match=f"^{message}"):
            call()


@pytest.mark.parametrize("model", [VAE(2, (8,)), Autoencoder(3, (8,))])
def test_a_description_is_of_that_model(model):
    row = describe(model, IMAGES[:10], IMAGES[10:], draws=15, seed=2)
    terms = evaluate(model, IMAGES[:10], seed=2)
    assert tuple(row) == SCORES and row["reconstruction"] == round(terms.reconstruction, 2)
    if isinstance(model, VAE):
        mu, logvar = encode_distributions(model, IMAGES[10:])
        assert row["kl"] == round(terms.kl, 3)
        assert row["active_by_kl"] == int((kl_of_latents(mu, logvar) > 0.01).sum())
    else:
        mu = encode_means(model, IMAGES[10:])
        assert row["kl"] is row["active_by_kl"] is None
    assert row["active"] == int(active_units(mu).sum())
    assert all([*row[name]] == [*holes.PLACES] for name in ("holes", "commonest"))
    assert row == describe(model, IMAGES[:10], IMAGES[10:], draws=15, seed=2)


def test_a_vaes_own_codes_are_draws_and_not_means(monkeypatch):
    """And other numbers make the draws of the prior."""
    decoded = []
    monkeypatch.setattr(holes, "class_logits", lambda model, z: decoded.append(z) or torch.eye(10)[: len(z)])
    model = VAE(2, (8,))
    describe(model, IMAGES[:10], IMAGES[10:], draws=5, seed=2)
    prior, _, own = decoded
    mu, logvar = encode_distributions(model, IMAGES[10:])
    assert torch.equal(own, draw(mu, logvar, seed=2)[:5]) and torch.equal(prior, normal(5, 2, seed=3))


def test_holes_are_counted_place_by_place(monkeypatch):
    sure, torn = torch.tensor([9.0, *[0.0] * 9]), torch.zeros(10)
    told = iter([[torn] * 4, [sure, torn, torn, torn], [sure, sure, sure, torn]])
    monkeypatch.setattr(holes, "class_logits", lambda model, z: torch.stack(next(told)))
    row = describe(VAE(2, (8,)), IMAGES[:10], IMAGES[10:], draws=4)
    assert row["holes"] == {"prior": 1.0, "fitted": 0.75, "own": 0.25}


def test_the_commonest_class():
    assert commonest(torch.eye(4)[[0, 1, 1, 1]]) == 0.75
    for wrong in (torch.zeros(0, 3), torch.full((2, 3), math.nan)):
        with pytest.raises(ValueError, match="^class_logits: "):
            commonest(wrong)


def test_training_changes_what_it_is_told_and_no_more(monkeypatch):
    asked = []
    monkeypatch.setattr(holes, "fit", lambda model, images, **told: asked.append((model, told)) or History())
    train("vae", IMAGES, 32, 1, seed=3)
    train("vae", IMAGES, 8, 2, warm_up_epochs=2.0)
    train("ae", IMAGES, 8, 2)
    (wide, first), (_, second), (plain, third) = asked
    assert isinstance(wide, VAE) and isinstance(plain, Autoencoder)
    assert wide.architecture["hidden"] == [128] and wide.latent_dim == 32 and plain.architecture["hidden"] == [256, 128]
    assert first == {"epochs": 5, "beta": 1.0, "seed": 3, "progress": False}
    assert third == first | {"seed": 0} and [second["beta"](epoch) for epoch in (0, 1, 2, 5)] == [0, 0.5, 1, 1]
    for name, weight in VAE(32, [128], seed=3).state_dict().items():  # the seed is the weights', too
        assert torch.equal(weight, wide.state_dict()[name])


def test_a_row_is_of_held_out_images_and_of_codes_of_training_images(monkeypatch):
    asked, test = [], IMAGES.flip(0)
    monkeypatch.setattr(holes, "load_mnist", lambda split: ({"train": IMAGES, "test": test}[split], None))
    monkeypatch.setattr(holes, "CODED", 7)
    monkeypatch.setattr(holes, "train", lambda *told: asked.append(told) or "model")
    monkeypatch.setattr(holes, "describe", lambda *told, **more: asked.append((*told, more)) or {"kl": 3.0})
    row = holes.measure("ae", 8, 2, 0.5, seed=4)
    trained, (model, measured, coded, more) = asked
    assert trained == ("ae", IMAGES, 8, 2, 0.5, 4) and trained[1] is IMAGES
    assert model == "model" and measured is test and torch.equal(coded, IMAGES[:7]) and more == {"seed": 4}
    assert row == {"kind": "ae", "latent_dim": 8, "layers": 2, "warm_up_epochs": 0.5, "seed": 4, "kl": 3.0}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "gan"}, 'kind: want "vae" or "ae"'),
        ({"layers": 3}, "layers: want 1 or 2, got 3"),
        ({"layers": 0}, "layers: want a whole number"),
        ({"warm_up_epochs": -1}, "warm_up_epochs: want a number >= 0"),
    ],
)
def test_no_such_model(settings, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        train(**{"kind": "vae", "images": IMAGES} | settings)


def test_no_model_where_training_was_stopped(monkeypatch):
    monkeypatch.setattr(holes, "fit", lambda *data, **options: History(stopped=True))
    with pytest.raises(SystemExit, match="no figures"):
        train("ae", IMAGES)
