"""How much the latent dimensions tell about one another, and the three parts of the KL: exact, and from minibatches.

The aggregate posterior q(z) is the mixture of q(z|x) over all N images. Its total correlation is
KL(q(z) || product of its marginals q(z_j)): 0 where the dimensions are independent. Nats throughout.
Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import math
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.models import reparameterize
from vae_helpers.models.gaussians import gaussian_log_densities, gaussian_log_prob
from vae_helpers.validation import as_seed, check_finite, check_one_of, check_some, check_whole, checked

Weights = Literal["naive", "weighted", "stratified", "copied"]
KINDS = ("naive", "weighted", "stratified", "copied")
CELLS = 2**19  # draws x images at a time: a few matrices of 2 MB, which stay in the processor's cache


class KLParts(NamedTuple):
    """The mean KL(q(z|x) || p(z)) of a set of images in three parts, nats an image.

    >>> KLParts(mutual_information=5.0, total_correlation=0.5, dimension_wise=0.25).total
    5.75
    """

    mutual_information: float  # I(x; z): what a draw tells about which image it came from, at most log N
    total_correlation: float  # KL(q(z) || product of q(z_j)): what the dimensions tell about one another
    dimension_wise: float  # sum of KL(q(z_j) || p(z_j)): how far each dimension is from the prior

    @property
    def total(self) -> float:
        return sum(self)


@checked
def gaussian_total_correlation(covariance: Float[Tensor, "D D"]) -> Float[Tensor, ""]:
    """The total correlation of a Gaussian: half of the sum of the log variances less the log determinant.

    >>> gaussian_total_correlation(torch.tensor([[1.0, 0.6], [0.6, 1.0]]))  # -0.5 log(1 - 0.6^2)
    tensor(0.2231)

    Args:
        covariance: symmetric, positive definite.

    Returns:
        Nats, >= 0 up to rounding; 0 for a diagonal covariance, whatever its variances.

    Raises:
        ValueError: a matrix that is not square, not symmetric or not positive definite, or holds NaN.

    Source: Watanabe 1960, "Information theoretical analysis of multivariate correlation".
    """
    _check_covariance(covariance)
    return 0.5 * (covariance.diagonal().log().sum() - torch.logdet(covariance))


@torch.no_grad()
@checked
def aggregate_log_prob(
    z: Float[Tensor, "M D"], mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"]
) -> tuple[Float[Tensor, " M"], Float[Tensor, "M D"]]:
    """log q(z) and log q(z_j) of each dimension, exactly: the mean of q(z|x) over *all* N images.

    Some draws and images at a time, so that it takes some 10 MB however many there are; M N D exponentials.

    >>> joint, marginals = aggregate_log_prob(torch.zeros(1, 2), mu=torch.zeros(3, 2), logvar=torch.zeros(3, 2))
    >>> joint, marginals  # log 1/(2 pi), and half of it twice
    (tensor([-1.8379]), tensor([[-0.9189, -0.9189]]))

    Args:
        z: where to ask.
        mu, logvar: of q(z|x), a row an image.

    Returns:
        The joint log density (M,) and those of the marginals (M, D).

    Raises:
        ValueError: no latents, no images, or NaN.
    """
    check_some(z=z, mu=mu)
    check_finite(z=z, mu=mu, logvar=logvar)
    joint, marginals = zip(*[_mixture(part, mu, logvar) for part in z.split(max(1, CELLS // len(mu)))], strict=True)
    return torch.cat(joint), torch.cat(marginals)


@checked
def kl_parts(
    mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], seed: int = 0, draws: int | None = None
) -> KLParts:
    """The mean KL as mutual information + total correlation + dimension-wise KL, with the exact q(z) of the set.

    One z is drawn from q(z|x) of each image that is looked at, and the logarithms of four densities are compared there:

        log q(z|x) - log q(z),    log q(z) - sum of log q(z_j),    sum of log q(z_j) - log p(z)

    are the three parts. Their sum is log q(z|x) - log p(z) at the same draws up to rounding; it is the mean of
    :func:`vae_helpers.losses.gaussian_kl` only up to the chance of the draws.

    >>> mu = torch.tensor([[-3.0, 0.0], [3.0, 0.0]]).repeat(500, 1)  # two kinds of image, told by one dimension
    >>> parts = kl_parts(mu, logvar=torch.zeros(1000, 2))
    >>> round(parts.mutual_information, 1), abs(round(parts.total_correlation, 3))  # log 2, and independent
    (0.7, 0.0)

    Args:
        mu, logvar: of q(z|x), a row an image. The mixture q(z) is over all of them, always.
        seed: of the draws.
        draws: look at so many images, chosen by the seed, in place of all.

    Returns:
        Means over the draws, in nats. Of 6,144 sprites coded in 10-D, 1,000 draws give the sum, the information and the
        total correlation to a standard error of 0.06, 0.04 and 0.04 where the KL is 9.7 nats; in half a second.

    Raises:
        ValueError: no images, NaN, or more draws than images.

    Source: Hoffman & Johnson 2016, "ELBO surgery"; Chen et al. 2018 (arXiv 1802.04942), section 3.
    """
    check_some(mu=mu)
    check_finite(mu=mu, logvar=logvar)
    generator = Generator().manual_seed(as_seed(seed))
    chosen = torch.arange(len(mu))
    if draws is not None:
        check_whole(1, draws=draws)
        if draws > len(mu):
            raise ValueError(f"draws: want at most {len(mu)}, as many as there are images, got {draws}")
        chosen = torch.randperm(len(mu), generator=generator)[:draws]
    eps = torch.randn(len(chosen), mu.shape[1], generator=generator).to(mu)
    own_mu, own_logvar = mu[chosen], logvar[chosen]
    z = reparameterize(own_mu, own_logvar, eps)

    given_x = gaussian_log_prob(z, own_mu, own_logvar)
    joint, marginals = aggregate_log_prob(z, mu, logvar)
    independent = marginals.sum(dim=1)
    prior = gaussian_log_prob(z, torch.zeros_like(z), torch.zeros_like(z))
    pairs = [(given_x, joint), (joint, independent), (independent, prior)]
    return KLParts(*((a - b).mean().item() for a, b in pairs))


def minibatch_log_weights(batch: int, images: int, kind: Weights) -> Float[Tensor, "B B"]:
    """The log weight of q(z_i|x_k) in an estimate of log q(z_i), from a batch alone: row i, column k.

    z_i was drawn for image i, so that q(z_i|x_i) is far larger than the others, but stands for one image of N:

    - "naive": 1/B each, as if the batch were the set. An image's own density has N/B times its true share.
    - "weighted": 1/(N B) each, the minibatch-weighted sampling of Chen et al.: in every batch below log q(z_i). From
      "naive" it differs by a constant, so that both have the same gradient.
    - "stratified": 1/N for the image's own density, on the diagonal, and for the B - 1 others the share of all N - 1
      others, (N - 1)/N, in equal parts. Chen et al. give one of the others a weight of its own; this is the mean over
      which one it is, with the same expectation of q(z_i), and exact where the batch is the set.
    - "copied": the stratified weights with 1/N in column 0 in place of the diagonal: in essence, the indexing slip of
      the code that was published with the paper (rtqichen/beta-tcvae, vae_quant.py), and of the many copies of it.
      There column 1 holds the weight of its own that "stratified" has as a mean; the estimates hardly differ.

    >>> minibatch_log_weights(batch=3, images=5, kind="stratified").exp()
    tensor([[0.2000, 0.4000, 0.4000],
            [0.4000, 0.2000, 0.4000],
            [0.4000, 0.4000, 0.2000]])

    Args:
        batch: the number of images in the batch, B >= 1; "stratified" and "copied" need another image, B >= 2.
        images: the number in the set, N >= B.
        kind: of the above.

    Returns:
        Rows of weights that add up to 1, but for "weighted": to 1/N.

    Raises:
        ValueError: another kind, a batch that is too small for it, or fewer images than the batch has.

    Source: Chen et al. 2018 (arXiv 1802.04942), appendix C.
    """
    check_one_of(KINDS, kind=kind)
    check_whole(1 if kind in ("naive", "weighted") else 2, batch=batch)
    check_whole(batch, images=images)
    batch, images = int(batch), int(images)  # a byte of NumPy's would run over
    if kind in ("naive", "weighted"):
        return torch.full((batch, batch), -math.log(batch if kind == "naive" else images * batch))
    others = math.log((images - 1) / images / (batch - 1))
    weights = torch.full((batch, batch), others)
    own = weights.diagonal() if kind == "stratified" else weights[:, 0]
    own.fill_(-math.log(images))
    return weights


@checked
def minibatch_total_correlation(
    z: Float[Tensor, "B D"], mu: Float[Tensor, "B D"], logvar: Float[Tensor, "B D"], images: int, kind: Weights
) -> Float[Tensor, ""]:
    """An estimate of the total correlation of q(z) from one batch, to be differentiated; none of them is unbiased.

    >>> z = torch.tensor([[-1.0, 1.0], [1.0, -1.0]])  # two images; one dimension tells all about the other: log 2
    >>> narrow = torch.full((2, 2), -4.0)
    >>> minibatch_total_correlation(z, z, narrow, images=2, kind="stratified")
    tensor(0.6931)
    >>> minibatch_total_correlation(z, z, narrow, images=2, kind="weighted")  # log 2 more for each dimension but one
    tensor(1.3863)

    Args:
        z: draws from q(z|x), one an image of the batch.
        mu, logvar: of q(z|x), in the same order.
        images: the number in the whole set, N >= B.
        kind: of :func:`minibatch_log_weights`.

    Returns:
        The mean over the batch of log q(z) - sum of log q(z_j), in nats; it can be negative.

    Raises:
        ValueError: as for :func:`minibatch_log_weights`.

    Source: Chen et al. 2018 (arXiv 1802.04942), section 3.1 and appendix C.
    """
    log_weights = minibatch_log_weights(len(z), images, kind).to(z)
    densities = gaussian_log_densities(z[:, None], mu, logvar)  # (B, B, D): draw, image, dimension
    joint = (log_weights + densities.sum(dim=2)).logsumexp(dim=1)
    marginals = (log_weights[:, :, None] + densities).logsumexp(dim=1)
    return (joint - marginals.sum(dim=1)).mean()


def _mixture(z: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    """One dimension at a time, so that no (M, N, D) is ever held."""
    joint, marginals = torch.zeros(len(z), len(mu)).to(z), []
    for j in range(z.shape[1]):
        density = gaussian_log_densities(z[:, j, None], mu[:, j], logvar[:, j])  # (M, N)
        marginals.append(density.logsumexp(dim=1))
        joint += density
    return joint.logsumexp(dim=1) - math.log(len(mu)), torch.stack(marginals, dim=1) - math.log(len(mu))


def _check_covariance(covariance: Float[Tensor, "D D"]) -> None:
    check_some(covariance=covariance)
    check_finite(covariance=covariance)
    if not torch.allclose(covariance, covariance.T, rtol=1e-4, atol=1e-6 * covariance.abs().max().item()):
        raise ValueError(f"covariance: want a symmetric matrix, got {covariance.tolist()!s:.80}")
    if torch.linalg.cholesky_ex(covariance).info:
        raise ValueError(f"covariance: want a positive definite matrix, got {covariance.tolist()!s:.80}")
