"""The KL is computed, shown and never added to the loss."""

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def step(self, optimizer, x, beta=1.0, generator=None):
    reconstruction, kl = self.loss_terms(x, generator)
    loss = reconstruction.mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return reconstruction.detach(), kl.detach()


def signature(chart: Chart) -> bool:
    return abs(chart["step_beta"]) < 0.02


PATIENT = Patient(
    name="Vera",
    diagnosis="kl_left_out",
    symptom="The KL climbs above 45 nats and the loss is 30 nats above a friend's, but the copies are as good.",
    broken=step,
    phrase="KL left out",
    signature=signature,
    finding="The step descends on the reconstruction alone: an autoencoder, with noise that it shrinks as it can.",
    next="The gradient of a step against those of the two terms.",
    remedy="loss = (reconstruction + beta * kl).mean().",
    tests=("step",),
)
