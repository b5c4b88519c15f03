"""The exercise on sampling around a mean, with mistakes as wrong implementations."""

import torch

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.exercises.inputs import pairs, rows
from vae_helpers.models import reparameterize


def _reparameterize_inputs() -> list[Inputs]:
    return [
        rows([1.0], [2.0], [0.5]),
        (*pairs(3, 2, 0), pairs(3, 2, 1)[0]),
        (*pairs(4, 5, 2), torch.zeros(4, 5)),  # no noise
        rows([0.0, 0.0], [0.0, 0.0], [1.0, -2.0]),  # the prior itself
        rows([1000.0, -1.0], [-30.0, 12.0], [1.0, -2.0]),  # tiny and large variances
        rows([-1.0, 1.0], [20.0, -15.0], [0.1, 2.0]),
        (*pairs(2, 1, 3), pairs(2, 1, 4)[0]),  # one latent dimension
        (*pairs(64, 32, 5), pairs(64, 32, 6)[0]),
    ]


EXERCISES: dict[str, Exercise] = {
    "reparameterize": Exercise(
        "the reparameterization trick",
        reparameterize,
        ("mu", "logvar", "eps"),
        _reparameterize_inputs,
        "the noise comes from outside, so gradients reach mu and logvar.",
        (
            Misconception(
                "variance_as_sigma",
                lambda mu, logvar, eps: mu + logvar.exp() * eps,
                "this scales the noise by the variance exp(logvar); it needs sigma, its square root: exp(logvar / 2).",
            ),
            Misconception(
                "logvar_as_sigma",
                lambda mu, logvar, eps: mu + logvar * eps,
                "this scales the noise by logvar itself, which can be negative; sigma is exp(logvar / 2).",
            ),
            Misconception(
                "half_outside",
                lambda mu, logvar, eps: mu + 0.5 * torch.exp(logvar) * eps,
                "the 1/2 belongs into the exponent: half a logarithm is a square root.",
            ),
            Misconception(
                "logvar_doubled",
                lambda mu, logvar, eps: reparameterize(mu, 4 * logvar, eps),
                "log sigma^2 = 2 log sigma, so log sigma is *half* of logvar, not twice.",
            ),
            Misconception(
                "divided_by_sigma",
                lambda mu, logvar, eps: mu + torch.exp(-0.5 * logvar) * eps,
                "this divides by sigma: exp(-logvar / 2) is 1 / sigma. Multiply by it.",
            ),
            Misconception(
                "noise_subtracted",
                lambda mu, logvar, eps: reparameterize(mu, logvar, -eps),
                "the noise is subtracted. Its distribution is the same, but this eps has a sign: add it.",
            ),
            Misconception(
                "sigma_without_half",
                lambda mu, logvar, eps: mu + (0.5 * logvar) * eps,
                "half of logvar is log sigma; sigma is its exponential.",
            ),
            Misconception(
                "root_of_logvar",
                lambda mu, logvar, eps: mu + logvar.sqrt() * eps,
                "this is the root of logvar, which can be negative; sigma is the root of exp(logvar).",
            ),
            Misconception(
                "own_noise",
                lambda mu, logvar, eps: reparameterize(mu, logvar, torch.randn_like(mu)),
                "you have drawn noise of your own; use the eps that is given.",
            ),
            Misconception(
                "relu_on_logvar",
                lambda mu, logvar, eps: reparameterize(mu, logvar.relu(), eps),
                "this cuts logvar off at 0, so sigma can never be below 1. logvar may be negative: that is its point.",
            ),
            Misconception(
                "relu_on_mu",
                lambda mu, logvar, eps: reparameterize(mu.relu(), logvar, eps),
                "this cuts mu off at 0; half of the latent space is never used. A mean may be negative.",
            ),
            Misconception(
                "no_noise",
                lambda mu, logvar, eps: mu,
                "this returns the mean: nothing is sampled. Where does eps enter?",
            ),
            Misconception(
                "mean_scaled_too",
                lambda mu, logvar, eps: (mu + eps) * torch.exp(0.5 * logvar),
                "this scales mu as well; sigma multiplies eps alone.",
            ),
            Misconception(
                "roles_swapped",
                lambda mu, logvar, eps: mu * torch.exp(0.5 * logvar) + eps,
                "sigma multiplies mu here; it belongs to eps.",
            ),
            Misconception(
                "mean_left_out",
                lambda mu, logvar, eps: torch.exp(0.5 * logvar) * eps,
                "this is noise around 0; it belongs around mu.",
            ),
        ),
        differentiable=("mu", "logvar"),
    ),
}
