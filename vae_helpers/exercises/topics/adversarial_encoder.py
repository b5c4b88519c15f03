"""The exercise on the encoder's loss in the adversarial game, with mistakes as wrong implementations."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.adversarial import encoder_loss
from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.exercises.topics.adversarial import SURE, digits_suffice, log_sigmoid, logits


def _one_kind() -> list[Inputs]:
    return [
        (torch.tensor([1.0]),),
        (torch.tensor([-2.0, 0.5]),),
        (torch.zeros(3),),  # it can't tell
        (logits(6, 0),),
        (torch.tensor([-200.0, 150.0, 1.0]),),  # sure: a sigmoid rounds to 0 or 1
        (logits(64, 1),),
    ]


def _of_code(function: Callable[[Tensor], Tensor]) -> Callable:
    return lambda fake_logits: function(fake_logits)


ENCODER = (
    Misconception(
        "saturating",
        _of_code(lambda fake: -F.softplus(fake)),
        "this is log(1 - D), minimised: the right direction, but its gradient vanishes where the discriminator is sure "
        "that it sees codes, just when the encoder has most to learn. Asked is the loss that does not saturate.",
    ),
    Misconception(
        "discriminators_own",
        _of_code(F.softplus),
        "this is the discriminator's loss of codes, with target 0: the encoder would help to be found out. What does "
        "the encoder want D to say?",
    ),
    Misconception(
        "half_of_discriminators_own",
        _of_code(lambda fake: 0.5 * F.softplus(fake)),
        "this is the codes' half of the discriminator's loss: the encoder would help to be found out. What does the "
        "encoder want D to say?",
    ),
    Misconception(
        "sign_flipped",
        _of_code(F.logsigmoid),
        "this is log D, which is to be maximised. A loss is minimised: where is the minus?",
    ),
    Misconception(
        "halved",
        _of_code(lambda fake: 0.5 * F.softplus(-fake)),
        "this is half of it. The 1/2 of the discriminator's loss stands there for two kinds of points; here is one.",
    ),
    Misconception(
        "rounds_to_0",
        _of_code(lambda fake: -log_sigmoid(fake)),
        f"right as long as numbers can hold it. {SURE}",
        only=digits_suffice,
    ),
    Misconception(
        "saturating_and_rounds_to_0",
        _of_code(lambda fake: (1 - fake.sigmoid()).log()),
        f"two things. This is log(1 - D), whose gradient vanishes where the discriminator is sure. And: {SURE}",
        only=digits_suffice,
    ),
    Misconception(
        "sigmoid_twice",
        _of_code(lambda fake: F.softplus(-fake.sigmoid())),
        "a sigmoid is applied twice. The arguments are logits, and what takes logits applies it itself.",
    ),
    Misconception(
        "saturating_and_sigmoid_twice",
        _of_code(lambda fake: -F.softplus(fake.sigmoid())),
        "two things. This is log(1 - D), which saturates. And a sigmoid is applied twice: what takes logits applies it "
        "itself.",
    ),
    Misconception(
        "sigmoid_missing",
        _of_code(lambda fake: -fake.log()),
        "this takes the logarithm of the logits, as if they were probabilities.",
    ),
    Misconception(
        "in_bits",
        _of_code(lambda fake: F.softplus(-fake) / math.log(2)),
        "this is in bits, 1 where the discriminator can't tell. Nats have the natural logarithm, and there ln 2.",
    ),
    Misconception(
        "target_one_half",
        _of_code(lambda fake: 0.5 * (F.softplus(fake) + F.softplus(-fake))),
        "this has the target 1/2, so the encoder would go where D can't tell. Its aim is a D that takes codes for "
        "draws.",
    ),
    Misconception(
        "probability",
        _of_code(torch.sigmoid),
        "this is D's probability itself, which would be made small: the wrong way, and without a logarithm.",
    ),
    Misconception(
        "log_missing",
        _of_code(lambda fake: 1 - fake.sigmoid()),
        "this is 1 - D, without a logarithm: its gradient vanishes where the discriminator is sure.",
    ),
    Misconception(
        "minus_probability",
        _of_code(lambda fake: -fake.sigmoid()),
        "this is -D, without a logarithm: its gradient vanishes where the discriminator is sure.",
    ),
    Misconception(
        "minus_the_logit",
        _of_code(lambda fake: -fake),
        "this is the logit itself, turned round (Wasserstein GAN): it has no lower end. Asked is -log D.",
    ),
    Misconception(
        "the_logit",
        _of_code(lambda fake: 1 * fake),
        "this is the logit itself, to be made small: the wrong way, and no log probability.",
    ),
    Misconception(
        "square_of_logit",
        _of_code(lambda fake: (fake - 1).square()),
        "this is the squared distance of the logit to 1 (least-squares GAN). Asked is -log D.",
    ),
    Misconception(
        "half_square_of_logit",
        _of_code(lambda fake: 0.5 * (fake - 1).square()),
        "this is half the squared distance of the logit to 1 (least-squares GAN). Asked is -log D.",
    ),
    Misconception(
        "square_of_probability",
        _of_code(lambda fake: (1 - fake.sigmoid()).square()),
        "this is a squared error of the probability, whose gradient vanishes where the discriminator is sure. Asked is "
        "-log D.",
    ),
    Misconception(
        "hinge",
        _of_code(lambda fake: F.relu(1 - fake)),
        "this is a hinge, 0 beyond a margin. Asked is -log D.",
    ),
)

EXERCISES: dict[str, Exercise] = {
    "encoder_loss": Exercise(
        "the encoder's loss",
        encoder_loss,
        ("fake_logits",),
        _one_kind,
        "where the discriminator is sure that it sees a code, the slope is nearly -1: there the encoder learns most.",
        ENCODER,
        differentiable=("fake_logits",),
        each=Each("image"),
        error_hints={
            "must be the same as input size": "Each code needs a target.",
            "all elements of input should be between 0 and 1": "The argument holds logits, no probabilities.",
        },
    ),
}
