"""Check a student's function against the package's own, and recognise the classic mistakes.

An answer that agrees with one of the catalogue's wrong implementations on every input, and not with the
right one, has made that mistake; or it has summed or averaged over the wrong things.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vae_helpers.exercises.attempts import attempt, by_position, run, same_numbers, sandbox
from vae_helpers.exercises.differences import agree, all_given, counter_example
from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception, call
from vae_helpers.exercises.results import MARKS, TODO, CheckResult
from vae_helpers.exercises.topics import find
from vae_helpers.exercises.wrong_sums import wrong_sum

_latest: dict[str, CheckResult] = {}  # by exercise: the last result in this kernel, for progress()
_results: dict[tuple[str, Callable, int], Tensor | CheckResult] = {}  # of references and mistakes, by trial


def check(name: str, answer: Callable) -> CheckResult:
    """Compare ``answer`` with the exercise's reference; never raises on a wrong or broken answer.

    A function that returns ``None`` or ``...``, or raises ``NotImplementedError``, is still to do.

    Raises:
        ValueError: there is no exercise of that name.
    """
    habits: set[str] = set()
    result = _check(find(name), answer, habits)
    if habits and result.status in ("right", "wrong") and result.misconception != "input_overwritten":
        result = replace(result, message=f"{result.message} (By the way: {'; '.join(sorted(habits))}.)")
    _latest[name] = result
    return result


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


def _check(exercise: Exercise, answer: Callable, habits: set[str]) -> CheckResult:
    if not callable(answer):
        return CheckResult("error", f"check wants your function itself, not its result; got {type(answer).__name__}.")
    answer = by_position(exercise, answer)
    if answer is None:
        return CheckResult("error", f"your function must take ({', '.join(exercise.arguments)}).")
    trials = exercise.inputs()
    got = []
    for values in trials:
        result = attempt(exercise, answer, values, habits)
        if isinstance(result, CheckResult):
            return _at(exercise, values, result) if got and exercise.probe is call else result
        got.append(result)
    wanted = [_result(exercise, exercise.reference, trials, k) for k in range(len(trials))]
    if agree(exercise, got, wanted):
        return _right(exercise, answer, trials)
    mistake = None if agree(exercise, got, wanted, shaped=False) else _mistake(exercise, trials, got, wanted)
    if mistake is not None:
        return CheckResult("wrong", mistake.message, mistake.name)
    return CheckResult("wrong", counter_example(exercise, trials, got, wanted))


def _at(exercise: Exercise, values: Inputs, result: CheckResult) -> CheckResult:
    """The same, with the input: it stopped at one that is not the first, so not at all."""
    if result is TODO:
        given = all_given(exercise, values)
        return CheckResult("wrong", f"for {given} nothing came back: does each branch end with a return?")
    sizes = result.status != "error"
    return replace(result, message=f"{result.message.rstrip('.')}. That was for {all_given(exercise, values, sizes)}.")


def _mistake(exercise: Exercise, trials: list[Inputs], got: list[Tensor], wanted: list[Tensor]) -> Misconception | None:
    """The mistake that explains all results: one of the catalogue, a wrong sum or mean, or both."""
    for mistake in exercise.misconceptions:
        kept = [k for k, values in enumerate(trials) if mistake.only is None or mistake.only(*values)]
        made = (_result(exercise, mistake.function, trials, k) for k in kept)
        if agree(exercise, [got[k] for k in kept], made):
            return mistake
    if (found := wrong_sum(exercise, trials, got, wanted)) is not None or exercise.each is None:
        return found
    for mistake in exercise.misconceptions:
        made = [_result(exercise, mistake.function, trials, k) for k in range(len(trials))]
        if (found := wrong_sum(exercise, trials, got, made)) is not None:
            return replace(mistake, message=f"two things. First, {mistake.message} Second, {found.message}")
    return None


def _result(exercise: Exercise, function: Callable, trials: list[Inputs], k: int) -> Tensor | CheckResult:
    """What one of our own functions makes of a trial; asked again and again, so it is kept."""
    key = exercise.title, function, k
    if key not in _results:
        _results[key] = attempt(exercise, function, trials[k])
    return _results[key]


def _right(exercise: Exercise, answer: Callable, trials: list[Inputs]) -> CheckResult:
    """The numbers are right; in a loss the right gradients must come back too, and the inputs stay as they are."""
    cut, overwritten = set(), set()
    for values in trials if exercise.differentiable else ():
        wanted, _ = _gradients(exercise, exercise.reference, values)
        if _has_kinks(exercise, values) or not all(g.isfinite().all() for g in wanted.values()):
            continue
        got, changed = _gradients(exercise, answer, values)
        cut.update(name for name in wanted if not _near(got[name], wanted[name]))
        overwritten.update(changed)
    if cut:
        names = _listed([name for name in exercise.differentiable if name in cut])
        return CheckResult(
            "wrong",
            f"the numbers are right, but the right gradient does not come back to {names}: stay in torch, without "
            "detach(), no_grad(), item() or numpy().",
            "gradient_cut",
        )
    if overwritten:
        return CheckResult(
            "wrong",
            f"the result is right, but your function overwrites {_listed(sorted(overwritten))}, and the loss "
            "needs that.",
            "input_overwritten",
        )
    if exercise.further is not None:
        result = run(exercise, lambda: exercise.further(answer))
        if isinstance(result, CheckResult):
            return result
    return CheckResult("right", exercise.why)


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _has_kinks(exercise: Exercise, values: Inputs) -> bool:
    """Whether an argument is exactly 0 somewhere: there a right answer with abs() or relu() may have another slope."""
    at = [exercise.arguments.index(name) for name in exercise.differentiable]
    return any(bool((values[k] == 0).any()) for k in at)


def _gradients(exercise: Exercise, function: Callable, values: Inputs) -> tuple[dict[str, Tensor | None], list[str]]:
    """The gradient that comes back to each argument that must have one (None: none), and which were overwritten."""
    leaves = [v.clone().requires_grad_(_is_float(v)) if isinstance(v, Tensor) else v for v in values]
    tracked = [v * 1 if _is_float(v) else v for v in leaves]  # no leaves, so that an answer may work in place
    at = {name: exercise.arguments.index(name) for name in exercise.differentiable}
    try:
        with sandbox(set()):
            result = exercise.probe(function, tuple(tracked))
            weights = torch.linspace(0.5, 1.5, result.numel(), dtype=result.dtype)  # each value counts, differently
            total = (result.flatten() * weights).sum()
            found = torch.autograd.grad(total, [leaves[k] for k in at.values()], allow_unused=True)
    except Exception:  # .numpy() of a tensor that needs a gradient raises, for one
        found = [None] * len(at)
    overwritten = [name for name, k in at.items() if not same_numbers(tracked[k], leaves[k])]
    return dict(zip(at, found, strict=True)), overwritten


def _is_float(value: object) -> bool:
    """Whether it can have a gradient: class numbers and masks have none, nor have numbers and text."""
    return isinstance(value, Tensor) and value.is_floating_point()


def _near(got: Tensor | None, wanted: Tensor) -> bool:
    """Gradients of sums over many pixels: to a thousandth of the largest. None is right where the gradient is 0."""
    difference = wanted.abs().max() if got is None else (got - wanted).abs().max()
    return bool(difference <= 1e-3 * wanted.abs().max() + 1e-6)
