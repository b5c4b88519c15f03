"""A VAE that knows the answer: linear decoder, Gaussian noise, and so an exact log p(x) and an exact posterior.

p(z) = N(0, I), p(x|z) = N(b + W z, s^2 I): probabilistic PCA. The columns of W are orthogonal, which makes the latents
independent given x. What it measures are densities of pixels, which may well be above 1: compare them with no
Bernoulli model's. In double precision: in single, 784 pixels of noise 0.16 lose a ten-thousandth of a nat.

q(z|x) is the exact posterior, spoiled by two dials: ``width`` times its standard deviation, moved by ``shift`` of them
in each dimension. What that does to importance sampling is known exactly, too.
"""

import math
from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import gaussian_kl, gaussian_nll
from vae_helpers.models.gaussians import draw_from, gaussian_log_prob, gaussian_log_weights
from vae_helpers.validation import (
    check_finite,
    check_fits,
    check_goes_into,
    check_positive,
    check_some,
    check_whole,
    checked,
    is_number,
)

ORTHOGONAL = 1e-6  # how far from 0 the cosine of two columns may be


class LinearGaussianVAE(nn.Module):
    """Nothing is trained: see :meth:`fit_to` for weights by eigenvectors.

    >>> model = LinearGaussianVAE(torch.eye(3)[:, :2], torch.zeros(3), sigma=1.0)
    >>> x = torch.zeros(1, 3)
    >>> next(model.log_weights(x)), model.exact_log_prob(x)  # from the exact posterior every weight is p(x)
    (tensor([-3.4500]), tensor([-3.4500]))
    >>> too_wide = model.with_q(width=2.0)
    >>> f"{too_wide.elbo_gap():.2f} nats, and weights of variance {too_wide.weight_variance():.2f}"
    '1.61 nats, and weights of variance 1.29'

    Args:
        weight: W, a row a pixel, a column a latent.
        bias: b, of the shape of one example.
        sigma: s, the standard deviation of each pixel.
        width: of q, in standard deviations of the exact posterior.
        shift: of q's mean, in the same unit, each dimension.

    Raises:
        TypeError: W or b no tensors of floats, or of two dtypes.
        ValueError: columns of W that are not orthogonal or zero, not a row a pixel, or a dial out of its range.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, sigma: float, width: float = 1.0, shift: float = 0.0):
        super().__init__()
        check_fits(Float[Tensor, "..."], bias=bias)
        check_fits(Float[Tensor, f"{bias.numel()} D"], weight=weight)
        check_goes_into(nn.ParameterList([bias]), weight=weight)
        check_some(weight=weight, bias=bias)
        check_finite(weight=weight, bias=bias)
        check_positive(sigma=sigma, width=width)
        if not is_number(shift):
            raise ValueError(f"shift: want a number, got {shift!r}")
        lengths = weight.norm(dim=0)
        cosines = (weight.T @ weight) / torch.outer(lengths, lengths) - torch.eye(len(lengths)).to(weight)
        if not cosines.abs().max() < ORTHOGONAL:
            raise ValueError(
                f"weight: want columns that are orthogonal and not 0, got a cosine of {cosines.abs().max():.3g}"
            )
        self.weight = nn.Parameter(weight.detach().clone(), requires_grad=False)
        self.bias = nn.Parameter(bias.detach().clone(), requires_grad=False)
        self.sigma, self.width, self.shift = float(sigma), float(width), float(shift)
        self.latent_dim = weight.shape[1]

    @classmethod
    def fit_to(cls, images: Tensor, latent_dim: int) -> "LinearGaussianVAE":
        """The W, b and s under which these images have the highest mean log p(x); in double precision.

        >>> LinearGaussianVAE.fit_to(torch.rand(50, 1, 28, 28), latent_dim=5).weight.shape
        torch.Size([784, 5])

        Args:
            images: (N, ...), more than one.
            latent_dim: D, fewer than pixels.

        Raises:
            TypeError: images that are no floats.
            ValueError: fewer than two images, as many latents as pixels, or images that vary in fewer directions.

        Source: Tipping and Bishop 1999, J. R. Statist. Soc. B 61, section 3.2 (the maximum-likelihood W and sigma).
        """
        check_fits(Float[Tensor, "N ..."], images=images)
        check_whole(1, latent_dim=latent_dim)
        latent_dim = int(latent_dim)
        x = images.detach().double().flatten(1)
        if len(x) < 2 or latent_dim >= x.shape[1]:
            wanted = f"at least two examples of more than {latent_dim} numbers"
            raise ValueError(f"images: want {wanted}, got shape {tuple(images.shape)}")
        check_finite(images=images)
        values, vectors = torch.linalg.eigh(torch.cov(x.T, correction=0))  # the smallest first
        noise = values[:-latent_dim].mean().clamp(min=0)
        stretch = values[-latent_dim:] - noise
        if not (noise > 1e-12 and stretch.min() > 1e-12):
            raise ValueError(f"images: want them to vary in more than {latent_dim} directions")
        return cls(vectors[:, -latent_dim:] * stretch.sqrt(), x.mean(dim=0).view(images.shape[1:]), noise.sqrt().item())

    def with_q(self, width: float = 1.0, shift: float = 0.0) -> "LinearGaussianVAE":
        """The same model with another q(z|x).

        Raises:
            ValueError: a width that is not above 0, or a shift that is no number.
        """
        return LinearGaussianVAE(self.weight, self.bias, self.sigma, width, shift)

    def check_data(self, images: Tensor, name: str = "images") -> None:
        """Raise unless these are finite and of the model's shape; reads every value."""
        check_fits(Float[Tensor, f"N {' '.join(map(str, self.bias.shape))}"], **{name: images})
        check_some(**{name: images})
        check_finite(**{name: images})

    def _projected(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The z that fits x best, and the squared length of what no z can explain."""
        rest = x.flatten(1) - self.bias.flatten()
        z = (rest @ self.weight) / self.weight.square().sum(dim=0)
        return z, (rest - z @ self.weight.T).square().sum(dim=1)

    def posterior(self, x: Float[Tensor, "N ..."]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """The exact p(z|x), as ``mu, logvar``."""
        check_goes_into(self, x=x)
        squared = self.weight.square().sum(dim=0)
        variance = self.sigma**2 / (self.sigma**2 + squared)
        best, _ = self._projected(x)
        return best * (1 - variance), variance.log().expand_as(best)

    def encode(self, x: Float[Tensor, "N ..."]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """q(z|x), as ``mu, logvar``: the exact posterior, moved and scaled by the dials."""
        mu, logvar = self.posterior(x)
        return mu + self.shift * torch.exp(0.5 * logvar), logvar + 2 * math.log(self.width)

    @checked
    def decode(self, z: Float[Tensor, "N D"]) -> Float[Tensor, "N ..."]:
        """The mean of p(x|z)."""
        check_goes_into(self, z=z)
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        return self.bias + (z @ self.weight.T).unflatten(1, self.bias.shape)

    def log_joint(self, x: Float[Tensor, "N ..."], z: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
        """log p(x|z) + log p(z) of a z for each x, in nats."""
        check_goes_into(self, x=x, z=z)
        check_fits(Float[Tensor, f"{len(x)} {self.latent_dim}"], z=z)
        return self._log_joint_of(x)(z)

    def _log_joint_of(self, x: Tensor) -> Callable[[Float[Tensor, "N D"]], Float[Tensor, " N"]]:
        """For many z of the same x: what z can change of |x - b - W z|^2 are D numbers, not 784."""
        best, unexplained = self._projected(x)
        squared, zero = self.weight.square().sum(dim=0), torch.zeros_like(best)
        constant = -0.5 * self.bias.numel() * math.log(2 * math.pi * self.sigma**2)

        def log_joint(z: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
            distance = unexplained + (squared * (z - best).square()).sum(dim=1)
            return constant - 0.5 * distance / self.sigma**2 + gaussian_log_prob(z, zero, zero)

        return log_joint

    def loss_terms(
        self, x: Float[Tensor, "N ..."], generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO, reconstruction (at one z ~ q(z|x)) and KL, in nats."""
        mu, logvar = self.encode(x)
        z = draw_from(mu, logvar, generator)
        return gaussian_nll(self.decode(z), x, self.sigma), gaussian_kl(mu, logvar)

    def log_weights(
        self, x: Float[Tensor, "N ..."], generator: Generator | None = None
    ) -> Iterator[Float[Tensor, " N"]]:
        """log p(x, z) - log q(z|x) of one draw z ~ q(z|x) an example after another, without end."""
        return gaussian_log_weights(*self.encode(x), self._log_joint_of(x), generator)

    def exact_log_prob(self, x: Float[Tensor, "N ..."]) -> Float[Tensor, " N"]:
        """log p(x) = log N(x; b, W W^T + s^2 I), in nats, whatever q is.

        Along each column of W the variance is |W_j|^2 + s^2; across all of them, s^2.
        """
        check_goes_into(self, x=x)
        best, unexplained = self._projected(x)
        squared = self.weight.square().sum(dim=0)
        along = squared + self.sigma**2
        others = self.bias.numel() - self.latent_dim
        distance = unexplained / self.sigma**2 + (best.square() * squared / along).sum(dim=1)
        log_volume = along.log().sum() + 2 * others * math.log(self.sigma)
        return -0.5 * (distance + log_volume + self.bias.numel() * math.log(2 * math.pi))

    def elbo_gap(self) -> float:
        """log p(x) - ELBO = KL(q(z|x) || p(z|x)), in nats, the same for every x: how low one draw is, on average."""
        return self.latent_dim * (0.5 * (self.width**2 + self.shift**2 - 1) - math.log(self.width))

    def weight_variance(self) -> float:
        """The variance under q of w / p(x), w = p(x, z) / q(z|x), for every x; infinite if q's variance is too small.

        With K draws the bound is low by about a 2K-th of it. A dimension's mean square is the integral of p^2 / q over
        a line, of two Gaussians again: width^2 / root * exp((shift / root)^2) with root^2 = 2 width^2 - 1. Where q has
        at most half of the posterior's variance, p^2 / q does not fall off: the mean square is infinite.
        """
        left = 2 * self.width**2 - 1
        if left <= 0:
            return math.inf
        log_square = 2 * math.log(self.width) - 0.5 * math.log(left) + self.shift**2 / left
        try:
            return math.expm1(self.latent_dim * log_square)
        except OverflowError:
            return math.inf
