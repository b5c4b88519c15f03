"""Exercises on sums and means: the whole loss with the right reductions, and the beta that others amount to."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.losses import bernoulli_nll, effective_beta, gaussian_kl, mean_vae_loss


def _loss_inputs() -> list[Inputs]:
    generator = Generator().manual_seed(0)

    def batch(n: int, latent_dim: int, mean: float = 0.0, logvar: float = 0.0, spread: float = 1.0) -> tuple:
        logits, x = torch.randn(2, n, 1, 28, 28, generator=generator)
        noise = torch.randn(2, n, latent_dim, generator=generator)
        return logits, x.sigmoid(), mean + spread * noise[0], logvar + spread * noise[1]

    usual = batch(3, 5)
    sure = (200 * usual[0], (usual[1] > 0.5).float(), *usual[2:])  # probabilities that round to 0 and 1
    return [
        (*usual, 1.0),
        (*usual, 4.0),
        (*batch(2, 5), 0.5),
        (*usual, 0.0),
        (*batch(1, 5), 2.0),  # one image
        (*batch(4, 1), 2.0),  # one latent dimension
        (*batch(3, 5, spread=0.01), 100.0),  # next to the prior
        (*batch(3, 5, mean=30.0), 2.0),
        (*batch(3, 5, logvar=-20.0), 2.0),
        (*batch(3, 5, logvar=15.0), 2.0),
        (*sure, 1.0),
        (*batch(32, 20), 1.0),
    ]


def _beta_inputs() -> list[Inputs]:
    combinations = [(a, b) for a in ("sum", "mean") for b in ("sum", "mean")]
    sizes = ((1.0, 784, 20), (4.0, 3072, 128), (0.01, 784, 2), (2.0, 1, 20), (2.0, 784, 1))
    return [(beta, *pair, pixels, d) for beta, pixels, d in sizes for pair in combinations]


def _terms(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    return bernoulli_nll(logits, x), gaussian_kl(mu, logvar)


def _with_probabilities(pixels: Tensor, mu: Tensor, logvar: Tensor, beta: float) -> Tensor:
    return (pixels.flatten(1).sum(dim=1) + beta * gaussian_kl(mu, logvar)).mean()


def _loss(combine) -> object:
    """An answer that combines the two terms, each (N,), in another way."""
    return lambda logits, x, mu, logvar, beta: combine(*_terms(logits, x, mu, logvar), beta, mu.shape[1])


EXERCISES: dict[str, Exercise] = {
    "mean_vae_loss": Exercise(
        "the VAE's loss with the right reductions",
        mean_vae_loss,
        ("logits", "x", "mu", "logvar", "beta"),
        _loss_inputs,
        "sums inside an image, a mean over images: so beta = 1 is the bound itself, at any image size.",
        (
            Misconception(
                "mean_over_pixels",
                _loss(lambda r, kl, beta, d: (r / 784 + beta * kl).mean()),
                "this is the slide's formula, read per pixel: the reconstruction is averaged over pixels, the KL "
                "is summed. It amounts to beta = 784 and collapses.",
            ),
            Misconception(
                "mean_over_everything",
                _loss(lambda r, kl, beta, d: (r / 784 + beta * kl / d).mean()),
                "both terms are averaged over everything: that amounts to beta = 784 / D. Sum over pixels and over "
                "latent dimensions.",
            ),
            Misconception(
                "kl_over_dimensions",
                _loss(lambda r, kl, beta, d: (r + beta * kl / d).mean()),
                "the KL is averaged over its dimensions; independent dimensions *add* their nats.",
            ),
            Misconception(
                "summed_over_images",
                _loss(lambda r, kl, beta, d: (r + beta * kl).sum()),
                "both terms are summed over the batch: right up to a factor, but the size of a step then depends on "
                "the batch size. Take the mean over images.",
            ),
            Misconception(
                "kl_summed_over_images",
                _loss(lambda r, kl, beta, d: r.mean() + beta * kl.sum()),
                "the reconstruction is averaged over images, the KL is summed over them: the weight of the KL grows "
                "with the batch.",
            ),
            Misconception(
                "reconstruction_summed_over_images",
                _loss(lambda r, kl, beta, d: r.sum() + beta * kl.mean()),
                "the KL is averaged over images, the reconstruction is summed over them: the weight of the KL shrinks "
                "as the batch grows.",
            ),
            Misconception(
                "not_averaged",
                _loss(lambda r, kl, beta, d: r + beta * kl),
                "one value per image is right until the last step: an optimizer wants one number. Take the mean.",
            ),
            Misconception(
                "kl_subtracted",
                _loss(lambda r, kl, beta, d: (r - beta * kl).mean()),
                "the KL is subtracted: training would push it to infinity. In a loss it is added.",
            ),
            Misconception(
                "beta_forgotten",
                _loss(lambda r, kl, beta, d: (r + kl).mean()),
                "where does beta enter?",
            ),
            Misconception(
                "beta_on_reconstruction",
                _loss(lambda r, kl, beta, d: (beta * r + kl).mean()),
                "beta weighs the KL, not the reconstruction.",
            ),
            Misconception(
                "beta_on_both",
                _loss(lambda r, kl, beta, d: (beta * (r + kl)).mean()),
                "this scales the whole loss, which moves no minimum; beta weighs the KL alone.",
            ),
            Misconception(
                "half_missing",
                _loss(lambda r, kl, beta, d: (r + 2 * beta * kl).mean()),
                "the KL lacks its 1/2.",
            ),
            Misconception(
                "sigmoid_twice",
                lambda logits, x, mu, logvar, beta: mean_vae_loss(logits.sigmoid(), x, mu, logvar, beta),
                "the sigmoid is applied twice: functions with `logits` in their name apply it themselves.",
            ),
            Misconception(
                "pixels_averaged_kl_summed_over_images",
                _loss(lambda r, kl, beta, d: (r / 784).mean() + beta * kl.sum()),
                "the reconstruction is averaged over pixels and images, the KL is summed over both its dimensions and "
                "the images. Sum inside an image, then take the mean over images, in both terms.",
            ),
            Misconception(
                "kl_alone",
                _loss(lambda r, kl, beta, d: (beta * kl).mean()),
                "this is the KL alone. Where does the reconstruction enter?",
            ),
            Misconception(
                "reconstruction_alone",
                _loss(lambda r, kl, beta, d: r.mean()),
                "this is the reconstruction alone. Where does the KL enter?",
            ),
            Misconception(
                "clamped_log",
                lambda logits, x, mu, logvar, beta: _with_probabilities(
                    F.binary_cross_entropy(logits.sigmoid(), x, reduction="none"), mu, logvar, beta
                ),
                "nearly: where a probability rounds to 0 or 1, this function cuts the loss of a pixel off at 100 nats, "
                "and the gradient is lost. Use one that takes the logits.",
            ),
            Misconception(
                "log_of_zero",
                lambda logits, x, mu, logvar, beta: _with_probabilities(
                    -(x * logits.sigmoid().log() + (1 - x) * (1 - logits.sigmoid()).log()), mu, logvar, beta
                ),
                "right until a probability rounds to 0 or 1, then log(0) makes it infinite or NaN. Use a function "
                "that takes the logits.",
            ),
            Misconception(
                "squared_error",
                lambda logits, x, mu, logvar, beta: (
                    F.mse_loss(logits.sigmoid(), x, reduction="none").flatten(1).sum(1) + beta * gaussian_kl(mu, logvar)
                ).mean(),
                "this is the squared error; asked is the Bernoulli term, the cross-entropy.",
            ),
        ),
        differentiable=("logits", "mu", "logvar"),
    ),
    "effective_beta": Exercise(
        "the effective beta of a loss",
        effective_beta,
        ("beta", "reconstruction", "kl", "pixels", "latent_dim"),
        _beta_inputs,
        "with it you can read any published loss: find the reductions, and you know the beta.",
        (
            Misconception(
                "unchanged",
                lambda beta, reconstruction, kl, pixels, latent_dim: beta,
                "the reductions change the ratio of the two terms, whatever beta is written.",
            ),
            Misconception(
                "upside_down",
                lambda beta, reconstruction, kl, pixels, latent_dim: (
                    beta**2 / effective_beta(beta, reconstruction, kl, pixels, latent_dim)
                ),
                "upside down: a mean over pixels makes the *reconstruction* lighter, and so the KL heavier.",
            ),
            Misconception(
                "inverted",
                lambda *loss: 1 / effective_beta(*loss),
                "this is the inverse: the weight of the reconstruction when the KL has weight 1. Asked is the KL's.",
            ),
            Misconception(
                "beta_inverted",
                lambda beta, *reductions: effective_beta(1 / beta, *reductions),
                "this divides by beta; beta multiplies the KL.",
            ),
            Misconception(
                "reductions_swapped",
                lambda beta, reconstruction, kl, pixels, latent_dim: effective_beta(
                    beta, *("mean" if how == "sum" else "sum" for how in (reconstruction, kl)), pixels, latent_dim
                ),
                '"sum" and "mean" are swapped: it is a *mean* that divides by a number.',
            ),
            Misconception(
                "mnist_written_in",
                lambda beta, reconstruction, kl, pixels, latent_dim: effective_beta(
                    beta, reconstruction, kl, 784, latent_dim
                ),
                "this uses 784 whatever pixels is.",
            ),
            Misconception(
                "latent_dim_written_in",
                lambda beta, reconstruction, kl, pixels, latent_dim: effective_beta(
                    beta, reconstruction, kl, pixels, 20
                ),
                "this uses 20 whatever latent_dim is.",
            ),
            Misconception(
                "both_written_in",
                lambda beta, reconstruction, kl, pixels, latent_dim: effective_beta(beta, reconstruction, kl, 784, 20),
                "this uses 784 and 20 whatever pixels and latent_dim are.",
            ),
            Misconception(
                "kl_reduction_ignored",
                lambda beta, reconstruction, kl, pixels, latent_dim: beta * (pixels if reconstruction == "mean" else 1),
                "a mean over latent dimensions counts too: it makes the KL lighter.",
            ),
            Misconception(
                "reconstruction_reduction_ignored",
                lambda beta, reconstruction, kl, pixels, latent_dim: beta / (latent_dim if kl == "mean" else 1),
                "a mean over pixels counts too: it makes the reconstruction lighter.",
            ),
            Misconception(
                "both_multiply",
                lambda beta, reconstruction, kl, pixels, latent_dim: (
                    beta * (pixels if reconstruction == "mean" else 1) * (latent_dim if kl == "mean" else 1)
                ),
                "the pixels are right. A mean over latent dimensions *divides* the KL by their number.",
            ),
            Misconception(
                "both_divide",
                lambda beta, reconstruction, kl, pixels, latent_dim: (
                    beta / (pixels if reconstruction == "mean" else 1) / (latent_dim if kl == "mean" else 1)
                ),
                "the latents are right. A mean over pixels divides the *reconstruction*: to take that factor out of "
                "the bracket, multiply the KL by it.",
            ),
            Misconception(
                "one_or_the_other",
                lambda beta, reconstruction, kl, pixels, latent_dim: (
                    beta * pixels if reconstruction == "mean" else effective_beta(beta, "sum", kl, pixels, latent_dim)
                ),
                "right for three of the four cases. Where both are means, both numbers enter (an `elif` too many?).",
            ),
            Misconception(
                "always_both",
                lambda beta, reconstruction, kl, pixels, latent_dim: beta * pixels / latent_dim,
                "this is right where both are means. Where one is a sum, its number does not enter.",
            ),
            Misconception(
                "beta_forgotten",
                lambda beta, reconstruction, kl, pixels, latent_dim: effective_beta(
                    1.0, reconstruction, kl, pixels, latent_dim
                ),
                "the reductions are right; the beta that is written in the loss is missing.",
            ),
        ),
    ),
}
