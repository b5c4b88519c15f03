"""Bounds from many draws, on models in which log p(x) is known; and the memory that they take."""

import math

import pytest
import torch
from torch import Generator

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA, binarize
from vae_helpers.evaluation import evaluate, importance_weighted_bound
from vae_helpers.importance import bounds_by_draws, effective_sample_size, keep_log_weights, log_mean_weights
from vae_helpers.losses import bernoulli_nll
from vae_helpers.marginal import grid_log_prob
from vae_helpers.models import (
    VAE,
    CompletionVAE,
    ConditionalVAE,
    HierarchicalVAE,
    NameVAE,
    PaddedNameVAE,
    RecurrentVAE,
    StrokeVAE,
)
from vae_helpers.models.gaussians import gaussian_log_prob, reparameterize

IMAGES = binarize(torch.rand(30, 1, 28, 28, generator=Generator().manual_seed(0)), "dynamic")
LABELS = torch.arange(30) % 10
NAMES = torch.tensor([[3, 1, 4] + 13 * [0], [2, 7, 1, 8] + 12 * [0]]).repeat(15, 1)
STROKES = torch.rand(30, 8, 2, generator=Generator().manual_seed(1))
BLANK = -784 * math.log(2)  # log p(x) of an image where each pixel is white with probability 1/2

MODELS = {
    "VAE": (lambda: VAE(2, (8,)), IMAGES),
    "ConditionalVAE": (lambda: ConditionalVAE(2, hidden=(8,)), (IMAGES, LABELS)),
    "ConditionalVAE, one Gaussian": (
        lambda: ConditionalVAE(2, hidden=(8,), prior="learned"),
        (IMAGES, LABELS),
    ),
    "ConditionalVAE, a mixture": (
        lambda: ConditionalVAE(2, hidden=(8,), prior="learned", components=3),
        (IMAGES, LABELS),
    ),
    "CompletionVAE": (lambda: CompletionVAE(2, (8,)), (IMAGES, torch.eye(4)[LABELS % 4])),
    "HierarchicalVAE": (lambda: HierarchicalVAE((2, 1), (8, 8)), IMAGES),
    "NameVAE": (lambda: NameVAE(2, hidden=8, embedding=4), (NAMES, LABELS % 6)),
    "PaddedNameVAE": (lambda: PaddedNameVAE(2, hidden=(8,)), (NAMES, LABELS % 6)),
    "RecurrentVAE": (lambda: RecurrentVAE(2, hidden=8, embedding=4), STROKES),
    "RecurrentVAE, lengths": (lambda: RecurrentVAE(2, hidden=8, embedding=4), (STROKES, 1 + LABELS % 8)),
    "StrokeVAE": (lambda: StrokeVAE(2, (8,)), STROKES),
}


def loud(name: str, factor: float = 2.0):
    """A model of that kind whose weights are so much larger, so that q is far from the prior; and its data."""
    make, data = MODELS[name]
    model = make()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(factor)
    return model, data


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def ignorant(latent_dim: int = 1) -> VAE:
    """log p(x|z) is BLANK whatever z is, and q is far from the prior."""
    model = VAE(latent_dim, (8,))
    with torch.no_grad():
        for weight in model.decoder.head.parameters():
            weight.zero_()
        model.encoder.head.weight.mul_(2)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_one_draw_is_the_elbo_at_that_draw(name):
    """With the same seed z is the same, so the reconstruction is; what is left has the KL as its mean.

    So the sign of q, a prior left out, or the wrong prior shows, for each kind of model.
    """
    model, data = loud(name, factor=1.3)
    bounds = [importance_weighted_bound(model, data, 1, seeded(seed)).mean().item() for seed in range(40)]
    terms = [evaluate(model, data, seed=seed) for seed in range(40)]
    off = torch.tensor([bound + term.total for bound, term in zip(bounds, terms, strict=True)])
    error = off.std().item() / 40**0.5 + 1e-4
    assert abs(off.mean().item()) < 4 * error < 0.4  # a prior left out makes more than 1.8
    assert terms[0].kl > 0.05


@pytest.mark.parametrize("name", MODELS)
def test_streamed_and_kept_are_the_same_draws(name):
    model, data = loud(name)
    torch.testing.assert_close(
        importance_weighted_bound(model, data, 5, seeded(3)),
        log_mean_weights(keep_log_weights(model, data, 5, seeded(3))),
    )
    default, first = importance_weighted_bound(model, data, 5), importance_weighted_bound(model, data, 5, seeded(0))
    assert torch.equal(default, first) and not torch.equal(
        default, importance_weighted_bound(model, data, 5, seeded(1))
    )
    assert torch.equal(keep_log_weights(model, data, 2), keep_log_weights(model, data, 2, seeded(0)))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_used_as_it_is_shipped(name):
    """In eval mode, without a gradient, and left as it was."""
    model, data = loud(name)
    before = torch.random.get_rng_state()
    found, kept = (call(model.train(), data, 3) for call in (importance_weighted_bound, keep_log_weights))
    assert model.training and not found.requires_grad and not kept.requires_grad
    assert torch.equal(torch.random.get_rng_state(), before)
    model.eval()
    assert torch.equal(found, importance_weighted_bound(model, data, 3)) and not model.training
    assert torch.equal(kept, keep_log_weights(model, data, 3))


def test_one_weight_by_hand():
    model = VAE(3, (8,)).eval()
    with torch.no_grad():
        mu, logvar = model.encode(IMAGES)
        z = reparameterize(mu, logvar, torch.randn(30, 3, generator=seeded(5)))
        prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(dim=1)
        q = torch.distributions.Normal(mu, (0.5 * logvar).exp()).log_prob(z).sum(dim=1)
        wanted = prior - bernoulli_nll(model.decode(z), IMAGES) - q
    torch.testing.assert_close(importance_weighted_bound(model, IMAGES, 1, seeded(5)), wanted)


@pytest.mark.slow
def test_it_comes_to_the_known_value_and_rises_to_it():
    model = ignorant()
    bounds = [importance_weighted_bound(model, IMAGES.repeat(3, 1, 1, 1), k).mean().item() for k in (1, 5, 100)]
    assert bounds == sorted(bounds) and bounds[0] < BLANK - 0.1
    assert importance_weighted_bound(model, IMAGES, 5000).mean().item() == pytest.approx(BLANK, abs=0.04)


@pytest.mark.slow
def test_the_shipped_model_comes_to_the_grid(test_set):
    """Never far above it; the truth is an integral over the plane."""
    model = load_checkpoint(REPO_DATA / "weights" / "vae_2d.pt")
    few = binarize(test_set[0][:20], "dynamic", seeded(0))
    truth = grid_log_prob(model, few, side=201, limit=5.0)
    gaps = truth[:, None] - bounds_by_draws(keep_log_weights(model, few, 500), [1, 30, 500])
    once, some, many = gaps.median(dim=0).values
    assert once > some > many > -0.05 and many < 0.2 < once
    assert gaps[6, 2] > 100 and truth[6] > -170  # where q looks elsewhere, more draws of it don't help


def test_conditions_of_a_learned_prior_count():
    """Told another class, the prior is another one."""
    model, (images, labels) = loud("ConditionalVAE, one Gaussian")
    with torch.no_grad():
        model.prior.head.weight.copy_(torch.randn(model.prior.head.weight.shape, generator=seeded(2)))
    told, c = importance_weighted_bound(model, (images, labels), 50), torch.eye(10)[labels]
    torch.testing.assert_close(importance_weighted_bound(model, (images, c), 50), told)
    z = torch.randn(30, 2, generator=seeded(4))
    _, mu, logvar = model.prior(c)
    torch.testing.assert_close(model.prior.log_prob(z, c), gaussian_log_prob(z, mu[:, 0], logvar[:, 0]))


def test_batches_go_on_with_the_draws():
    model = VAE(2, (8,))
    found = importance_weighted_bound(model, IMAGES, 3, batch_size=20)
    assert torch.equal(found[:20], importance_weighted_bound(model, IMAGES[:20], 3))
    generator = seeded(0)
    halves = [importance_weighted_bound(model, part, 3, generator) for part in IMAGES.split(20)]
    assert torch.equal(found, torch.cat(halves))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_other_precisions(dtype):
    """The same draws; the sum of weights is held in double precision."""
    model, wanted = VAE(2, (8,)), importance_weighted_bound(VAE(2, (8,)), IMAGES, 20)
    found = importance_weighted_bound(model.to(dtype), IMAGES.to(dtype), 20)
    assert found.dtype == dtype
    atol = 1e-3 if dtype == torch.float64 else 6.0  # steps of 0.5 and of 4 at -545
    torch.testing.assert_close(found.float(), wanted, rtol=0, atol=atol)


def test_the_log_of_the_mean_weight():
    log_weights = torch.tensor([[1.0, 3.0], [5.0, 5.0]]).log()
    torch.testing.assert_close(log_mean_weights(log_weights), torch.tensor([2.0, 5.0]).log())
    torch.testing.assert_close(log_mean_weights(log_weights - 900), torch.tensor([2.0, 5.0]).log() - 900)
    assert log_mean_weights(log_weights[:, :1]).tolist() == log_weights[:, 0].tolist()


def test_how_many_draws_count():
    found = effective_sample_size(torch.tensor([[0.0, 0, 0, 0], [0, -80, -80, -80], [0, 0, -80, -80]]) - 700)
    torch.testing.assert_close(found, torch.tensor([4.0, 1.0, 2.0]))
    weights = torch.rand(5, 9, generator=seeded()) + 0.1
    wanted = weights.sum(dim=1).square() / weights.square().sum(dim=1)
    torch.testing.assert_close(effective_sample_size(weights.log()), wanted)
    with pytest.raises(ValueError, match="^log_weights: contains NaN"):
        effective_sample_size(torch.full((1, 2), float("nan")))


def test_fewer_draws_are_blocks_of_the_kept_ones():
    log_weights = 3 * torch.randn(4, 7, generator=seeded())
    found = bounds_by_draws(log_weights, [1, 3, 7])
    torch.testing.assert_close(found[:, 0], log_weights.mean(dim=1))
    blocks = [log_mean_weights(log_weights[:, i : i + 3]) for i in (0, 3)]  # the seventh is left over
    torch.testing.assert_close(found[:, 1], torch.stack(blocks).mean(dim=0))
    torch.testing.assert_close(found[:, 2], log_mean_weights(log_weights))
    for wrong, message in (([], "at least one number"), ([8], "at most 7"), ([0], "a whole number >= 1")):
        with pytest.raises(ValueError, match=f"^draws: want {message}"):
            bounds_by_draws(log_weights, wrong)


def test_what_has_no_weights():
    with pytest.raises(TypeError, match="^model: want an nn.Module with log_weights and loss_terms, got Linear"):
        importance_weighted_bound(torch.nn.Linear(2, 2), IMAGES, 3)
    with pytest.raises(TypeError, match="^images: want what a ConditionalVAE takes, got 1 tensors"):
        importance_weighted_bound(ConditionalVAE(2, hidden=(4,)), IMAGES, 3)
