"""A painted prior beside the codes of a model that was trained with it."""

from itertools import chain

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float, Integer
from matplotlib.figure import Figure
from torch import Generator, Tensor

from vae_helpers.encoding import encode_means
from vae_helpers.models import AdversarialAutoencoder
from vae_helpers.plots.maps import scatter_classes
from vae_helpers.sampled_priors import Prior, check_prior
from vae_helpers.validation import check_can, checked

SIDE = 4  # decoded digits, across and down
LIMIT = 4.0  # of both planes, as the painter's


@checked
def painted_prior(
    model: AdversarialAutoencoder, prior: Prior, images: Float[Tensor, "N 1 28 28"], labels: Integer[Tensor, " N"]
) -> Figure:
    """Draws of a prior on the plane, the codes of images in their classes' colours, and digits decoded from 16 draws.

    The same draws each time.

    >>> from vae_helpers.sampled_priors import RingPrior
    >>> model = AdversarialAutoencoder(2, (8,))
    >>> len(painted_prior(model, RingPrior(), torch.rand(9, 1, 28, 28), torch.arange(9)).axes)
    18
    """
    check_can(model, "encode", "decode")
    check_prior(prior, 2)
    draws = prior.sample(1000, Generator().manual_seed(0))
    fig = plt.figure(figsize=(11, 3.8), layout="constrained")
    left, middle, right = fig.subfigures(1, 3)
    planes = [part.add_subplot() for part in (left, middle)]
    planes[0].scatter(*draws.T.numpy(), s=6, color="#666666", linewidths=0)
    scatter_classes(planes[1], encode_means(model, images).float(), labels)
    for plane, title in zip(planes, ("draws of the prior", "codes, by class"), strict=True):
        plane.set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal", xlabel="$z_1$", ylabel="$z_2$")
        plane.set_title(title)
    with torch.no_grad():
        digits = torch.sigmoid(model.decode(draws[: SIDE**2].to(next(model.parameters())))).cpu().numpy()
    right.suptitle("decoded draws of the prior")
    for axis, digit in zip(chain.from_iterable(right.subplots(SIDE, SIDE)), digits, strict=True):
        axis.imshow(digit[0], cmap="gray_r", vmin=0, vmax=1)
        axis.axis("off")
    return fig
