"""Both terms averaged, one over pixels, the other over latent dimensions: beta = 784/D."""

from torch.nn import functional as F

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def loss_terms(self, x, generator=None):
    mu, logvar = self.encode(x)
    logits = self.decode(self.draw(mu, logvar, generator))
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).mean(dim=1)
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).mean(dim=1)
    return reconstruction, kl


def signature(chart: Chart) -> bool:
    several = 1 < chart["latent_dim"] < chart["pixels"]
    return several and near(chart["weight"] * chart["pixels"], 1) and near(chart["kl_mu"] * chart["latent_dim"], 1, 0.1)


PATIENT = Patient(
    name="Will",
    diagnosis="both_means",
    symptom="The loss settles at 0.264, with a KL of 0.0002. Both terms are treated alike, the owner says, "
    "and yet every z decodes to the same grey smear.",
    broken=loss_terms,
    phrase="both terms averaged",
    signature=signature,
    finding="Each term is a mean over its own parts, and there are far more pixels than latent dimensions: the KL "
    "weighs pixels / latents times too much.",
    next="The honest KL: near 0. One epoch at beta = 0 learns.",
    remedy="Sum over pixels, sum over latent dimensions, and take the mean over images only.",
    tests=("reconstruction", "kl"),
    sources=("AppliedDataSciencePartners/WorldModels, issue 12: with the reconstruction times 10 as well",),
)
