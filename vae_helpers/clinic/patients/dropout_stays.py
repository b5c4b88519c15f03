"""Functional dropout, which eval() does not switch off."""

from torch.nn import functional as F

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def encode(self, x):
    return self.encoder(F.dropout(x, 0.5))


def signature(chart: Chart) -> bool:
    return chart["encode_repeat"] > 0.1  # dequantised pixels: 0.05 at most


PATIENT = Patient(
    name="Sven",
    diagnosis="dropout_stays",
    symptom="The same test image has another code each time, although eval() was called. The loss is some 7 "
    "nats above a friend's.",
    broken=encode,
    phrase="dropout stays on",
    signature=signature,
    finding="The encoder draws random numbers in eval mode: dropout stays on.",
    next="The same image encoded twice.",
    remedy="F.dropout(x, 0.5, training=self.training), or the module nn.Dropout.",
    tests=("repeat",),
    doubt="Noise added to the input on purpose, as a denoising VAE does, looks the same.",
    sources=("pytorch/pytorch, issues 11999 and 26338",),
)
