"""What exercises are made of."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Inputs = tuple[Tensor | float | str, ...]


@dataclass(frozen=True)
class Misconception:
    """A classic mistake: its name, what it computes, and what to say about it."""

    name: str
    function: Callable
    message: str


def call(answer: Callable, values: Inputs) -> object:
    """The plain way to try an answer: call it."""
    return answer(*values)


@dataclass(frozen=True)
class Exercise:
    """One exercise, declared as data.

    Args:
        title: what is asked, in a few words.
        reference: the package's own function, the answer key.
        arguments: the names of the answer's arguments.
        inputs: makes the inputs to try, simplest first.
        why: one line for a right answer, on why it matters.
        misconceptions: the mistakes to recognise.
        differentiable: the arguments to which a gradient must come back, since the answer is part of a loss.
        probe: tries an answer on one of the inputs; what it returns is compared. None means nothing was done.
        measured: what the probe returns, in words, where that is not simply the answer's result.
        rtol, atol: how near a result must come.
        note: for the reader of the solution.
    """

    title: str
    reference: Callable
    arguments: tuple[str, ...]
    inputs: Callable[[], list[Inputs]]
    why: str
    misconceptions: tuple[Misconception, ...]
    differentiable: tuple[str, ...] = ()
    probe: Callable[[Callable, Inputs], object] = call
    measured: str = ""
    rtol: float = 1e-4
    atol: float = 1e-5
    note: str = ""
