"""Mistakes in a step of the adversarial game: who moves how often and when. And the parts of a right step."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim import Optimizer

from vae_helpers.adversarial import adversarial_step, discriminator_loss, encoder_loss
from vae_helpers.exercises.exercise import Misconception
from vae_helpers.losses import bernoulli_nll
from vae_helpers.models import AdversarialAutoencoder


def judge(
    model: AdversarialAutoencoder, d_optimizer: Optimizer, real: Tensor, z: Tensor, loss: Callable = discriminator_loss
) -> None:
    """The discriminator's step; the graph of ``z`` stays."""
    d_optimizer.zero_grad()
    loss(model.discriminate(real), model.discriminate(z)).backward(retain_graph=True)
    d_optimizer.step()


def weighted(reconstruction: Tensor, deceived: Tensor, weight: float) -> Tensor:
    """The second loss."""
    return (reconstruction + weight * deceived).mean()


def own(model: AdversarialAutoencoder) -> list[Tensor]:
    """The weights that the second loss may move."""
    return [*model.encoder.parameters(), *model.decoder.parameters()]


def everything(model: AdversarialAutoencoder) -> list[Tensor]:
    """All weights: what the second loss moves where nobody looks after it."""
    return list(model.parameters())


def autoencoder_alone(model, optimizer, d_optimizer, x, real, weight, moved=own):
    """The step of encoder and decoder, which leaves the discriminator as it is."""
    z = model.encode(x)
    optimizer.zero_grad()
    deceived = encoder_loss(model.discriminate(z))
    weighted(bernoulli_nll(model.decode(z), x), deceived, weight).backward(inputs=moved(model))
    optimizer.step()


def _repeated(times: int, alone: bool = False) -> Callable:
    """A step in which the discriminator learns ``times`` times; and, if ``alone``, nothing else does."""

    def step(model, optimizer, d_optimizer, x, real, weight):
        z = model.encode(x)
        for _ in range(times - (not alone)):
            judge(model, d_optimizer, real, z.detach())
        if not alone:
            adversarial_step(model, optimizer, d_optimizer, x, real, weight)

    return step


def _encoder_first(fresh: bool, moved: Callable = own) -> Callable:
    """The right losses in the other order, the discriminator's on the codes of before, or ``fresh`` ones."""

    def step(model, optimizer, d_optimizer, x, real, weight):
        z = model.encode(x).detach()
        autoencoder_alone(model, optimizer, d_optimizer, x, real, weight, moved)
        judge(model, d_optimizer, real, (model.encode(x) if fresh else z).detach())

    return step


def _by_another_optimizer(model, optimizer, d_optimizer, x, real, weight):
    adversarial_step(model, torch.optim.SGD(model.parameters(), lr=1e-3), d_optimizer, x, real, weight)


def _left_frozen(model, optimizer, d_optimizer, x, real, weight):
    adversarial_step(model, optimizer, d_optimizer, x, real, weight)
    model.discriminator.requires_grad_(False)


def _in_eval_mode(model, optimizer, d_optimizer, x, real, weight):
    adversarial_step(model.eval(), optimizer, d_optimizer, x, real, weight)


def _own_draws(model, optimizer, d_optimizer, x, real, weight):
    adversarial_step(model, optimizer, d_optimizer, x, torch.randn_like(real), weight)


def _nothing(model, optimizer, d_optimizer, x, real, weight):
    weighted(bernoulli_nll(model.decode(model.encode(x)), x), x.new_zeros(len(x)), weight).backward()


HOW_OFTEN_AND_WHEN = (
    Misconception(
        "encoder_first",
        _encoder_first(fresh=False, moved=everything),
        "two things. The encoder faces the discriminator of before: first the discriminator's step, then ask it again. "
        "And `optimizer` moves the discriminator, too, by the second loss.",
    ),
    Misconception(
        "encoder_first",
        _encoder_first(fresh=False),
        "the encoder moves wrongly: it faces the discriminator of before. First the discriminator's step, then ask it "
        "again.",
    ),
    Misconception(
        "encoder_first",
        _encoder_first(fresh=True),
        "encoder and decoder step first, and the discriminator sees the codes of after. It learns first.",
    ),
    Misconception(
        "d_learns_twice",
        _repeated(2),
        "the discriminator learns twice for each step of the encoder. Once is asked.",
    ),
    Misconception(
        "d_alone",
        _repeated(1, alone=True),
        "only the discriminator moves. Where is the step of encoder and decoder?",
    ),
    Misconception(
        "autoencoder_alone",
        autoencoder_alone,
        "the discriminator does not move. Are its backward() and d_optimizer.step() both called, in this order?",
    ),
    Misconception(
        "nothing_moves",
        _nothing,
        "no weight moves. Are backward() and step() called for both players, with brackets, and no zero_grad() between "
        "the two?",
    ),
    Misconception(
        "another_optimizer",
        _by_another_optimizer,
        "encoder and decoder move, but not by the optimizer that is given: call its step().",
    ),
    Misconception(
        "left_frozen",
        _left_frozen,
        "after the step some weights ask for no gradient any more, so they can't learn in the next: switch "
        "requires_grad_ on again.",
    ),
    Misconception(
        "eval_mode",
        _in_eval_mode,
        "the model is in eval mode while it learns. Leave model.eval() for measuring.",
    ),
    Misconception(
        "other_points",
        _own_draws,
        "the discriminator is shown points that are neither `real` nor codes. Draws of the prior are given: draw none "
        "yourself.",
    ),
)
