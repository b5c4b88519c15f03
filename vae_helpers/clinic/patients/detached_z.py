"""z drawn without a gradient: the reconstruction never reaches the encoder."""

import torch

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def draw(self, mu, logvar, generator):
    sigma = torch.exp(0.5 * logvar)
    with torch.no_grad():
        z = torch.normal(mu, sigma, generator=generator)
    return z


def signature(chart: Chart) -> bool:
    return chart["noise_pull"] == 0


PATIENT = Patient(
    name="Cleo",
    diagnosis="detached_z",
    symptom="The KL goes to 0 and stays there, the loss to 207 nats, the price of the average image. A "
    "smaller beta changes nothing.",
    broken=draw,
    phrase="no gradient through z",
    signature=signature,
    finding="z does not move with mu: no gradient of the reconstruction reaches the encoder, which learns from the KL "
    "alone.",
    next="The gradient of the reconstruction at the encoder's weights: 0. One epoch at beta = 0 does not help.",
    remedy="z = mu + sigma * eps, outside of no_grad; of a distribution, rsample() and not sample().",
    tests=("noise",),
)
