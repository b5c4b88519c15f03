"""The KL divided by the number of pixels, and the cross-entropy summed: beta = 1/784."""

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def kl(self, mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1) / 784


def signature(chart: Chart) -> bool:
    return near(chart["kl_mu"] * chart["pixels"], 1) and (near(chart["weight"], 1) or near(chart["weight"], 0.5))


PATIENT = Patient(
    name="Emil",
    diagnosis="kl_over_pixels",
    symptom="The KL is next to nothing, 0.06 nats, and yet the copies are as good as a friend's, and all "
    "dimensions are active.",
    broken=kl,
    phrase="KL / 784",
    signature=signature,
    finding="The KL is divided by the number of pixels, the reconstruction is not: in truth it is hundreds of times "
    "larger.",
    next="sigma: near 0.02. The honest KL.",
    remedy="Leave the KL a sum, or divide both terms by the same number.",
    tests=("reconstruction", "kl"),
    doubt="A beta of one over the number of pixels, on purpose, is the same loss.",
)
