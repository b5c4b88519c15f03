"""Turn the axes of a latent space: what cares, and what does not.

The prior N(0, I) looks the same from every side, so a model whose latents are turned, z' = z R^T, and whose decoder
turns them back, decode(z' R), gives each image the same p(x). A diagonal q(z|x) does care: turned, it is no longer
diagonal, and the best diagonal one in its place costs nats.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import math

import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn

from vae_helpers.encoding import draw, encode_distributions
from vae_helpers.evaluation import Terms
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.sprites import FACTORS
from vae_helpers.validation import check_can, check_finite, check_some, check_whole, checked, is_number

X, Y = (list(FACTORS).index(name) for name in ("x", "y"))  # columns of the factors


def plane_rotation(latent_dim: int, first: int, second: int, degrees: float) -> Float[Tensor, "D D"]:
    """R, which turns the plane of two latents from the first axis towards the second, and leaves the others.

    >>> R = plane_rotation(3, first=0, second=2, degrees=45)
    >>> torch.tensor([[1.0, 5.0, 0.0]]) @ R.T  # a row of latents is turned by R^T, and turned back by R
    tensor([[0.7071, 5.0000, 0.7071]])

    Args:
        latent_dim: D, at least 2.
        first, second: two different latents, counted from 0.
        degrees: any number.

    Raises:
        ValueError: no such latents, twice the same, or degrees that are no number.
    """
    check_whole(2, latent_dim=latent_dim)
    check_whole(0, first=first, second=second)
    first, second = int(first), int(second)
    if max(first, second) >= latent_dim or first == second:
        raise ValueError(f"first, second: want two different latents of {latent_dim}, got {first} and {second}")
    if not is_number(degrees):
        raise ValueError(f"degrees: want a number, got {degrees!r}")
    turn = math.radians(degrees)
    rotation = torch.eye(int(latent_dim), dtype=torch.float64)
    rotation[first, first] = rotation[second, second] = math.cos(turn)
    rotation[second, first] = math.sin(turn)
    rotation[first, second] = -math.sin(turn)
    return rotation.float()


@checked
def best_diagonal(
    mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"], rotation: Float[Tensor, "D D"]
) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
    """Turn each Gaussian q = N(mu, diag(exp(logvar))), and take the diagonal one with the smallest KL to it.

    It has the turned mean, and in each dimension the *precision* of the turned Gaussian, the diagonal of
    R diag(exp(-logvar)) R^T; the diagonal of the turned covariance would be the best for the other KL.

    >>> mu, logvar = torch.tensor([[1.0, 0.0]]), -torch.tensor([[17.0, 2.0]]).log()
    >>> mu, logvar = best_diagonal(mu, logvar, plane_rotation(2, 0, 1, 45))
    >>> mu, (-logvar).exp()
    (tensor([[0.7071, 0.7071]]), tensor([[9.5000, 9.5000]]))

    Args:
        mu, logvar: of q(z|x) for each image.
        rotation: R, as from :func:`plane_rotation`.

    Returns:
        ``mu`` and ``logvar`` in the turned latents.

    Raises:
        ValueError: a matrix that is no rotation or reflection, or NaN.

    Source: Bishop 2006, *Pattern Recognition and Machine Learning*, section 10.1.2.
    """
    check_finite(mu=mu, logvar=logvar)
    _check_rotation(rotation)
    precision = (-logvar.double()).exp() @ rotation.to(logvar).double().square().T  # beyond float32 for a tiny variance
    return mu @ rotation.to(mu).T, -precision.log().to(logvar)


@checked
def diagonal_cost(logvar: Float[Tensor, "N D"], rotation: Float[Tensor, "D D"]) -> Float[Tensor, " N"]:
    """What it costs that the turned q(z|x) must be diagonal again: the KL from :func:`best_diagonal` to it, in nats.

    0.5 (sum_j log (R L R^T)_jj - log det L), with L = diag(exp(-logvar)); by Hadamard's inequality it is >= 0, and 0
    if R only mixes dimensions of equal variance.

    >>> R = plane_rotation(2, 0, 1, 45)
    >>> diagonal_cost(-torch.tensor([[17.0, 2.0], [9.0, 9.0]]).log(), R)  # precisions 17 and 2; twice 9
    tensor([0.4881, 0.0000])

    Where q(z|x) is the true posterior, this is by how much the turned model's best ELBO with a diagonal q is below
    that of the model as it was. So it is exact for a linear decoder with Gaussian noise and orthogonal columns, and
    beta times that is exact for reconstruction + beta * KL. For a trained decoder it is as good as its posteriors are
    Gaussian and found by the encoder: :func:`turned_terms` measures.

    Args:
        logvar: of q(z|x) for each image.
        rotation: R, as from :func:`plane_rotation`.

    Raises:
        ValueError: a matrix that is no rotation or reflection, or NaN.
    """
    _, turned = best_diagonal(torch.zeros_like(logvar), logvar, rotation)
    return 0.5 * (logvar - turned).sum(dim=1).clamp(min=0)  # below 0 by rounding only


@torch.no_grad()
@checked
def turned_terms(
    model: nn.Module, images: Float[Tensor, "N 1 28 28"], rotation: Float[Tensor, "D D"], seed: int = 0
) -> Terms:
    """The mean loss terms of a VAE whose latents are turned: decode(z' R), and for q(z'|x) :func:`best_diagonal`.

    >>> from vae_helpers.models import VAE
    >>> model, images = VAE(2, hidden=(4,)), torch.rand(10, 1, 28, 28)
    >>> as_it_was, half_a_turn = (turned_terms(model, images, plane_rotation(2, 0, 1, d)) for d in (0, 180))
    >>> abs(as_it_was.kl - half_a_turn.kl) < 1e-4
    True

    Args:
        model: a VAE with D latents.
        images: in [0, 1].
        rotation: R, as from :func:`plane_rotation`.
        seed: for one draw of eps an image; the same eps at each R, so that differences are less noisy.

    Raises:
        TypeError: a model that can't encode and decode.
        ValueError: unusable images, or a matrix that is no rotation or reflection of its latents.
    """
    check_can(model, "encode", "decode")
    mu, logvar = best_diagonal(*encode_distributions(model, images), rotation)
    z = draw(mu, logvar, seed) @ rotation.to(mu)  # turned back, for the decoder
    with evaluating(model):
        parts = zip(z.split(2000), images.split(2000), strict=True)
        nll = torch.cat([bernoulli_nll(model.decode(part.to(device_of(model))).cpu(), x.cpu()) for part, x in parts])
    return Terms(nll.double().mean().item(), gaussian_kl(mu, logvar).double().mean().item())


@checked
def place_plane(information: Float[Tensor, "D 5"]) -> list[int]:
    """The two latents that tell most about the place of the sprites, x and y together; the one that tells more first.

    >>> place_plane(torch.tensor([[0.0, 1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.6, 0.6, 0.0], [0.0, 0.0, 0.9, 0.0, 0.0]]))
    [1, 2]

    Args:
        information: of latents about factors, as ``disentanglement.mutual_information`` gives it of *draws*.

    Raises:
        ValueError: fewer than two latents.
    """
    if len(information) < 2:
        raise ValueError(f"information: want two latents or more, got {len(information)}")
    return information[:, [X, Y]].sum(dim=1).topk(2).indices.tolist()


@checked
def place_grid(
    codes: Float[Tensor, "N D"], x: Integer[Tensor, " N"], y: Integer[Tensor, " N"]
) -> Float[Tensor, "X Y D"]:
    """The mean code of each place, over all else that varies; NaN for a place where no image is.

    >>> x, y = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 0])
    >>> place_grid(torch.tensor([[1.0], [2.0], [3.0], [4.0]]), x, y)[..., 0]
    tensor([[1.0000, 2.0000],
            [3.5000,    nan]])

    Args:
        codes: of each image.
        x, y: where it stands, counted from 0.

    Raises:
        ValueError: no images, a place < 0, or codes with NaN.
    """
    check_some(codes=codes)
    check_finite(codes=codes)
    x, y = x.to(codes.device).long(), y.to(codes.device).long()
    if min(x.min(), y.min()) < 0:
        raise ValueError(f"x, y: want whole numbers from 0 on, got {min(x.min(), y.min()).item()}")
    shape = int(x.max()) + 1, int(y.max()) + 1
    place = x * shape[1] + y
    counts = place.bincount(minlength=shape[0] * shape[1])
    sums = torch.zeros(len(counts), codes.shape[1]).to(codes).index_add_(0, place, codes)
    return (sums / counts[:, None]).reshape(*shape, -1)


def _check_rotation(rotation: Tensor) -> None:
    away = (rotation @ rotation.T - torch.eye(len(rotation)).to(rotation)).abs().max()
    if not away < 1e-4:
        raise ValueError(f"rotation: want R with R R^T = I, got one that is off by {away:.2g}")
