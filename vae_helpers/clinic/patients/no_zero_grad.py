"""No zero_grad: each step goes along the sum of all gradients so far."""

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def step(self, optimizer, x, beta=1.0, generator=None):
    reconstruction, kl = self.loss_terms(x, generator)
    loss = (reconstruction + beta * kl).mean()
    loss.backward()
    optimizer.step()
    return reconstruction.detach(), kl.detach()


def signature(chart: Chart) -> bool:
    return chart["step_growth"] > 1.5


PATIENT = Patient(
    name="Nils",
    diagnosis="no_zero_grad",
    symptom="The loss falls to about 280 nats, climbs again, and swings its way down to 220 or 240.",
    broken=step,
    phrase="no zero_grad",
    signature=signature,
    finding="Gradients add up from step to step: the second step on the same batch gets twice the first one's.",
    next="The norm of the gradient over the first ten steps: a straight line upwards.",
    remedy="optimizer.zero_grad() before loss.backward().",
    tests=("step",),
    doubt="Gradients of several batches can be added on purpose.",
    sources=("pytorch/pytorch, issue 47175", "LoreGoetschalckx/GANalyze, issue 7"),
)
