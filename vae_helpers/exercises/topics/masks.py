"""An exercise on the loss of what a model was not shown, with mistakes as wrong implementations."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.losses import bernoulli_nll


def masked_nll(logits: Tensor, x: Tensor, seen: Tensor) -> Tensor:
    """-log p of the unseen pixels of each image, in nats: logits, x, and seen (True or False) (N, 1, 28, 28) -> (N,).

    A seen pixel is known: there is nothing to predict, so it costs nothing.
    """
    per_pixel = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return per_pixel.masked_fill(seen, 0).flatten(1).sum(dim=1)


def _inputs() -> list[Inputs]:
    generator = Generator().manual_seed(0)

    def batch(n: int) -> tuple[Tensor, Tensor]:
        logits, x = torch.randn(2, n, 1, 28, 28, generator=generator)
        return logits, x.sigmoid()

    left = (torch.arange(28) < 14).expand(1, 1, 28, 28)
    top = left.transpose(2, 3)
    logits, x = batch(3)
    speckled = torch.rand(24, 1, 28, 28, generator=generator) < torch.linspace(0.05, 0.95, 24)[:, None, None, None]
    black_or_white = (x > 0.5).float()
    return [
        (torch.zeros(1, 1, 28, 28), x[:1], left),  # 392 fair coins
        (logits, x, torch.cat([left, top, left & top])),  # each image lacks another part
        (*batch(1), ~(left & top)),  # one quadrant is unseen
        (*batch(2), torch.zeros(2, 1, 28, 28, dtype=torch.bool)),  # nothing was seen
        (*batch(2), torch.ones(2, 1, 28, 28, dtype=torch.bool)),  # all was: nothing is left to predict
        (200 * logits, black_or_white, torch.cat([left, top, ~left])),  # probabilities that round to 0 and 1
        (*batch(24), speckled),
    ]


def _pixels(logits: Tensor, x: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none")


def _unseen(pixels: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable:
    """An answer that has another value for each pixel, and sums those of the unseen ones."""
    return lambda logits, x, seen: pixels(logits, x, seen).masked_fill(seen, 0).flatten(1).sum(dim=1)


def _probability_bce(p: Tensor, x: Tensor) -> Tensor:
    return -(x * p.log() + (1 - x) * (1 - p).log())


def _count(seen: Tensor) -> Tensor:
    return (~seen).flatten(1).sum(dim=1)


EXERCISES: dict[str, Exercise] = {
    "masked_nll": Exercise(
        "the loss of the unseen pixels",
        masked_nll,
        ("logits", "x", "seen"),
        _inputs,
        "what was seen costs nothing, what was not is summed: nats, which models with other networks share.",
        (
            Misconception(
                "seen_counted",
                lambda logits, x, seen: bernoulli_nll(logits, x),
                "all pixels are counted. The seen ones are known, and must cost nothing.",
            ),
            Misconception(
                "mask_inverted",
                lambda logits, x, seen: masked_nll(logits, x, ~seen),
                "this counts the seen pixels, and leaves the unseen ones out: turn the mask round, ~seen.",
            ),
            Misconception(
                "mean_over_unseen",
                lambda logits, x, seen: masked_nll(logits, x, seen) / _count(seen),
                "this divides by the number of unseen pixels. The loss of an image is the *sum*: more to predict "
                "costs more, and the KL beside it is a sum, too.",
            ),
            Misconception(
                "scaled_to_all_pixels",
                lambda logits, x, seen: masked_nll(logits, x, seen) * 784 / _count(seen),
                "this scales the unseen pixels up to 784. Their sum is the loss, as it is.",
            ),
            Misconception(
                "mean_of_all_unseen",
                lambda logits, x, seen: _pixels(logits, x)[~seen].mean(),
                "this is one mean over all unseen pixels of the batch. Indexing with a mask forgets which image a "
                "pixel belongs to: put zeros at the seen ones instead, then sum each image.",
            ),
            Misconception(
                "target_masked_too",
                _unseen(lambda logits, x, seen: _pixels(logits, torch.where(seen, x, -1.0))),
                "the unseen pixels of the target are -1. That marks them in what the network *reads*; here the loss "
                "falls without bound, and is soon negative. The target is the whole image.",
            ),
            Misconception(
                "minus_one_among_all",
                lambda logits, x, seen: bernoulli_nll(logits, torch.where(seen, x, -1.0)),
                "the unseen pixels of the target are -1, and all are counted: the loss is soon negative. The target "
                "is the whole image; count its unseen pixels.",
            ),
            Misconception(
                "target_blank",
                _unseen(lambda logits, x, seen: _pixels(logits, x * seen)),
                "the unseen pixels of the target are 0: this teaches the model that nothing is there. The target is "
                "the whole image.",
            ),
            Misconception(
                "logits_masked",
                lambda logits, x, seen: bernoulli_nll(logits.masked_fill(seen, 0), x),
                "the logits are masked before the loss: a logit of 0 is a fair coin, so that each seen pixel costs "
                "ln 2. Mask the loss.",
            ),
            Misconception(
                "one_mask_for_all",
                lambda logits, x, seen: masked_nll(logits, x, seen[:1].expand_as(x)),
                "all images have the mask of the first: each has its own.",
            ),
            Misconception(
                "arguments_swapped",
                _unseen(lambda logits, x, seen: _pixels(x, logits)),
                "the cross-entropy has its arguments the wrong way round: the logits come first, the image second.",
            ),
            Misconception(
                "sigmoid_twice",
                _unseen(lambda logits, x, seen: _pixels(logits.sigmoid(), x)),
                "the sigmoid is applied twice: functions with `logits` in their name apply it themselves.",
            ),
            Misconception(
                "clamped_log",
                _unseen(lambda logits, x, seen: F.binary_cross_entropy(logits.sigmoid(), x, reduction="none")),
                "nearly: where a probability rounds to 0 or 1, this function cuts the loss of a pixel off at 100 nats, "
                "and the gradient is lost. Use the one that takes logits.",
            ),
            Misconception(
                "log_of_zero",
                _unseen(lambda logits, x, seen: _probability_bce(logits.sigmoid(), x)),
                "right until a probability rounds to 0 or 1, then log(0) makes it infinite or NaN. Use a function "
                "that takes the logits.",
            ),
            Misconception(
                "squared_error",
                _unseen(lambda logits, x, seen: (logits.sigmoid() - x).square()),
                "this is the squared error, which belongs to a Gaussian; asked is the cross-entropy.",
            ),
            Misconception(
                "sign_flipped",
                lambda logits, x, seen: -masked_nll(logits, x, seen),
                "this is the log-likelihood; the loss is its negative.",
            ),
        ),
        differentiable=("logits",),
        each=Each(parts="pixels"),
    ),
}
