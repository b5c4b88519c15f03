"""The exercise on a step of the adversarial game, with the mistakes in its losses."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.adversarial import adversarial_step, discriminator_loss, encoder_loss
from vae_helpers.exercises.exercise import Exercise, Misconception
from vae_helpers.exercises.game import MEASURED, games, two_moves
from vae_helpers.exercises.wrong_games import HOW_OFTEN_AND_WHEN, everything, judge, own, weighted
from vae_helpers.exercises.wrong_gradients import D_MOVES_TWICE, WHERE_GRADIENTS_GO
from vae_helpers.losses import bernoulli_nll
from vae_helpers.models import AdversarialAutoencoder


def _second(terms: Callable, combine: Callable = weighted, judged: Callable = discriminator_loss) -> Callable:
    """A step that is right but for the two terms of the second loss, (N,) each, and what is made of them.

    Or but for the discriminator's loss, ``judged``.
    """

    def step(model, optimizer, d_optimizer, x, real, weight, moved=own):
        z = model.encode(x)
        judge(model, d_optimizer, real, z.detach(), judged)
        optimizer.zero_grad()
        combine(*terms(model, z, x), weight).backward(inputs=moved(model))
        optimizer.step()

    return step


def _terms(deceive: Callable[[Tensor], Tensor] = encoder_loss) -> Callable:
    """The second loss's right terms, or a wrong encoder's loss of the codes' logits."""
    return lambda model, z, x: (bernoulli_nll(model.decode(z), x), deceive(model.discriminate(z)))


def _total(combine: Callable[[Tensor, Tensor, float], Tensor]) -> Callable:
    """A step that is right but for the second loss, from the reconstruction, the encoder's loss and the weight."""
    return _second(_terms(), combine)


def _deceiving(loss: Callable[[Tensor], Tensor]) -> Callable:
    """A step that is right but for the encoder's loss of the codes' logits."""
    return _second(_terms(loss))


def _judging(loss: Callable[[Tensor, Tensor], Tensor], deceive: Callable = encoder_loss) -> Callable:
    """A step that is right but for the discriminator's loss."""
    return _second(_terms(deceive), judged=loss)


def _minimax(model, optimizer, d_optimizer, x, real, weight, moved=own):
    z = model.encode(x)
    judge(model, d_optimizer, real, z.detach())
    optimizer.zero_grad()
    gain = discriminator_loss(model.discriminate(real), model.discriminate(z))
    (bernoulli_nll(model.decode(z), x).mean() - weight * gain).backward(inputs=moved(model))
    optimizer.step()


def _squared_error(model: AdversarialAutoencoder, z: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    squares = (torch.sigmoid(model.decode(z)) - x).square().flatten(1).sum(dim=1)
    return squares, encoder_loss(model.discriminate(z))


def _sigmoid_twice(model: AdversarialAutoencoder, z: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return bernoulli_nll(torch.sigmoid(model.decode(z)), x), encoder_loss(model.discriminate(z))


def _arguments_swapped(model: AdversarialAutoencoder, z: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return bernoulli_nll(x, model.decode(z)), encoder_loss(model.discriminate(z))


def _reconstruction_cut(model: AdversarialAutoencoder, z: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return bernoulli_nll(model.decode(z.detach()), x), encoder_loss(model.discriminate(z))


WHICH_LOSSES = (
    Misconception(
        "targets_swapped",
        _judging(lambda real, fake: discriminator_loss(fake, real)),
        "the discriminator moves the wrong way: real and fake are swapped in its loss, draws of the prior come first.",
    ),
    Misconception(
        "both_swapped",
        _judging(lambda real, fake: discriminator_loss(fake, real), F.softplus),
        "both players have real and fake swapped. It would be the same game, but discriminate() promises log odds of "
        "*a draw of the prior*.",
    ),
    Misconception(
        "encoders_sign",
        _deceiving(F.softplus),
        "the encoder moves wrongly: it learns to be found out. Which target does it want for its codes?",
    ),
    Misconception(
        "saturating",
        _deceiving(lambda fake: -F.softplus(fake)),
        "the encoder moves wrongly: it minimises log(1 - D), whose gradient vanishes where D is sure. Take "
        "encoder_loss.",
    ),
    Misconception(
        "minimax",
        _minimax,
        "the encoder moves wrongly: it maximises the discriminator's loss, whose gradient vanishes where D is sure. "
        "Take encoder_loss.",
    ),
    Misconception(
        "encoder_half",
        _deceiving(lambda fake: 0.5 * encoder_loss(fake)),
        "the encoder feels half of its loss: is there a 1/2, or discriminator_loss, in the second loss?",
    ),
    Misconception(
        "d_not_halved",
        _judging(lambda real, fake: 2 * discriminator_loss(real, fake)),
        "the discriminator moves twice as far as it should: in its loss each kind counts half, and it steps once.",
    ),
    Misconception(
        "d_real_alone",
        _judging(lambda real, fake: 0.5 * F.softplus(-real).mean()),
        "the discriminator learns from the draws of the prior alone: where are the codes?",
    ),
    Misconception(
        "d_codes_alone",
        _judging(lambda real, fake: 0.5 * F.softplus(fake).mean()),
        "the discriminator learns from the codes alone: where are the draws of the prior?",
    ),
    Misconception(
        "d_uphill",
        _judging(lambda real, fake: -discriminator_loss(real, fake)),
        "the discriminator moves the wrong way: its loss goes up.",
    ),
    Misconception(
        "weight_forgotten",
        _total(lambda r, e, weight: (r + e).mean()),
        "the encoder moves wrongly: the weight does not enter.",
    ),
    Misconception(
        "weight_on_the_reconstruction",
        _total(lambda r, e, weight: (weight * r + e).mean()),
        "encoder and decoder move wrongly: the weight multiplies the reconstruction, and it belongs to the encoder's "
        "loss.",
    ),
    Misconception(
        "weight_on_both",
        _total(lambda r, e, weight: weight * (r + e).mean()),
        "encoder and decoder move too far: the weight multiplies both terms, and it belongs to the encoder's loss.",
    ),
    Misconception(
        "weight_divided",
        _total(lambda r, e, weight: (r + e / weight).mean()),
        "the encoder moves wrongly: its loss is divided by the weight.",
    ),
    Misconception(
        "encoder_loss_subtracted",
        _total(lambda r, e, weight: (r - weight * e).mean()),
        "the encoder moves wrongly: its loss is subtracted, so it learns to be found out.",
    ),
    Misconception(
        "reconstruction_left_out",
        _total(lambda r, e, weight: (weight * e).mean() + 0 * r.sum()),
        "the decoder does not move: the reconstruction is missing from the second loss.",
    ),
    Misconception(
        "uphill",
        _total(lambda r, e, weight: -(r + weight * e).mean()),
        "encoder and decoder move the wrong way: their loss goes up.",
    ),
    Misconception(
        "summed_over_images",
        _total(lambda r, e, weight: (r + weight * e).sum()),
        "encoder and decoder move too far: their loss is summed over the images. Take the mean.",
    ),
    Misconception(
        "mean_over_pixels",
        _total(lambda r, e, weight: (r / 784 + weight * e).mean()),
        "the decoder moves 784 times too little: the reconstruction is averaged over the pixels. Sum over them.",
    ),
    Misconception(
        "mean_over_everything",
        _total(lambda r, e, weight: (r + weight * e).mean() / 784),
        "encoder and decoder move 784 times too little: their loss is divided by the number of pixels.",
    ),
    Misconception(
        "reconstruction_summed_over_images",
        _total(lambda r, e, weight: r.sum() + weight * e.mean()),
        "encoder and decoder move too far: the reconstruction is summed over the images. Take the mean, as for the "
        "encoder's loss.",
    ),
    Misconception(
        "encoder_loss_summed_over_images",
        _total(lambda r, e, weight: r.mean() + weight * e.sum()),
        "the encoder moves wrongly: its loss is summed over the images. Take the mean, as for the reconstruction.",
    ),
    Misconception(
        "squared_error",
        _second(_squared_error),
        "encoder and decoder move wrongly: the reconstruction is a squared error; asked is the Bernoulli one.",
    ),
    Misconception(
        "sigmoid_twice",
        _second(_sigmoid_twice),
        "encoder and decoder move wrongly: bernoulli_nll takes logits, and here a sigmoid is applied before it.",
    ),
    Misconception(
        "arguments_swapped",
        _second(_arguments_swapped),
        "encoder and decoder move wrongly: in bernoulli_nll the logits come first, the images second; here they are "
        "swapped.",
    ),
    Misconception(
        "reconstruction_cut",
        _second(_reconstruction_cut),
        "the encoder has no gradient of the reconstruction: decoded are detached codes. Detach them for the "
        "discriminator's loss alone.",
    ),
)

TWO_THINGS = tuple(
    replace(
        mistake,
        function=partial(mistake.function, moved=everything),
        message=f"two things. First, {D_MOVES_TWICE} Second, {mistake.message}",
    )
    for mistake in WHICH_LOSSES
)

EXERCISES: dict[str, Exercise] = {
    "adversarial_step": Exercise(
        "one step of the adversarial game",
        adversarial_step,
        ("model", "optimizer", "d_optimizer", "x", "real", "weight"),
        games,
        "each network moves by its own loss alone. Repeated over batches, this is the training of this notebook.",
        WHERE_GRADIENTS_GO + WHICH_LOSSES + HOW_OFTEN_AND_WHEN + TWO_THINGS,
        probe=two_moves,
        measured=MEASURED,
        error_hints={
            "backward through the graph a second time": "The discriminator's loss went back into the encoder, and its "
            "graph is gone. Where should that gradient end?",
            "modified by an inplace operation": "The discriminator's weights have changed since these logits were "
            "computed: ask it again after its step.",
            "mat1 and mat2 shapes": "The discriminator takes codes, (N, D), no images.",
            "z: want": "The discriminator judges codes, model.encode(x), no images.",
        },
        rtol=1e-6,
        atol=1e-6,
        note="What it returns is for the record of a training. Classes and their labels come later in this notebook.",
    ),
}
