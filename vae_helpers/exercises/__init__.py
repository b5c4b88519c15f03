"""Exercises that recognise the mistake: ``check`` an answer, look at the ``solution``, see your ``progress``.

from vae_helpers.exercises import check
check("gaussian_kl", my_gaussian_kl)
"""

from vae_helpers.exercises.check import CheckResult, Progress, check, progress
from vae_helpers.exercises.solution import Solution, solution
from vae_helpers.exercises.topics import EXERCISES

__all__ = ["EXERCISES", "CheckResult", "Progress", "Solution", "check", "progress", "solution"]
