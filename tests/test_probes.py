import pytest
import torch

from vae_helpers.probes import probe_accuracy


def test_a_linear_probe_reads_what_lies_apart_and_no_more(generator):
    labels = torch.arange(1000) % 4
    noise = torch.randn(1000, 3, generator=generator)
    corners = torch.tensor([[4.0, 0, 0], [0, 4, 0], [0, 0, 4], [-4, -4, -4]])
    apart, alike = noise + corners[labels], noise
    rings = torch.nn.functional.normalize(noise) * (1 + labels[:, None])  # told apart at a glance, but not by planes
    for codes, low, high in ((apart, 0.98, 1), (alike, 0.2, 0.3), (rings, 0.2, 0.4)):
        assert low <= probe_accuracy(codes[:500], labels[:500], codes[500:], labels[500:]) <= high


def test_a_dimension_that_never_changes_is_no_trouble():
    codes = torch.tensor([[1.0, 3.0], [-1.0, 3.0]])
    with torch.no_grad():
        assert probe_accuracy(codes, torch.tensor([0, 1]), codes, torch.tensor([0, 1])) == 1


@pytest.mark.parametrize(
    ("codes", "labels", "said"),
    [
        (torch.zeros(2, 3), torch.zeros(3, dtype=torch.long), "labels: want shape"),
        (torch.zeros(0, 3), torch.zeros(0, dtype=torch.long), "codes: want at least one"),
        (torch.zeros(2, 3) / 0, torch.zeros(2, dtype=torch.long), "codes: contains NaN"),
        (torch.zeros(2, 3), torch.tensor([0, -1]), "labels: want classes from 0 on, got -1"),
    ],
)
def test_bad_input(codes, labels, said):
    with pytest.raises(ValueError, match=said):
        probe_accuracy(codes, labels, codes, labels)
