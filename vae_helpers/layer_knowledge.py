"""Which layer of a hierarchical VAE knows what: hold what one layer says of an image, draw the other anew, and see.

What is held is z_2 or the noise of z_1: :mod:`vae_helpers.layer_latents`, whose names can be had from here, too. What
stays is measured by :mod:`vae_helpers.variance_shares`.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor

from vae_helpers.evaluation import check_data
from vae_helpers.handwriting import slant, stroke_width
from vae_helpers.layer_latents import BATCH_SIZE, HOLDS, Latents, infer_latents, redraw, redraw_each_way
from vae_helpers.models import Classifier, HierarchicalVAE
from vae_helpers.models.layers import evaluating
from vae_helpers.validation import as_seed, check_whole
from vae_helpers.variance_shares import explained_by_label, explained_share

__all__ = [
    "HOLDS",
    "Knowledge",
    "Latents",
    "explained_by_label",
    "explained_share",
    "infer_latents",
    "layer_knowledge",
    "redraw",
    "redraw_each_way",
    "repeat_knowledge",
]


class Knowledge(NamedTuple):
    """What stays when something is held, as shares: 0.9 is 90 %.

    >>> Knowledge(label=0.5, pixels=0.2, stroke_width=0.4, slant=0.3).label
    0.5
    """

    label: float  # of the images, those in which the classifier still finds the label
    pixels: float  # of a variance, what is held explains: of the pixels' together,
    stroke_width: float  # of the stroke's width
    slant: float  # and of the slant


def layer_knowledge(
    model: HierarchicalVAE,
    images: Float[Tensor, "N 1 28 28"],
    labels: Integer[Tensor, " N"],
    classifier: Classifier,
    draws: int = 2,
    seed: int = 0,
) -> dict[str, Knowledge]:
    """What stays of images' labels, pixels, stroke width and slant with each of ``HOLDS`` held, and with "label".

    What is held is inferred from the images, what is not is drawn from N(0, I), and each share is of the variance of
    just those drawn images. "both": what is left of the label in a reconstruction; the rest is 1, since all that makes
    the image is held. "neither": chance. "label": what the label alone explains of the reconstructions.

    A class has its own slant (a 7 leans by itself): a layer that knows the label alone knows so much of the slant, too.

    >>> images, labels = torch.rand(20, 1, 28, 28), torch.arange(20) % 10
    >>> found = layer_knowledge(HierarchicalVAE((16, 4), (8, 8)), images, labels, Classifier())
    >>> list(found), found["both"].pixels
    (['both', 'label', 'z2', 'eps1', 'neither'], 1.0)

    Args:
        model: with two layers; it is used in eval mode.
        images: in [0, 1], of the kind that it was trained on; two or more.
        labels: theirs.
        classifier: of digits; it is used in eval mode.
        draws: K >= 2 images for each that is held.
        seed: for them, and for the draws from q.

    Raises:
        TypeError, ValueError: unusable images, labels, models or numbers.
    """
    check_whole(2, draws=draws)
    if not isinstance(classifier, Classifier):
        raise TypeError(f"classifier: want a Classifier, got {type(classifier).__name__}")
    latents, found = infer_latents(model, images, seed), {}
    if not isinstance(labels, Tensor) or labels.shape != images.shape[:1]:
        raise ValueError(f"labels: want a tensor of {len(images)} labels, one an image, got {labels!r:.60}")
    labels = labels.cpu()
    for hold, drawn in redraw_each_way(model, latents, draws, seed).items():
        flat = drawn.flatten(0, 1)
        kept = (_classes(classifier, flat) == labels.repeat(len(drawn))).float().mean().item()
        measures = [drawn, *(f(flat).view(*drawn.shape[:2], 1) for f in (stroke_width, slant))]
        if hold == "both":
            found[hold] = Knowledge(kept, 1.0, 1.0, 1.0)
            found["label"] = Knowledge(1.0, *(explained_by_label(each[0], labels).item() for each in measures))
        else:
            found[hold] = Knowledge(kept, *(explained_share(each).item() for each in measures))
    return found


def repeat_knowledge(
    model: HierarchicalVAE,
    images: Float[Tensor, "N 1 28 28"],
    labels: Integer[Tensor, " N"],
    classifier: Classifier,
    repeats: int = 5,
    each: int = 1000,
    seed: int = 0,
) -> list[dict[str, Knowledge]]:
    """:func:`layer_knowledge` with other images and other draws each time: how far its shares can be relied on.

    >>> images, labels = torch.rand(60, 1, 28, 28), torch.arange(60) % 10
    >>> len(repeat_knowledge(HierarchicalVAE((16, 4), (8, 8)), images, labels, Classifier(), repeats=3, each=20))
    3

    Args:
        model, images, labels, classifier: as of :func:`layer_knowledge`.
        repeats: so many times,
        each: of so many images, drawn without one coming twice.
        seed: for their choice; the k-th, from 0 on, draws with seed k.

    Raises:
        TypeError, ValueError: as there, or too few images.
    """
    check_whole(1, repeats=repeats)
    check_whole(2, each=each)
    (images,) = check_data(model, images, "images")
    if len(images) < int(repeats) * int(each):
        raise ValueError(f"images: want at least {repeats} times {each}, got {len(images)}")
    order = torch.randperm(len(images), generator=Generator().manual_seed(as_seed(seed)))
    parts = order.split(int(each))[: int(repeats)]
    return [layer_knowledge(model, images[k], labels[k], classifier, seed=n) for n, k in enumerate(parts)]


@torch.no_grad()
def _classes(classifier: Classifier, images: Tensor) -> Tensor:
    weight = next(classifier.parameters())
    with evaluating(classifier):
        return torch.cat([classifier(x.to(weight)).argmax(dim=1).cpu() for x in images.split(BATCH_SIZE)])
