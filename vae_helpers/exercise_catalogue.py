"""The exercises as data: what is asked, the inputs to try, and the classic mistakes as wrong implementations."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from vae_helpers.latent_space import lerp, slerp
from vae_helpers.losses import bernoulli_reconstruction, gaussian_kl, negative_elbo
from vae_helpers.models import reparameterize

Inputs = tuple[Tensor | float, ...]


@dataclass(frozen=True)
class Misconception:
    """A classic mistake: its name, what it computes, and what to say about it."""

    name: str
    function: Callable[..., Tensor]
    message: str


@dataclass(frozen=True)
class Exercise:
    """What is asked: the reference, the names of its arguments, inputs (simplest first), and why it matters."""

    reference: Callable[..., Tensor]
    arguments: tuple[str, ...]
    inputs: Callable[[], list[Inputs]]
    why: str
    misconceptions: tuple[Misconception, ...]


def _pairs(n: int, d: int, seed: int, spread: float = 1.0) -> tuple[Tensor, Tensor]:
    generator = Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator) * spread, torch.randn(n, d, generator=generator) * spread


def _kl_inputs() -> list[Inputs]:
    simple = [(torch.tensor([[1.0]]), torch.tensor([[0.0]])), (torch.tensor([[0.0]]), torch.tensor([[1.0]]))]
    extreme = (torch.tensor([[30.0, 0.0]]), torch.tensor([[-20.0, 8.0]]))
    return [*simple, _pairs(3, 2, 0), _pairs(5, 4, 1, 2.0), extreme]


def _reparameterize_inputs() -> list[Inputs]:
    simple = (torch.tensor([[1.0]]), torch.tensor([[2.0]]), torch.tensor([[0.5]]))
    return [simple, (*_pairs(3, 2, 0), _pairs(3, 2, 1)[0]), (*_pairs(4, 5, 2), torch.zeros(4, 5))]


def _bernoulli_inputs() -> list[Inputs]:
    simple = (torch.tensor([[0.5, -1.0]]), torch.tensor([[1.0, 0.0]]))
    generator = Generator().manual_seed(0)
    images = torch.rand(3, 1, 28, 28, generator=generator)
    extreme = (torch.tensor([[60.0, -60.0, 200.0]]), torch.tensor([[0.0, 1.0, 0.5]]))
    return [simple, (torch.randn(images.shape, generator=generator), images), extreme]


def _elbo_inputs() -> list[Inputs]:
    terms = (torch.tensor([80.0, 120.0, 95.0]), torch.tensor([20.0, 25.0, 15.0]))
    return [(*terms, 4.0), (*terms, 1.0), (torch.tensor([10.0]), torch.tensor([3.0]), 0.5)]


def _path_inputs() -> list[Inputs]:
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])
    c, d = _pairs(1, 16, 0)
    ends = [(a, b, 0.25), (a, b, 0.0), (a, b, 1.0)]
    return [*ends, (c[0], d[0], 0.7), (a, 2 * a, 0.5)]


def _probability_bce(logits: Tensor, x: Tensor) -> Tensor:
    p = torch.sigmoid(logits)
    return -(x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(dim=1)


EXERCISES: dict[str, Exercise] = {
    "gaussian_kl": Exercise(
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
                "mu_not_squared",
                lambda mu, logvar: -0.5 * (1 + logvar - mu - logvar.exp()).sum(dim=1),
                "mu enters as its square.",
            ),
        ),
    ),
    "reparameterize": Exercise(
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
                "mean_left_out",
                lambda mu, logvar, eps: torch.exp(0.5 * logvar) * eps,
                "this is noise around 0; it belongs around mu.",
            ),
        ),
    ),
    "bernoulli_reconstruction": Exercise(
        bernoulli_reconstruction,
        ("logits", "x"),
        _bernoulli_inputs,
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
    ),
    "negative_elbo": Exercise(
        negative_elbo,
        ("reconstruction", "kl", "beta"),
        _elbo_inputs,
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
    ),
    "lerp": Exercise(
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
    ),
    "slerp": Exercise(
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
                lambda a, b, t: _slerp_without_fallback(a, b, t),
                "right for a real arc, but NaN where a and b point the same way: sin(w) is 0 there.",
            ),
        ),
    ),
}


def _slerp_without_fallback(a: Tensor, b: Tensor, t: float) -> Tensor:
    omega = torch.acos((torch.dot(a, b) / (a.norm() * b.norm())).clamp(-1, 1))
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)
