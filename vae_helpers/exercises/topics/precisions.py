"""The exercise on two Gaussians merged into one, with mistakes as wrong implementations."""

import math
from collections.abc import Callable
from itertools import product

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception, Refused
from vae_helpers.exercises.inputs import pairs, rows
from vae_helpers.models.precisions import merge_precisions

MODERATE = 30  # log-variances up to here make no overflow in float32, however the formula is written
Mistake = tuple[str, Callable[..., Tensor], str]  # name, one of the two results, what to say


def _two_gaussians() -> list[Inputs]:
    same, generator = pairs(3, 2, 4), Generator().manual_seed(7)
    return [
        rows([1.0], [0.5], [-2.0], [0.5]),  # equally sure
        rows([1.0], [-1.0], [-2.0], [1.2]),  # the first is surer
        rows([1.0], [0.7], [-2.0], [-0.4]),
        (*pairs(3, 2, 0), *pairs(3, 2, 1)),
        (*pairs(2, 1, 2), *pairs(2, 1, 3)),  # one latent dimension
        (*same, *same),  # two that agree are surer than one
        rows([3.0, -3.0], [-15.0, 12.0], [-1.0, 1.0], [0.3, -0.2]),  # one tells nearly all, or nothing
        rows([30.0, -30.0], [-12.0, -14.0], [29.0, 40.0], [-13.0, -15.0]),
        rows([0.5, 2.0], [14.0, 16.0], [1.5, -2.0], [15.0, 13.0]),
        (*pairs(16, 8, 5, 2.0), *pairs(16, 8, 6, 2.0)),
        rows([1.0, -1.0], [-100.0, 100.0], [0.5, 2.0], [-101.0, 101.0]),
        (*pairs(4, 3, 8), *(torch.rand(2, 4, 3, generator=generator) * 200 - 100)),
    ]


def is_moderate(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor) -> bool:
    """Whether no variance and no precision overflows."""
    return bool(max(logvar_a.abs().max(), logvar_b.abs().max()) <= MODERATE)


def two_results(answer: Callable, values: Inputs) -> Tensor | None:
    """``mu, logvar`` as one tensor (2, N, D); None if nothing came back.

    Raises:
        Refused: it is no pair of numbers of the inputs' shape.
    """
    returned = answer(*values)
    if returned is None or returned is ...:
        return None
    if not isinstance(returned, (tuple, list, Tensor)) or len(returned) != 2:
        raise Refused("want two results, mu and logvar of the merged Gaussian: return mu, logvar.")
    if all(part is None or part is ... for part in returned):
        return None
    parts, shape = [], tuple(values[0].shape)
    for name, part in zip(("mu", "logvar"), returned, strict=True):
        try:
            parts.append(torch.as_tensor(part).double())
        except Exception:
            raise Refused(f"want a tensor of numbers for {name}, got {type(part).__name__}.") from None
        if parts[-1].shape != shape:
            raise Refused(f"{name} has shape {tuple(parts[-1].shape)}; wanted is {shape}: nothing is summed.")
    return torch.stack(parts)


def _weighted(weights: Callable[[Tensor], Tensor]) -> Callable:
    """A mean with other weights, made of the log-variances."""

    def mean(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor) -> Tensor:
        of_a, of_b = weights(logvar_a), weights(logvar_b)
        return (of_a * mu_a + of_b * mu_b) / (of_a + of_b)

    return mean


def _not_divided(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor) -> Tensor:
    return mu_a * torch.exp(-logvar_a) + mu_b * torch.exp(-logvar_b)


def _spread(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor) -> Tensor:
    """The log-variance of an even mixture of both."""
    return ((logvar_a.exp() + logvar_b.exp()) / 2 + (mu_a - mu_b).square() / 4).log()


def _of_logvars(change: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    return lambda mu_a, logvar_a, mu_b, logvar_b: change(logvar_a, logvar_b)


def _of_right(change: Callable[[Tensor], Tensor]) -> Callable:
    """Something done with the right log-variance."""
    return lambda *given: change(merge_precisions(*given)[1])


def _logvar_as_variance(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor) -> tuple[Tensor, Tensor]:
    precision = 1 / logvar_a + 1 / logvar_b
    return (mu_a / logvar_a + mu_b / logvar_b) / precision, 1 / precision


def _and_its_log(*given: Tensor) -> tuple[Tensor, Tensor]:
    mu, variance = _logvar_as_variance(*given)
    return mu, variance.log()


def _with_precisions(power: float, out: float) -> Callable:
    """Precisions exp(-power * logvar); the merged one comes back as -out times its logarithm."""

    def answer(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor) -> tuple[Tensor, Tensor]:
        mu, logvar = merge_precisions(mu_a, power * logvar_a, mu_b, power * logvar_b)
        return mu, out * logvar

    return answer


SURER = "Two that agree are surer than one: *precisions* 1/variance add up."
MEANS: tuple[Mistake, ...] = (
    (
        "means_averaged",
        lambda mu_a, _, mu_b, __: (mu_a + mu_b) / 2,
        "the means are averaged evenly: the surer one, of the higher precision, should count more.",
    ),
    (
        "weights_swapped",
        _weighted(torch.exp),
        "each mean is weighed with its variance, so the less sure one counts more: weigh it with its precision.",
    ),
    ("not_divided", _not_divided, "the means are multiplied by their precisions, but not divided by the sum of these."),
    (
        "means_added",
        lambda mu_a, _, mu_b, __: mu_a + mu_b,
        "the means are added: two that agree on 1 would say 2. Weigh them with their precisions.",
    ),
    (
        "weights_of_logvar",
        _weighted(lambda logvar: logvar),
        "the means are weighed with logvar, which may be negative: a precision is exp(-logvar).",
    ),
    (
        "weights_of_sigma",
        _weighted(lambda logvar: torch.exp(-logvar / 2)),
        "the means are weighed with 1/sigma: a precision is 1/sigma^2, exp(-logvar).",
    ),
    (
        "surer_mean",
        lambda mu_a, a, mu_b, b: torch.where(a < b, mu_a, mu_b),
        "this keeps the surer mean alone: the other one counts, too, by its precision.",
    ),
    ("first_mean", lambda mu_a, *_: mu_a, "mu_b is forgotten in the mean."),
    ("second_mean", lambda mu_a, _, mu_b, __: mu_b, "mu_a is forgotten in the mean."),
)
LOGVARS: tuple[Mistake, ...] = (
    (
        "variances_added",
        _of_logvars(torch.logaddexp),
        f"the variances are added, so the merged one is above both. {SURER}",
    ),
    (
        "variances_averaged",
        _of_logvars(lambda a, b: torch.logaddexp(a, b) - math.log(2)),
        f"the variances are averaged, so the merged one is above the smaller. {SURER}",
    ),
    ("logvars_added", _of_logvars(torch.add), f"the logvars are added: that multiplies the variances. {SURER}"),
    (
        "logvars_averaged",
        _of_logvars(lambda a, b: (a + b) / 2),
        f"the logvars are averaged, so the merged one is above the smaller. {SURER}",
    ),
    (
        "logvars_weighted",
        lambda mu_a, a, mu_b, b: _weighted(lambda v: torch.exp(-v))(a, a, b, b),
        f"logvar is merged as the mean is, a weighted average: above the smaller one. {SURER}",
    ),
    (
        "variances_weighted",
        lambda mu_a, a, mu_b, b: math.log(2) - torch.logaddexp(-a, -b),
        f"the variance is twice too large: a weighted average, or precisions averaged. {SURER}",
    ),
    (
        "precision_returned",
        _of_right(torch.neg),
        "the second result is the log of the *precision*: turn its sign, and it is logvar.",
    ),
    (
        "precision_not_log",
        _of_right(lambda logvar: torch.exp(-logvar)),
        "the second result is the merged precision. Wanted is logvar: minus its logarithm.",
    ),
    ("variance_returned", _of_right(torch.exp), "the second result is the merged variance; wanted is its logarithm."),
    ("log_sigma_returned", _of_right(lambda v: v / 2), "the second result is log sigma: logvar is twice that."),
    (
        "sigma_returned",
        _of_right(lambda logvar: torch.exp(logvar / 2)),
        "the second result is sigma; wanted is logvar, the log of its square.",
    ),
    (
        "inverse_of_logvar",
        _of_right(lambda logvar: 1 / logvar),
        "1 over a logarithm is not the logarithm of 1 over it: that is its negative.",
    ),
    ("smaller_kept", _of_logvars(torch.minimum), f"this keeps the smaller variance. {SURER}"),
    (
        "mixture",
        _spread,
        f"this is the variance of a mixture, one *or* the other; here both are right at once. {SURER}",
    ),
    ("first_logvar", _of_logvars(lambda a, b: a), "logvar_b is forgotten in the variance."),
    ("second_logvar", _of_logvars(lambda a, b: b), "logvar_a is forgotten in the variance."),
)
WHOLE: tuple[tuple[str, Callable, str], ...] = (
    (
        "minus_forgotten",
        lambda m, a, n, b: (_weighted(torch.exp)(m, a, n, b), -torch.logaddexp(a, b)),
        "exp(logvar) is the *variance*, taken here for the precision: that is exp(-logvar).",
    ),
    (
        "inverse_of_the_sum",
        lambda m, a, n, b: (_not_divided(m, a, n, b) * (a.exp() + b.exp()), torch.logaddexp(a, b)),
        "the variance is 1 / (precision_a + precision_b); that is not variance_a + variance_b, which is above both.",
    ),
    (
        "surer_alone",
        lambda m, a, n, b: (torch.where(a < b, m, n), torch.minimum(a, b)),
        f"this keeps the surer one alone; the other one tells something, too. {SURER}",
    ),
    ("first_alone", lambda m, a, n, b: (m, a), f"mu_b and logvar_b are forgotten. {SURER}"),
    ("second_alone", lambda m, a, n, b: (n, b), f"mu_a and logvar_a are forgotten. {SURER}"),
    (
        "results_swapped",
        lambda *given: merge_precisions(*given)[::-1],
        "right, but the results are swapped: mu first, then logvar.",
    ),
    *(
        (
            "sigma_for_variance",
            _with_precisions(0.5, out),
            "this takes exp(-logvar / 2), 1/sigma, for the precision: that is 1/sigma^2, exp(-logvar).",
        )
        for out in (1, 2)
    ),
    *(
        (
            "logvar_as_log_sigma",
            _with_precisions(2, out),
            "this takes logvar for log sigma: the variance is exp(logvar), so the precision is exp(-logvar).",
        )
        for out in (1, 0.5)
    ),
    *(
        (
            "logvar_as_variance",
            change,
            "this takes logvar for the variance: the precision is exp(-logvar), not 1 / logvar.",
        )
        for change in (_logvar_as_variance, _and_its_log)
    ),
)


def _mistakes() -> list[Misconception]:
    """In the mean, in the variance, in both (the likely ones); seen where nothing overflows, however it is written."""
    found = [(name, function, message) for name, function, message in WHOLE]
    found += [(name, lambda *g, f=f: (f(*g), merge_precisions(*g)[1]), text) for name, f, text in MEANS]
    found += [(name, lambda *g, f=f: (merge_precisions(*g)[0], f(*g)), text) for name, f, text in LOGVARS]
    for (name, mean, first), (other, logvar, second) in product(MEANS[:5], LOGVARS[:9]):
        both = f"two things. First, {first} Second, {second}"
        found.append((f"{name}_{other}", lambda *g, f=mean, h=logvar: (f(*g), h(*g)), both))
    return [Misconception(name, function, text, only=is_moderate) for name, function, text in found]


def _overflowing(mu_a: Tensor, logvar_a: Tensor, mu_b: Tensor, logvar_b: Tensor) -> tuple[Tensor, Tensor]:
    """As it is written down: right, up to a logvar of about 80."""
    precision_a, precision_b = torch.exp(-logvar_a), torch.exp(-logvar_b)
    variance = 1 / (precision_a + precision_b)
    return variance * (precision_a * mu_a + precision_b * mu_b), variance.log()


EXERCISES: dict[str, Exercise] = {
    "merge_precisions": Exercise(
        "two Gaussians merged",
        merge_precisions,
        ("mu_a", "logvar_a", "mu_b", "logvar_b"),
        _two_gaussians,
        "the merged variance is below both, and the surer mean counts more: so a ladder merges image and prior.",
        (
            *_mistakes(),
            Misconception(
                "overflow",
                _overflowing,
                "the formula is right, but not for a logvar of 100 or -100: there exp gives infinity or 0, or you cut "
                "logvar off. Weights need the *difference* alone: a's is torch.sigmoid(logvar_b - logvar_a). And "
                "torch.logaddexp(-logvar_a, -logvar_b) is the log of the summed precisions.",
                only=is_moderate,
            ),
        ),
        differentiable=("mu_a", "logvar_a", "mu_b", "logvar_b"),
        probe=two_results,
        error_hints={"math domain": "torch.log and torch.exp take tensors."},
        note="logaddexp(a, b) is log(exp(a) + exp(b)), without overflow.",
    ),
}
