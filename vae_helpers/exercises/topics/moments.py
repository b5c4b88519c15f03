"""An exercise in SymPy: the fourth moment of a Gaussian."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs, Later, Misconception, Refused

# SymPy takes 35 MB, and every notebook with an exercise comes by here: so it is imported only where it is used
fourth_moment = Later("vae_helpers.kl_derivation.proving", "fourth_moment")

POINTS = [(0, 1), (1, 1), (1, 2), (-2, 3), (100, 1), (1, 100)]


def _at_points(answer: Callable, values: Inputs) -> Tensor | None:
    """The values of a SymPy expression in mu and sigma at a few points."""
    import sympy as sp

    mu, sigma = sp.Symbol("mu", real=True), sp.Symbol("sigma", positive=True)
    expression = answer(mu, sigma)
    if expression is None or expression is ...:
        return None
    try:
        expression = sp.sympify(expression)
    except sp.SympifyError:
        raise Refused(f"want a SymPy expression in mu and sigma, got {type(expression).__name__}.") from None
    if not isinstance(expression, sp.Expr):
        raise Refused(f"want a SymPy expression, got {type(expression).__name__}.")
    # by name, so that symbols of the student's own, without assumptions, will do
    own = {symbol: {"mu": mu, "sigma": sigma}.get(symbol.name, symbol) for symbol in expression.free_symbols}
    formula = expression.subs(own).doit()  # once, in symbols: SymPy integrates them faster than numbers
    numbers = [sp.N(formula.subs({mu: m, sigma: s})) for m, s in POINTS]
    if not all(number.is_number and number.is_real for number in numbers):
        raise Refused(f"want an expression in mu and sigma alone, got {expression}.")
    return torch.tensor([float(number) for number in numbers], dtype=torch.float64)


EXERCISES: dict[str, Exercise] = {
    "fourth_moment": Exercise(
        "E[z^4] of a Gaussian, with SymPy",
        fourth_moment,
        ("mu", "sigma"),
        lambda: [(0.0, 1.0)],
        "the same substitution and moments carry further than the KL.",
        (
            Misconception(
                "fourth_powers_only",
                lambda mu, sigma: mu**4 + sigma**4,
                "this is mu^4 + sigma^4: where are the mixed terms, and E[eps^4]?",
            ),
            Misconception(
                "square_of_the_second",
                lambda mu, sigma: (mu**2 + sigma**2) ** 2,
                "this is the square of E[z^2]; the expectation of a square is more than that.",
            ),
            Misconception(
                "three_missing",
                lambda mu, sigma: mu**4 + 6 * mu**2 * sigma**2 + sigma**4,
                "E[eps^4] is not 1. Integrate it.",
            ),
            Misconception(
                "mixed_term_missing",
                lambda mu, sigma: mu**4 + 3 * sigma**4,
                "the mixed term with mu^2 sigma^2 is missing.",
            ),
            Misconception(
                "last_term_missing",
                lambda mu, sigma: mu**4 + 6 * mu**2 * sigma**2,
                "at mu = 0 this is 0, but z^4 is hardly ever 0: where is the term with E[eps^4]?",
            ),
            Misconception(
                "mean_alone",
                lambda mu, sigma: mu**4,
                "this is the fourth power of the mean; the mean of a fourth power is more than that.",
            ),
            *(
                Misconception(
                    "mixed_coefficient",
                    lambda mu, sigma, k=k: mu**4 + k * mu**2 * sigma**2 + 3 * sigma**4,
                    "nearly: multiply (mu + sigma eps)^4 out again. How often does mu^2 sigma^2 eps^2 come up?",
                )
                for k in (1, 2, 3, 4, 12, 18)
            ),
            Misconception(
                "eps_is_one",
                lambda mu, sigma: (mu + sigma) ** 4,
                "this puts eps = 1. Multiply out, then take the mean of each power of eps.",
            ),
            Misconception(
                "second_moment",
                lambda mu, sigma: mu**2 + sigma**2,
                "this is E[z^2]; asked is E[z^4].",
            ),
            Misconception(
                "centred",
                lambda mu, sigma: 3 * sigma**4,
                "this is E[(z - mu)^4]; mu is missing.",
            ),
            Misconception(
                "odd_moments_kept",
                lambda mu, sigma: fourth_moment(mu, sigma) + 4 * mu**3 * sigma + 4 * mu * sigma**3,
                "odd moments of eps are 0: terms with eps and eps^3 vanish.",
            ),
        ),
        probe=_at_points,
        measured=tuple(f"your expression at mu = {m}, sigma = {s}" for m, s in POINTS),
        rtol=1e-9,
    ),
}
