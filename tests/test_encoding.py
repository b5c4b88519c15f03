import math

import numpy as np
import pytest
import torch
from torch import Generator

from vae_helpers.encoding import decode_images, draw, encode_distributions, encode_means
from vae_helpers.evaluation import evaluate
from vae_helpers.models import VAE, Autoencoder


def test_encode_and_decode_a_set(images):
    model = VAE(2, (16,))
    mu, logvar = encode_distributions(model, images, batch_size=64)
    torch.testing.assert_close((mu, logvar), tuple(t.detach() for t in model.encode(images)), rtol=1e-4, atol=1e-5)
    pictures = decode_images(model, mu)
    assert pictures.shape == images.shape and pictures.min() > 0 and pictures.max() < 1 and not pictures.requires_grad


def test_codes_of_both_kinds_of_model(images):
    vae, autoencoder = VAE(3, (8,)), Autoencoder(4, (8,))
    assert torch.equal(encode_means(vae, images), encode_distributions(vae, images)[0])
    codes = encode_means(autoencoder, images, batch_size=7)
    assert codes.shape == (len(images), 4) and not codes.requires_grad
    torch.testing.assert_close(codes, autoencoder.encode(images).detach())
    with pytest.raises(ValueError, match="images: want values in"):
        encode_means(vae, 255 * images)


def test_a_model_without_distributions(images):
    """Two images, or the two rows of their codes would pass for mu and logvar."""
    with pytest.raises(
        TypeError, match="model: want one whose encode returns mu and logvar.*Autoencoder.*encode_means"
    ):
        encode_distributions(Autoencoder(2, (8,)), images[:2])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda images: encode_distributions(VAE(), images), "images"),
        (lambda images: encode_means(Autoencoder(), images), "images"),
        (lambda images: decode_images(VAE(), torch.zeros(3, 2).double()), "z"),
    ],
)
def test_another_dtype_than_the_models(call, name, images):
    with pytest.raises(TypeError, match=f"{name}: want torch.float32, as the model's weights are, got torch.float64"):
        call(images[:3].double())


def test_latents_of_another_size():
    with pytest.raises(ValueError, match=r"z: want shape \(N, 2\), got \(5, 3\)"):
        decode_images(VAE(latent_dim=2), torch.zeros(5, 3))
    with pytest.raises(TypeError, match=r"z: want a float tensor of shape \(N, D\), got list"):
        decode_images(VAE(latent_dim=2), [[0.0, 0.0]])


def test_bad_images():
    with pytest.raises(ValueError, match="images: want shape"):
        encode_distributions(VAE(), torch.zeros(3, 784))


@pytest.mark.parametrize("function", [encode_distributions, encode_means, evaluate])
def test_batches_of_whole_numbers(function, images):
    model = VAE(2, (8,))
    assert str(function(model, images[:6], batch_size=np.int64(4))) == str(function(model, images[:6], batch_size=4))
    for size in (0, 2.5, True):
        with pytest.raises(ValueError, match=f"batch_size: want a whole number >= 1, got {size}"):
            function(model, images[:6], batch_size=size)


def test_draws_are_those_of_the_seed():
    mu, logvar = torch.ones(4, 2), torch.full((4, 2), math.log(4.0))
    eps = torch.randn(4, 2, generator=Generator().manual_seed(5))
    torch.testing.assert_close(draw(mu, logvar, seed=5), 1 + 2 * eps)
    assert draw(mu.double(), logvar.double(), seed=5).dtype == torch.float64
