import math

import pytest
import torch

from vae_helpers.evaluation import evaluate, importance_weighted_bound
from vae_helpers.models import CompletionNet, CompletionVAE
from vae_helpers.models.completion import pixel_mask, unseen_nll
from vae_helpers.quadrants import prior_nll, published_seen, random_seen, scores


def importance_nll(model, images, seen, draws):
    return -importance_weighted_bound(model, (images, seen), draws)


@pytest.fixture
def model():
    """Small, with a prior that is far enough from q to tell the scores apart."""
    model = CompletionVAE(2, (16,), seed=1)
    model.prior[-1].weight.data *= 3
    return model


def test_the_published_quadrants():
    """Bottom left, the left half, all but bottom right."""
    picture = torch.zeros(3, 28, 28)
    picture[0, 14:, :14] = 1
    picture[1, :, :14] = 1
    picture[2] = 1
    picture[2, 14:, 14:] = 0
    masks = torch.cat([pixel_mask(published_seen(number, 1)) for number in (1, 2, 3)])
    assert torch.equal(masks[:, 0].float(), picture)


@pytest.mark.parametrize("quadrants", [0, 4, 1.5, True, None])
def test_no_such_quadrants(quadrants):
    with pytest.raises(ValueError, match="^quadrants: want"):
        published_seen(quadrants, 1)


def test_random_quadrants():
    """All 14 ways come up, never none or all of them; about half the time and more, one of the published three."""
    seen = random_seen(20_000, torch.Generator().manual_seed(0))
    ways, counts = seen.unique(dim=0, return_counts=True)
    assert len(ways) == 14 and not (ways.sum(dim=1) % 4 == 0).any()
    published = torch.cat([published_seen(number, 1) for number in (1, 2, 3)])
    for way, count in zip(ways, counts, strict=True):
        wanted = 0.5 / 14 + (0.5 / 3 if (published == way).all(dim=1).any() else 0)
        assert count.item() / 20_000 == pytest.approx(wanted, abs=0.01)


def test_one_draw_from_the_prior_is_a_reconstruction(model, images):
    x, seen = images[:4], published_seen(2, 4)
    mu, logvar = model.prior_of(x, seen)
    z = mu + torch.exp(logvar / 2) * torch.randn(4, 2, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(
        prior_nll(model, x, seen, draws=1, seed=3), unseen_nll(model.decode(z, x, seen), x, seen)
    )


@torch.no_grad()
def test_both_ways_to_draw_find_the_same_evidence(images):
    """The integral over z, by quadrature in one dimension."""
    model, x, seen = CompletionVAE(1, (16,), seed=1), images[:3], published_seen(3, 3)
    eps = torch.linspace(-8, 8, 401)[:, None]
    weight = torch.exp(-0.5 * eps[:, 0].square()) / math.sqrt(2 * math.pi) * 16 / 400
    exact = []
    for k in range(3):
        mu, logvar = model.prior_of(x[k : k + 1], seen[:1])
        many, flags = x[k : k + 1].expand(401, -1, -1, -1), seen[:1].expand(401, 4)
        nll = unseen_nll(model.decode(mu + torch.exp(logvar / 2) * eps, many, flags), many, flags)
        exact.append(-torch.logsumexp(weight.log() - nll, dim=0).item())
    one_draw = prior_nll(model, x, seen, draws=1)
    assert (one_draw - torch.tensor(exact)).abs().max() > 0.5  # the draws do matter
    for estimate in (prior_nll, importance_nll):
        assert estimate(model, x, seen, draws=300).tolist() == pytest.approx(exact, abs=0.15)


def test_more_draws_lower_both_and_q_stays_below_the_elbo(model, images):
    x, seen = images[:200], published_seen(1, 200)
    elbo = evaluate(model, (x, seen)).total
    for estimate in (prior_nll, importance_nll):
        few, many = (estimate(model, x, seen, draws=draws).mean().item() for draws in (1, 20))
        assert many < few
    assert many < elbo - 0.1 and few == pytest.approx(elbo, abs=3)  # one draw from q is the negative ELBO's estimate


def test_scores_are_those_of_the_three_masks(model, images):
    found = scores(model, images[:20])
    assert found == {k: evaluate(model, (images[:20], published_seen(k, 20))).total for k in (1, 2, 3)}
    assert found[1] > found[2] > found[3]
    assert scores(CompletionNet((4,)), images[:20]).keys() == {1, 2, 3}


@pytest.mark.parametrize("estimate", [prior_nll, importance_nll])
def test_bad_input(model, images, estimate):
    for draws in (0, 1.5, True):
        with pytest.raises(ValueError, match="^(draws|k): want a whole number >= 1"):
            estimate(model, images[:2], published_seen(1, 2), draws=draws)
    with pytest.raises(ValueError, match="^seen: want flags for each of the 2 images, got 3"):
        prior_nll(model, images[:2], published_seen(1, 3))
