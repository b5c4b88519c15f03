import math
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp
import torch

from vae_helpers.exercises import EXERCISES, check, progress, solution
from vae_helpers.exercises.topics import catalogue
from vae_helpers.losses import gaussian_kl
from vae_helpers.models import VAE

BCE = torch.nn.functional.binary_cross_entropy_with_logits
MANY_IMAGES = {"sample_prior"}  # it takes them to see a distribution
CASES = [
    pytest.param(name, mistake, id=f"{name}-{mistake.name}", marks=[pytest.mark.slow] if name in MANY_IMAGES else [])
    for name, exercise in EXERCISES.items()
    for mistake in exercise.misconceptions
]


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
    assert check(name, EXERCISES[name].reference).status == "right"


# a step's result is what it does to the model, a moment's is an expression; two answers hold no tensor
@pytest.mark.parametrize(
    "name", sorted(set(EXERCISES) - {"training_step", "fourth_moment", "effective_beta", "open_paths"})
)
@pytest.mark.parametrize("convert", [torch.Tensor.double, torch.Tensor.numpy])
def test_the_kind_of_number_does_not_matter(name, convert):
    """Unless it is part of a loss: NumPy has no gradients."""
    cut = convert is torch.Tensor.numpy and EXERCISES[name].differentiable
    result = check(name, lambda *a: convert(EXERCISES[name].reference(*a)))
    assert (result.status, result.misconception) == (("wrong", "gradient_cut") if cut else ("right", None))


@pytest.mark.parametrize("name", EXERCISES)
def test_answers_may_take_keywords_only(name):
    exercise = EXERCISES[name]
    scope = {"reference": exercise.reference}
    names = ", ".join(exercise.arguments)
    exec(f"def answer({names and '*, '}{names}):\n    return reference({names})", scope)
    assert check(name, scope["answer"]).status == "right"


@pytest.mark.parametrize(("name", "mistake"), CASES)
def test_each_mistake_is_recognised_as_itself(name, mistake):
    result = check(name, mistake.function)
    assert (result.status, result.misconception, result.message) == ("wrong", mistake.name, mistake.message)


def test_every_exercise_knows_three_mistakes():
    assert all(len(exercise.misconceptions) >= 3 for exercise in EXERCISES.values())


def own_loss(logits, x, mu, logvar, beta):
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum()
    return (BCE(logits, x, reduction="sum") + beta * kl) / len(x)


def own_score_gradient_with_baseline(values, z, mu, logvar):
    q, rows = torch.distributions.Normal(mu := mu.clone().requires_grad_(), (logvar / 2).exp()), range(len(values))
    baselines = torch.stack([torch.cat([values[:k], values[k + 1 :]]).mean() for k in rows])
    (((values - baselines) * q.log_prob(z).sum(1)).mean()).backward()
    return mu.grad


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
        ("bernoulli_nll", lambda a, x: (torch.nn.functional.softplus(a) - x * a).flatten(1).sum(1)),
        ("mean_vae_loss", own_loss),
        ("effective_beta", lambda beta, r, k, p, d: beta * (p if r == "mean" else 1) / (d if k == "mean" else 1)),
        ("open_paths", lambda: [[1, 0], [0, 0], [1, 1]]),
        ("score_gradient_with_baseline", own_score_gradient_with_baseline),
        ("bernoulli_nll", lambda a, x: BCE(a, x, reduction="none").sum(dim=(1, 2, 3))),
        ("bernoulli_nll", lambda a, x: BCE(a, x, reduction="none").view(-1, 784).sum(1)),
        (
            "gaussian_kl_between",
            lambda m, s, n, r: torch.distributions.kl_divergence(
                torch.distributions.Normal(m, (s / 2).exp()), torch.distributions.Normal(n, (r / 2).exp())
            ).sum(1),
        ),
        (
            "gaussian_nll",
            lambda m, x, s: -torch.distributions.Normal(m, s).log_prob(x).flatten(1).sum(1),
        ),
        ("lerp", lambda a, b, t: a + t * (b - a)),
        ("lerp", lambda a, b, t: torch.lerp(a, b, t)),
    ],
)
def test_other_right_answers(name, answer):
    assert check(name, answer).status == "right"


def own_step(model, optimizer, x):
    mu, logvar = model.encode(x)
    z = torch.distributions.Normal(mu, (logvar / 2).exp()).rsample()  # another stream of random numbers
    loss = BCE(model.decode(z), x, reduction="sum") + gaussian_kl(mu, logvar).sum()
    model.zero_grad()
    (loss / len(x)).backward()
    optimizer.step()


def clear_afterwards(model, optimizer, x):
    loss = sum(model.loss_terms(x)).mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


@pytest.mark.parametrize("step", [own_step, clear_afterwards])
def test_other_right_steps(step):
    assert check("training_step", step).status == "right"


def integrated(mu, sigma):
    x = sp.Symbol("x", real=True)
    density = sp.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * sp.sqrt(2 * sp.pi))
    return sp.Integral(x**4 * density, (x, -sp.oo, sp.oo))


def by_distribution(mu, sigma):
    from sympy.stats import E, Normal

    return E(Normal("z", mu, sigma) ** 4)


@pytest.mark.parametrize(
    "moment", [integrated, by_distribution, lambda mu, sigma: mu**4 + 3 * sigma**2 * (2 * mu**2 + sigma**2)]
)
def test_other_right_moments(moment):
    assert check("fourth_moment", moment).status == "right"


@pytest.mark.parametrize("answer", [lambda mu, sigma: sp.Symbol("eps") ** 4, lambda mu, sigma: sp.sqrt(-sigma)])
def test_a_moment_in_other_symbols(answer):
    assert "an expression in mu and sigma alone" in check("fourth_moment", answer).message


def normal_images(model, n):
    z = torch.distributions.Normal(0.0, 1.0).sample((n, model.latent_dim))
    return model.decode(z).sigmoid()


def numpy_images(model, n):
    z = torch.from_numpy(np.random.default_rng().normal(size=(n, model.latent_dim))).float()
    with torch.no_grad():
        return 1 / (1 + np.exp(-model.decoder(z).numpy().astype("float64")))


@pytest.mark.slow
@pytest.mark.parametrize("sample", [normal_images, numpy_images, lambda model, n: model.sample(n, seed=5)])
def test_other_right_samples(sample):
    for _ in range(5):
        assert check("sample_prior", sample).status == "right"


@pytest.mark.parametrize("name", EXERCISES)
def test_a_check_leaves_the_random_state_alone(name):
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    check(name, EXERCISES[name].reference)
    assert torch.equal(torch.rand(2), wanted)


@pytest.mark.parametrize("name", EXERCISES)
def test_the_solution_shown_is_right(name):
    """The code in the box, without docstring, types and checks, where only a notebook's usual imports are."""
    scope = {"torch": torch, "F": torch.nn.functional, "math": math, "sp": sp}
    shown = solution(name).source
    exec(shown, scope)
    assert '"""' not in shown and "raise" not in shown and "check_" not in shown and "Tensor" not in shown
    assert check(name, scope[EXERCISES[name].reference.__name__]).status == "right"


def test_a_solution_is_folded_and_names_its_place():
    box = solution("mean_vae_loss")._repr_html_()
    assert box.startswith("<details><summary>") and "vae_helpers.losses.mean_vae_loss" in box
    assert "beta).mean()" in box and "reconstruction" not in repr(solution("lerp"))
    assert "&lt; 1e-3" in solution("slerp")._repr_html_()


def test_progress(monkeypatch):
    module = import_module("vae_helpers.exercises.check")  # under this name the package has the function
    monkeypatch.setattr(module, "_latest", {})
    assert repr(progress()) == "0 of 0 exercises are right."
    check("lerp", EXERCISES["lerp"].reference)
    check("slerp", lambda a, b, t: None)
    check("gaussian_kl", lambda mu, logvar: mu)
    assert progress().right == 1 and list(progress().results) == ["lerp", "slerp", "gaussian_kl"]
    named = progress("mean_vae_loss", "lerp")
    assert repr(named).splitlines() == [
        "1 of 2 exercises are right.",
        "…  Still to do: the VAE's loss with the right reductions",
        "✓  Right: the straight line between two codes",
    ]
    check("lerp", lambda a, b, t: a)
    assert progress("lerp").right == 0
    with pytest.raises(ValueError, match="name: want one of .*got 'learp'"):
        progress("learp")


def half_the_kl(model, optimizer, x):
    reconstruction, kl = model.loss_terms(x)
    optimizer.zero_grad()
    (reconstruction + kl / 2).mean().backward()
    optimizer.step()


@pytest.mark.slow
def test_the_unknown_is_told_in_the_terms_of_the_probe():
    result = check("sample_prior", lambda model, n: model.decode(3 * torch.randn(n, model.latent_dim)).sigmoid())
    assert result.misconception is None and "the standard deviation of your latents: came 2.9" in result.message
    result = check("training_step", half_the_kl)
    assert result.status == "wrong" and "the loss on a small batch after one step: came " in result.message


def own_optimizer(model, optimizer, x):
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    loss = sum(model.loss_terms(x)).mean()
    loss.backward()
    optimizer.step()


def cleared_between(model, optimizer, x):
    loss = sum(model.loss_terms(x)).mean()
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()


def brackets_forgotten(model, optimizer, x):
    loss = sum(model.loss_terms(x)).mean()
    optimizer.zero_grad()
    loss.backward  # noqa: B018
    optimizer.step()


@pytest.mark.parametrize(
    ("step", "misconception"),
    [
        (own_optimizer, "another_optimizer"),
        (cleared_between, "nothing_moves"),
        (brackets_forgotten, "nothing_moves"),
        (lambda model, optimizer, x: sum(model.loss_terms(x)).mean(), "nothing_moves"),
    ],
)
def test_steps_that_go_wrong_without_an_error(step, misconception):
    result = check("training_step", step)
    assert (result.status, result.misconception) == ("wrong", misconception)


def test_what_torch_does_not_implement_is_no_stub():
    """The median of a sparse tensor: PyTorch raises NotImplementedError."""
    result = check("hole_fraction", lambda class_logits, bound: class_logits.to_sparse().median())
    assert result.status == "error" and "NotImplementedError" in result.message and "median" in result.message


@pytest.mark.parametrize("shape", [(32,), (2,), ()])
def test_latents_of_the_wrong_size(shape):
    result = check("sample_prior", lambda model, n: model.decode(torch.randn(n, *shape)).sigmoid())
    assert result.status == "wrong" and "the second number is model.latent_dim" in result.message


def test_a_list_of_images():
    assert "got a list" in check("sample_prior", lambda model, n: [model.sample(1)] * n).message


def test_sampling_with_a_wrong_shape():
    assert "(1, 1, 28, 28)" in check("sample_prior", lambda model, n: VAE.sample(model, 1)).message


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


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        (lambda mu, logvar, eps: mu.detach() + (logvar / 2).exp() * eps, "mu"),
        (lambda mu, logvar, eps: mu + (logvar / 2).exp().detach() * eps, "logvar"),
        (lambda mu, logvar, eps: (mu + (logvar / 2).exp() * eps).detach(), "mu and logvar"),
        (lambda mu, logvar, eps: mu.numpy() + np.exp(logvar.numpy() / 2) * eps.numpy(), "mu and logvar"),
    ],
)
def test_each_blocked_path_is_named(answer, names):
    result = check("reparameterize", answer)
    assert result.misconception == "gradient_cut" and f"does not come back to {names}: stay" in result.message


def test_what_the_loss_needs_is_not_overwritten():
    result = check("reparameterize", lambda mu, logvar, eps: mu.add_((logvar / 2).exp() * eps))
    assert result.misconception == "input_overwritten" and "overwrites mu" in result.message
    assert check("reparameterize", lambda mu, logvar, eps: eps.mul_((logvar / 2).exp()).add_(mu)).status == "right"


def test_a_long_error_is_cut():
    refuses = torch.distributions.Bernoulli  # grey pixels, and prints them all
    result = check("bernoulli_nll", lambda logits, x: -refuses(logits=logits).log_prob(x).sum(1))
    assert result.status == "error" and len(result.message) < 500


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
    assert check("lerp", lambda a, b, t: "no").message == "want a tensor back, got str."


def test_unknown_exercise():
    with pytest.raises(ValueError, match="name: want one of .*gaussian_kl, .*got 'gausian_kl'"):
        check("gausian_kl", lambda: None)


def test_two_exercises_of_one_name_are_refused():
    """Silently, one would take the place of the other."""
    topics = [SimpleNamespace(__name__=name, EXERCISES={"lerp": EXERCISES["lerp"]}) for name in ("paths", "latents")]
    assert catalogue(topics[:1]) == {"lerp": EXERCISES["lerp"]}
    with pytest.raises(ValueError, match="exercises: want one named 'lerp', got two, in paths and latents"):
        catalogue(topics)
