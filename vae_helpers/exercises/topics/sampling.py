"""The exercise on new images from the prior, with the classic mistakes."""

import torch
from torch import Tensor

from vae_helpers.exercises.exercise import Exercise, Misconception
from vae_helpers.exercises.prior import IMAGES, MEASURED, check_latents, prior_statistics
from vae_helpers.models import VAE


def _decoded(model: VAE, z: Tensor) -> Tensor:
    return torch.sigmoid(model.decode(z))


def _sheared(z: Tensor) -> Tensor:
    """The second number depends on the first."""
    return torch.cat([z[:, :1], 0.6 * z[:, :1] + 0.8 * z[:, 1:2], z[:, 2:]], dim=1)


def sample_prior(model: VAE, n: int) -> Tensor:
    """Pixel probabilities decoded from ``n`` draws of the prior, as :meth:`VAE.sample` without its seed."""
    z = torch.randn(n, model.latent_dim)
    return torch.sigmoid(model.decode(z))


EXERCISES: dict[str, Exercise] = {
    "sample_prior": Exercise(
        "new images from the prior",
        sample_prior,
        ("model", "n"),
        lambda: [(IMAGES, 3), (IMAGES, 1)],
        "no image goes in: everything that a VAE invents begins with a draw from N(0, I).",
        (
            Misconception(
                "uniform",
                lambda model, n: _decoded(model, torch.rand(n, model.latent_dim)),
                "your latents are spread evenly from 0 to 1: torch.rand is uniform; the prior is normal: torch.randn.",
            ),
            Misconception(
                "not_normal",
                lambda model, n: _decoded(model, 12**0.5 * (torch.rand(n, model.latent_dim) - 0.5)),
                "your latents have mean 0 and standard deviation 1, but they are not normal: torch.randn.",
            ),
            Misconception(
                "latents_repeated",
                lambda model, n: _decoded(model, torch.randn(n // 2, model.latent_dim).repeat(2, 1)),
                "many images come from the same latent, or from its mirror image: draw one for each of the n images.",
            ),
            Misconception(
                "images_together",
                lambda model, n: _decoded(
                    model, torch.randn(n + 1, model.latent_dim).unfold(0, 2, 1).sum(dim=2) / 2**0.5
                ),
                "one image's latent depends on another's: each is a draw of its own.",
            ),
            Misconception(
                "dimensions_together",
                lambda model, n: _decoded(model, _sheared(torch.randn(n, model.latent_dim))),
                "the dimensions of a latent depend on each other; the prior's are independent.",
            ),
            Misconception(
                "dimensions_differ",
                lambda model, n: _decoded(
                    model, torch.randn(n, model.latent_dim) * torch.linspace(0.8, 1.2, model.latent_dim)
                ),
                "your latents don't have mean 0 and standard deviation 1 in every dimension.",
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
        probe=prior_statistics,
        measured=MEASURED,
        further=check_latents,
        note="A model's method sample(n, seed) does the same, with a seed.",
        atol=0.11,  # two means of 5,000 draws differ by 0.02, typically; then comes what is further
    ),
}
