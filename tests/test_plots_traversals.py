import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn

from vae_helpers import plots
from vae_helpers.encoding import decode_images, encode_means
from vae_helpers.models import VAE
from vae_helpers.plots.traversals import GAP


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def sleeper() -> VAE:
    """A model whose third latent is 0 for every image."""
    model = VAE(3, (8,), seed=0)
    head = model.encoder.head  # three means, three log-variances
    head.weight.data[:2] *= 5
    head.weight.data[[2, 5]] = 0
    head.bias.data[[2, 5]] = 0
    return model


def labels(axis) -> list[str]:
    return [label.get_text() for label in axis.get_yticklabels()]


def test_one_latent_moves_and_the_others_stay_at_the_code(images):
    model, values = sleeper(), (-2.0, 0.5)
    fig = plots.traversals(model, images, index=7, dims=[1, 0], values=values)
    shown = np.asarray(fig.axes[0].images[0].get_array())
    assert shown.shape == (2 * 28 + GAP, 2 * 28 + GAP)
    z = encode_means(model, images)[7].clone()
    z[0] = 0.5  # the second row's, the last value
    np.testing.assert_allclose(shown[-28:, -28:], 1 - decode_images(model, z[None])[0, 0].numpy(), atol=1e-6)
    assert [label.get_text() for label in fig.axes[0].get_xticklabels()] == ["-2", "0.5"]
    assert labels(fig.axes[0])[0].startswith("$z_{2}$: ") and labels(fig.axes[0])[0].endswith(" nats")


def test_the_largest_kl_comes_first_and_a_latent_that_sleeps_is_named(images):
    far = sleeper()
    far.encoder.head.bias.data[1] += 4
    fig = plots.traversals({"a": sleeper(), "b": far}, images, dims=9)
    left, right = fig.axes
    assert labels(left)[-1] == "$z_{3}$: sleeps" and labels(right)[0].startswith("$z_{2}$")
    assert (left.get_title(), right.get_title()) == ("a", "b")
    assert len(labels(plots.traversals(far, images, dims=2).axes[0])) == 2


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"models": nn.Linear(2, 2)}, TypeError, "model: want an nn.Module with encode"),
        ({"models": {}}, ValueError, "want at least one model"),
        ({"images": torch.zeros(1, 1, 28, 28)}, ValueError, "mu: want the means of at least two"),
        ({"images": torch.full((2, 1, 28, 28), 2.0)}, ValueError, "images: want values in"),
        ({"index": 500}, ValueError, "index: want one of the 500 images"),
        ({"index": -1}, ValueError, "index: want a whole number >= 0"),
        ({"dims": 0}, ValueError, "dims: want how many"),
        ({"dims": [3]}, ValueError, "dims: want how many, or some latents from 0 to 2"),
        ({"dims": []}, ValueError, "dims: want how many"),
        ({"values": ()}, ValueError, "want at least one model and one value"),
        ({"values": (float("nan"),)}, ValueError, "values: contains NaN"),
        ({"values": 1.0}, ValueError, "values: want shape"),
        ({"size": 0}, ValueError, "size: want a number > 0"),
    ],
)
def test_what_is_refused(images, change, error, message):
    arguments = {"models": sleeper(), "images": images} | change
    with pytest.raises(error, match=f"^{message}"):
        plots.traversals(arguments.pop("models"), arguments.pop("images"), **arguments)
