"""Exercises on reconstruction terms, with mistakes as wrong implementations."""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.losses import bernoulli_nll, gaussian_nll

LOG_2PI = math.log(2 * math.pi)


def _bernoulli_inputs() -> list[Inputs]:
    generator = Generator().manual_seed(0)
    logits, images = torch.randn(2, 3, 1, 28, 28, generator=generator)
    images = images.sigmoid()
    black_or_white = (images > 0.5).float()
    fair_coins = torch.zeros(1, 1, 28, 28), images[:1]
    perfect = 40 * (2 * black_or_white[:1] - 1), black_or_white[:1]
    extreme = 200 * logits[:2], black_or_white[:2]  # probabilities that round to 0 and 1
    blank = torch.full((2, 1, 28, 28), 30.0), torch.zeros(2, 1, 28, 28)  # all ink on an empty page
    many = torch.randn(2, 40, 1, 28, 28, generator=generator)
    return [fair_coins, (logits, images), perfect, extreme, blank, (many[0], many[1].sigmoid())]


def _gaussian_inputs() -> list[Inputs]:
    generator = Generator().manual_seed(0)
    x_hat, x = torch.rand(2, 3, 1, 28, 28, generator=generator)
    simple = torch.zeros(1, 1, 1, 2), torch.ones(1, 1, 1, 2)
    one_pixel = torch.rand(2, 4, 1, 1, 1, generator=generator)
    many = torch.rand(2, 40, 1, 28, 28, generator=generator)
    return [
        (*simple, 1.0),
        (*simple, 2.0),
        (x_hat, x, 0.3),
        (*one_pixel, 0.5),
        (x_hat[:1], x[:1], 5.0),
        (*simple, 0.01),  # tiny
        (*simple, 1000.0),  # large
        (x, x, 1e-3),  # a perfect copy
        (*many, 1.0),
    ]


def _probability_bce(logits: Tensor, x: Tensor) -> Tensor:
    return _bce_of(torch.sigmoid(logits), x)


def _bce_of(p: Tensor, x: Tensor) -> Tensor:
    return -(x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(dim=1)


def _squared(x_hat: Tensor, x: Tensor) -> Tensor:
    return (x - x_hat).square().flatten(1).sum(dim=1)


def _constant(x: Tensor, sigma: float) -> float:
    return x[0].numel() * (math.log(sigma) + 0.5 * LOG_2PI)


EXERCISES: dict[str, Exercise] = {
    "bernoulli_nll": Exercise(
        "the Bernoulli reconstruction term, from logits",
        bernoulli_nll,
        ("logits", "x"),
        _bernoulli_inputs,
        "summed over pixels, one value per image, and finite at any logit.",
        (
            Misconception(
                "mean_over_pixels",
                lambda logits, x: bernoulli_nll(logits, x) / x[0].numel(),
                "this averages over pixels. The likelihood of an image is the *sum* over its pixels; a mean makes "
                "the KL 784 times as heavy.",
            ),
            Misconception(
                "sigmoid_twice",
                lambda logits, x: bernoulli_nll(torch.sigmoid(logits), x),
                "the sigmoid is applied twice: functions with `logits` in their name apply it themselves.",
            ),
            Misconception(
                "mean_over_everything",
                lambda logits, x: bernoulli_nll(logits, x).mean() / x[0].numel(),
                "this is one mean over pixels and images, the default of PyTorch's losses. Ask for "
                'reduction="none", then sum over pixels only.',
            ),
            Misconception(
                "arguments_swapped",
                lambda logits, x: bernoulli_nll(x, logits),
                "the logits come first, the target second; here they are swapped.",
            ),
            Misconception(
                "epsilon_in_the_log",
                lambda logits, x: (
                    (-(x * (logits.sigmoid() + 1e-8).log() + (1 - x) * (1 - logits.sigmoid() + 1e-8).log()))
                    .flatten(1)
                    .sum(1)
                ),
                "nearly: the small number inside the log keeps it finite, but cuts the loss of a pixel off near 18 "
                "nats, and the gradient with it. Use a function that takes the logits.",
            ),
            *(
                Misconception(
                    "probability_clamped",
                    lambda logits, x, least=least: _bce_of(logits.sigmoid().clamp(least, 1 - least), x),
                    "nearly: where you clamp the probability, the loss of a pixel stops growing and its gradient is 0. "
                    "Use a function that takes the logits.",
                )
                for least in (1e-7, 1e-6, 1e-5, 1e-4)
            ),
            Misconception(
                "exp_overflows",
                lambda logits, x: (torch.log(1 + logits.exp()) - x * logits).flatten(1).sum(dim=1),
                "right until exp(logit) is infinite, near a logit of 89. F.softplus takes care of that.",
            ),
            Misconception(
                "x_rounded",
                lambda logits, x: bernoulli_nll(logits, (x > 0.5).float()),
                "this makes x black and white; grey pixels count with their grey.",
            ),
            Misconception(
                "squared_error",
                lambda logits, x: _squared(logits.sigmoid(), x),
                "this is the squared error, which belongs to a Gaussian; asked is the cross-entropy.",
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
                lambda logits, x: -bernoulli_nll(logits, x),
                "this is the log-likelihood; the loss is its negative.",
            ),
        ),
        differentiable=("logits",),
        each=Each(parts="pixels"),
    ),
    "gaussian_nll": Exercise(
        "the Gaussian reconstruction term, with its scale",
        gaussian_nll,
        ("x_hat", "x", "sigma"),
        _gaussian_inputs,
        "with its constant it is a likelihood, so that models with different sigma can be compared.",
        (
            Misconception(
                "plain_squared_error",
                lambda x_hat, x, sigma: _squared(x_hat, x),
                "this is the summed squared error, which ignores sigma; as a likelihood it means sigma^2 = 1/2.",
            ),
            Misconception(
                "mean_squared_error",
                lambda x_hat, x, sigma: _squared(x_hat, x) / x[0].numel(),
                "this is the mean squared error: it averages over pixels and ignores sigma. The likelihood of an image "
                "is a *sum* over its pixels.",
            ),
            Misconception(
                "constant_missing",
                lambda x_hat, x, sigma: _squared(x_hat, x) / (2 * sigma**2),
                "the constant is missing: each pixel adds log(sigma sqrt(2 pi)). Without it a large sigma always wins.",
            ),
            Misconception(
                "constant_subtracted",
                lambda x_hat, x, sigma: _squared(x_hat, x) / (2 * sigma**2) - _constant(x, sigma),
                "the constant is subtracted; in the negative log-likelihood it is *added*.",
            ),
            Misconception(
                "constant_once",
                lambda x_hat, x, sigma: _squared(x_hat, x) / (2 * sigma**2) + _constant(x, sigma) / x[0].numel(),
                "the constant is there once; it belongs to *each pixel*.",
            ),
            Misconception(
                "mnist_written_in",
                lambda x_hat, x, sigma: (
                    gaussian_nll(x_hat, x, sigma) + (784 - x[0].numel()) * (math.log(sigma) + 0.5 * LOG_2PI)
                ),
                "the constant counts 784 pixels whatever the image. Take the number of pixels from x: x[0].numel().",
            ),
            Misconception(
                "constant_for_the_batch",
                lambda x_hat, x, sigma: _squared(x_hat, x) / (2 * sigma**2) + len(x) * _constant(x, sigma),
                "the constant counts the pixels of the whole batch; each image has x[0].numel() of them.",
            ),
            Misconception(
                "log_of_variance",
                lambda x_hat, x, sigma: gaussian_nll(x_hat, x, sigma) + _constant(x, sigma),
                "log(2 pi sigma^2) needs a 1/2 in front: it is twice log(sigma sqrt(2 pi)).",
            ),
            Misconception(
                "two_pi_forgotten",
                lambda x_hat, x, sigma: gaussian_nll(x_hat, x, sigma) - x[0].numel() * 0.5 * LOG_2PI,
                "log(sigma) is there for each pixel, the log of sqrt(2 pi) is not.",
            ),
            Misconception(
                "sigma_for_variance",
                lambda x_hat, x, sigma: _squared(x_hat, x) / (2 * sigma) + _constant(x, sigma),
                "the squared error is divided by the *variance*: 2 sigma^2.",
            ),
            Misconception(
                "half_missing",
                lambda x_hat, x, sigma: _squared(x_hat, x) / sigma**2 + _constant(x, sigma),
                "the squared error lacks its 1/2.",
            ),
            Misconception(
                "mean_over_pixels",
                lambda x_hat, x, sigma: gaussian_nll(x_hat, x, sigma) / x[0].numel(),
                "this averages over pixels. The likelihood of an image is the *sum* over its pixels.",
            ),
            Misconception(
                "sign_flipped",
                lambda x_hat, x, sigma: -gaussian_nll(x_hat, x, sigma),
                "this is the log-likelihood; the loss is its negative.",
            ),
        ),
        differentiable=("x_hat",),
        each=Each(parts="pixels"),
    ),
}
