"""A small convolutional classifier of digits: an outside judge of what a generative model draws."""

from torch import Tensor, nn

from vae_helpers.models.layers import check_image_batch, seeded


class Classifier(nn.Module):
    """Images (N, 1, 28, 28) -> class logits (N, 10); it never sees an autoencoder or a VAE.

    Args:
        channels: of the first convolution; the second has twice as many.
        seed: for the initial weights.
    """

    def __init__(self, channels: int = 16, seed: int = 0):
        super().__init__()
        self.architecture = {"channels": channels}
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

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, 1, 28, 28) -> class logits (N, 10)."""
        check_image_batch(x)
        return self.layers(x)
