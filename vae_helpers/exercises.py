"""Check a student's function against the package's own, and recognise the classic mistakes.

    from vae_helpers.exercises import check
    check("gaussian_kl", my_gaussian_kl)

An answer that agrees with one of the catalogue's wrong implementations on every input, and not with the
right one, has made that mistake.
"""

import traceback
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_helpers.exercise_catalogue import EXERCISES, Exercise, Inputs


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
    got = []
    for values in trials:
        try:
            output = answer(*(v.clone() if isinstance(v, Tensor) else v for v in values))
        except NotImplementedError:
            output = None
        except Exception as error:
            return CheckResult("error", _tell(error))
        if output is None or output is ...:
            return CheckResult("todo", f"write {name} in the cell above, run it, then run this cell again.")
        try:
            got.append(torch.as_tensor(output).detach().cpu())
        except Exception:
            return CheckResult("error", f"want a tensor back, got {type(output).__name__}.")
    wanted = [exercise.reference(*values) for values in trials]
    if _agree(got, wanted):
        return CheckResult("right", exercise.why)
    for mistake in exercise.misconceptions:
        if _agree(got, [mistake.function(*values) for values in trials]):
            return CheckResult("wrong", mistake.message, mistake.name)
    return CheckResult("wrong", _counter_example(exercise, trials, got, wanted))


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
    frames = [f for f in frames if f.filename != __file__] or frames
    line = f' in the line "{frames[-1].line}"' if frames and frames[-1].line else ""
    return f"{type(error).__name__}{line}: {error}"
