"""Walk through a latent space: move between two points, lay a grid over the prior, see where the data lie."""

import math

import torch
from torch import Tensor

from vae_helpers.validation import check_float_tensor, check_same_shape


def lerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """(1 - t) a + t b: the straight line from ``a`` (t = 0) to ``b`` (t = 1).

    Args:
        a, b: end points, shape (D,).
        t: a number, or a tensor (T,) of them.

    Returns:
        Shape (D,) for a number, (T, D) for a tensor.

    Raises:
        TypeError, ValueError: not float tensors of one shape (D,), or t of more than one dimension.
    """
    _check_path(a, b, t)
    t = torch.as_tensor(t, dtype=a.dtype, device=a.device)[..., None]
    return (1 - t) * a + t * b


def slerp(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """Along the arc from ``a`` to ``b``: sin((1-t) w)/sin(w) a + sin(t w)/sin(w) b, w the angle between them.

    Keeps the distance from the origin near that of the ends, where a straight line cuts through the middle.
    Where the arc is not defined (the same direction, opposite directions, a zero vector) it is the straight line.

    Args, returns and errors as :func:`lerp`. Source: White 2016 (arXiv 1609.04468); Shoemake 1985.
    """
    _check_path(a, b, t)
    t = torch.as_tensor(t, dtype=a.dtype, device=a.device)[..., None]
    lengths = a.norm() * b.norm()
    cosine = torch.dot(a, b) / lengths if lengths > 0 else torch.ones(())
    omega = torch.acos(cosine.clamp(-1, 1))
    if torch.sin(omega) < 1e-3:  # in float32, 1e-3 is safely above rounding
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def quantile_grid(n: int = 20, tail: float = 0.02) -> Tensor:
    """An n x n grid of 2-D latents at evenly spaced quantiles of N(0, 1): dense where the prior is.

    Args:
        n: points per side, >= 2.
        tail: probability left out at either end, in (0, 0.5): at 0 the outermost points would be infinite.

    Returns:
        (n * n, 2), row by row as an image is read: the first row has the largest second coordinate.

    Raises:
        ValueError: n or tail out of range.
    """
    if not isinstance(n, int) or n < 2:
        raise ValueError(f"n: want a whole number >= 2, got {n!r}")
    if not 0 < tail < 0.5:
        raise ValueError(f"tail: want a number between 0 and 0.5, got {tail!r}")
    axis = torch.special.ndtri(torch.linspace(tail, 1 - tail, n, dtype=torch.float64)).float()
    y, x = torch.meshgrid(axis.flip(0), axis, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1)


def log_prior(z: Tensor) -> Tensor:
    """log N(z; 0, I) for latents (N, D): shape (N,), nats."""
    check_float_tensor(z, "z", "(N, D)", ndim=2)
    return -0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=1)


def log_aggregate_posterior(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """log of the mean of q(z|x_i) over encoded images: where the *data* lie, as the encoder sees them.

    Args:
        z: latents (T, D).
        mu, logvar: from :func:`vae_helpers.encoding.encode_distributions`, each (N, D).

    Returns:
        Shape (T,), nats. A log of a mean (logsumexp), not a mean of logs.

    Useful in few dimensions: in many, no number of images fills the space, and it tells the distance to the nearest.

    Source: Makhzani et al. 2015 (arXiv 1511.05644), "aggregated posterior".
    """
    check_float_tensor(z, "z", "(T, D)", ndim=2)
    check_same_shape(mu, logvar, ("mu", "logvar"))
    precision, constant = (-logvar).exp(), (logvar + math.log(2 * math.pi)).sum(dim=1)
    parts = []
    for part in z.split(16):  # few at a time: all at once would need T * N * D numbers
        squared = ((part[:, None, :] - mu).square_() * precision).sum(dim=2)
        parts.append(torch.logsumexp(-0.5 * (squared + constant), dim=1))
    return torch.cat(parts) - math.log(len(mu))


def nearest_labels(z: Tensor, codes: Tensor, labels: Tensor, k: int = 25) -> Tensor:
    """The most common label among the ``k`` nearest codes, for each latent (T, D): shape (T,), int64."""
    check_float_tensor(z, "z", "(T, D)", ndim=2)
    # without the matrix product, which loses digits: the result must not depend on the processor
    distance = torch.cdist(z, codes, compute_mode="donot_use_mm_for_euclid_dist")
    nearest = distance.topk(k, largest=False).indices
    return torch.mode(labels[nearest], dim=1).values


def _check_path(a: Tensor, b: Tensor, t: float | Tensor) -> None:
    check_float_tensor(a, "a", "(D,)", ndim=1)
    check_float_tensor(b, "b", "(D,)", ndim=1)
    check_same_shape(a, b, ("a", "b"))
    shape = tuple(torch.as_tensor(t).shape)
    if len(shape) > 1:
        raise ValueError(f"t: want a number or shape (T,), got {shape}")
