import numpy as np
import pytest
import torch
import traitlets
from javascript import run_in_node
from torch import nn

from vae_helpers.models import VAE, reparameterize
from vae_helpers.widgets.reparameterization_dials import ReparameterizationDials


@pytest.fixture(scope="module")
def model():
    return VAE(2, (16,), seed=0)


@pytest.fixture
def dials(model):
    return ReparameterizationDials(model, mu=(-1.0, 0.5), sigma=(0.4, 1.5), draws=20, sets=3, seed=7)


def sent_eps(dials):
    """The noise as the browser cuts it out of the bytes: (sets, draws, 2)."""
    return np.frombuffer(dials.view.eps, "<f4").reshape(-1, dials.view.draws, 2)


def test_start(dials):
    assert {name: slider.value for name, slider in dials.sliders.items()} == {
        "mu1": -1.0,
        "mu2": 0.5,
        "sigma1": 0.4,
        "sigma2": 1.5,
    }
    view = dials.view
    assert (view.mu1, view.mu2, view.sigma1, view.sigma2) == (-1.0, 0.5, 0.4, 1.5)
    assert (view.draws, view.draw, view.chosen) == (20, 0, 0)
    assert [slider.description for slider in dials.sliders.values()] == ["μ₁", "σ₁", "μ₂", "σ₂"]


def test_the_bytes_are_the_generators_numbers(dials):
    wanted = torch.randn(3, 20, 2, generator=torch.Generator().manual_seed(7)).numpy()
    assert np.array_equal(sent_eps(dials), wanted)


def test_as_many_samples_as_promised(model):
    noise = sent_eps(ReparameterizationDials(model))
    assert noise.shape == (50, 200, 2)
    assert abs(noise.mean()) < 4 / np.sqrt(noise.size) and abs(noise.std() - 1) < 4 / np.sqrt(2 * noise.size)


@pytest.mark.parametrize(("name", "value"), [("mu1", 2.5), ("mu2", -3.0), ("sigma1", 0.05), ("sigma2", 2.0)])
def test_dial_and_slider_follow_each_other(dials, name, value):
    seen = []
    dials.observe(lambda change: seen.append(change["new"]), name)
    setattr(dials, name, value)
    assert dials.sliders[name].value == value
    dials.sliders[name].value = 0.75
    assert getattr(dials, name) == 0.75 and seen == [value, 0.75]


def test_the_noise_is_frozen(dials):
    before, eps = dials.view.eps, dials.eps
    dials.mu1, dials.sigma2 = 2.0, 0.3
    dials.sliders["mu2"].value = -2.0
    dials.sliders["sigma1"].value = 1.0
    assert dials.view.eps == before and dials.eps == eps
    dials.draw, dials.chosen = 2, 19
    assert dials.view.eps == before and dials.eps == sent_eps(dials)[2, 19].tolist()


def test_z_is_reparameterize(dials):
    dials.draw, dials.chosen, dials.mu1 = 1, 5, 0.25
    mu, sigma = torch.tensor([[0.25, 0.5]]), torch.tensor([[0.4, 1.5]])
    wanted = reparameterize(mu, 2 * sigma.log(), torch.tensor(sent_eps(dials)[1, [5]]))[0]
    assert np.allclose(dials.z, wanted.tolist(), atol=1e-6)
    before = dials.z
    dials.mu2 += 1  # dz/dmu = 1
    dials.sigma1 += 0.5  # dz/dsigma = eps
    assert np.allclose(dials.z, [before[0] + 0.5 * dials.eps[0], before[1] + 1])


def test_the_kernel_sends_no_position_back(dials):
    """A late echo of a dial to the view would pull the slider back while it is being dragged."""
    for slider in dials.sliders.values():
        slider.value = 1.25
    view = dials.view
    assert (view.mu1, view.mu2, view.sigma1, view.sigma2) == (-1.0, 0.5, 0.4, 1.5)


def test_what_is_clicked_in_the_browser_reaches_python(dials):
    seen = []
    dials.observe(lambda change: seen.append((change["name"], change["new"])), ["draw", "chosen"])
    dials.view.set_state({"draw": 2, "chosen": 11})  # as a message from the browser does
    assert (dials.draw, dials.chosen) == (2, 11) and sorted(seen) == [("chosen", 11), ("draw", 2)]
    dials.draw, dials.chosen = 1, 3
    assert (dials.view.draw, dials.view.chosen) == (1, 3)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("mu1", 3.5, "mu1: want a number from -3 to 3, got 3.5"),
        ("mu2", float("nan"), "mu2: want a number from -3 to 3, got nan"),
        ("sigma1", 0.0, "sigma1: want a number from 0.05 to 2, got 0.0"),
        ("sigma2", -1.0, "sigma2: want a number from 0.05 to 2, got -1.0"),
        ("draw", 3, "draw: want a whole number from 0 to 2, got 3"),
        ("chosen", 20, "chosen: want a whole number from 0 to 19, got 20"),
        ("chosen", -1, "chosen: want a whole number from 0 to 19, got -1"),
        ("chosen", 0.5, "chosen"),
    ],
)
def test_values_out_of_range_are_refused(dials, name, value, message):
    before = getattr(dials, name)
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(dials, name, value)
    assert getattr(dials, name) == before


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": VAE(5, (8,))}, ValueError, "model: want one with latent_dim 2, got VAE with 5"),
        ({"model": nn.Linear(2, 784)}, ValueError, "model: want one with latent_dim 2, got Linear with None"),
        ({"mu": (0.0,)}, ValueError, r"mu: want 2 numbers, got \(0.0,\)"),
        ({"sigma": 0.5}, ValueError, "sigma: want 2 numbers, got 0.5"),
        ({"mu": (0.0, 4.0)}, traitlets.TraitError, "mu2: want a number from -3 to 3, got 4.0"),
        ({"sigma": (0.0, 1.0)}, traitlets.TraitError, "sigma1: want a number from 0.05 to 2, got 0.0"),
        ({"draws": 1}, ValueError, "draws: want a whole number >= 2, got 1"),
        ({"draws": 20.0}, ValueError, "draws: want a whole number >= 2, got 20.0"),
        ({"sets": 0}, ValueError, "sets: want a whole number >= 1, got 0"),
        ({"sets": True}, ValueError, "sets: want a whole number >= 1, got True"),
        ({"draws": 100_000}, ValueError, "draws, sets: 100000 x 50 make 40.0 MB; at most 8 MB"),
    ],
)
def test_bad_input(model, arguments, error, message):
    with pytest.raises(error, match=message):
        ReparameterizationDials(**({"model": model} | arguments))


def test_no_address_in_any_repr(dials):
    assert repr(dials) == "ReparameterizationDials(mu=(-1, 0.5), sigma=(0.4, 1.5))"
    assert repr(dials.view) == "ReparameterizationView()"


def test_browser_and_torch_reparameterize_alike(dials):
    flat = sent_eps(dials).flatten().tolist()
    got = run_in_node(
        f"const eps = Float32Array.from({flat}); return w.reparameterize([-1, 0.5], [0.4, 1.5], w.oneSet(eps, 2, 20));",
        "reparameterization_dials.js",
    )
    mu, sigma = torch.tensor([[-1.0, 0.5]]).expand(20, 2), torch.tensor([[0.4, 1.5]]).expand(20, 2)
    wanted = reparameterize(mu, 2 * sigma.log(), torch.tensor(sent_eps(dials)[2]))
    assert np.abs(np.array(got).reshape(20, 2) - wanted.numpy()).max() < 1e-6
    dials.draw, dials.chosen = 2, 4
    assert np.abs(np.array(got[8:10]) - dials.z).max() < 1e-12


def test_nearest_dot(dials):
    points = sent_eps(dials)[0]
    places = np.random.default_rng(0).uniform(-3.5, 3.5, (50, 2))
    got = run_in_node(
        f"const points = Float32Array.from({points.flatten().tolist()});"
        f"return {places.tolist()}.map(([x, y]) => w.nearestPoint(points, x, y));",
        "reparameterization_dials.js",
    )
    distances = np.linalg.norm(places[:, None] - points, axis=2)
    assert got == distances.argmin(axis=1).tolist()
