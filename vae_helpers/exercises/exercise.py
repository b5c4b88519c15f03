"""What exercises are made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from torch import Tensor

Inputs = tuple[Tensor | float | str, ...]


@dataclass(frozen=True)
class Misconception:
    """A classic mistake: its name, what it computes, and what to say about it.

    Args:
        only: the inputs on which an answer must agree with ``function`` to have made the mistake (all if None): a
            slip in one branch shows whatever the other branch does.
    """

    name: str
    function: Callable
    message: str
    only: Callable[..., bool] | None = None


@dataclass(frozen=True)
class Each:
    """The answer has one value for each of the ``one``s; in it, its ``parts`` (if any) are summed."""

    one: str = "image"
    parts: str = ""


class Recognised(Exception):
    """A probe has seen which mistake this is, by name."""


class Refused(Exception):
    """A probe can't use what the answer returned, and says why."""


def call(answer: Callable, values: Inputs) -> object:
    """The plain way to try an answer: call it."""
    return answer(*values)


class Later:
    """A function of the package that is imported when it is first used.

    For one whose module loads much that most notebooks don't need. ``__wrapped__`` is where ``inspect`` looks for its
    source.
    """

    def __init__(self, module: str, name: str):
        self.__module__, self.__name__, self.__qualname__ = module, name, name

    @property
    def __wrapped__(self) -> Callable:
        return getattr(import_module(self.__module__), self.__name__)

    def __call__(self, *values: object) -> object:
        return self.__wrapped__(*values)


@dataclass(frozen=True)
class Exercise:
    """One exercise, declared as data.

    Args:
        title: what is asked, in a few words.
        reference: the package's own function, the answer key.
        arguments: the names of the answer's arguments.
        inputs: makes the inputs to try, simplest first, the extremes of the domain among them.
        why: one line for a right answer, on why it matters.
        misconceptions: the mistakes to recognise.
        differentiable: the arguments to which a gradient must come back, since the answer is part of a loss.
        each: what the values of the result belong to, so that sums and means over the wrong things are recognised.
        probe: tries an answer on one of the inputs; what it returns is compared. None means nothing was done.
        measured: what the probe returns, a label for each number, where that is not simply the answer's result.
        further: what the numbers don't show; raises :class:`Recognised` where an answer makes a mistake after all.
        error_hints: what to add to an error whose message has this text in it, where it tells the mistake.
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
    each: Each | None = None
    probe: Callable[[Callable, Inputs], object] = call
    measured: tuple[str, ...] = ()
    further: Callable[[Callable], None] | None = None
    error_hints: dict[str, str] = field(default_factory=dict)
    rtol: float = 1e-4
    atol: float = 1e-5
    note: str = ""

    def message(self, misconception: str) -> str:
        """What to say about the mistake of that name."""
        return next(mistake.message for mistake in self.misconceptions if mistake.name == misconception)
