"""A conditional VAE that completes images: the seen quadrants are the condition (Sohn, Lee & Yan 2015)."""

from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vae_helpers.losses import gaussian_kl_between
from vae_helpers.models.gaussians import gaussian_log_prob, gaussian_log_weights, reparameterize
from vae_helpers.models.layers import PIXELS, network, seeded, whole_numbers
from vae_helpers.validation import IMAGES, as_seed, check_fits, check_goes_into, check_images, check_whole

QUADRANTS = 4  # top left, top right, bottom left, bottom right
Seen = Float[Tensor, "N 4"] | Bool[Tensor, "N 4"]


class CompletionVAE(nn.Module):
    """p(x|c), where c is what is seen of x: a prior p(z|c), a decoder p(x|z, c), and for training q(z|x, c).

    One network, ``prior``, is read in two ways: of the seen pixels, the others at 0, it makes p(z|c), and of the whole
    image q(z|x, c). The flags ``seen`` say which quadrants are: top left, top right, bottom left, bottom right.

    >>> model, images = CompletionVAE(latent_dim=2), torch.rand(3, 1, 28, 28)
    >>> seen = torch.tensor([[False, False, True, False]]).expand(3, 4)  # bottom left
    >>> reconstruction, kl = model.loss_terms(images, seen)
    >>> reconstruction.shape, kl.shape, model.complete(images, seen, count=8).shape
    (torch.Size([3]), torch.Size([3]), torch.Size([3, 8, 1, 28, 28]))

    Args:
        latent_dim: D, the number of latent dimensions.
        hidden: widths of the hidden layers of the prior; the decoder has them in reverse.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(self, latent_dim: int = 32, hidden: Sequence[int] = (256, 128), seed: int = 0):
        super().__init__()
        check_whole(1, latent_dim=latent_dim)
        self.architecture = {"latent_dim": int(latent_dim), **whole_numbers(hidden=hidden)}
        self.latent_dim, hidden = self.architecture["latent_dim"], self.architecture["hidden"]
        condition = PIXELS + QUADRANTS
        with seeded(seed):
            self.prior = network([condition, *hidden, 2 * self.latent_dim])
            self.decoder = network([self.latent_dim + condition, *hidden[::-1], PIXELS])

    def check_data(self, images: Tensor, seen: Seen, name: str = "images") -> None:
        """Raise unless these are images and flags for each; reads every value, so call it once."""
        _check_data(self.prior, images, seen, name)

    def encode(self, x: Float[Tensor, "N 1 28 28"], seen: Seen) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """q(z|x, c) as ``mu, logvar``: from the whole image, so for training and measuring only."""
        return self.prior(torch.cat([x.flatten(1), _flags(self.prior, x, seen)], dim=1)).chunk(2, dim=1)

    def prior_of(self, x: Float[Tensor, "N 1 28 28"], seen: Seen) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """p(z|c) as ``mu, logvar``: from what is seen of x."""
        return self.prior(_condition(self.prior, x, seen)).chunk(2, dim=1)

    def decode(self, z: Float[Tensor, "N D"], x: Float[Tensor, "N 1 28 28"], seen: Seen) -> Float[Tensor, "N 1 28 28"]:
        """Latents and what is seen of x -> logits of all pixels; those of the seen ones mean nothing."""
        check_fits(Float[Tensor, f"{len(x)} {self.latent_dim}"], z=z)
        check_goes_into(self.decoder, z=z)
        return self.decoder(torch.cat([z, _condition(self.decoder, x, seen)], dim=1)).view_as(x)

    def loss_terms(
        self, images: Float[Tensor, "N 1 28 28"], seen: Seen, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO of log p(unseen pixels|c), with one draw of z per image, in nats."""
        mu, logvar = self.encode(images, seen)
        z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype))
        reconstruction = unseen_nll(self.decode(z, images, seen), images, seen)
        return reconstruction, gaussian_kl_between(mu, logvar, *self.prior_of(images, seen))

    def log_weights(
        self, images: Float[Tensor, "N 1 28 28"], seen: Seen, generator: Generator | None = None
    ) -> Iterator[Float[Tensor, " N"]]:
        """log p(unseen pixels, z|c) - log q(z|x, c) of one draw of z an image after another, without end."""
        log_joint = self.log_joint(images, seen)
        return gaussian_log_weights(*self.encode(images, seen), log_joint, generator)

    def log_joint(
        self, images: Float[Tensor, "N 1 28 28"], seen: Seen
    ) -> Callable[[Float[Tensor, "N D"]], Float[Tensor, " N"]]:
        """From one z an image to log p(unseen pixels, z|c) of each."""
        prior = self.prior_of(images, seen)
        return lambda z: gaussian_log_prob(z, *prior) - unseen_nll(self.decode(z, images, seen), images, seen)

    @torch.no_grad()
    def complete(
        self, images: Float[Tensor, "N 1 28 28"], seen: Seen, count: int = 8, seed: int = 0
    ) -> Float[Tensor, "N count 1 28 28"]:
        """``count`` ways to go on from the seen quadrants: z from p(z|c), then the decoder's pixel probabilities.

        The seen pixels are those of ``images``; the unseen ones there are not looked at.
        """
        check_whole(1, count=count)
        count = int(count)  # NumPy's are welcome, but not to PyTorch
        mu, logvar = (value.repeat_interleave(count, dim=0) for value in self.prior_of(images, seen))
        eps = torch.randn(mu.shape, generator=Generator().manual_seed(as_seed(seed))).to(mu)
        x, flags = images.repeat_interleave(count, dim=0), seen.repeat_interleave(count, dim=0)
        drawn = torch.sigmoid(self.decode(reparameterize(mu, logvar, eps), x, flags))
        return torch.where(pixel_mask(flags), x, drawn).unflatten(0, (len(images), count))


class CompletionNet(nn.Module):
    """The plain net beside it, without a latent: for each unseen pixel one probability of ink, and so one answer.

    >>> net, images, seen = CompletionNet(), torch.rand(3, 1, 28, 28), torch.eye(4)[:3]
    >>> net.loss_terms(images, seen)[0].shape, net.complete(images, seen).shape
    (torch.Size([3]), torch.Size([3, 1, 28, 28]))

    Args:
        hidden: widths of the hidden layers.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(self, hidden: Sequence[int] = (128, 256), seed: int = 0):
        super().__init__()
        self.architecture = whole_numbers(hidden=hidden)
        with seeded(seed):
            self.layers = network([PIXELS + QUADRANTS, *self.architecture["hidden"], PIXELS])

    def check_data(self, images: Tensor, seen: Seen, name: str = "images") -> None:
        """As :meth:`CompletionVAE.check_data`."""
        _check_data(self.layers, images, seen, name)

    def forward(self, x: Float[Tensor, "N 1 28 28"], seen: Seen) -> Float[Tensor, "N 1 28 28"]:
        """What is seen of x -> logits of all pixels."""
        return self.layers(_condition(self.layers, x, seen)).view_as(x)

    def loss_terms(
        self, images: Float[Tensor, "N 1 28 28"], seen: Seen, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The cross-entropy of the unseen pixels, in nats; and 0, for there is no KL."""
        loss = unseen_nll(self(images, seen), images, seen)
        return loss, torch.zeros_like(loss)

    @torch.no_grad()
    def complete(self, images: Float[Tensor, "N 1 28 28"], seen: Seen) -> Float[Tensor, "N 1 28 28"]:
        """The one answer, as pixel probabilities; the seen pixels are those of ``images``."""
        return torch.where(pixel_mask(seen), images, torch.sigmoid(self(images, seen)))


def pixel_mask(seen: Seen) -> Bool[Tensor, "N 1 28 28"]:
    """Which pixels are seen, from the flags of the four quadrants.

    >>> mask = pixel_mask(torch.tensor([[True, False, False, False]]))
    >>> mask.shape, mask[0, 0, :14, :14].all(), mask.sum()  # 14 times 14 pixels
    (torch.Size([1, 1, 28, 28]), tensor(True), tensor(196))

    Raises:
        TypeError, ValueError: no flags (N, 4), of truth values or floats.
    """
    _check_seen(seen)
    return seen.bool().reshape(-1, 1, 2, 2).repeat_interleave(14, dim=2).repeat_interleave(14, dim=3)


def _check_seen(seen: Seen) -> None:
    """Raise ``TypeError`` or ``ValueError`` unless these are flags (N, 4), truth values or floats; reads no value."""
    truth = isinstance(seen, Tensor) and seen.dtype == torch.bool
    if not truth and not (isinstance(seen, Tensor) and seen.is_floating_point()):
        got = seen.dtype if isinstance(seen, Tensor) else type(seen).__name__
        raise TypeError(f"seen: want a tensor of flags, truth values or floats, got {got}")
    check_fits(Bool[Tensor, "N 4"] if truth else Float[Tensor, "N 4"], seen=seen)


def unseen_nll(logits: Float[Tensor, "N 1 28 28"], x: Float[Tensor, "N 1 28 28"], seen: Seen) -> Float[Tensor, " N"]:
    """Binary cross-entropy summed over the unseen pixels only, in nats.

    >>> x, seen = torch.ones(1, 1, 28, 28), torch.tensor([[1.0, 1, 1, 0]])
    >>> unseen_nll(torch.zeros_like(x), x, seen) / 196  # fair coins: ln 2 for each of the 14 times 14 pixels
    tensor([0.6931])
    """
    losses = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
    return losses.masked_fill(pixel_mask(seen), 0).flatten(1).sum(dim=1)


def _check_data(layer: nn.Module, images: Tensor, seen: Seen, name: str) -> None:
    check_images(images, name)
    flags = _flags(layer, images, seen, name)
    if not ((flags == 0) | (flags == 1)).all():
        raise ValueError("seen: want 0 or 1 for each quadrant, got other values")


def _condition(layer: nn.Module, x: Float[Tensor, "N 1 28 28"], seen: Seen) -> Float[Tensor, "N 788"]:
    """What is seen of x, 0 elsewhere, and the flags, side by side: what the networks are told."""
    flags = _flags(layer, x, seen)
    return torch.cat([torch.where(pixel_mask(seen), x, 0).flatten(1), flags], dim=1)


def _flags(layer: nn.Module, x: Tensor, seen: Seen, name: str = "x") -> Float[Tensor, "N 4"]:
    """The flags in the dtype of the images, both checked."""
    check_fits(IMAGES, **{name: x})
    check_goes_into(layer, **{name: x})
    _check_seen(seen)
    if len(seen) != len(x):
        raise ValueError(f"seen: want flags for each of the {len(x)} images, got {len(seen)}")
    return seen.to(x)
