"""z = mu in training: no noise, so no price on being far apart."""

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def draw(self, mu, logvar, generator):
    return mu


def signature(chart: Chart) -> bool:
    return chart["noise_wide"] < 1e-6 and chart["noise_narrow"] < 1e-6


PATIENT = Patient(
    name="Olga",
    diagnosis="mean_in_training",
    symptom="A loss of 117 nats, where a friend has 144, with a KL of 0.6. sigma is 1 for every image.",
    broken=draw,
    phrase="z = μ, always",
    signature=signature,
    finding="z is mu: no noise is added in training, and the loss is no bound.",
    next="The reconstruction from a sample of q(z|x) against that from mu.",
    remedy="z = mu + sigma * eps.",
    tests=("noise",),
)
