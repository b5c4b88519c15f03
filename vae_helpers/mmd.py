"""The maximum mean discrepancy: how far two sets of points are from being drawn alike, without a discriminator.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from vae_helpers.evaluation import check_first
from vae_helpers.losses import bernoulli_nll
from vae_helpers.sampled_priors import Prior, check_prior
from vae_helpers.validation import check_can, check_fits, check_not_negative, check_same_dtype, checked

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of the kernel, in units of 2 D


@checked
def kernel(a: Float[Tensor, "N D"], b: Float[Tensor, "M D"]) -> Float[Tensor, "N M"]:
    """How alike two points are, from 1 (the same) towards 0: inverse multiquadrics, the mean of seven scales.

    >>> kernel(torch.zeros(1, 2), torch.tensor([[0.0, 0.0], [2.0, 0.0]]))
    tensor([[1.0000, 0.5000]])

    Source: Tolstikhin et al. 2017 (arXiv 1711.01558), section 4, at one scale, 2 D. Seven are those of the authors'
    program, which adds them up: its lambda is a seventh of ours.
    """
    check_same_dtype(a=a, b=b)
    squares = (a.square().sum(dim=1)[:, None] + b.square().sum(dim=1) - 2 * a @ b.T).clamp(min=0)
    scales = [2 * a.shape[1] * scale for scale in SCALES]
    return torch.stack([scale / (scale + squares) for scale in scales]).mean(dim=0)


@checked
def squared_mmd(a: Float[Tensor, "N D"], b: Float[Tensor, "M D"]) -> Float[Tensor, ""]:
    """The squared maximum mean discrepancy between what ``a`` and what ``b`` were drawn from, estimated without bias.

    0 if it is the same distribution, at most 2; an estimate may lie below 0.

    >>> z = torch.randn(1000, 2, generator=Generator().manual_seed(0))
    >>> same, shifted = squared_mmd(z[:500], z[500:]), squared_mmd(z[:500], z[500:] + 1)
    >>> abs(same) < 0.01 < shifted
    tensor(True)

    Raises:
        TypeError: points of two dtypes.
        ValueError: fewer than two points.

    Source: Gretton et al. 2012, equation 3.
    """
    check_same_dtype(a=a, b=b)
    for name, points in {"a": a, "b": b}.items():
        if len(points) < 2:
            raise ValueError(f"{name}: want at least two points, got {len(points)}")
    return _among(a) + _among(b) - 2 * kernel(a, b).mean()


def _among(points: Tensor) -> Tensor:
    """The mean of the kernel over pairs of different points; each is 1 with itself."""
    n = len(points)
    return (kernel(points, points).sum() - n) / (n * (n - 1))


def mmd_step(prior: Prior) -> Callable[..., tuple[Tensor, Tensor]]:
    """A step for ``fit`` that minimises reconstruction + beta * squared MMD of codes and draws of the prior (WAE-MMD).

    >>> from vae_helpers.models import Autoencoder
    >>> from vae_helpers.sampled_priors import GaussianPrior
    >>> from vae_helpers.training import fit
    >>> step = mmd_step(GaussianPrior(2))
    >>> fit(Autoencoder(2, (8,)), torch.rand(20, 1, 28, 28), epochs=1, beta=100.0, step=step, progress=False).steps
    1

    Args:
        prior: anything with ``sample(n, generator)``.

    Raises:
        TypeError: no such prior; in a step, a model that can't encode and decode.
        ValueError: in a step, a negative beta, a batch of one image, or draws of another dimension than the codes.

    Source: Tolstikhin et al. 2017 (arXiv 1711.01558), algorithm 2.
    """
    check_prior(prior)

    def step(
        model: nn.Module, optimizer: Optimizer, x: Tensor, *, beta: float = 1.0, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        check_can(model, "encode", "decode")
        check_first(model, (x,))
        check_not_negative(beta=beta)
        z = model.encode(x)
        reconstruction = bernoulli_nll(model.decode(z), x)
        draws = prior.sample(len(z), generator).to(z)
        check_fits(Float[Tensor, f"N {z.shape[1]}"], **{"draws of the prior": draws})
        penalty = squared_mmd(z, draws)
        optimizer.zero_grad()
        (reconstruction.mean() + beta * penalty).backward()
        optimizer.step()
        return reconstruction.detach(), penalty.detach().expand(len(x))

    return step
