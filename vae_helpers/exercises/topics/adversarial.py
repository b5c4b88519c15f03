"""The exercise on the discriminator's loss, with mistakes as wrong implementations."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.adversarial import discriminator_loss
from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception

SURE = (
    "Where the discriminator is sure, the sigmoid rounds to 0 or 1, or exp() overflows, and the logarithm is infinite. "
    "PyTorch has functions that take logits: softplus, logsigmoid, binary_cross_entropy_with_logits."
)
UNEQUAL = "There may be more of one kind than of the other: take the mean of each kind before you add."


def logits(n: int, seed: int, spread: float = 2.0) -> Tensor:
    """What a discriminator might say of ``n`` points."""
    return spread * torch.randn(n, generator=Generator().manual_seed(seed))


def _two_kinds() -> list[Inputs]:
    return [
        (torch.tensor([2.0]), torch.tensor([-1.0])),  # one of each
        (torch.zeros(3), torch.zeros(2)),  # it can't tell
        (logits(6, 0), logits(6, 1)),
        (logits(1, 2), logits(4, 3)),
        (logits(5, 4), logits(2, 5)),
        (torch.tensor([-200.0, 3.0]), torch.tensor([200.0])),  # sure and wrong: a sigmoid rounds to 0 or 1
        (torch.tensor([150.0]), torch.tensor([-150.0, -2.0, 120.0])),
        (logits(64, 6), logits(50, 7)),
    ]


def digits_suffice(*logits: Tensor) -> bool:
    """Whether float32 has room for every sigmoid, and for 1 minus it."""
    return all(bool((values.abs() < 50).all()) for values in logits)


def _halves(combine: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """An answer from the two right means, of the draws and of the codes."""
    return lambda real, fake: combine(F.softplus(-real).mean(), F.softplus(fake).mean())


def _means(of_real: Callable[[Tensor], Tensor], of_fake: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that has, in each half, the mean of something else."""
    return lambda real, fake: 0.5 * (of_real(real).mean() + of_fake(fake).mean())


def _each_alone(combine: Callable[[Tensor], Tensor]) -> Callable:
    """An answer from one value for each point, draws and codes in a row."""
    return lambda real, fake: combine(torch.cat([F.softplus(-real), F.softplus(fake)]))


def log_sigmoid(logits: Tensor) -> Tensor:
    """The logarithm as one writes it down, which is -inf where the sigmoid rounds to 0."""
    return torch.sigmoid(logits).log()


DISCRIMINATOR = (
    Misconception(
        "labels_swapped",
        _means(F.softplus, lambda fake: F.softplus(-fake)),
        "this is small where codes are taken for draws of the prior: the two targets are swapped. Which of them has "
        "target 1?",
    ),
    Misconception(
        "labels_swapped_and_not_halved",
        lambda real, fake: F.softplus(real).mean() + F.softplus(-fake).mean(),
        "two things. The two targets are swapped: which kind has target 1? And both kinds are added; each should count "
        "half.",
    ),
    Misconception(
        "not_halved",
        _halves(lambda real, fake: real + fake),
        "this is twice what is wanted, 1.386 instead of ln 2 where the discriminator can't tell: both kinds are added, "
        "and each should count half.",
    ),
    Misconception(
        "numbers_weigh",
        _each_alone(torch.mean),
        "right where there are as many draws as codes. This is one mean over all points, so the kind with more of them "
        "weighs more.",
    ),
    Misconception(
        "rounds_to_0",
        _means(lambda real: -log_sigmoid(real), lambda fake: -(1 - fake.sigmoid()).log()),
        f"right as long as numbers can hold it. {SURE}",
        only=digits_suffice,
    ),
    Misconception(
        "rounds_to_0_and_not_halved",
        lambda real, fake: -log_sigmoid(real).mean() - (1 - fake.sigmoid()).log().mean(),
        f"two things. The two kinds are added, and each should count half. And: {SURE}",
        only=digits_suffice,
    ),
    Misconception(
        "numbers_weigh_and_rounds_to_0",
        lambda real, fake: -torch.cat([log_sigmoid(real), (1 - fake.sigmoid()).log()]).mean(),
        f"two things. This is one mean over all points, so the kind with more of them weighs more. And: {SURE}",
        only=digits_suffice,
    ),
    Misconception(
        "labels_smoothed",
        _means(lambda real: F.softplus(-real) + 0.1 * real, F.softplus),
        "the draws have the target 0.9 (smoothed labels). Asked is 1.",
    ),
    Misconception(
        "sigmoid_twice",
        _means(lambda real: F.softplus(-real.sigmoid()), lambda fake: F.softplus(fake.sigmoid())),
        "a sigmoid is applied twice. The arguments are logits, and what takes logits applies it itself.",
    ),
    Misconception(
        "sigmoid_twice_and_not_halved",
        lambda real, fake: F.softplus(-real.sigmoid()).mean() + F.softplus(fake.sigmoid()).mean(),
        "two things. A sigmoid is applied twice: what takes logits applies it itself. And the two kinds are added; "
        "each should count half.",
    ),
    Misconception(
        "sigmoid_missing",
        _means(lambda real: -real.log(), lambda fake: -(1 - fake).log()),
        "this takes the logarithm of the logits, as if they were probabilities.",
    ),
    Misconception(
        "real_alone",
        _halves(lambda real, fake: real),
        "this looks at the draws of the prior alone; to call everything a draw would be best.",
    ),
    Misconception(
        "half_of_real_alone",
        _halves(lambda real, fake: 0.5 * real),
        "the half with the codes is missing; to call everything a draw of the prior would be best.",
    ),
    Misconception(
        "codes_alone",
        _halves(lambda real, fake: fake),
        "this looks at the codes alone; to call everything a code would be best.",
    ),
    Misconception(
        "half_of_codes_alone",
        _halves(lambda real, fake: 0.5 * fake),
        "the half with the draws of the prior is missing; to call everything a code would be best.",
    ),
    Misconception(
        "one_target_1",
        _means(lambda real: F.softplus(-real), lambda fake: F.softplus(-fake)),
        "both kinds have target 1 (a draw of the prior). What is the target of a code?",
    ),
    Misconception(
        "one_target_0",
        _means(F.softplus, F.softplus),
        "both kinds have target 0 (a code). What is the target of a draw of the prior?",
    ),
    Misconception(
        "sign_flipped",
        _halves(lambda real, fake: -0.5 * (real + fake)),
        "the sign is flipped: this is a mean log probability, to be maximised. A loss is to be minimised.",
    ),
    Misconception(
        "sign_flipped_and_not_halved",
        _halves(lambda real, fake: -real - fake),
        "this is the game's value as papers write it, to be *maximised* by the discriminator. A loss is to be "
        "minimised, and here each kind counts half.",
    ),
    Misconception(
        "half_subtracted",
        _halves(lambda real, fake: 0.5 * (real - fake)),
        "the codes' half is subtracted. Both halves are costs: add them.",
    ),
    Misconception(
        "real_subtracted",
        _halves(lambda real, fake: 0.5 * (fake - real)),
        "the draws' half is subtracted. Both halves are costs: add them.",
    ),
    Misconception(
        "summed",
        _each_alone(torch.sum),
        "this adds up all points, so it grows with their number. Take the mean of each kind, and each mean half.",
    ),
    Misconception(
        "half_the_sum",
        _each_alone(lambda values: 0.5 * values.sum()),
        "this adds up the points of each kind, so it grows with their number. Take means.",
    ),
    Misconception(
        "not_reduced",
        _each_alone(lambda values: values),
        "this is one value for each point; a single one is wanted: the mean of each kind, and each mean half.",
    ),
    Misconception(
        "mean_inside",
        lambda real, fake: 0.5 * (F.softplus(-real.mean()) + F.softplus(fake.mean())),
        "the mean of the logits is taken first. Take the mean of the points' losses.",
    ),
    Misconception(
        "in_bits",
        _halves(lambda real, fake: 0.5 * (real + fake) / math.log(2)),
        "this is in bits, 1 where the discriminator can't tell. Nats have the natural logarithm, and there ln 2.",
    ),
    Misconception(
        "no_logs",
        _means(lambda real: 1 - real.sigmoid(), torch.sigmoid),
        "this is the mean probability that is given to the wrong kind. The cross-entropy takes logarithms of the "
        "probabilities that are given to the right one.",
    ),
    Misconception(
        "squares_of_logits",
        _means(lambda real: (real - 1).square(), torch.square),
        "these are squared distances of the logits to the targets 1 and 0 (least-squares GAN). Asked is the binary "
        "cross-entropy.",
    ),
    Misconception(
        "squares_of_probabilities",
        _means(lambda real: (real.sigmoid() - 1).square(), lambda fake: fake.sigmoid().square()),
        "these are squared errors of the probabilities. Asked is the binary cross-entropy.",
    ),
    Misconception(
        "difference_of_means",
        lambda real, fake: fake.mean() - real.mean(),
        "this is the difference of the mean logits (Wasserstein GAN), which has no lower end. Asked is the binary "
        "cross-entropy.",
    ),
    Misconception(
        "hinge",
        _means(lambda real: F.relu(1 - real), lambda fake: F.relu(1 + fake)),
        "this is the hinge loss, which is 0 beyond a margin. Asked is the binary cross-entropy.",
    ),
)


EXERCISES: dict[str, Exercise] = {
    "discriminator_loss": Exercise(
        "the discriminator's loss",
        discriminator_loss,
        ("real_logits", "fake_logits"),
        _two_kinds,
        "ln 2 says that it can't tell codes from draws of the prior; 0 says that it always can.",
        DISCRIMINATOR,
        differentiable=("real_logits", "fake_logits"),
        error_hints={
            "must match the size of tensor": UNEQUAL,
            "must be the same as input size": "Each kind needs targets of its own number.",
            "all elements of input should be between 0 and 1": "The arguments are logits, no probabilities.",
        },
    ),
}
