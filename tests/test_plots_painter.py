import pytest
import torch

from vae_helpers import plots
from vae_helpers.models import AdversarialAutoencoder
from vae_helpers.sampled_priors import GaussianPrior, RingPrior

MODEL = AdversarialAutoencoder(2, (8,))
IMAGES, LABELS = torch.rand(12, 1, 28, 28, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 10


def test_draws_codes_and_decoded_digits():
    fig = plots.painted_prior(MODEL, RingPrior(), IMAGES, LABELS)
    draws, codes = fig.axes[:2]
    assert len(draws.collections[0].get_offsets()) == 1000
    assert sum(len(part.get_offsets()) for part in codes.collections) == 12
    drawn = torch.as_tensor(draws.collections[0].get_offsets()[:1]).float()
    wanted = torch.sigmoid(MODEL.decode(drawn))[0, 0].detach()
    assert torch.allclose(torch.as_tensor(fig.axes[2].images[0].get_array()).float(), wanted, atol=1e-4)


def test_a_prior_of_another_dimension():
    with pytest.raises(ValueError, match="prior: want points of 2 numbers"):
        plots.painted_prior(MODEL, GaussianPrior(3), IMAGES, LABELS)
