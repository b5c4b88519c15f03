"""Exercises on whole models: a training step, new images from the prior; with the classic mistakes."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.losses import vae_loss
from vae_helpers.models import VAE
from vae_helpers.training import training_step


def _batches() -> list[Inputs]:
    return [tuple(torch.rand(2, 5, 1, 28, 28, generator=Generator().manual_seed(0), dtype=torch.float64))]


def _still_model() -> VAE:
    """A small VAE with almost no noise in z, so that a step is the same however an answer draws its eps."""
    model = VAE(latent_dim=2, hidden=(6,), seed=0).double()
    with torch.no_grad():
        model.encoder.head.weight[2:] = 0
        model.encoder.head.bias[2:] = -40  # sigma = exp(-20)
    return model


def _two_steps(answer: Callable, batches: Inputs) -> list[float] | None:
    """The loss of a batch before, after one step and after two; None if nothing was touched."""
    model = _still_model()
    # settings that no answer would choose for an optimizer of its own
    optimizer = torch.optim.SGD(model.parameters(), lr=7.7e-4, momentum=0.6)
    losses = [_loss(model, batches[0])]
    calls = []
    hook = model.encoder.register_forward_hook(lambda *_: calls.append("encoder"))
    for x in batches:
        calls.clear()
        returned = answer(model, optimizer, x)
        if not calls and (returned is None or returned is ...):
            return None  # it has not even looked at the images
        losses.append(_loss(model, batches[0]))
    hook.remove()
    return losses


@torch.no_grad()
def _loss(model: VAE, x: Tensor) -> float:
    return vae_loss(*model.loss_terms(x, Generator().manual_seed(0))).mean().item()


def _step(model: VAE, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _step_with(combine: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """A training step on another combination of the two terms."""
    return lambda model, optimizer, x: _step(model, optimizer, combine(*model.loss_terms(x)))


def _step_without_zero_grad(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    vae_loss(*model.loss_terms(x)).mean().backward()
    optimizer.step()


def _backward_only(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    optimizer.zero_grad()
    vae_loss(*model.loss_terms(x)).mean().backward()


class _Window(nn.Module):
    """A decoder that shows its latents: they are the logits of the first pixels."""

    def __init__(self, latent_dim: int):
        super().__init__()
        self.latent_dim = latent_dim

    def forward(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise ValueError(f"decode wants z of shape (n, {self.latent_dim}) here, got {tuple(z.shape)}: the second "
                             "number is model.latent_dim")  # fmt: skip
        return nn.functional.pad(z, (0, 784 - z.shape[1])).unflatten(1, (1, 28, 28))


def _prior_statistics(answer: Callable, values: Inputs) -> Tensor | None:
    """What many images tell about the latents behind them."""
    n, latent_dim = values
    model = VAE(latent_dim=latent_dim, hidden=(4,), seed=0)
    model.decoder = _Window(latent_dim)
    images = answer(model, n)
    if images is None or images is ...:
        return None
    if isinstance(images, list):
        raise TypeError("want one tensor of images, got a list; torch.cat or torch.stack puts them together")
    images = torch.as_tensor(images).detach()
    if tuple(images.shape) != (n, 1, 28, 28):
        raise ValueError(f"want images of shape {(n, 1, 28, 28)}, got {tuple(images.shape)}")
    shown = images.flatten(1)[:, :latent_dim].double()
    z = torch.logit(shown)
    pixels_outside = ((shown < 0) | (shown > 1)).double().mean()
    pixels_grey = ((shown > 0) & (shown < 1)).double().mean()
    neighbours = (z[:, 0] * z[:, -1]).mean()  # of one dimension: its variance
    ink = images.mean(dtype=torch.float32).double()  # of 16 million pixels: many times faster than in float64
    return torch.stack([z.mean(), z.std(dim=0).mean(), neighbours, pixels_outside, pixels_grey, ink])


def _decoded(model: VAE, z: Tensor) -> Tensor:
    return torch.sigmoid(model.decode(z))


EXERCISES: dict[str, Exercise] = {
    "training_step": Exercise(
        "one training step",
        training_step,
        ("model", "optimizer", "x"),
        _batches,
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
                "nothing_moves",
                _backward_only,
                "no weight moves. Are backward() and optimizer.step() both called, in this order, with brackets, and "
                "zero_grad() before them, not between the two?",
            ),
        ),
        probe=_two_steps,
        measured="the loss on a small batch before, after one step and after two",
        rtol=1e-7,
        atol=0.0,
        note="Here beta is 1, and vae_loss adds the two terms.",
    ),
    "sample_prior": Exercise(
        "new images from the prior",
        VAE.sample,
        ("model", "n"),
        lambda: [(20_000, 3), (20_000, 1)],
        "no image goes in: everything that a VAE invents begins with a draw from N(0, I).",
        (
            Misconception(
                "uniform",
                lambda model, n: _decoded(model, torch.rand(n, model.latent_dim)),
                "your latents are spread evenly from 0 to 1: torch.rand is uniform; the prior is normal: torch.randn.",
            ),
            Misconception(
                "sigmoid_forgotten",
                lambda model, n: model.decode(torch.randn(n, model.latent_dim)),
                "these are logits, below 0 and above 1; a sigmoid makes them probabilities of ink.",
            ),
            Misconception(
                "sigmoid_twice",
                lambda model, n: _decoded(model, torch.randn(n, model.latent_dim)).sigmoid(),
                "the sigmoid is applied twice: every pixel lies between 0.5 and 0.73.",
            ),
            Misconception(
                "one_latent_for_all",
                lambda model, n: _decoded(model, torch.randn(1, model.latent_dim).expand(n, -1)),
                "all images come from one and the same latent: draw one for each of the n images.",
            ),
            Misconception(
                "one_number_for_all_dimensions",
                lambda model, n: _decoded(model, torch.randn(n, 1).expand(-1, model.latent_dim)),
                "all dimensions of a latent are the same number: the prior's are independent. Draw (n, latent_dim).",
            ),
            Misconception(
                "prior_mean_only",
                lambda model, n: _decoded(model, torch.zeros(n, model.latent_dim)),
                "this decodes the prior's mean n times. Nothing is sampled.",
            ),
            Misconception(
                "pixels_drawn",
                lambda model, n: torch.bernoulli(_decoded(model, torch.randn(n, model.latent_dim))),
                "this draws each pixel black or white; return the probabilities themselves.",
            ),
            Misconception(
                "pixels_rounded",
                lambda model, n: (_decoded(model, torch.randn(n, model.latent_dim)) > 0.5).float(),
                "this makes every pixel black or white; return the probabilities, with their greys.",
            ),
            Misconception(
                "clamped",
                lambda model, n: model.decode(torch.randn(n, model.latent_dim)).clamp(0, 1),
                "this cuts logits off at 0 and 1; a sigmoid *maps* them to probabilities.",
            ),
        ),
        probe=_prior_statistics,
        measured="20,000 images: mean and standard deviation of their latents, mean product of the first and the last "
        "latent dimension; fractions of pixels outside [0, 1] and strictly inside; mean of all pixels",
        note="self is the model; the last two lines are what counts.",
        atol=0.065,  # 20,000 draws miss such a mean by 0.01 at most, typically
    ),
}
