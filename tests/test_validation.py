import inspect

import numpy as np
import pytest
import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn

from vae_helpers.validation import (
    check_dtype_of,
    check_fits,
    check_one_of,
    check_positive,
    check_same_dtype,
    check_whole,
    checked,
    is_whole,
)


@checked
def pair(mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], scale: float = 1.0) -> str:
    """Two of one shape."""
    return "passed"


@checked
def label(x: Float[Tensor, "N 1 28 28"], *, labels: Integer[Tensor, " N"] = None) -> str:
    return "passed"


@checked
def batch(logits: Float[Tensor, " N *pixels"], x: Float[Tensor, " N *pixels"]) -> str:
    return "passed"


@checked
def chain(values: Float[Tensor, " K"], z: Float[Tensor, "K D"], mu: Float[Tensor, " D"]) -> str:
    return "passed"


@checked
def any_rest(x: Float[Tensor, "N ..."], y: Float[Tensor, "N ..."]) -> str:
    return "passed"


X, LABELS = torch.zeros(3, 1, 28, 28), torch.zeros(3).long()


@pytest.mark.parametrize(
    "call",
    [
        lambda: pair(torch.zeros(2, 3), torch.zeros(2, 3)),
        lambda: pair(torch.zeros(2, 3), torch.zeros(2, 3).double()),  # PyTorch knows what to do
        lambda: pair(torch.zeros(0, 3), logvar=torch.zeros(0, 3), scale=2.0),
        lambda: pair(logvar=torch.zeros(2, 3).half(), mu=nn.Parameter(torch.zeros(2, 3))),
        lambda: label(X),
        lambda: label(X, labels=LABELS),
        lambda: label(X, labels=LABELS.to(torch.uint8)),
        lambda: batch(torch.zeros(2, 784), torch.zeros(2, 784)),
        lambda: batch(torch.zeros(2, 1, 4, 4), torch.zeros(2, 1, 4, 4)),
        lambda: chain(torch.zeros(5), torch.zeros(5, 2), torch.zeros(2)),
        lambda: any_rest(torch.zeros(5, 1), torch.zeros(5, 7, 7)),
    ],
)
def test_what_fits_passes(call):
    assert call() == "passed"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pair([[0.0]], torch.zeros(1, 1)), TypeError, "mu: want a float tensor of shape (N, D), got list"),
        (lambda: pair(torch.zeros(1, 1), None), TypeError, "logvar: want a float tensor of shape (N, D), got NoneType"),
        (
            lambda: pair(torch.zeros(1, 1).byte(), torch.zeros(1, 1)),
            TypeError,
            "mu: want floats, got torch.uint8; images go in as x.float() / 255",
        ),
        (lambda: pair(torch.zeros(3), torch.zeros(3)), ValueError, "mu: want shape (N, D), got (3,)"),
        (lambda: pair(torch.zeros(1, 3), torch.zeros(3)), ValueError, "logvar: want shape (N, D), got (3,)"),
        (
            lambda: pair(torch.zeros(2, 3), torch.zeros(2, 4)),
            ValueError,
            "mu and logvar: want the same shape, got (2, 3) and (2, 4)",
        ),
        (
            lambda: pair(logvar=torch.zeros(1, 3), mu=torch.zeros(2, 3)),
            ValueError,
            "mu and logvar: want the same shape, got (2, 3) and (1, 3)",
        ),
        (lambda: label(torch.zeros(2, 784)), ValueError, "x: want shape (N, 1, 28, 28), got (2, 784)"),
        (lambda: label(torch.zeros(2, 3, 28, 28)), ValueError, "x: want shape (N, 1, 28, 28), got (2, 3, 28, 28)"),
        (lambda: label(X, labels=[3]), TypeError, "labels: want an integer tensor of shape (N,), got list"),
        (lambda: label(X, labels=LABELS[:2]), ValueError, "labels: want shape (3,), got (2,); N is 3 in x"),
        (lambda: label(X, labels=LABELS.float()), TypeError, "labels: want integers, got torch.float32"),
        (lambda: label(X, labels=LABELS.bool()), TypeError, "labels: want integers, got torch.bool"),
        (lambda: batch(torch.zeros(2), torch.zeros(2)), ValueError, "logits: want shape (N, ...), got (2,)"),
        (
            lambda: batch(torch.zeros(2, 784), torch.zeros(2, 1, 28, 28)),
            ValueError,
            "logits and x: want the same shape, got (2, 784) and (2, 1, 28, 28)",
        ),
        (
            lambda: batch(torch.zeros(2, 1, 28, 28), torch.zeros(1, 1, 28, 28)),
            ValueError,
            "logits and x: want the same shape, got (2, 1, 28, 28) and (1, 1, 28, 28)",
        ),
        (
            lambda: chain(torch.zeros(4), torch.zeros(5, 2), torch.zeros(2)),
            ValueError,
            "z: want shape (4, D), got (5, 2); K is 4 in values",
        ),
        (
            lambda: chain(torch.zeros(5), torch.zeros(5, 2), torch.zeros(3)),
            ValueError,
            "mu: want shape (2,), got (3,); D is 2 in z",
        ),
        (
            lambda: any_rest(torch.zeros(5, 1), torch.zeros(4, 1)),
            ValueError,
            "y: want shape (5, ...), got (4, 1); N is 5 in x",
        ),
    ],
)
def test_what_does_not_fit(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def test_a_method():
    class Model:
        @checked
        def encode(self, x: Float[Tensor, "N 2"]) -> int:
            return len(x)

    assert Model().encode(torch.zeros(3, 2)) == 3
    with pytest.raises(ValueError, match=r"x: want shape \(N, 2\), got \(3, 1\)"):
        Model().encode(x=torch.zeros(3, 1))


def test_a_checked_function_is_still_itself():
    assert (pair.__name__, pair.__module__, pair.__doc__) == ("pair", __name__, "Two of one shape.")
    assert list(inspect.signature(pair).parameters) == ["mu", "logvar", "scale"]
    assert 'return "passed"' in inspect.getsource(pair)


def test_calls_that_python_refuses():
    with pytest.raises(TypeError, match=r"pair\(\) missing 1 required positional argument: 'logvar'"):
        pair(torch.zeros(1, 1))
    with pytest.raises(TypeError, match="unexpected keyword argument 'sigma'"):
        pair(torch.zeros(1, 1), torch.zeros(1, 1), sigma=1)


@pytest.mark.parametrize("shape", ["N+1 D", "#N D", "... N"])
def test_what_can_not_be_checked_is_no_promise(shape):
    def function(x: Float[Tensor, shape]):
        pass

    with pytest.raises(ValueError, match="x: can't check"):
        checked(function)


def test_nothing_to_check():
    with pytest.raises(TypeError, match="no argument of plain has a shape"):

        @checked
        def plain(x: Tensor):
            pass


def test_a_shape_known_at_the_call_only():
    for latent_dim in (2, 3):
        check_fits(Float[Tensor, f"N {latent_dim}"], z=torch.zeros(5, latent_dim))
    with pytest.raises(ValueError, match=r"z: want shape \(N, 3\), got \(5, 2\)"):
        check_fits(Float[Tensor, "N 3"], z=torch.zeros(5, 2))


@pytest.mark.parametrize("number", [3, np.int64(3), np.uint8(3), torch.tensor(3)])
def test_whole_numbers(number):
    assert is_whole(number, at_least=3) and not is_whole(number, at_least=4)


@pytest.mark.parametrize("other", [True, np.True_, 3.0, np.float64(3), "3", None, [3]])
def test_no_whole_numbers(other):
    assert not is_whole(other, at_least=0)
    with pytest.raises(ValueError, match="n: want a whole number >= 0, got"):
        check_whole(0, n=other)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_positive(sigma=0.0), "sigma: want a number > 0, got 0.0"),
        (lambda: check_positive(beta=1, pixels=float("nan")), "pixels: want a number > 0, got nan"),
        (lambda: check_one_of(("sum", "mean"), kl="none"), 'kl: want "sum" or "mean", got \'none\''),
    ],
)
def test_bad_values(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == message


def test_dtype_of_a_model():
    model = nn.Linear(2, 2)
    check_dtype_of(model, x=torch.zeros(1))
    check_dtype_of(model.double(), x=torch.zeros(1).double())
    with pytest.raises(TypeError, match=r"x: want torch.float64, as the model's weights are, got torch.float32"):
        check_dtype_of(model, x=torch.zeros(1))


def test_one_dtype():
    check_same_dtype(a=torch.zeros(1), b=torch.zeros(2))
    with pytest.raises(TypeError, match="^c: want torch.float32, as a is, got torch.float64"):
        check_same_dtype(a=torch.zeros(1), b=torch.zeros(1), c=torch.zeros(1).double())
