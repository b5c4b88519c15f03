"""The Gaussian KL divergence, derived line by line: SymPy checks each line before it is shown.

from vae_helpers.kl_derivation import ONE_DIMENSION
ONE_DIMENSION["log_ratio"]
"""

from vae_helpers.kl_derivation.beyond import BEYOND
from vae_helpers.kl_derivation.proving import DerivationError, Step, fourth_moment, value
from vae_helpers.kl_derivation.slides import slide_table
from vae_helpers.kl_derivation.steps import KL, ONE_DIMENSION, line, step

__all__ = [
    "BEYOND",
    "KL",
    "ONE_DIMENSION",
    "DerivationError",
    "Step",
    "fourth_moment",
    "line",
    "slide_table",
    "step",
    "value",
]
