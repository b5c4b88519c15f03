"""The encoder runs under no_grad, as it does where codes are only looked at."""

import torch

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def encode(self, x):
    with torch.no_grad():
        return self.encoder(x)


def signature(chart: Chart) -> bool:
    return chart["encoder_learns"] == 0


PATIENT = Patient(
    name="Yara",
    diagnosis="frozen_encoder",
    symptom="The loss stops at about 206 nats and the copies are nearly all alike. The KL is above 1 and "
    "hardly moves, from the first step to the last.",
    broken=encode,
    phrase="encoder in no_grad",
    signature=signature,
    finding="No gradient reaches the encoder, from neither term: it keeps its first weights.",
    next="The encoder's weights before and after a step.",
    remedy="No no_grad around the encoder in training.",
    tests=("step",),
    doubt="An encoder can be frozen on purpose.",
)
