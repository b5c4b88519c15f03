"""Recognise a sum or a mean over the wrong things, in every exercise that has one value for each image."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor

from vae_helpers.exercises.differences import close
from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception


@dataclass(frozen=True)
class _WrongSum:
    """Recognised where ``seen``, of what came, is ``expected``, of the values that each image should have."""

    name: str
    message: str
    seen: Callable[[Tensor, int, int], Tensor | None]  # of a result, the number of images and the number of parts
    expected: Callable[[Tensor, int], Tensor]


def wrong_sum(exercise: Exercise, trials: list[Inputs], got: list[Tensor], each: list[object]) -> Misconception | None:
    """The mistake by which all results come from ``each``, one value for each image."""
    sizes = [(len(values[0]), values[0][0].numel()) for values in trials] if exercise.each else []
    if not sizes or not all(isinstance(w, Tensor) and w.shape == (n,) for w, (n, _) in zip(each, sizes, strict=True)):
        return None
    for wrong in _wrong_sums(exercise.each):
        if all(_fits(exercise, wrong, *results) for results in zip(got, each, sizes, strict=True)):
            return Misconception(wrong.name, exercise.reference, wrong.message)
    return None


def _fits(exercise: Exercise, wrong: _WrongSum, got: Tensor, each: Tensor, sizes: tuple[int, int]) -> bool:
    seen = wrong.seen(got.double(), *sizes)
    return seen is not None and close(exercise, seen, wrong.expected(each.double(), sizes[1]).expand(seen.shape))


def _alone(got: Tensor, images: int, parts: int) -> Tensor | None:
    """One number, or the same for each image."""
    return got.flatten() if got.numel() in (1, images) else None


def _for_each_image(got: Tensor, images: int, parts: int) -> Tensor | None:
    return got.flatten() if got.numel() == images else None


def _left_in_each_image(got: Tensor, images: int, parts: int) -> Tensor | None:
    return got.flatten(1).sum(dim=1) if got.ndim > 1 and len(got) == images else None


def _over_all_parts(got: Tensor, images: int, parts: int) -> Tensor | None:
    return got.sum() if got.numel() == parts else None


def _wrong_sums(each: Each) -> Iterator[_WrongSum]:
    one, parts, keep = each.one, each.parts, f"keep one value for each {each.one}"
    yield _WrongSum(
        f"mean_over_{one}s", f"this averages over the {one}s already; {keep}.", _alone, lambda w, n: w.mean()
    )
    yield _WrongSum(f"summed_over_{one}s", f"this adds up all {one}s; {keep}.", _alone, lambda w, n: w.sum())
    if not parts:
        return
    name = parts.split()[-1]
    yield _WrongSum(
        "not_summed",
        f"one {one} still has more than one value: add up all of its {parts}.",
        _left_in_each_image,
        lambda w, n: w,
    )
    yield _WrongSum(
        f"mean_over_{name}",
        f"this averages over the {parts}. They are independent, so their nats are *added*.",
        _for_each_image,
        lambda w, n: w / n,
    )
    yield _WrongSum(
        "mean_over_everything",
        f"this is one mean over {parts} and {one}s. Add up the {parts}; {keep}.",
        _alone,
        lambda w, n: w.mean() / n,
    )
    yield _WrongSum(
        f"{one}s_summed",
        f"this averages over the {parts} and adds up the {one}s. Add up the {parts}; {keep}.",
        _alone,
        lambda w, n: w.sum() / n,
    )
    yield _WrongSum(
        f"{name}_kept",
        f"this adds up the {one}s and keeps the {parts} apart; it should be the other way round.",
        _over_all_parts,
        lambda w, n: w.sum(),
    )
    yield _WrongSum(
        f"mean_{name}_kept",
        f"this averages over the {one}s and keeps the {parts} apart. Add up the {parts}; {keep}.",
        _over_all_parts,
        lambda w, n: w.mean(),
    )
