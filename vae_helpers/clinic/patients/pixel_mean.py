"""The cross-entropy averaged over pixels, and the KL summed: beta = 784 in disguise."""

from torch.nn import functional as F

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def reconstruction(self, logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).mean(dim=1)


def signature(chart: Chart) -> bool:
    parts = chart["weight"] * chart["pixels"]
    return (near(parts, 1) or near(parts, 0.5)) and near(chart["kl_mu"], 1)  # 0.5: squares with their factor 1/2


PATIENT = Patient(
    name="Ada",
    diagnosis="pixel_mean",
    symptom="The loss is small from the start, and settles at 0.27 within an epoch. Every z decodes to the "
    "same grey smear.",
    broken=reconstruction,
    phrase="BCE is a pixel mean",
    signature=signature,
    finding="The reconstruction is a mean over pixels, the KL a sum: the KL weighs as many times too much as there are "
    "pixels.",
    next="The honest KL: near 0, as at beta = 784. One epoch at beta = 0 learns.",
    remedy="Sum over the pixels of an image; take the mean over images only.",
    tests=("reconstruction", "kl"),
    sources=("keras-team/keras, issue 3373 and pull request 3383",),
)
