"""Walk through a latent space: move between two points, lay a grid over the prior, see where the data lie.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import math

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from vae_helpers.validation import check_some, check_whole, checked


@checked
def lerp(a: Float[Tensor, " D"], b: Float[Tensor, " D"], t: float | Tensor) -> Float[Tensor, "*T D"]:
    """(1 - t) a + t b: the straight line from ``a`` (t = 0) to ``b`` (t = 1).

    >>> a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])
    >>> lerp(a, b, 0.25)
    tensor([2.2500, 0.2500])
    >>> lerp(a, b, torch.tensor([0.0, 1.0]))
    tensor([[3., 0.],
            [0., 1.]])

    Args:
        a, b: end points.
        t: a number, or a tensor (T,) of them.

    Returns:
        Shape (D,) for a number, (T, D) for a tensor.

    Raises:
        ValueError: t of more than one dimension.
    """
    _check_steps(t)
    t = torch.as_tensor(t, dtype=a.dtype, device=a.device)[..., None]
    return (1 - t) * a + t * b


@checked
def slerp(a: Float[Tensor, " D"], b: Float[Tensor, " D"], t: float | Tensor) -> Float[Tensor, "*T D"]:
    """Spherical interpolation: sin((1-t) w)/sin(w) a + sin(t w)/sin(w) b, w the angle between ``a`` and ``b``.

    For ends of *equal* length it is the arc of a circle around the origin. Ends of unequal length it joins by a curve
    that may reach far beyond both, the farther the nearer w is to 180 degrees: :func:`arc` does not.
    Where w is 0 or 180 degrees, or not defined (a zero vector), it is the straight line.

    >>> a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    >>> slerp(a, b, 0.5), lerp(a, b, 0.5)
    (tensor([1.4142, 1.4142]), tensor([1., 1.]))

    Args, returns and errors as :func:`lerp`. Source: Shoemake 1985; White 2016 (arXiv 1609.04468).
    """
    _check_steps(t)
    t = torch.as_tensor(t, dtype=a.dtype, device=a.device)[..., None]
    lengths = a.norm() * b.norm()
    cosine = torch.dot(a, b) / lengths if lengths > 0 else torch.ones(())
    omega = torch.acos(cosine.clamp(-1, 1))
    if torch.sin(omega) < 1e-3:  # in float32, 1e-3 is safely above rounding
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


@checked
def arc(a: Float[Tensor, " D"], b: Float[Tensor, " D"], t: float | Tensor) -> Float[Tensor, "*T D"]:
    """From ``a`` to ``b`` with the direction along the arc, as :func:`slerp` has it, and the length in a straight line.

    So the length stays between those of the ends. Where an end is a zero vector, or the directions are opposite, it
    keeps to the straight line.

    >>> a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])
    >>> arc(a, b, 0.5)
    tensor([1.4142, 1.4142])
    >>> slerp(a, b, 0.5)  # longer: 2.24, where the arc has (3 + 1) / 2
    tensor([2.1213, 0.7071])

    Args, returns and errors as :func:`lerp`.
    """
    lengths = torch.stack([a.norm(), b.norm()])
    if not (lengths > 0).all():
        return lerp(a, b, t)
    start, end = lengths[:, None]
    return lerp(start, end, t) * slerp(a / start, b / end, t)


@checked
def traverse(z: Float[Tensor, " D"], values: Float[Tensor, " V"]) -> Float[Tensor, "D V D"]:
    """Walks along each axis: row j has ``z`` with its j-th latent set to each of ``values``, the others as they were.

    >>> traverse(torch.tensor([5.0, 6.0]), torch.tensor([-1.0, 1.0]))[1]
    tensor([[ 5., -1.],
            [ 5.,  1.]])

    Args:
        z: where to start, such as the code of an image.
        values: where to go, in standard deviations of the prior N(0, I).

    Source: Higgins et al. 2017 (*beta-VAE*, ICLR), section 4, "latent traversals".
    """
    walks = z.repeat(len(z), len(values), 1)
    for j, walk in enumerate(walks):
        walk[:, j] = values
    return walks


def quantile_grid(n: int = 20, tail: float = 0.02) -> Float[Tensor, "n*n 2"]:
    """An n x n grid of 2-D latents at evenly spaced quantiles of N(0, 1): dense where the prior is.

    >>> quantile_grid(2, tail=0.16)
    tensor([[-0.9945,  0.9945],
            [ 0.9945,  0.9945],
            [-0.9945, -0.9945],
            [ 0.9945, -0.9945]])

    Args:
        n: points per side, >= 2.
        tail: probability left out at either end, in (0, 0.5): at 0 the outermost points would be infinite.

    Returns:
        Row by row as an image is read: the first row has the largest second coordinate.

    Raises:
        ValueError: n or tail out of range.
    """
    check_whole(2, n=n)
    if not 0 < tail < 0.5:
        raise ValueError(f"tail: want a number between 0 and 0.5, got {tail!r}")
    axis = torch.special.ndtri(torch.linspace(tail, 1 - tail, n, dtype=torch.float64)).float()
    y, x = torch.meshgrid(axis.flip(0), axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


@checked
def log_prior(z: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
    """log N(z; 0, I), in nats.

    >>> log_prior(torch.tensor([[0.0, 0.0], [1.0, 1.0]]))
    tensor([-1.8379, -2.8379])
    """
    return -0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=1)


@checked
def log_aggregate_posterior(
    z: Float[Tensor, "T D"], mu: Float[Tensor, "N D"], logvar: Float[Tensor, "N D"]
) -> Float[Tensor, " T"]:
    """log of the mean of q(z|x_i) over encoded images: where the *data* lie, as the encoder sees them.

    >>> z, mu = torch.zeros(1, 2), torch.tensor([[0.0, 0.0], [9.0, 9.0]])
    >>> log_aggregate_posterior(z, mu, logvar=torch.zeros(2, 2))  # log_prior(z) - log 2: one of the two is far away
    tensor([-2.5310])

    Args:
        z: latents.
        mu, logvar: from :func:`vae_helpers.encoding.encode_distributions`.

    Returns:
        Nats. A log of a mean (logsumexp), not a mean of logs.

    Raises:
        ValueError: no images.

    Useful in few dimensions: in many, no number of images fills the space, and it tells the distance to the nearest.

    Source: Makhzani et al. 2015 (arXiv 1511.05644), "aggregated posterior".
    """
    check_some(mu=mu)
    means, precision = mu.double(), (-logvar.double()).exp()  # double: the squares are multiplied out, and cancel
    slopes = torch.cat([-0.5 * precision, means * precision], dim=1).T  # of z^2 and of z
    level = -0.5 * (means.square() * precision + logvar + math.log(2 * math.pi)).sum(dim=1)
    parts = []
    for part in z.split(max(1, 2**19 // len(mu))):  # few at a time, which stay in the processor's cache
        powers = torch.cat([part.double().square(), part.double()], dim=1)
        densities = torch.addmm(level, powers, slopes).to(z)
        least = densities.amax(dim=1, keepdim=True) - 80  # what is below counts nothing, and takes five times as long
        parts.append(densities.maximum(least).logsumexp(dim=1))
    return torch.cat(parts) - math.log(len(mu))


@checked
def nearest_labels(
    z: Float[Tensor, "T D"], codes: Float[Tensor, "N D"], labels: Integer[Tensor, " N"], k: int = 25
) -> Integer[Tensor, " T"]:
    """The most common label among the ``k`` nearest codes, for each latent.

    >>> codes, labels = torch.tensor([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0]]), torch.tensor([3, 3, 8])
    >>> nearest_labels(torch.tensor([[0.2, 0.2], [4.0, 4.0]]), codes, labels, k=1)
    tensor([3, 8])

    Raises:
        ValueError: k is not from 1 to N.
    """
    check_whole(1, k=k)
    if k > len(codes):
        raise ValueError(f"k: want at most the number of codes, {len(codes)}, got {k}")
    # without the matrix product, which loses digits: the result must not depend on the processor
    distance = torch.cdist(z, codes, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = distance.topk(k, largest=False).indices
    return torch.mode(labels[nearest], dim=1).values


def _check_steps(t: float | Tensor) -> None:
    shape = tuple(torch.as_tensor(t).shape)
    if len(shape) > 1:
        raise ValueError(f"t: want a number or shape (T,), got {shape}")
