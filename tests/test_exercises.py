import math
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.nn import functional as F

from vae_helpers import latent_space
from vae_helpers.exercises import EXERCISES, check, progress, solution
from vae_helpers.exercises.prior import IMAGES, latent_fault
from vae_helpers.exercises.steps import noise_fault
from vae_helpers.exercises.topics import catalogue
from vae_helpers.latent_space import slerp
from vae_helpers.losses import bernoulli_nll, gaussian_kl, gaussian_kl_between, gaussian_nll
from vae_helpers.models import VAE, ConditionalVAE
from vae_helpers.models.completion import pixel_mask, unseen_nll

BCE = F.binary_cross_entropy_with_logits
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


# a step's result is what it does to the model, a moment's is an expression, one is a pair; two hold no tensor
@pytest.mark.parametrize(
    "name",
    sorted(
        set(EXERCISES)
        - {"training_step", "adversarial_step", "fourth_moment", "effective_beta", "open_paths", "merge_precisions"}
    ),
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


def own_effective_beta(beta, r, k, p, d, divides="mean"):
    return beta * (p if r == divides else 1) / (d if k == divides else 1)


def every_class(mu, logvar, labels, prior_mu, prior_logvar):
    q = Normal(mu[:, None], (logvar / 2).exp()[:, None])
    return kl_divergence(q, Normal(prior_mu, (prior_logvar / 2).exp())).sum(dim=2).mean(dim=1)


def others(row, k):
    return torch.cat([row[:k], row[k + 1 :], torch.zeros(1)]).max()


def joint(covariance):
    return MultivariateNormal(torch.zeros(len(covariance)), covariance)


def joint_of_pairs(c):
    return [-0.5 * torch.log(1 - c[i, j] ** 2 / (c[i, i] * c[j, j])) for i in range(len(c)) for j in range(i)]


WRONG = [  # as one writes them, some in several ways
    ("reparameterize", "divided_by_sigma", lambda mu, logvar, eps: mu + torch.exp(-0.5 * logvar) * eps),
    ("reparameterize", "divided_by_sigma", lambda mu, logvar, eps: mu + eps / torch.exp(logvar).sqrt()),
    ("gaussian_kl", "logvar_as_sigma", lambda m, s: -0.5 * (1 + torch.log(s**2) - m**2 - s**2).sum(1)),
    ("gaussian_kl", "logvar_as_sigma", lambda m, s: (-torch.log(s) + (s**2 + m**2) / 2 - 0.5).sum(1)),
    ("gaussian_kl", "logvar_squared", lambda mu, logvar: -0.5 * (1 + logvar - mu**2 - logvar**2).sum(dim=1)),
    ("gaussian_kl", "one_outside_the_sum", lambda m, v: -0.5 * (1 + torch.sum(v - m**2 - v.exp(), dim=1))),
    ("gaussian_kl", "one_outside_the_sum", lambda m, v: 0.5 * ((m**2 + v.exp() - v).sum(1) - 1)),
    (
        "gaussian_kl_between",
        "one_outside_the_sum",
        lambda m, s, n, r: 0.5 * ((r - s + (s.exp() + (m - n) ** 2) / r.exp()).sum(1) - 1),
    ),
    (
        "gaussian_kl_between",
        "one_outside_the_sum",
        lambda m, s, n, r: ((r - s) / 2 + (s.exp() + (m - n) ** 2) / (2 * r.exp())).sum(1) - 1 / 2,
    ),
    (
        "gaussian_kl_between",
        "one_outside_the_sum",
        lambda m, s, n, r: 0.5 * (r - s + (s.exp() + (m - n) ** 2) / r.exp()).sum(1) - 1,
    ),
    ("effective_beta", "inverted", lambda beta, *reductions: 1 / own_effective_beta(beta, *reductions)),
    ("effective_beta", "beta_inverted", lambda beta, *reductions: own_effective_beta(1 / beta, *reductions)),
    ("effective_beta", "reductions_swapped", lambda *loss: own_effective_beta(*loss, divides="sum")),
    ("effective_beta", "mnist_written_in", lambda beta, r, k, p, d: own_effective_beta(beta, r, k, 784, d)),
    ("effective_beta", "latent_dim_written_in", lambda beta, r, k, p, d: own_effective_beta(beta, r, k, p, 20)),
    ("effective_beta", "both_written_in", lambda beta, r, k, p, d: own_effective_beta(beta, r, k, 784, 20)),
    ("with_condition", "label_as_number", lambda x, c: torch.cat([x, c.unsqueeze(1)], dim=1)),
    ("with_condition", "classes_of_the_batch", lambda x, c: torch.hstack([x, torch.eye(int(c.max()) + 1)[c]])),
    ("with_condition", "position_in_the_batch", lambda x, c: torch.hstack([x, F.one_hot(torch.arange(len(c)))])),
    ("conditional_kl", "mean_over_classes", every_class),
    ("conditional_kl", "prior_forgotten", lambda m, s, c, n, r: gaussian_kl(m, s)),
    ("masked_nll", "logits_masked", lambda a, x, seen: BCE(a * ~seen, x * ~seen, reduction="none").flatten(1).sum(1)),
    ("masked_nll", "mean_of_all_unseen", lambda a, x, seen: BCE(a[~seen], x[~seen])),
    ("masked_nll", "summed_over_images", lambda a, x, seen: BCE(a[~seen], x[~seen], reduction="sum")),
    ("masked_nll", "mean_over_pixels", lambda a, x, seen: (BCE(a, x, reduction="none") * ~seen).mean(dim=(1, 2, 3))),
    (
        "gaussian_nll",
        "constant_subtracted",
        lambda m, x, s: ((x - m) ** 2 / (2 * s**2) - math.log(s * math.sqrt(2 * math.pi))).flatten(1).sum(1),
    ),
    ("slerp", "length_changed_evenly", latent_space.arc),
    (
        "slerp",
        "length_changed_evenly",
        lambda a, b, t: slerp(a / a.norm(), b / b.norm(), t) * ((1 - t) * a.norm() + t * b.norm()),
    ),
    (
        "information_gaps",
        "other_factor",
        lambda i, h: torch.stack([(i[:, k].max() - others(i[i[:, k].argmax()], k)) / h[k] for k in range(len(h))]),
    ),
    ("information_gaps", "least_subtracted", lambda i, h: (i.max(dim=0).values - i.min(dim=0).values) / h),
    (
        "information_gaps",
        "ties_skipped",
        lambda i, h: (i.amax(0) - i.where(i < i.amax(0), torch.zeros(())).amax(0)) / h,
    ),
    ("information_gaps", "positions", lambda i, h: (lambda k: (k[0] - k[1]) / h)(i.argsort(dim=0, descending=True))),
    ("information_gaps", "divided_by_the_best", lambda i, h: (lambda v: 1 - v[1] / v[0])(i.topk(2, dim=0).values)),
    ("information_gaps", "averaged", lambda i, h: (lambda v: ((v[0] - v[1]) / h).mean())(i.topk(2, dim=0).values)),
    ("gaussian_total_correlation", "determinant_rounded", lambda c: 0.5 * (c.diagonal().log().sum() - c.det().log())),
    ("gaussian_total_correlation", "against_the_prior", lambda c: kl_divergence(joint(c), joint(torch.eye(len(c))))),
    ("gaussian_total_correlation", "reversed", lambda c: kl_divergence(joint(c.diagonal().diag()), joint(c))),
    ("gaussian_total_correlation", "half_missing", lambda c: -torch.logdet(c / c.diagonal())),
    ("gaussian_total_correlation", "sigma_for_variance", lambda c: -0.5 * torch.logdet(c / c.diagonal().sqrt())),
    ("gaussian_total_correlation", "entropy_of_the_joint", lambda c: joint(c).entropy()),
    ("gaussian_total_correlation", "pairs_added", lambda c: sum(joint_of_pairs(c), torch.zeros(()))),
    ("capacity_loss", "of_the_mean", lambda r, kl, c, gamma: r + gamma * abs(kl.mean() - c)),
    ("capacity_loss", "mean_of_all", lambda r, kl, c, gamma: (r + gamma * abs(kl.mean() - c)).mean()),
    ("capacity_loss", "distance_averaged", lambda r, kl, c, gamma: r + gamma * F.l1_loss(kl, torch.full_like(kl, c))),
    ("capacity_loss", "mean_over_images", lambda r, kl, c, gamma: (r + gamma * abs(kl - c)).mean()),
    ("capacity_loss", "summed_over_images", lambda r, kl, c, gamma: (r + gamma * abs(kl - c)).sum()),
    ("capacity_loss", "squared", lambda r, kl, c, gamma: (r + gamma * (kl - c) ** 2).mean()),
    ("capacity_loss", "free_bits", lambda r, kl, c, gamma: r + gamma * torch.maximum(kl, torch.tensor(c))),
    ("capacity_loss", "gradient_cut", lambda r, kl, c, gamma: r + gamma * abs(kl.detach() - c)),
]


@pytest.mark.parametrize(("name", "misconception", "answer"), WRONG)
def test_mistakes_as_one_writes_them(name, misconception, answer):
    assert check(name, answer).misconception == misconception


def test_class_numbers_are_shown_as_such():
    right = EXERCISES["conditional_kl"].reference
    message = check("conditional_kl", lambda m, s, c, n, r: right(m, s, c, n, r) + c).message
    assert "labels = [1]" in message


def test_a_mask_is_shown_as_such():
    message = check("masked_nll", lambda logits, x, seen: (x * seen).flatten(1).sum(1)).message
    assert "seen (1, 1, 28, 28) with 392 of 784 True came" in message


@pytest.mark.parametrize(
    "answer",
    [
        lambda m, s, c, n, r: gaussian_kl_between(m, s, n, r),
        lambda m, s, c, n, r: 0.5 * (r - s + (s.exp() + (m - n) ** 2) / r.exp() - 1).sum(1),
        lambda m, s, c, n, r: kl_divergence(Normal(m, (s / 2).exp()), Normal(n, (r / 2).exp())).sum(1),
    ],
)
def test_tables_without_a_look_up_fit_no_batch(answer):
    result = check("conditional_kl", answer)
    assert result.status == "error" and "pick each image's with its label" in result.message


def test_what_has_no_gradient_may_stand_beside_what_has():
    """Class numbers and masks: and a trial is not spoilt by an answer that turns its mask round."""

    def untidy(logits, x, seen):
        return (BCE(logits, x, reduction="none") * seen.logical_not_()).flatten(1).sum(1)

    for _ in range(2):
        result = check("masked_nll", untidy)
        assert result.status == "right" and "it overwrites seen" in result.message
    cut = check("with_condition", lambda x, c: EXERCISES["with_condition"].reference(x.detach(), c))
    assert cut.misconception == "gradient_cut"


def test_the_answers_on_conditions_are_what_the_model_does():
    values, labels = torch.rand(4, 2), torch.tensor([3, 0, 9, 3])
    model = ConditionalVAE(latent_dim=2, prior="learned", hidden=(4,), seed=1)
    torch.nn.init.normal_(model.prior.head.weight, generator=torch.Generator().manual_seed(0))
    read = []
    model.decoder.register_forward_pre_hook(lambda module, inputs: read.append(inputs[0]))
    model.decode(values, labels)
    assert torch.equal(read[0], EXERCISES["with_condition"].reference(values, labels))
    c = torch.eye(10)
    _, mu, logvar = model.prior(c)
    ours = EXERCISES["conditional_kl"].reference(values, -values, labels, mu[:, 0], logvar[:, 0])
    torch.testing.assert_close(ours, model.prior.kl(values, -values, values, c[labels]))


def test_the_masked_loss_is_that_of_the_quadrants():
    logits, x = torch.randn(2, 4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    flags = torch.tensor([[0.0, 0, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]])
    ours = EXERCISES["masked_nll"].reference(logits, x.sigmoid(), pixel_mask(flags))
    torch.testing.assert_close(ours, unseen_nll(logits, x.sigmoid(), flags))


@pytest.mark.parametrize(
    "answer",
    [
        lambda i, h: (lambda v: (v[0] - v[1]) / h)(i.topk(2).values),
        lambda i, h: (lambda v: (v[:, 0] - v[:, 1]) / h)(i.topk(2, dim=1).values),
        lambda i, h: (lambda v: v[:, 0] - v[:, 1])(i.sort(dim=1, descending=True).values),
    ],
)
def test_a_table_read_along_its_rows_is_told_so(answer):
    result = check("information_gaps", answer)
    assert result.status == "error" and "look along dim=0" in result.message


def test_a_formula_of_two_dimensions_is_told_so():
    result = check("gaussian_total_correlation", lambda c: -0.5 * torch.log(1 - c[0, 1] ** 2 / (c[0, 0] * c[1, 1])))
    assert result.status == "error" and "formula of two is not enough" in result.message
    result = check("gaussian_total_correlation", lambda c: 0.5 * math.log(c.diagonal().prod() / c.det()))
    assert "torch.logdet" in result.message


def test_right_answers_promise_no_more_than_is_so():
    """Of an arc's length, and of what a recorded graph says."""
    assert "between ends of equal length" in check("slerp", slerp).message
    assert "by the gradients that come back" in check("open_paths", EXERCISES["open_paths"].reference).message


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


def kl_by_image(mu, logvar):
    kl = torch.zeros(len(mu))
    for k in range(len(mu)):
        kl[k] = 0.5 * (mu[k].square() + logvar[k].exp() - 1 - logvar[k]).sum()
    return kl


def kl_in_place(mu, logvar):
    kl = 1 + logvar
    kl -= mu**2
    kl -= logvar.exp()
    kl *= -0.5
    return kl.sum(-1)


def q_and_p(mu, logvar):
    return Normal(mu, logvar.exp().sqrt()), Normal(torch.zeros_like(mu), torch.ones_like(mu))


def own_gaps(information, entropies):
    first, second = information.topk(2, dim=0).values
    return (first - second) / entropies


def mask_the_best(information, entropies):
    rest = information.clone()
    rest[information.argmax(dim=0), torch.arange(len(entropies))] = 0
    return (information.amax(dim=0) - rest.amax(dim=0)) / entropies


RIGHT = [
    ("gaussian_kl", lambda mu, logvar: 0.5 * torch.sum(mu.pow(2) + logvar.exp() - logvar - 1, -1)),
    ("gaussian_kl", kl_by_image),
    ("gaussian_kl", kl_in_place),
    ("gaussian_kl", lambda mu, logvar: kl_divergence(*q_and_p(mu, logvar)).sum(1)),
    ("gaussian_kl", lambda m, v: 0.5 * (torch.einsum("nd,nd->n", m, m) + (v.exp() - v - 1).sum(1))),
    ("gaussian_kl", lambda mu, logvar: gaussian_kl(mu.double(), logvar.double())),
    ("gaussian_kl_1d", lambda mu, sigma: kl_divergence(Normal(mu, sigma), Normal(0.0, 1.0))),
    ("gaussian_kl_1d", lambda mu, sigma: -sigma.log() + (sigma**2 + mu**2 - 1) / 2),
    (
        "gaussian_kl_between",
        lambda m, s, n, r: kl_divergence(Normal(m, (s / 2).exp()), Normal(n, (r / 2).exp())).sum(1),
    ),
    ("gaussian_kl_between", lambda m, s, n, r: 0.5 * (r - s - 1 + (s.exp() + (m - n) ** 2) / r.exp()).sum(1)),
    ("gaussian_kl_between", lambda m, s, n, r: gaussian_kl((m - n) / (r / 2).exp(), s - r)),
    ("bernoulli_nll", lambda a, x: (F.softplus(a) - x * a).flatten(1).sum(1)),
    ("bernoulli_nll", lambda a, x: BCE(a, x, reduction="none").sum(dim=(1, 2, 3))),
    ("bernoulli_nll", lambda a, x: BCE(a, x, reduction="none").view(-1, 784).sum(1)),
    ("bernoulli_nll", lambda a, x: torch.stack([BCE(i, j, reduction="sum") for i, j in zip(a, x, strict=True)])),
    ("bernoulli_nll", lambda a, x: -(x * F.logsigmoid(a) + (1 - x) * F.logsigmoid(-a)).flatten(1).sum(1)),
    # at a logit of 0, relu and abs have another slope
    ("bernoulli_nll", lambda a, x: (a.relu() - a * x + torch.log1p(torch.exp(-a.abs()))).flatten(1).sum(1)),
    ("gaussian_nll", lambda m, x, s: -Normal(m, s).log_prob(x).flatten(1).sum(1)),
    (
        "gaussian_nll",
        lambda m, x, s: (
            F.gaussian_nll_loss(m, x, torch.full_like(m, s * s), full=True, reduction="none", eps=1e-9)
            .flatten(1)
            .sum(1)
        ),
    ),
    ("mean_vae_loss", own_loss),
    ("mean_vae_loss", lambda a, x, m, v, beta: 784 * BCE(a, x) + beta * gaussian_kl(m, v).mean()),
    ("effective_beta", lambda beta, r, k, p, d: beta * (p if r == "mean" else 1) / (d if k == "mean" else 1)),
    ("effective_beta", lambda beta, r, k, p, d: np.float32(beta * p ** (r == "mean") / d ** (k == "mean"))),
    ("with_condition", lambda x, c: torch.hstack([x, torch.eye(10)[c]])),
    ("with_condition", lambda x, c: torch.cat([x, (c[:, None] == torch.arange(10)).float()], 1)),
    ("with_condition", lambda x, c: torch.cat([x, torch.zeros(len(x), 10).scatter_(1, c[:, None], 1.0)], -1)),
    ("with_condition", lambda x, c: torch.cat([x, F.one_hot(c, 10)], dim=1)),  # cat makes floats of whole numbers
    ("conditional_kl", lambda m, s, c, n, r: gaussian_kl((m - n[c]) / (r[c] / 2).exp(), s - r[c])),
    ("conditional_kl", lambda m, s, c, n, r: gaussian_kl_between(m, s, n.index_select(0, c), r.index_select(0, c))),
    (
        "conditional_kl",
        lambda m, s, c, n, r: gaussian_kl_between(m, s, *((hot := F.one_hot(c, len(n)).float()) @ n, hot @ r)),
    ),
    ("masked_nll", lambda a, x, seen: (BCE(a, x, reduction="none") * ~seen).sum(dim=(1, 2, 3))),
    ("masked_nll", lambda a, x, seen: (BCE(a, x, reduction="none") * (1 - seen.float())).flatten(1).sum(1)),
    ("masked_nll", lambda a, x, seen: torch.where(seen, 0, BCE(a, x, reduction="none")).flatten(1).sum(1)),
    (
        "masked_nll",
        lambda a, x, seen: torch.stack(
            [BCE(i[~m], j[~m], reduction="sum") for i, j, m in zip(a, x, seen, strict=True)]
        ),
    ),
    ("masked_nll", lambda a, x, seen: BCE(a, x, weight=(~seen).float(), reduction="none").flatten(1).sum(1)),
    ("reparameterize", lambda mu, logvar, eps: eps.mul_(logvar.exp().sqrt()).add_(mu)),  # even in place
    ("reparameterize", lambda mu, logvar, eps: torch.addcmul(mu, torch.exp(logvar / 2), eps)),
    ("reparameterize", lambda mu, logvar, eps: mu + torch.einsum("nd,nd->nd", torch.exp(logvar / 2), eps)),
    ("open_paths", lambda: [[1, 0], [0, 0], [1, 1]]),
    ("open_paths", lambda: np.array([[1, 0], [0, 0], [1, 1]], dtype=bool)),
    ("open_paths", lambda: torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])),
    ("score_gradient_with_baseline", own_score_gradient_with_baseline),
    (
        "score_gradient_with_baseline",
        lambda f, z, m, v: ((f - f.mean())[:, None] * (z - m) / v.exp()).sum(0) / (len(f) - 1),
    ),
    ("lerp", lambda a, b, t: a + t * (b - a)),
    ("lerp", torch.lerp),
    ("lerp", lambda a, b, t: a.numpy() * (1 - t) + b.numpy() * t),
    ("hole_fraction", lambda a, bound: sum(bool(row.softmax(0).max() < bound) for row in a) / len(a)),
    ("hole_fraction", lambda a, bound: (a.softmax(1) < bound).all(1).float().mean()),
    ("hole_fraction", lambda a, bound: np.mean(a.log_softmax(1).exp().numpy().max(1) < bound)),
    ("information_gaps", lambda i, h: (lambda v: (v[-1] - v[-2]) / h)(i.sort(dim=0).values)),
    ("information_gaps", lambda i, h: (lambda v: v[:, 0] - v[:, 1])((i / h).T.topk(2).values)),
    ("information_gaps", lambda i, h: (i.amax(0) - i.kthvalue(len(i) - 1, dim=0).values) / h),
    ("information_gaps", mask_the_best),
    ("information_gaps", lambda i, h: (lambda v: (v[-1] - v[-2]) / h.numpy())(np.sort(i.numpy(), axis=0))),
    ("gaussian_total_correlation", lambda c: -0.5 * torch.logdet(c / c.diagonal().outer(c.diagonal()).sqrt())),
    ("gaussian_total_correlation", lambda c: -0.5 * torch.logdet(c / c.diagonal())),  # its determinant is the same
    ("gaussian_total_correlation", lambda c: Normal(0, c.diagonal().sqrt()).entropy().sum() - joint(c).entropy()),
    ("gaussian_total_correlation", lambda c: kl_divergence(joint(c), joint(c.diagonal().diag()))),
    (
        "gaussian_total_correlation",
        lambda c: 0.5 * (c.diagonal().log() - 2 * torch.linalg.cholesky(c).diagonal().log()).sum(),
    ),
    ("gaussian_total_correlation", lambda c: (c.diagonal().log().sum() - torch.linalg.eigvalsh(c).log().sum()) / 2),
    ("gaussian_total_correlation", lambda c: 0.5 * (c.double().diagonal().prod() / c.double().det()).log()),
    ("capacity_loss", lambda r, kl, c, gamma: r + gamma * torch.maximum(kl - c, c - kl)),
    ("capacity_loss", lambda r, kl, c, gamma: r + gamma * (F.relu(kl - c) + F.relu(c - kl))),
    ("capacity_loss", lambda r, kl, c, gamma: r + (gamma * kl - gamma * c).abs()),
    ("capacity_loss", lambda r, kl, c, gamma: r + gamma * F.l1_loss(kl, torch.full_like(kl, c), reduction="none")),
    ("capacity_loss", lambda r, kl, c, gamma: r + gamma * ((kl - c) ** 2).sqrt()),
    (
        "capacity_loss",
        lambda r, kl, c, gamma: torch.stack([r[k] + gamma * abs(kl[k] - c) for k in range(len(r))]),
    ),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_other_right_answers(name, answer):
    assert check(name, answer).status == "right"


def arc(line, cosine=lambda a, b: torch.dot(a, b) / (a.norm() * b.norm()), mix=None):
    """An answer that falls back to the straight line where ``line`` says so."""

    def answer(a, b, t):
        w = torch.acos(cosine(a, b).clamp(-1, 1))
        if line(w):
            return (1 - t) * a + t * b
        if mix is not None:
            return mix(a, b, t, w)
        return torch.sin((1 - t) * w) / torch.sin(w) * a + torch.sin(t * w) / torch.sin(w) * b

    return answer


LINES = [
    lambda w: torch.sin(w) == 0,
    lambda w: torch.sin(w) < 1e-2,
    lambda w: math.sin(w) < 1e-8,
    lambda w: w < 1e-4,
    lambda w: math.cos(w) > 0.9995,
    lambda w: torch.isclose(torch.sin(w).float(), torch.zeros(())),
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(
    "cosine",
    [
        lambda a, b: torch.dot(a, b) / a.norm() / b.norm(),
        lambda a, b: torch.dot(a / a.norm(), b / b.norm()),
        lambda a, b: F.cosine_similarity(a, b, dim=0),
        lambda a, b: a.double() @ b.double() / (a.double().norm() * b.double().norm()),
    ],
)
def test_an_arc_may_fall_back_anyhow(line, cosine):
    assert check("slerp", arc(line, cosine)).status == "right"


@pytest.mark.parametrize("line", LINES[:3])
@pytest.mark.parametrize(
    ("misconception", "slip"),
    [
        ("ends_swapped", dict(mix=lambda a, b, t, w: (torch.sin(t * w) * a + torch.sin((1 - t) * w) * b) / w.sin())),
        ("sine_forgotten", dict(mix=lambda a, b, t, w: torch.sin((1 - t) * w) * a + torch.sin(t * w) * b)),
        ("straight", dict(mix=lambda a, b, t, w: (1 - t) * a + t * b)),
        ("unit_sphere", dict(mix=lambda a, b, t, w: EXERCISES["slerp"].reference(a / a.norm(), b / b.norm(), t))),
        ("divided_by_angle", dict(mix=lambda a, b, t, w: (torch.sin((1 - t) * w) * a + torch.sin(t * w) * b) / w)),
        ("lengths_forgotten", dict(cosine=torch.dot)),
        ("lengths_squared", dict(cosine=lambda a, b: torch.dot(a, b) / (a.norm() * b.norm()) ** 2)),
    ],
)
def test_slips_in_an_arc_that_falls_back(line, misconception, slip):
    assert check("slerp", arc(line, **slip)).misconception == misconception


@pytest.mark.parametrize("line", LINES[:2])
def test_the_wrong_angle_in_an_arc_that_falls_back(line):
    def in_degrees(a, b, t, w):
        w = torch.rad2deg(w)
        return (torch.sin((1 - t) * w) * a + torch.sin(t * w) * b) / torch.sin(w)

    assert check("slerp", arc(line, mix=in_degrees)).misconception == "degrees"
    assert check("slerp", arc(lambda w: False)).misconception == "no_fallback"
    assert (
        "a = [2.0], b = [3.0], t = 0.25 came [2.0], wanted is [2.25]"
        in check("slerp", lambda a, b, t: a if line(cross(a, b)) else slerp(a, b, t)).message
    )


def cross(a, b):
    return torch.acos((torch.dot(a, b) / (a.norm() * b.norm())).clamp(-1, 1))


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


def go(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def loss_at(model, x, z, mu, logvar):
    return (bernoulli_nll(model.decode(z), x) + gaussian_kl(mu, logvar)).mean()


def by_closure(model, optimizer, x):
    def closure():
        optimizer.zero_grad()
        loss = sum(model.loss_terms(x)).mean()
        loss.backward()
        return loss

    optimizer.step(closure)


def looks_at_the_mean(model, optimizer, x):
    mu, logvar = model.encode(x)
    with torch.no_grad():
        model.decode(mu)
    go(optimizer, loss_at(model, x, mu + torch.exp(logvar / 2) * torch.randn_like(mu), mu, logvar))


def image_by_image(model, optimizer, x):
    go(optimizer, sum(sum(model.loss_terms(image[None])) for image in x).sum() / len(x))


def numpy_noise(model, optimizer, x):
    mu, logvar = model.encode(x)
    eps = torch.from_numpy(np.random.default_rng().normal(size=mu.shape))
    go(optimizer, loss_at(model, x, mu + torch.exp(logvar / 2) * eps, mu, logvar))


def own_gradients(model, optimizer, x):
    parameters = list(model.parameters())
    gradients = torch.autograd.grad(sum(term.mean() for term in model.loss_terms(x)), parameters)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()


STEPS = [own_step, clear_afterwards, by_closure, looks_at_the_mean, numpy_noise, own_gradients]
STEPS += [pytest.param(image_by_image, marks=pytest.mark.slow)]


@pytest.mark.parametrize("step", STEPS)
def test_other_right_steps(step):
    assert check("training_step", step).status == "right"


def without_gradients(model, optimizer, x):
    with torch.no_grad():
        loss = sum(model.loss_terms(x)).mean()
    go(optimizer, loss)


def not_reduced(model, optimizer, x):
    go(optimizer, sum(model.loss_terms(x)))


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("training_step", without_gradients, "No gradient was recorded"),
        ("training_step", not_reduced, "take the mean first"),
        ("hole_fraction", lambda a, bound: (a.softmax(1).max(1) < bound).float().mean(), "use amax, or .values."),
        ("hole_fraction", lambda a, bound: a.softmax(1).max(1).lt(bound).float().mean(), "use amax, or .values."),
        ("gaussian_kl_1d", lambda mu, sigma: -0.5 * (1 + math.log(sigma**2) - mu**2 - sigma**2), "use torch.log, "),
        ("gaussian_kl", lambda mu, logvar: (-0.5 * (1 + logvar - mu**2 - math.exp(logvar))).sum(1), "use torch.log, "),
        ("reparameterize", lambda mu, logvar, eps: mu + math.exp(logvar / 2) * eps, "use torch.log, torch.exp ... for"),
        ("score_gradient_with_baseline", lambda f, z, m, v: (z - m) / math.exp(v), "use torch.log, torch.exp ..."),
    ],
)
def test_cryptic_errors_are_explained(name, answer, words):
    result = check(name, answer)
    assert result.status == "error" and words in result.message


@pytest.mark.parametrize(
    ("draw", "misconception"),
    [
        (lambda mu, sigma: mu, "mean_decoded"),
        (lambda mu, sigma: Normal(mu, sigma).sample(), "path_cut"),
        (lambda mu, sigma: mu + sigma * torch.rand_like(mu), "wrong_noise"),
        (lambda mu, sigma: mu + sigma * 12**0.5 * (torch.rand_like(mu) - 0.5), "wrong_noise"),
        (lambda mu, sigma: mu + sigma**2 * torch.randn_like(mu), "wrong_noise"),
        (lambda mu, sigma: mu + sigma * torch.randn(mu.shape[1]), "noise_shared"),
        (lambda mu, sigma: mu + sigma * torch.randn(len(mu), 1), "noise_shared"),
        (lambda mu, sigma: mu + (sigma * torch.randn_like(mu)).detach(), "path_through_sigma_cut"),
        (lambda mu, sigma: mu + sigma * torch.randn(mu.shape, generator=torch.Generator()), "frozen_noise"),
    ],
)
def test_draws_that_go_wrong_in_a_step(draw, misconception):
    def step(model, optimizer, x):
        mu, logvar = model.encode(x)
        go(optimizer, loss_at(model, x, draw(mu, torch.exp(logvar / 2)), mu, logvar))

    assert check("training_step", step).misconception == misconception


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


def one_by_one(model, n):
    return torch.cat([model.decode(torch.randn(1, model.latent_dim)).sigmoid() for _ in range(n)])


@pytest.mark.slow
@pytest.mark.parametrize("sample", [normal_images, numpy_images, one_by_one])
def test_other_right_samples(sample):
    for _ in range(1 if sample is one_by_one else 3):
        assert check("sample_prior", sample).status == "right"


@pytest.mark.slow
def test_right_draws_are_never_refused():
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        for latent_dim in (3, 1):
            shown = torch.randn(IMAGES, latent_dim, generator=generator).sigmoid()
            assert latent_fault(torch.logit(shown.double())) is None
        assert noise_fault(torch.randn(250, 16, generator=generator).double()) is None


@pytest.mark.parametrize(
    ("draw", "misconception"),
    [
        (lambda n, d: torch.randn(1, d).expand(n, d), "one_latent_for_all"),
        (lambda n, d: torch.randn(n // 2, d).repeat(2, 1), "latents_repeated"),
        (lambda n, d: torch.randn(n // 2, d).repeat_interleave(2, dim=0), "latents_repeated"),
        (lambda n, d: (z := torch.randn(n // 2, d)) is not None and torch.cat([z, -z]), "latents_repeated"),
        (torch.rand, "uniform"),
        (lambda n, d: torch.empty(n, d).uniform_(-(3**0.5), 3**0.5), "not_normal"),
        (lambda n, d: torch.distributions.Laplace(0.0, 0.5**0.5).sample((n, d)), "not_normal"),
        (lambda n, d: 1.15 * torch.randn(n, d), "dimensions_differ"),
        (lambda n, d: 0.5 * torch.randn(n, d), None),
        (lambda n, d: torch.randn(n, d) + 1, None),
        (lambda n, d: torch.randn(n, 1) * torch.randn(n, d).sign(), "dimensions_together"),
        (lambda n, d: torch.randn(n, 1).expand(n, d), "one_number_for_all_dimensions"),
    ],
)
def test_draws_that_are_not_the_priors(draw, misconception):
    result = check("sample_prior", lambda model, n: model.decode(draw(n, model.latent_dim)).sigmoid())
    assert (result.status, result.misconception) == ("wrong", misconception)
    assert misconception or "of your latents: came" in result.message


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (lambda logits: logits, "these are logits"),
        (lambda logits: 255 * logits.sigmoid(), "from 0 to 1; your pixels go from"),
        (lambda logits: 1 - logits.sigmoid(), "the mean of all pixels: came 0.7, wanted is 0.3"),
        (lambda logits: logits.sigmoid() * math.nan, "go from nan to nan"),
        (lambda logits: logits > 0, "got a tensor of type torch.bool"),
        (lambda logits: logits.sigmoid().flatten(1), "got (5000, 784)"),
        (torch.rand_like, None),
    ],
)
def test_pixels_that_are_no_probabilities(pixels, words):
    result = check("sample_prior", lambda model, n: pixels(model.decode(torch.randn(n, model.latent_dim))))
    assert result.status == "wrong" and (words or "latents") in result.message


@pytest.mark.parametrize(
    "answer",
    [
        lambda model, n: model.sample(n),
        lambda model, n: model.sample(n=n, seed=5),
        lambda model, n: torch.cat([model.sample(1, seed=seed) for seed in range(n)]),
    ],
)
def test_calling_the_packages_own_function_is_no_answer(answer):
    result = check("sample_prior", answer)
    assert result.status == "wrong" and result.message.startswith("model.sample is the package's own function: write ")


def test_the_answer_key_draws_as_the_package_does():
    """So the two lines that are shown are its method, but for the seed and the device."""
    model = VAE(latent_dim=3, hidden=(4,))
    torch.manual_seed(5)
    with torch.no_grad():
        images = EXERCISES["sample_prior"].reference(model, 7)
    assert torch.equal(images, model.sample(7, seed=5))
    lines = solution("sample_prior").source.splitlines()
    assert len(lines) == 3 and lines[0] == "def sample_prior(model, n):"


def test_images_that_were_never_decoded():
    assert "call model.decode" in check("sample_prior", lambda model, n: torch.rand(n, 1, 28, 28)).message


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
    assert (
        result.misconception is None
        and "the standard deviation of your latents: came 3.0, wanted is 1.0" in result.message
    )
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
    assert "got a list" in check("sample_prior", lambda model, n: [normal_images(model, 1)] * n).message


def test_sampling_with_a_wrong_shape():
    assert "(1, 1, 28, 28)" in check("sample_prior", lambda model, n: normal_images(model, 1)).message


def test_an_unknown_mistake_shows_the_smallest_counter_example():
    result = check("gaussian_kl", lambda mu, logvar: mu.sum(1) * 0)
    assert result.status == "wrong" and result.misconception is None
    assert result.message == "for mu = [[1.0]], logvar = [[0.0]] came [0.0], wanted is [0.5]."


def test_a_wrong_shape_is_named():
    result = check("lerp", lambda a, b, t: ((1 - t) * a + t * b)[None])
    assert result.message == "the values are right, the shape is (1, 2); wanted is (2,)."
    result = check("lerp", lambda a, b, t: a[:1])
    assert "your result has shape (1,), wanted is (2,)" in result.message
    result = check("gaussian_kl", lambda mu, logvar: gaussian_kl(mu, logvar).squeeze())
    assert "the values are right, for mu of shape (1, 1), logvar of shape (1, 1) the shape is ()" in result.message


def merged(mu, logvar, told):
    mu_p, logvar_p = told.chunk(2, 1)
    variance = 1 / (1 / logvar.exp() + 1 / logvar_p.exp())
    return variance * (mu / logvar.exp() + mu_p / logvar_p.exp()), variance.log()


ELEMENTS = {  # before they are added up
    "gaussian_kl": lambda mu, logvar: -0.5 * (1 + logvar - mu**2 - logvar.exp()),
    "gaussian_kl_between": lambda m, s, n, r: 0.5 * (r - s - 1 + (s.exp() + (m - n) ** 2) / r.exp()),
    "bernoulli_nll": lambda logits, x: BCE(logits, x, reduction="none"),
    "gaussian_nll": lambda x_hat, x, sigma: -Normal(x_hat, sigma).log_prob(x),
    "gaussian_kl_1d": lambda mu, sigma: kl_divergence(Normal(mu, sigma), Normal(0.0, 1.0)),
    "conditional_kl": lambda m, s, c, n, r: ELEMENTS["gaussian_kl_between"](m, s, n[c], r[c]),
    "masked_nll": lambda logits, x, seen: BCE(logits, x, reduction="none") * ~seen,
    "capacity_loss": lambda reconstruction, kl, c, gamma: reconstruction + gamma * (kl - c).abs(),
    "encoder_loss": lambda logits: BCE(logits, torch.ones_like(logits), reduction="none"),
    "sequence_nll": lambda each, lengths: torch.stack([row[:n].sum() for row, n in zip(each, lengths, strict=True)]),
    "two_layer_kl": lambda *given: EXERCISES["two_layer_kl"].reference(*given),  # the layers have sizes of their own
    "log_mean_weights": lambda w: EXERCISES["log_mean_weights"].reference(w),
    "effective_sample_size": lambda w: EXERCISES["effective_sample_size"].reference(w),
    "learned_prior_kl": lambda m, s, told: ELEMENTS["gaussian_kl_between"](*merged(m, s, told), *told.chunk(2, 1)),
}
ALREADY_SUMMED = {"gaussian_kl_1d", "capacity_loss", "encoder_loss", "sequence_nll", "two_layer_kl"} | {
    "log_mean_weights",
    "effective_sample_size",
}
IMAGE_SUM = lambda v: v.flatten(1).sum(1)  # noqa: E731
WRONG_SUMS = [
    ("mean_over_", lambda v: IMAGE_SUM(v).mean()),
    ("mean_over_", lambda v: IMAGE_SUM(v).mean().expand(len(v))),
    ("mean_over_", lambda v: v.flatten(1).mean(1)),
    ("mean_over_", lambda v: v.flatten(1).mean(1, keepdim=True)),
    ("mean_over_everything", torch.mean),
    ("summed_over_images", torch.sum),
    ("images_summed", lambda v: v.flatten(1).mean(1).sum()),
    ("not_summed", lambda v: v),
    ("not_summed", lambda v: v.flatten(1)),
    ("_kept", lambda v: v.sum(0)),
    ("_kept", lambda v: v.mean(0)),
]


def test_every_value_for_an_image_is_tried_below():
    two_sums = {"negative_elbo"}  # its own mistakes say which of the two went wrong
    assert ELEMENTS.keys() | two_sums == {name for name, exercise in EXERCISES.items() if exercise.each}


@pytest.mark.parametrize("name", sorted(ELEMENTS.keys() - ALREADY_SUMMED))
@pytest.mark.parametrize(("misconception", "reduce"), WRONG_SUMS)
def test_each_wrong_sum_or_mean_is_recognised(name, misconception, reduce):
    result = check(name, lambda *a: reduce(ELEMENTS[name](*a)))
    assert result.status == "wrong" and misconception in result.misconception
    assert not any(words in result.message for words in ("values are right", "two things"))


@pytest.mark.parametrize("name", sorted(ALREADY_SUMMED))
@pytest.mark.parametrize(("misconception", "reduce"), [("mean_over_", torch.mean), ("summed_over_", torch.sum)])
def test_wrong_sums_of_what_has_no_parts(name, misconception, reduce):
    assert misconception in check(name, lambda *a: reduce(ELEMENTS[name](*a))).misconception


@pytest.mark.parametrize(
    "name", ["gaussian_kl", "gaussian_kl_between", "bernoulli_nll", "gaussian_nll", "conditional_kl", "masked_nll"]
)
@pytest.mark.parametrize("reduce", [torch.mean, lambda v: v.flatten(1).mean(1), torch.sum])
def test_two_mistakes_at_once_are_both_told(name, reduce):
    result = check(name, lambda *a: -reduce(ELEMENTS[name](*a)))
    assert result.misconception == "sign_flipped" and result.message.startswith("two things. First, this is")


@pytest.mark.parametrize(
    "name", sorted(set(EXERCISES) - {"open_paths", "training_step", "adversarial_step", "sample_prior"})
)
def test_a_mean_of_the_right_result_is_never_called_right(name):
    """Nor is it called a matter of shape."""
    exercise = EXERCISES[name]
    if all(torch.as_tensor(exercise.probe(exercise.reference, v)).numel() == 1 for v in exercise.inputs()):
        return
    for reduce in (torch.mean, torch.sum, torch.amax):
        message = check(name, lambda *a, reduce=reduce: reduce(exercise.reference(*a))).message
        assert "values are right" not in message and "numbers are right" not in message


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("gaussian_kl", lambda mu, logvar: gaussian_kl(mu, logvar.clamp(-10, 10)), "logvar = [[-30.0, -8.0]]"),
        ("gaussian_kl", lambda mu, logvar: gaussian_kl(mu, logvar).clamp(max=1e4), "logvar = [[20.0, 8.0]]"),
        ("gaussian_kl", lambda mu, logvar: gaussian_kl(mu.clamp(-5, 5), logvar), "mu = [[30.0, -30.0]]"),
        ("gaussian_kl", lambda mu, logvar: gaussian_kl(mu, logvar).clamp(min=0.01), "mu = [[0.01, -0.01]]"),
        ("gaussian_kl", lambda mu, logvar: gaussian_kl(mu, logvar) * (len(mu) != 64), "64 of 64 numbers are off"),
        (
            "gaussian_kl_1d",
            lambda mu, sigma: EXERCISES["gaussian_kl_1d"].reference(mu, sigma.clamp(min=1e-3)),
            "sigma = [0.0001, 1e-06]",
        ),
        (
            "gaussian_kl_between",
            lambda m, s, n, r: gaussian_kl_between(m, s, n, r.clamp(-10, 10)),
            "logvar_p = [[-20.0, -6.0]]",
        ),
        ("bernoulli_nll", lambda a, x: bernoulli_nll(a.clamp(-50, 50), x), "from -631 to 820"),
        ("gaussian_nll", lambda m, x, s: gaussian_nll(m, x, max(s, 0.1)), "sigma = 0.01"),
        ("gaussian_nll", lambda m, x, s: gaussian_nll(m, x, min(s, 100)), "sigma = 1000"),
        (
            "mean_vae_loss",
            lambda a, x, m, v, beta: EXERCISES["mean_vae_loss"].reference(a, x, m, v.clamp(max=10), beta),
            "logvar (3, 5) from 13.",
        ),
        (
            "reparameterize",
            lambda mu, logvar, eps: mu + torch.exp(logvar.clamp(-10, 10) / 2) * eps,
            "logvar = [[-30.0, 12.0]]",
        ),
        ("information_gaps", lambda i, h: own_gaps(i, h).clamp(max=0.9), "came [0.9, 0.9], wanted is [1.0, 1.0]"),
        ("information_gaps", lambda i, h: own_gaps(i, h) + (len(i) > len(h) + 4), "entropies = [0.50853]"),
        (
            "gaussian_total_correlation",
            lambda c: -0.5 * torch.logdet(c / (c.diagonal().outer(c.diagonal()).sqrt() + 1e-3)),
            "covariance = [[3.0]] came",
        ),
        (
            "capacity_loss",
            lambda r, kl, c, gamma: r + gamma * (kl - c).abs() if c else r + kl,
            "capacity = 0, gamma = 4 came",
        ),
    ],
)
def test_what_is_wrong_at_the_edge_alone_is_shown_there(name, answer, words):
    result = check(name, answer)
    assert result.status == "wrong" and words in result.message


def test_a_factor_or_a_summand_is_named():
    assert "3 times what is wanted" in check("lerp", lambda a, b, t: 3 * torch.lerp(a, b, t)).message
    assert "0.5 too large" in check("lerp", lambda a, b, t: torch.lerp(a, b, t) + 0.5).message
    assert "signs are flipped" in check("mean_vae_loss", lambda *a: -EXERCISES["mean_vae_loss"].reference(*a)).message


def test_numbers_that_look_alike_get_more_digits():
    """And many numbers are not written as two equal shapes."""
    message = check("fourth_moment", lambda mu, sigma: mu**4 + 6 * mu**2 * sigma**2 + 3.0000003 * sigma**4).message
    assert message.startswith("your expression at mu = -2, sigma = 3: came 475.000024, wanted is 475.0;")
    message = check("slerp", lambda a, b, t: slerp(a, b, t) + (len(a) == 16)).message
    assert "a (16,) from" in message and "16 of 16 numbers are off, most of all the one at [" in message


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda kl: list(kl), "got a list of 1"),
        (lambda kl: (kl, kl), "got a tuple of 2"),
        (lambda kl: (v for v in kl), "got a generator"),
        (lambda kl: {"kl": kl}, "got dict"),
        (lambda kl: "0.5", "got str"),
        (lambda kl: kl + 0j, "complex numbers came back"),
        (lambda kl: kl.int(), "type int32"),
        (lambda kl: kl.half(), "type float16"),
        (lambda kl: kl > 0, "type bool"),
        (lambda kl: kl * math.nan, "came [nan]"),
        (lambda kl: kl / 0, "came [inf]"),
        (lambda kl: kl.expand(10**11, *kl.shape), "far more numbers than are wanted"),
        (
            lambda kl: torch.sparse_coo_tensor(size=(10**6, 10**6), check_invariants=True),
            "far more numbers than are wanted",
        ),
        (lambda kl: torch.tensor([]), "your result has shape (0,)"),
        (lambda kl: np.array(["a"]), "got ndarray"),
        (lambda kl: exit(), "ends the program"),
    ],
)
def test_bad_returns_get_one_clear_sentence(returned, words):
    result = check("gaussian_kl", lambda mu, logvar: returned(gaussian_kl(mu, logvar)))
    assert result.status in ("wrong", "error") and words in result.message and len(result.message) < 160


def test_an_answer_that_stops_at_one_input_is_told_where():
    result = check("lerp", lambda a, b, t: torch.stack([torch.lerp(a[k], b[k], t) for k in (0, 1)]))
    assert result.status == "error" and "That was for a = [2.0], b = [-1.0], t = 0.75." in result.message
    result = check("effective_beta", lambda beta, r, k, p, d: beta if r == k == "sum" else None)
    assert result.status == "wrong" and "kl = 'mean', pixels = 784, latent_dim = 20 nothing came back" in result.message


def prints(a, b, t):
    print("hello")
    return torch.lerp(a, b, t)


def seeds(a, b, t):
    torch.manual_seed(0)
    return torch.lerp(a, b, t)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (prints, "(By the way: what your function prints is held back here; call it yourself to see it.)"),
        (seeds, "it sets the global seed"),
        (lambda a, b, t: a.mul_(1 - t).add_(t * b), "(By the way: it overwrites a, which a caller may still need.)"),
    ],
)
def test_habits_are_mentioned_and_no_mistake(answer, words, capsys):
    result = check("lerp", answer)
    assert result.status == "right" and words in result.message and not capsys.readouterr().out


def test_an_answer_leaves_no_trace():
    def untidy(a, b, t):
        np.random.seed(0)  # noqa: NPY002
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        return torch.lerp(a, b, t)

    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert check("lerp", untidy).status == "right"
    assert torch.is_grad_enabled() and torch.get_default_dtype() == torch.float32
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[True, False], ["False", False], [True, True]], "without quotation marks; got the text 'False'"),
        ([["True", "False"], ["False", "False"], ["True", "True"]], "without quotation marks"),
        ([[True, 0.3], [0, 0], [1, 1]], "True or False in each of the six places; got 0.3"),
        ([[True, None], [0, 0], [1, 1]], "got None"),
        ([[True, False], [..., ...], [True, True]], "one entry is still to do"),
        ([True, False, False, False, True, True], "want 3 rows"),
        (["TF", "FF", "TT"], "want 3 rows"),
        ({"a": [1, 0], "b": [0, 0], "c": [1, 1]}, "want 3 rows"),
    ],
)
def test_tables_that_are_no_answer(table, words):
    result = check("open_paths", lambda: table)
    assert result.status == "wrong" and words in result.message and "look again" not in result.message


def test_an_untouched_table_is_to_do():
    assert check("open_paths", lambda: [[..., ...]] * 3).status == "todo"


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
