import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.patches import Ellipse

from vae_helpers import plots

GENERATOR = torch.Generator().manual_seed(0)
STROKES = torch.rand(2, 8, 2, generator=GENERATOR)
MU, LOGVAR = torch.tensor([[1.0, -1.0], [-2.0, 0.5]]), torch.tensor([[0.0, np.log(4.0)], [-2.0, -2.0]]).float()
CODES, LABELS = torch.randn(40, 2, generator=GENERATOR), torch.arange(40) % 4
GIVEN = {"strokes": STROKES, "mu": MU, "logvar": LOGVAR, "codes": CODES, "labels": LABELS, "names": ["a", "b"]}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_stroke_has_its_name_and_its_ellipses():
    left, right = plots.stroke_codes(**GIVEN).axes
    assert [text.get_text() for text in left.texts] == ["a", "b"]
    ellipses = [patch for patch in right.patches if isinstance(patch, Ellipse)]
    sizes = {(*patch.center, round(patch.width, 4), round(patch.height, 4)) for patch in ellipses}
    one, two = (round(2 * times * np.exp(-1), 4) for times in (1, 2))
    assert sizes == {(1, -1, 2, 4), (1, -1, 4, 8), (-2, 0.5, one, one), (-2, 0.5, two, two)}
    assert [text.get_text() for text in right.texts][-2:] == ["a", "b"]


def test_the_map_reaches_as_far_as_codes_and_ellipses():
    _, right = plots.stroke_codes(**GIVEN).axes
    low, high = right.get_xlim()
    assert high == -low > 1 + 2 * 2 and right.get_aspect() == 1  # mu_2 = -1 with a sigma of 2


def test_a_name_stands_where_no_class_has_its_digit():
    for place, above in (([1.0, 2.0], False), ([1.0, -4.0], True)):  # a class above the ellipse, and one below
        given = {**GIVEN, "codes": torch.tensor([place] * 3), "labels": torch.zeros(3).long()}
        _, right = plots.stroke_codes(**given | {"logvar": torch.full((2, 2), -2.0)}).axes
        name = next(text for text in right.texts if text.get_text() == "a")
        assert (name.xy[1] > -1) == above


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ["a"]}, "names: want one for each of 2 strokes, got 1"),
        ({"strokes": STROKES[:0], "mu": MU[:0], "logvar": LOGVAR[:0], "names": []}, "strokes"),
        ({"codes": CODES[:0], "labels": LABELS[:0]}, "codes"),
        ({"mu": MU[:1]}, "mu"),
        ({"labels": LABELS[:3]}, "labels"),
        ({"columns": 0}, "columns"),
    ],
)
def test_what_can_not_be_drawn(changes, message):
    with pytest.raises((ValueError, TypeError), match=message):
        plots.stroke_codes(**GIVEN | changes)


def test_no_name_leaves_the_frame():
    """The longest name, at both edges."""
    given = {**GIVEN, "mu": torch.tensor([[-4.0, 0.0], [4.0, 1.0]]), "logvar": torch.full((2, 2), -2.0)}
    fig = plots.stroke_codes(**given | {"names": ["2 backwards", "7 backwards"]})
    fig.canvas.draw()
    frame = fig.axes[1].get_window_extent()
    for text in fig.axes[1].texts[-2:]:
        box = text.get_window_extent()
        assert frame.x0 < box.x0 < box.x1 < frame.x1
