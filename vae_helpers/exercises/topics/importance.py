"""The exercise on the log of a mean weight: the importance-weighted bound."""

import math

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.importance import log_mean_weights

SAFE = 60  # log weights up to here neither vanish nor overflow in float32 when they are exponentiated


def _inputs() -> list[Inputs]:
    generator = Generator().manual_seed(0)

    def draws(n: int, k: int, middle: float, spread: float) -> Inputs:
        return (middle + spread * torch.randn(n, k, generator=generator),)

    return [
        (torch.tensor([[1.0, 3.0]]).log(),),  # log of 2
        (torch.tensor([[1.0, 2.0, 6.0], [4.0, 4.0, 4.0]]).log(),),
        draws(3, 1, -2.0, 1.0),  # one draw: its own log weight
        draws(1, 7, 0.0, 1.0),  # one image
        draws(4, 5, -3.0, 0.0),  # equal weights
        draws(5, 20, -10.0, 2.0),
        draws(6, 50, -92.0, 3.0),  # a digit of the 20-D model
        draws(3, 8, -1000.0, 5.0),  # too small for float64, too
        draws(3, 8, 1000.0, 5.0),  # a density may be large
        (torch.tensor([[-90.0, -700.0, -800.0], [-90.0, -91.0, -5000.0]]),),  # one draw carries all
        draws(2, 300, -130.0, 2.0),
    ]


def is_safe(log_weights: Tensor) -> bool:
    """Whether the weights themselves can be held in float32."""
    return bool(log_weights.abs().max() <= SAFE)


def _summed(log_weights: Tensor) -> Tensor:
    return log_weights.logsumexp(dim=1)


EXERCISES: dict[str, Exercise] = {
    "log_mean_weights": Exercise(
        "log of the mean weight",
        log_mean_weights,
        ("log_weights",),
        _inputs,
        "on average at or below log p(x), and nearer with more draws; and no weight of e^-90 has vanished.",
        (
            Misconception(
                "mean_of_logs",
                lambda w: w.mean(dim=1),
                "this is the mean of the logs: an estimate of the ELBO, however many draws it has. The mean is taken "
                "of the *weights*, and then the log.",
            ),
            Misconception(
                "log_k_forgotten",
                _summed,
                "this is the log of the *sum* of the weights: it rises by log 2 with each doubling of K, past log "
                "p(x). A mean divides by K, so subtract log K.",
            ),
            Misconception(
                "k_subtracted",
                lambda w: _summed(w) - w.shape[1],
                "K is subtracted: to divide by K inside a log is to subtract log K.",
            ),
            Misconception(
                "log_k_added",
                lambda w: _summed(w) + math.log(w.shape[1]),
                "log K is added: that multiplies the sum of the weights by K. A mean divides, so subtract it.",
            ),
            Misconception(
                "divided_by_k",
                lambda w: _summed(w) / w.shape[1],
                "the log is divided by K: divide the sum of the weights, *before* the log, or subtract log K after it.",
            ),
            Misconception(
                "log_of_images",
                lambda w: _summed(w) - math.log(w.shape[0]),
                "this subtracts the log of the number of images; K is the number of draws, log_weights.shape[1].",
            ),
            Misconception(
                "log_base_2",
                lambda w: _summed(w) - math.log2(w.shape[1]),
                "log2(K) is in bits, the log weights are in nats: take the natural logarithm.",
            ),
            Misconception(
                "log_base_10",
                lambda w: _summed(w) - math.log10(w.shape[1]),
                "log10(K) is no natural logarithm, as the log weights are.",
            ),
            Misconception(
                "sign",
                lambda w: -log_mean_weights(w),
                "the sign is turned: this estimates -log p(x). Wanted is the bound of log p(x).",
            ),
            Misconception(
                "over_images",
                lambda w: w.logsumexp(dim=0) - math.log(w.shape[0]),
                "this takes the mean over the images, one value a draw. Draws of the same image are averaged: dim=1.",
            ),
            Misconception(
                "over_everything",
                lambda w: w.logsumexp(dim=(0, 1)) - math.log(w.numel()),
                "this is one mean over images and draws: the best image decides it. Keep one value an image.",
            ),
            Misconception(
                "images_summed",
                lambda w: w.logsumexp(dim=(0, 1)) - math.log(w.shape[1]),
                "the weights of all images are summed: keep one value an image, logsumexp over dim=1 alone.",
            ),
            Misconception(
                "largest",
                lambda w: w.amax(dim=1),
                "this is the best draw's log weight: on average it rises with K without end. Take the log of the mean.",
            ),
            Misconception(
                "weighted_mean_of_logs",
                lambda w: (w.softmax(dim=1) * w).sum(dim=1),
                "this is a mean of log weights, the larger ones counting more: it is above the log of the mean, and "
                "no bound.",
            ),
            Misconception(
                "normalised_first",
                lambda w: w.log_softmax(dim=1).logsumexp(dim=1) - math.log(w.shape[1]),
                "the weights are normalised first, so that their sum is 1 whatever they were: this is -log K. Leave "
                "out the softmax.",
            ),
            Misconception(
                "no_log",
                lambda w: w.exp().mean(dim=1),
                "this is the mean weight itself, an estimate of p(x), e^-90 or 0; wanted is its log.",
            ),
            Misconception(
                "no_exp",
                lambda w: w.mean(dim=1).log(),
                "a log of log weights: these are logarithms already, and mostly negative. Exponentiate inside the mean "
                "(logsumexp does).",
            ),
            Misconception(
                "epsilon_added",
                lambda w: (w.exp().mean(dim=1) + 1e-8).log(),
                "with 1e-8 added no image comes below log 1e-8 = -18.4, whatever the model: weights of e^-90 are "
                "gone. torch.logsumexp keeps them.",
            ),
            Misconception(
                "underflow",
                lambda w: w.exp().mean(dim=1).log(),
                "the formula is right, but exp(-130) is 0 in float32, and its log -infinity (exp(1000) is infinity). "
                "torch.logsumexp(log_weights, dim=1) is the log of the sum, without either; then subtract log K.",
                only=is_safe,
            ),
        ),
        differentiable=("log_weights",),
        each=Each("image"),
        error_hints={"math domain": "math.log takes one number; for tensors there is torch.logsumexp."},
        note="logsumexp takes the largest log weight out of the sum first, so that exp is of numbers <= 0.",
    ),
}
