"""Scores image by image, so that differences can be paired; and the numbers that one checkpoint can be given.

All in nats; reconstruction + KL, or what importance sampling makes of it: lower looks better.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.data import binarize
from vae_helpers.evaluation import Data, check_data, importance_weighted_bound
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models import VAE
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.threads import threads_for
from vae_helpers.validation import as_seed, check_images, check_whole, checked

BATCH_SIZE = 2000

PerImage = Float[Tensor, " N"]


@torch.no_grad()
def terms_by_image(model: nn.Module, images: Data, seed: int = 0) -> tuple[PerImage, PerImage]:
    """Reconstruction and KL of each image, with one draw of z: their means are those of ``evaluation.evaluate``.

    >>> [term.shape for term in terms_by_image(VAE(2, (8,)), torch.rand(3, 1, 28, 28))]
    [torch.Size([3]), torch.Size([3])]

    Args:
        model, images, seed: as of ``evaluation.evaluate``.

    Raises:
        TypeError, ValueError: what ``evaluation.evaluate`` refuses.
    """
    parts = check_data(model, images, "images")
    device, found = device_of(model), []
    generator = Generator(device).manual_seed(as_seed(seed))
    with threads_for(model), evaluating(model):
        for batch in zip(*(part.split(BATCH_SIZE) for part in parts), strict=True):
            found.append(model.loss_terms(*(part.to(device) for part in batch), generator=generator))
    reconstruction, kl = (torch.cat(part).cpu() for part in zip(*found, strict=True))
    return reconstruction, kl


@torch.no_grad()
def loss_at_the_mean(model: VAE, images: Float[Tensor, "N 1 28 28"]) -> PerImage:
    """Reconstruction + KL with mu decoded in place of a draw of z: several nats too good, and a bound of nothing.

    >>> loss_at_the_mean(VAE(2, (8,)), torch.rand(3, 1, 28, 28)).shape
    torch.Size([3])

    Raises:
        TypeError, ValueError: another model, or images that it can't use.
    """
    if not isinstance(model, VAE):
        raise TypeError(f"model: want a VAE, got {type(model).__name__}")
    (images,) = check_data(model, images, "images")
    found = []
    with threads_for(model), evaluating(model):
        for x in images.to(device_of(model)).split(BATCH_SIZE):
            mu, logvar = model.encode(x)
            found.append(bernoulli_nll(model.decode(mu), x) + gaussian_kl(mu, logvar))
    return torch.cat(found).cpu()


@checked
def ways_to_score(
    model: VAE, grey: Float[Tensor, "N 1 28 28"], drawn: Float[Tensor, "N 1 28 28"], k: int = 50, seed: int = 0
) -> dict[str, PerImage]:
    """Eight numbers for each image: of grey, thresholded and drawn pixels; with mu decoded, -ELBO, ``k`` weights.

    A grey image has no log p(x) here. Its loss is the mean loss of all draws of its pixels, read by a q that sees none
    of them, and so bounds their mean -log p(x), mostly from further away than the drawn images' own does. (With k
    weights it is no mean any more, but a bound still, since log-sum-exp is convex.) That of thresholded images bounds
    -log p(x) of other images, whose edges are sharper. With mu decoded, nothing is bounded.

    >>> drawn = binarize(grey := torch.rand(5, 1, 28, 28), "dynamic", Generator().manual_seed(0))
    >>> ways = ways_to_score(VAE(2, (8,)), grey, drawn, k=3)
    >>> print(*[name for name in ways if "grey" in name], sep="; ")
    grey, mu decoded; grey, -ELBO; grey, K = 3

    Args:
        model: it is used in eval mode.
        grey: images in [0, 1].
        drawn: the same images, each pixel black or white, drawn with its grey as probability.
        k: draws of z for the importance-weighted bound.
        seed: for all draws of z.

    Returns:
        Nats, by name, such as "drawn, -ELBO".

    Raises:
        TypeError: another model, or images of another dtype than its weights.
        ValueError: unusable images, or no draws.
    """
    check_whole(1, k=k)
    check_images(grey, "grey")
    check_images(drawn, "drawn")
    found = {}
    for name, images in {"grey": grey, "thresholded": binarize(grey, "threshold"), "drawn": drawn}.items():
        if name != "thresholded":
            found[f"{name}, mu decoded"] = loss_at_the_mean(model, images)
        found[f"{name}, -ELBO"] = sum(terms_by_image(model, images, seed))
        generator = Generator().manual_seed(as_seed(seed))
        found[f"{name}, K = {k:,}"] = -importance_weighted_bound(model, images, k, generator)
    return found
