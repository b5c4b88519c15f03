import matplotlib.pyplot as plt
import pytest

from vae_helpers import plots


def row(kind, latent_dim, layers, seed, prior, active=None):
    shares = {"prior": prior, "fitted": prior / 2, "own": 0.05}
    return {"kind": kind, "latent_dim": latent_dim, "layers": layers, "seed": seed, "holes": shares} | {
        "active": active or latent_dim
    }


ROWS = [row("ae", 8, 2, 0, 0.4), row("vae", 8, 2, 0, 0.3), row("vae", 8, 2, 1, 0.2), row("vae", 32, 2, 0, 0.5, 9)]
ROWS += [row("vae", 32, 2, 1, 0.7, 21)]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_a_panel_for_each_kind_and_number_of_layers():
    fig = plots.holes_by_dimensions([*ROWS, row("vae", 8, 1, 0, 0.3)])
    titles = [axis.get_title() for axis in fig.axes]
    assert titles == ["VAE, 1 hidden layer", "VAE, 2 hidden layers", "autoencoder, 2 hidden layers"]
    assert [text.get_text() for text in fig.legends[0].get_texts()][-1] == "the model's own codes"


def test_marks_are_seeds_and_lines_go_through_their_means():
    axis = plots.holes_by_dimensions(ROWS).axes[0]
    line, few, many = axis.lines[:3]  # the prior's
    assert [*line.get_ydata()] == pytest.approx([25, 60]) and line.get_marker() in ("", "None")
    assert [*few.get_ydata()] == pytest.approx([30, 20]) and [*many.get_ydata()] == pytest.approx([50, 70])
    assert [*few.get_xdata()] == [0, 0] and [*many.get_xdata()] == [1, 1]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["8\n(8)", "32\n(9–21)"]
    fitted = axis.lines[4]
    assert [*fitted.get_ydata()] == pytest.approx([12.5, 30]) and fitted.get_color() != line.get_color()


def test_no_rows():
    with pytest.raises(ValueError, match="^rows: want at least one, got none"):
        plots.holes_by_dimensions([])
