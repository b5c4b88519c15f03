import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots

GREY = torch.rand(3, 1, 14, 14)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_inks_take_light_from_white_paper():
    """Cyan ink takes the red, magenta the green, yellow the blue; a grey image takes all three alike."""
    inks = torch.eye(3).view(3, 3, 1, 1)
    fig = plots.colour_rows({"grey": GREY, "inks": inks})
    shown = [np.asarray(axis.images[0].get_array()) for axis in fig.axes]
    assert shown[0].shape == (14, 14, 3)
    np.testing.assert_allclose(shown[0], 1 - GREY[0, 0, :, :, None].expand(-1, -1, 3).numpy())
    assert [colour[0, 0].tolist() for colour in shown[3:]] == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_rows_have_their_names_and_may_differ_in_length():
    fig = plots.colour_rows({"grey": GREY, "one": GREY[:1].expand(-1, 3, -1, -1)})
    assert [axis.get_ylabel() for axis in fig.axes[::3]] == ["grey", "one"]
    assert [len(axis.images) for axis in fig.axes] == [1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ({}, TypeError, "rows: want a dict"),
        (GREY, TypeError, "rows: want a dict"),
        ({"a": GREY[0]}, ValueError, r"rows\['a'\]: want shape"),
        ({"a": GREY[:0]}, ValueError, r"rows\['a'\]: want at least one"),
        ({"a": GREY.expand(-1, 2, -1, -1)}, ValueError, r"rows\['a'\]: want 1 channel or 3"),
        ({"a": 2 + GREY}, ValueError, r"rows\['a'\]: want values in \[0, 1\]"),
    ],
)
def test_what_is_refused(rows, error, message):
    with pytest.raises(error, match=f"^{message}"):
        plots.colour_rows(rows)
