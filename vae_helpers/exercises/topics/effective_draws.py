"""The exercise on how many draws of importance sampling count, with mistakes as wrong implementations."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.importance import effective_sample_size

FAR = "Subtract each image's largest log weight before exp: the ratio stays the same."


def _log_weights() -> list[Inputs]:
    def drawn(n: int, k: int, seed: int, spread: float, middle: float) -> Tensor:
        return middle + spread * torch.randn(n, k, generator=Generator().manual_seed(seed))

    one_carries_all = torch.tensor([[0.0, -60.0, -70.0, -80.0]])
    return [
        (torch.tensor([[1.0, 2.0, 3.0]]).log(),),
        (torch.tensor([[0.5, 0.5, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4]]).log(),),  # all alike: 4
        (drawn(1, 5, 0, 1.0, 0.0),),
        (drawn(3, 6, 1, 1.5, -2.0),),
        (one_carries_all,),
        (drawn(4, 1, 2, 1.0, -1.0),),  # one draw
        (drawn(5, 5, 3, 2.0, 1.0),),  # as many images as draws
        (drawn(3, 50, 4, 3.0, -95.0),),  # exp(-95) is 0 in float32, squared at the latest
        (drawn(3, 50, 5, 3.0, -600.0),),  # in any precision
        (drawn(2, 20, 6, 2.0, 800.0),),  # a density's log may be positive: here exp is infinite
        (torch.stack([drawn(1, 30, 7, 1.0, -90.0)[0], drawn(1, 30, 8, 4.0, -700.0)[0]]),),  # images far apart
    ]


def is_moderate(log_weights: Tensor) -> bool:
    """Whether neither the weights nor their squares overflow, or all round to 0."""
    return bool(log_weights.amax(dim=1).abs().max() < 20)


def _of_weights(combine: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """An answer from the weights themselves."""
    return lambda log_weights: combine(log_weights.exp())


def _of_shares(combine: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """An answer from each draw's share of the sum."""
    return lambda log_weights: combine(log_weights.softmax(dim=1))


def _perplexity(shares: Tensor) -> Tensor:
    return torch.exp(-(shares * shares.clamp(min=1e-30).log()).sum(dim=1))


def _by_variance(shares: Tensor) -> Tensor:
    draws, mean = shares.shape[1], shares.mean(dim=1, keepdim=True)
    variance = ((shares - mean) ** 2).sum(dim=1) / max(draws - 1, 1)  # one draw alone has none
    return draws / (1 + variance / mean[:, 0] ** 2)


def _log_of_it(log_weights: Tensor) -> Tensor:
    return 2 * log_weights.logsumexp(dim=1) - (2 * log_weights).logsumexp(dim=1)


def _as_it_is_written(log_weights: Tensor) -> Tensor:
    weights = log_weights.exp()
    return weights.sum(dim=1) ** 2 / (weights**2).sum(dim=1)


def _one_maximum(log_weights: Tensor) -> Tensor:
    return _as_it_is_written(log_weights - log_weights.max())


def _likely(name: str, function: Callable[[Tensor], Tensor], message: str) -> Misconception:
    return Misconception(name, function, message, only=is_moderate)


MISTAKES = (
    _likely(
        "logs_as_weights",
        lambda logs: logs.sum(dim=1) ** 2 / (logs**2).sum(dim=1),
        "these are the *logs* of the weights, taken for the weights: exp is missing.",
    ),
    _likely(
        "not_normalised",
        _of_weights(lambda w: 1 / (w**2).sum(dim=1)),
        "1 / (sum of squares) is right for weights that sum to 1; divide each by the sum of its image's weights.",
    ),
    _likely(
        "sum_not_squared",
        _of_weights(lambda w: w.sum(dim=1) / (w**2).sum(dim=1)),
        "the sum of the weights is not squared. Test: all weights doubled must give the same number.",
    ),
    Misconception(
        "upside_down",
        _of_shares(lambda w: (w**2).sum(dim=1)),
        "this is upside down: 1 / K where all weights are alike, 1 where one carries all. Wanted is 1 over it.",
    ),
    Misconception(
        "mean_of_weights",
        _of_shares(lambda w: w.mean(dim=1) ** 2 / (w**2).mean(dim=1)),
        "with means in place of sums this is the effective *share* of the draws, at most 1: times K, it is right.",
    ),
    Misconception(
        "mean_above_sum_below",
        _of_shares(lambda w: w.mean(dim=1) ** 2 / (w**2).sum(dim=1)),
        "above stands the mean, below the sum: K^2 times too small. Take the sum in both places.",
    ),
    Misconception(
        "unbiased_variance",
        _of_shares(_by_variance),
        "K / (1 + variance / mean^2) is right, but with the variance that divides by K: torch's var divides by K - 1, "
        "unless you say correction=0.",
    ),
    Misconception(
        "times_draws",
        lambda logs: effective_sample_size(logs) * logs.shape[1],
        "this is K times too large: with equal weights it should be K, and never more.",
    ),
    Misconception(
        "perplexity",
        _of_shares(_perplexity),
        "this is exp(entropy) of the shares. It, too, is 1 to K, but not what the mean's noise asks for: that takes "
        "the squares.",
    ),
    Misconception(
        "one_over_largest",
        _of_shares(lambda w: 1 / w.amax(dim=1)),
        "this looks at the largest weight alone, 1 over its share; all weights count, squared.",
    ),
    Misconception(
        "root",
        lambda logs: effective_sample_size(logs).sqrt(),
        "this is the square root of it: the sum of the weights itself is squared, not its root taken.",
    ),
    Misconception(
        "logarithm_returned",
        _log_of_it,
        "this is the logarithm of the effective sample size: exp is missing at the end.",
    ),
    Misconception(
        "largest_share",
        _of_shares(lambda w: w.amax(dim=1)),
        "this is the share of the largest weight.",
    ),
    Misconception(
        "counted_above_the_mean",
        _of_shares(lambda w: (w >= w.mean(dim=1, keepdim=True)).float().sum(dim=1)),
        "this counts the weights above the mean; it takes no account of how large they are.",
    ),
    Misconception(
        "over_the_images",
        lambda logs: effective_sample_size(logs.T.contiguous()),
        "this sums over the images: a row is an image, so sum over dim=1, its draws.",
    ),
    Misconception(
        "all_images_at_once",
        lambda logs: effective_sample_size(logs.reshape(1, -1)).expand(len(logs)),
        "this takes the weights of all images together; each image, a row, has an effective sample size of its own.",
    ),
    Misconception(
        "normalised_over_the_images",
        lambda logs: 1 / (logs.softmax(dim=0) ** 2).sum(dim=1),
        "softmax goes over the images here: the weights of *one image* are shares of one sum, dim=1.",
    ),
    Misconception(
        "one_maximum_for_all",
        _one_maximum,
        "right until two images lie far apart: subtract each image's own largest log weight, amax(dim=1, "
        "keepdim=True); one maximum for all leaves nothing of the others.",
        only=lambda logs: bool(logs.amax(dim=1).max() - logs.amax(dim=1).min() < 20),
    ),
    Misconception(
        "overflow",
        _as_it_is_written,
        f"the formula is right, but exp of a log weight of -600 is 0, and 0 / 0 is NaN. {FAR}",
        only=is_moderate,
    ),
)

EXERCISES: dict[str, Exercise] = {
    "effective_sample_size": Exercise(
        "how many draws count",
        effective_sample_size,
        ("log_weights",),
        _log_weights,
        "a thousand draws of which ten count estimate a mean about as ten equal ones would.",
        MISTAKES,
        each=Each(),
        rtol=1e-3,  # float32 keeps logs of -800 to 6e-5, whatever is done with them
        error_hints={"dim": "A row is an image, a column a draw: sum over dim=1."},
        note=f"in logs: 2 logsumexp(log w) - logsumexp(2 log w), and then exp. {FAR}",
    ),
}
