"""Right answers on layers of latents in other people's idioms, and mistakes as one writes them."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from vae_helpers.exercises import check
from vae_helpers.losses import gaussian_kl, gaussian_kl_between
from vae_helpers.models.gaussians import gaussian_log_prob as log_n
from vae_helpers.models.precisions import merge_precisions

KL, MERGED = gaussian_kl_between, merge_precisions


def normal(pair):
    return Normal(pair[0], (pair[1] / 2).exp())


def standard(z):
    return torch.zeros_like(z), torch.zeros_like(z)


def by_distributions(z1, z2, q1, q2, p1):
    q = normal(q1).log_prob(z1).sum(1) + normal(q2).log_prob(z2).sum(1)
    return q - normal(p1).log_prob(z1).sum(1) - Normal(0.0, 1.0).log_prob(z2).sum(1)


def by_hand(z1, z2, q1, q2, p1):
    (m, s), (n, t), (o, r) = q1, q2, p1
    lower = (z1 - o) ** 2 / r.exp() + r - (z1 - m) ** 2 / s.exp() - s
    return (lower.sum(1) + (z2**2 - (z2 - n) ** 2 / t.exp() - t).sum(1)) / 2


def plainly(m, a, n, b):
    p, q = 1 / a.exp(), 1 / b.exp()
    return (p * m + q * n) / (p + q), -(p + q).log()


def by_softmax(m, a, n, b):
    of_a, of_b = torch.softmax(torch.stack([-a, -b]), dim=0)
    return of_a * m + of_b * n, -torch.logsumexp(torch.stack([-a, -b]), dim=0)


def in_place(m, a, n, b):
    return m.mul_(torch.sigmoid(b - a)).add_(torch.sigmoid(a - b) * n), -torch.logaddexp(-a, -b)


def p_of(told):
    return told.chunk(2, dim=1)


RIGHT = [
    ("two_layer_kl", by_distributions),
    ("two_layer_kl", by_hand),
    ("two_layer_kl", lambda z, y, q, r, p: log_n(z, *q) - log_n(z, *p) + (log_n(y, *r) - log_n(y, *standard(y)))),
    ("merge_precisions", by_softmax),
    ("merge_precisions", lambda *g: torch.stack(by_softmax(*g))),
    ("merge_precisions", lambda *g: list(plainly(*(v.double() for v in g)))),
    ("learned_prior_kl", lambda m, s, t: KL(*plainly(m, s, *p_of(t)), *p_of(t))),
    ("learned_prior_kl", lambda m, s, t: KL(*MERGED(*p_of(t), m, s), *p_of(t))),
    ("learned_prior_kl", lambda m, s, t: kl_divergence(normal(MERGED(m, s, *p_of(t))), normal(p_of(t))).sum(1)),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_other_right_answers(name, answer):
    assert check(name, answer).status == "right"


def sigma_squared_for_sigma(z1, z2, q1, q2, p1):
    q = Normal(q1[0], q1[1].exp()).log_prob(z1).sum(1) + Normal(q2[0], q2[1].exp()).log_prob(z2).sum(1)
    return q - Normal(p1[0], p1[1].exp()).log_prob(z1).sum(1) - Normal(0.0, 1.0).log_prob(z2).sum(1)


WRONG = [
    ("two_layer_kl", "brackets_missing", lambda z, y, q, r, p: log_n(z, *q) + log_n(y, *r) - log_n(z, *p)
     + log_n(y, *standard(y))),
    ("two_layer_kl", "closed_forms", lambda z, y, q, r, p: KL(*q, *p) + gaussian_kl(*r)),
    ("two_layer_kl", "closed_forms_standard", lambda z, y, q, r, p: gaussian_kl(*q) + gaussian_kl(*r)),
    ("two_layer_kl", "upper_closed_form", lambda z, y, q, r, p: log_n(z, *q) - log_n(z, *p) + gaussian_kl(*r)),
    ("two_layer_kl", "lower_closed_form", lambda z, y, q, r, p: KL(*q, *p) + log_n(y, *r) - log_n(y, *standard(y))),
    ("two_layer_kl", "top_forgotten", lambda z, y, q, r, p: log_n(z, *q) - log_n(z, *p)),
    ("two_layer_kl", "sign_flipped", lambda *g: -by_hand(*g)),
    ("two_layer_kl", "mean_over_images", lambda *g: by_distributions(*g).mean()),
    ("two_layer_kl", "summed_over_images", lambda *g: by_distributions(*g).sum()),
    ("two_layer_kl", "logvar_as_log_sigma", sigma_squared_for_sigma),
    ("two_layer_kl", "not_negative", lambda *g: torch.relu(by_hand(*g))),
    ("two_layer_kl", "gradient_cut", lambda *g: by_hand(*g).detach()),
    ("merge_precisions", "overflow", plainly),
    ("merge_precisions", "overflow", lambda m, a, n, b: plainly(m, a.clamp(-50, 50), n, b.clamp(-50, 50))),
    ("merge_precisions", "minus_forgotten", lambda m, a, n, b: plainly(m, -a, n, -b)),
    ("merge_precisions", "weights_swapped", lambda m, a, n, b: plainly(m, b, n, a)),
    ("merge_precisions", "sigma_for_variance", lambda m, a, n, b: plainly(m, a / 2, n, b / 2)),
    ("merge_precisions", "means_averaged_logvars_averaged", lambda m, a, n, b: ((m + n) / 2, (a + b) / 2)),
    ("merge_precisions", "means_added_variances_added", lambda m, a, n, b: (m + n, (a.exp() + b.exp()).log())),
    ("merge_precisions", "variance_returned", lambda *g: (plainly(*g)[0], plainly(*g)[1].exp())),
    ("merge_precisions", "logvar_as_variance", lambda m, a, n, b: ((m * b + n * a) / (a + b), 1 / (1 / a + 1 / b))),
    ("merge_precisions", "results_swapped", lambda *g: plainly(*g)[::-1]),
    ("merge_precisions", "input_overwritten", in_place),
    ("merge_precisions", "gradient_cut", lambda *g: tuple(v.detach() for v in by_softmax(*g))),
    ("merge_precisions", "gradient_cut", lambda *g: tuple(v.numpy() for v in by_softmax(*g))),
    ("learned_prior_kl", "unmerged", lambda m, s, t: KL(m, s, *p_of(t))),
    ("learned_prior_kl", "unmerged", lambda m, s, t: KL(m, s, *p_of(t)).mean()),
    ("learned_prior_kl", "reversed", lambda m, s, t: KL(*p_of(t), *MERGED(m, s, *p_of(t)))),
    ("learned_prior_kl", "halves_swapped", lambda m, s, t: KL(*MERGED(m, s, *p_of(t)[::-1]), *p_of(t)[::-1])),
    ("learned_prior_kl", "unmerged_standard", lambda m, s, t: gaussian_kl(m, s)),
    ("learned_prior_kl", "mean_over_dimensions", lambda m, s, t: KL(*MERGED(m, s, *p_of(t)), *p_of(t)) / m.shape[1]),
    ("learned_prior_kl", "in_bits", lambda m, s, t: KL(*MERGED(m, s, *p_of(t)), *p_of(t)) * math.log2(math.e)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "misconception", "answer"), WRONG)
def test_mistakes_as_one_writes_them(name, misconception, answer):
    assert check(name, answer).misconception == misconception


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("two_layer_kl", lambda z, y, q, r, p: log_n(z, q) + log_n(y, r), "A star unpacks a pair"),
        ("two_layer_kl", lambda z, y, q, r, p: log_n(y, *q), "z1 belongs to q1 and p1"),
        ("two_layer_kl", lambda z, y, q, r, p: log_n(z, *q) - log_n(y, 0, 0), "torch.zeros_like(z2)"),
        ("two_layer_kl", lambda z, y, q, r, p: log_n(z, q.mu, q.logvar), "mu, logvar = q1"),
        ("two_layer_kl", lambda z, y, q, r, p: Normal(*q).log_prob(z).sum(1), "Normal wants sigma"),
        ("learned_prior_kl", lambda m, s, t: KL(*MERGED(m, s, *t.chunk(2)), *t.chunk(2)), "told.chunk(2, dim=1)"),
        ("learned_prior_kl", lambda m, s, t: KL(m, s, t[0], t[1]), "told.chunk(2, dim=1)"),
        ("learned_prior_kl", lambda m, s, t: KL(MERGED(m, s, *p_of(t)), *p_of(t)), "A star unpacks a pair"),
    ],
)
def test_cryptic_errors_are_explained(name, answer, words):
    result = check(name, answer)
    assert result.status == "error" and words in result.message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda *g: plainly(*g)[0], "want two results, mu and logvar"),
        (lambda *g: (plainly(*g)[0], ...), "want a tensor of numbers for logvar, got ellipsis"),
        (lambda *g: (by_softmax(*g)[0].sum(1), by_softmax(*g)[1]), "mu has shape (1,); wanted is (1, 1)"),
        (lambda *g: torch.cat(by_softmax(*g), dim=1), "want two results"),
    ],
)
def test_what_is_no_pair_gets_one_clear_sentence(answer, words):
    result = check("merge_precisions", answer)
    assert result.status == "wrong" and words in result.message


def test_a_pair_of_dots_is_to_do():
    assert check("merge_precisions", lambda *g: (..., ...)).status == "todo"


def test_a_cut_far_out_is_no_overflow():
    """It shows already where a plain formula holds, and there is an input to tell."""
    result = check("merge_precisions", lambda m, a, n, b: plainly(m, a.clamp(-10, 10), n, b.clamp(-10, 10)))
    assert result.misconception is None and "[-15.0, 12.0]" in result.message


def test_an_estimate_may_be_negative():
    """Among the inputs are some where it is."""
    assert "one draw's estimate may be" in check("two_layer_kl", lambda *g: by_hand(*g).abs()).message
