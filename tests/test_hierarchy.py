"""What layers cost and bounds of log p(x), on models in which the answer is known."""

import json
import math

import pytest
import torch
from torch import Generator, nn

from vae_helpers import hierarchy
from vae_helpers.data import binarize
from vae_helpers.evaluation import evaluate, importance_weighted_bound, kl_of_latents, kl_of_layers
from vae_helpers.hierarchy import MEASURES, describe, kl_of_units, load_hierarchical_table
from vae_helpers.losses import bernoulli_nll
from vae_helpers.models import VAE, HierarchicalVAE
from vae_helpers.models.gaussians import gaussian_log_prob
from vae_helpers.models.latent_layers import Layer

IMAGES = binarize(torch.rand(40, 1, 28, 28, generator=Generator().manual_seed(0)), "dynamic")
BLANK = 784 * math.log(2)  # nats of an image where each pixel is white with probability 1/2
WAYS = ("bottom-up", "ladder")


def iw_nll(model, images, draws: int, seed: int = 0):
    return -importance_weighted_bound(model, images, draws, Generator().manual_seed(seed))


def small(inference="ladder", dims=(3, 2), loud=1.3, **settings) -> HierarchicalVAE:
    """With weights so much larger, so that each layer says something."""
    model = HierarchicalVAE(dims, (8,) * len(dims), inference=inference, **settings)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(loud)
    return model


def deaf(inference: str) -> HierarchicalVAE:
    """What the latents say, no pixel hears: p(x) is known."""
    model = small(inference, loud=1.0, batch_norm=False)
    for weight in model.decoders[0][-1].parameters():
        nn.init.zeros_(weight)
    return model


class Linear(nn.Module):
    """z_1 ~ N(mean of the pixels, S), z_2 ~ N(C z_1, T), before the prior z_2 ~ N(0, 1), z_1 ~ N(A z_2, V)."""

    S, C, T, A, V = 0.3, 0.5, 0.2, 0.8, 0.36
    latent_dims = (1, 1)

    def infer(self, x, generator=None):
        mu = x.flatten(1).mean(dim=1, keepdim=True)
        first = mu + self.S**0.5 * torch.randn(mu.shape, generator=generator)
        second = self.C * first + self.T**0.5 * torch.randn(mu.shape, generator=generator)
        log = lambda variance: torch.full_like(mu, math.log(variance))  # noqa: E731
        q, p = (mu, log(self.S)), (self.A * second, log(self.V))
        return [Layer(first, q, p), Layer(second, (self.C * first, log(self.T)), (0 * mu, 0 * mu))]

    def is_exact(self, layer):
        return layer == 1

    def decode(self, z):
        return torch.zeros(len(z), 1, 28, 28)

    def loss_terms(self, x, generator=None):
        raise NotImplementedError


@pytest.mark.parametrize("inference", WAYS)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_one_layer_costs_what_a_plain_vae_costs(inference, batch_norm):
    model = small(inference, (4,), batch_norm=batch_norm)
    (costs,) = kl_of_units(model, IMAGES)
    with torch.no_grad():
        wanted = kl_of_latents(*model.eval().infer(IMAGES)[0].q)
    assert wanted.sum() > 0.1
    torch.testing.assert_close(costs, wanted)


def test_the_parts_of_a_linear_model_on_average():
    """z_1's rests on draws, whose average is known; KL( q(z_1|x) || p(z_1|z_2) ) with z_2 from q would be another."""
    model, x = Linear(), torch.full((20_000, 1, 28, 28), 0.7)
    first, second = (part.item() for part in kl_of_units(model, x, seed=3))
    s, c, t, a, v = model.S, model.C, model.T, model.A, model.V
    apart = (1 - a * c) ** 2 * (0.7**2 + s) + a**2 * t  # E (z_1 - A z_2)^2
    assert first == pytest.approx(0.5 * (math.log(v / s) + apart / v - 1), abs=0.02)
    assert second == pytest.approx(0.5 * (t + c**2 * (0.7**2 + s) - 1 - math.log(t)), abs=0.01)
    tempting = 0.5 * (math.log(v / s) + (s + (1 - a * c) ** 2 * 0.7**2 + (a * c) ** 2 * s + a**2 * t) / v - 1)
    assert abs(first - tempting) > 0.1


@pytest.mark.parametrize("inference", WAYS)
@pytest.mark.parametrize("dims", [(4,), (3, 2), (4, 3, 2)])
def test_units_come_together_to_layers(inference, dims):
    model = small(inference, dims)
    parts = kl_of_units(model, IMAGES, seed=5)
    assert [*map(len, parts)] == [*dims]
    layers = kl_of_layers(model, IMAGES, seed=5)
    assert min(map(abs, layers)) > 1e-3
    assert [part.sum().item() for part in parts] == pytest.approx(layers, rel=1e-4, abs=1e-5)


def test_all_batches_count_alike(monkeypatch):
    """The last one is smaller."""
    model = small(dims=(4,))
    (whole,) = kl_of_units(model, IMAGES)
    monkeypatch.setattr(hierarchy, "BATCH_SIZE", 15)
    torch.testing.assert_close(kl_of_units(model, IMAGES)[0], whole)
    found = importance_weighted_bound(model, IMAGES, 2, batch_size=15)
    assert len(found) == len(IMAGES)
    torch.testing.assert_close(found[:15], importance_weighted_bound(model, IMAGES[:15], 2))  # draws go on after it


@pytest.mark.parametrize("inference", WAYS)
def test_one_draw_is_the_negative_elbo_at_that_draw(inference):
    model = small(inference).eval()
    with torch.no_grad():
        layers = model.infer(IMAGES, Generator().manual_seed(4))
        wanted = bernoulli_nll(model.decode(layers[0].z), IMAGES)
        for z, q, p in layers:
            wanted += gaussian_log_prob(z, *q) - gaussian_log_prob(z, *p)
    torch.testing.assert_close(iw_nll(model, IMAGES, 1, seed=4), wanted)


@pytest.mark.slow
@pytest.mark.parametrize("inference", WAYS)
def test_more_draws_are_lower_and_come_to_the_true_value(inference):
    """From the negative ELBO down to -log p(x), here known."""
    model, x = deaf(inference), IMAGES.repeat(10, 1, 1, 1)
    bounds = [iw_nll(model, x, draws).mean().item() for draws in (1, 5, 50)]
    elbo = evaluate(model, x)
    assert elbo.reconstruction == pytest.approx(BLANK, abs=1e-2) and elbo.kl > 0.1
    assert bounds[0] == pytest.approx(elbo.total, abs=0.1)
    assert bounds == sorted(bounds, reverse=True) and bounds[1] < bounds[0] - 0.05
    assert iw_nll(model, IMAGES, 300).mean().item() == pytest.approx(BLANK, abs=0.03)


@pytest.mark.parametrize("inference", WAYS)
def test_against_quadrature(inference):
    """One latent a layer: p(x) is an integral over a plane, which a fine grid has."""
    model = small(inference, (1, 1), loud=1.0, batch_norm=False).eval()
    grid = torch.linspace(-8, 8, 201)[:, None]
    step = math.log(16 / 200)
    with torch.no_grad():
        mu, logvar = model.prior(0, grid)
        assert mu.std() > 0.1  # the upper layer matters
        above = gaussian_log_prob(grid, torch.zeros(1, 1), torch.zeros(1, 1))
        prior = (gaussian_log_prob(grid[:, None], mu[None], logvar[None]) + above).logsumexp(dim=1) + step  # of z_1
        logits = model.decode(grid).flatten(1)
        assert logits.std(dim=0).mean() > 0.1  # and the lower one, too
        seen = torch.stack([-bernoulli_nll(logits, x.expand_as(logits)) for x in IMAGES[:10].flatten(1)])
    wanted = -((seen + prior).logsumexp(dim=1) + step)
    assert prior.logsumexp(dim=0) + step == pytest.approx(0, abs=1e-3)  # the grid is wide enough
    found = iw_nll(model, IMAGES[:10], 500)
    torch.testing.assert_close(found, wanted, rtol=0, atol=0.3)
    assert (found - wanted).mean().abs() < 0.06 < (iw_nll(model, IMAGES[:10], 1) - wanted).mean()


@pytest.mark.parametrize("call", [kl_of_units, describe, lambda *a, **b: iw_nll(*a, 2, **b)])
@pytest.mark.parametrize("inference", WAYS)
def test_a_seed_is_the_same_draws_and_a_model_is_as_it_was(call, inference):
    model = small(inference).train()
    before, weights = torch.random.get_rng_state(), {k: v.clone() for k, v in model.state_dict().items()}
    found, again, other = (call(model, IMAGES, seed=seed) for seed in (2, 2, 3))
    assert str(found) == str(again) != str(other)
    assert model.training and torch.equal(torch.random.get_rng_state(), before)
    assert all(torch.equal(weights[k], v) for k, v in model.state_dict().items())  # batch norm's averages, too
    assert str(call(model.eval(), IMAGES, seed=2)) == str(found)


def test_a_description():
    model = small("bottom-up")
    found = describe(model, IMAGES, some=30, seed=2)
    assert tuple(found) == MEASURES and found == json.loads(json.dumps(found))
    terms = evaluate(model, IMAGES, seed=2)
    assert found["total"] == pytest.approx(terms.total, abs=1e-3)
    assert found["total"] == pytest.approx(found["reconstruction"] + found["kl"], abs=2e-3)
    assert sum(found["kl_of_layers"]) == pytest.approx(found["kl"], abs=3e-3)
    assert found["some_total"] == pytest.approx(evaluate(model, IMAGES[:30], seed=2).total, abs=1e-3)
    assert found["iw_nll"] == pytest.approx(iw_nll(model, IMAGES[:30], 100, 2).mean().item(), abs=1e-3)


def test_active_are_units_that_cost_something():
    model = small("ladder", (3, 2), batch_norm=False)
    assert describe(model, IMAGES)["active"] == [3, 2]
    with torch.no_grad():
        for part in model.heads[1][0].parameters():
            part[1] = part[3] = 0  # mu and logvar of z_2's second unit: q is the prior
    assert describe(model, IMAGES)["active"] == [3, 1]


DOORS = {
    "kl_of_units": kl_of_units,
    "describe": describe,
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("model", [None, HierarchicalVAE, VAE(2, (4,)), nn.Linear(2, 2)])
def test_no_such_model(door, model):
    with pytest.raises(TypeError, match="^model: want an nn.Module with infer and is_exact and decode, got"):
        DOORS[door](model, IMAGES)


@pytest.mark.parametrize("draws", [0, -1, 1.5, True, "3"])
def test_no_draws(draws):
    with pytest.raises(ValueError, match="^some: want a whole number >= 1"):
        describe(small(), IMAGES, some=draws)


def test_rows_that_say_all_that_is_wanted(monkeypatch, tmp_path):
    rows = [{"model": model, "seed": seed} for model in ("one", "ladder") for seed in range(3)]
    (tmp_path / "table.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    monkeypatch.setattr(hierarchy, "TABLE", tmp_path / "table.json")
    assert load_hierarchical_table() == rows
    assert load_hierarchical_table(model="ladder", seed=1) == [rows[4]]
    with pytest.raises(ValueError, match="^colour: want a column of table.json, model, seed"):
        load_hierarchical_table(colour="red")
