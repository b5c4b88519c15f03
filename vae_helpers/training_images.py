"""Were these images held out? Which share could be MNIST's training images, grey or made black and white."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vae_helpers.data import load_mnist
from vae_helpers.validation import check_images

SPLIT = 6000  # training images at a time: 19 MB
LEAST = 1e-6  # a probability in place of 0, for logarithms: a pixel that is black there is black here
FAR = 3.0  # standard deviations


@torch.no_grad()
def could_be_training(images: Float[Tensor, "N 1 28 28"]) -> Bool[Tensor, " N"]:
    """Which images could be one of MNIST's 60,000 training images, as it is, thresholded, or with each pixel drawn.

    Those whose pixels are about as probable, with some training image's greys as probabilities, as draws from these
    greys are: no more than three standard deviations less. (A grey image itself lies at their mean, a thresholded one
    above.) All training images could; but test images that look like one could, too: one in ten. So look at the share.

    >>> train = load_mnist("train")[0]
    >>> could_be_training(torch.cat([train[5:6], (train[6:7] > 0.5).float(), 1 - train[:1]]))
    tensor([ True,  True, False])

    Args:
        images: of MNIST's form. A hundred take about two seconds on one thread, as one does.

    Raises:
        TypeError, ValueError: no images, or values outside [0, 1].
    """
    check_images(images)
    ink, found = images.flatten(1).float().cpu(), torch.zeros(len(images), dtype=torch.bool)
    for known in load_mnist("train")[0].flatten(1).split(SPLIT):
        grey = known.clamp(LEAST, 1 - LEAST)
        logit, absent = torch.logit(grey), torch.log1p(-grey)
        log_prob = ink @ logit.T + absent.sum(dim=1)
        mean = (grey * logit + absent).sum(dim=1)
        deviation = (grey * (1 - grey) * logit.square()).sum(dim=1).sqrt()
        found |= (log_prob > mean - FAR * deviation).any(dim=1)
    return found
