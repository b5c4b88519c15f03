"""Compare results, and say in words how one differs from what is wanted."""

from collections.abc import Iterable

import torch
from torch import Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs

FEW = 6  # numbers that are written out


def close(exercise: Exercise, got: Tensor, wanted: Tensor) -> bool:
    """Whether two results are the same up to rounding, shapes too."""
    return got.shape == wanted.shape and torch.allclose(
        got.double(), wanted.double(), exercise.rtol, exercise.atol, equal_nan=True
    )


def agree(exercise: Exercise, got: Iterable[Tensor], wanted: Iterable[object], shaped: bool = True) -> bool:
    """Whether all results agree, their shapes too if ``shaped``; ``wanted`` is asked up to the first that does not."""
    return all(
        isinstance(b, Tensor) and (close(exercise, a, b) if shaped else _close_but_for_shape(exercise, a, b))
        for a, b in zip(got, wanted, strict=True)
    )


def _close_but_for_shape(exercise: Exercise, got: Tensor, wanted: Tensor) -> bool:
    return got.numel() == wanted.numel() and close(exercise, got.flatten(), wanted.flatten())


def counter_example(exercise: Exercise, trials: list[Inputs], got: list[Tensor], wanted: list[Tensor]) -> str:
    """The simplest input that shows the difference: what went in, what came, what is wanted."""
    failing = [k for k in range(len(trials)) if not close(exercise, got[k], wanted[k])]
    misshapen = [k for k in failing if got[k].shape != wanted[k].shape]
    if agree(exercise, got, wanted, shaped=False):
        k = _telling(misshapen, got)
        when = "" if len(misshapen) == len(trials) else f"for {all_given(exercise, trials[k], sizes=True)} "
        return f"the values are right, {when}the shape is {_shape(got[k])}; wanted is {_shape(wanted[k])}."
    if exercise.measured and not misshapen:
        return _by_label(exercise, got[failing[0]], wanted[failing[0]]) + _type_of(got[failing[0]])
    if misshapen:
        k = _telling(misshapen, wanted)
        given = all_given(exercise, trials[k], sizes=True)
        came = f"your result has shape {_shape(got[k])}, wanted is {_shape(wanted[k])}"
    elif (everywhere := _everywhere(exercise, got, wanted)) is not None:
        return everywhere
    else:
        k = min(failing, key=lambda k: sum(v.numel() for v in trials[k] if isinstance(v, Tensor)))
        given = all_given(exercise, trials[k])
        came = _numbers(exercise, got[k], wanted[k])
    return f"for {given} {came}.{_type_of(got[k])}"


def all_given(exercise: Exercise, values: Inputs, sizes: bool = False) -> str:
    """All arguments: the numbers where they are few, or sizes only."""
    return ", ".join(_given(name, value, sizes) for name, value in zip(exercise.arguments, values, strict=True))


def _everywhere(exercise: Exercise, got: list[Tensor], wanted: list[Tensor]) -> str | None:
    """One factor or one summand by which all numbers are off."""
    ours, right = (torch.cat([v.double().flatten() for v in values]) for values in (got, wanted))
    largest = right.abs().argmax()
    factor, summand = ours[largest] / right[largest], (ours - right).median()
    if len(right) < 3 or not ours.isfinite().all() or factor == 0:
        return None
    if close(exercise, ours, -right):
        return "all signs are flipped."
    if close(exercise, ours, factor * right):
        return f"your result is {factor:.6g} times what is wanted."
    if close(exercise, ours, right + summand):
        return f"your result is {abs(summand):.3g} too {'large' if summand > 0 else 'small'}, whatever goes in."
    return None


def _telling(which: list[int], results: list[Tensor]) -> int:
    """The first with more than one number: a single one says little about a shape."""
    return next((k for k in which if results[k].numel() > 1), which[0])


def _shape(value: Tensor) -> tuple[int, ...]:
    return tuple(value.shape)


def _by_label(exercise: Exercise, got: Tensor, wanted: Tensor) -> str:
    """What was measured, by its label: the first two that differ."""
    off = (~_same(exercise, got, wanted)).nonzero().flatten().tolist()[:2]
    return "; ".join(f"{exercise.measured[j]}: {_came(got[j], wanted[j])}" for j in off) + "."


def _numbers(exercise: Exercise, got: Tensor, wanted: Tensor) -> str:
    """All numbers, where they are few; else the one that is most off."""
    if got.numel() <= FEW:
        return _came(got, wanted)
    off = ~_same(exercise, got, wanted)
    excess = ((got.double() - wanted.double()).abs() / (1 + wanted.double().abs())).nan_to_num(torch.inf, torch.inf)
    worst = tuple(torch.unravel_index(excess.where(off, -1).argmax(), got.shape))
    place = [int(k) for k in worst]
    return f"{int(off.sum())} of {got.numel()} numbers are off, most of all the one at {place}: " + _came(
        got[worst], wanted[worst]
    )


def _same(exercise: Exercise, got: Tensor, wanted: Tensor) -> Tensor:
    return torch.isclose(got.double(), wanted.double(), exercise.rtol, exercise.atol, equal_nan=True)


def _came(got: Tensor, wanted: Tensor) -> str:
    """Both, with as many digits as it takes to see the difference."""
    for digits in (5, 9, 17):
        texts = [_written(v.double().tolist(), digits) for v in (got, wanted)]
        if texts[0] != texts[1]:
            break
    return f"came {texts[0]}, wanted is {texts[1]}"


def _given(name: str, value: Tensor | float | str, sizes: bool) -> str:
    if not isinstance(value, Tensor):
        return f"{name} = {value!r}" if isinstance(value, str) else f"{name} = {value:g}"
    if sizes:
        return f"{name} of shape {_shape(value)}"
    if value.numel() <= FEW:
        return f"{name} = {_written(value.double().tolist(), 5) if value.is_floating_point() else value.tolist()}"
    if value.dtype == torch.bool:
        return f"{name} {_shape(value)} with {int(value.sum())} of {value.numel()} True"
    low, high = (f"{v:.3g}" for v in value.double().aminmax())
    return f"{name} {_shape(value)} " + (f"of {low}s" if low == high else f"from {low} to {high}")


def _written(values: list | float, digits: int) -> str:
    if isinstance(values, list):
        return f"[{', '.join(_written(v, digits) for v in values)}]"
    return f"{values:.{digits}g}" if abs(values) >= 1e6 else str(float(f"{values:.{digits}g}") + 0.0)


def _type_of(got: Tensor) -> str:
    """A word on the type, where it may be the reason."""
    usual = got.dtype in (torch.float32, torch.float64)
    return "" if usual else f" (Your result is of type {str(got.dtype).removeprefix('torch.')}.)"
