"""Try an answer: whatever it does or returns, there is a tensor to compare, or one clear sentence."""

import inspect
import io
import random
import textwrap
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs, Recognised, Refused, call
from vae_helpers.exercises.results import TODO, CheckResult

SEED = 8_407_224_849_895_527  # of every trial; no answer sets the same
MOST_NUMBERS = 10**8  # in a result; more is a slip of broadcasting, and would fill the memory
PRINTS = "what your function prints is held back here; call it yourself to see it"
SEEDS = "it sets the global seed, so whatever is drawn after a call is the same each time"
ERROR_HINTS = {
    "does not require grad": "No gradient was recorded: is something under no_grad(), detached, or made of numbers?",
    "implicitly created only for scalar outputs": "backward() wants one number: take the mean first.",
    "can be converted to Python scalars": "math and float() want one number: use torch.log, torch.exp ... for tensors.",
    "torch.return_types.max": "max(dim=1) returns values and positions: use amax, or .values.",
    "Can't call numpy() on Tensor that requires grad": "NumPy records no gradients: stay in torch.",
}


@contextmanager
def sandbox(habits: set[str]) -> Iterator[None]:
    """Run an answer here: what it prints is held back; random states, grad mode and dtype are as before afterwards.

    What is no mistake, but worth a word, is added to ``habits``.
    """
    printed, dtype, state = io.StringIO(), torch.get_default_dtype(), torch.get_rng_state()
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with torch.enable_grad(), redirect_stdout(printed):
            torch.default_generator.manual_seed(SEED)
            yield
            if torch.initial_seed() != SEED:
                habits.add(SEEDS)
    finally:
        torch.set_rng_state(state)
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)
        torch.set_default_dtype(dtype)
        if printed.getvalue():
            habits.add(PRINTS)


def attempt(
    exercise: Exercise, answer: Callable, values: Inputs, habits: set[str] | None = None
) -> Tensor | CheckResult:
    """The answer's result for one input, or what to say instead."""
    own = tuple(v.clone() if isinstance(v, Tensor) else v for v in values)
    output = run(exercise, lambda: exercise.probe(answer, own), habits)
    if habits is not None and exercise.probe is call:
        names = [n for n, v, w in zip(exercise.arguments, own, values, strict=True) if not _same(v, w)]
        habits.update(f"it overwrites {name}, which a caller may still need" for name in names)
    return output if isinstance(output, CheckResult) else _as_tensor(output)


def run(exercise: Exercise, task: Callable[[], object], habits: set[str] | None = None) -> object:
    """What the task returns, or a CheckResult where it stops."""
    try:
        with sandbox(set() if habits is None else habits):
            return task()
    except Recognised as mistake:
        name = str(mistake)
        return CheckResult("wrong", exercise.message(name), name)
    except Refused as refusal:
        return CheckResult("wrong", str(refusal))
    except SystemExit:
        return CheckResult("error", "your function ends the program, by exit() or quit().")
    except Exception as error:
        return TODO if _says_undone(error) else CheckResult("error", _tell(error, exercise))


def by_position(exercise: Exercise, answer: Callable) -> Callable | None:
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


def _same(ours: object, given: object) -> bool:
    return not isinstance(ours, Tensor) or same_numbers(ours, given)


def same_numbers(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors hold the same; NaN is the same as NaN, which padding may hold."""
    return a.shape == b.shape and bool(((a == b) | (a != a) & (b != b)).all())


def _as_tensor(output: object) -> Tensor | CheckResult:
    """The output as a dense tensor of real numbers."""
    if output is None or output is ...:
        return TODO
    kind = type(output).__name__
    if isinstance(output, (list, tuple)):
        how = "torch.stack or torch.tensor makes one of it" if isinstance(output, list) else "return one result alone"
        return CheckResult("wrong", f"want one tensor back, got a {kind} of {len(output)}: {how}.")
    if inspect.isgenerator(output):
        return CheckResult("wrong", "want a tensor back, got a generator: torch.stack(list(...)) makes one of it.")
    try:
        tensor = torch.as_tensor(output).detach()
    except Exception:
        return CheckResult("wrong", f"want a tensor back, got {kind}.")
    if tensor.is_complex():
        return CheckResult("wrong", "complex numbers came back; want real ones.")
    if tensor.numel() > MOST_NUMBERS:
        return CheckResult("wrong", f"your result has shape {tuple(tensor.shape)}: far more numbers than are wanted.")
    try:
        return tensor.cpu().to_dense()
    except Exception:
        return CheckResult("wrong", f"want a tensor of numbers back, got one of type {tensor.dtype}.")


def _says_undone(error: Exception) -> bool:
    """A stub's own ``raise NotImplementedError``; PyTorch raises the same for an operation that it lacks."""
    raised_by = traceback.extract_tb(error.__traceback__)[-1].line or ""
    return isinstance(error, NotImplementedError) and (not str(error) or raised_by.startswith("raise"))


def _tell(error: Exception, exercise: Exercise) -> str:
    """The error with the last line of the student's own code, not of a library's or of ours."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    frames = [f for f in frames if not Path(f.filename).is_relative_to(Path(__file__).parents[1])]
    line = (
        f' in the line "{textwrap.shorten(frames[-1].line, 100, placeholder=" ...")}"'
        if frames and frames[-1].line
        else ""
    )
    told = f"{type(error).__name__}{line}: {textwrap.shorten(str(error), 300, placeholder=' ...')}"
    hints = [hint for text, hint in (ERROR_HINTS | exercise.error_hints).items() if text in str(error)]
    return ". ".join([told.rstrip("."), *hints])
