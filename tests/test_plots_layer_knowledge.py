import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex

from vae_helpers import plots
from vae_helpers.layer_knowledge import HOLDS, Knowledge
from vae_helpers.plots import hierarchy

X = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
RUNS = [
    {hold: Knowledge(0.1 * k + step, 0.5, 0.6, -0.001) for k, hold in enumerate((*HOLDS, "label"))}
    for step in (0.31, 0.33)
]


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_rows_of_redrawn_images():
    redrawn = {"z2": torch.stack([X, 1 - X]), "both": X[None]}
    fig = plots.layer_rows(X, redrawn, RUNS)
    (axis,) = fig.axes
    strips = [torch.as_tensor(image.get_array()) for image in axis.images]
    assert [strip.shape for strip in strips] == [(28, 84), (56, 84), (28, 84)]  # the images, two redrawn, and one
    torch.testing.assert_close(strips[0][:, 28:56], 1 - X[1, 0])  # black ink on white paper
    torch.testing.assert_close(strips[1][28:, 56:], X[2, 0])  # the second line is 1 - x
    tops = [image.get_extent()[3] for image in axis.images]
    assert tops == sorted(set(tops)) and all(image.get_extent()[1] == 84 for image in axis.images)
    told = [text.get_text() for text in axis.texts]
    assert told[0] == "image" and "32 %" in told and "42 %" in told  # both's mean of .31 and .33, z2's of .41 and .43
    assert told.count("50 %") == told.count("60 %") == told.count("0 %") == 2 and "-0 %" not in told


def test_shares_of_several_models():
    fig = plots.layer_shares({"ladder": RUNS, "bottom-up": RUNS[:1]})
    assert [axis.get_title() for axis in fig.axes] == ["label kept", "pixels", "stroke width", "slant"]
    first, *_, last = fig.axes
    assert [text.get_text() for text in first.get_yticklabels()] == ["ladder", "bottom-up"]
    assert [bar.get_width() for bar in first.patches] == pytest.approx([42, 52, 41, 51])  # z2's and eps1's of each
    colors = [to_hex(bar.get_facecolor()) for bar in first.patches]
    assert colors == 2 * [*hierarchy.COLORS[1::-1]]  # z2's and z1's, as in the notebook's other figures
    assert [bar.get_hatch() or "" for bar in first.patches] == 2 * [*hierarchy.HATCHES[1::-1]]
    assert [bar.get_width() for bar in last.patches] == [0] * 4  # a share just below 0 has no bar
    assert {text.get_text() for text in last.texts} == {"0"}
    lines = [line.get_xdata() for line in first.lines]
    assert lines[0] == pytest.approx([41, 43]) and lines[2] == pytest.approx([62, 62])  # the spread; chance
    assert fig.axes[1].lines[2].get_xdata() == pytest.approx([50, 50])  # the label alone
    low, high = sorted(first.get_ylim())
    assert low < -0.4 and high > 1.4  # the first model stands above
    assert first.get_ylim()[0] > first.get_ylim()[1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.layer_rows(X, {"z2": X[None, :2]}, RUNS), r"redrawn\['z2'\]: want shape \(K, 3, 1, 28, 28\)"),
        (lambda: plots.layer_rows(X, {"z2": X[None][:0]}, RUNS), r"redrawn\['z2'\]: want at least one"),
        (lambda: plots.layer_rows(X[0], {"z2": X[None]}, RUNS), "images: want shape"),
        (lambda: plots.layer_rows(X, {"z2": X[None]}, []), "runs: want a list of what layer_knowledge returned"),
        (lambda: plots.layer_rows(X, {"z2": X[None]}, RUNS[0]), "runs: want a list of what layer_knowledge"),
        (lambda: plots.layer_rows(X, {"z1": X[None]}, RUNS), "runs: want to know in each what stays with 'z1' held"),
        (lambda: plots.layer_rows(X, {"z2": X[None]}, RUNS, size=0), "size: want a number > 0"),
        (lambda: plots.layer_shares(RUNS), "runs: want a dictionary of runs by the model's name"),
        (lambda: plots.layer_shares({}), "runs: want a dictionary of runs by the model's name"),
        (lambda: plots.layer_shares({"a": []}), r"runs\['a'\]: want a list"),
        (lambda: plots.layer_shares({"a": [{"z2": RUNS[0]["z2"]}]}), r"runs\['a'\]: want to know .* 'eps1' held"),
    ],
)
def test_what_can_not_be_drawn(call, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        call()
