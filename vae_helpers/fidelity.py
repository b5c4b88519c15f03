"""Does a conditional model draw what was asked for, and all of it? Judged by a classifier that never saw the model.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from vae_helpers.checkpoints import load_checkpoint
from vae_helpers.data import REPO_DATA
from vae_helpers.encoding import decode_images
from vae_helpers.evaluation import hole_fraction
from vae_helpers.models import Classifier
from vae_helpers.models.layers import evaluating
from vae_helpers.validation import as_seed, check_dtype_of, check_finite, check_images, check_some, checked


class Fidelity(NamedTuple):
    """What a judge says of drawn images.

    >>> Fidelity(as_asked=0.98, holes=0.01, spread=0.8, nearest=1.05).spread
    0.8
    """

    as_asked: float  # share in which the classifier finds the digit that was asked for
    holes: float  # share in which it is less than 80 % sure of any
    spread: float  # variance of the features within a class, real images' = 1
    nearest: float  # distance from a new real image to the nearest drawn one, to the nearest real one = 1


class DigitJudge:
    """Judges images drawn for a class, beside real images of that class.

    Accuracy alone is no use: a model that draws one perfect image of each class has all of it. So the images are
    compared as points too, by the classifier's features (the 64 numbers that its last layer reads). The real images
    of each class are dealt out at random into two halves: the drawn ones should be as spread out as the first
    (``spread``), and lie as near to the second as the first does (``nearest``). Copies of the training set would pass.

    >>> images, labels = torch.rand(60, 1, 28, 28), torch.arange(10).repeat(6)
    >>> judge = DigitJudge(Classifier(), images, labels)
    >>> judge(images[:10].repeat(2, 1, 1, 1), labels[:20]).spread  # the same image twice
    0.0

    Args:
        classifier: the judge's eye.
        images: real ones that the model was not trained on, at least four of each class that is there.
        labels: their classes.
        seed: for the two halves.

    Raises:
        TypeError: no :class:`Classifier`, or images of another dtype than its weights.
        ValueError: no images, values outside [0, 1], or fewer than four of a class.
    """

    @checked
    def __init__(
        self, classifier: Classifier, images: Float[Tensor, "N 1 28 28"], labels: Integer[Tensor, " N"], seed: int = 0
    ):
        if not isinstance(classifier, Classifier):
            raise TypeError(f"classifier: want a Classifier, got {type(classifier).__name__}")
        self.classifier = classifier
        features, _ = features_and_logits(classifier, images)
        order = torch.randperm(len(images), generator=Generator().manual_seed(as_seed(seed)))
        classes, counts = labels.unique(return_counts=True)
        if counts.min() < 4:
            few = counts.argmin()
            raise ValueError(f"images: want at least four of each class, got {counts[few]} of class {classes[few]}")
        self._real = {k: features[order[labels[order] == k]].chunk(2) for k in classes.tolist()}

    @checked
    def __call__(self, images: Float[Tensor, "N 1 28 28"], asked: Integer[Tensor, " N"]) -> Fidelity:
        """What it finds in the images that were drawn for the classes ``asked``.

        Args:
            images: pixel probabilities, as from ``ConditionalVAE.sample``.
            asked: the class of each, one that the judge has real images of; of one that is asked for, at least two
                images, and at most as many as one half of the real ones holds (else the nearest of many would be
                compared with the nearest of few).

        Raises:
            ValueError: no images, values outside [0, 1], too few or too many of a class, or an unknown class.
        """
        features, logits = features_and_logits(self.classifier, images)
        holes = hole_fraction(logits).item()
        ratios = []
        for k in asked.unique().tolist():
            if k not in self._real:
                raise ValueError(f"asked: want classes that the judge has real images of, got {k}")
            drawn, (first, second) = features[asked == k], self._real[k]
            if not 2 <= len(drawn) <= len(first):
                raise ValueError(f"images: want 2 to {len(first)} of class {k}, got {len(drawn)}")
            ratios.append([spread_ratio(drawn, first), nearest_ratio(drawn, first[: len(drawn)], second)])
        spread, nearest = torch.tensor(ratios).mean(dim=0).tolist()
        return Fidelity((logits.argmax(dim=1) == asked).float().mean().item(), holes, spread, nearest)


@torch.no_grad()
def features_and_logits(
    classifier: Classifier, images: Float[Tensor, "N 1 28 28"], name: str = "images"
) -> tuple[Float[Tensor, "N F"], Float[Tensor, "N 10"]]:
    """What a classifier's last layer reads, and what it says.

    >>> features, logits = features_and_logits(Classifier(), torch.rand(5, 1, 28, 28))
    >>> (features.shape, logits.shape)
    (torch.Size([5, 64]), torch.Size([5, 10]))

    Args:
        classifier: used in eval mode.
        images: values in [0, 1].
        name: of the images, for errors.

    Raises:
        TypeError: images of another dtype than the classifier's weights.
        ValueError: no images, or values outside [0, 1].
    """
    check_images(images, name)
    check_dtype_of(classifier, **{name: images})
    with evaluating(classifier):
        features = torch.cat([classifier.layers[:-1](part) for part in images.split(1000)])
        return features, classifier.layers[-1](features)


@checked
def spread_ratio(drawn: Float[Tensor, "N F"], real: Float[Tensor, "M F"]) -> Float[Tensor, ""]:
    """The variance of the drawn points, summed over coordinates, over that of the real ones: 1 is as diverse.

    >>> spread_ratio(drawn=torch.tensor([[1.0], [3.0]]), real=torch.tensor([[0.0], [4.0]]))
    tensor(0.2500)

    Raises:
        ValueError: NaN, or fewer than two points.
    """
    check_finite(drawn=drawn, real=real)
    for name, points in {"drawn": drawn, "real": real}.items():
        if len(points) < 2:
            raise ValueError(f"{name}: want at least two points, got {len(points)}")
    return drawn.var(dim=0).sum() / real.var(dim=0).sum()


@checked
def nearest_ratio(
    drawn: Float[Tensor, "N F"], real: Float[Tensor, "N F"], new: Float[Tensor, "M F"]
) -> Float[Tensor, ""]:
    """How far a new real point is from the nearest drawn one, on average, over how far from the nearest real one.

    1: the drawn points cover the real ones as well as other real points do. As many drawn as real, since the nearest
    of more is nearer.

    >>> real, new = torch.tensor([[0.0], [4.0]]), torch.tensor([[1.0], [5.0]])
    >>> nearest_ratio(drawn=torch.tensor([[1.0], [1.0]]), real=real, new=new)  # (0 + 4) / (1 + 1)
    tensor(2.)

    Raises:
        ValueError: NaN, or no point.
    """
    check_finite(drawn=drawn, real=real, new=new)
    for name, points in {"drawn": drawn, "new": new}.items():
        if len(points) == 0:
            raise ValueError(f"{name}: want at least one point, got none")
    to_drawn, to_real = (torch.cdist(new, points).amin(dim=1).mean() for points in (drawn, real))
    return to_drawn / to_real


@torch.no_grad()
def class_logits(model: nn.Module, z: Float[Tensor, "N D"]) -> Float[Tensor, "N 10"]:
    """What the course's classifier says of decoded latents.

    >>> from vae_helpers.models import VAE
    >>> class_logits(VAE(2, (8,)), torch.zeros(4, 2)).shape
    torch.Size([4, 10])

    Raises:
        TypeError: a model that can't decode, or latents of another dtype than its weights.
        ValueError: no latents, or of another dimension than the model's.
    """
    check_some(z=z)
    classifier = load_classifier()
    return torch.cat([classifier(decode_images(model, part).float()) for part in z.split(1000)])


def load_classifier() -> Classifier:
    """The course's classifier of digits, in eval mode.

    >>> load_classifier().training
    False
    """
    return load_checkpoint(REPO_DATA / "weights" / "classifier.pt").eval()
