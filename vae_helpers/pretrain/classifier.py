"""The classifier that judges generated digits."""

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor
from torch.nn import functional as F
from torchvision.transforms import v2

from vae_helpers.checkpoints import save_checkpoint
from vae_helpers.data import REPO_DATA, load_mnist
from vae_helpers.evaluation import hole_fraction
from vae_helpers.models import Classifier
from vae_helpers.models.layers import seeded
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.validation import as_seed, check_dtype_of, check_images, check_whole, checked


def train_classifier(epochs: int = 12) -> None:
    """Train the classifier that judges generated digits, and store it."""
    model = Classifier(seed=0)
    fit_classifier(model, *load_mnist("train"), epochs=epochs)
    images, labels = load_mnist("test")
    with torch.no_grad():
        logits = model(images)
    accuracy = (logits.argmax(dim=1) == labels).float().mean().item()
    doubtful = hole_fraction(logits).item()
    info = {**MADE_FROM, "epochs": epochs, "test_accuracy": accuracy, "test_hole_fraction": doubtful}
    path = save_checkpoint(model, REPO_DATA / "weights" / "classifier.pt", info)
    print(f"{path}: {accuracy:.2%} of the test images right, less than 80 % sure of {doubtful:.2%}")


@checked
def fit_classifier(
    model: Classifier,
    images: Float[Tensor, "N 1 28 28"],
    labels: Integer[Tensor, " N"],
    *,
    epochs: int = 8,
    seed: int = 0,
) -> None:
    """Train ``model`` in place by cross-entropy, on images turned, moved and scaled a little at random.

    Raises:
        TypeError, ValueError: unusable images, or not one label from 0 to 9 for each.
    """
    check_images(images)
    if not isinstance(model, Classifier):
        raise TypeError(f"model: want a Classifier, got {type(model).__name__}")
    check_whole(1, epochs=epochs)
    check_dtype_of(model, images=images)
    if not 0 <= labels.min() <= labels.max() <= 9:
        raise ValueError(f"labels: want classes from 0 to 9, got {labels.min().item()} to {labels.max().item()}")
    labels = labels.long()  # the only kind that cross_entropy takes
    jitter = v2.RandomAffine(degrees=10, translate=(0.08, 0.08), scale=(0.9, 1.1))
    order = Generator().manual_seed(as_seed(seed))
    steps = int(epochs) * -(-len(images) // 256)
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
