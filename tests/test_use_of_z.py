"""Measures of what a decoder does with z, on models in which the answer is known."""

import math

import pytest
import torch
from torch import Generator, nn
from torch.distributions import MultivariateNormal

from vae_helpers.evaluation import evaluate, importance_weighted_bound
from vae_helpers.losses import gaussian_kl
from vae_helpers.models import RecurrentVAE, StrokeVAE
from vae_helpers.models.gaussians import gaussian_log_prob, standard_log_weights
from vae_helpers.use_of_z import MEASURES, describe, load_pen_table, others, shuffled_gap

STROKES = torch.rand(40, 8, 2, generator=Generator().manual_seed(0))
KINDS = {"gru": lambda: RecurrentVAE(2, hidden=8, embedding=4), "mlp": lambda: StrokeVAE(2, hidden=(8,))}


def seeded(seed: int) -> Generator:
    return Generator().manual_seed(seed)


class Linear(nn.Module):
    """x = a z + noise of variance ``noise``, with the exact q(z|x): each stroke is one point, whose x alone counts."""

    def __init__(self, a: float = 2.0, noise: float = 0.25):
        super().__init__()
        self.a, self.noise = nn.Parameter(torch.tensor(a), requires_grad=False), noise

    def encode(self, strokes):
        precision = 1 + self.a**2 / self.noise
        mu = strokes[:, 0, :1] * self.a / self.noise / precision
        return mu, torch.full_like(mu, -math.log(precision))

    def nll(self, z, strokes):
        mean = self.a * z
        return -gaussian_log_prob(strokes[:, 0, :1], mean, torch.full_like(mean, math.log(self.noise)))

    def loss_terms(self, strokes, generator=None):
        mu, logvar = self.encode(strokes)
        z = mu + (0.5 * logvar).exp() * torch.randn(mu.shape, generator=generator)
        return self.nll(z, strokes), gaussian_kl(mu, logvar)

    def log_weights(self, strokes, generator=None):
        return standard_log_weights(*self.encode(strokes), lambda z: self.nll(z, strokes), generator)

    def evidence(self, strokes):
        marginal = MultivariateNormal(torch.zeros(1), (self.a**2 + self.noise).view(1, 1))
        return marginal.log_prob(strokes[:, 0, :1])


@pytest.mark.parametrize("draws", [1, 7])
def test_importance_sampling_from_the_true_posterior_is_exact_with_any_draws(draws):
    model = Linear()
    torch.testing.assert_close(importance_weighted_bound(model, STROKES, draws), model.evidence(STROKES))


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_is_above_the_elbo_and_rises_with_more_draws(kind):
    model = KINDS[kind]()
    with torch.no_grad():  # a wide q that doesn't know what it reads, before a decoder that listens
        for weight in model.parameters():
            weight.mul_(2)
    elbo = torch.stack([torch.tensor(evaluate(model, STROKES, seed=seed).total) for seed in range(20)]).mean()
    one, few, many = (importance_weighted_bound(model, STROKES, k, seeded(1)).mean() for k in (1, 5, 200))
    assert many > few > -elbo and many > one


@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_that_ignores_z_does_not_notice_the_shuffle(kind):
    model = KINDS[kind]()
    heard = model.decoder[0].weight if kind == "mlp" else model.decoder.gru.weight_ih_l0[:, 4:]
    assert shuffled_gap(model, STROKES).abs().max() > 0
    with torch.no_grad():
        heard.zero_()
    assert torch.equal(shuffled_gap(model, STROKES), torch.zeros(40))


def test_the_shuffle_costs_what_the_formula_says():
    """(x - a z')^2 - (x - a z)^2 over twice the noise, with z' that of the stroke which ``others`` names."""
    model, x = Linear(noise=0.25), STROKES[:, 0, 0]
    eps = torch.randn(40, 1, generator=Generator().manual_seed(3))
    mu, logvar = model.encode(STROKES)
    z = (mu + (0.5 * logvar).exp() * eps)[:, 0]
    wanted = ((x - 2 * z[others(40, 3)]).square() - (x - 2 * z).square()) / 0.5
    torch.testing.assert_close(shuffled_gap(model, STROKES, seed=3), wanted)
    assert not torch.equal(shuffled_gap(model, STROKES, seed=4), shuffled_gap(model, STROKES, seed=3))


@pytest.mark.parametrize("n", [2, 3, 40])
def test_each_gets_another_and_each_is_given_once(n):
    for seed in range(5):
        chosen = others(n, seed)
        assert torch.equal(chosen.sort().values, torch.arange(n)) and (chosen != torch.arange(n)).all()
    assert n == 2 or any(not torch.equal(others(n, seed), chosen) for seed in range(20))


@pytest.mark.parametrize("kind", KINDS)
def test_a_description_is_of_a_model_in_use(kind):
    """No point is hidden from a decoder then, and it goes on training where it was."""
    model = KINDS[kind]().train()
    before = torch.random.get_rng_state()
    found = describe(model, STROKES, seed=2)
    assert model.training and torch.equal(torch.random.get_rng_state(), before)
    assert tuple(found) == MEASURES and found == describe(model.eval(), STROKES, seed=2)
    terms = evaluate(model, STROKES, seed=2)
    assert found["total"] == pytest.approx(terms.total, abs=1e-3)
    assert found["shuffled"] == pytest.approx(shuffled_gap(model, STROKES, 2).mean().item(), abs=0.01)
    assert found["shuffled_median"] == pytest.approx(shuffled_gap(model, STROKES, 2).median().item(), abs=0.01)
    assert found["log_px"] == pytest.approx(
        importance_weighted_bound(model, STROKES, 50, seeded(2)).mean().item(), abs=1e-3
    )


def test_a_point_hidden_in_training_is_seen_here():
    hidden, seen = (RecurrentVAE(2, hidden=8, embedding=4, input_dropout=share).train() for share in (0.9, 0.0))
    assert torch.equal(shuffled_gap(hidden, STROKES), shuffled_gap(seen, STROKES))
    assert torch.equal(*(importance_weighted_bound(model, STROKES, 2) for model in (hidden, seen)))


def test_active_are_the_latents_in_which_strokes_differ():
    class Half(Linear):
        def encode(self, strokes):
            mu, logvar = super().encode(strokes)
            return torch.cat([mu, 5 + 0 * mu], dim=1), torch.cat([logvar, logvar], dim=1)

        def nll(self, z, strokes):
            return super().nll(z[:, :1], strokes)

    assert describe(Half(), STROKES)["active"] == 1


DOORS = {
    "shuffled_gap": shuffled_gap,
    "describe": describe,
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("strokes", "error", "message"),
    [
        (None, TypeError, "strokes: want a tensor"),
        (STROKES.flatten(1), ValueError, "strokes: want shape"),
        (100 * STROKES, ValueError, r"strokes: want values in \[0, 1\]"),
        (STROKES.double(), TypeError, "strokes: want torch.float32"),
        (STROKES[:0], ValueError, "strokes: want at least one"),
    ],
)
def test_strokes_that_are_none(door, strokes, error, message):
    for model in (KINDS["gru"](), KINDS["mlp"]()):
        with pytest.raises(error, match=f"^{message}"):
            DOORS[door](model, strokes)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("model", [None, StrokeVAE, nn.Linear(2, 2)])
def test_no_such_model(door, model):
    with pytest.raises(TypeError, match="^model: want an nn.Module with encode and nll, got"):
        DOORS[door](model, STROKES)


@pytest.mark.parametrize("door", ["shuffled_gap", "describe"])
def test_one_stroke_has_no_other(door):
    with pytest.raises(ValueError, match="^strokes: want at least two"):
        DOORS[door](KINDS["mlp"](), STROKES[:1])


def test_rows_that_say_all_that_is_wanted():
    rows = load_pen_table(kind="mlp", latent_dim=8, seed=1)
    assert {row["epochs"] for row in rows} == {40, 120, 600} and len(rows) == 3
    assert load_pen_table(kind="mlp", input_dropout=0.5) == []
