import itertools
import json

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node

from vae_helpers.encoding import decode_images, encode_distributions
from vae_helpers.evaluation import active_units, evaluate
from vae_helpers.losses import effective_beta
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.widgets.reduction_lab import ReductionLab

REDUCTIONS = ("sum", "mean")


@pytest.fixture(scope="module")
def models():
    """Out of order, as a student may write them."""
    return {784: VAE(4, (8,), seed=0), 0.1: VAE(4, (8,), seed=1), 4: VAE(4, (8,), seed=2)}


@pytest.fixture
def lab(models, images):
    return ReductionLab(models, images)


def pictures(data: bytes) -> np.ndarray:
    return np.frombuffer(data, np.uint8).reshape(-1, 28, 28)


def test_starts_as_asked(models, images):
    lab = ReductionLab(models, images, reconstruction="mean", kl="sum", beta=0.5)
    assert (lab.view.reconstruction, lab.view.kl, lab.view.beta) == (1, 0, 0.5)
    assert (lab.buttons["reconstruction"].index, lab.buttons["kl"].index, lab.slider.value) == (1, 0, 0.5)
    assert (lab.view.pixels, lab.view.latent_dim) == (784, 4)


def test_traits_and_controls_follow_each_other(lab):
    seen = []
    lab.observe(lambda change: seen.append((change["name"], change["new"])), ["reconstruction", "kl", "beta"])
    lab.reconstruction, lab.kl, lab.beta = "mean", "mean", 10.0
    assert (lab.buttons["reconstruction"].index, lab.buttons["kl"].index, lab.slider.value) == (1, 1, 10.0)
    lab.buttons["reconstruction"].index, lab.buttons["kl"].value, lab.slider.value = 0, "sum", 0.1
    assert (lab.reconstruction, lab.kl, lab.beta) == ("sum", "sum", 0.1)
    values = {name: [value for key, value in seen if key == name] for name, _ in seen}
    assert values == {"reconstruction": ["mean", "sum"], "kl": ["mean", "sum"], "beta": [10.0, 0.1]}


def test_the_kernel_sends_no_position_back(lab):
    """A late echo to the view would pull slider and buttons back while they are being used."""
    lab.slider.value = 0.3
    lab.buttons["reconstruction"].index = lab.buttons["kl"].index = 1
    assert (lab.view.beta, lab.view.reconstruction, lab.view.kl) == (1.0, 0, 0)


def test_the_effective_beta_is_that_of_the_losses(lab):
    lab.beta = 0.5
    found = {}
    for lab.reconstruction, lab.kl in itertools.product(REDUCTIONS, REDUCTIONS):
        found[lab.reconstruction, lab.kl] = lab.effective_beta
        assert lab.effective_beta == effective_beta(0.5, lab.reconstruction, lab.kl, 784, 4)
    wanted = {("sum", "sum"): 0.5, ("sum", "mean"): 0.125, ("mean", "sum"): 392, ("mean", "mean"): 98}
    assert found == pytest.approx(wanted)


def test_the_figures_are_those_of_evaluate(lab, models, images):
    assert [row["beta"] for row in lab.view.figures] == [0.1, 4, 784]
    for row in lab.view.figures:
        model = models[row["beta"]]
        assert (row["reconstruction"], row["kl"]) == pytest.approx(evaluate(model, images))
        assert row["active"] == active_units(encode_distributions(model, images)[0]).sum()


def test_the_pictures_are_those_of_decode_images(lab, models, images):
    first = images[:8]
    assert np.array_equal(pictures(lab.view.images), (255 * first[:, 0]).round().byte().numpy())
    for k, beta in enumerate((0.1, 4, 784)):
        z = torch.randn(8, 4, generator=torch.Generator().manual_seed(0))
        for data, latents in (
            (lab.view.reconstructions, encode_distributions(models[beta], first)[0]),
            (lab.view.samples, z),
        ):
            wanted = 255 * decode_images(models[beta], latents)[:, 0].numpy()
            assert len(pictures(data)) == 24
            assert np.abs(pictures(data)[8 * k : 8 * k + 8] - wanted).max() <= 0.501  # rounded to 256 levels


def test_few_images_make_short_rows(models, images):
    view = ReductionLab(models, images[:3]).view
    assert len(pictures(view.images)) == 3 and len(pictures(view.reconstructions)) == 9


def test_later_training_changes_nothing(images):
    changing = VAE(2, (8,), seed=0)
    lab = ReductionLab({1: changing}, images)
    before = lab.view.samples
    changing.decoder.head.weight.data += 1
    assert lab.view.samples == before


def test_repr_has_no_address(lab, images):
    assert repr(lab) == "ReductionLab(3 models, 4 dimensions)"
    assert repr(lab.view) == "ReductionView()"
    assert repr(ReductionLab({1: VAE(2, (8,))}, images)) == "ReductionLab(1 model, 2 dimensions)"


SMALL = VAE(4, (8,))
BROKEN = VAE(4, (8,))
BROKEN.decoder.head.bias.data[0] = float("nan")
BLIND = VAE(4, (8,))
next(BLIND.encoder.parameters()).data[0, 0] = float("nan")


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({}, ValueError, "models: want at least one VAE"),
        ([SMALL], TypeError, "models: want a dict of VAEs by the beta .* got list"),
        ({"4": SMALL}, TypeError, "models: want numbers > 0 .* as keys, got '4'"),
        ({True: SMALL}, TypeError, "models: want numbers > 0 .* as keys, got True"),
        ({0: SMALL}, ValueError, "models: want numbers > 0 .* as keys, got 0"),
        ({-1.0: SMALL}, ValueError, "models: want numbers > 0 .* as keys, got -1.0"),
        ({float("nan"): SMALL}, ValueError, "models: want numbers > 0 .* as keys, got nan"),
        ({float("inf"): SMALL}, ValueError, "models: want numbers > 0 .* as keys, got inf"),
        ({1: Autoencoder(4, (8,))}, TypeError, "models: want a VAE at beta = 1, got Autoencoder"),
        ({1: SMALL, 4: VAE(5, (8,))}, ValueError, r"same latent_dim, got \{1: 4, 4: 5\}"),
        ({1: SMALL, 4: BROKEN}, ValueError, "models: the one at beta = 4 has reconstruction nan"),
        ({1: SMALL, 4: BLIND}, ValueError, "models: the one at beta = 4 has reconstruction nan and KL nan"),
    ],
)
def test_bad_models(bad, error, message, images):
    with pytest.raises(error, match=message):
        ReductionLab(bad, images)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (None, TypeError, "images: want a float tensor"),
        (torch.zeros(5, 784), ValueError, r"images: want shape \(N, 1, 28, 28\)"),
        (torch.full((5, 1, 28, 28), 255.0), ValueError, r"images: want values in \[0, 1\]"),
        (torch.zeros(1, 1, 28, 28), ValueError, "images: want at least 2, .* got 1"),
    ],
)
def test_bad_images(bad, error, message, models):
    with pytest.raises(error, match=message):
        ReductionLab(models, bad)


@pytest.mark.parametrize(
    "bad", [{"reconstruction": "max"}, {"kl": "none"}, {"beta": 0.0}, {"beta": 2000.0}, {"beta": float("nan")}]
)
def test_bad_choices(bad, lab, models, images):
    with pytest.raises(traitlets.TraitError, match=next(iter(bad))):
        ReductionLab(models, images, **bad)
    ((name, value),) = bad.items()
    before = getattr(lab, name)
    with pytest.raises(traitlets.TraitError, match=name):
        setattr(lab, name, value)
    assert getattr(lab, name) == before


def test_javascript_and_python_agree_on_the_effective_beta():
    cases = list(itertools.product((0, 1), (0, 1), (0.001, 0.5, 1, 784), (784,), (1, 20)))
    code = f"return {json.dumps(cases)}.map((one) => w.effectiveBeta(...one));"
    found = run_in_node(code, "reduction_lab.js")
    wanted = [effective_beta(beta, REDUCTIONS[r], REDUCTIONS[k], pixels, d) for r, k, beta, pixels, d in cases]
    assert found == pytest.approx(wanted, rel=1e-12)
