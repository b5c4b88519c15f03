"""Relatives of the beta-VAE's loss: total correlation weighed alone, a KL led to a number of nats, a KL free up to one.

Each comes as a ``step`` for ``training.fit``, which keeps the loop, the learning rate and the order of images.
Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from vae_helpers.evaluation import check_first
from vae_helpers.losses import bernoulli_nll, gaussian_kl
from vae_helpers.models import reparameterize
from vae_helpers.total_correlation import minibatch_total_correlation
from vae_helpers.validation import check_can, check_not_negative, check_positive, check_whole, checked

Step = Callable[..., tuple[Tensor, Tensor]]  # as ``fit`` takes it: returns reconstruction and KL, (N,)


def tcvae_step(images: int) -> Step:
    """A step for ``fit`` that minimises reconstruction + KL + (beta - 1) * total correlation (beta-TCVAE).

    KL = I(x; z) + total correlation + dimension-wise KL. The paper weighs the three by alpha, beta and gamma; here, as
    in its experiments, alpha = gamma = 1, so only total correlation is weighed, estimated by minibatch-weighted
    sampling. At beta = 1 it is :func:`vae_helpers.training.training_step`.

    >>> from vae_helpers.models import VAE
    >>> from vae_helpers.training import fit
    >>> x = torch.rand(20, 1, 28, 28)
    >>> fit(VAE(4, (8,)), x, epochs=1, beta=4.0, step=tcvae_step(len(x)), progress=False).steps
    1

    Args:
        images: how many the whole training set has. It moves the estimate by a constant, not its gradient. A last
            batch of one image tells nothing about total correlation: there beta has no effect.

    Raises:
        ValueError: ``images`` that is not a whole number >= 2.
        TypeError, ValueError: in the step, what the model can't use, or a batch of more than ``images``.

    Source: Chen et al. 2018 (arXiv 1802.04942), equation 4.
    """
    check_whole(2, images=images)

    def step(
        model: nn.Module, optimizer: Optimizer, x: Tensor, beta: float = 1.0, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        check_can(model, "encode", "decode")
        check_first(model, (x,))
        check_not_negative(beta=beta)
        encoded = model.encode(x)
        if not isinstance(encoded, tuple):
            raise TypeError(f"model: want one whose encode returns mu and logvar, got {type(model).__name__}")
        mu, logvar = encoded
        z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype))
        reconstruction, kl = bernoulli_nll(model.decode(z), x), gaussian_kl(mu, logvar)
        correlation = minibatch_total_correlation(z, mu, logvar, images, "weighted")
        _descend(optimizer, (reconstruction + kl).mean() + (beta - 1) * correlation)
        return reconstruction.detach(), kl.detach()

    return step


@checked
def capacity_loss(
    reconstruction: Float[Tensor, " N"], kl: Float[Tensor, " N"], capacity: float, gamma: float
) -> Float[Tensor, " N"]:
    """reconstruction + gamma * |KL - C|, one value an image, in nats: each image is to spend C nats, no more, no fewer.

    The absolute value is of each image's own KL, as the paper writes it, so that the batch is left alone, as by every
    other loss here. Many programs take it of the batch's mean, which lets images share the nats and costs never more.

    >>> capacity_loss(reconstruction=torch.tensor([80.0, 80.0]), kl=torch.tensor([4.0, 6.0]), capacity=5.0, gamma=10.0)
    tensor([90., 90.])

    Args:
        reconstruction: -log p(x|z).
        kl: KL(q(z|x) || p(z)).
        capacity: C, the nats that an image is to spend, >= 0.
        gamma: the price of a nat too many or too few, > 0.

    Raises:
        ValueError: C < 0, or a gamma that is not > 0.

    Source: Burgess et al. 2018 (arXiv 1804.03599), equation 8.
    """
    check_not_negative(capacity=capacity)
    check_positive(gamma=gamma)
    return reconstruction + gamma * (kl - capacity).abs()


def capacity_step(gamma: float = 30.0) -> Step:
    """A step for ``fit`` that minimises :func:`capacity_loss`: what ``fit`` calls beta is here the capacity C in nats.

    >>> from vae_helpers.models import VAE
    >>> from vae_helpers.training import fit, warm_up
    >>> grows = warm_up(epochs=2, beta=5.0)  # from 0 to 5 nats an image
    >>> x = torch.rand(20, 1, 28, 28)
    >>> fit(VAE(4, (8,)), x, epochs=2, beta=grows, step=capacity_step(30.0), progress=False).last["beta"]
    2.5

    Args:
        gamma: the price of a nat too many or too few, > 0.

    Raises:
        ValueError: a gamma that is not > 0.
        TypeError, ValueError: in the step, what the model can't use.
    """
    check_positive(gamma=gamma)

    def step(
        model: nn.Module, optimizer: Optimizer, *batch: Tensor, beta: float = 1.0, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        check_can(model, "loss_terms")
        check_first(model, batch)
        reconstruction, kl = model.loss_terms(*batch, generator=generator)
        _descend(optimizer, capacity_loss(reconstruction, kl, capacity=beta, gamma=gamma).mean())
        return reconstruction.detach(), kl.detach()

    return step


def free_bits_step(nats: float) -> Step:
    """A step for ``fit`` that minimises mean reconstruction + beta * max(mean KL of the batch, nats): *free bits*.

    Below so many nats the KL costs nothing more, so that there is no gradient that drives it to 0; above, this is
    :func:`vae_helpers.training.training_step`. The mean is over the batch, so that some images may have more and others
    less. The paper has a floor for each group of latents: here a layer is a group, in a model that has layers
    (``layer_terms``), else all latents are one.

    >>> from vae_helpers.models import VAE
    >>> from vae_helpers.training import fit
    >>> x = torch.rand(20, 1, 28, 28)
    >>> fit(VAE(4, (8,)), x, epochs=1, step=free_bits_step(4.0), progress=False).steps
    1

    Args:
        nats: the floor of each group, lambda in the paper, >= 0. At 0 it changes nothing but for a layer whose part of
            the KL is estimated from draws (:meth:`HierarchicalVAE.is_exact`): no reward is left for one below 0.

    Raises:
        ValueError: a floor that is not >= 0.
        TypeError, ValueError: in the step, what the model can't use.

    Source: Kingma et al. 2016 (arXiv 1606.04934), equation 15.
    """
    check_not_negative(nats=nats)

    def step(
        model: nn.Module, optimizer: Optimizer, *batch: Tensor, beta: float = 1.0, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        check_can(model, "loss_terms")
        check_first(model, batch)
        check_not_negative(beta=beta)
        if hasattr(model, "layer_terms"):
            reconstruction, kl = model.layer_terms(*batch, generator=generator)
        else:
            reconstruction, kl = model.loss_terms(*batch, generator=generator)
            kl = kl[:, None]
        _descend(optimizer, reconstruction.mean() + beta * kl.mean(dim=0).clamp(min=nats).sum())
        return reconstruction.detach(), kl.sum(dim=1).detach()

    return step


def _descend(optimizer: Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
