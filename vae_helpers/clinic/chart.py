"""The numbers of a patient's tests, and what they are on a healthy model."""

import math
import textwrap

NORMAL = {
    "weight": "1 (BCE)",
    "misfit": "0",
    "target_slope": "1",
    "target_offset": "0",
    "target_gap": "0 nats",
    "reconstruction_batch": "1",
    "finite_when_sure": "1",
    "kl_mu": "1, or beta",
    "kl_narrow": "1, or beta",
    "kl_batch": "1",
    "noise_wide": "1",
    "noise_narrow": "1",
    "noise_shared": "0",
    "noise_pull": "1",
    "noise_evaluated": "1",
    "step_growth": "1",
    "step_beta": "1",
    "encoder_learns": "1",
    "optimism": "0 nats",
    "mu_least": "below 0",
    "logvar_least": "below 0",
    "mu_zeros": "0",
    "logvar_zeros": "0",
    "heads_gap": "above 0",
    "encode_repeat": "0",
    "encode_mates": "0",
    "birth_reconstruction": "543 nats (BCE)",
}


class Chart(dict):
    """The numbers of all tests by name; of one that could not be made, NaN, which is near nothing.

    >>> chart = Chart(kl_mu=1.0, likelihood="squares")
    >>> chart
    kl_mu       1         healthy: 1, or beta
    likelihood  squares
    >>> chart["weight"]
    nan
    """

    def __missing__(self, name: str) -> float:
        return math.nan

    def __repr__(self) -> str:
        texts = {name: value if isinstance(value, str) else f"{value:.4g}" for name, value in self.items()}
        wide, far = max(map(len, texts), default=0), max(map(len, texts.values()), default=0)
        lines = (
            f"{name:<{wide}}  {text:<{far}}" + (f"   healthy: {NORMAL[name]}" if name in NORMAL else "")
            for name, text in texts.items()
        )
        return "\n".join(line.rstrip() for line in lines) or "no numbers"


def wrapped(line: str, indent: int = 2) -> str:
    """A long line as several, short enough for a slide; those after the first stand further in.

    >>> print(wrapped("word " * 20))
    word word word word word word word word word word word word word word word word word
      word word word
    """
    return textwrap.fill(line, width=85, subsequent_indent=" " * indent)


def near(value: float, wanted: float, tolerance: float = 0.15) -> bool:
    """Whether a measured number is the wanted one, within a fraction of it.

    >>> near(0.95, 1), near(0.5, 1), near(math.nan, 1)
    (True, False, False)
    """
    return abs(value - wanted) <= tolerance * abs(wanted)
