"""The training data in batches, and all generators that a training draws from."""

from collections.abc import Iterator

import torch
from torch import Generator, Tensor

from vae_helpers.data import Binarization, binarize


class Batches:
    """The training data in batches, in a new order each time they are gone through.

    >>> batches = Batches((torch.zeros(5, 1, 28, 28),), batch_size=2, binarization="none", seed=0, device="cpu")
    >>> len(batches), [len(x) for x, in batches]
    (3, [2, 2, 1])
    """

    def __init__(self, data: tuple[Tensor, ...], batch_size: int, binarization: Binarization, seed: int, device: str):
        self.data = tuple(part.to(device) for part in data)
        self.batch_size, self.binarization = batch_size, binarization
        self.order, self.noise = Generator().manual_seed(seed), Generator(device).manual_seed(seed)

    def __len__(self) -> int:
        return -(-len(self.data[0]) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        for chosen in torch.randperm(len(self.data[0]), generator=self.order).split(self.batch_size):
            first, *rest = (part.index_select(0, chosen.to(part.device)) for part in self.data)
            yield binarize(first, self.binarization, self.noise), *rest


def states_of_pytorch(device: torch.device) -> list[Tensor]:
    """Of PyTorch's own generators, which draw where none is given, as for dropout: the CPU's, and the device's.

    >>> [state.dtype for state in states_of_pytorch(torch.device("cpu"))]
    [torch.uint8]
    """
    states = [torch.get_rng_state()]
    if device.type != "cpu":
        states.append(torch.get_device_module(device).get_rng_state())
    return states


def restore_pytorch(device: torch.device, states: list[Tensor]) -> None:
    """Go on drawing from there.

    >>> states = states_of_pytorch(torch.device("cpu"))
    >>> drawn = torch.rand(2)
    >>> restore_pytorch(torch.device("cpu"), states)
    >>> torch.equal(torch.rand(2), drawn)
    True
    """
    torch.set_rng_state(states[0])
    if device.type != "cpu":
        torch.get_device_module(device).set_rng_state(states[1])
