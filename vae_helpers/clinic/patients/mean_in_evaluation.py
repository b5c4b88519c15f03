"""z = mu in eval mode: the test loss is no bound, and here too good."""

import torch

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def draw(self, mu, logvar, generator):
    if not self.training:
        return mu
    eps = torch.randn(mu.shape, generator=generator)
    return mu + torch.exp(0.5 * logvar) * eps


def signature(chart: Chart) -> bool:
    return chart["noise_evaluated"] < 1e-6 and chart["noise_wide"] > 1e-3


PATIENT = Patient(
    name="Piet",
    diagnosis="mean_in_evaluation",
    symptom="None in training. The test loss is several nats below the training loss.",
    broken=draw,
    phrase="z = μ in eval mode",
    signature=signature,
    finding="In eval mode z is mu: what is measured then is no bound on log p(x); here it is too good.",
    next="The test loss with a draw of z for each image.",
    remedy="Draw z in both modes; to show a copy, decode mu outside of the loss.",
    tests=("noise",),
    doubt="Where only pictures are made in eval mode, this is no mistake.",
    sources=("pytorch/examples, pull request 419",),
)
