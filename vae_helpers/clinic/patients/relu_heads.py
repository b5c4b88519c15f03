"""A ReLU on mu and logvar: no mean below 0, no sigma below 1."""

import torch

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def encode(self, x):
    mu, logvar = self.encoder(x)
    return torch.relu(mu), torch.relu(logvar)


def signature(chart: Chart) -> bool:
    return chart["logvar_least"] == 0 and 0.05 < chart["logvar_zeros"] < 1  # all: a sigma held at 1


PATIENT = Patient(
    name="Kaja",
    diagnosis="relu_heads",
    symptom="Training looks sound and ends 30 nats or more above a friend's. Copies are blurred.",
    broken=encode,
    phrase="ReLU on μ and logvar",
    signature=signature,
    finding="The encoder's last layer ends in a ReLU: logvar is never below 0, so sigma never below 1.",
    next="A histogram of logvar and of mu: a wall at 0.",
    remedy="Linear layers for mu and logvar: no activation on the heads.",
    tests=("latents",),
    sources=("shekkizh/TensorflowProjects, pull request 1", "alexlee-gk/video_prediction, issue 3"),
)
