"""Exercises that recognise the mistake: ``check`` an answer, look at the ``solution``, see your ``progress``.

from vae_helpers.exercises import check
check("gaussian_kl", my_gaussian_kl)
"""

from vae_helpers.exercises.catalogue import EXERCISES
from vae_helpers.exercises.checking import CheckResult, Progress, check, progress
from vae_helpers.exercises.solutions import Solution, solution

__all__ = ["EXERCISES", "CheckResult", "Progress", "Solution", "check", "progress", "solution"]
