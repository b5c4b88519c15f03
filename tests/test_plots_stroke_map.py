import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots
from vae_helpers.plots.colors import CLASS_COLORS

SIDE = torch.tensor([-1.0, 0.0, 1.0])
GRID = torch.cartesian_prod(SIDE, SIDE)
STROKES = torch.rand(9, 8, 2, generator=torch.Generator().manual_seed(0))
CODES, LABELS = 0.9 * GRID, torch.arange(9)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("order", [torch.arange(9), torch.arange(9).flip(0), torch.tensor([4, 8, 0, 2, 1, 7, 6, 5, 3])])
def test_each_stroke_stands_at_its_own_z(order):
    """Whatever order the grid comes in: z1 to the right, z2 upwards."""
    _, written = plots.stroke_map(CODES, LABELS, GRID[order], STROKES[order]).axes
    starts = {tuple(z.tolist()): stroke[0].numpy() for z, stroke in zip(GRID, STROKES, strict=True)}
    page = [(z1, z2) for z2 in (1.0, 0.0, -1.0) for z1 in (-1.0, 0.0, 1.0)]
    corners = [(1.4 * (k % 3), -1.4 * (k // 3)) for k in range(9)]
    wanted = [starts[z] + np.array(corner) for z, corner in zip(page, corners, strict=True)]
    np.testing.assert_allclose(written.collections[1].get_offsets(), wanted, atol=1e-6)


def test_both_panels_show_the_same_square():
    read, written = plots.stroke_map(CODES, LABELS, GRID, STROKES).axes
    assert read.get_xlim() == read.get_ylim() == (-1.5, 1.5)
    for ticks, names, limits in (
        (written.get_xticks(), written.get_xticklabels(), written.get_xlim()),
        (written.get_yticks(), written.get_yticklabels(), written.get_ylim()),
    ):
        share = (np.array(ticks) - limits[0]) / (limits[1] - limits[0])
        values = [float(name.get_text().replace("−", "-")) for name in names]
        np.testing.assert_allclose(-1.5 + 3 * share, values, atol=1e-6)


def test_strokes_have_the_colour_of_the_codes_around():
    codes = torch.cat([CODES[4:5].expand(30, 2), CODES])
    labels = torch.cat([torch.full((30,), 7), LABELS])
    _, written = plots.stroke_map(codes, labels, GRID, STROKES).axes
    colors = written.collections[1].get_facecolors()[:, :3]
    np.testing.assert_allclose(colors[4], plt.matplotlib.colors.to_rgb(CLASS_COLORS[7]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((CODES, LABELS, GRID[:8], STROKES[:8]), "z: want a square grid, n x n points with n >= 2, got 8"),
        ((CODES, LABELS, GRID[:1], STROKES[:1]), "z: want a square grid"),
        ((CODES, LABELS, GRID[[0] * 9], STROKES), "z: want a square grid"),
        ((CODES, LABELS, GRID.exp(), STROKES), "z: want an evenly spaced grid"),
        ((CODES, LABELS, GRID, STROKES[:8]), r"strokes: want shape \(9, T, 2\)"),
        ((CODES, LABELS[:4], GRID, STROKES), r"labels: want shape \(9,\)"),
        ((CODES[:0], LABELS[:0], GRID, STROKES), "codes: want at least one"),
        ((torch.zeros(9, 3), LABELS, GRID, STROKES), r"codes: want shape \(N, 2\)"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        plots.stroke_map(*arguments)
