import matplotlib.pyplot as plt
import pytest
import torch

from vae_helpers import plots
from vae_helpers.latent_space import quantile_grid
from vae_helpers.models import VAE
from vae_helpers.training import History, fit


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_show_images(images):
    fig = plots.show_images(images[:7], columns=5, titles=["a", "b"])
    shown = [axis for axis in fig.axes if axis.images]
    assert len(fig.axes) == 10 and len(shown) == 7
    drawn = torch.as_tensor(shown[0].images[0].get_array())
    torch.testing.assert_close(drawn, 1 - images[0, 0])  # black ink on white paper
    assert [axis.get_title() for axis in fig.axes[:3]] == ["a", "b", ""]


def test_compare_images(images):
    fig = plots.compare_images({"above": images[:4], "below": images[4:8]})
    assert [fig.axes[0].get_ylabel(), fig.axes[4].get_ylabel()] == ["above", "below"]


def test_loss_curves(images):
    history = fit(VAE(2, (8,)), images[:50], images[:50], epochs=3, progress=False)
    fig = plots.loss_curves(history)
    total = {line.get_label(): line.get_ydata().tolist() for line in fig.axes[0].lines}
    assert total == {"train": history["train_total"], "test": history["test_total"]}
    plots.loss_curves(History())  # nothing measured yet: empty axes, no error


def test_latent_map(images):
    codes, labels = torch.randn(300, 2), torch.arange(300) % 10
    fig = plots.add_path(plots.latent_map(codes, labels), torch.tensor([[0.0, 0], [1, 1]]))
    assert len(fig.axes[0].collections) == 10
    named = {text.get_text() for text in fig.axes[0].texts}
    assert named == {str(digit) for digit in range(10)} | {"50%", "90%", "99%"}
    with pytest.raises(ValueError, match=r"codes: want shape \(N, 2\), got \(5, 3\)"):
        plots.latent_map(torch.zeros(5, 3), torch.zeros(5))


def test_manifold():
    grid = quantile_grid(6)
    fig = plots.manifold(torch.rand(36, 1, 28, 28), grid)
    assert fig.axes[0].images[0].get_array().shape == (168, 168)
    assert fig.axes[0].get_xticklabels()[0].get_text() == f"{grid[0, 0]:.1f}"


def test_one_colour_per_digit():
    assert len(set(plots.CLASS_COLORS)) == 10


def test_path_profile():
    t, classes = torch.linspace(0, 1, 10), torch.tensor([2, 2, 2, 2, 6, 6, 6, 7, 7, 7])
    fig = plots.path_profile(t, {"prior": -t, "data": t}, classes)
    assert [text.get_text() for text in fig.axes[1].texts] == ["2", "6", "7"]
    assert [bar.get_width() for bar in fig.axes[1].patches] == pytest.approx([0.4, 0.3, 0.3])


def test_path_lengths():
    fig = plots.path_lengths(torch.linspace(0, 1, 5), {"lerp": torch.ones(5)}, torch.linspace(0, 10, 1001))
    band = fig.axes[0].patches[0]
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((0.25, 9.75))
