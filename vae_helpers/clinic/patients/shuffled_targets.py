"""The targets are other images than the inputs."""

import torch

from vae_helpers.clinic.chart import Chart, near
from vae_helpers.clinic.patient import Patient


def prepare(self, x, generator):
    targets = x[torch.randperm(len(x), generator=generator)]
    return x, targets


def signature(chart: Chart) -> bool:
    return chart["target_gap"] > 5 and near(chart["reconstruction_batch"], 1)


PATIENT = Patient(
    name="Dora",
    diagnosis="shuffled_targets",
    symptom="Every copy is the average digit, whatever goes in, at 207 nats. The KL is above 1, and yet no "
    "dimension is active. A smaller beta changes nothing.",
    broken=prepare,
    phrase="targets shuffled",
    signature=signature,
    finding="The targets are not the inputs: perfect copies cost more in a batch than one by one.",
    next="Input and target of a batch side by side, as pictures. One epoch at beta = 0 does not help.",
    remedy="One order for both: inputs and targets from the same batch.",
    tests=("reconstruction",),
)
