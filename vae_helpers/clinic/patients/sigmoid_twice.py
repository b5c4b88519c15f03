"""A sigmoid in the decoder, and another one in the loss."""

import torch

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def decode(self, z):
    return torch.sigmoid(self.decoder(z))


def signature(chart: Chart) -> bool:
    inside = chart["pixel_least"] >= 0.4999 and chart["pixel_most"] <= 0.7312
    return inside and chart["likelihood"] == "BCE of logits"


PATIENT = Patient(
    name="Jan",
    diagnosis="sigmoid_twice",
    symptom="The loss starts above 700 nats and will not fall below 544. Every copy is the same even grey.",
    broken=decode,
    phrase="sigmoid twice",
    signature=signature,
    finding="The decoder's outputs are probabilities, and the loss takes them for logits: a second sigmoid squeezes "
    "them into [0.5, 0.73].",
    next="The least and the largest pixel of a copy, after the loss's own sigmoid.",
    remedy="One sigmoid: the decoder gives logits, binary_cross_entropy_with_logits does the rest.",
    tests=("reconstruction", "pixels"),
    sources=("itakurah/focal-loss-pytorch, pull request 5",),
)
