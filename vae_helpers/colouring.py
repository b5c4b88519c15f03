"""Black-and-white to colour, where the truth is known: a digit of each class has one of two colours, by a fair coin.

The grey picture says which two, and nothing says which of them: what can't be known is one fair coin, ln 2 nats.

A colour is three amounts of ink between 0 and 1, of cyan, magenta and yellow, so that paper is 0 and full ink is 1 as
in the grey images. Every colour here has 1 as its largest amount, so that the largest of a picture's three channels
is the grey image: so the grey image can be read off the picture. Of the two colours of a class one is dark and one is
light, for those who can't tell them apart otherwise.
"""

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor

from vae_helpers.validation import as_seed, check_unit_interval, checked

DARK = {  # cyan, magenta, yellow
    "blue": (1.0, 1.0, 0.3),
    "violet": (0.7, 1.0, 0.3),
    "red": (0.4, 1.0, 1.0),
    "green": (1.0, 0.7, 1.0),
    "wine": (0.5, 1.0, 0.7),
}
LIGHT = {
    "gold": (0.0, 0.25, 1.0),
    "orange": (0.0, 0.4, 1.0),
    "cyan": (1.0, 0.2, 0.05),
    "mint": (1.0, 0.15, 0.5),
    "lime": (0.5, 0.15, 1.0),
}
PAIRS = (  # of class 0 to 9
    ("blue", "gold"),
    ("red", "cyan"),
    ("green", "orange"),
    ("violet", "lime"),
    ("wine", "mint"),
    ("blue", "orange"),
    ("red", "mint"),
    ("green", "cyan"),
    ("violet", "gold"),
    ("wine", "cyan"),
)
INKS = torch.tensor([[DARK[dark], LIGHT[light]] for dark, light in PAIRS])  # (10, 2, 3)


@checked
def colour_digits(
    images: Float[Tensor, "N 1 H W"], labels: Integer[Tensor, " N"], seed: int = 0
) -> tuple[Float[Tensor, "N 3 H W"], Integer[Tensor, " N"]]:
    """Grey digits -> their colour pictures, and which of its class's two colours each has: 0 the dark, 1 the light one.

    >>> pictures, which = colour_digits(torch.rand(4, 1, 28, 28), torch.tensor([3, 1, 4, 1]))
    >>> pictures.shape, which.shape
    (torch.Size([4, 3, 28, 28]), torch.Size([4]))

    Args:
        images: ink between 0 and 1, of any size.
        labels: classes from 0 to 9.
        seed: for the coins.

    Raises:
        ValueError: values outside [0, 1], or other classes.
    """
    check_unit_interval(images=images)
    pairs = colours_of(labels)
    coins = torch.randint(2, (len(images),), generator=Generator().manual_seed(as_seed(seed))).to(labels.device)
    inks = pairs[torch.arange(len(images)), coins].to(images)
    return images * inks[:, :, None, None], coins


@checked
def colours_of(labels: Integer[Tensor, " N"]) -> Float[Tensor, "N 2 3"]:
    """The two colours that are right for each class, the dark one first.

    >>> colours_of(torch.tensor([0])).shape
    torch.Size([1, 2, 3])

    Raises:
        ValueError: a class that is not from 0 to 9.
    """
    if len(labels) and not 0 <= labels.min() <= labels.max() <= 9:
        raise ValueError(f"labels: want classes from 0 to 9, got {labels.min().item()} to {labels.max().item()}")
    return INKS.to(labels.device)[labels.long()]


@checked
def colour_in(pictures: Float[Tensor, "N 3 H W"], images: Float[Tensor, "N 1 H W"]) -> Float[Tensor, "N 3"]:
    """The one colour that fits a picture best: the least squares of picture - colour * image.

    >>> images = torch.rand(2, 1, 28, 28)
    >>> pictures, _ = colour_digits(images, torch.tensor([0, 0]))
    >>> bool(torch.isclose(colour_in(pictures, images)[:, 0, None], colours_of(torch.tensor([0, 0]))[..., 0]).any())
    True

    Raises:
        ValueError: an image without any ink, which has no colour.
    """
    ink = images.square().sum(dim=(1, 2, 3))
    if not (ink > 0).all():
        raise ValueError("images: want some ink in each, got an empty one")
    return (pictures * images).sum(dim=(2, 3)) / ink[:, None]


@checked
def squared_distances(colours: Float[Tensor, "N 3"], labels: Integer[Tensor, " N"]) -> Float[Tensor, "N 2"]:
    """From each colour to the two that are right for its class, squared; halfway, both are a quarter of the two
    colours' own.

    >>> mud = colours_of(torch.tensor([7])).mean(dim=1)
    >>> dark, light = squared_distances(mud, torch.tensor([7]))[0]
    >>> bool(torch.isclose(dark, light))
    True
    """
    return (colours[:, None] - colours_of(labels).to(colours)).square().sum(dim=2)


@checked
def coin_entropy(share: Float[Tensor, " *N"]) -> Float[Tensor, " *N"]:
    """The entropy of a coin that falls on one side with probability ``share``, in nats; of a fair one ln 2.

    >>> coin_entropy(torch.tensor([0.0, 0.5, 0.9]))
    tensor([0.0000, 0.6931, 0.3251])

    Raises:
        ValueError: a share outside [0, 1].
    """
    check_unit_interval(share=share)
    return torch.special.entr(share) + torch.special.entr(1 - share)  # entr(p) is -p log p
