import matplotlib.pyplot as plt
import pytest

from vae_helpers import plots
from vae_helpers.fidelity import Fidelity

RESULTS = {"real": Fidelity(0.99, 0.01, 1.0, 1.02), "a model": Fidelity(0.5, 0.4, 0.1, 3.0)}


def test_each_measure_has_its_panel_and_each_result_its_number():
    fig = plots.fidelities(RESULTS)
    shown = [[text.get_text() for text in axis.texts] for axis in fig.axes]
    assert shown == [["99.0", "50.0"], ["1.0", "40.0"], ["1.00", "0.10"], ["1.02", "3.00"]]
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["real", "a model"]
    for axis, values in zip(fig.axes, ((99, 50), (1, 40), (1, 0.1), (1.02, 3)), strict=True):
        low, high = axis.get_xlim()
        assert all(low < value < high for value in values)
        assert axis.lines[0].get_xdata()[0] == pytest.approx(values[0])  # the dashed line
    plt.close(fig)


@pytest.mark.parametrize("results", [{}, [RESULTS["real"]], {"real": (1.0, 0.0, 1.0, 1.0)}])
def test_what_is_no_result(results):
    with pytest.raises(TypeError, match="results: want a dict of Fidelity"):
        plots.fidelities(results)
