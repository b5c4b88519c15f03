"""A process's share of a batch: which rows are its own, its rows of the noise, and what its part of the loss weighs.

The noise of a process is its own rows of what one process would draw for the whole batch; its part of the loss weighs
as much as its rows are of the batch.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.overrides import TorchFunctionMode

from vae_helpers.batches import states_of_pytorch
from vae_helpers.validation import check_whole, is_whole

ROWS = (torch.randn, torch.rand)  # draws whose rows are those of the batch


class Rows(NamedTuple):
    """Rows ``start`` to ``stop`` of a batch of ``batch`` rows; ``weight`` of their mean, so that all means average.

    >>> Rows(start=0, stop=2, batch=3, weight=4 / 3).stop
    2
    """

    start: int
    stop: int
    batch: int
    weight: float


def own_rows(batch: int, rank: int, processes: int) -> Rows:
    """Which rows of a batch are those of process ``rank``: equal shares, the first processes have one more if need be.

    A process that would get none (a last batch of one image) takes the first row, with weight 0, so that it has
    something to compute and all take the same steps.

    >>> [tuple(own_rows(8, rank, processes=3)) for rank in range(3)]
    [(0, 3, 8, 1.125), (3, 6, 8, 1.125), (6, 8, 8, 0.75)]
    >>> own_rows(1, rank=1, processes=2)
    Rows(start=0, stop=1, batch=1, weight=0.0)

    Args:
        batch: rows of the whole batch.
        rank: of the process, from 0.
        processes: how many there are.

    Raises:
        ValueError: numbers that are not whole, no rows, no processes, or a rank that is none of theirs.
    """
    check_whole(1, batch=batch, processes=processes)
    if not is_whole(rank, 0) or rank >= processes:
        raise ValueError(f"rank: want a whole number from 0 to {processes - 1}, got {rank!r}")
    batch, rank, processes = int(batch), int(rank), int(processes)
    share, left = divmod(batch, processes)
    start = rank * share + min(rank, left)
    own = share + (rank < left)
    if not own:
        return Rows(0, 1, batch, 0.0)
    return Rows(start, start + own, batch, own * processes / batch)


class OwnDraws(TorchFunctionMode):
    """Within it ``torch.randn`` and ``torch.rand`` with this generator draw for the whole batch and give own rows.

    >>> rows = own_rows(5, rank=1, processes=2)
    >>> whole = torch.randn(5, 2, generator=torch.Generator().manual_seed(0))
    >>> generator = torch.Generator().manual_seed(0)
    >>> with OwnDraws(rows, generator):
    ...     own = torch.randn(2, 2, generator=generator)
    >>> bool((own == whole[3:]).all())
    True

    Raises:
        NotImplementedError: within it, any other draw: this process's numbers would not be those of one process. At
            once where it is given a generator; at the end where it is one that nobody gives, such as dropout's.
    """

    def __init__(self, rows: Rows, generator: Generator):
        super().__init__()
        self.rows, self.generator = rows, generator

    def __enter__(self) -> "OwnDraws":
        self.before = states_of_pytorch(self.generator.device)
        return super().__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        super().__exit__(kind, error, trace)
        after = states_of_pytorch(self.generator.device)
        if error is None and not all(map(torch.equal, self.before, after)):
            raise NotImplementedError(_refusal("a function that draws from PyTorch's own generator, as dropout does"))

    def __torch_function__(self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        if function in ROWS:
            return self._own_rows(function, args, kwargs)
        if kwargs.get("generator") is not None:
            raise NotImplementedError(_refusal(function.__name__))
        return function(*args, **kwargs)

    def _own_rows(self, function: Callable, args: tuple, kwargs: dict) -> Tensor:
        size = kwargs.pop("size", None) or (args if len(args) != 1 or isinstance(args[0], int) else args[0])
        if kwargs.get("generator") is not self.generator:
            raise NotImplementedError(_refusal(f"{function.__name__} without the step's generator"))
        if not size or size[0] != self.rows.stop - self.rows.start:
            raise NotImplementedError(_refusal(f"{function.__name__} of shape {tuple(size)}"))
        whole = function((self.rows.batch, *size[1:]), **kwargs)
        return whole[self.rows.start : self.rows.stop]


def _refusal(draw: str) -> str:
    return (
        f"on several processes a model may draw by torch.randn and torch.rand only, with the generator that it is "
        f"given and a row an example, so that each process gets its own rows of one draw; this one calls {draw}"
    )


class Weighted(nn.Module):
    """A model whose loss counts ``weight`` times in the gradient; the terms themselves are as they were.

    >>> weights = torch.ones(2, requires_grad=True)
    >>> model = torch.nn.Module()
    >>> model.loss_terms = lambda x, generator=None: (x * weights, 0 * x)
    >>> Weighted(model, 0.5).loss_terms(torch.tensor([1.0, 2.0]))[0].sum().backward()
    >>> weights.grad
    tensor([0.5000, 1.0000])
    """

    def __init__(self, model: Any, weight: float):
        super().__init__()
        self.model, self.weight = model, weight

    def loss_terms(self, *batch: Tensor, generator: Generator | None = None) -> tuple[Tensor, Tensor]:
        """Those of the model, each (N,), in nats."""
        terms = self.model.loss_terms(*batch, generator=generator)
        for term in terms:
            if term.requires_grad:
                term.register_hook(lambda gradient: self.weight * gradient)
        return terms

    def __getattr__(self, name: str) -> Any:
        """What is asked of the model."""
        own = super().__getattr__
        return own(name) if name in vars(self)["_modules"] else getattr(own("model"), name)
