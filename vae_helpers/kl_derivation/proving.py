"""Lines of a derivation that prove themselves with SymPy.

A line is a relation, for example ``Eq(left, right)``. To prove it, both sides are worked out: each expectation becomes
an integral against its density, and SymPy integrates it. The one help that it gets is to expand logarithms first,
which is allowed because densities and standard deviations are positive.
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
q, p = sp.Function("q")(z), sp.Function("p")(z)
Q = sp.exp(-((z - mu) ** 2) / (2 * sigma**2)) / sp.sqrt(2 * sp.pi * sigma**2)
P = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)


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
        claim: an equation, or ``Ne`` for a line that is wrong, or ``Gt``, ``Ge`` for a sign; proven by :meth:`prove`.
        rule: why it holds, or what is wrong with it.
        slide: the slide of the lecture that it stands on; empty where it goes beyond.
        verdict: of the slide's line: "right", "loose" or "wrong"; empty where there is no slide.
    """

    title: str
    claim: Relational
    rule: str
    slide: str = ""
    verdict: str = ""

    def prove(self) -> str:
        """Say in words what was shown.

        Raises:
            DerivationError: SymPy does not confirm the claim.
        """
        left, right = value(self.claim.lhs), value(self.claim.rhs)
        difference = sp.simplify(left - right)
        if isinstance(self.claim, sp.Eq):
            shown, words = difference == 0, "both sides are equal"
        elif isinstance(self.claim, sp.Ne):
            shown = difference != 0
            words = "the right side still depends on $z$" if difference.has(z) else "the sides differ"
        else:
            shown = difference.is_positive if isinstance(self.claim, sp.Gt) else difference.is_nonnegative
            words = "the sign is as claimed"
        if not shown:
            raise DerivationError(f"{self.title}: not so; left side minus right side is {difference}")
        return words

    def __repr__(self) -> str:
        return f"{self.title}\n{_text(self.claim.lhs)}  {self._sign}  {_text(self.claim.rhs)}\nSymPy: {self.prove()}."

    def _repr_markdown_(self) -> str:
        verdict = f" Slide *{self.slide}*: **{self.verdict}**." if self.slide else ""
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
    worked_out = sp.sympify(expression)
    if worked_out.has(q, p):
        worked_out = worked_out.replace(sp.Integral, _as_expectation).subs({q: Q, p: P})
    worked_out = worked_out.replace(ExpectQ, lambda f: _integrate(f, Q, z)).replace(ExpectEps, _over_eps)
    return sp.simplify(sp.expand_log(worked_out.doit(), force=True))


def _as_expectation(body: Expr, limits: sp.Tuple) -> Expr:
    """The integral of q(z) f(z) over the real line *is* the expectation of f over q."""
    return ExpectQ(body / q) if body.has(q) else sp.Integral(body, limits)


def _over_eps(f: Expr) -> Expr:
    for variable in (eps, eps1, eps2):
        if f.has(variable):
            f = _integrate(f, P.subs(z, variable), variable)
    return f


@cache
def _integrate(f: Expr, density: Expr, variable: sp.Symbol) -> Expr:
    """The integral of ``f`` times ``density`` over the real line, worked out by SymPy."""
    expanded = sp.expand(sp.expand_log(f.doit(), force=True))
    return sp.simplify(sp.integrate(sp.expand(density * expanded), (variable, -sp.oo, sp.oo)))


def _text(expression: Expr) -> str:
    text = sp.sstr(expression, order="none").replace("ExpectQ", "E_q").replace("ExpectEps", "E").replace("1*1", "1")
    return text.replace("q(z)", "q").replace("p(z)", "p")


def _latex(expression: Expr) -> str:
    # terms in the order in which they were written; a factor of a long sum stands in front of it
    text = sp.latex(expression, order="none", long_frac_ratio=6).replace(r"\epsilon", r"\varepsilon")
    # two marks that a formula kept exactly as written leaves: "1 times 1/x" and "(-1) times x"
    return text.replace(r"1 \frac{1}", r"\frac{1}").replace(r"\left(-1\right) ", "- ")


def fourth_moment(mu: Expr, sigma: Expr) -> Expr:
    """E[z^4] for z ~ N(mu, sigma^2), by integration over eps with z = mu + sigma eps."""
    density = sp.exp(-(eps**2) / 2) / sp.sqrt(2 * sp.pi)
    integrand = sp.expand((mu + sigma * eps) ** 4) * density
    return sp.expand(sp.integrate(sp.expand(integrand), (eps, -sp.oo, sp.oo)))
