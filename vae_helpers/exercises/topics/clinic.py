"""Exercises on tests that find a bug: how large the noise is, and the beta that hides in a loss."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.clinic.signs import hidden_beta, noise_ratio
from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.exercises.inputs import pairs, rows
from vae_helpers.losses import bernoulli_nll, gaussian_kl


def _draws(n: int, d: int, seed: int, scale: float = 1.0) -> Inputs:
    """z, mu, logvar, with noise of ``scale`` times sigma."""
    mu, logvar = pairs(n, d, seed)
    eps = torch.randn(n, d, generator=Generator().manual_seed(seed + 100))
    return mu + scale * torch.exp(0.5 * logvar) * eps, mu, logvar


def _noise_inputs() -> list[Inputs]:
    z, mu, logvar = _draws(64, 10, 3)
    return [
        rows([1.0, -1.0], [0.5, 1.0], [-2.0, 0.7]),  # one image
        _draws(3, 2, 0),
        _draws(4, 3, 1, 0.01),  # far too little noise
        (mu[:5], mu[:5], logvar[:5]),  # none
        (mu[:5] + 0.5, mu[:5], logvar[:5]),  # all of it on one side
        _draws(2, 1, 2),  # one dimension
        rows([0.501, -0.999], [0.5, -1.0], [-14.0, -12.0]),  # tiny variances
        rows([90.0, -40.0], [0.5, -1.0], [9.0, 8.0]),  # large ones
        (z, mu, logvar),
    ]


def _rms(values: Tensor) -> Tensor:
    return values.square().mean().sqrt()


def _eps(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    return (z - mu) * torch.exp(-0.5 * logvar)


def _of_eps(change: Callable[[Tensor], Tensor]) -> Callable:
    return lambda *given: change(_eps(*given))


def _of_draw(change: Callable[..., Tensor]) -> Callable:
    return lambda *given: _rms(change(*given))


NOISE: tuple[tuple[str, Callable, str], ...] = (
    (
        "variance_for_sigma",
        _of_draw(lambda z, mu, logvar: (z - mu) / logvar.exp()),
        "exp(logvar) is the *variance*; sigma is exp(logvar / 2). A patient with the same slip passes this test.",
    ),
    ("logvar_for_sigma", _of_draw(lambda z, mu, logvar: (z - mu) / logvar), "this divides by logvar, not by sigma."),
    (
        "sigma_squared_root_twice",
        _of_draw(lambda z, mu, logvar: (z - mu) / torch.exp(0.25 * logvar)),
        "this divides by the root of sigma: exp(logvar / 2) is sigma already.",
    ),
    (
        "mu_left_in",
        _of_draw(lambda z, mu, logvar: z * torch.exp(-0.5 * logvar)),
        "mu is not taken off z: the noise is z - mu.",
    ),
    ("not_divided", _of_draw(lambda z, mu, logvar: z - mu), "this is the noise itself, not yet in units of sigma."),
    (
        "multiplied",
        _of_draw(lambda z, mu, logvar: (z - mu) * torch.exp(0.5 * logvar)),
        "this multiplies by sigma: divide.",
    ),
    (
        "mean_sigma",
        lambda z, mu, logvar: _rms(z - mu) / torch.exp(0.5 * logvar).mean(),
        "this divides the size of all noise by a mean sigma. Each number has its own sigma: divide first.",
    ),
    (
        "plain_mean",
        _of_eps(torch.mean),
        "this is the mean of the noise, which is near 0 however large the noise is. Square it first.",
    ),
    (
        "mean_size",
        _of_eps(lambda eps: eps.abs().mean()),
        "this averages |eps|, which is 0.8 for a standard normal: no 1 for a healthy model. Take the root of the mean "
        "square.",
    ),
    ("no_root", _of_eps(lambda eps: eps.square().mean()), "this is the mean square: take its root."),
    (
        "summed",
        _of_eps(lambda eps: eps.square().sum().sqrt()),
        "this adds up the squares: a mean doesn't grow with N and D.",
    ),
    (
        "lengths",
        _of_eps(lambda eps: eps.norm(dim=1).mean()),
        "this is the mean length of a row of eps: near the root of D in a healthy model, not 1.",
    ),
    (
        "image_by_image",
        _of_eps(lambda eps: eps.square().mean(dim=1).sqrt().mean()),
        "this takes a root for each image and averages these: below 1 in a healthy model. One mean, then one root.",
    ),
    (
        "unit_by_unit",
        _of_eps(lambda eps: eps.square().mean(dim=0).sqrt()),
        "this keeps the dimensions apart. (To look at, that is good.) Wanted is one number.",
    ),
    *(
        (
            "std",
            _of_eps(lambda eps, correction=correction: eps.std(correction=correction)),
            "std takes the mean off first: noise that is 0.5 sigma for everyone would come out as 0. Take the root of "
            "the mean square.",
        )
        for correction in (1, 0)
    ),
)


def _terms(n: int, d: int, seed: int, reconstruction: float = 1.0, kl: float = 1.0) -> Inputs:
    """Terms of a loss that are the formulas' times a number, but for some spread from image to image."""
    mu, logvar = pairs(n, d, seed)
    generator = Generator().manual_seed(seed + 200)
    logits = 2 * torch.randn(n, 1, 4, 4, generator=generator)
    x = torch.rand(logits.shape, generator=generator)
    spread = 1 + 0.2 * torch.rand(2, n, generator=generator)
    own = bernoulli_nll(logits, x) * reconstruction * spread[0], gaussian_kl(mu, logvar) * kl * spread[1]
    return (*own, logits, x, mu, logvar)


def _beta_inputs() -> list[Inputs]:
    return [
        _terms(1, 2, 0),
        _terms(3, 2, 1),
        _terms(4, 3, 2, reconstruction=1 / 16),  # a mean over pixels
        _terms(4, 3, 3, kl=1 / 3),  # a mean over latent dimensions
        _terms(5, 4, 4, 1 / 16, 1 / 16),  # both divided by one number: no harm
        _terms(5, 4, 5, 1 / 16, 1 / 4),
        _terms(4, 2, 6, kl=-1.0),  # the wrong sign
        _terms(2, 1, 7, kl=0.0),  # left out
        _terms(4, 3, 8, kl=4.0),
        _terms(32, 10, 9, 3.0, 0.5),
    ]


def _parts(own_reconstruction, own_kl, logits, x, mu, logvar) -> tuple[Tensor, ...]:
    """Means: the own terms, then those of the formulas."""
    return own_reconstruction.mean(), own_kl.mean(), bernoulli_nll(logits, x).mean(), gaussian_kl(mu, logvar).mean()


def _of_parts(change: Callable[..., Tensor]) -> Callable:
    return lambda *given: change(*_parts(*given))


def _scaled(factor: Callable[..., float]) -> Callable:
    """The right number times a factor, of the given tensors."""
    return lambda *given: hidden_beta(*given) * factor(*given)


def _mean_of_quotients(own_reconstruction, own_kl, logits, x, mu, logvar) -> Tensor:
    of_reconstruction = (own_reconstruction / bernoulli_nll(logits, x)).mean()
    return (own_kl / gaussian_kl(mu, logvar)).mean() / of_reconstruction


def _quotients_of_images(own_reconstruction, own_kl, logits, x, mu, logvar) -> Tensor:
    of_reconstruction = own_reconstruction / bernoulli_nll(logits, x)
    return (own_kl / gaussian_kl(mu, logvar) / of_reconstruction).mean()


def _target_for_logits(own_reconstruction, own_kl, logits, x, mu, logvar) -> Tensor:
    swapped = F.binary_cross_entropy_with_logits(x, logits, reduction="none").flatten(1).sum(dim=1)
    return own_kl.mean() / gaussian_kl(mu, logvar).mean() / (own_reconstruction.mean() / swapped.mean())


def _through_a_sigmoid(own_reconstruction, own_kl, logits, x, mu, logvar) -> Tensor:
    return hidden_beta(own_reconstruction, own_kl, torch.sigmoid(logits), x, mu, logvar)


def _sigma_for_logvar(own_reconstruction, own_kl, logits, x, mu, logvar) -> Tensor:
    return hidden_beta(own_reconstruction, own_kl, logits, x, mu, torch.exp(0.5 * logvar))


BETAS: tuple[tuple[str, Callable, str], ...] = (
    (
        "kl_alone",
        _of_parts(lambda r, k, true_r, true_k: k / true_k),
        "this is the KL's own weight. Where the reconstruction is a mean over pixels, it says 1, and beta is 784: "
        "divide by the reconstruction's.",
    ),
    (
        "reconstruction_alone",
        _of_parts(lambda r, k, true_r, true_k: r / true_r),
        "this is the reconstruction's weight; divide the KL's by it.",
    ),
    (
        "upside_down",
        _of_parts(lambda r, k, true_r, true_k: (r / true_r) / (k / true_k)),
        "this is 1 / beta. The KL's weight belongs above, and a weight is the own term over what the formula gives.",
    ),
    (
        "multiplied",
        _of_parts(lambda r, k, true_r, true_k: (k / true_k) * (r / true_r)),
        "this multiplies the two weights. Both terms divided by 784 is no bug; then it should say 1.",
    ),
    (
        "weights_subtracted",
        _of_parts(lambda r, k, true_r, true_k: k / true_k - r / true_r),
        "this takes a difference: both terms doubled would look like something else. Take the quotient.",
    ),
    (
        "own_terms_only",
        _of_parts(lambda r, k, true_r, true_k: k / r),
        "this is KL over reconstruction as the loss says them: without what the formulas give it tells no weight.",
    ),
    (
        "formulas_only",
        _of_parts(lambda r, k, true_r, true_k: true_k / true_r),
        "this is what the formulas give; the model's own terms are not in it.",
    ),
    (
        "sums",
        _of_parts(lambda r, k, true_r, true_k: (k + r) / (true_k + true_r)),
        "this compares the losses. A loss of the right size can hide two wrong weights: compare term by term.",
    ),
    (
        "mean_over_pixels",
        _scaled(lambda *given: 1 / given[3][0].numel()),
        "your reconstruction is a mean over pixels. The test has the bug that it looks for: add up the pixels.",
    ),
    (
        "mean_over_latents",
        _scaled(lambda *given: given[4].shape[1]),
        "your KL is a mean over latent dimensions. The test has the bug that it looks for: add them up.",
    ),
    (
        "both_means",
        _scaled(lambda *given: given[4].shape[1] / given[3][0].numel()),
        "both of your formulas are means, over pixels and over latent dimensions. Add them up.",
    ),
    (
        "kl_of_the_batch",
        _scaled(lambda *given: 1 / len(given[3])),
        "your KL is summed over the images, too: take the mean over images of both.",
    ),
    (
        "reconstruction_of_the_batch",
        _scaled(lambda *given: len(given[3])),
        "your reconstruction is summed over the images, too: take the mean over images of both.",
    ),
    (
        "mean_of_quotients",
        _mean_of_quotients,
        "this averages quotients, image by image: one image whose KL is near 0 rules the result. Average first.",
    ),
    (
        "quotients_of_images",
        _quotients_of_images,
        "this takes a beta of each image: one whose KL is near 0 rules the mean. Average the four terms first.",
    ),
    (
        "target_for_logits",
        _target_for_logits,
        "bernoulli_nll takes the logits first, then the target: here x is taken for the logits.",
    ),
    (
        "sigmoid_first",
        _through_a_sigmoid,
        "logits go in as they are: this puts them through a sigmoid, and the loss through another.",
    ),
    (
        "sigma_for_logvar",
        _sigma_for_logvar,
        "gaussian_kl takes logvar; sigma is passed. The test has a bug that a patient may have, too.",
    ),
)

EXERCISES: dict[str, Exercise] = {
    "noise_ratio": Exercise(
        "the size of the noise, in sigmas",
        noise_ratio,
        ("z", "mu", "logvar"),
        _noise_inputs,
        "a healthy model gives 1 (to within chance), whatever it was trained on; too little noise shows at once.",
        tuple(Misconception(*mistake) for mistake in NOISE),
    ),
    "hidden_beta": Exercise(
        "the beta that hides in a loss",
        hidden_beta,
        ("own_reconstruction", "own_kl", "logits", "x", "mu", "logvar"),
        _beta_inputs,
        "784, 1/784, 10 or 1/10 is no beta that anyone chose: it is a mean where a sum should be, or the reverse.",
        tuple(Misconception(*mistake) for mistake in BETAS),
        note="Own terms that are one number for the whole batch do as well: their mean is that number.",
    ),
}
