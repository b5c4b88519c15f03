import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots

STROKES = torch.rand(9, 8, 2, generator=torch.Generator().manual_seed(0))
ENDS, OTHER, WRITTEN, EXPECTED = STROKES[:2], STROKES[2], STROKES[3:6], STROKES[6:]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_each_row_shows_its_strokes_beside_what_was_given():
    rows = plots.pen_walk({"a": (WRITTEN, EXPECTED), "b": (EXPECTED, WRITTEN)}, ENDS, OTHER).axes
    assert [row.get_ylabel() for row in rows] == [
        f"{k}:\n{whose} z" for k in "ab" for whose in ("its own", "another's")
    ]
    starts = [[dots.get_offsets() for dots in row.collections[1::2]] for row in rows]
    places = np.arange(5)[:, None] * [1.4, 0]
    walk = torch.cat([ENDS[:1], WRITTEN, ENDS[1:]])[:, 0].numpy() + places
    np.testing.assert_allclose(starts[0][0], walk, atol=1e-6)
    for drawn, strokes in zip(
        starts[1], (WRITTEN, EXPECTED), strict=True
    ):  # what is read, and over it what is expected
        wanted = torch.cat([OTHER[None], strokes])[:, 0].numpy() + places[:4]
        np.testing.assert_allclose(drawn, wanted, atol=1e-6)
    assert len({row.get_xlim() for row in rows}) == 1
    assert [text.get_text() for text in rows[0].texts] == ["given", "t = 0.00", "t = 0.50", "t = 1.00", "given"]


def test_one_model_and_one_stroke():
    assert len(plots.pen_walk({"a": (WRITTEN[:1], EXPECTED[:1])}, ENDS, OTHER).axes) == 2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"walks": {}}, TypeError, "walks: want a dict of two tensors by each model's name, got {}"),
        (
            {"walks": {"a": (WRITTEN, EXPECTED[:2])}},
            ValueError,
            r"a: expected: want shape \(3, 8, 2\), got \(2, 8, 2\)",
        ),
        ({"walks": {"a": (WRITTEN[:, :7], EXPECTED)}}, ValueError, "a: written: want shape"),
        ({"ends": STROKES[:3]}, ValueError, "ends: want shape"),
        ({"other": STROKES[:1]}, ValueError, "other: want shape"),
    ],
)
def test_what_is_refused(arguments, error, message):
    good = {"walks": {"a": (WRITTEN, EXPECTED)}, "ends": ENDS, "other": OTHER}
    with pytest.raises(error, match=f"^{message}"):
        plots.pen_walk(**(good | arguments))
