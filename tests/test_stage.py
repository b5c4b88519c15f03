"""What all widgets have around their pictures: the presenter's size, working buttons, dead dimensions named."""

import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node

from vae_helpers.encoding import encode_distributions
from vae_helpers.evaluation import active_units
from vae_helpers.models import VAE, Autoencoder
from vae_helpers.widgets import (
    InterpolationSlider,
    KLDials,
    LatentPad,
    LatentSliders,
    ReductionLab,
    ReparameterizationDials,
)


@pytest.fixture(scope="module")
def model():
    return VAE(2, (16,), seed=0)


@pytest.fixture(params=["interpolation", "sliders", "kl", "reduction", "reparameterization", "pad"])
def make(request, model, images, test_set):
    labels = test_set[1][:500]
    return {
        "interpolation": lambda **more: InterpolationSlider(model, images, labels, **more),
        "sliders": lambda **more: LatentSliders(model, **more),
        "kl": KLDials,
        "reduction": lambda **more: ReductionLab({1: model}, images, **more),
        "reparameterization": lambda **more: ReparameterizationDials(model, **more),
        "pad": lambda **more: LatentPad(model, images, labels, **more),
    }[request.param]


def stage_of(widget):
    """The box that the style sheet knows: the pad has nothing beside its view, which is the stage itself."""
    return widget.view if isinstance(widget, LatentPad) else widget


def test_presenter_is_a_class_on_the_stage(make):
    small, large = make(), make(presenter=True)
    assert not small.presenter and stage_of(small)._dom_classes == ("vae-stage",)
    assert large.presenter and stage_of(large)._dom_classes == ("vae-stage", "vae-presenter")
    small.presenter, large.presenter = True, False
    assert stage_of(small)._dom_classes == ("vae-stage", "vae-presenter")
    assert stage_of(large)._dom_classes == ("vae-stage",)


def test_presenter_must_be_a_bool(make):
    with pytest.raises(traitlets.TraitError, match="presenter"):
        make(presenter="large")


def test_several_models_have_one_full_screen_button(model, images, test_set):
    both = InterpolationSlider({"a": model, "b": model}, images, test_set[1][:500])
    assert [view.full_screen for view in both.views] == [True, False]


def test_only_the_pickers_need_the_kernel(model, images, test_set):
    slider = InterpolationSlider(model, images, test_set[1][:500])
    marked = [box for box in slider.children if "vae-needs-kernel" in box._dom_classes]
    assert len(marked) == 1 and set(marked[0].children) == {*slider.pickers["start"], *slider.pickers["end"]}


def test_draws_of_the_browser_reach_python():
    dials = KLDials(draws=4)
    dials.view.set_state({"eps": memoryview(np.array([1, 2, 3, 4], "<f4"))})  # as a message from the browser does
    assert np.frombuffer(dials.view.eps, "<f4").tolist() == [1, 2, 3, 4]
    assert KLDials(draws=4).view.eps == KLDials(draws=4).view.eps  # the first draws come from the seed


def half_dead() -> VAE:
    """Three dimensions, of which the second has the same mean for every image."""
    model = VAE(3, (8,), seed=0)
    head = model.encoder.head
    head.weight.data[1], head.bias.data[1] = 0.0, 0.5
    head.weight.data[[0, 2]] *= 20
    return model


def test_dead_dimensions_are_named(images):
    model = half_dead()
    widget = LatentSliders(model, images=images)
    assert widget.active == active_units(encode_distributions(model, images)[0]).tolist() == [True, False, True]
    assert [slider.description for slider in widget.sliders] == ["z1", "z2 (dead)", "z3"]
    assert ["vae-dead" in slider._dom_classes for slider in widget.sliders] == [False, True, False]
    assert widget.view.note.startswith("2 of 3 dimensions active: over these 500 images the variance of the mean")


def test_without_images_nothing_is_said_of_dead_dimensions(model):
    widget = LatentSliders(model)
    assert widget.active is None and widget.view.note == ""
    assert [slider.description for slider in widget.sliders] == ["z1", "z2"]


@pytest.mark.parametrize(
    ("build", "bad", "error", "message"),
    [
        (VAE, torch.zeros(5, 784), ValueError, r"images: want shape \(N, 1, 28, 28\)"),
        (VAE, torch.zeros(1, 1, 28, 28), ValueError, "images: want at least 2, .* got 1"),
        (VAE, [0.0], TypeError, "images: want a float tensor"),
        (Autoencoder, torch.zeros(5, 1, 28, 28), TypeError, "images: only a VAE has .* got Autoencoder"),
    ],
)
def test_bad_images_of_the_latent_sliders(build, bad, error, message):
    with pytest.raises(error, match=message):
        LatentSliders(build(2, (8,)), images=bad)


def test_browser_draws_are_standard_normal():
    draws = np.array(run_in_node("return [...w.normalDraws(40000)];", "shared/numbers.js"))
    # five standard errors each: a sound generator fails once in a million runs
    assert draws.shape == (40000,) and abs(draws.mean()) < 5 / 200 and abs(draws.var() - 1) < 5 * np.sqrt(2) / 200
    assert abs((np.abs(draws) < 1).mean() - 0.6827) < 5 * 0.4654 / 200 and (np.abs(draws) > 3).any()
