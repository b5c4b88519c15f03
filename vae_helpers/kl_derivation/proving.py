"""Lines of a derivation that prove themselves with SymPy.

A line is a relation, for example ``Eq(left, right)``. To prove it, both sides are worked out: each expectation becomes
an integral against its density, and SymPy integrates it. The one help that it gets is to split logarithms of products
first, and only where SymPy knows the factors to be positive.
"""

from dataclasses import dataclass
from functools import cache

import sympy as sp
from sympy import Expr
from sympy.core.relational import Relational

z, mu = sp.symbols("z mu", real=True)
sigma = sp.Symbol("sigma", positive=True)
eps, eps1, eps2 = sp.symbols("epsilon epsilon_1 epsilon_2", real=True)

# Two densities by name, q(z) and p(z), and what they stand for
q, p = sp.Function("q", positive=True)(z), sp.Function("p", positive=True)(z)
Q = sp.exp(-((z - mu) ** 2) / (2 * sigma**2)) / sp.sqrt(2 * sp.pi * sigma**2)
P = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
LINE = (-sp.oo, sp.oo)


class ExpectQ(sp.Function):
    """E over z ~ q = N(mu, sigma^2) of an expression in z."""

    nargs = 1

    def _latex(self, printer, exp=None):
        return rf"\mathbb{{E}}_q\left[{printer.doprint(self.args[0])}\right]"


class ExpectEps(sp.Function):
    """E over independent eps, eps1, eps2 ~ N(0, 1) of an expression in them."""

    nargs = 1

    def _latex(self, printer, exp=None):
        return rf"\mathbb{{E}}\left[{printer.doprint(self.args[0])}\right]"


ONE_LINE = 280  # LaTeX characters that fit a page's width; a longer equation takes a line for each side


class DerivationError(AssertionError):
    """A line that is not what it claims to be."""


@dataclass(frozen=True)
class Step:
    """One line of the derivation.

    Args:
        title: what this line does.
        claim: an equation; ``Ne`` for two sides that are not the same function; ``Gt``, ``Ge`` for a sign.
        rule: why it holds, or what is wrong with it.
        slide: the slide of the lecture that it stands on; empty where it goes beyond.
        verdict: of the slide's line: "right", "loose" or "wrong"; empty where there is no slide.
        repair: what should stand on the slide, where it is not right.
    """

    title: str
    claim: Relational
    rule: str
    slide: str = ""
    verdict: str = ""
    repair: str = ""

    def prove(self) -> str:
        """Say in words what was shown.

        Raises:
            DerivationError: SymPy does not confirm the claim.
        """
        left, right = value(self.claim.lhs), value(self.claim.rhs)
        if left.has(sp.nan, sp.zoo) or right.has(sp.nan, sp.zoo):
            raise DerivationError(f"{self.title}: a side has no value: {left} and {right}")
        difference = sp.simplify(left - right)
        if isinstance(self.claim, sp.Ne):
            return f"the sides differ: {_witness(left, right)}"
        if isinstance(self.claim, sp.Eq):
            shown, words = difference == 0, "both sides are equal"
            if shown and _is_a_definition(self.claim):
                words += ", by definition: this line can't fail"
        else:
            shown = difference.is_positive if isinstance(self.claim, sp.Gt) else difference.is_nonnegative
            words = "the sign is as claimed"
        if not shown:
            raise DerivationError(f"{self.title}: not so; left side minus right side is {difference}")
        return words

    def __repr__(self) -> str:
        return f"{self.title}\n{_text(self.claim.lhs)}  {self._sign}  {_text(self.claim.rhs)}\nSymPy: {self.prove()}."

    def _repr_markdown_(self) -> str:
        repair = f" ({self.repair})" if self.repair else ""
        verdict = f" Slide *{self.slide}*: **{self.verdict}**{repair}." if self.slide else ""
        left, right = _latex(self.claim.lhs), _latex(self.claim.rhs)
        formula = f"{left} \\;{self._sign_latex}\\; {right}"
        if len(formula) > ONE_LINE:
            formula = rf"\begin{{aligned}} & {left} \\ {self._sign_latex}\; & {right} \end{{aligned}}"
        return f"**{self.title}.** {self.rule}\n\n$$\n{formula}\n$$\n\nSymPy: {self.prove()}.{verdict}"

    @property
    def _sign(self) -> str:
        return {"Equality": "=", "Unequality": "!="}.get(type(self.claim).__name__, self.claim.rel_op)

    @property
    def _sign_latex(self) -> str:
        return {"=": "=", "!=": r"\neq", ">": ">", ">=": r"\geq"}[self._sign]


def value(expression: Expr) -> Expr:
    """The expression with its expectations, integrals and derivatives worked out."""
    worked_out = sp.sympify(expression).subs({q: Q, p: P})
    worked_out = worked_out.replace(sp.Integral, _integrate).replace(ExpectQ, lambda f: _integrate(Q * f, (z, *LINE)))
    return sp.simplify(sp.expand_log(worked_out.replace(ExpectEps, _over_eps).doit()))


def _is_a_definition(claim: Relational) -> bool:
    """Whether both sides are the same integral as soon as E_q is written out: then working them out shows nothing."""
    written = (
        side.subs({q: Q, p: P}).replace(ExpectQ, lambda f: sp.Integral(Q * f, (z, *LINE))) for side in claim.args
    )
    left, right = (side.replace(sp.Integral, lambda f, limits: sp.Integral(f.doit(), limits)) for side in written)
    return claim.has(ExpectQ) and left == right


def _over_eps(f: Expr) -> Expr:
    for variable in (eps, eps1, eps2):
        if f.has(variable):
            f = _integrate(P.subs(z, variable) * f, (variable, *LINE))
    return f


@cache
def _integrate(body: Expr, limits: tuple) -> Expr:
    """The integral, worked out by SymPy; logarithms of products are split first, where all factors are positive."""
    return sp.simplify(sp.integrate(sp.expand(sp.expand_log(body.doit())), tuple(limits)))


def _witness(left: Expr, right: Expr) -> str:
    """A point where the two sides are different numbers, in words.

    Raises:
        DerivationError: they are equal there, or no numbers.
    """
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    point = {symbol: sp.Rational(3 + k, 10) for k, symbol in enumerate(symbols)}  # inside every symbol's range
    numbers = [sp.N(side.subs(point)) for side in (left, right)]
    if not all(number.is_real for number in numbers) or abs(numbers[0] - numbers[1]) < 1e-6:
        raise DerivationError(f"not so: at {point} the sides are {numbers[0]} and {numbers[1]}")
    where = ", ".join(f"${sp.latex(symbol)} = {float(value):g}$" for symbol, value in point.items())
    return f"at {where} they are {float(numbers[0]):.3f} and {float(numbers[1]):.3f}"


def _text(expression: Expr) -> str:
    text = sp.sstr(expression, order="none").replace("ExpectQ", "E_q").replace("ExpectEps", "E").replace("1*1", "1")
    return text.replace("q(z)", "q").replace("p(z)", "p")


def _latex(expression: Expr) -> str:
    # terms in the order in which they were written; a factor of a long sum stands in front of it
    text = sp.latex(expression, order="none", long_frac_ratio=6).replace(r"\epsilon", r"\varepsilon")
    # two marks that a formula kept exactly as written leaves: "1 times 1/x" and "(-1) times x"
    return text.replace(r"1 \frac{1}", r"\frac{1}").replace(r"\left(-1\right) ", "- ")


@cache
def fourth_moment(mu: Expr, sigma: Expr) -> Expr:
    """E[z^4] for z ~ N(mu, sigma^2), by integration over eps with z = mu + sigma eps.

    It brings its own ``eps``, because it is shown as a solution, which must run by itself.
    """
    eps = sp.Symbol("epsilon", real=True)
    density = sp.exp(-(eps**2) / 2) / sp.sqrt(2 * sp.pi)
    integrand = sp.expand((mu + sigma * eps) ** 4) * density
    return sp.expand(sp.integrate(sp.expand(integrand), (eps, -sp.oo, sp.oo)))
