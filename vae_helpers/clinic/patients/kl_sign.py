"""The KL with the wrong sign: the further from the prior, the better."""

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def kl(self, mu, logvar):
    return 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(dim=1)


def signature(chart: Chart) -> bool:
    return chart["kl_mu"] < -1e-6 and chart["kl_narrow"] < -1e-6


PATIENT = Patient(
    name="Leo",
    diagnosis="kl_sign",
    symptom="The loss falls through 0 in the first epoch, and on to minus a hundred thousand or much further."
    " No NaN comes.",
    broken=kl,
    phrase="sign of the KL wrong",
    signature=signature,
    finding="The KL is counted with the wrong sign: training drives q(z|x) away from the prior.",
    next="mu and sigma: they grow without end.",
    remedy="loss = reconstruction + KL, with KL = -0.5 * sum(1 + logvar - mu^2 - exp(logvar)).",
    tests=("kl",),
    sources=("wiseodd/generative-models, issue 43, where this is proposed as a correction, and refused",),
)
