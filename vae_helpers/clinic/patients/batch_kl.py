"""The KL summed over the whole batch: its weight is the batch size."""

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def kl(self, mu, logvar):
    return -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum()


def signature(chart: Chart) -> bool:
    return near(chart["kl_batch"], 8) and near(chart["reconstruction_batch"], 1)


PATIENT = Patient(
    name="Bela",
    diagnosis="batch_kl",
    symptom="The loss settles at 208 nats, the price of the average image, and every z decodes to it. With "
    "smaller batches it gets better, and nobody knows why.",
    broken=kl,
    phrase="KL: sum over batch",
    signature=signature,
    finding="The KL is summed over the batch, the reconstruction is not: the KL weighs as many times too much as there "
    "are images in a batch.",
    next="The shape of both terms before they are added: want (N,) and (N,).",
    remedy="sum(dim=1): over latent dimensions only.",
    tests=("reconstruction", "kl"),
    sources=("zdebruine/MMVAE, pull request 19: with the mean over pixels as well",),
)
