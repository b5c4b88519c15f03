import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from vae_helpers import plots
from vae_helpers.encoding import encode_means
from vae_helpers.latent_space import quantile_grid
from vae_helpers.models import VAE, AdversarialAutoencoder, Autoencoder, ConditionalVAE, RecurrentVAE
from vae_helpers.sampled_priors import GaussianPrior
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
    fig = plots.compare_images({"above": images[:4], "below": images[4:8]}, titles=["t = 0"])
    assert [axis.get_title() for axis in fig.axes[:2]] == ["t = 0", ""]
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
    assert min(text.zorder for text in fig.axes[0].texts) > max(line.zorder for line in fig.axes[0].lines)
    named = {text.get_text() for text in fig.axes[0].texts}
    assert named == {str(digit) for digit in range(10)} | {"50%", "90%", "99%"}
    with pytest.raises(ValueError, match=r"codes: want shape \(N, 2\), got \(5, 3\)"):
        plots.latent_map(torch.zeros(5, 3), torch.zeros(5))


def test_names_of_classes_do_not_cover_each_other():
    """Nor do they where all classes lie in one place."""
    codes, labels = torch.randn(300, 2, generator=torch.Generator().manual_seed(0)), torch.arange(300) % 10
    fig = plots.latent_map(codes, labels)
    places = torch.tensor([text.get_position() for text in fig.axes[0].texts if text.get_text().isdigit()])
    extent = codes.quantile(0.99, dim=0) - codes.quantile(0.01, dim=0)
    assert torch.pdist(places / extent).min() > 0.07


def test_latent_maps():
    codes, labels = torch.randn(300, 2), torch.arange(300) % 10
    fig = plots.latent_maps({"PCA": codes, "VAE": 5 * codes}, labels)
    assert [axis.get_title() for axis in fig.axes] == ["PCA", "VAE"]
    assert [len(axis.collections) for axis in fig.axes] == [10, 10]
    assert fig.axes[1].get_xlim()[1] == pytest.approx(5 * fig.axes[0].get_xlim()[1])
    assert [axis.get_xlabel() for axis in fig.axes] == ["$z_1$", "$z_1$"]
    assert [text.get_text() for text in fig.axes[1].get_legend().get_texts()] == [str(digit) for digit in range(10)]
    with pytest.raises(ValueError, match=r"codes: want shape \(N, 2\)"):
        plots.latent_maps({"wide": torch.zeros(5, 3)}, torch.zeros(5))


def test_clouds_are_ellipses_of_two_sigma():
    codes, mu, sigma = torch.randn(3, 10, 2)
    fig = plots.clouds(codes, mu, sigma.exp(), crowd=(torch.randn(50, 2), torch.randn(50, 2)))
    points, ellipses = fig.axes
    assert len(points.patches) == 0 and len(ellipses.patches) == 10
    assert ellipses.patches[3].center == pytest.approx(mu[3].tolist())
    assert ellipses.patches[3].width == pytest.approx(2 * 2 * sigma[3, 0].exp().item())
    assert [text.get_text() for text in points.texts] == [str(k) for k in range(1, 11)]


def test_architectures_show_what_the_models_do(images):
    autoencoder, vae = Autoencoder(2, (8,), seed=0), VAE(2, (8,), seed=0)
    fig = plots.architectures(autoencoder, vae, images[0])
    texts = " ".join(text.get_text() for axis in fig.axes for text in axis.texts)
    for label in (
        "input data",
        "Encoder",
        "Latent space",
        "mean",
        "variance",
        "sampled",
        "Decoder",
        "reconstructed data",
    ):
        assert label in texts
    assert [axis.get_title(loc="left") for axis in fig.axes] == ["Autoencoder", "Variational autoencoder"]
    shown = [inset.images[0].get_array() for axis in fig.axes for inset in axis.child_axes if inset.images]
    x = images[:1]
    with torch.no_grad():
        wanted = [x, autoencoder.decode(autoencoder.encode(x)).sigmoid(), x]
    for drawn, image in zip(shown, wanted, strict=False):
        torch.testing.assert_close(torch.as_tensor(drawn), 1 - image[0, 0])
    assert len(shown) == 4 and not (shown[3] == shown[1]).all()


@pytest.mark.parametrize(("prior", "said", "arrows"), [("standard", "N}(0, I)", 6), ("learned", "p(z|c)", 7)])
def test_the_prior_is_drawn_beside_q_and_is_told_the_label_if_it_learns(images, prior, said, arrows):
    model = ConditionalVAE(3, hidden=(8,), prior=prior)  # a learned one begins as N(0, I), too
    fig = plots.conditional_architecture(model, images[0], torch.tensor(4))
    (axis,) = fig.axes
    assert any(text.get_text().startswith("prior") and said in text.get_text() for text in axis.texts)
    assert sum(hasattr(text, "arrow_patch") and text.arrow_patch is not None for text in axis.texts) == arrows
    plane = next(inset for inset in axis.child_axes if inset.patches)
    mu, logvar = model.encode(images[:1], torch.tensor([4]))
    assert plane.patches[0].center == pytest.approx(mu[0, :2].tolist())
    assert plane.patches[-1].center == pytest.approx((0, 0), abs=0.05)
    assert (plane.patches[-1].width, plane.patches[-1].height) == pytest.approx((4, 4), abs=0.15)


def test_the_ellipse_of_a_mixture_is_that_of_its_covariance(images):
    """Two Gaussians side by side: mean (1, 2), standard deviation 2 along the line of slope 1, and 0.5 across."""
    model = ConditionalVAE(2, hidden=(8,), prior="learned", components=2)
    half = 1.875**0.5  # of the distance of their means in each dimension
    with torch.no_grad():
        for weight in (*model.prior.head.parameters(), *model.encoder[-1].parameters()):
            weight.zero_()
        model.prior.head.bias[:4] = torch.tensor([1 + half, 2 + half, 1 - half, 2 - half])
        model.prior.head.bias[4:8] = 2 * math.log(0.5)
        model.encoder[-1].bias[:2] = torch.tensor([9.0, 2.0])
    (axis,) = plots.conditional_architecture(model, images[0], torch.tensor(4)).axes
    plane = next(inset for inset in axis.child_axes if inset.patches)
    ellipse = plane.patches[-1]
    sizes = {ellipse.angle % 180: ellipse.width, (ellipse.angle + 90) % 180: ellipse.height}
    (across, narrow), (along, wide) = sorted(sizes.items(), key=lambda item: item[1])
    assert (along, across) == pytest.approx((45, 135), abs=2)
    assert (wide, narrow) == pytest.approx((8, 2), rel=0.03) and ellipse.center == pytest.approx((1, 2), abs=0.05)
    assert plane.get_xlim()[1] > 9  # the mean of q is in view


def test_dots():
    fig = plots.dots({"a": torch.tensor([0.1, 0.3]), "b": torch.tensor([0.5, 0.5])}, "fraction")
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["a", "b"]
    assert fig.axes[0].lines[1].get_xdata() == pytest.approx([0.2, 0.2])  # the mean
    assert [text.get_text() for text in fig.axes[0].get_legend().get_texts()] == ["one seed", "mean"]


def test_manifold():
    grid = quantile_grid(6)
    fig = plots.manifold(torch.rand(36, 1, 28, 28), grid)
    assert fig.axes[0].images[0].get_array().shape == (168, 168)
    assert fig.axes[0].get_xticklabels()[0].get_text() == f"{grid[0, 0]:.1f}"


@pytest.mark.slow
def test_manifold_is_torchvisions_grid():
    """Which isn't used, because importing it takes 90 MB."""
    from torchvision.utils import make_grid

    images = torch.rand(9, 1, 28, 28)
    drawn = plots.manifold(images, quantile_grid(3)).axes[0].images[0].get_array()
    assert np.array_equal(drawn, 1 - make_grid(images, nrow=3, padding=0)[0].numpy())


def test_one_colour_per_digit():
    assert len(set(plots.CLASS_COLORS)) == 10


def test_path_profile():
    t, classes = torch.linspace(0, 1, 10), torch.tensor([2, 2, 2, 2, 6, 6, 6, 7, 7, 7])
    fig = plots.path_profile(t, {"prior": -t, "data": t}, classes)
    assert [text.get_text() for text in fig.axes[1].texts] == ["2", "6", "7"]
    assert [bar.get_width() for bar in fig.axes[1].patches] == pytest.approx([0.4, 0.3, 0.3])


def test_path_lengths():
    lengths = torch.arange(101.0)[:, None].expand(101, 5)  # of 101 paths
    fig = plots.path_lengths(torch.linspace(0, 1, 5), {"lerp": lengths}, torch.linspace(0, 10, 1001))
    band, spread = fig.axes[0].patches[0], fig.axes[0].collections[0].get_datalim(fig.axes[0].transData)
    assert (spread.y0, spread.y1) == pytest.approx((5, 95)) and (fig.axes[0].lines[0].get_ydata() == 50).all()
    assert (band.get_y(), band.get_y() + band.get_height()) == pytest.approx((0.25, 9.75))


def test_kl_picture():
    fig = plots.kl_picture(mu=2.0, sigma=1.0)
    assert fig.axes[1].get_title().endswith("2.000 nats")  # mu^2 / 2
    assert fig.axes[0].lines[0].get_xdata()[[0, -1]].tolist() == [-6, 6]
    assert [text.get_text() for text in fig.axes[0].get_legend().texts] == ["p", "q"]


@pytest.mark.parametrize(("mu", "sigma", "reach"), [(0.0, 3.0, 12), (-3.0, 3.0, 16), (0.0, 0.1, 6)])
def test_kl_picture_shows_and_counts_the_whole_area(mu, sigma, reach):
    densities, integrand = plots.kl_picture(mu, sigma).axes
    assert integrand.get_title().endswith(f" {0.5 * (mu**2 + sigma**2 - 1) - math.log(sigma):.3f} nats")
    assert densities.lines[1].get_xdata()[[0, -1]].tolist() == [-reach, reach]


def test_convergence():
    sizes = torch.tensor([10, 100])
    fig = plots.convergence(sizes, {"seed 0": torch.tensor([0.3, 0.02])}, 1 / sizes.sqrt())
    assert fig.axes[0].get_xscale() == fig.axes[0].get_yscale() == "log"


def test_the_adversarial_diagram_holds_each_code_and_as_many_draws(images):
    model = AdversarialAutoencoder(3, (8,))
    (axis,) = plots.adversarial_architecture(model, images[:30], GaussianPrior(3)).axes
    codes, draws = (inset.lines[0].get_xydata() for inset in axis.child_axes if inset.lines)
    torch.testing.assert_close(torch.tensor(codes).float(), encode_means(model, images[:30])[:, :2])
    assert draws.shape == (30, 2)


def test_recurrent_architecture_draws_what_goes_in_and_what_is_written():
    model, stroke = RecurrentVAE(3, 8, seed=1), torch.rand(6, 2, generator=torch.Generator().manual_seed(0))
    (axis,) = plots.recurrent_architecture(model, stroke).axes
    texts = [text.get_text() for text in axis.texts]
    assert texts.count("$x_6$") == 2 and "$x_8$" not in texts  # the last point, where it is read and where written
    (plane,) = (inset for inset in axis.child_axes if inset.patches)
    mu, _ = model.encode(stroke[None])
    assert plane.patches[0].center == pytest.approx(mu[0, :2].tolist())
    first, last = (inset.collections[0].get_segments() for inset in axis.child_axes if inset.collections)
    assert first[0][0] == pytest.approx(stroke[0].tolist()) and first[-1][-1] == pytest.approx(stroke[-1].tolist())
    z = torch.tensor(plane.lines[-1].get_xydata()[0])
    assert last[0][0] != pytest.approx(stroke[0].tolist()) and z.tolist() != pytest.approx(mu[0, :2].tolist())
