import pytest
import torch

from vae_helpers.exercises import EXERCISES, check
from vae_helpers.losses import gaussian_kl

BCE = torch.nn.functional.binary_cross_entropy_with_logits
CASES = [(name, mistake) for name, exercise in EXERCISES.items() for mistake in exercise.misconceptions]


@pytest.mark.parametrize("name", EXERCISES)
def test_stubs_are_to_do(name):
    def unfinished(*arguments):
        raise NotImplementedError

    for stub in (lambda *a: None, lambda *a: ..., unfinished):
        result = check(name, stub)
        assert result.status == "todo" and result.misconception is None
    assert "Still to do" in repr(result)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_reference_is_right(name):
    reference = EXERCISES[name].reference
    for answer in (reference, lambda *a: reference(*a).double(), lambda *a: reference(*a).numpy()):
        assert check(name, answer).status == "right"


@pytest.mark.parametrize(("name", "mistake"), CASES, ids=[f"{name}-{mistake.name}" for name, mistake in CASES])
def test_each_mistake_is_recognised_as_itself(name, mistake):
    result = check(name, mistake.function)
    assert (result.status, result.misconception, result.message) == ("wrong", mistake.name, mistake.message)


def test_every_exercise_knows_three_mistakes():
    assert all(len(exercise.misconceptions) >= 3 for exercise in EXERCISES.values())


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("gaussian_kl", lambda mu, logvar: 0.5 * torch.sum(mu.pow(2) + logvar.exp() - logvar - 1, -1)),
        (
            "gaussian_kl",
            lambda mu, logvar: sum(
                0.5 * (mu[:, j] ** 2 + logvar[:, j].exp() - logvar[:, j] - 1) for j in range(mu.shape[1])
            ),
        ),
        ("reparameterize", lambda mu, logvar, eps: eps.mul_(logvar.exp().sqrt()).add_(mu)),  # even in place
        ("bernoulli_reconstruction", lambda a, x: (torch.nn.functional.softplus(a) - x * a).flatten(1).sum(1)),
        ("negative_elbo", lambda reconstruction, kl, beta=1.0: kl * beta + reconstruction),
        ("bernoulli_reconstruction", lambda a, x: BCE(a, x, reduction="none").sum(dim=(1, 2, 3))),
        ("bernoulli_reconstruction", lambda a, x: BCE(a, x, reduction="none").view(-1, 784).sum(1)),
        ("lerp", lambda a, b, t: a + t * (b - a)),
        ("lerp", lambda a, b, t: torch.lerp(a, b, t)),
    ],
)
def test_other_right_answers(name, answer):
    assert check(name, answer).status == "right"


def test_an_unknown_mistake_shows_the_smallest_counter_example():
    result = check("gaussian_kl", lambda mu, logvar: mu.sum(1) * 0)
    assert result.status == "wrong" and result.misconception is None
    assert result.message == "for mu = [[1.0]], logvar = [[0.0]] came [0.0], wanted is [0.5]."


def test_a_wrong_shape_is_named():
    result = check("lerp", lambda a, b, t: ((1 - t) * a + t * b)[None])
    assert result.message == "the values are right, the shape is (1, 2); wanted is (2,)."
    result = check("lerp", lambda a, b, t: a[:1])
    assert "your result has shape (1,), wanted is (2,)" in result.message


def test_a_cut_gradient_is_noticed():
    for cut in (lambda *a: gaussian_kl(*a).detach(), lambda *a: torch.tensor(gaussian_kl(*a).tolist())):
        result = check("gaussian_kl", cut)
        assert (result.status, result.misconception) == ("wrong", "gradient_cut")


def test_the_wrong_number_of_arguments():
    result = check("reparameterize", lambda mu, logvar: mu)
    assert result.status == "error" and result.message == "your function must take (mu, logvar, eps)."


def test_an_exception_is_told_with_the_students_line():
    def mine(mu, logvar):
        sigma = logvar.exponential()
        return sigma

    result = check("gaussian_kl", mine)
    assert result.status == "error" and "sigma = logvar.exponential()" in result.message
    assert "AttributeError" in result.message


@pytest.mark.parametrize("answer", [3.0, torch.zeros(2), "text"])
def test_a_result_instead_of_a_function(answer):
    assert "wants your function itself" in check("lerp", answer).message


def test_something_else_than_a_tensor():
    assert check("lerp", lambda a, b, t: "no").status == "error"


def test_unknown_exercise():
    with pytest.raises(ValueError, match="name: want one of gaussian_kl, .*got 'gausian_kl'"):
        check("gausian_kl", lambda: None)
