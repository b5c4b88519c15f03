import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots
from vae_helpers.plots.quadrants import UNSEEN
from vae_helpers.quadrants import published_seen


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_completions(images):
    x, seen = images[:2], published_seen(1, 2)
    fig = plots.completions(x, seen, 1 - x, x[:, None].repeat(1, 4, 1, 1, 1))
    pictures = [axis for axis in fig.axes if axis.images]
    assert len(pictures) == 2 * (3 + 4)  # the seen part, the truth, one answer, and four
    assert [axis.get_title() or axis.get_title("left") for axis in pictures[:4]] == [
        "seen",
        "truth",
        "plain net",
        "CVAE: drawn",
    ]
    drawn = torch.as_tensor(pictures[2].images[0].get_array())
    torch.testing.assert_close(drawn, x[0, 0])  # black ink on white paper, of 1 - x
    veil = torch.as_tensor(pictures[0].images[1].get_array())
    assert (veil[14:, :14, 3] == 0).all()  # what is seen is not covered
    assert veil[..., 3].sum() == 3 * 14 * 14 and veil[0, 0, :3].tolist() == pytest.approx(UNSEEN)
    assert len(pictures[1].images) == 1


def test_completions_of_other_sizes(images):
    x, seen, many = images[:2], published_seen(1, 2), images[:2, None]
    for arguments, name in (
        ((x[:0], seen, x, many), "images"),
        ((x, seen, x[:1], many), "one_answer"),
        ((x, seen, x, x), "answers"),
        ((x, seen, x, many[:, :0]), "answers"),
        ((x, seen[:, :3], x, many), "seen"),
    ):
        with pytest.raises(ValueError, match=f"^{name}: want"):
            plots.completions(*arguments)
