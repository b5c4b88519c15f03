"""Shapes and types at the door: :func:`checked` reads them from the signature, and the body is the formula alone.

    @checked
    def gaussian_kl(mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"]) -> Float[Tensor, " N"]: ...

The notation is jaxtyping's: a word is one dimension, a number its fixed size, ``*pixels`` or ``...`` the dimensions
that are left (at least one). A word that stands in two arguments means the same size in both, since silent
broadcasting hides bugs. What is no tensor, or of another dtype, raises ``TypeError``; another shape raises
``ValueError``. Each message says which argument, what came, and what is wanted. What comes out is not checked: that
is for the tests.

The other functions check *values*, and stand as calls at the head of a body.
"""

import functools
import inspect
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import torch
from jaxtyping import AbstractArray, Float
from torch import Tensor, nn

P, R = ParamSpec("P"), TypeVar("R")
Sizes = dict[str, int | tuple[int, ...]]


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Check each argument whose annotation gives a shape, on every call; no value is read, so no device waited for."""
    wanted: dict[int, _Wanted] = {}  # by position; read once, so that a call stays cheap
    for position, (name, parameter) in enumerate(inspect.signature(function).parameters.items()):
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, AbstractArray):
            wanted[position] = _Wanted.read(name, parameter.annotation, tuple(wanted.values()))
    if not wanted:
        raise TypeError(f"no argument of {function.__name__} has a shape to check")

    @functools.wraps(function)
    def at_the_door(*args: P.args, **kwargs: P.kwargs) -> R:
        sizes: Sizes = {}
        for position, argument in wanted.items():
            if position < len(args):
                argument.check(args[position], sizes)
            elif argument.name in kwargs:
                argument.check(kwargs[argument.name], sizes)
        return function(*args, **kwargs)

    return at_the_door


def check_fits(annotation: type[AbstractArray], **tensors: Any) -> None:
    """``check_fits(Float[Tensor, "N 2"], z=z)``: the same for a shape that no signature can hold."""
    for name, value in tensors.items():
        _Wanted.read(name, annotation).check(value, {})


@dataclass(frozen=True)
class _Wanted:
    """What one annotation asks for; ``words`` are its dimensions without the last one, where that stands for a rest."""

    name: str
    kind: str
    dtypes: frozenset[torch.dtype]
    words: tuple[str | int, ...]
    rest: str
    earlier: tuple["_Wanted", ...]

    @classmethod
    @functools.cache  # check_fits asks again at each call
    def read(cls, name: str, annotation: type[AbstractArray], earlier: tuple["_Wanted", ...] = ()) -> "_Wanted":
        words: list[Any] = [int(word) if word.isdecimal() else word for word in annotation.dim_str.split()]
        rest = words.pop() if words and str(words[-1]).startswith(("*", "...")) else ""
        if not all(isinstance(word, int) or word.isidentifier() for word in words):
            raise ValueError(
                f"{name}: can't check {annotation.dim_str!r}; want words, numbers, and one rest at the end"
            )
        dtypes = frozenset(getattr(torch, dtype) for dtype in annotation.dtypes if hasattr(torch, dtype))
        return cls(name, annotation.dtype.__name__.lower(), dtypes, tuple(words), rest, earlier)

    def check(self, value: Any, sizes: Sizes) -> None:
        """Raise unless ``value`` fits; ``sizes`` holds what earlier arguments have said, and learns from this one."""
        if not isinstance(value, Tensor):
            article = "an" if self.kind[0] in "aeiou" else "a"
            raise TypeError(
                f"{self.name}: want {article} {self.kind} tensor of shape {self}, got {type(value).__name__}"
            )
        if value.dtype not in self.dtypes:
            hint = "; images go in as x.float() / 255" if self.kind == "float" else ""
            raise TypeError(f"{self.name}: want {self.kind}s, got {value.dtype}{hint}")
        shape = tuple(value.shape)
        left = shape[len(self.words) :]
        if len(shape) < len(self.words) or bool(left) != bool(self.rest):
            raise ValueError(f"{self.name}: want shape {self}, got {shape}")
        for word, size in zip(self.words, shape, strict=False):
            if size != (word if isinstance(word, int) else sizes.setdefault(word, size)):
                raise ValueError(self._misfit(shape, sizes))
        if left and self.rest != "..." and left != sizes.setdefault(self.rest, left):
            raise ValueError(self._misfit(shape, sizes))

    def _misfit(self, shape: tuple[int, ...], sizes: Sizes) -> str:
        for other in self.earlier:
            if self.rest != "..." and (other.words, other.rest) == (self.words, self.rest):
                first = (*(sizes.get(word, word) for word in self.words), *sizes.get(self.rest, ()))
                return f"{other.name} and {self.name}: want the same shape, got {first} and {shape}"
        named = [word for word, size in zip(self.words, shape, strict=False) if sizes.get(word, size) != size]
        givers = {word: other.name for word in named for other in reversed(self.earlier) if word in other.words}
        because = "".join(f"; {word} is {sizes[word]} in {giver}" for word, giver in givers.items())
        return f"{self.name}: want shape {self.written({word: sizes[word] for word in named})}, got {shape}{because}"

    def written(self, known: dict[str, Any]) -> str:
        """``(N, 1, 28, 28)``, ``(N,)``, ``(N, ...)``; what is known stands for its word."""
        parts = [str(known.get(word, word)) for word in self.words] + ["..."] * bool(self.rest)
        return f"({', '.join(parts)}{',' * (len(parts) == 1)})"

    def __str__(self) -> str:
        return self.written({})


def is_whole(value: Any, at_least: int) -> bool:
    """Whether it is a whole number, NumPy's too, and not below ``at_least``; ``True`` and ``False`` are no numbers."""
    try:
        return not isinstance(value, bool) and operator.index(value) >= at_least
    except TypeError:
        return False


def check_whole(at_least: int, **numbers: Any) -> None:
    """``check_whole(2, n=n)``: raise ``ValueError`` unless each is a whole number of at least so much."""
    for name, value in numbers.items():
        if not is_whole(value, at_least):
            raise ValueError(f"{name}: want a whole number >= {at_least}, got {value!r}")


def check_positive(**numbers: float) -> None:
    """``check_positive(sigma=sigma)``: raise ``ValueError`` unless each is > 0; NaN is not."""
    for name, value in numbers.items():
        if not value > 0:
            raise ValueError(f"{name}: want a number > 0, got {value!r}")


def check_probability(**numbers: float) -> None:
    """``check_probability(bound=bound)``: raise ``ValueError`` unless each lies in (0, 1]."""
    for name, value in numbers.items():
        if not 0 < value <= 1:
            raise ValueError(f"{name}: want a probability in (0, 1], got {value!r}")


def check_one_of(choices: tuple[str, ...], **words: str) -> None:
    """``check_one_of(("sum", "mean"), kl=kl)``: raise ``ValueError`` for another word."""
    for name, value in words.items():
        if value not in choices:
            wanted = " or ".join(f'"{choice}"' for choice in choices)
            raise ValueError(f"{name}: want {wanted}, got {value!r}")


def check_images(images: Any, name: str = "images") -> None:
    """Raise unless ``images`` is a float tensor (N, 1, 28, 28) with N >= 1 and finite values in [0, 1].

    This one reads every value: call it once, where data enters, never inside a training loop.
    """
    check_fits(Float[Tensor, "N 1 28 28"], **{name: images})
    if len(images) == 0:
        raise ValueError(f"{name}: want shape (N, 1, 28, 28) with N >= 1, got {tuple(images.shape)}")
    low, high = (value.item() for value in torch.aminmax(images))  # one pass, no copy; NaN comes through
    if math.isnan(low):
        raise ValueError(f"{name}: contains NaN")
    if low < 0 or high > 1:
        raise ValueError(f"{name}: want values in [0, 1], got [{low:g}, {high:g}]; are they 0 to 255, or normalised?")


def check_dtype_of(model: nn.Module, **tensors: Tensor) -> None:
    """Raise ``TypeError`` where a tensor has another dtype than the model's weights; PyTorch's own error names none."""
    wanted = next(model.parameters()).dtype
    for name, value in tensors.items():
        if value.dtype != wanted:
            raise TypeError(f"{name}: want {wanted}, as the model's weights are, got {value.dtype}")
