"""The exercises as data: what is asked, the inputs to try, and the classic mistakes as wrong implementations."""

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.exercise_parts import (
    Exercise,
    Misconception,
    bernoulli_inputs,
    elbo_inputs,
    kl_inputs,
    path_inputs,
    reparameterize_inputs,
)
from vae_helpers.latent_space import lerp, slerp
from vae_helpers.losses import bernoulli_reconstruction, gaussian_kl, negative_elbo
from vae_helpers.models import reparameterize


def _probability_bce(logits: Tensor, x: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    return -(x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(dim=1)


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    return torch.dot(a, b) / (a.norm() * b.norm())


def _angle(a: Tensor, b: Tensor) -> Tensor:
    return torch.acos(_cosine(a, b).clamp(-1, 1))


def _arc(a: Tensor, b: Tensor, t: float, omega: Tensor) -> Tensor:
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def _slerp_without_clamp(a: Tensor, b: Tensor, t: float) -> Tensor:
    omega = torch.acos(_cosine(a, b))
    return lerp(a, b, t) if torch.sin(omega) < 1e-3 else _arc(a, b, t, omega)


EXERCISES: dict[str, Exercise] = {
    "gaussian_kl": Exercise(
        gaussian_kl,
        ("mu", "logvar"),
        kl_inputs,
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
                "mean_over_dimensions",
                lambda mu, logvar: gaussian_kl(mu, logvar) / mu.shape[1],
                "this averages over the latent dimensions; the KL of independent dimensions is their sum.",
            ),
            Misconception(
                "summed_over_images",
                lambda mu, logvar: gaussian_kl(mu, logvar).sum(),
                "this adds up the whole batch; keep one value per image by summing over dim=1 only.",
            ),
            Misconception(
                "mean_over_images",
                lambda mu, logvar: gaussian_kl(mu, logvar).mean(),
                "this averages over the batch already; keep one value per image by summing over dim=1 only.",
            ),
            Misconception(
                "logvar_as_log_sigma",
                lambda mu, logvar: gaussian_kl(mu, 2 * logvar),
                "this treats logvar as log sigma; it is log sigma^2, so sigma^2 is exp(logvar).",
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
        ),
        differentiable=True,
    ),
    "reparameterize": Exercise(
        reparameterize,
        ("mu", "logvar", "eps"),
        reparameterize_inputs,
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
        differentiable=True,
    ),
    "bernoulli_reconstruction": Exercise(
        bernoulli_reconstruction,
        ("logits", "x"),
        bernoulli_inputs,
        "summed over pixels, one value per image, and finite at any logit.",
        (
            Misconception(
                "mean_over_pixels",
                lambda logits, x: bernoulli_reconstruction(logits, x) / x[0].numel(),
                "this averages over pixels. The likelihood of an image is the *sum* over its pixels; a mean makes "
                "the KL 784 times as heavy.",
            ),
            Misconception(
                "sigmoid_twice",
                lambda logits, x: bernoulli_reconstruction(torch.sigmoid(logits), x),
                "the sigmoid is applied twice: functions with `logits` in their name apply it themselves.",
            ),
            Misconception(
                "mean_over_everything",
                lambda logits, x: bernoulli_reconstruction(logits, x).mean() / x[0].numel(),
                "this is one mean over pixels and images, the default of PyTorch's losses. Ask for "
                'reduction="none", then sum over pixels only.',
            ),
            Misconception(
                "clamped_log",
                lambda logits, x: F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="none").flatten(1).sum(1),
                "nearly: this function takes probabilities, and cuts the loss of a pixel off at 100 nats where one "
                "rounds to 0 or 1. The gradient is lost there. Use the function that takes logits.",
            ),
            Misconception(
                "log_of_zero",
                _probability_bce,
                "right until a probability rounds to 0 or 1, then log(0) makes it infinite or NaN. Use a function "
                "that takes the logits.",
            ),
            Misconception(
                "sign_flipped",
                lambda logits, x: -bernoulli_reconstruction(logits, x),
                "this is the log-likelihood; the loss is its negative.",
            ),
            Misconception(
                "summed_over_images",
                lambda logits, x: bernoulli_reconstruction(logits, x).sum(),
                "this adds up the whole batch; keep one value per image: flatten(1), then sum over dim=1.",
            ),
        ),
        differentiable=True,
    ),
    "negative_elbo": Exercise(
        negative_elbo,
        ("reconstruction", "kl", "beta"),
        elbo_inputs,
        "both terms in nats per image, so that beta = 1 is the bound itself.",
        (
            Misconception(
                "kl_subtracted",
                lambda reconstruction, kl, beta: reconstruction - beta * kl,
                "the KL is subtracted: training would push it to infinity. In a loss it is added.",
            ),
            Misconception(
                "beta_forgotten",
                lambda reconstruction, kl, beta: reconstruction + kl,
                "where does beta enter?",
            ),
            Misconception(
                "beta_on_reconstruction",
                lambda reconstruction, kl, beta: beta * reconstruction + kl,
                "beta weighs the KL, not the reconstruction.",
            ),
            Misconception(
                "beta_on_both",
                lambda reconstruction, kl, beta: beta * (reconstruction + kl),
                "this scales the whole loss, which changes no minimum; beta weighs the KL alone.",
            ),
            Misconception(
                "mean_over_images",
                lambda reconstruction, kl, beta: (reconstruction + beta * kl).mean(),
                "the formula is right, the mean comes too early: keep one value per image here.",
            ),
        ),
        differentiable=True,
    ),
    "lerp": Exercise(
        lerp,
        ("a", "b", "t"),
        path_inputs,
        "at t = 0 it is a, at t = 1 it is b, and the steps between are even.",
        (
            Misconception("ends_swapped", lambda a, b, t: lerp(b, a, t), "it runs backwards: at t = 0 it must be a."),
            Misconception(
                "not_from_a",
                lambda a, b, t: a + t * b,
                "at t = 1 this is a + b. Add t times the *difference* b - a.",
            ),
            Misconception(
                "midpoint",
                lambda a, b, t: (a + b) / 2,
                "this is the midpoint whatever t is. Where does t enter?",
            ),
            Misconception(
                "arc",
                slerp,
                "this is the arc (slerp), correct for another exercise; lerp is the straight line.",
            ),
        ),
    ),
    "slerp": Exercise(
        slerp,
        ("a", "b", "t"),
        path_inputs,
        "it keeps the norm that samples of the prior have, and falls back to the straight line where no arc exists.",
        (
            Misconception("straight", lerp, "this is the straight line (lerp): its middle comes too near the origin."),
            Misconception("ends_swapped", lambda a, b, t: slerp(b, a, t), "it runs backwards: at t = 0 it must be a."),
            Misconception(
                "unit_sphere",
                lambda a, b, t: slerp(a / a.norm(), b / b.norm(), t),
                "this has length 1 everywhere: unit vectors are for the *angle* only; mix a and b themselves.",
            ),
            Misconception(
                "no_fallback",
                lambda a, b, t: _arc(a, b, t, torch.acos(_cosine(a, b).clamp(-1, 1))),
                "right for a real arc, but not where a and b point along one line: sin(w) is 0 there.",
            ),
            Misconception(
                "no_clamp",
                lambda a, b, t: _slerp_without_clamp(a, b, t),
                "nearly always right, but rounding can take the cosine beyond 1, where acos is NaN: clamp it.",
            ),
            Misconception(
                "lengths_forgotten",
                lambda a, b, t: _arc(a, b, t, torch.acos(torch.dot(a, b).clamp(-1, 1))),
                "the cosine is the dot product divided by *both lengths*.",
            ),
            Misconception(
                "cosine_as_angle",
                lambda a, b, t: _arc(a, b, t, _cosine(a, b)),
                "this uses the cosine where the angle belongs: acos turns one into the other.",
            ),
            Misconception(
                "sine_forgotten",
                lambda a, b, t: _arc(a, b, t, _angle(a, b)) * torch.sin(_angle(a, b)),
                "divide both terms by sin(w); else t = 0 does not give a.",
            ),
        ),
    ),
}
