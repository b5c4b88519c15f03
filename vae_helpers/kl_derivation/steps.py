"""The derivation of the Gaussian KL, line by line, in the order of the lecture, and beyond it.

Formulas are written as on the slides: ``E_q`` is the expectation over z ~ q, ``E`` the one over eps ~ N(0, 1).
"""

import re

import sympy as sp
from sympy.parsing.sympy_parser import parse_expr

from vae_helpers.kl_derivation.proving import ExpectEps, ExpectQ, Step, eps, eps1, eps2, mu, p, q, sigma, z

# For the parts beyond one dimension and beyond the standard normal
mu1, mu2, mu_p, z1, z2 = sp.symbols("mu_1 mu_2 mu_p z_1 z_2", real=True)
sigma1, sigma2, sigma_p = sp.symbols("sigma_1 sigma_2 sigma_p", positive=True)
rho = sp.Symbol("rho", real=True)
ell = sp.Symbol("ell", real=True)
a, x = sp.symbols("a x", real=True)
v, s = sp.symbols("v s", positive=True)

NAMES = {
    **{symbol.name: symbol for symbol in (z, mu, sigma, mu_p, sigma_p, rho, ell, v, a, s, x)},
    **{"mu1": mu1, "mu2": mu2, "sigma1": sigma1, "sigma2": sigma2, "z1": z1, "z2": z2},
    **{"eps": eps, "eps1": eps1, "eps2": eps2, "q": q, "p": p, "E_q": ExpectQ, "E": ExpectEps},
    **{"Integral": sp.Integral, "Derivative": sp.Derivative, "oo": sp.oo, "half": sp.Rational(1, 2)},
}
RELATIONS = {"=": sp.Eq, "!=": sp.Ne, ">": sp.Gt, ">=": sp.Ge}

Q_TEXT = "exp(-(z - mu)**2 / (2*sigma**2)) / sqrt(2*pi*sigma**2)"
P_TEXT = "exp(-z**2 / 2) / sqrt(2*pi)"
LOG_RATIO = "log(1 / sqrt(sigma**2)) - (z - mu)**2 / (2*sigma**2) + z**2 / 2"
REPAIRED = "-log(sigma) - E_q(z**2 - 2*z*mu + mu**2) / (2*sigma**2) + E_q(z**2) / 2"
RESTORED = (
    "-half * (E(log(sigma**2)) + E((mu + sigma*eps)**2 / sigma**2) - E(2*(mu + sigma*eps)*mu / sigma**2)"
    " + E(mu**2 / sigma**2) - E((mu + sigma*eps)**2))"
)
MULTIPLIED = (
    "-half * (log(sigma**2) + E(mu**2 + 2*mu*sigma*eps + sigma**2*eps**2) / sigma**2"
    " - E(2*mu*mu + 2*mu*sigma*eps) / sigma**2 + E(mu**2 / sigma**2) - E(mu**2 + 2*mu*sigma*eps + sigma**2*eps**2))"
)
MOMENTS_IN = (
    "-half * (log(sigma**2) + (mu**2 + 0 + sigma**2) / sigma**2 - (2*mu**2 + 0) / sigma**2"
    " + mu**2 / sigma**2 - (mu**2 + 0 + sigma**2))"
)
COLLECTED = "-half * (log(sigma**2) + mu**2 / sigma**2 + 1 - mu**2 / sigma**2 - mu**2 - sigma**2)"
KL = "-half * (1 + log(sigma**2) - mu**2 - sigma**2)"


def line(text: str) -> sp.Expr:
    """A formula exactly as written: nothing is reordered, cancelled or simplified."""
    return parse_expr(text, local_dict=NAMES, evaluate=False)


def step(title: str, claim: str, *, rule: str, slide: str = "", verdict: str = "", repair: str = "") -> Step:
    """A :class:`Step` whose claim is written as text, ``left = right``; instead of = also !=, > or >=."""
    left, sign, right = re.split(r" (=|!=|>|>=) ", claim)
    relation = RELATIONS[sign](line(left), line(right), evaluate=False)
    return Step(title, relation, rule, slide, verdict, repair)


# Where on the slides: the headings of the lecture, and the lines of its long equation, which takes two slides
DEFINITION = "1. KL Divergence Definition"
EXPANSION = "3. Expand the KL Divergence Expression"
DENSITIES = "a. Plug in ... Density Functions"
RATIO = "b. Simplify the Logarithmic Term"
FIRST_MOMENT, SECOND_MOMENT = r"1. Expectation $E(\epsilon) = 0$", r"2. Expectation $E(\epsilon^2) = 1$"
EQUATION = "The expectation ... term"

ONE_DIMENSION = {
    "definition": step(
        "The definition",
        "E_q(log(q / p)) = E_q(log(q) - log(p))",
        rule="The logarithm of a quotient is a difference. That holds for any $q$ and $p$.",
        slide=DEFINITION,
        verdict="loose",
        repair="holds for any densities, not only Gaussian",
    ),
    "integral": step(
        "An expectation is an integral",
        "E_q(log(q / p)) = Integral(q * log(q / p), (z, -oo, oo))",
        rule="By definition, an expectation over $q$ weighs each $z$ by $q(z)$.",
        slide=EXPANSION,
        verdict="right",
    ),
    "q_is_a_density": step(
        "q is a density",
        f"Integral({Q_TEXT}, (z, -oo, oo)) = 1",
        rule="The slide's formula for $q$ integrates to 1.",
        slide=DENSITIES,
        verdict="right",
    ),
    "p_is_a_density": step(
        "p is a density",
        f"Integral({P_TEXT}, (z, -oo, oo)) = 1",
        rule="So does the one for $p$.",
        slide=DENSITIES,
        verdict="right",
    ),
    "plugged_in": step(
        "Both densities plugged in",
        f"E_q(log(q / p)) = Integral({Q_TEXT} * log(({Q_TEXT}) / ({P_TEXT})), (z, -oo, oo))",
        rule="The integral in full.",
        slide=DENSITIES,
        verdict="right",
    ),
    "log_ratio": step(
        "The logarithm of the ratio",
        f"log(({Q_TEXT}) / ({P_TEXT})) = {LOG_RATIO}",
        rule=r"The factors $1/\sqrt{2\pi}$ cancel, and log undoes exp.",
        slide=RATIO,
        verdict="right",
    ),
    "expectation": step(
        "Its expectation is the KL",
        f"E_q(log(q / p)) = E_q({LOG_RATIO})",
        rule="Put the last line under the expectation.",
        slide=f"{EQUATION}, lines 1 and 2",
        verdict="loose",
        repair="line 1 has one dimension, line 2 a sum over j: sum in both or in neither (and q(z\\|x), not q(z/x))",
    ),
    "density_of_eps": step(
        "Change the variable to ε",
        "sigma * exp(-((mu + sigma*eps) - mu)**2 / (2*sigma**2)) / sqrt(2*pi*sigma**2) = exp(-eps**2 / 2) / sqrt(2*pi)",
        rule=r"With $z = \mu+\sigma\varepsilon$, $q(z)\,dz$ becomes $\mathcal N(\varepsilon; 0, 1)\,d\varepsilon$.",
    ),
    "substitution": step(
        "Substitute z = μ + σε",
        "E_q(z**2) = E((mu + sigma * eps)**2)",
        rule=r"If $\varepsilon$ is standard normal, $\mu+\sigma\varepsilon$ has the density $q$. Here for $z^2$.",
        slide=f"{EQUATION}, lines 1 and 2",
        verdict="loose",
        repair="each dimension has its own noise: z_j = μ_j + σ_j ε_j, with ε_1, ..., ε_d independent",
    ),
    "first_moment": step(
        "The mean of ε",
        "E(eps) = 0",
        rule="By integration: the integrand is odd.",
        slide=FIRST_MOMENT,
        verdict="right",
    ),
    "second_moment": step(
        "The mean of ε²",
        "E(eps**2) = 1",
        rule=r"By integration. The slide takes it from $\mathrm{Var}(\varepsilon) = 1$, "
        r"with $\mathbb E[\varepsilon]=0$.",
        slide=SECOND_MOMENT,
        verdict="right",
    ),
    "spread": step(
        "The mean squared distance from μ",
        "E_q((z - mu)**2) = sigma**2",
        rule=r"It is $\sigma^2\,\mathbb E[\varepsilon^2]$.",
    ),
    "second_moment_of_z": step(
        "The mean of z²",
        "E_q(z**2) = mu**2 + sigma**2",
        rule=r"It is $\mu^2 + 2\mu\sigma\,\mathbb E[\varepsilon] + \sigma^2\,\mathbb E[\varepsilon^2]$.",
    ),
    "dropped": step(
        "The line that drops the expectation",
        f"E_q({LOG_RATIO}) != E(-log(sigma)) - (z**2 - 2*z*mu + mu**2) / (2*sigma**2) + z**2 / 2",
        rule=r"A number on the left, a random variable on the right: $\mathbb E$ stands at the first term only.",
        slide=f"{EQUATION}, line 3",
        verdict="wrong",
        repair="*every* term needs it: *The same line, repaired*",
    ),
    "repaired": step(
        "The same line, repaired",
        f"E_q({LOG_RATIO}) = {REPAIRED}",
        rule="Expectation is linear: it goes to every term, and passes over constants.",
    ),
    "restored": step(
        "The expectations are back",
        f"{REPAIRED} = {RESTORED}",
        rule=r"Take $-\frac12$ out, and substitute $z = \mu + \sigma\varepsilon$. The slide's expectations are back.",
        slide=f"{EQUATION}, line 4",
        verdict="right",
    ),
    "squares": step(
        "Multiply out",
        f"{RESTORED} = {MULTIPLIED}",
        rule="The square of a sum; constants leave the expectation.",
        slide=f"{EQUATION}, line 5",
        verdict="right",
    ),
    "moments_in": step(
        "Put the moments in",
        f"{MULTIPLIED} = {MOMENTS_IN}",
        rule=r"$\mathbb E[\varepsilon] = 0$ and $\mathbb E[\varepsilon^2] = 1$.",
        slide=f"{EQUATION}, line 6",
        verdict="right",
    ),
    "collected": step(
        "Collect",
        f"{MOMENTS_IN} = {COLLECTED}",
        rule=r"$\sigma^2/\sigma^2 = 1$, and of the terms with $\mu^2/\sigma^2$ one minus one is left.",
        slide=f"{EQUATION}, line 7",
        verdict="right",
    ),
    "closed_form": step(
        "The closed form",
        f"{COLLECTED} = {KL}",
        rule=r"The terms with $\mu^2/\sigma^2$ cancel.",
        slide=f"{EQUATION}, line 7",
        verdict="right",
    ),
}
