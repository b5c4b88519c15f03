"""One layer for both mu and logvar."""

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def encode(self, x):
    mu, logvar = self.encoder(x)
    logvar = mu
    return mu, logvar


def signature(chart: Chart) -> bool:
    return chart["heads_gap"] == 0 and chart["mu_zeros"] < 1


PATIENT = Patient(
    name="Rosa",
    diagnosis="one_head",
    symptom="Training looks sound and ends some 23 nats above a friend's, with all dimensions active.",
    broken=encode,
    phrase="μ and logvar alike",
    signature=signature,
    finding="mu and logvar are the same numbers.",
    next="Which layer each of the two comes from.",
    remedy="A layer for mu and one for logvar, or one layer of 2 D outputs, cut in two.",
    tests=("latents",),
    sources=("giannifranchi/LP_BNN, issue 3", "OpenTalker/SadTalker, issue 969"),
)
