"""Exercises on gradients through a random draw: where a path is open, and the way round a closed one."""

from collections.abc import Callable
from itertools import product

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception, Refused
from vae_helpers.gradient_estimators import score_gradient_with_baseline, score_gradients


def open_paths() -> list[list[bool]]:
    """Does a gradient that is not zero reach mu, and does one reach logvar? One row for each snippet.

    The snippets stand in notebook 04; a test runs them and compares.
    """
    return [
        [True, False],  # a: under no_grad nothing is recorded, so sigma is a constant; mu is added outside of it
        [False, False],  # b: torch.normal is recorded, but its gradient is 0 by definition
        [True, True],  # c: sample() draws eps only, which needs no gradient
    ]


ROWS = ("a", "b", "c")
HINTS = {
    "a": "snippet a: which lines run under no_grad, and which line does not?",
    "b": "snippet b: think of what torch.normal's own gradient was, in the text above.",
    "c": "snippet c: which tensor does sample() draw, and does that one need a gradient?",
}


SHAPE = "want 3 rows of True or False, [mu, logvar] for each snippet: [[..., ...], [..., ...], [..., ...]]"


def _right_rows(answer: Callable, values: Inputs) -> Tensor | None:
    """1 for each row that is right, 0 for each that is not."""
    table = answer()
    if table is None or table is ...:
        return None
    try:
        rows = [list(row) for row in table if not isinstance(row, str)]
    except TypeError:
        rows = []
    if [len(row) for row in rows] != [2, 2, 2]:
        raise Refused(SHAPE)
    if all(value is ... for row in rows for value in row):
        return None
    rows = [[_truth(value) for value in row] for row in rows]
    return torch.tensor([row == wanted for row, wanted in zip(rows, open_paths(), strict=True)]).double()


def _truth(value: object) -> bool:
    """True or False, also as 1 or 0, of NumPy or of PyTorch; nothing else, since nearly all else counts as True."""
    if isinstance(value, str):
        raise Refused(f"want True and False without quotation marks; got the text {value!r}.")
    if value is ...:
        raise Refused("one entry is still to do: write True or False for each of the six.")
    try:
        return {0.0: False, 1.0: True}[float(value)]
    except Exception:
        raise Refused(f"want True or False in each of the six places; got {value!r}.") from None


def _with_wrong(rows: tuple[str, ...]) -> Callable:
    return lambda: [[not v for v in row] if name in rows else row for name, row in zip(ROWS, open_paths(), strict=True)]


def _wrong_rows() -> tuple[Misconception, ...]:
    """A message for each set of rows that can be wrong, so that no answer is given away."""
    chosen = [
        tuple(name for name, wrong in zip(ROWS, flags, strict=True) if wrong) for flags in product((0, 1), repeat=3)
    ]
    return tuple(
        Misconception(f"wrong_{'_'.join(rows)}", _with_wrong(rows), "look again. " + " ".join(HINTS[r] for r in rows))
        for rows in chosen
        if rows
    )


def _draws() -> list[Inputs]:
    generator = Generator().manual_seed(0)
    inputs = []
    for k, d, level, shift in (
        (2, 1, 1.0, 0.0),  # two draws, one dimension
        (5, 3, 100.0, 0.0),
        (8, 2, -3.0, 0.0),
        (4, 2, 0.0, -9.0),  # tiny variances
        (4, 2, 0.0, 8.0),  # large ones
        (200, 20, 10.0, 0.0),
    ):
        mu, logvar = torch.randn(2, d, generator=generator)
        logvar = logvar + shift
        z = mu + torch.exp(logvar / 2) * torch.randn(k, d, generator=generator)
        inputs.append((level + z.square().sum(dim=1), z, mu, logvar))
    a_step = (z[:, 0] > 0).to(z.dtype)  # nearly all draws may have the same value
    return [*inputs, (a_step, z, mu, logvar), (torch.ones(200), z, mu, logvar)]


def _centred(values: Tensor) -> Tensor:
    return values - (values.sum() - values) / (len(values) - 1)


EXERCISES: dict[str, Exercise] = {
    "open_paths": Exercise(
        "where the gradient is blocked",
        open_paths,
        (),
        lambda: [()],
        "you can tell an open path by the gradients that come back, not by the record, nor by the name of the "
        "function.",
        _wrong_rows(),
        probe=_right_rows,
        measured=("snippet a, 1 if right", "snippet b, 1 if right", "snippet c, 1 if right"),
    ),
    "score_gradient_with_baseline": Exercise(
        "the score-function estimator with a baseline",
        score_gradient_with_baseline,
        ("values", "z", "mu", "logvar"),
        _draws,
        "an unbiased gradient from values alone: f could be a coin toss, a program, or a person.",
        (
            Misconception(
                "no_baseline",
                lambda values, z, mu, logvar: score_gradients(values, z, mu, logvar).mean(dim=0),
                "unbiased, but there is no baseline: subtract the mean of the other draws' values.",
            ),
            Misconception(
                "own_value_in_the_baseline",
                lambda values, z, mu, logvar: score_gradients(values - values.mean(), z, mu, logvar).mean(dim=0),
                "the baseline contains the draw's own value, so it depends on that draw and biases the estimate, by "
                "the factor (K - 1) / K. Leave it out: average the *other* K - 1.",
            ),
            Misconception(
                "divided_by_all",
                lambda values, z, mu, logvar: score_gradients(
                    values - (values.sum() - values) / len(values), z, mu, logvar
                ).mean(dim=0),
                "the sum of the others has K - 1 terms, so its mean is divided by K - 1.",
            ),
            Misconception(
                "baseline_added",
                lambda values, z, mu, logvar: score_gradients(2 * values - _centred(values), z, mu, logvar).mean(dim=0),
                "the baseline is *subtracted* from the values.",
            ),
            Misconception(
                "variance_multiplied",
                lambda values, z, mu, logvar: (
                    score_gradient_with_baseline(values, z, mu, logvar) * torch.exp(2 * logvar)
                ),
                "d log q / d mu is (z - mu) / sigma^2: *divide* by the variance.",
            ),
            Misconception(
                "sign_flipped",
                lambda values, z, mu, logvar: -score_gradient_with_baseline(values, z, mu, logvar),
                "the sign is flipped.",
            ),
            Misconception(
                "not_divided_by_the_variance",
                lambda values, z, mu, logvar: (_centred(values)[:, None] * (z - mu)).mean(dim=0),
                "d log q / d mu is (z - mu) / sigma^2; the variance is missing.",
            ),
            Misconception(
                "divided_by_sigma",
                lambda values, z, mu, logvar: (
                    score_gradient_with_baseline(values, z, mu, logvar) * torch.exp(logvar / 2)
                ),
                "d log q / d mu is (z - mu) / sigma^2; you divide by sigma.",
            ),
            Misconception(
                "logvar_as_variance",
                lambda values, z, mu, logvar: (_centred(values)[:, None] * (z - mu) / logvar).mean(dim=0),
                "logvar is the *logarithm* of the variance.",
            ),
            Misconception(
                "logvar_as_log_sigma",
                lambda values, z, mu, logvar: score_gradient_with_baseline(values, z, mu, logvar) * torch.exp(-logvar),
                "exp(logvar) is the variance already; you square it once more.",
            ),
            Misconception(
                "summed_over_draws",
                lambda values, z, mu, logvar: score_gradient_with_baseline(values, z, mu, logvar) * len(values),
                "this sums over the draws; an expectation is estimated by their *mean*.",
            ),
            Misconception(
                "one_for_each_draw",
                lambda values, z, mu, logvar: score_gradients(_centred(values), z, mu, logvar),
                "right for each draw; the estimate is the mean over the draws, shape (D,).",
            ),
            Misconception(
                "over_dimensions",
                lambda values, z, mu, logvar: score_gradients(_centred(values), z, mu, logvar).mean(dim=1),
                "this averages over the latent dimensions, dim=1; the draws are dim=0.",
            ),
            Misconception(
                "one_number",
                lambda values, z, mu, logvar: score_gradient_with_baseline(values, z, mu, logvar).mean(),
                "this averages over the latent dimensions too: each dimension of mu has its own gradient, shape (D,).",
            ),
            Misconception(
                "score_alone",
                lambda values, z, mu, logvar: ((z - mu) * torch.exp(-logvar)).mean(dim=0),
                "this is the mean of the score alone, which tends to 0. Where do the values enter?",
            ),
        ),
        rtol=1e-4,
        atol=1e-4,
    ),
}
