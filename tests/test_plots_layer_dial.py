import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from vae_helpers import plots
from vae_helpers.linear_hierarchy import mean_layer_kls, z2_given_x
from vae_helpers.plots import hierarchy


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_the_planes_show_prior_posterior_and_x():
    fig = plots.layer_dial(x=1.0, s=0.5)
    assert [axis.get_title() for axis in fig.axes[:2]] == ["a = 0", "a = 0.9"]
    for axis, a in zip(fig.axes, (0.0, 0.9), strict=False):
        one, two, seen = axis.lines
        assert set(np.ravel(seen.get_ydata())) == {1.0}
        z2, z1 = one.get_data()
        assert np.allclose((z1**2 - 2 * a * z1 * z2 + z2**2) / (1 - a**2), 1, atol=1e-5)  # one standard deviation
        assert np.abs(two.get_ydata()).max() == pytest.approx(2, abs=0.01)  # as high as before, whatever a is
        q = z2_given_x(torch.tensor([1.0]), a, 0.5)
        ring = axis.patches[0].get_xy()
        width = (ring[:, 0].max() - ring[:, 0].min()) / 2
        assert width == pytest.approx(q.stddev.item(), abs=0.01)
        assert ring[:, 0].mean() == pytest.approx(q.mean.item(), abs=0.02)
        assert (ring[:, 1].max() + ring[:, 1].min()) / 2 == pytest.approx(0.8, abs=0.01)
        slope = a * 0.25 / 1.25 / q.variance.item()  # of z1's mean over z2, in the posterior
        assert ring[ring[:, 0].argmax(), 1] == pytest.approx(0.8 + slope * q.stddev.item(), abs=0.03)


def test_the_costs_stack_to_a_level_line():
    axis = plots.layer_dial(x=1.0, s=0.5).axes[2]
    total, lacking = axis.lines
    assert total.get_ydata() == pytest.approx(np.log(5) / 2)
    assert lacking.get_ydata()[0] == 0 and (np.diff(lacking.get_ydata()) > 0).all()
    top = axis.collections[0].get_paths()[0].vertices
    assert top[:, 1].max() == pytest.approx(mean_layer_kls(0.99, 0.5)[1], abs=1e-6)
    colors = [to_hex(area.get_facecolor()[0]) for area in axis.collections]
    names = [text.get_text() for text in axis.get_legend().get_texts()]
    assert colors == [*hierarchy.COLORS[1::-1]] and axis.collections[0].get_hatch() == hierarchy.HATCHES[1]
    assert names[:2] == ["$z_2$ costs", "$z_1$ costs"]
    assert axis.get_ylim()[1] > max(lacking.get_ydata()[-1], total.get_ydata()[0])


@pytest.mark.parametrize(("arguments", "message"), [({"s": 0}, "s: want a number > 0"), ({"x": "1"}, "x: want a num")])
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        plots.layer_dial(**arguments)
