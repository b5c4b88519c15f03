"""Beyond the lecture: several dimensions, two general Gaussians, gradients, the other direction, the sign."""

from vae_helpers.kl_derivation.proving import Step
from vae_helpers.kl_derivation.steps import KL, P_TEXT, Q_TEXT, step

KL_1, KL_2 = (KL.replace("mu", f"mu{j}").replace("sigma", f"sigma{j}") for j in (1, 2))
# log q - log p of two dimensions, in terms of eps1 and eps2: q diagonal, with z_j = mu_j + sigma_j eps_j ...
DIAGONAL = " + ".join(f"(-log(sigma{j}) - eps{j}**2 / 2 + (mu{j} + sigma{j} * eps{j})**2 / 2)" for j in (1, 2))
# ... and q with correlation rho: z_2 = mu_2 + sigma_2 (rho eps1 + sqrt(1 - rho^2) eps2)
CORRELATED = (
    "-log(sigma1 * sigma2) - log(1 - rho**2) / 2 - (eps1**2 + eps2**2) / 2 + (mu1 + sigma1 * eps1)**2 / 2"
    " + (mu2 + sigma2 * (rho * eps1 + sqrt(1 - rho**2) * eps2))**2 / 2"
)
TRACE, DETERMINANT = "(sigma1**2 + sigma2**2)", "(sigma1**2 * sigma2**2 * (1 - rho**2))"
MATRIX_FORM = f"half * ({TRACE} + mu1**2 + mu2**2 - 2 - log({DETERMINANT}))"
GENERAL_LOG_RATIO = "log(sigma_p / sigma) - (z - mu)**2 / (2*sigma**2) + (z - mu_p)**2 / (2*sigma_p**2)"
GENERAL = "log(sigma_p / sigma) + (sigma**2 + (mu - mu_p)**2) / (2 * sigma_p**2) - half"
LOGVAR = "-half * (1 + ell - mu**2 - exp(ell))"

BEYOND: dict[str, Step] = {
    "prior_factorises": step(
        "The prior is a product",
        f"exp(-(z1**2 + z2**2) / 2) / (2*pi) = ({P_TEXT.replace('z', 'z1')}) * ({P_TEXT.replace('z', 'z2')})",
        rule=r"$\mathcal N(0, I)$ is the density of independent standard normal numbers, here of two.",
        slide="2. Substitute the Distributions",
        verdict="loose",
        repair="a vector's prior beside one number's q: N(0, 1) for one dimension, or N(μ, diag(σ²)) for all",
    ),
    "two_dimensions": step(
        "Two independent dimensions",
        f"E({DIAGONAL}) = ({KL_1}) + ({KL_2})",
        rule=r"With $q$ diagonal and $p$ factorised, the log ratio is a sum; each term has its own $\varepsilon_j$, "
        r"put in with $z_j=\mu_j+\sigma_j\varepsilon_j$.",
    ),
    "correlated": step(
        "Two correlated dimensions",
        f"E({CORRELATED}) = ({KL_1}) + ({KL_2}) - log(1 - rho**2) / 2",
        rule=r"With correlation $\rho$ between the dimensions of $q$, the sum misses a term, positive unless "
        r"$\rho = 0$.",
    ),
    "sum_is_not_legal": step(
        "So the sum alone is wrong there",
        f"E({CORRELATED}) != ({KL_1}) + ({KL_2})",
        rule="Against $\\mathcal N(0, I)$, the sum over $j$ is right for a diagonal $q$ only; "
        "the slide does not say so.",
        slide="2. Kullback-Leibler Divergence",
        verdict="loose",
        repair="for a diagonal q only; else *The matrix form* (going further)",
    ),
    "matrix_form": step(
        "The matrix form, for a 2 x 2 covariance",
        f"E({CORRELATED}) = {MATRIX_FORM}",
        rule="In any dimension: half of (trace + squared length of the mean − $D$ − log determinant).",
    ),
    "general_log_ratio": step(
        "The logarithm of the ratio, in general",
        f"log(({Q_TEXT}) / ({Q_TEXT.replace('mu', 'mu_p').replace('sigma', 'sigma_p')})) = {GENERAL_LOG_RATIO}",
        rule="As before; the factors $\\sigma$ and $\\sigma_p$ stay.",
    ),
    "two_gaussians": step(
        "Between two general Gaussians",
        f"E_q({GENERAL_LOG_RATIO}) = {GENERAL}",
        rule="The same moments; the distance of the means is measured in units of $p$'s standard deviation.",
    ),
    "special_case": step(
        "The prior is a special case",
        f"{GENERAL.replace('mu_p', '0').replace('sigma_p', '1')} = {KL}",
        rule=r"Put $\mu_p = 0$ and $\sigma_p = 1$.",
    ),
    "by_mu": step("The derivative by μ", f"Derivative({KL}, mu) = mu", rule="A pull of the mean towards 0."),
    "by_sigma": step(
        "The derivative by σ",
        f"Derivative({KL}, sigma) = sigma - 1 / sigma",
        rule=r"Zero at $\sigma = 1$, and nowhere else for $\sigma > 0$.",
    ),
    "curved_in_mu": step(
        "The second derivative by μ", f"Derivative({KL}, mu, mu) > 0", rule="It is 1: curved upwards everywhere."
    ),
    "curved_in_sigma": step(
        "The second derivative by σ",
        f"Derivative({KL}, sigma, sigma) > 0",
        rule=r"It is $1 + 1/\sigma^2$.",
    ),
    "mixed_derivative": step(
        "The mixed derivative",
        f"Derivative({KL}, mu, sigma) = 0",
        rule=r"So the KL is curved upwards in every direction, and $(\mu, \sigma) = (0, 1)$ is its one minimum.",
    ),
    "reverse": step(
        "The other direction",
        "E(log(sigma) + (eps - mu)**2 / (2*sigma**2) - eps**2 / 2) = log(sigma) + (1 + mu**2) / (2*sigma**2) - half",
        rule=r"$\mathrm{KL}(p\,\|\,q)$: the expectation is over $p$ now, so $z = \varepsilon$.",
    ),
    "directions_differ": step(
        "In general another number",
        f"log(sigma) + (1 + mu**2) / (2*sigma**2) - half != {KL}",
        rule=r"A KL is no distance: it is not symmetric. (Where $\sigma = 1$, both are $\mu^2/2$.)",
    ),
    "log_variance": step(
        "As the network has it",
        f"{KL.replace('sigma', 'exp(ell / 2)')} = {LOGVAR}",
        rule=r"With the log-variance $\ell = \log\sigma^2$, that is $\sigma = e^{\ell/2}$.",
    ),
    "by_log_variance": step(
        "The derivative by the log-variance",
        f"Derivative({LOGVAR}, ell) = (exp(ell) - 1) / 2",
        rule=r"Never below $-\frac12$: a tiny variance is pushed up gently. "
        r"By $\sigma$ the pull $1/\sigma$ has no bound.",
    ),
    "two_parts": step(
        "Two parts, each with a sign",
        f"{KL} = mu**2 / 2 + half * (sigma**2 - 1 - log(sigma**2))",
        rule=r"The first is a square. The second is $h(v)/2$ with $h(v) = v - 1 - \log v$ and $v = \sigma^2$.",
    ),
    "h_starts_at_zero": step("h is 0 at v = 1", "1 - 1 - log(1) = 0", rule="The start of the second part."),
    "h_is_flat_there": step(
        "Its derivative",
        "Derivative(v - 1 - log(v), v) = (v - 1) / v",
        rule="Negative below $v = 1$, positive above.",
    ),
    "h_is_convex": step(
        "Its second derivative",
        "Derivative(v - 1 - log(v), v, v) > 0",
        rule="So $h$ is 0 at $v = 1$ and positive elsewhere, and the KL is 0 only at $\\mu = 0$, $\\sigma = 1$.",
    ),
}
