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
IMAGES = Float[Tensor, "N 1 28 28"]


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
        kind = annotation.dtype.__name__.lower()
        return cls(name, "number" if kind == "num" else kind, dtypes, tuple(words), rest, earlier)

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
    """Whether it is a whole number, of Python, NumPy or PyTorch, and not below ``at_least``; ``True`` is none."""
    if _is_truth_value(value) or getattr(value, "ndim", 0):
        return False
    try:
        return operator.index(value) >= at_least
    except TypeError:
        return False


def is_number(value: Any) -> bool:
    """Whether it is one finite number, of Python, NumPy or PyTorch; ``True``, ``False`` and text are none."""
    if _is_truth_value(value) or isinstance(value, (str, bytes)) or getattr(value, "ndim", 0):
        return False
    try:
        return math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def _is_truth_value(value: Any) -> bool:
    return isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool")


def check_seed(seed: Any) -> None:
    """Raise ``ValueError`` unless it is a whole number of at most 64 bits."""
    if not is_whole(seed, -(2**63)) or operator.index(seed) >= 2**64:
        raise ValueError(f"seed: want a whole number of at most 64 bits, got {seed!r}")


def as_seed(seed: Any) -> int:
    """``seed``, checked, as the number that PyTorch's generators take: they refuse NumPy's, and take ``True``."""
    check_seed(seed)
    return operator.index(seed)


def check_whole(at_least: int, **numbers: Any) -> None:
    """``check_whole(2, n=n)``: raise ``ValueError`` unless each is a whole number of at least so much."""
    for name, value in numbers.items():
        if not is_whole(value, at_least):
            raise ValueError(f"{name}: want a whole number >= {at_least}, got {value!r}")


def check_same_dtype(**tensors: Tensor) -> None:
    """``check_same_dtype(a=a, b=b)``: raise ``TypeError`` unless all have the dtype of the first."""
    (first, wanted), *others = tensors.items()
    for name, value in others:
        if value.dtype != wanted.dtype:
            raise TypeError(f"{name}: want {wanted.dtype}, as {first} is, got {value.dtype}")


def check_positive(**numbers: float) -> None:
    """``check_positive(sigma=sigma)``: raise ``ValueError`` unless each is > 0; NaN and infinity are no numbers."""
    for name, value in numbers.items():
        if not (is_number(value) and value > 0):
            raise ValueError(f"{name}: want a number > 0, got {value!r}")


def check_not_negative(**numbers: float) -> None:
    """``check_not_negative(beta=beta)``: raise ``ValueError`` unless each is >= 0."""
    for name, value in numbers.items():
        if not (is_number(value) and value >= 0):
            raise ValueError(f"{name}: want a number >= 0, got {value!r}")


def check_probability(**numbers: float) -> None:
    """``check_probability(bound=bound)``: raise ``ValueError`` unless each lies in (0, 1]."""
    for name, value in numbers.items():
        if not (is_number(value) and 0 < value <= 1):
            raise ValueError(f"{name}: want a probability in (0, 1], got {value!r}")


def check_one_of(choices: tuple[str, ...], **words: str) -> None:
    """``check_one_of(("sum", "mean"), kl=kl)``: raise ``ValueError`` for another word."""
    for name, value in words.items():
        if not isinstance(value, str) or value not in choices:
            wanted = " or ".join(f'"{choice}"' for choice in choices)
            raise ValueError(f"{name}: want {wanted}, got {value!r}")


def check_images(images: Any, name: str = "images") -> None:
    """Raise unless ``images`` is a float tensor (N, 1, 28, 28) with N >= 1 and finite values in [0, 1].

    This one reads every value: call it once, where data enters, never inside a training loop.
    """
    check_fits(IMAGES, **{name: images})
    if len(images) == 0:
        raise ValueError(f"{name}: want shape (N, 1, 28, 28) with N >= 1, got {tuple(images.shape)}")
    check_unit_interval(**{name: images})


def check_unit_interval(**tensors: Tensor) -> None:
    """Raise unless all values of these float tensors, of any shape, lie in [0, 1]; reads every value."""
    for name, value in tensors.items():
        if not isinstance(value, Tensor) or not value.is_floating_point():
            got = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise TypeError(f"{name}: want a tensor of floats, got {got}; images go in as x.float() / 255")
        if value.is_meta or value.layout != torch.strided:
            raise TypeError(f"{name}: want a dense tensor in memory, got a {value.layout} one on {value.device}")
        if value.numel() == 0:
            continue
        low, high = (end.item() for end in torch.aminmax(value))  # one pass, no copy; NaN comes through
        if math.isnan(low):
            raise ValueError(f"{name}: contains NaN")
        if low < 0 or high > 1:
            raise ValueError(
                f"{name}: want values in [0, 1], got [{low:g}, {high:g}]; are they 0 to 255, or normalised?"
            )


def check_some(**tensors: Tensor) -> None:
    """``check_some(x=x)``: raise ``ValueError`` where a tensor holds no example."""
    for name, value in tensors.items():
        if value.numel() == 0:
            raise ValueError(f"{name}: want at least one example, got shape {tuple(value.shape)}")


def check_finite(**tensors: Tensor) -> None:
    """Raise ``ValueError`` where a tensor holds NaN or infinity; reads every value."""
    for name, value in tensors.items():
        if not value.isfinite().all():
            raise ValueError(f"{name}: contains NaN or infinity")


def check_can(model: Any, *methods: str) -> None:
    """``check_can(model, "encode")``: raise ``TypeError`` unless it is a module that has these methods."""
    missing = [name for name in methods if not callable(getattr(model, name, None))]
    if missing or not isinstance(model, nn.Module):
        wanted = f" with {' and '.join(methods)}" if methods else ""
        raise TypeError(f"model: want an nn.Module{wanted}, got {_kind(model)}")


def check_takes(name: str, function: Any, *args: Any, **kwargs: Any) -> None:
    """Raise ``TypeError`` unless ``function`` can be called with such arguments; it is not called."""
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name}: can't be called as it would be: {error}; got {_kind(function)}") from error
    except ValueError:  # some built-in functions don't say what they take
        pass


def _kind(value: Any) -> str:
    return f"the class {value.__name__}, not an instance" if isinstance(value, type) else type(value).__name__


def check_goes_into(layer: nn.Module, **tensors: Tensor) -> None:
    """:func:`check_dtype_of`, and ``ValueError`` where a tensor is on another device; for the door of a model."""
    weight = getattr(layer, "weight", None)  # quicker to have than the first of the parameters
    if not isinstance(weight, Tensor):
        weight = next(layer.parameters(), None)
    for name, value in tensors.items():
        if weight is not None and (value.dtype != weight.dtype or value.device != weight.device):
            _check_same_dtype(name, value, weight)
            raise ValueError(f"{name}: want it on {weight.device}, where the model is, got {value.device}")


def check_dtype_of(model: nn.Module, **tensors: Tensor) -> None:
    """Raise ``TypeError`` where a tensor has another dtype than the model's weights; PyTorch's own error names none."""
    weight = next(model.parameters(), None)
    for name, value in tensors.items():
        if weight is not None:
            _check_same_dtype(name, value, weight)


def _check_same_dtype(name: str, value: Tensor, weight: Tensor) -> None:
    if value.dtype != weight.dtype:
        raise TypeError(f"{name}: want {weight.dtype}, as the model's weights are, got {value.dtype}")
