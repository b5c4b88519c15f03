"""The term logvar missing from the KL: nothing keeps sigma from going to 0."""

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def kl(self, mu, logvar):
    return -0.5 * (1 - mu**2 - logvar.exp()).sum(dim=1)


def signature(chart: Chart) -> bool:
    return chart["kl_mu"] > 0 and chart["kl_narrow"] < 0 and near(chart["kl_narrow"] / chart["kl_mu"], -0.325)


PATIENT = Patient(
    name="Gita",
    diagnosis="no_logvar",
    symptom="The KL falls below 0, to -4 nats, and nobody minds, since the loss is 25 nats below a friend's.",
    broken=kl,
    phrase="KL without logvar",
    signature=signature,
    finding="The KL lacks its term in logvar: it is negative where sigma is small.",
    next="sigma: near 0.01. A KL can't be negative.",
    remedy="-0.5 * (1 + logvar - mu^2 - exp(logvar)), summed over latent dimensions.",
    tests=("kl",),
)
