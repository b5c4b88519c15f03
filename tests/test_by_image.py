"""Scores image by image, and the numbers that one checkpoint can be given."""

import pytest
import torch
from torch import Generator

from vae_helpers.by_image import loss_at_the_mean, terms_by_image, ways_to_score
from vae_helpers.data import binarize
from vae_helpers.evaluation import evaluate, importance_weighted_bound
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models import VAE, ConditionalVAE, HierarchicalVAE

GREY = torch.rand(12, 1, 28, 28, generator=Generator().manual_seed(0))
DRAWN = binarize(GREY, "dynamic", Generator().manual_seed(1))
MODEL = VAE(3, (16,), seed=2)


def test_the_means_are_those_of_evaluate():
    terms = evaluate(MODEL, DRAWN, seed=5)
    reconstruction, kl = terms_by_image(MODEL, DRAWN, seed=5)
    assert reconstruction.mean().item() == pytest.approx(terms.reconstruction, rel=1e-6)
    assert kl.mean().item() == pytest.approx(terms.kl, rel=1e-6)


def test_each_image_keeps_its_place():
    _, kl = terms_by_image(MODEL, DRAWN)
    torch.testing.assert_close(kl, gaussian_kl(*MODEL.encode(DRAWN)).detach())
    _, turned = terms_by_image(MODEL, DRAWN.flip(0))
    torch.testing.assert_close(turned, kl.flip(0))


def test_many_images_go_in_parts():
    many = DRAWN.repeat(200, 1, 1, 1)  # more than a batch
    torch.testing.assert_close(terms_by_image(MODEL, many)[1], terms_by_image(MODEL, DRAWN)[1].repeat(200))


def test_labels_go_with_their_images():
    model, labels = ConditionalVAE(2, hidden=(8,)), torch.arange(12) % 10
    found = terms_by_image(model, (DRAWN, labels))[1]
    torch.testing.assert_close(found, gaussian_kl(*model.encode(DRAWN, labels)).detach())


def test_it_is_measured_in_eval_mode():
    """In training this model normalises by its batch."""
    model = HierarchicalVAE((5,), (16,), "bottom-up").train()
    reconstruction, kl = terms_by_image(model, DRAWN)
    assert model.training and not reconstruction.requires_grad
    torch.testing.assert_close(kl[:1], terms_by_image(model, DRAWN[:1])[1])


def test_mu_is_decoded():
    mu, logvar = MODEL.encode(DRAWN)
    wanted = bernoulli_nll(MODEL.decode(mu), DRAWN) + gaussian_kl(mu, logvar)
    torch.testing.assert_close(loss_at_the_mean(MODEL, DRAWN), wanted.detach())


def test_each_way_is_what_its_name_says():
    ways = ways_to_score(MODEL, GREY, DRAWN, k=4, seed=3)
    treated = {"grey": GREY, "thresholded": (GREY > 0.5).float(), "drawn": DRAWN}
    assert len(ways) == 8 and "thresholded, mu decoded" not in ways
    for name, images in treated.items():
        torch.testing.assert_close(ways[f"{name}, -ELBO"], sum(terms_by_image(MODEL, images, seed=3)))
        bound = importance_weighted_bound(MODEL, images, 4, Generator().manual_seed(3))
        torch.testing.assert_close(ways[f"{name}, K = 4"], -bound)
        if name != "thresholded":
            torch.testing.assert_close(ways[f"{name}, mu decoded"], loss_at_the_mean(MODEL, images))


def test_a_grey_loss_is_the_mean_loss_of_its_draws_with_q_told_the_grey():
    """So it bounds their mean -log p(x), whatever q: what the docstring says, by many draws."""
    image, z = GREY[:1], torch.randn(1, 3, generator=Generator().manual_seed(0))
    logits = MODEL.decode(z).detach()
    draws = torch.bernoulli(image.expand(20_000, 1, 28, 28), generator=Generator().manual_seed(4))
    mean = bernoulli_nll(logits.expand_as(draws), draws).mean().item()
    assert mean == pytest.approx(bernoulli_nll(logits, image).item(), abs=0.5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ways_to_score(ConditionalVAE(2), GREY, DRAWN), TypeError, "^model: want a VAE, got ConditionalVAE"),
        (lambda: ways_to_score(MODEL, GREY, DRAWN[:5]), ValueError, "^grey and drawn: want the same shape"),
        (lambda: ways_to_score(MODEL, GREY, 255 * DRAWN), ValueError, r"^drawn: want values in \[0, 1\]"),
        (lambda: ways_to_score(MODEL, GREY, DRAWN, k=0), ValueError, "^k: want"),
        (lambda: loss_at_the_mean(ConditionalVAE(2), DRAWN), TypeError, "^model: want a VAE"),
        (lambda: terms_by_image(torch.nn.Linear(1, 1), DRAWN), TypeError, "^model: want an nn.Module with loss_terms"),
    ],
)
def test_wrong_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
