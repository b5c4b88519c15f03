import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import to_hex

from vae_helpers import plots
from vae_helpers.estimates import Estimate
from vae_helpers.plots.report import COSTS, FLATTERS, KINDS, TOLD

NUMBERS = {
    "grey, -ELBO": Estimate(100.3, 1.2),
    "thresholded, K = 50": Estimate(82.4, 1.1),
    "drawn, mu decoded": Estimate(91.8, 1.2),
    "drawn, K = 50": Estimate(94.2, 1.2),
}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_numbers_stand_in_their_order_and_by_what_they_bound():
    fig = plots.nine_numbers(NUMBERS)
    (axis,) = fig.axes
    assert [text.get_text() for text in axis.get_yticklabels()] == [name.replace("-ELBO", "−ELBO") for name in NUMBERS]
    points = [container.lines[0] for container in axis.containers]
    assert [point.get_xdata()[0] for point in points] == [100.3, 82.4, 91.8, 94.2]
    assert [point.get_ydata()[0] for point in points] == [0, 1, 2, 3] and axis.get_ylim()[0] > axis.get_ylim()[1]
    wanted = [KINDS[kind] for kind in ("loose", "others", "nothing", "bound")]
    assert [(point.get_marker(), point.get_color()) for point in points] == [(k["marker"], k["color"]) for k in wanted]
    (segment,) = axis.containers[0].lines[2][0].get_segments()
    assert segment[:, 0] == pytest.approx([99.1, 101.5])
    assert [text.get_text() for text in axis.texts] == ["100.3", "82.4", "91.8", "94.2"]
    assert {text.get_text() for text in fig.legends[0].get_texts()} == {*TOLD.values()}
    fewer = plots.nine_numbers({"drawn, K = 50": Estimate(94.2, 1.2)})
    assert [text.get_text() for text in fewer.legends[0].get_texts()] == [TOLD["bound"]]


def test_mistakes_are_ranked_and_their_side_is_told():
    fig = plots.mistakes({"grey": Estimate(-2.2, 0.3), "threshold": Estimate(11.9, 0.4), "mu": Estimate(6.4, 0.2)})
    (axis,) = fig.axes
    assert [text.get_text() for text in axis.get_yticklabels()] == ["threshold", "mu", "grey"]
    assert [bar.get_width() for bar in axis.patches] == [11.9, 6.4, -2.2]
    assert [to_hex(bar.get_facecolor()) for bar in axis.patches] == [FLATTERS, FLATTERS, COSTS]
    assert [bool(bar.get_hatch()) for bar in axis.patches] == [False, False, True]
    assert [text.get_text() for text in axis.texts] == ["+11.9", "+6.4", "−2.2"]
    assert [text.xy[0] for text in axis.texts] == pytest.approx([12.3, 6.6, -2.5])  # beyond the bar's error
    assert [text.get_ha() for text in axis.texts] == ["left", "left", "right"]
    errors = [bar.get_segments()[0][:, 0] for bar in axis.collections]
    assert [high - low for low, high in errors] == pytest.approx([0.8, 0.4, 0.6])


@pytest.mark.parametrize("draw", [plots.nine_numbers, plots.mistakes])
@pytest.mark.parametrize("wrong", [{}, [1.0], {"a": 1.0}, None], ids=repr)
def test_no_estimates(draw, wrong):
    with pytest.raises(TypeError, match=r"^(numbers|nats)(\['a'\])?: want an? (dict of estimates|Estimate)"):
        draw(wrong)
