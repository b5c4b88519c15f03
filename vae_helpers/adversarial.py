"""What makes an autoencoder adversarial: two losses of one game, and the training step that plays it.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor
from torch.nn import functional as F
from torch.optim import Optimizer

from vae_helpers.evaluation import check_first
from vae_helpers.losses import bernoulli_nll
from vae_helpers.models import AdversarialAutoencoder
from vae_helpers.sampled_priors import Prior, check_prior
from vae_helpers.validation import (
    check_can,
    check_fits,
    check_goes_into,
    check_not_negative,
    check_positive,
    check_some,
    checked,
)


@checked
def discriminator_loss(real_logits: Float[Tensor, " N"], fake_logits: Float[Tensor, " M"]) -> Float[Tensor, ""]:
    """The binary cross-entropy of "is it a draw of the prior?", in nats: the mean over both kinds, each half.

    >>> discriminator_loss(torch.zeros(3), torch.zeros(3))  # it can't tell: ln 2
    tensor(0.6931)

    Args:
        real_logits: log odds for draws of the prior.
        fake_logits: log odds for codes.

    Raises:
        ValueError: none of one kind.

    Source: Goodfellow et al. 2014 (arXiv 1406.2661), equation 1, halved and with its sign turned.
    """
    check_some(real_logits=real_logits, fake_logits=fake_logits)
    # -log sigmoid(l) = softplus(-l), and -log(1 - sigmoid(l)) = softplus(l): exact where the sigmoid rounds to 0 or 1
    return 0.5 * (F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean())


@checked
def encoder_loss(fake_logits: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
    """-log D(z) of each code, in nats: small where the discriminator takes it for a draw of the prior.

    Not log(1 - D(z)), whose gradient vanishes where the discriminator is sure ("saturates").

    >>> encoder_loss(torch.tensor([0.0, -5.0]))
    tensor([0.6931, 5.0067])

    Source: Goodfellow et al. 2014 (arXiv 1406.2661), end of section 3.
    """
    return F.softplus(-fake_logits)


@checked
def adversarial_step(
    model: AdversarialAutoencoder,
    optimizer: Optimizer,
    d_optimizer: Optimizer,
    x: Float[Tensor, "N 1 28 28"],
    real: Float[Tensor, "N D"],
    weight: float,
    *,
    labels: Integer[Tensor, " N"] | None = None,
) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"], Float[Tensor, ""]]:
    """One step of both players: the discriminator learns first, then encoder and decoder.

    >>> model = AdversarialAutoencoder(2, (8,))
    >>> optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    >>> d_optimizer = torch.optim.SGD(model.discriminator.parameters(), 1e-3)
    >>> x, real = torch.rand(3, 1, 28, 28), torch.randn(3, 2)
    >>> reconstruction, deceived, d_loss = adversarial_step(model, optimizer, d_optimizer, x, real, 10.0)
    >>> reconstruction.shape, deceived.shape, d_loss.shape
    (torch.Size([3]), torch.Size([3]), torch.Size([]))

    Args:
        optimizer: steps on the encoder's and the decoder's gradients. It may hold the discriminator's parameters, too:
            their gradients of this loss are not taken.
        d_optimizer: holds the discriminator's parameters.
        real: draws of the prior.
        weight: of :func:`encoder_loss` beside the reconstruction, at least 0.
        labels: the classes that the discriminator is told, for a model with ``classes``.

    Returns:
        The reconstruction and the encoder's loss, (N,), and the discriminator's loss, all in nats and before their
        step.

    Raises:
        TypeError: a model without a discriminator, or draws of another dtype than its weights.
        ValueError: a negative weight, draws of another dimension than the codes, or labels that the model can't use.
    """
    check_can(model, "encode", "decode", "discriminate")
    check_not_negative(weight=weight)
    check_fits(Float[Tensor, f"N {model.latent_dim}"], real=real)
    check_goes_into(model.discriminator, real=real)
    z = model.encode(x)
    d_loss = discriminator_loss(model.discriminate(real, labels), model.discriminate(z.detach(), labels))
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()

    reconstruction, deceived = bernoulli_nll(model.decode(z), x), encoder_loss(model.discriminate(z, labels))
    optimizer.zero_grad()
    own = [*model.encoder.parameters(), *model.decoder.parameters()]  # the discriminator stays as it is
    (reconstruction + weight * deceived).mean().backward(inputs=own)
    optimizer.step()
    return reconstruction.detach(), deceived.detach(), d_loss.detach()


class AdversarialStep:
    """A step for ``fit``: the discriminator learns first, then encoder and decoder.

    What ``fit`` calls beta is the weight of :func:`encoder_loss` beside the reconstruction, and its "kl" is that loss.

    >>> from vae_helpers.sampled_priors import GaussianPrior
    >>> from vae_helpers.training import fit
    >>> model = AdversarialAutoencoder(2, (8,))
    >>> step = AdversarialStep(model, GaussianPrior(2))
    >>> history = fit(model, torch.rand(20, 1, 28, 28), epochs=1, beta=10.0, step=step, progress=False)
    >>> len(step.losses)  # the discriminator's, one a step
    1

    Args:
        model: the one that ``fit`` gets.
        prior: where codes are to seem drawn from. A model with ``classes`` wants one with ``sample_modes(labels,
            generator)`` too, and ``fit`` images and labels.
        learning_rate: of the discriminator's own Adam.

    Raises:
        TypeError: a model without a discriminator, or a prior without ``sample``.
        ValueError: a prior of another dimension than the model's codes, or with fewer modes than the model has classes;
            in a step, another model.
    """

    def __init__(self, model: AdversarialAutoencoder, prior: Prior, learning_rate: float = 1e-3):
        check_can(model, "encode", "decode", "discriminate")
        check_prior(prior, model.latent_dim, *(["sample_modes"] if model.classes else []))
        check_positive(learning_rate=learning_rate)
        if model.classes:  # a place for each
            places = prior.sample_modes(torch.arange(model.classes), Generator().manual_seed(0))
            check_fits(Float[Tensor, f"{model.classes} {model.latent_dim}"], **{"prior.sample_modes": places})
        self.model, self.prior, self.losses = model, prior, []
        self.optimizer = torch.optim.Adam(model.discriminator.parameters(), float(learning_rate), betas=(0.5, 0.999))

    def __call__(
        self,
        model: AdversarialAutoencoder,
        optimizer: Optimizer,
        x: Tensor,
        labels: Tensor | None = None,
        *,
        beta: float = 1.0,
        generator: Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """One step of both players; the reconstruction and the encoder's loss, (N,), before it."""
        if model is not self.model:
            raise ValueError(f"model: want the one that this step was made for, got another {type(model).__name__}")
        check_not_negative(beta=beta)
        check_first(model, (x,) if labels is None else (x, labels))
        model.check_told(labels)
        real = self._draw(len(x), labels, model.classes, generator).to(next(model.parameters()))
        *costs, loss = adversarial_step(model, optimizer, self.optimizer, x, real, beta, labels=labels)
        self.losses.append(loss.item())
        return tuple(costs)

    def _draw(self, n: int, labels: Tensor | None, classes: int, generator: Generator | None) -> Tensor:
        if not classes:
            return self.prior.sample(n, generator)
        check_fits(Integer[Tensor, f"{n}"], labels=labels)
        anywhere = torch.randint(classes, (n,), generator=generator, device=labels.device)
        return self.prior.sample_modes(torch.where(labels < classes, labels, anywhere), generator)
