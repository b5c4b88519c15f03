"""The noise drawn with a standard deviation of 0.01 in place of 1."""

import torch

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def draw(self, mu, logvar, generator, epsilon_std=0.01):
    eps = epsilon_std * torch.randn(mu.shape, generator=generator)
    return mu + torch.exp(0.5 * logvar) * eps


def signature(chart: Chart) -> bool:
    small = 1e-6 < chart["noise_wide"] < 0.3 and near(chart["noise_pull"], 1)  # z itself is not made smaller
    return small and near(chart["noise_narrow"], chart["noise_wide"], 0.3)


PATIENT = Patient(
    name="Ines",
    diagnosis="small_noise",
    symptom="The best loss of the class by far: 117 nats, where a friend has 144. The samples are hardly better.",
    broken=draw,
    phrase="noise × 0.01",
    signature=signature,
    finding="The noise is smaller than sigma by one factor everywhere: eps is not drawn from N(0, I).",
    next="The own loss against an honest evaluation: the gap is hundreds of nats.",
    remedy="eps with standard deviation 1.",
    tests=("noise",),
    sources=("keras-team/keras, pull request 4211", "maxhodak/keras-molecules, issue 61"),
)
