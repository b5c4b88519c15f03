"""Check a student's function against the package's own, and recognise the classic mistakes.

An answer that agrees with one of the catalogue's wrong implementations on every input, and not with the
right one, has made that mistake.
"""

import inspect
import textwrap
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs
from vae_helpers.exercises.topics import find

MARKS = {"todo": "…  Still to do", "right": "✓  Right", "wrong": "✗  Not yet", "error": "✗  It stopped"}


@dataclass(frozen=True)
class CheckResult:
    """The outcome of :func:`check`: ``status`` is "todo", "right", "wrong" or "error"."""

    status: str
    message: str
    misconception: str | None = None

    def __repr__(self) -> str:
        return f"{MARKS[self.status]}: {self.message}"


TODO = CheckResult("todo", "write it in the cell above, run that cell, then run this one again.")
_latest: dict[str, CheckResult] = {}  # by exercise: the last result in this kernel, for progress()


def check(name: str, answer: Callable) -> CheckResult:
    """Compare ``answer`` with the exercise's reference; never raises on a wrong or broken answer.

    A function that returns ``None`` or ``...``, or raises ``NotImplementedError``, is still to do.

    Raises:
        ValueError: there is no exercise of that name.
    """
    _latest[name] = _check(find(name), answer)
    return _latest[name]


@dataclass(frozen=True)
class Progress:
    """The latest result of each exercise, by name."""

    results: dict[str, CheckResult]

    @property
    def right(self) -> int:
        """How many are right."""
        return sum(result.status == "right" for result in self.results.values())

    def __repr__(self) -> str:
        lines = [f"{MARKS[result.status]}: {find(name).title}" for name, result in self.results.items()]
        return "\n".join([f"{self.right} of {len(self.results)} exercises are right.", *lines])


def progress(*names: str) -> Progress:
    """Where you stand: the latest result of each exercise named, or of all that this kernel has checked.

    An exercise that was never checked is still to do.

    Raises:
        ValueError: there is no exercise of that name.
    """
    for name in names:
        find(name)
    return Progress({name: _latest.get(name, TODO) for name in names or _latest})


def _check(exercise: Exercise, answer: Callable) -> CheckResult:
    if not callable(answer):
        return CheckResult("error", f"check wants your function itself, not its result; got {type(answer).__name__}.")
    answer = _take_by_position(exercise, answer)
    if answer is None:
        return CheckResult("error", f"your function must take ({', '.join(exercise.arguments)}).")
    trials = exercise.inputs()
    got = []
    for values in trials:
        result = _try(exercise, answer, values)
        if isinstance(result, CheckResult):
            return result
        got.append(result)
    wanted = [_try(exercise, exercise.reference, values) for values in trials]
    if _agree(exercise, got, wanted):
        return _right(exercise, answer, trials[min(1, len(trials) - 1)])  # the first may be too simple
    for mistake in exercise.misconceptions:
        if _agree(exercise, got, (_try(exercise, mistake.function, values) for values in trials)):
            return CheckResult("wrong", mistake.message, mistake.name)
    return CheckResult("wrong", _counter_example(exercise, trials, got, wanted))


def _take_by_position(exercise: Exercise, answer: Callable) -> Callable | None:
    """The answer as a function of positional arguments, also where it takes keywords only; None if it can't."""
    names = exercise.arguments
    try:
        signature = inspect.signature(answer)
    except ValueError:  # a built-in that does not tell its arguments
        return answer
    try:
        signature.bind(*names)
        return answer
    except TypeError:
        pass
    try:
        signature.bind(**dict.fromkeys(names))
        return lambda *values: answer(**dict(zip(names, values, strict=True)))
    except TypeError:
        return None


def _try(exercise: Exercise, answer: Callable, values: Inputs) -> Tensor | CheckResult:
    """The answer's result for one input, or what to say instead; the global random state stays as it was."""
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            output = exercise.probe(answer, tuple(v.clone() if isinstance(v, Tensor) else v for v in values))
    except Exception as error:
        if _says_undone(error):
            return TODO
        return CheckResult("error", _tell(error))
    if output is None or output is ...:
        return TODO
    try:
        return torch.as_tensor(output).detach().cpu().to_dense()
    except Exception:
        return CheckResult("error", f"want a tensor back, got {type(output).__name__}.")


def _right(exercise: Exercise, answer: Callable, values: Inputs) -> CheckResult:
    """The numbers are right; in a loss the right gradients must come back too, and the inputs stay as they are."""
    wanted, _ = _gradients(exercise, exercise.reference, values)
    got, overwritten = _gradients(exercise, answer, values)
    wrong = [name for name in wanted if got[name] is None or not _near(got[name], wanted[name])]
    if wrong:
        return CheckResult(
            "wrong",
            f"the numbers are right, but the right gradient does not come back to {' and '.join(wrong)}: stay in "
            "torch, without detach(), no_grad(), item() or numpy().",
            "gradient_cut",
        )
    if overwritten:
        return CheckResult(
            "wrong",
            f"the result is right, but your function overwrites {' and '.join(overwritten)}, and the loss needs that.",
            "input_overwritten",
        )
    return CheckResult("right", exercise.why)


def _gradients(exercise: Exercise, function: Callable, values: Inputs) -> tuple[dict[str, Tensor | None], list[str]]:
    """The gradient that comes back to each argument that must have one (None: none), and which were overwritten."""
    if not exercise.differentiable:
        return {}, []
    leaves = [v.clone().requires_grad_() if isinstance(v, Tensor) else v for v in values]
    tracked = [v * 1 for v in leaves]  # no leaves, so that an answer may work in place
    at = {name: exercise.arguments.index(name) for name in exercise.differentiable}
    try:
        result = function(*tracked).square().sum()
        found = torch.autograd.grad(result, [leaves[k] for k in at.values()], allow_unused=True)
    except Exception:  # .numpy() of a tensor that needs a gradient raises, for one
        found = [None] * len(at)
    overwritten = [name for name, k in at.items() if not torch.equal(tracked[k], leaves[k])]
    return dict(zip(at, found, strict=True)), overwritten


def _near(got: Tensor, wanted: Tensor) -> bool:
    """Gradients of sums over many pixels: to a thousandth of the largest."""
    return bool((got - wanted).abs().max() <= 1e-3 * wanted.abs().max() + 1e-6)


def _agree(exercise: Exercise, got: list[Tensor], wanted: Iterable[Tensor]) -> bool:
    """Whether all results agree; ``wanted`` is asked for no more than the first that does not."""
    return all(_close(exercise, a, b) for a, b in zip(got, wanted, strict=True))


def _close(exercise: Exercise, got: Tensor, wanted: Tensor) -> bool:
    if got.shape != wanted.shape or got.is_complex():
        return False
    return torch.allclose(got.double(), wanted.double(), exercise.rtol, exercise.atol, equal_nan=True)


def _counter_example(exercise: Exercise, trials: list[Inputs], got: list[Tensor], wanted: list[Tensor]) -> str:
    """The simplest input that shows the difference: what went in, what came, what is wanted."""
    failing = [k for k in range(len(trials)) if not _close(exercise, got[k], wanted[k])]
    # the simplest; but one single number says little about a wrong shape
    misshapen = [k for k in failing if got[k].shape != wanted[k].shape and got[k].numel() > 1]
    k = (misshapen or failing)[0]
    if exercise.measured:
        return f"{exercise.measured}: came {_written_out(got[k])}, wanted is {_written_out(wanted[k])}."
    given = ", ".join(
        f"{name} = {_written_out(value)}" for name, value in zip(exercise.arguments, trials[k], strict=True)
    )
    if got[k].numel() == wanted[k].numel() and _close(exercise, got[k].reshape(wanted[k].shape), wanted[k]):
        return f"the values are right, the shape is {tuple(got[k].shape)}; wanted is {tuple(wanted[k].shape)}."
    if got[k].shape != wanted[k].shape:
        return f"for {given} your result has shape {tuple(got[k].shape)}, wanted is {tuple(wanted[k].shape)}."
    return f"for {given} came {_written_out(got[k])}, wanted is {_written_out(wanted[k])}."


def _written_out(value: Tensor | float | str) -> str:
    if isinstance(value, str):
        return repr(value)
    if not isinstance(value, Tensor):
        return f"{value:g}"
    if value.numel() > 6:
        return f"a tensor of shape {tuple(value.shape)}"
    return str(_rounded(value.tolist()))


def _rounded(value: list | float) -> list | float:
    return [_rounded(v) for v in value] if isinstance(value, list) else round(value, 4)


def _says_undone(error: Exception) -> bool:
    """A stub's own ``raise NotImplementedError``; PyTorch raises the same for an operation that it lacks."""
    raised_by = traceback.extract_tb(error.__traceback__)[-1].line or ""
    return isinstance(error, NotImplementedError) and (not str(error) or raised_by.startswith("raise"))


def _tell(error: Exception) -> str:
    """The error with the last line of the student's own code, not of a library's or of ours."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    frames = [f for f in frames if not Path(f.filename).is_relative_to(Path(__file__).parent)]
    line = f' in the line "{frames[-1].line}"' if frames and frames[-1].line else ""
    return f"{type(error).__name__}{line}: {textwrap.shorten(str(error), 300, placeholder=' ...')}"
