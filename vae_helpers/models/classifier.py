"""A small convolutional classifier of digits: an outside judge of what a generative model draws."""

from jaxtyping import Float
from torch import Tensor, nn

from vae_helpers.models.layers import seeded
from vae_helpers.validation import check_goes_into, check_whole, checked


class Classifier(nn.Module):
    """Images -> class logits; it never sees an autoencoder or a VAE.

    >>> import torch
    >>> Classifier()(torch.rand(5, 1, 28, 28)).shape
    torch.Size([5, 10])

    Args:
        channels: of the first convolution; the second has twice as many.
        seed: for the initial weights.

    Raises:
        ValueError: channels is not a whole number >= 1.
    """

    def __init__(self, channels: int = 16, seed: int = 0):
        check_whole(1, channels=channels)
        super().__init__()
        self.architecture = {"channels": int(channels)}
        with seeded(seed):
            self.layers = nn.Sequential(
                nn.Conv2d(1, channels, 5, stride=2, padding=2),  # (N, channels, 14, 14)
                nn.ReLU(),
                nn.Conv2d(channels, 2 * channels, 5, stride=2, padding=2),  # (N, 2 channels, 7, 7)
                nn.ReLU(),
                nn.Flatten(),
                nn.Linear(2 * channels * 7 * 7, 64),
                nn.ReLU(),
                nn.Linear(64, 10),
            )

    @checked
    def forward(self, x: Float[Tensor, "N 1 28 28"]) -> Float[Tensor, "N 10"]:
        """Images -> class logits."""
        check_goes_into(self.layers, x=x)
        return self.layers(x)
