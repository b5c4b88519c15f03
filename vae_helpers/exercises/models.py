"""Exercises on whole models: a training step, new images from the prior, holes; with the classic mistakes."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from vae_helpers.evaluation import hole_fraction
from vae_helpers.exercises.parts import Exercise, Inputs, Misconception
from vae_helpers.losses import negative_elbo
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
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    untouched = [p.detach().clone() for p in model.parameters()]
    losses = [_loss(model, batches[0])]
    for x in batches:
        returned = answer(model, optimizer, x)
        losses.append(_loss(model, batches[0]))
    moved = any(not torch.equal(p, q) for p, q in zip(model.parameters(), untouched, strict=True))
    if not moved and (returned is None or returned is ...) and all(p.grad is None for p in model.parameters()):
        return None
    return losses


@torch.no_grad()
def _loss(model: VAE, x: Tensor) -> float:
    return negative_elbo(*model.loss_terms(x, Generator().manual_seed(0))).mean().item()


def _step(model: VAE, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def _step_with(combine: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """A training step on another combination of the two terms."""
    return lambda model, optimizer, x: _step(model, optimizer, combine(*model.loss_terms(x)))


def _step_without_zero_grad(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    negative_elbo(*model.loss_terms(x)).mean().backward()
    optimizer.step()


def _backward_only(model: VAE, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    optimizer.zero_grad()
    negative_elbo(*model.loss_terms(x)).mean().backward()


class _Window(nn.Module):
    """A decoder that shows its latents: they are the logits of the first pixels."""

    def forward(self, z: Tensor) -> Tensor:
        return nn.functional.pad(z, (0, 784 - z.shape[1])).unflatten(1, (1, 28, 28))


def _prior_statistics(answer: Callable, values: Inputs) -> Tensor | None:
    """What many images tell about the latents behind them."""
    n, latent_dim = values
    model = VAE(latent_dim=latent_dim, hidden=(4,), seed=0)
    model.decoder = _Window()
    images = answer(model, n)
    if images is None or images is ...:
        return None
    images = torch.as_tensor(images).detach()
    if tuple(images.shape) != (n, 1, 28, 28):
        raise ValueError(f"want images of shape {(n, 1, 28, 28)}, got {tuple(images.shape)}")
    z = torch.logit(images.double().flatten(1)[:, :latent_dim])
    pixels_outside = ((images < 0) | (images > 1)).double().mean()
    neighbours = (z[:, 0] * z[:, -1]).mean()  # of one dimension: its variance
    return torch.stack([z.mean(), z.std(dim=0).mean(), neighbours, pixels_outside])


def _decoded(model: VAE, z: Tensor) -> Tensor:
    return torch.sigmoid(model.decode(z))


def _class_logits() -> list[Inputs]:
    logits = torch.randn(40, 10, generator=Generator().manual_seed(0))
    sure = torch.eye(10)[:4] * torch.tensor([[1.0], [2.0], [3.0], [9.0]])  # 0.23, 0.45, 0.69 and 0.999 for the top
    return [(sure, 0.5), (3 * logits, 0.9), (3 * logits, 0.6), (100 * logits, 0.8), (sure[:1], 0.8)]


def _confidence(class_logits: Tensor) -> Tensor:
    return class_logits.softmax(dim=1).amax(dim=1)


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
                "mean_over_pixels",
                _step_with(lambda reconstruction, kl: (reconstruction / 784 + kl).mean()),
                "the reconstruction is averaged over pixels while the KL is a sum: the KL weighs 784 times too much.",
            ),
            Misconception(
                "nothing_moves",
                _backward_only,
                "gradients are there, but no weight moves: is optimizer.step() called after backward(), with "
                "zero_grad() before backward() and not between the two?",
            ),
        ),
        probe=_two_steps,
        measured="the loss on a small batch before, after one step and after two",
        rtol=1e-7,
        atol=0.0,
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
        ),
        probe=_prior_statistics,
        measured="20,000 images: mean and standard deviation of their latents, mean product of the first and the last "
        "latent dimension, fraction of pixels outside [0, 1]",
        atol=0.065,  # 20,000 draws miss such a mean by 0.01 at most, typically
    ),
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
