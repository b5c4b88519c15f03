"""Pixels normalised to mean 0 and variance 1, and then taken for probabilities by the cross-entropy."""

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def prepare(self, x, generator):
    x = (x - 0.1307) / 0.3081
    return x, x


def signature(chart: Chart) -> bool:
    low, high = chart["target_offset"], chart["target_offset"] + chart["target_slope"]
    is_cross_entropy = str(chart["likelihood"]).startswith("BCE")
    return is_cross_entropy and not near(chart["target_slope"], 1) and (low < -0.05 or high > 1.05)


PATIENT = Patient(
    name="Quentin",
    diagnosis="normalised_targets",
    symptom="The loss is negative within the first epoch, and at -17,000 nats after two.",
    broken=prepare,
    phrase="targets outside [0, 1]",
    signature=signature,
    finding="The cross-entropy's targets lie outside [0, 1], where it has no lower bound.",
    next="The least and the largest value of the targets.",
    remedy="Normalise the encoder's input if you like; the target is the image, in [0, 1].",
    tests=("reconstruction",),
    sources=("Lasagne/Recipes, issue 54", "Lightning-Universe/lightning-bolts, issue 177"),
)
