import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.evaluation import (
    active_units,
    evaluate,
    hole_fraction,
    kl_of_latents,
    kl_of_layers,
    mean_kl_of_layers,
)
from vae_helpers.losses import gaussian_kl
from vae_helpers.models import VAE, HierarchicalVAE


def test_shipped_checkpoints_are_as_good_as_stated(test_set):
    two, twenty = (load_checkpoint(REPO_DATA / "weights" / name) for name in ("vae_2d.pt", "vae_20d.pt"))
    assert evaluate(two, test_set[0]).total < 136
    assert evaluate(twenty, test_set[0]).total < 102


def test_the_shipped_classifier_is_as_good_as_stated(test_set):
    images, labels = test_set
    with torch.no_grad():
        logits = load_checkpoint(REPO_DATA / "weights" / "classifier.pt")(images)
    assert (logits.argmax(dim=1) == labels).float().mean() > 0.99
    assert hole_fraction(logits) < 0.015


def test_batch_size_changes_nothing_but_rounding(images):
    model = VAE(2, (16,))
    a, b = (evaluate(model, images, batch_size=size) for size in (500, 7))
    # the draws of z differ in their order, the encoder's KL does not
    assert a.kl == pytest.approx(b.kl, rel=1e-6) and a.reconstruction == pytest.approx(b.reconstruction, rel=0.02)
    assert a.total == a.reconstruction + a.kl


def test_model_keeps_its_mode(images):
    for mode in (True, False):
        model = VAE(2, (16,)).train(mode)
        evaluate(model, images)
        assert model.training is mode


def test_hole_fraction():
    sure, torn = torch.tensor([9.0, 0, 0]), torch.tensor([1.0, 1, 0])  # at most 0.9998 and 0.42
    assert hole_fraction(torch.stack([sure, sure, sure, torn])).item() == 0.25
    assert hole_fraction(torch.stack([sure, torn]), bound=0.4).item() == 0
    assert hole_fraction(1000 * torch.stack([sure, torn]), bound=0.5).item() == 0


@pytest.mark.parametrize(
    ("logits", "bound", "error", "message"),
    [
        (torch.zeros(3, 10), 0.0, ValueError, r"bound: want a probability in \(0, 1\], got 0.0"),
        (torch.zeros(3, 10), 80, ValueError, "bound: .* got 80"),
        (torch.zeros(10), 0.8, ValueError, r"class_logits: want shape \(N, classes\), got \(10,\)"),
        (torch.zeros(3, 10).long(), 0.8, TypeError, "class_logits: want floats"),
    ],
)
def test_bad_input_of_hole_fraction(logits, bound, error, message):
    with pytest.raises(error, match=message):
        hole_fraction(logits, bound)


def test_bad_images():
    with pytest.raises(ValueError, match="images: want values in"):
        evaluate(VAE(), torch.full((2, 1, 28, 28), 3.0))


def test_images_of_another_dtype(images):
    with pytest.raises(TypeError, match="images: want torch.float32, as the model's weights are, got torch.float64"):
        evaluate(VAE(), images[:3].double())


def test_active_units_vary_over_images():
    mu = torch.tensor([[0.0, 5.0, 0.3], [0.0, 5.0, -0.3], [0.01, 5.0, 0.0]])
    assert active_units(mu).tolist() == [False, False, True]  # the second is far from 0, but tells nothing apart
    assert active_units(mu, bound=0.2).sum() == 0


@pytest.mark.parametrize("mu", [torch.zeros(1, 3), torch.zeros(4)])
def test_bad_means(mu):
    with pytest.raises(ValueError, match="mu: want"):
        active_units(mu)


def test_what_latents_cost_one_by_one():
    mu, logvar = torch.randn(2, 50, 4, generator=torch.Generator().manual_seed(0))
    mu[:, 2] = logvar[:, 2] = 0  # asleep
    each = kl_of_latents(mu, logvar)
    wanted = kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)).mean(dim=0)
    torch.testing.assert_close(each, wanted)
    torch.testing.assert_close(each.sum(), gaussian_kl(mu, logvar).mean())
    assert each[2] == 0
    with pytest.raises(ValueError, match="^mu: want at least one example"):
        kl_of_latents(mu[:0], logvar[:0])


@pytest.mark.parametrize("inference", ["bottom-up", "ladder"])
def test_what_layers_cost_sums_to_the_kl(images, inference):
    """With the same draws, whatever the sizes of the batches; the mode and torch's own generator stay."""
    model = HierarchicalVAE((5, 3), (8, 8), inference).train()
    before = torch.get_rng_state()
    for size in (500, 70):
        parts = kl_of_layers(model, images, batch_size=size, seed=2)
        assert sum(parts) == pytest.approx(evaluate(model, images, batch_size=size, seed=2).kl, rel=1e-5)
        assert parts == mean_kl_of_layers(model, (images,), batch_size=size, seed=2) and len(parts) == 2
    by_hand = model.eval().layer_terms(images, torch.Generator().manual_seed(2))[1].mean(dim=0)
    torch.testing.assert_close(torch.tensor(kl_of_layers(model.train(), images, seed=2)), by_hand)
    assert model.training and torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x: kl_of_layers(VAE(2, (4,)), x), TypeError, "^model: want an nn.Module with layer_terms, got VAE"),
        (lambda x: kl_of_layers(HierarchicalVAE((2,), (4,)), 255 * x), ValueError, "^images: .* are they 0 to 255"),
        (lambda x: kl_of_layers(HierarchicalVAE((2,), (4,)), x[:0]), ValueError, "^images: want shape"),
        (lambda x: kl_of_layers(HierarchicalVAE((2,), (4,)), x.double()), TypeError, "^images: want torch.float32"),
        (lambda x: kl_of_layers(HierarchicalVAE((2,), (4,)), x, batch_size=0), ValueError, "^batch_size: want"),
        (lambda x: kl_of_layers(HierarchicalVAE((2,), (4,)), x, seed=0.5), ValueError, "^seed: want"),
    ],
)
def test_bad_input_of_kl_of_layers(images, call, error, said):
    with pytest.raises(error, match=said):
        call(images[:5])


def test_a_variance_of_means_divides_by_one_fewer():
    """0.0162 of two means 0.09 to either side, where a division by two would give 0.0081."""
    assert active_units(torch.tensor([[0.09], [-0.09]]), bound=0.01).tolist() == [True]


def test_who_is_just_sure_enough_is_no_hole():
    """Two classes alike: a highest probability of exactly a half."""
    assert hole_fraction(torch.zeros(3, 2), bound=0.5) == 0 and hole_fraction(torch.zeros(3, 2), bound=0.51) == 1
