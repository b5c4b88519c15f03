"""The Gaussian KL divergence, derived line by line: SymPy checks each line before it is shown.

``LAYERS`` is another derivation by the same means: two layers of latents.

from vae_helpers.kl_derivation import ONE_DIMENSION
ONE_DIMENSION["log_ratio"]
"""

from vae_helpers.kl_derivation.beyond import BEYOND
from vae_helpers.kl_derivation.layers import LAYERS
from vae_helpers.kl_derivation.proving import DerivationError, Step, fourth_moment, value
from vae_helpers.kl_derivation.slides import slide_table
from vae_helpers.kl_derivation.steps import KL, ONE_DIMENSION, line, step

__all__ = [
    "BEYOND",
    "KL",
    "LAYERS",
    "ONE_DIMENSION",
    "DerivationError",
    "Step",
    "fourth_moment",
    "line",
    "slide_table",
    "step",
    "value",
]
