"""The bug clinic: VAEs that went wrong in ways that people really report, and tests that tell which.

A patient is the course's VAE, cut into eight short methods (:class:`PracticeVAE`), with one of them gone wrong. Each
has its file in ``patients``: what its owner sees, the broken method, the signature in numbers, the remedy.

Tests come in two kinds. ``known_values``, ``formula`` and ``steps`` put a known mu, sigma or decoder output in and look
at what comes out; ``observations`` looks at what the model makes of real images. ``diagnose`` makes them all, on the
student's own model too:

from vae_helpers.clinic import diagnose
diagnose(model, test_images)

To add a patient, add a file to ``patients``; nothing else lists it.
"""

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.diagnose import MENU, Diagnosis, Finding, diagnose, examine, menu, order
from vae_helpers.clinic.patient import Patient, practise
from vae_helpers.clinic.patients import PATIENTS, find
from vae_helpers.clinic.practice import PracticeVAE
from vae_helpers.clinic.steps import unheld
from vae_helpers.clinic.treatment import Treatment, treat

__all__ = [
    "MENU",
    "PATIENTS",
    "Chart",
    "Diagnosis",
    "Finding",
    "Patient",
    "PracticeVAE",
    "Treatment",
    "diagnose",
    "examine",
    "find",
    "menu",
    "order",
    "practise",
    "treat",
    "unheld",
]
