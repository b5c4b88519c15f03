"""Batch normalisation by the statistics of the test batch."""

from torch.nn import functional as F

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.patient import Patient


def encode(self, x):
    x = F.batch_norm(x, None, None, training=True)
    return self.encoder(x)


def signature(chart: Chart) -> bool:
    return chart["encode_mates"] > 1e-3 and chart["encode_repeat"] < 1e-5


PATIENT = Patient(
    name="Tove",
    diagnosis="batch_statistics",
    symptom="The loss of a test image is another one in another batch, although eval() was called.",
    broken=encode,
    phrase="batch statistics",
    signature=signature,
    finding="In eval mode an image's code depends on the other images of its batch: batch statistics are in use.",
    next="The same image in two batches.",
    remedy="The module nn.BatchNorm2d, which keeps averages for eval mode, or layer norm.",
    tests=("repeat",),
)
