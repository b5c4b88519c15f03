"""Two layers of latents, exactly: z2 ~ N(0, 1), z1 given z2 ~ N(a z2, 1 - a^2), x given z1 ~ N(z1, s^2).

``E`` is the expectation over independent standard normals, as in the other parts of this derivation.
"""

from vae_helpers.kl_derivation.proving import Step
from vae_helpers.kl_derivation.steps import step

V = "(1 + s**2)"  # the variance of x
LEFT = "(1 - a**2)"  # the variance of z1 that z2 leaves open
X_FROM_Z2 = "(1 - a**2 + s**2)"  # the variance of x that z2 leaves open
Z1 = "a*eps2 + sqrt(1 - a**2)*eps1"
SURPRISE = f"(x**2 / {V}**2 - 1 / {V})"
TOP = f"half * (a**2 * {SURPRISE} + log({V}) - log({X_FROM_Z2}))"
BOTTOM = f"half * ((1 - a**2) * {SURPRISE} + log({X_FROM_Z2}) - log(s**2))"
BOTH = f"half * ({SURPRISE} + log({V}) - log(s**2))"
LOG_EVIDENCE = f"-half * log(2*pi*{V}) - x**2 / (2*{V})"
SHARE = f"({LEFT} / {X_FROM_Z2})"  # of the way from a z2 to x that the posterior of z1 goes
GAP = f"half * (log({X_FROM_Z2}) - log({V}) - log(1 - a**2))"
LAYERS: dict[str, Step] = {
    "prior_of_z1": step(
        "The prior of z1, with z2 averaged out",
        f"E(({Z1})**2) = 1",
        rule=r"$z_1 = a z_2 + \sqrt{1-a^2}\,\varepsilon_1$ with $z_2=\varepsilon_2$: a sum of Gaussians is Gaussian, "
        r"its mean is 0, and its variance has no $a$.",
    ),
    "evidence": step(
        "The variance of x",
        f"E(({Z1} + s*eps)**2) = 1 + s**2",
        rule=r"$x = z_1 + s\,\varepsilon$. So $p(x) = \mathcal N(0, 1+s^2)$, whatever $a$ is.",
    ),
    "posterior_of_z2": step(
        "The posterior of z2",
        f"-z2**2 / 2 - (x - a*z2)**2 / (2*{X_FROM_Z2}) + x**2 / (2*{V})"
        f" = -(z2 - a*x / {V})**2 / (2 * ({X_FROM_Z2} / {V}))",
        rule=r"Bayes, without the constants: $\log p(z_2)+\log p(x|z_2)-\log p(x)$. "
        r"So $p(z_2|x)=\mathcal N\big(\frac{a x}{1+s^2},\,1-\frac{a^2}{1+s^2}\big)$.",
    ),
    "posterior_of_z1": step(
        "The posterior of z1, given z2",
        f"-(z1 - a*z2)**2 / (2*{LEFT}) - (x - z1)**2 / (2*s**2) + (x - a*z2)**2 / (2*{X_FROM_Z2})"
        f" = -(z1 - (a*z2 + {SHARE} * (x - a*z2)))**2 / (2 * ({SHARE} * s**2))",
        rule=r"The same for $\log p(z_1|z_2)+\log p(x|z_1)-\log p(x|z_2)$. The mean lies between $a z_2$ and $x$.",
    ),
    "top": step(
        "What z2 costs",
        f"half * ((a*x / {V})**2 + {X_FROM_Z2} / {V} - 1 - log({X_FROM_Z2} / {V})) = {TOP}",
        rule=r"The KL of notebook 02 with this posterior's mean and variance.",
    ),
    "distance": step(
        "How far x is from what z2 says",
        "E((x - a*(mu + sigma*eps))**2) = (x - a*mu)**2 + a**2*sigma**2",
        rule=r"The mean square over $z_2=\mu+\sigma\varepsilon$; here $\mu$ and $\sigma^2$ are those of $p(z_2|x)$.",
    ),
    "bottom": step(
        "What z1 costs",
        f"half * ({SHARE}**2 * ((x - a*a*x / {V})**2 + a**2*{X_FROM_Z2} / {V}) / {LEFT} + s**2 / {X_FROM_Z2} - 1"
        f" + log({X_FROM_Z2}) - log(s**2)) = {BOTTOM}",
        rule=r"The KL of $p(z_1|x,z_2)$ to $p(z_1|z_2)$, the mean over $z_2\sim p(z_2|x)$, by the last line.",
    ),
    "sum": step(
        "What both cost",
        f"({TOP}) + ({BOTTOM}) = {BOTH}",
        rule=r"$a$ cancels, for every $x$: the dial moves nats from one layer to the other.",
    ),
    "elbo": step(
        "The ELBO",
        f"-half * log(2*pi*s**2) - ((x*s**2 / {V})**2 + s**2 / {V}) / (2*s**2) - ({BOTH}) = {LOG_EVIDENCE}",
        rule=r"The reconstruction under $p(z_1|x)=\mathcal N\big(\frac{x}{1+s^2}, \frac{s^2}{1+s^2}\big)$, minus what "
        r"both layers cost, is $\log p(x)$.",
    ),
    "mean_top": step(
        "What z2 costs, on average",
        f"half * (a**2 * (E((sqrt{V}*eps)**2) / {V}**2 - 1 / {V}) + log({V}) - log({X_FROM_Z2}))"
        f" = -half * log({X_FROM_Z2} / {V})",
        rule=r"Over $x=\sqrt{1+s^2}\,\varepsilon$. It is the mutual information $I(x; z_2)$, and 0 at $a = 0$.",
    ),
    "mean_sum": step(
        "What both cost, on average",
        f"half * (E((sqrt{V}*eps)**2) / {V}**2 - 1 / {V} + log({V}) - log(s**2)) = half * log(1 + 1 / s**2)",
        rule=r"It is $I(x; z_1)$: all that $x$ tells about the latents, as it depends on $z_2$ through $z_1$ only.",
    ),
    "other_order": step(
        "The same posterior, read bottom-up",
        f"half * (a**2 * ((x / {V})**2 + s**2 / {V}) + {LEFT} - 1 - log({LEFT})) = {TOP} + {GAP}",
        rule=r"With $q = p(z_1|x)\,p(z_2|z_1)$ the part of $z_2$ is $\mathrm{KL}(p(z_2|z_1)\,\|\,p(z_2))$, the mean "
        r"over $z_1$: it is larger, and the part of $z_1$ smaller by as much.",
    ),
    "no_link": step(
        "A q without a link",
        "E((sigma1*eps1 - a*sigma2*eps2)**2) = sigma1**2 + a**2*sigma2**2",
        rule=r"Take $q(z_1|x)\,q(z_2|x)$ with the right means. Of $(z_1 - a z_2)^2$ the part beside the means is this.",
    ),
    "factorised": step(
        "What it makes of the posterior",
        f"(sigma1**2 + a**2*sigma2**2) / (2*{LEFT}) + sigma2**2 / 2 + sigma1**2 / (2*s**2)"
        f" = half * (sigma1**2 * {X_FROM_Z2} / ({LEFT}*s**2) + sigma2**2 / {LEFT})",
        rule=r"The mean of the quadratic part of $-\log p(z_1, z_2|x)$. Minus $\log(\sigma_1\sigma_2)$, it is least at "
        r"$\sigma_1^2=\frac{(1-a^2)s^2}{1-a^2+s^2}$ and $\sigma_2^2=1-a^2$, where it is 1, as it is for the posterior.",
    ),
    "factorised_gap": step(
        "What the best q without a link lacks",
        f"half * (log({LEFT}) + log(s**2) - log({V})) - half * (log({LEFT}) + log(s**2) - log({X_FROM_Z2})"
        f" + log({LEFT})) = {GAP}",
        rule=r"Half the log determinant of the posterior's covariance, minus that of this $q$'s.",
    ),
    "factorised_slope": step(
        "It grows with a",
        f"Derivative({GAP}, a) = a * s**2 / ({LEFT} * {X_FROM_Z2})",
        rule=r"Zero at $a = 0$ only: this bound is best where the top is dead.",
    ),
}
