"""Mistakes in a step of the adversarial game: whose gradient goes where."""

from collections.abc import Callable

from vae_helpers.adversarial import discriminator_loss, encoder_loss
from vae_helpers.exercises.exercise import Misconception
from vae_helpers.exercises.wrong_games import autoencoder_alone, everything, judge, own, weighted
from vae_helpers.losses import bernoulli_nll

D_MOVES_TWICE = (
    "the discriminator moves wrongly: `optimizer` holds its weights, too, and moves them by the second loss, so that "
    "it lets itself be deceived. Which weights should that loss have a gradient for?"
)
ENCODER_HELPS = (
    "the encoder moves wrongly: it has a gradient of the discriminator's loss, too, and helps to be found out. Where "
    "should that gradient end?"
)
LEFT_OF_BEFORE = (
    "encoder and decoder still hold the gradients of the step before, and the new ones are added to them: "
    "d_optimizer.zero_grad() clears the discriminator's alone. Where is optimizer.zero_grad()?"
)
TOGETHER = (
    "both losses go backward together, before either player steps, so the discriminator gets the encoder's gradient, "
    "too. One backward() and its step() for each player, the discriminator first."
)
EACH_BY_THE_OTHERS = (
    "one backward() for both players' losses: each is moved by the other's. Two losses, one after the other."
)


def _backward(
    everywhere: bool,
    zeroed: str,
    detached: bool = True,
    cut: bool = False,
    own_d: bool = True,
    cleared: bool = False,
) -> Callable:
    """A step with all losses right, but perhaps not where their gradients go and when they are set to zero.

    Args:
        everywhere: the second loss has gradients for the discriminator, too.
        zeroed: when ``optimizer.zero_grad()`` is called: first, between the losses, or never.
        detached: the discriminator's loss sees detached codes.
        cut: the encoder's loss sees detached codes.
        own_d: ``d_optimizer.zero_grad()`` is called first.
        cleared: it is called before ``optimizer.step()``.
    """

    def step(model, optimizer, d_optimizer, x, real, weight):
        z = model.encode(x)
        if zeroed == "first":
            optimizer.zero_grad()
        if own_d:
            d_optimizer.zero_grad()
        judged = model.discriminate(z.detach() if detached else z)
        discriminator_loss(model.discriminate(real), judged).backward(retain_graph=True)
        d_optimizer.step()
        if zeroed == "between":
            optimizer.zero_grad()
        deceived = encoder_loss(model.discriminate(z.detach() if cut else z))
        loss = weighted(bernoulli_nll(model.decode(z), x), deceived, weight)
        loss.backward(inputs=None if everywhere else own(model))
        if cleared:
            d_optimizer.zero_grad()
        optimizer.step()

    return step


def _together(
    detached: bool = True,
    own_d: bool = True,
    cleared: bool = False,
    erased: bool = False,
    moved: Callable = everything,
) -> Callable:
    """Both losses go backward, in one backward() or two, before anyone steps.

    Args:
        detached: the discriminator's loss sees detached codes.
        own_d: ``d_optimizer`` steps, too.
        cleared: ``d_optimizer.zero_grad()`` is called between the two steps.
        erased: ``optimizer.zero_grad()`` is called between the two losses.
        moved: the weights that the second loss has a gradient for.
    """

    def step(model, optimizer, d_optimizer, x, real, weight):
        z = model.encode(x)
        optimizer.zero_grad()
        judged = model.discriminate(z.detach() if detached else z)
        discriminator_loss(model.discriminate(real), judged).backward(retain_graph=True)
        if erased:
            optimizer.zero_grad()
        deceived = encoder_loss(model.discriminate(z))
        weighted(bernoulli_nll(model.decode(z), x), deceived, weight).backward(inputs=moved(model))
        if own_d:
            d_optimizer.step()
        if cleared:
            d_optimizer.zero_grad()
        optimizer.step()

    return step


def _d_by_optimizer(model, optimizer, d_optimizer, x, real, weight):
    judge(model, optimizer, real, model.encode(x).detach())
    autoencoder_alone(model, optimizer, d_optimizer, x, real, weight)


WHERE_GRADIENTS_GO = (
    Misconception("d_moved_by_the_second_loss", _backward(everywhere=True, zeroed="between"), D_MOVES_TWICE),
    Misconception(
        "d_moved_by_the_second_loss",
        _backward(everywhere=True, zeroed="between", own_d=False),
        f"{D_MOVES_TWICE} And in the second step d_optimizer still finds that gradient: set it to zero.",
    ),
    Misconception(
        "d_moved_by_both_losses",
        _backward(everywhere=True, zeroed="first"),
        "the discriminator moves wrongly: after its own step its gradient is still there, the second loss adds to it, "
        "and `optimizer`, which holds its weights, too, steps along both.",
    ),
    Misconception(
        "d_moved_again",
        _backward(everywhere=False, zeroed="first"),
        "the discriminator moves too far: after its own step its gradient is still there, and `optimizer`, which holds "
        "its weights, too, steps along it again.",
    ),
    Misconception(
        "encoder_helps_d",
        _backward(everywhere=False, zeroed="first", detached=False),
        f"{ENCODER_HELPS} And the discriminator moves by both optimizers.",
    ),
    Misconception(
        "encoder_helps_d",
        _backward(everywhere=True, zeroed="first", detached=False),
        f"{ENCODER_HELPS} And the discriminator moves by both optimizers, and by the second loss, too.",
    ),
    Misconception(
        "encoder_helps_d",
        _backward(everywhere=False, zeroed="first", detached=False, cleared=True),
        ENCODER_HELPS,
    ),
    Misconception("gradients_pile_up", _backward(everywhere=False, zeroed="never", cleared=True), LEFT_OF_BEFORE),
    Misconception(
        "gradients_pile_up",
        _backward(everywhere=False, zeroed="never", detached=False, cleared=True),
        f"two things. First, {LEFT_OF_BEFORE} Second, {ENCODER_HELPS}",
    ),
    Misconception(
        "gradients_pile_up",
        _backward(everywhere=False, zeroed="never"),
        "gradients of earlier losses and steps pile up in encoder and decoder, and `optimizer` moves the "
        "discriminator, too, along what is left there. Where is optimizer.zero_grad()?",
    ),
    Misconception(
        "gradients_pile_up",
        _backward(everywhere=True, zeroed="never"),
        "gradients of earlier losses and steps pile up. Where is optimizer.zero_grad()? And the second loss moves the "
        "discriminator, too: which weights should it have a gradient for?",
    ),
    Misconception(
        "gradients_pile_up",
        _backward(everywhere=True, zeroed="never", own_d=False),
        "gradients of earlier losses and steps pile up in all three networks: no zero_grad() is called. Which "
        "gradients should be gone before each backward()?",
    ),
    Misconception(
        "gradients_pile_up",
        _backward(everywhere=False, zeroed="never", own_d=False),
        "gradients of earlier steps pile up in all three networks: no zero_grad() is called.",
    ),
    Misconception(
        "gradients_pile_up",
        _backward(everywhere=False, zeroed="never", detached=False),
        "gradients of earlier losses and steps pile up: where is optimizer.zero_grad()? Besides, the discriminator's "
        "loss leaves a gradient in the encoder.",
    ),
    Misconception(
        "gradients_pile_up",
        _backward(everywhere=True, zeroed="never", detached=False),
        "gradients of earlier losses and steps pile up: where is optimizer.zero_grad()? Besides, each loss leaves a "
        "gradient in the other player.",
    ),
    Misconception(
        "encoder_unmoved_by_d",
        _backward(everywhere=False, zeroed="between", cut=True),
        "the encoder moves by the reconstruction alone. Is the second term there, and does its gradient come back "
        "through the discriminator to the codes? Detached, or under no_grad(), it does not.",
    ),
    Misconception(
        "encoder_unmoved_by_d",
        _backward(everywhere=True, zeroed="between", cut=True),
        "the second loss moves the discriminator and not the encoder: the wrong player. Which codes does it see, "
        "detached ones or not, and which weights should have its gradient?",
    ),
    Misconception(
        "encoder_unmoved_by_d",
        _backward(everywhere=True, zeroed="first", cut=True),
        "the second loss moves the discriminator and not the encoder: the wrong player. Which codes does it see? And "
        "the discriminator's own gradient is still there when `optimizer` steps.",
    ),
    Misconception(
        "one_loss",
        _together(detached=False, own_d=False),
        "one loss for both players: each is moved by the other's, and what one gains the other loses. Two losses, two "
        "optimizers, one after the other.",
    ),
    Misconception("one_loss", _together(detached=False), EACH_BY_THE_OTHERS),
    Misconception("one_loss", _together(detached=False, cleared=True), EACH_BY_THE_OTHERS),
    Misconception("one_backward", _together(cleared=True), TOGETHER),
    Misconception(
        "one_backward",
        _together(),
        f"{TOGETHER} And `optimizer`, which holds the discriminator's weights, too, moves it again.",
    ),
    Misconception(
        "one_backward",
        _together(own_d=False),
        f"{TOGETHER} And the discriminator moves by `optimizer`: its own is d_optimizer.",
    ),
    Misconception(
        "gradient_erased",
        _together(erased=True),
        "the discriminator moves wrongly: when it steps, zero_grad() has taken its own gradient away, and the second "
        "loss's is in its place. One backward() and its step() for each player, the discriminator first.",
    ),
    Misconception(
        "both_step_at_the_end",
        _together(moved=own),
        "the encoder moves wrongly: it faces the discriminator of before. Step after the first backward(), then ask it "
        "again. And the discriminator's gradient is still there when `optimizer`, which holds its weights, too, steps.",
    ),
    Misconception(
        "d_by_the_other_optimizer",
        _d_by_optimizer,
        "the discriminator moves the right way, but by `optimizer`: its own is d_optimizer.",
    ),
)
