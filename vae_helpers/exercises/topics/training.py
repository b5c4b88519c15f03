"""The exercise on a training step, with the classic mistakes."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Exercise, Misconception
from vae_helpers.exercises.steps import batches, check_noise, two_steps
from vae_helpers.losses import bernoulli_nll, gaussian_kl, vae_loss
from vae_helpers.models import VAE
from vae_helpers.training import training_step


def _step(model: VAE, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _step_with(combine: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """A training step on another combination of the two terms."""
    return lambda model, optimizer, x: _step(model, optimizer, combine(*model.loss_terms(x)))


def _step_at(draw: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable:
    """A training step that draws z in another way from mu, sigma and eps."""

    def step(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
        mu, logvar = model.encode(x)
        logits = model.decode(draw(mu, torch.exp(0.5 * logvar), torch.randn_like(mu)))
        _step(model, optimizer, vae_loss(bernoulli_nll(logits, x), gaussian_kl(mu, logvar)).mean())

    return step


def _step_without_zero_grad(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    vae_loss(*model.loss_terms(x)).mean().backward()
    optimizer.step()


def _backward_only(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    optimizer.zero_grad()
    vae_loss(*model.loss_terms(x)).mean().backward()


def _step_before_backward(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    optimizer.step()
    _backward_only(model, optimizer, x)


def _step_twice(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    _backward_only(model, optimizer, x)
    optimizer.step()
    optimizer.step()


def _step_in_eval_mode(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    model.eval()
    training_step(model, optimizer, x)


def _step_of_another(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    training_step(model, torch.optim.SGD(model.parameters(), lr=1e-3), x)


def _step_with_one_noise(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    training_step(model, optimizer, x, generator=Generator().manual_seed(0))


EXERCISES: dict[str, Exercise] = {
    "training_step": Exercise(
        "one training step",
        training_step,
        ("model", "optimizer", "x"),
        batches,
        "this, repeated over batches, is the whole of training, for the autoencoder and for the VAE.",
        (
            Misconception(
                "gradients_pile_up",
                _step_without_zero_grad,
                "the first step is right, the second is not: gradients of earlier steps pile up. Where is zero_grad()?",
            ),
            Misconception(
                "kl_left_out",
                _step_with(lambda reconstruction, kl: reconstruction.mean()),
                "this leaves the KL out: it trains a plain autoencoder.",
            ),
            Misconception(
                "reconstruction_left_out",
                _step_with(lambda reconstruction, kl: kl.mean()),
                "this leaves the reconstruction out: nothing would ask z to say anything about the image.",
            ),
            Misconception(
                "kl_subtracted",
                _step_with(lambda reconstruction, kl: (reconstruction - kl).mean()),
                "the KL is subtracted: training would push it to infinity. In a loss it is added.",
            ),
            Misconception(
                "uphill",
                _step_with(lambda reconstruction, kl: -(reconstruction + kl).mean()),
                "the loss goes up: this maximises it. loss_terms are costs already; their sum is to be minimised.",
            ),
            Misconception(
                "summed_over_images",
                _step_with(lambda reconstruction, kl: (reconstruction + kl).sum()),
                "this sums over the images of the batch, so a step grows with the batch. Take the mean.",
            ),
            Misconception(
                "kl_left_out",
                _step_with(lambda reconstruction, kl: reconstruction.sum()),
                "this leaves the KL out, and sums over the images of the batch instead of taking their mean.",
            ),
            Misconception(
                "divided_twice",
                _step_with(lambda reconstruction, kl: (reconstruction + kl).mean() / len(kl)),
                "this divides by the number of images twice: mean() has done so already.",
            ),
            Misconception(
                "mean_over_everything",
                _step_with(lambda reconstruction, kl: (reconstruction + kl).mean() / 784),
                "this divides by the number of pixels; loss_terms sums over them, and that is meant.",
            ),
            Misconception(
                "terms_averaged",
                _step_with(lambda reconstruction, kl: torch.stack([reconstruction, kl]).mean()),
                "this averages the two terms; they are added. Half of the loss makes half the step.",
            ),
            Misconception(
                "mean_over_pixels",
                _step_with(lambda reconstruction, kl: (reconstruction / 784 + kl).mean()),
                "the reconstruction is averaged over pixels while the KL is a sum: the KL weighs 784 times too much.",
            ),
            Misconception(
                "kl_summed_over_images",
                _step_with(lambda reconstruction, kl: reconstruction.mean() + kl.sum()),
                "the reconstruction is averaged over images, the KL is summed over them: its weight grows with the "
                "batch.",
            ),
            Misconception(
                "reconstruction_summed_over_images",
                _step_with(lambda reconstruction, kl: reconstruction.sum() + kl.mean()),
                "the KL is averaged over images, the reconstruction is summed over them: the weight of the KL shrinks "
                "as the batch grows.",
            ),
            Misconception(
                "step_before_backward",
                _step_before_backward,
                "the optimizer steps before backward(), so each step uses the gradients of the batch before.",
            ),
            Misconception(
                "stepped_twice",
                _step_twice,
                "the optimizer steps twice on one batch's gradients; once is one step.",
            ),
            Misconception(
                "path_cut",
                _step_at(lambda mu, sigma, eps: (mu + sigma * eps).detach()),
                "the reconstruction's gradient does not reach the encoder: z is detached, or drawn under no_grad() or "
                "by sample().",
            ),
            Misconception(
                "eval_mode",
                _step_in_eval_mode,
                "the model is in eval mode while it learns: there, layers such as dropout are off. Leave model.eval() "
                "for measuring.",
            ),
            Misconception(
                "another_optimizer",
                _step_of_another,
                "the weights move, but not by the optimizer that is given: call its step().",
            ),
            Misconception(
                "mean_decoded",
                _step_at(lambda mu, sigma, eps: mu),
                "this decodes the mean: z must be *sampled*, once for each image, as model.loss_terms does.",
            ),
            Misconception(
                "wrong_noise",
                _step_at(lambda mu, sigma, eps: mu + sigma**2 * eps),
                "z does not have the encoder's distribution: (z - mu) / sigma must be N(0, 1), with sigma = "
                "exp(logvar / 2). Or leave the draw to model.loss_terms.",
            ),
            Misconception(
                "noise_shared",
                _step_at(lambda mu, sigma, eps: mu + sigma * eps[:1]),
                "all images, or all latent dimensions, share the same noise: draw an eps of mu's shape.",
            ),
            Misconception(
                "path_through_sigma_cut",
                _step_at(lambda mu, sigma, eps: mu + sigma.detach() * eps),
                "the reconstruction's gradient does not come back to logvar: is sigma detached, or computed under "
                "no_grad()?",
            ),
            Misconception(
                "frozen_noise",
                _step_with_one_noise,
                "each step draws the same noise: don't seed inside the step.",
            ),
            Misconception(
                "nothing_moves",
                _backward_only,
                "no weight moves. Are backward() and optimizer.step() both called, in this order, with brackets, and "
                "zero_grad() before them, not between the two?",
            ),
        ),
        probe=two_steps,
        measured=(
            "the loss on a small batch before training",
            "the loss on a small batch after one step",
            "the loss on a small batch after two steps",
        ),
        further=check_noise,
        rtol=1e-7,
        atol=0.0,
        note="Here beta is 1, and vae_loss adds the two terms.",
    ),
}
