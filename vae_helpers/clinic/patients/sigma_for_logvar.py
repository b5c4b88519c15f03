"""sigma passed where the KL's formula asks for logvar."""

import torch

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def kl(self, mu, logvar):
    sigma = torch.exp(0.5 * logvar)
    return -0.5 * (1 + sigma - mu**2 - sigma.exp()).sum(dim=1)


def signature(chart: Chart) -> bool:
    return near(chart["kl_mu"], 1.18, 0.05) and 0 < chart["kl_narrow"] < 0.05


PATIENT = Patient(
    name="Xenia",
    diagnosis="sigma_for_logvar",
    symptom="The loss is some 20 nats below a friend's. The KL is 0.7 nats, and yet no friend's copies are as good.",
    broken=kl,
    phrase="KL takes σ for logvar",
    signature=signature,
    finding="The KL's formula is given sigma where it asks for log sigma^2: a sigma of 0 costs nothing.",
    next="sigma: near 0. The KL at mu = 0 and a small sigma, which should be large.",
    remedy="One convention, written down: these networks give logvar = log sigma^2.",
    tests=("kl",),
)
