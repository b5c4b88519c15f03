"""What a conditional model is told: class numbers, or vectors of any kind."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn
from torch.nn import functional as F

from vae_helpers.validation import check_finite, check_fits, check_goes_into

Condition = Integer[Tensor, " N"] | Float[Tensor, "N C"]


def as_vectors(c: Condition, size: int, layer: nn.Module) -> Float[Tensor, "N C"]:
    """A condition as ``size`` numbers an example, in the dtype of the layer that reads it: class k is the k-th unit.

    A class is a name, not a quantity: as one number, 4 would lie between 3 and 5.

    >>> as_vectors(torch.tensor([2, 0]), 3, nn.Linear(3, 1))
    tensor([[0., 0., 1.],
            [1., 0., 0.]])

    Raises:
        TypeError: anything but a tensor of whole numbers, or of floats of the layer's dtype.
        ValueError: another shape than (N,) or (N, C), a class that is not from 0 to C - 1, or another device.
    """
    if _holds_classes(c):
        _check_classes(c, size)
        return F.one_hot(c.long(), size).to(next(layer.parameters()))
    check_fits(Float[Tensor, f"N {size}"], c=c)
    check_goes_into(layer, c=c)
    return c


def side_by_side(
    values: Float[Tensor, "N n"], c: Condition, network: nn.Sequential, name: str
) -> Float[Tensor, "N n+C"]:
    """The values and what the condition says: what the network, which begins with a linear layer, reads.

    >>> side_by_side(torch.zeros(2, 1), torch.tensor([2, 0]), nn.Sequential(nn.Linear(1 + 3, 5)), "z")
    tensor([[0., 0., 0., 1.],
            [0., 1., 0., 0.]])

    Args:
        values: images (flat) or latents.
        c: a condition for each; the network's input is as wide as n + C.
        name: what errors call the values.

    Raises:
        TypeError, ValueError: as :func:`as_vectors`; other floats, another device or another number of examples.
    """
    check_goes_into(network, **{name: values})
    c = as_vectors(c, network[0].in_features - values.shape[1], network)
    if len(c) != len(values):
        raise ValueError(f"c: want one for each of the {len(values)} in {name}, got {len(c)}")
    return torch.cat([values, c], dim=1)


def check_condition(c: Condition, size: int, layer: nn.Module, count: int) -> None:
    """Raise unless ``c`` holds finite conditions for ``count`` examples; reads every value.

    >>> check_condition(torch.tensor([2, 0]), 3, nn.Linear(3, 1), count=3)
    Traceback (most recent call last):
    ValueError: c: want a condition for each of the 3 examples, got 2

    Raises:
        TypeError, ValueError: as :func:`as_vectors`; NaN, infinity, or another number of examples.
    """
    if _holds_classes(c):
        _check_classes(c, size)
    else:
        check_finite(c=as_vectors(c, size, layer))
    if len(c) != count:
        raise ValueError(f"c: want a condition for each of the {count} examples, got {len(c)}")


def images_of(shape: Sequence[int]) -> type:
    """The type of a batch of images of this shape, for ``check_fits``.

    >>> images_of((3, 28, 28)).dim_str
    'N 3 28 28'
    """
    return Float[Tensor, " ".join(["N", *map(str, shape)])]


def _holds_classes(c: Condition) -> bool:
    """Whether it holds whole numbers; ``TypeError`` unless it does, or floats."""
    if isinstance(c, Tensor) and c.is_floating_point():
        return False
    if not isinstance(c, Tensor) or c.is_complex() or c.dtype == torch.bool:
        got = c.dtype if isinstance(c, Tensor) else type(c).__name__
        raise TypeError(f"c: want a tensor of classes (whole numbers) or of vectors (floats), got {got}")
    return True


def _check_classes(c: Integer[Tensor, " N"], size: int) -> None:
    check_fits(Integer[Tensor, " N"], c=c)
    if len(c) and not 0 <= c.min() <= c.max() < size:
        raise ValueError(f"c: want classes from 0 to {size - 1}, got {c.min().item()} to {c.max().item()}")
