"""Exercises on latents: sampling around a mean, and paths between two codes."""

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.exercises.inputs import pairs
from vae_helpers.latent_space import lerp, slerp
from vae_helpers.models import reparameterize


def _reparameterize_inputs() -> list[Inputs]:
    simple = (torch.tensor([[1.0]]), torch.tensor([[2.0]]), torch.tensor([[0.5]]))
    extreme = (torch.tensor([[1000.0, -1.0]]), torch.tensor([[-30.0, 12.0]]), torch.tensor([[1.0, -2.0]]))
    return [simple, (*pairs(3, 2, 0), pairs(3, 2, 1)[0]), (*pairs(4, 5, 2), torch.zeros(4, 5)), extreme]


def _path_inputs() -> list[Inputs]:
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])
    c, d = pairs(1, 16, 0)
    simple = [(a, b, 0.25), (a, b, 0.0), (a, b, 1.0), (a, a + b, 0.5)]
    # parallel vectors, where rounding takes the cosine beyond 1 for some
    parallel = [(v, 2 * v, 0.5) for v in torch.randn(20, 16, generator=Generator().manual_seed(1))]
    return [*simple, (c[0], d[0], 0.7), (a, 2 * a, 0.5), (c[0], -2 * c[0], 0.5), *parallel]


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
    "lerp": Exercise(
        "the straight line between two codes",
        lerp,
        ("a", "b", "t"),
        _path_inputs,
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
        note="The first line lets t be several numbers at once; one number does not need it.",
    ),
    "slerp": Exercise(
        "the arc between two codes",
        slerp,
        ("a", "b", "t"),
        _path_inputs,
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
        note="The first line lets t be several numbers at once; one number does not need it.",
    ),
}
