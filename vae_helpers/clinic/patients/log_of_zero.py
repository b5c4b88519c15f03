"""The cross-entropy written out by hand: log(0) as soon as the decoder is sure."""

import torch

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def reconstruction(self, logits, x):
    p = torch.sigmoid(logits)
    return -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).flatten(1).sum(dim=1)


def signature(chart: Chart) -> bool:
    return chart["finite_when_sure"] == 0


PATIENT = Patient(
    name="Ugo",
    diagnosis="log_of_zero",
    symptom="Here the loss is a friend's, to half a nat. Others who run the same code say that it is NaN at times.",
    broken=reconstruction,
    phrase="log(0) in the BCE",
    signature=signature,
    finding="The reconstruction takes log(0) where the decoder is sure: infinity, and NaN where times 0.",
    next="The loss at logits of 200 and -200.",
    remedy="binary_cross_entropy_with_logits, which never computes the probability.",
    tests=("reconstruction",),
    doubt="A decoder that keeps its probabilities off 0 and 1 itself never gets there.",
    sources=("hwalsuklee/tensorflow-mnist-VAE, issue 4",),
)
