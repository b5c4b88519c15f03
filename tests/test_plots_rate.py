import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import Generator

from vae_helpers import plots
from vae_helpers.rate import RateParts

PARTS = {"2-D": {100: RateParts(4.5, 2.5)}, "20-D": {100: RateParts(4.6, 15.9), 10_000: RateParts(9.15, 0.35)}}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def latents(n=40, d=2, seed=0):
    mu = torch.randn(n, d, generator=Generator().manual_seed(seed))
    return mu, torch.full((n, d), -2.0)


def test_bars_stand_on_one_another_under_their_ceiling():
    two, twenty = plots.rate_by_images(PARTS).axes
    bars = [side for bar in twenty.patches for side in (bar.get_y(), bar.get_height())]
    assert bars == pytest.approx([0.0, 4.6, 4.6, 15.9, 0.0, 9.15, 9.15, 0.35])
    assert [line.get_ydata()[0] for line in twenty.lines] == [math.log(100), math.log(10_000)]
    assert [text.get_text() for text in twenty.texts] == ["4.6", "15.9", "9.2", "0.3"]
    assert twenty.texts[3].get_position()[1] > 9.5  # a low part's number stands above its bar
    assert [label.get_text() for label in twenty.get_xticklabels()] == ["N = 100", "N = 10,000"]
    assert [axis.get_title() for axis in (two, twenty)] == ["2-D", "20-D"]
    assert len({bar.get_hatch() for bar in twenty.patches}) == 2 and len(two.get_legend().get_texts()) == 3


def test_a_part_below_0_is_written_and_has_no_bar():
    axis = plots.rate_by_images({"few": {10: RateParts(2.3, -0.04)}}).axes[0]
    assert axis.patches[1].get_height() == 0 and axis.texts[1].get_text() == "0.0"


@pytest.mark.parametrize("parts", [{}, [PARTS], {"2-D": {}}, {"2-D": RateParts(1.0, 2.0)}, {"2-D": {10: (1.0, 2.0)}}])
def test_what_is_no_part(parts):
    with pytest.raises(TypeError, match="^parts: want a dict"):
        plots.rate_by_images(parts)


def test_densities_are_those_of_the_latents():
    """q(z) in one place; the prior in the middle; both on one scale, and z_1 to the right."""
    mu, logvar = torch.tensor([[2.0, -1.0]]).repeat(5, 1), torch.full((5, 2), -3.0)
    own, prior, alone = plots.aggregate_posterior(mu, logvar, *latents(d=3)).axes
    for axis, place in ((own, (2.0, -1.0)), (prior, (0.0, 0.0))):
        picture = axis.images[0]
        row, column = np.unravel_index(np.argmax(picture.get_array()), picture.get_array().shape)
        left, right, bottom, top = picture.get_extent()
        cells = len(picture.get_array()) - 1
        found = (left + (right - left) * column / cells, bottom + (top - bottom) * row / cells)
        assert found == pytest.approx(place, abs=0.05) and picture.origin == "lower"
    assert own.images[0].get_clim() == prior.images[0].get_clim()
    normal = torch.randn(100_000, 2, generator=Generator().manual_seed(0)).norm(dim=1)
    inside = [(normal < circle.radius).double().mean().item() for circle in prior.patches]
    assert inside == pytest.approx([0.5, 0.9, 0.99], abs=0.005)
    assert "3 active of 3" in alone.get_title() and len(alone.lines) == 4


def test_dimensions_that_are_not_active_are_left_out():
    mu, logvar = latents(d=4)
    alone = plots.aggregate_posterior(*latents(), mu * torch.tensor([1.0, 0.0, 1.0, 0.0]), logvar).axes[2]
    assert "2 active of 4" in alone.get_title() and len(alone.lines) == 3
    x, y = alone.lines[0].get_data()
    assert y.sum() * (x[1] - x[0]) == pytest.approx(1, abs=0.05)  # a density


@pytest.mark.parametrize("wrong", [0, 1, 2, 3])
def test_latents_that_do_not_fit(wrong):
    names = ("mu", "logvar", "many_mu", "many_logvar")
    good = [*latents(), *latents(d=3)]
    for value, error in ((good[wrong] * math.nan, ValueError), (good[wrong].long(), TypeError), ([1.0], TypeError)):
        with pytest.raises(error, match=f"^{names[wrong]}: "):
            plots.aggregate_posterior(*good[:wrong], value, *good[wrong + 1 :])
    few = [*good[:wrong], good[wrong][:30], *good[wrong + 1 :]]  # not as many as of its pair
    with pytest.raises(ValueError, match=rf"^{names[wrong | 1]}|{names[wrong & 2]} and {names[wrong | 1]}: want"):
        plots.aggregate_posterior(*few)
    for place, name in ((0, "mu"), (2, "many_mu")):
        one = [part[:1] if k // 2 == place // 2 else part for k, part in enumerate(good)]
        with pytest.raises(ValueError, match=f"^{name}: want the means of at least two images, got 1"):
            plots.aggregate_posterior(*one)
    with pytest.raises(ValueError, match=r"^mu: want shape \(N, 2\)"):
        plots.aggregate_posterior(*latents(d=3), *latents())
    assert not plt.get_fignums()  # none is begun
