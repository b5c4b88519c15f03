import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots
from vae_helpers.plots.colors import CLASS_COLORS
from vae_helpers.plots.strokes import draw_strokes

STROKES = torch.rand(5, 8, 2, generator=torch.Generator().manual_seed(0))
NAN = float("nan")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def drawn(axis) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The lines' pieces and their colours, and the dots."""
    lines, dots = axis.collections
    return np.array(lines.get_segments()), lines.get_colors(), np.asarray(dots.get_offsets())


def test_each_stroke_stands_in_its_own_square():
    (axis,) = plots.show_strokes(STROKES, columns=3).axes
    pieces, _, dots = drawn(axis)
    corners = np.array([(0, 0), (1.4, 0), (2.8, 0), (0, -1.4), (1.4, -1.4)])
    np.testing.assert_allclose(dots, STROKES[:, 0].numpy() + corners, atol=1e-6)
    ends = pieces.reshape(5, 7, 4, 2, 2)[:, :, -1, 1]  # of the last piece before each point
    np.testing.assert_allclose(ends, STROKES[:, 1:].numpy() + corners[:, None], atol=1e-6)
    assert axis.get_aspect() == 1


def test_y_grows_upwards_and_all_is_inside():
    (axis,) = plots.show_strokes(torch.tensor([[[0.0, 0.0], [1.0, 1.0]]] * 3), columns=2).axes
    (left, right), (low, high) = axis.get_xlim(), axis.get_ylim()
    assert left < 0 < 2.4 < right and low < -1.4 < 1 < high


def test_the_line_gets_darker_as_the_pen_goes():
    (axis,) = plots.show_strokes(STROKES[:2], colors=CLASS_COLORS[:2]).axes
    _, colors, _ = drawn(axis)
    for color, line in zip(CLASS_COLORS, colors[:, :3].reshape(2, 28, 3), strict=False):
        assert (np.diff(line.sum(axis=1)) < 0).all()
        np.testing.assert_allclose(line[-1], plt.matplotlib.colors.to_rgb(color))


def test_titles_have_room():
    fig = plots.show_strokes(STROKES, columns=3, titles=["a", "b"], size=1.0)
    assert [text.get_text() for text in fig.axes[0].texts] == ["a", "b"]
    assert max(text.get_position()[1] for text in fig.axes[0].texts) < fig.axes[0].get_ylim()[1]
    width, height = fig.get_size_inches()
    (left, right), (low, high) = fig.axes[0].get_xlim(), fig.axes[0].get_ylim()
    assert (right - left) / (high - low) == pytest.approx(width / height)


def test_drawn_over_what_is_there():
    _, axis = plt.subplots()
    draw_strokes(axis, STROKES, colors="0.7")
    draw_strokes(axis, STROKES + 0.1, colors="#832db6")
    assert len(axis.collections) == 4


def test_a_dot_is_drawn_too():
    (axis,) = plots.show_strokes(STROKES[:, :1]).axes
    assert len(axis.collections[1].get_offsets()) == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strokes": STROKES[0]}, r"strokes: want shape \(N, T, 2\)"),
        ({"strokes": STROKES[:0]}, r"strokes: want at least one, of at least one point, got shape \(0, 8, 2\)"),
        ({"strokes": STROKES[:, :0]}, "strokes: want at least one, of at least one point"),
        ({"strokes": STROKES * NAN}, "strokes: contains NaN"),
        ({"strokes": STROKES, "titles": "abcdef"}, "titles: want at most one for each of 5 strokes, got 6"),
        ({"strokes": STROKES, "colors": ["red"]}, "colors: want one, or one for each of 5 strokes, got 1"),
        ({"strokes": STROKES, "size": 0}, "size: want a number > 0"),
        ({"strokes": STROKES, "columns": 0}, "columns: want a whole number >= 1"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        plots.show_strokes(**arguments)
