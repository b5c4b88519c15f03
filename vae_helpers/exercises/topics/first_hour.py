"""The two exercises of the first hour: a cloud of draws, and the loss of each image, with their classic mistakes."""

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.exercises.inputs import pairs, rows
from vae_helpers.losses import bernoulli_nll, gaussian_kl


def draws(mu: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
    """K draws from each of N Gaussians: mu and logvar (N, D), noise eps (K, N, D) -> (K, N, D)."""
    sigma = torch.exp(0.5 * logvar)  # (N, D), the same for all K draws
    return mu + sigma * eps


def negative_elbo(logits: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Reconstruction + KL of each image: logits and x (N, 1, 28, 28), mu and logvar (N, D) -> (N,)."""
    per_pixel = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    per_dimension = -0.5 * (1 + logvar - mu.square() - logvar.exp())
    return per_pixel.flatten(1).sum(dim=1) + per_dimension.sum(dim=1)


def _cloud_inputs() -> list[Inputs]:
    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=Generator().manual_seed(sum(shape)))

    return [
        (*rows([1.0], [2.0]), torch.tensor([[[0.5]], [[-1.0]]])),
        (*pairs(3, 2, 0), noise(4, 3, 2)),
        (*pairs(1, 2, 1), noise(5, 1, 2)),  # one image
        (*pairs(3, 1, 2), noise(2, 3, 1)),  # one dimension
        (*pairs(2, 3, 3), noise(1, 2, 3)),  # one draw
        (*rows([0.0, 0.0], [0.0, 0.0]), noise(3, 1, 2)),  # the prior itself
        (*rows([1000.0, -1.0], [-30.0, 12.0]), noise(2, 1, 2)),  # tiny and large variances
        (*pairs(4, 5, 4), torch.zeros(2, 4, 5)),  # no noise
        (*pairs(20, 8, 5), noise(30, 20, 8)),
    ]


def _elbo_inputs() -> list[Inputs]:
    generator = Generator().manual_seed(0)

    def batch(n: int, latent_dim: int, mean: float = 0.0, logvar: float = 0.0) -> tuple[Tensor, ...]:
        logits, x = torch.randn(2, n, 1, 28, 28, generator=generator)
        noise = torch.randn(2, n, latent_dim, generator=generator)
        return logits, x.sigmoid(), mean + noise[0], logvar + noise[1]

    usual = batch(3, 2)
    coins = torch.zeros(1, 1, 28, 28), usual[1][:1], *rows([1.0, 2.0], [0.0, 0.0])  # 784 fair coins, sigma = 1
    sure = (200 * usual[0], (usual[1] > 0.5).float(), *usual[2:])  # probabilities that round to 0 and 1
    like_probabilities = usual[0].sigmoid(), *usual[1:]  # logits between 0 and 1
    edges = batch(2, 5, mean=30.0), batch(2, 5, logvar=-20.0), batch(2, 5, logvar=12.0)
    return [coins, usual, batch(1, 4), batch(4, 1), like_probabilities, *edges, sure, batch(32, 20)]


def _scaled(scale) -> object:
    """A draw whose noise is multiplied by something else than sigma."""
    return lambda mu, logvar, eps: mu + scale(logvar) * eps


def _combined(combine) -> object:
    """An answer that combines the two terms, each (N,), in another way; ``d`` is the number of dimensions."""
    return lambda logits, x, mu, logvar: combine(bernoulli_nll(logits, x), gaussian_kl(mu, logvar), mu.shape[1])


def _with_pixels(pixels) -> object:
    """An answer with another value for each pixel."""
    return lambda logits, x, mu, logvar: pixels(logits, x).flatten(1).sum(dim=1) + gaussian_kl(mu, logvar)


def _with_kl(kl) -> object:
    """An answer with another KL of each dimension."""
    return lambda logits, x, mu, logvar: bernoulli_nll(logits, x) + kl(mu, logvar).sum(dim=1)


def _cross_entropy(x_hat: Tensor, x: Tensor) -> Tensor:
    return -(x * x_hat.log() + (1 - x) * (1 - x_hat).log())


EXERCISES: dict[str, Exercise] = {
    "cloud_of_draws": Exercise(
        "a cloud of draws from each image's Gaussian",
        draws,
        ("mu", "logvar", "eps"),
        _cloud_inputs,
        "many draws at once, each with noise of its own, and gradients reach mu and logvar through all of them.",
        (
            Misconception(
                "variance_as_sigma",
                _scaled(torch.exp),
                "this scales the noise by the variance exp(logvar); it needs sigma, its square root: exp(logvar / 2).",
            ),
            Misconception(
                "logvar_as_sigma",
                _scaled(lambda logvar: logvar),
                "this scales the noise by logvar itself, which can be negative; sigma is exp(logvar / 2).",
            ),
            Misconception(
                "sigma_without_exp",
                _scaled(lambda logvar: 0.5 * logvar),
                "half of logvar is log sigma; sigma is its exponential.",
            ),
            Misconception(
                "half_outside",
                _scaled(lambda logvar: 0.5 * logvar.exp()),
                "the 1/2 belongs into the exponent: half a logarithm is a square root.",
            ),
            Misconception(
                "root_of_logvar",
                _scaled(torch.sqrt),
                "this is the root of logvar, which can be negative; sigma is the root of exp(logvar).",
            ),
            Misconception(
                "divided_by_sigma",
                _scaled(lambda logvar: torch.exp(-0.5 * logvar)),
                "this divides by sigma: exp(-logvar / 2) is 1 / sigma. Multiply by it.",
            ),
            Misconception(
                "noise_subtracted",
                _scaled(lambda logvar: -torch.exp(0.5 * logvar)),
                "the noise is subtracted. Its distribution is the same, but this eps has a sign: add it.",
            ),
            Misconception(
                "own_noise",
                lambda mu, logvar, eps: draws(mu, logvar, torch.randn_like(eps)),
                "you have drawn noise of your own; use the eps that is given.",
            ),
            Misconception(
                "one_draw_for_all",
                lambda mu, logvar, eps: draws(mu, logvar, eps[:1].expand_as(eps)),
                "all draws of an image are the same: each of the K has its own noise, eps[k].",
            ),
            Misconception(
                "one_noise_for_all_images",
                lambda mu, logvar, eps: draws(mu, logvar, eps[:, :1].expand_as(eps)),
                "all images have the same noise: each of the N has its own, eps[:, n].",
            ),
            Misconception(
                "averaged_over_draws",
                lambda mu, logvar, eps: draws(mu, logvar, eps).mean(dim=0),
                "this averages the draws away. A cloud is wanted: K points for each image.",
            ),
            Misconception(
                "first_draw_only",
                lambda mu, logvar, eps: draws(mu, logvar, eps[0]),
                "this is one draw for each image; K are wanted, so use all of eps.",
            ),
            Misconception(
                "no_noise",
                lambda mu, logvar, eps: mu.expand_as(eps),
                "this repeats the mean: nothing is sampled. Where does eps enter?",
            ),
            Misconception(
                "mean_left_out",
                lambda mu, logvar, eps: torch.exp(0.5 * logvar) * eps,
                "this is noise around 0; it belongs around mu.",
            ),
            Misconception(
                "mean_scaled_too",
                lambda mu, logvar, eps: (mu + eps) * torch.exp(0.5 * logvar),
                "this scales mu as well; sigma multiplies eps alone.",
            ),
            Misconception(
                "noise_scales_mean_too",
                lambda mu, logvar, eps: (mu + torch.exp(0.5 * logvar)) * eps,
                "the noise multiplies mu as well: it multiplies sigma alone, mu + sigma * eps.",
            ),
            Misconception(
                "roles_swapped",
                lambda mu, logvar, eps: mu * torch.exp(0.5 * logvar) + eps,
                "sigma multiplies mu here; it belongs to eps.",
            ),
        ),
        differentiable=("mu", "logvar"),
    ),
    "negative_elbo": Exercise(
        "the loss of each image, both terms in full",
        negative_elbo,
        ("logits", "x", "mu", "logvar"),
        _elbo_inputs,
        "summed inside an image, one value for each: this is what a VAE minimises, and all of it.",
        (
            Misconception(
                "mean_over_pixels",
                _combined(lambda r, kl, d: r / 784 + kl),
                "the reconstruction is averaged over pixels, the KL is summed: that amounts to beta = 784, and the "
                "model collapses. Sum over the pixels.",
            ),
            Misconception(
                "mean_over_all_pixels",
                _combined(lambda r, kl, d: r.mean() / 784 + kl),
                'without reduction="none" PyTorch averages over all pixels of all images. Ask for a value for each '
                "pixel and sum those of each image.",
            ),
            Misconception(
                "arguments_swapped",
                _with_pixels(lambda a, x: F.binary_cross_entropy_with_logits(x, a, reduction="none")),
                "the cross-entropy has its arguments the wrong way round: the logits come first, the image second.",
            ),
            Misconception(
                "mean_over_dimensions",
                _combined(lambda r, kl, d: r + kl / d),
                "the KL is averaged over the latent dimensions; independent dimensions *add* their nats.",
            ),
            Misconception(
                "mean_over_both",
                _combined(lambda r, kl, d: r / 784 + kl / d),
                "both terms are averaged inside an image: that amounts to beta = 784 / D. Sum over pixels, and over "
                "latent dimensions.",
            ),
            Misconception(
                "kl_subtracted",
                _combined(lambda r, kl, d: r - kl),
                "the KL has the wrong sign (look at the -1/2 in front of it): training would push it to infinity.",
            ),
            Misconception(
                "reconstruction_subtracted",
                _combined(lambda r, kl, d: kl - r),
                "the reconstruction has the wrong sign: training would make the copies as bad as it can. The "
                "cross-entropy has a minus in front, and is never negative.",
            ),
            Misconception(
                "elbo_itself",
                _combined(lambda r, kl, d: -r - kl),
                "this is the ELBO, which is to be made large; a loss is made small. Asked is its negative.",
            ),
            Misconception(
                "half_missing",
                _combined(lambda r, kl, d: r + 2 * kl),
                "the KL lacks its 1/2.",
            ),
            Misconception(
                "reconstruction_alone",
                _combined(lambda r, kl, d: r),
                "this is the reconstruction alone, the loss of an autoencoder. Where does the KL enter?",
            ),
            Misconception(
                "kl_alone",
                _combined(lambda r, kl, d: kl),
                "this is the KL alone. Where does the reconstruction enter?",
            ),
            Misconception(
                "variance_not_exp",
                _with_kl(lambda mu, logvar: -0.5 * (1 + logvar - mu**2 - logvar**2)),
                "sigma^2 is exp(logvar), not the square of logvar.",
            ),
            Misconception(
                "sigma_for_variance",
                _with_kl(lambda mu, logvar: -0.5 * (1 + logvar - mu**2 - torch.exp(0.5 * logvar))),
                "the last term of the KL is sigma^2 = exp(logvar); here stands sigma = exp(logvar / 2).",
            ),
            Misconception(
                "mu_not_squared",
                _with_kl(lambda mu, logvar: -0.5 * (1 + logvar - mu - logvar.exp())),
                "in the KL mu is squared.",
            ),
            Misconception(
                "one_outside_the_sum",
                _with_kl(lambda mu, logvar: -0.5 * (1 / mu.shape[1] + logvar - mu**2 - logvar.exp())),
                "the 1 in the KL is there once; it belongs to *each* latent dimension.",
            ),
            Misconception(
                "sigmoid_twice",
                _with_pixels(lambda a, x: F.binary_cross_entropy_with_logits(a.sigmoid(), x, reduction="none")),
                "the sigmoid is applied twice: functions with `logits` in their name apply it themselves.",
            ),
            Misconception(
                "sigmoid_forgotten",
                _with_pixels(_cross_entropy),
                "the logits are used as if they were probabilities; the sigmoid makes them so.",
            ),
            Misconception(
                "clamped_log",
                _with_pixels(lambda a, x: F.binary_cross_entropy(a.sigmoid(), x, reduction="none")),
                "nearly: where a probability rounds to 0 or 1, this function cuts the loss of a pixel off at 100 nats, "
                "and the gradient is lost. Use the one that takes logits.",
            ),
            Misconception(
                "log_of_zero",
                _with_pixels(lambda a, x: _cross_entropy(a.sigmoid(), x)),
                "right until a probability rounds to 0 or 1, then log(0) makes it infinite or NaN. Use a function "
                "that takes the logits.",
            ),
            Misconception(
                "squared_error",
                _with_pixels(lambda a, x: (a.sigmoid() - x).square()),
                "this is the squared error, which belongs to a Gaussian; asked is the cross-entropy.",
            ),
        ),
        differentiable=("logits", "mu", "logvar"),
        each=Each(),
    ),
}
