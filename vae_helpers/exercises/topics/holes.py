"""The exercise on counting holes, with mistakes as wrong implementations."""

import torch
from torch import Generator, Tensor

from vae_helpers.evaluation import hole_fraction
from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception


def _class_logits() -> list[Inputs]:
    logits = torch.randn(40, 10, generator=Generator().manual_seed(0))
    sure = torch.eye(10)[:4] * torch.tensor([[1.0], [2.0], [3.0], [9.0]])  # 0.23, 0.45, 0.69 and 0.999 for the top
    return [
        (sure, 0.5),
        (3 * logits, 0.9),
        (3 * logits, 0.6),
        (100 * logits, 0.8),
        (sure[:1], 0.8),  # one image
        (sure[3:], 0.8),  # one image without a doubt
        (500 + 3 * logits, 0.7),  # exp alone would be infinite
        (torch.zeros(3, 10), 0.05),  # no idea at all, and a bound below that
        (logits.repeat(10, 1), 0.3),
    ]


def _confidence(class_logits: Tensor) -> Tensor:
    return class_logits.softmax(dim=1).amax(dim=1)


EXERCISES: dict[str, Exercise] = {
    "hole_fraction": Exercise(
        "the fraction of images in which a classifier finds no digit",
        hole_fraction,
        ("class_logits", "bound"),
        _class_logits,
        "now two generators can be compared by a number instead of by taste.",
        (
            Misconception(
                "softmax_forgotten",
                lambda class_logits, bound: (class_logits.amax(dim=1) < bound).float().mean(),
                "this compares a *logit* with the bound; a softmax over the classes makes it a probability.",
            ),
            Misconception(
                "sigmoid_for_softmax",
                lambda class_logits, bound: (class_logits.sigmoid().amax(dim=1) < bound).float().mean(),
                "a sigmoid looks at each class alone; ten classes share one probability: softmax.",
            ),
            Misconception(
                "softmax_over_images",
                lambda class_logits, bound: (class_logits.softmax(dim=0).amax(dim=1) < bound).float().mean(),
                "the softmax runs over the images; the ten classes of *one* image share the probability: dim=1.",
            ),
            Misconception(
                "found_instead",
                lambda class_logits, bound: 1 - hole_fraction(class_logits, bound),
                "this is the fraction where a digit *is* found; holes are the others.",
            ),
            Misconception(
                "softmax_by_hand",
                lambda class_logits, bound: (
                    ((class_logits.exp() / class_logits.exp().sum(1, keepdim=True)).amax(1) < bound).float().mean()
                ),
                "right until exp(logit) is infinite, near a logit of 89; softmax(dim=1) takes care of that.",
            ),
            Misconception(
                "softmax_over_everything",
                lambda class_logits, bound: (
                    (class_logits.flatten().softmax(0).view_as(class_logits).amax(dim=1) < bound).float().mean()
                ),
                "all images share one softmax; the ten classes of *one* image share the probability: dim=1.",
            ),
            Misconception(
                "bound_ignored",
                lambda class_logits, bound: hole_fraction(class_logits, 0.8),
                "this uses 0.8 whatever bound is.",
            ),
            Misconception(
                "highest_of_all",
                lambda class_logits, bound: (class_logits.softmax(dim=1).max() < bound).float(),
                "this takes the highest probability of *all* images; each image has its own: dim=1.",
            ),
            Misconception(
                "not_averaged",
                lambda class_logits, bound: (_confidence(class_logits) < bound).float(),
                "this says it for each image; the fraction is their mean.",
            ),
            Misconception(
                "counted",
                lambda class_logits, bound: hole_fraction(class_logits, bound) * len(class_logits),
                "this is their number; the fraction divides by the number of images.",
            ),
            Misconception(
                "mean_confidence",
                lambda class_logits, bound: _confidence(class_logits).mean(),
                "this is the mean of the highest probability. Where does the bound enter?",
            ),
            Misconception(
                "every_class",
                lambda class_logits, bound: (class_logits.softmax(dim=1) < bound).float().mean(),
                "this counts every class of every image; only the *highest* probability of an image matters.",
            ),
        ),
    ),
}
