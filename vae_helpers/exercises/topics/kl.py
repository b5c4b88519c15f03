"""Exercises on the KL divergence of Gaussians, with mistakes as wrong implementations."""

import torch
from torch import Tensor

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.exercises.inputs import pairs, rows
from vae_helpers.losses import gaussian_kl, gaussian_kl_between


def _kl_inputs() -> list[Inputs]:
    return [
        rows([1.0], [0.0]),
        rows([0.0], [1.0]),
        pairs(3, 2, 0),
        pairs(2, 1, 1),  # one latent dimension
        pairs(5, 4, 2, 2.0),
        rows([0.01, -0.01], [0.01, -0.01]),  # next to the prior
        rows([0.0, 0.0], [0.0, 0.0]),  # the prior itself
        rows([30.0, -30.0], [0.5, -0.5]),  # far away
        rows([0.5, 1.0], [-30.0, -8.0]),  # tiny variances
        rows([0.5, 1.0], [20.0, 8.0]),  # large ones
        pairs(64, 32, 3),
    ]


def _kl_between_inputs() -> list[Inputs]:
    one, zero = [1.0], [0.0]
    q_is_p = pairs(3, 2, 4)
    return [
        rows(one, zero, zero, zero),
        rows(zero, one, zero, zero),
        rows(zero, zero, zero, one),
        (*pairs(3, 2, 0), *pairs(3, 2, 1)),
        (*pairs(2, 1, 2), *pairs(2, 1, 3)),  # one latent dimension
        (*pairs(5, 4, 2, 2.0), *pairs(5, 4, 3)),
        (*q_is_p, *q_is_p),
        (*q_is_p, *(v + 0.02 for v in q_is_p)),  # next to each other
        rows([30.0, -3.0], [0.5, -0.5], [-30.0, 2.0], [1.0, 0.2]),  # far apart
        rows([0.5, 1.0], [-20.0, -6.0], [0.0, 0.7], [0.5, -0.5]),  # a tiny variance of q
        rows([0.5, 1.0], [0.5, -0.5], [0.0, 0.7], [-20.0, -6.0]),  # and of p
        rows([0.5, 1.0], [15.0, 0.3], [0.0, 0.7], [0.5, 15.0]),  # large ones
        (*pairs(64, 32, 5), *pairs(64, 32, 6)),
    ]


def _sigma_inputs() -> list[Inputs]:
    mu, log_sigma = pairs(1, 6, 0)
    many, log_sigmas = pairs(1, 200, 1)
    simple = [([1.0], [1.0]), ([0.0], [2.0]), ([0.5], [0.5])]
    extreme = [
        ([0.01, -0.01, 0.0], [1.01, 0.99, 1.0]),  # next to the prior
        ([30.0, -30.0], [1.5, 0.7]),  # far away
        ([0.5, -1.0], [1e-4, 1e-6]),  # tiny standard deviations
        ([0.5, -1.0], [50.0, 1e4]),  # large ones
    ]
    tensors = [tuple(torch.tensor(v) for v in pair) for pair in simple + extreme]
    return [*tensors[:3], (mu[0], log_sigma[0].exp()), *tensors[3:], (many[0], log_sigmas[0].exp())]


def gaussian_kl_1d(mu: Tensor, sigma: Tensor) -> Tensor:
    """KL( N(mu, sigma^2) || N(0, 1) ) for each pair of a mean and a standard deviation, all of shape (N,)."""
    return -0.5 * (1 + torch.log(sigma**2) - mu**2 - sigma**2)


def _between(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor, *, half=0.5, square=2, one=1, **logs):
    """The right formula, with a switch for each part that can be mistaken; ``logs`` are of the two variances."""
    distance = (mu_q - mu_p) ** square * torch.exp(-logs.get("unit", logvar_p))
    ratio = logs.get("ratio", logvar_q - logvar_p)
    return half * (logvar_p - logvar_q + ratio.exp() + distance - one).sum(dim=1)


EXERCISES: dict[str, Exercise] = {
    "gaussian_kl_1d": Exercise(
        "the KL in one dimension, from mu and sigma",
        gaussian_kl_1d,
        ("mu", "sigma"),
        _sigma_inputs,
        "the closed form replaces an integral: no samples, no noise.",
        (
            Misconception(
                "half_missing",
                lambda mu, sigma: 2 * gaussian_kl_1d(mu, sigma),
                "this is twice the closed form: is the 1/2 there?",
            ),
            Misconception(
                "sign_flipped",
                lambda mu, sigma: -gaussian_kl_1d(mu, sigma),
                "this is never positive; a KL is never negative. Look at the sign in front.",
            ),
            Misconception(
                "log_sigma_for_log_variance",
                lambda mu, sigma: -0.5 * (1 + torch.log(sigma) - mu**2 - sigma**2),
                "the logarithm is that of the variance: log sigma^2, which is 2 log sigma.",
            ),
            Misconception(
                "sigma_not_squared",
                lambda mu, sigma: -0.5 * (1 + torch.log(sigma**2) - mu**2 - sigma),
                "the last term is the variance sigma^2, not sigma.",
            ),
            Misconception(
                "sigma_as_variance",
                lambda mu, sigma: gaussian_kl_1d(mu, sigma.sqrt()),
                "this treats sigma as the variance; it is the standard deviation.",
            ),
            Misconception(
                "mu_not_squared",
                lambda mu, sigma: -0.5 * (1 + torch.log(sigma**2) - mu - sigma**2),
                "mu enters as its square.",
            ),
            Misconception(
                "one_missing",
                lambda mu, sigma: gaussian_kl_1d(mu, sigma) + 0.5,
                "this is 1/2 too much: at mu = 0 and sigma = 1 a KL is 0.",
            ),
            Misconception(
                "reversed",
                lambda mu, sigma: torch.log(sigma) + (1 + mu**2) / (2 * sigma**2) - 0.5,
                "this is KL(p || q), the other way round.",
            ),
        ),
        differentiable=("mu", "sigma"),
        each=Each("pair"),
    ),
    "gaussian_kl": Exercise(
        "the KL of a diagonal Gaussian against the prior N(0, I)",
        gaussian_kl,
        ("mu", "logvar"),
        _kl_inputs,
        "one value per image, in nats, zero only where q(z|x) is the prior itself.",
        (
            Misconception(
                "half_missing",
                lambda mu, logvar: 2 * gaussian_kl(mu, logvar),
                "this is twice the closed form: is the 1/2 there?",
            ),
            Misconception(
                "sign_flipped",
                lambda mu, logvar: -gaussian_kl(mu, logvar),
                "this is never positive; a KL is never negative. Look at the sign in front.",
            ),
            Misconception(
                "logvar_as_log_sigma",
                lambda mu, logvar: gaussian_kl(mu, 2 * logvar),
                "this treats logvar as log sigma; it is log sigma^2, so sigma^2 is exp(logvar).",
            ),
            *(
                Misconception(
                    "logvar_as_sigma",
                    lambda mu, logvar, log=log: -0.5 * (1 + log(logvar) - mu.square() - logvar.square()).sum(dim=1),
                    "this treats logvar as sigma; it is log sigma^2, so sigma^2 is exp(logvar).",
                )
                for log in (lambda sigma: sigma.square().log(), lambda sigma: 2 * sigma.log())
            ),
            Misconception(
                "logvar_squared",
                lambda mu, logvar: -0.5 * (1 + logvar - mu.square() - logvar.square()).sum(dim=1),
                "the last term is the variance: sigma^2 is exp(logvar), not the square of logvar.",
            ),
            Misconception(
                "one_outside_the_sum",
                lambda mu, logvar: -0.5 * (1 + (logvar - mu.square() - logvar.exp()).sum(dim=1)),
                "the 1 belongs to each dimension: it stands inside the sum.",
            ),
            Misconception(
                "one_missing",
                lambda mu, logvar: gaussian_kl(mu, logvar) + 0.5 * mu.shape[1],
                "this is 1/2 too much for each dimension: at mu = 0 and logvar = 0 a KL is 0.",
            ),
            Misconception(
                "logvar_as_variance",
                lambda mu, logvar: -0.5 * (1 + logvar.log() - mu.square() - logvar).sum(dim=1),
                "this treats logvar as the variance; it is already its logarithm: sigma^2 is exp(logvar).",
            ),
            Misconception(
                "sigma_for_variance",
                lambda mu, logvar: -0.5 * (1 + logvar - mu.square() - torch.exp(0.5 * logvar)).sum(dim=1),
                "this subtracts sigma where the formula has sigma^2 = exp(logvar).",
            ),
            Misconception(
                "mu_not_squared",
                lambda mu, logvar: -0.5 * (1 + logvar - mu - logvar.exp()).sum(dim=1),
                "mu enters as its square.",
            ),
            Misconception(
                "mu_added",
                lambda mu, logvar: -0.5 * (1 + logvar + mu.square() - logvar.exp()).sum(dim=1),
                "the square of mu has the wrong sign: a mean further from 0 must cost more.",
            ),
            Misconception(
                "exp_forgotten",
                lambda mu, logvar: -0.5 * (1 + logvar - mu.square() - logvar).sum(dim=1),
                "logvar cancels out: the last term is the variance itself, not its logarithm.",
            ),
            Misconception(
                "variance_squared",
                lambda mu, logvar: -0.5 * (1 + logvar - mu.square() - logvar.exp().square()).sum(dim=1),
                "exp(logvar) is sigma^2 already; you square it once more.",
            ),
            Misconception(
                "reversed",
                lambda mu, logvar: 0.5 * (logvar + (1 + mu.square()) * torch.exp(-logvar) - 1).sum(dim=1),
                "this is KL(p || q), the other way round.",
            ),
        ),
        differentiable=("mu", "logvar"),
        each=Each(parts="latent dimensions"),
    ),
    "gaussian_kl_between": Exercise(
        "the KL between two diagonal Gaussians",
        gaussian_kl_between,
        ("mu_q", "logvar_q", "mu_p", "logvar_p"),
        _kl_between_inputs,
        "with mu_p = 0 and logvar_p = 0 it is the KL to the prior; models with a learned prior need it whole.",
        (
            Misconception(
                "half_missing",
                lambda *q_and_p: _between(*q_and_p, half=1),
                "this is twice the closed form: is the 1/2 there?",
            ),
            Misconception(
                "sign_flipped",
                lambda *q_and_p: -gaussian_kl_between(*q_and_p),
                "this is never positive; a KL is never negative. Look at the sign in front.",
            ),
            Misconception(
                "reversed",
                lambda mu_q, logvar_q, mu_p, logvar_p: gaussian_kl_between(mu_p, logvar_p, mu_q, logvar_q),
                "this is KL(p || q), the other way round: q's variance is divided by p's, since the mean is over q.",
            ),
            Misconception(
                "log_ratio_inverted",
                lambda mu_q, logvar_q, mu_p, logvar_p: (
                    gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p) + (logvar_q - logvar_p).sum(dim=1)
                ),
                "the term of the two log-variances has the wrong sign: it is logvar_p - logvar_q.",
            ),
            Misconception(
                "distance_not_scaled",
                lambda *q_and_p: _between(*q_and_p, unit=torch.zeros(())),
                "the squared distance of the means is measured in units of p's variance: divide it by exp(logvar_p).",
            ),
            Misconception(
                "distance_not_squared",
                lambda *q_and_p: _between(*q_and_p, square=1),
                "the distance of the means enters as its square.",
            ),
            Misconception(
                "one_missing",
                lambda *q_and_p: _between(*q_and_p, one=0),
                "this is 1/2 too much for each dimension: where q = p a KL is 0, so a -1 is missing.",
            ),
            *(
                Misconception(
                    "one_outside_the_sum",
                    lambda *q_and_p, once=once: _between(*q_and_p, one=0) - once,
                    "the -1 belongs to each dimension: inside the sum, and halved as the rest of it.",
                )
                for once in (0.5, 1)
            ),
            Misconception(
                "variances_swapped",
                lambda mu_q, logvar_q, mu_p, logvar_p: _between(
                    mu_q, logvar_q, mu_p, logvar_p, ratio=logvar_p - logvar_q
                ),
                "the ratio of the variances is upside down: q's is divided by p's, since the mean is over q.",
            ),
            Misconception(
                "distance_over_q",
                lambda mu_q, logvar_q, mu_p, logvar_p: _between(mu_q, logvar_q, mu_p, logvar_p, unit=logvar_q),
                "the squared distance of the means is measured in units of p's variance, not of q's.",
            ),
            Misconception(
                "log_term_not_halved",
                lambda mu_q, logvar_q, mu_p, logvar_p: (
                    gaussian_kl_between(mu_q, logvar_q, mu_p, logvar_p) + 0.5 * (logvar_p - logvar_q).sum(dim=1)
                ),
                "log(sigma_p / sigma_q) is *half* the difference of the log-variances.",
            ),
            Misconception(
                "prior_forgotten",
                lambda mu_q, logvar_q, mu_p, logvar_p: gaussian_kl(mu_q, logvar_q),
                "this is the KL to N(0, I), whatever p is. Where do mu_p and logvar_p enter?",
            ),
            Misconception(
                "logvar_as_log_sigma",
                lambda mu_q, logvar_q, mu_p, logvar_p: gaussian_kl_between(mu_q, 2 * logvar_q, mu_p, 2 * logvar_p),
                "this treats logvar as log sigma; it is log sigma^2, so sigma^2 is exp(logvar).",
            ),
        ),
        differentiable=("mu_q", "logvar_q", "mu_p", "logvar_p"),
        each=Each(parts="latent dimensions"),
    ),
}
