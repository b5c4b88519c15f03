"""Right steps of the adversarial game in other people's idioms, and mistakes as one writes them."""

import pytest
import torch
from torch.nn import functional as F

from vae_helpers.adversarial import discriminator_loss, encoder_loss
from vae_helpers.exercises import check
from vae_helpers.losses import bernoulli_nll

BCE = F.binary_cross_entropy_with_logits


def judge(model, d_optimizer, real, z):
    d_optimizer.zero_grad()
    discriminator_loss(model.discriminate(real), model.discriminate(z)).backward()
    d_optimizer.step()


def second(model, x, z, weight):
    return (bernoulli_nll(model.decode(z), x) + weight * encoder_loss(model.discriminate(z))).mean()


def gradients_cleared(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    judge(model, d_optimizer, real, z.detach())
    optimizer.zero_grad()
    second(model, x, z, weight).backward()
    d_optimizer.zero_grad()
    optimizer.step()
    return "anything"


def frozen(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    of_real, of_fake = model.discriminate(real), model.discriminate(z.detach())
    d_optimizer.zero_grad()
    (0.5 * (BCE(of_real, torch.ones_like(of_real)) + BCE(of_fake, torch.zeros_like(of_fake)))).backward()
    d_optimizer.step()
    optimizer.zero_grad()
    model.discriminator.requires_grad_(False)
    fake = model.discriminate(z)
    loss = BCE(model.decode(z), x, reduction="sum") / len(x) + weight * BCE(fake, torch.ones_like(fake))
    loss.backward()
    model.discriminator.requires_grad_(True)
    optimizer.step()


def by_autograd(model, optimizer, d_optimizer, x, real, weight):
    z, d_weights = model.encode(x), list(model.discriminator.parameters())
    loss = discriminator_loss(model.discriminate(real), model.discriminate(z))
    for value, gradient in zip(d_weights, torch.autograd.grad(loss, d_weights, retain_graph=True), strict=True):
        value.grad = gradient
    d_optimizer.step()
    optimizer.zero_grad()
    own = [*model.encoder.parameters(), *model.decoder.parameters()]
    for value, gradient in zip(own, torch.autograd.grad(second(model, x, z, weight), own), strict=True):
        value.grad = gradient
    optimizer.step()


def encoded_twice(model, optimizer, d_optimizer, x, real, weight):
    with torch.no_grad():
        z = model.encode(x)
    judge(model, d_optimizer, real, z)
    optimizer.zero_grad()
    second(model, x, model.encode(x), weight).backward()
    model.discriminator.zero_grad(set_to_none=False)
    optimizer.step()


@pytest.mark.parametrize("step", [gradients_cleared, frozen, by_autograd, encoded_twice])
def test_other_right_steps(step):
    assert check("adversarial_step", step).status == "right"


def nobody_looks_after_d(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    judge(model, d_optimizer, real, z.detach())
    optimizer.zero_grad()
    second(model, x, z, weight).backward()
    optimizer.step()


def frozen_too_late(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    optimizer.zero_grad()
    judge(model, d_optimizer, real, z.detach())
    model.discriminator.requires_grad_(False)
    second(model, x, z, weight).backward()
    optimizer.step()
    model.discriminator.requires_grad_(True)


def pixels_averaged(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    judge(model, d_optimizer, real, z.detach())
    optimizer.zero_grad()
    (BCE(model.decode(z), x) + weight * encoder_loss(model.discriminate(z)).mean()).backward()
    optimizer.step()


def step_before_is_left(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    judge(model, d_optimizer, real, z.detach())
    second(model, x, z, weight).backward()
    d_optimizer.zero_grad()
    optimizer.step()


def step_before_is_left_and_not_detached(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    discriminator_loss(model.discriminate(real), model.discriminate(z)).backward(retain_graph=True)
    d_optimizer.step()
    second(model, x, z, weight).backward()
    model.discriminator.zero_grad()
    optimizer.step()


def helps_to_be_found_out(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    optimizer.zero_grad()
    discriminator_loss(model.discriminate(real), model.discriminate(z)).backward(retain_graph=True)
    d_optimizer.step()
    second(model, x, z, weight).backward()
    d_optimizer.zero_grad()
    optimizer.step()


def one_backward(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    d_loss = discriminator_loss(model.discriminate(real), model.discriminate(z.detach()))
    loss = second(model, x, z, weight)
    optimizer.zero_grad()
    d_optimizer.zero_grad()
    (d_loss + loss).backward()
    d_optimizer.step()
    optimizer.step()


def one_backward_cleared(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    d_loss = discriminator_loss(model.discriminate(real), model.discriminate(z.detach()))
    optimizer.zero_grad()
    (d_loss + second(model, x, z, weight)).backward()
    d_optimizer.step()
    d_optimizer.zero_grad()
    optimizer.step()


def one_backward_not_detached(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    fake = model.discriminate(z)
    loss = bernoulli_nll(model.decode(z), x).mean() + weight * encoder_loss(fake).mean()
    optimizer.zero_grad()
    (loss + discriminator_loss(model.discriminate(real), fake)).backward()
    d_optimizer.step()
    d_optimizer.zero_grad()
    optimizer.step()


def steps_at_the_end(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    d_optimizer.zero_grad()
    discriminator_loss(model.discriminate(real), model.discriminate(z.detach())).backward()
    optimizer.zero_grad()
    second(model, x, z, weight).backward()
    d_optimizer.step()
    optimizer.step()


def steps_at_the_end_own_weights(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    optimizer.zero_grad()
    discriminator_loss(model.discriminate(real), model.discriminate(z.detach())).backward()
    second(model, x, z, weight).backward(inputs=[*model.encoder.parameters(), *model.decoder.parameters()])
    d_optimizer.step()
    optimizer.step()


def images_first(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    judge(model, d_optimizer, real, z.detach())
    optimizer.zero_grad()
    (bernoulli_nll(x, model.decode(z)) + weight * encoder_loss(model.discriminate(z))).mean().backward()
    d_optimizer.zero_grad()
    optimizer.step()


LEFT, HELPS = "still hold the gradients of the step before", "helps to be found out"
TOGETHER, FIRST = "both losses go backward together", "the logits come first"


@pytest.mark.parametrize(
    ("step", "misconception", "words"),
    [
        (step_before_is_left, "gradients_pile_up", [LEFT]),
        (step_before_is_left_and_not_detached, "gradients_pile_up", ["two things", LEFT, HELPS]),
        (helps_to_be_found_out, "encoder_helps_d", [HELPS]),
        (one_backward, "one_backward", [TOGETHER, "moves it again"]),
        (one_backward_cleared, "one_backward", [TOGETHER]),
        (one_backward_not_detached, "one_loss", ["each is moved by the other's"]),
        (steps_at_the_end, "gradient_erased", ["taken its own gradient away"]),
        (steps_at_the_end_own_weights, "both_step_at_the_end", ["the discriminator of before"]),
        (images_first, "arguments_swapped", [FIRST]),
    ],
)
def test_each_slip_is_told_in_words(step, misconception, words):
    result = check("adversarial_step", step)
    assert result.misconception == misconception
    assert all(word in result.message for word in words)


@pytest.mark.parametrize(
    ("step", "misconception"),
    [
        (nobody_looks_after_d, "d_moved_by_the_second_loss"),
        (frozen_too_late, "d_moved_again"),
        pytest.param(pixels_averaged, "mean_over_pixels", marks=pytest.mark.slow),
    ],
)
def test_wrong_steps_as_one_writes_them(step, misconception):
    assert check("adversarial_step", step).misconception == misconception


def not_detached(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    judge(model, d_optimizer, real, z)
    second(model, x, z, weight).backward()


def asked_once(model, optimizer, d_optimizer, x, real, weight):
    z = model.encode(x)
    fake = model.discriminate(z)
    judge(model, d_optimizer, real, z.detach())
    encoder_loss(fake).mean().backward()


def judges_images(model, optimizer, d_optimizer, x, real, weight):
    model.discriminate(x)


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (not_detached, "Where should that gradient end?"),
        (asked_once, "ask it again after its step"),
        (judges_images, "judges codes"),
    ],
)
def test_cryptic_errors_are_explained(step, words):
    result = check("adversarial_step", step)
    assert result.status == "error" and words in result.message


def test_what_no_one_knows_is_told_by_network():
    def step(model, optimizer, d_optimizer, x, real, weight):
        z = model.encode(x)
        d_optimizer.zero_grad()
        (1.3 * discriminator_loss(model.discriminate(real), model.discriminate(z.detach()))).backward()
        d_optimizer.step()
        optimizer.zero_grad()
        second(model, x, z, weight).backward()
        d_optimizer.zero_grad()
        optimizer.step()

    message = check("adversarial_step", step).message
    assert "the discriminator's first step" in message and "came 1.3, wanted is 1.0" in message


@pytest.mark.parametrize(
    ("name", "misconception", "answer"),
    [
        ("discriminator_loss", "not_halved", lambda r, f: BCE(r, torch.ones_like(r)) + BCE(f, torch.zeros_like(f))),
        (
            "discriminator_loss",
            "numbers_weigh",
            lambda r, f: BCE(torch.cat([r, f]), torch.cat([torch.ones_like(r), torch.zeros_like(f)])),
        ),
        (
            "discriminator_loss",
            "rounds_to_0",
            lambda r, f: -(torch.log(r.sigmoid() + 1e-8).mean() + torch.log(1 - f.sigmoid() + 1e-8).mean()) / 2,
        ),
        ("discriminator_loss", "gradient_cut", lambda r, f: discriminator_loss(r, f).item()),
        ("encoder_loss", "mean_over_images", lambda f: BCE(f, torch.ones_like(f))),
        ("encoder_loss", "discriminators_own", lambda f: BCE(f, torch.zeros_like(f))),
        ("encoder_loss", "rounds_to_0", lambda f: torch.log1p(torch.exp(-f))),
        ("encoder_loss", "gradient_cut", lambda f: encoder_loss(f.detach())),
    ],
)
def test_wrong_losses_as_one_writes_them(name, misconception, answer):
    assert check(name, answer).misconception == misconception
