import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots

IMAGES = torch.rand(2, 3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_image_is_where_its_row_and_its_column_say():
    fig = plots.layer_grid(IMAGES)
    assert len(fig.axes) == 6
    for k, axis in enumerate(fig.axes):
        place = axis.get_subplotspec()
        row, column = place.rowspan.start, place.colspan.start
        assert (row, column) == divmod(k, 3)
        np.testing.assert_allclose(axis.images[0].get_array(), 1 - IMAGES[row, column, 0], atol=1e-6)  # black ink


def test_what_is_held_stands_along_the_edges_and_titles_above():
    fig = plots.layer_grid(IMAGES, held=("top", "noise"), titles=["a", "b", "c"])
    assert "top" in fig.get_supxlabel() and "noise" in fig.get_supylabel()
    assert [axis.get_title() for axis in fig.axes] == ["a", "b", "c", "", "", ""]


@pytest.mark.parametrize(
    ("images", "changes", "message"),
    [
        (IMAGES[0], {}, "images"),
        (IMAGES[:, :0], {}, "images: want at least one"),
        (IMAGES * float("nan"), {}, "images: contains NaN"),
        (255 * IMAGES, {}, "images"),
        (IMAGES, {"titles": ["a"]}, "titles: want one for each of 3 columns, got 1"),
        (IMAGES, {"held": ["a"]}, "held: want two names"),
        (IMAGES, {"size": 0}, "size"),
    ],
)
def test_what_can_not_be_drawn(images, changes, message):
    with pytest.raises((ValueError, TypeError), match=f"^{message}"):
        plots.layer_grid(images, **changes)
