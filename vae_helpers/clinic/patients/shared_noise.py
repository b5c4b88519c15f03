"""One eps for all images of a batch."""

import torch

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def draw(self, mu, logvar, generator):
    eps = torch.randn(1, mu.shape[1], generator=generator)
    return mu + torch.exp(0.5 * logvar) * eps


def signature(chart: Chart) -> bool:
    return chart["noise_shared"] > 0.5 and chart["noise_wide"] > 0.05


PATIENT = Patient(
    name="Mira",
    diagnosis="shared_noise",
    symptom="Training looks sound and ends some 20 nats above a friend's. What is seen of mu and sigma looks well.",
    broken=draw,
    phrase="one ε for the batch",
    signature=signature,
    finding="All images of a batch are moved by the same eps.",
    next="The shape of eps: want that of mu.",
    remedy="eps = torch.randn(mu.shape), or torch.randn_like(mu).",
    tests=("noise",),
)
