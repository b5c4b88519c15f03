"""A VAE with settings that the drug cabinet turns: the likelihood of pixels, a held log-variance, clipped gradients."""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from vae_helpers.evaluation import check_data, check_first
from vae_helpers.losses import bernoulli_nll, gaussian_kl, vae_loss
from vae_helpers.models import VAE
from vae_helpers.models.layers import evaluating
from vae_helpers.training import Step
from vae_helpers.validation import as_seed, check_can, check_not_negative, check_positive


class SickVAE(VAE):
    """The course's VAE; its code is right, and its settings can be unwise.

    >>> model = SickVAE(latent_dim=2, hidden=[8], variance=392.0)
    >>> round(model.log_scale.exp().item(), 1)
    19.8

    Args:
        latent_dim, hidden, layer_norm, seed: as of :class:`VAE`.
        variance: s^2 of Gaussian pixels, > 0; None: cross-entropy, the pixels a probability each.
        learn_scale: learn s, beginning there; Gaussian pixels alone have one.
        hold: keep the log-variance of q between -hold and hold, > 0; None: leave it alone.

    Raises:
        ValueError: an impossible size, a variance or a bound that is not > 0, or a scale to learn where there is none.

    Source: Rybkin et al. 2021 (arXiv 2006.13202) for the learned scale.
    """

    def __init__(
        self,
        latent_dim: int = 10,
        hidden: Sequence[int] = (128,),
        layer_norm: bool = True,
        seed: int = 0,
        variance: float | None = None,
        learn_scale: bool = False,
        hold: float | None = None,
    ):
        super().__init__(latent_dim, hidden, layer_norm, seed)
        if variance is not None:
            check_positive(variance=variance)
        elif learn_scale:
            raise ValueError("learn_scale: want a variance to begin at, got None")
        if hold is not None:
            check_positive(hold=hold)
        self.hold = hold
        self.log_scale = (
            None
            if variance is None
            else nn.Parameter(torch.tensor(0.5 * math.log(variance)), requires_grad=bool(learn_scale))
        )

    def encode(self, x: Float[Tensor, "N 1 28 28"]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """Images -> ``mu, logvar``."""
        mu, logvar = super().encode(x)
        return mu, logvar if self.hold is None else logvar.clamp(-self.hold, self.hold)

    def loss_terms(
        self, x: Float[Tensor, "N 1 28 28"], generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO, reconstruction and KL, in nats."""
        logits, mu, logvar = self(x, generator)
        if self.log_scale is None:
            return bernoulli_nll(logits, x), gaussian_kl(mu, logvar)
        squared = (torch.sigmoid(logits) - x).square().flatten(1)
        constant = squared.shape[1] * (self.log_scale + 0.5 * math.log(2 * math.pi))
        return squared.sum(dim=1) * torch.exp(-2 * self.log_scale) / 2 + constant, gaussian_kl(mu, logvar)


@torch.no_grad()
def calibrate(model: SickVAE, images: Float[Tensor, "N 1 28 28"], seed: int = 0) -> float:
    """Give Gaussian pixels the scale that suits the decoder best, and return it: s^2 is the mean squared error.

    >>> model = SickVAE(2, [8], variance=392.0)
    >>> round(calibrate(model, torch.full((10, 1, 28, 28), 0.5)), 1) < 0.5
    True

    Args:
        model: with Gaussian pixels; its scale is changed, nothing else.
        images: that it was trained on.
        seed: for the draws of z, one an image.

    Raises:
        TypeError, ValueError: a model without a scale, or images that it can't use, or that it copies exactly.

    Source: Rybkin et al. 2021 (arXiv 2006.13202), section 3.
    """
    if getattr(model, "log_scale", None) is None:
        raise ValueError(f"model: want one with Gaussian pixels, got a {type(model).__name__} without a scale")
    (images,) = check_data(model, images, "images")
    with evaluating(model):
        logits, _, _ = model(images, Generator().manual_seed(as_seed(seed)))
    error = (torch.sigmoid(logits) - images).square().mean().item()
    check_positive(error=error)
    model.log_scale.fill_(0.5 * math.log(error))
    return math.sqrt(error)


def clipped_step(norm: float) -> Step:
    """A step for ``fit``: the usual one, but gradients whose norm over all weights is larger are made as short as this.

    >>> from vae_helpers.training import fit
    >>> fit(SickVAE(2, [8]), torch.rand(20, 1, 28, 28), epochs=1, step=clipped_step(1.0), progress=False).steps
    1

    Args:
        norm: the largest, > 0.

    Raises:
        ValueError: a norm that is not > 0.
        TypeError, ValueError: in the step, what the model can't use.
    """
    check_positive(norm=norm)

    def step(
        model: nn.Module, optimizer: Optimizer, *batch: Tensor, beta: float = 1.0, generator: Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        check_can(model, "loss_terms")
        check_first(model, batch)
        check_not_negative(beta=beta)
        reconstruction, kl = model.loss_terms(*batch, generator=generator)
        optimizer.zero_grad()
        vae_loss(reconstruction, kl, beta).mean().backward()
        nn.utils.clip_grad_norm_(model.parameters(), norm)
        optimizer.step()
        return reconstruction.detach(), kl.detach()

    return step
