"""Check a student's function against the package's own, and recognise the classic mistakes.

    from vae_helpers.exercises import check
    check("gaussian_kl", my_gaussian_kl)

An answer that agrees with one of the catalogue's wrong implementations on every input, and not with the
right one, has made that mistake.
"""

import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_helpers.exercise_catalogue import EXERCISES
from vae_helpers.exercise_parts import Exercise, Inputs


@dataclass(frozen=True)
class CheckResult:
    """The outcome of :func:`check`: ``status`` is "todo", "right", "wrong" or "error"."""

    status: str
    message: str
    misconception: str | None = None

    def __repr__(self) -> str:
        mark = {
            "todo": "…  Still to do",
            "right": "✓  Right",
            "wrong": "✗  Not yet",
            "error": "✗  It stopped",
        }
        return f"{mark[self.status]}: {self.message}"


def check(name: str, answer: Callable) -> CheckResult:
    """Compare ``answer`` with the exercise's reference; never raises on a wrong or broken answer.

    A function that returns ``None`` or ``...``, or raises ``NotImplementedError``, is still to do.

    Raises:
        ValueError: there is no exercise of that name.
    """
    if name not in EXERCISES:
        raise ValueError(f"name: want one of {', '.join(EXERCISES)}, got {name!r}")
    exercise = EXERCISES[name]
    if not callable(answer):
        return CheckResult("error", f"check wants your function itself, not its result; got {type(answer).__name__}.")
    trials = exercise.inputs()
    wanted = [exercise.reference(*values) for values in trials]
    got = []
    for values in trials:
        result = _call(exercise, answer, values)
        if isinstance(result, CheckResult):
            return result
        got.append(result)
    if _agree(got, wanted):
        return _right(exercise, answer, trials[0])
    for mistake in exercise.misconceptions:
        if _agree(got, [mistake.function(*values) for values in trials]):
            return CheckResult("wrong", mistake.message, mistake.name)
    return CheckResult("wrong", _counter_example(exercise, trials, got, wanted))


def _call(exercise: Exercise, answer: Callable, values: Inputs) -> Tensor | CheckResult:
    """The answer's result for one input, or what to say instead."""
    try:
        inspect.signature(answer).bind(*values)
    except TypeError:
        return CheckResult("error", f"your function must take ({', '.join(exercise.arguments)}).")
    except ValueError:  # a built-in that does not tell its arguments
        pass
    try:
        output = answer(*(v.clone() if isinstance(v, Tensor) else v for v in values))
    except NotImplementedError:
        output = None
    except Exception as error:
        return CheckResult("error", _tell(error))
    if output is None or output is ...:
        return CheckResult("todo", "write it in the cell above, run that cell, then run this one again.")
    try:
        return torch.as_tensor(output).detach().cpu().to_dense()
    except Exception:
        return CheckResult("error", f"want a tensor back, got {type(output).__name__}.")


def _right(exercise: Exercise, answer: Callable, values: Inputs) -> CheckResult:
    """The numbers are right; in a loss, a gradient must come through as well."""
    if not exercise.differentiable or not isinstance(answer(*values), Tensor):
        return CheckResult("right", exercise.why)
    # sums with 0 are no leaves, so that an answer may work in place
    tracked = (v.clone().requires_grad_() + 0 if isinstance(v, Tensor) else v for v in values)
    try:
        carries_gradient = answer(*tracked).requires_grad
    except Exception:  # .numpy() of a tensor that needs a gradient raises, for one
        carries_gradient = False
    if carries_gradient:
        return CheckResult("right", exercise.why)
    return CheckResult(
        "wrong",
        "the numbers are right, but no gradient comes through: stay in torch, without detach(), item() or numpy().",
        "gradient_cut",
    )


def _agree(got: list[Tensor], wanted: list[Tensor]) -> bool:
    return all(_close(a, b) for a, b in zip(got, wanted, strict=True))


def _close(got: Tensor, wanted: Tensor) -> bool:
    if got.shape != wanted.shape or got.is_complex():
        return False
    return torch.allclose(got.double(), wanted.double(), rtol=1e-4, atol=1e-5, equal_nan=True)


def _counter_example(exercise: Exercise, trials: list[Inputs], got: list[Tensor], wanted: list[Tensor]) -> str:
    """The simplest input that shows the difference: what went in, what came, what is wanted."""
    k = next(k for k in range(len(trials)) if not _close(got[k], wanted[k]))
    given = ", ".join(f"{name} = {_short(value)}" for name, value in zip(exercise.arguments, trials[k], strict=True))
    if got[k].numel() == wanted[k].numel() and _close(got[k].reshape(wanted[k].shape), wanted[k]):
        return f"the values are right, the shape is {tuple(got[k].shape)}; wanted is {tuple(wanted[k].shape)}."
    if got[k].shape != wanted[k].shape:
        return f"for {given} your result has shape {tuple(got[k].shape)}, wanted is {tuple(wanted[k].shape)}."
    return f"for {given} came {_short(got[k])}, wanted is {_short(wanted[k])}."


def _short(value: Tensor | float) -> str:
    if not isinstance(value, Tensor):
        return f"{value:g}"
    if value.numel() > 6:
        return f"a tensor of shape {tuple(value.shape)}"
    return str([round(v, 4) for v in value.flatten().tolist()] if value.ndim < 2 else
               [[round(v, 4) for v in row] for row in value.tolist()])  # fmt: skip


def _tell(error: Exception) -> str:
    """The error with the last line of the student's own code, not of a library's."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    frames = [f for f in frames if f.filename != __file__]
    line = f' in the line "{frames[-1].line}"' if frames and frames[-1].line else ""
    return f"{type(error).__name__}{line}: {error}"
