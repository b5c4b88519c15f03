"""The KL averaged over latent dimensions: beta = 1/D."""

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def kl(self, mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).mean(dim=1)


def signature(chart: Chart) -> bool:
    several = chart["latent_dim"] > 1
    return (
        several
        and near(chart["kl_mu"] * chart["latent_dim"], 1, 0.1)
        and (near(chart["weight"], 1) or near(chart["weight"], 0.5))
    )


PATIENT = Patient(
    name="Finn",
    diagnosis="kl_mean",
    symptom="The loss is 14 nats or more below that of a friend with the same network. The KL is a fifth of "
    "the friend's, and the copies are better.",
    broken=kl,
    phrase="KL is a latent mean",
    signature=signature,
    finding="The KL is a mean over latent dimensions, the reconstruction a sum over pixels.",
    next="The own KL times the number of dimensions: is it the honest one?",
    remedy="sum(dim=1) in place of mean(dim=1).",
    tests=("reconstruction", "kl"),
    doubt="A beta of one over the number of latent dimensions, on purpose, is the same loss.",
    sources=("maxhodak/keras-molecules, issue 59",),
)
