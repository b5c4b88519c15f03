"""A small convolutional classifier of digits: an outside judge of what a generative model draws."""

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torchvision.transforms import v2

from vae_helpers.checks import check_images
from vae_helpers.networks import check_image_batch, seeded


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


def fit_classifier(model: Classifier, images: Tensor, labels: Tensor, *, epochs: int = 8, seed: int = 0) -> None:
    """Train ``model`` in place by cross-entropy, on images turned, moved and scaled a little at random.

    Args:
        images: (N, 1, 28, 28) in [0, 1].
        labels: (N,), int64.

    Raises:
        TypeError, ValueError: unusable images, or not one label for each.
    """
    check_images(images)
    if labels.shape != (len(images),):
        raise ValueError(f"labels: want shape ({len(images)},), got {tuple(labels.shape)}")
    jitter = v2.RandomAffine(degrees=10, translate=(0.08, 0.08), scale=(0.9, 1.1))
    order = Generator().manual_seed(seed)
    steps = epochs * -(-len(images) // 256)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    model.train()
    with seeded(seed):  # for the jitter
        for _ in range(epochs):
            for batch in torch.randperm(len(images), generator=order).split(256):
                loss = F.cross_entropy(model(jitter(images[batch])), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                scheduler.step()
    model.eval()
