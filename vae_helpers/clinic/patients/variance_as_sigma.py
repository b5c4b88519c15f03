"""exp(logvar), a variance, used as the standard deviation."""

import torch

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def draw(self, mu, logvar, generator):
    eps = torch.randn(mu.shape, generator=generator)
    return mu + torch.exp(logvar) * eps


def signature(chart: Chart) -> bool:
    return near(chart["noise_wide"], 1, 0.3) and near(chart["noise_narrow"], 0.135, 0.3)


PATIENT = Patient(
    name="Hugo",
    diagnosis="variance_as_sigma",
    symptom="None: copies and samples look well, and the loss is even 8 nats or more below that of a friend "
    "with the same network.",
    broken=draw,
    phrase="exp(logvar) as σ",
    signature=signature,
    finding="The noise has the standard deviation exp(logvar), which is the variance: narrower than the KL believes.",
    next="The own loss against an honest evaluation with sigma = exp(logvar / 2).",
    remedy="sigma = torch.exp(0.5 * logvar).",
    tests=("noise",),
    sources=("rachtsingh/ibp_vae, issue 3", "keras-team/keras, pull request 9972"),
)
