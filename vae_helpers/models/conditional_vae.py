"""The conditional variational autoencoder (Kingma et al. 2014, arXiv 1406.5298, model M2; Sohn et al. 2015)."""

from collections.abc import Iterator, Sequence
from math import prod

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import bernoulli_nll
from vae_helpers.models.conditions import Condition, as_vectors, check_condition, images_of, side_by_side
from vae_helpers.models.gaussians import gaussian_log_weights, reparameterize
from vae_helpers.models.layers import IMAGE_SHAPE, network, seeded, whole_numbers
from vae_helpers.models.priors import LearnedPrior, StandardPrior
from vae_helpers.validation import as_seed, check_fits, check_one_of, check_unit_interval, check_whole


class ConditionalVAE(nn.Module):
    """A VAE whose networks are told c: q(z|x, c), p(x|z, c), and a prior p(z|c).

    >>> model, labels = ConditionalVAE(latent_dim=2), torch.tensor([3, 1, 4])
    >>> reconstruction, kl = model.loss_terms(torch.rand(3, 1, 28, 28), labels)
    >>> reconstruction.shape, kl.shape, model.sample(labels).shape
    (torch.Size([3]), torch.Size([3]), torch.Size([3, 1, 28, 28]))

    Args:
        latent_dim: D, the number of latent dimensions.
        conditions: C, the number of classes, or the size of the vectors c.
        prior: "standard" for p(z|c) = N(0, I), or "learned".
        components: Gaussians in a learned prior: for more than one the KL is taken at the one draw of z.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        prior_hidden: widths of a learned prior's; none is right for classes.
        shape: of one image: (1, 28, 28), or (3, 28, 28) for one in colour.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1, another prior, or a standard one with a learned one's sizes.
    """

    def __init__(
        self,
        latent_dim: int = 2,
        conditions: int = 10,
        prior: str = "standard",
        components: int = 1,
        hidden: Sequence[int] = (256, 128),
        prior_hidden: Sequence[int] = (),
        shape: Sequence[int] = IMAGE_SHAPE,
        seed: int = 0,
    ):
        super().__init__()
        check_one_of(("standard", "learned"), prior=prior)
        check_whole(1, latent_dim=latent_dim, conditions=conditions, components=components)
        one = {"latent_dim": int(latent_dim), "conditions": int(conditions), "components": int(components)}
        several = whole_numbers(hidden=hidden, prior_hidden=prior_hidden, shape=shape)
        if prior == "standard" and (one["components"] > 1 or several["prior_hidden"]):
            raise ValueError('components, prior_hidden: want them for prior="learned" only, got prior="standard"')
        self.architecture = {"prior": prior, **one, **several}
        self.latent_dim, self.conditions, self.shape = one["latent_dim"], one["conditions"], several["shape"]
        hidden, pixels = several["hidden"], prod(self.shape)
        with seeded(seed):
            self.encoder = network([pixels + self.conditions, *hidden, 2 * self.latent_dim])
            self.decoder = network([self.latent_dim + self.conditions, *hidden[::-1], pixels])
        if prior == "learned":
            components, hidden = one["components"], several["prior_hidden"]
            self.prior = LearnedPrior(self.conditions, self.latent_dim, components, hidden, seed)
        else:
            self.prior = StandardPrior(self.latent_dim)

    def check_data(self, images: Tensor, c: Condition, name: str = "images") -> None:
        """Raise unless these are images and a condition for each; reads every value, so call it once."""
        check_fits(images_of(self.shape), **{name: images})
        check_unit_interval(**{name: images})
        check_condition(c, self.conditions, self.encoder, len(images))

    def encode(self, x: Float[Tensor, " N *shape"], c: Condition) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """Images and their conditions -> ``mu, logvar``."""
        check_fits(images_of(self.shape), x=x)
        return self.encoder(side_by_side(x.flatten(1), c, self.encoder, "x")).chunk(2, dim=1)

    def decode(self, z: Float[Tensor, "N D"], c: Condition) -> Float[Tensor, " N *shape"]:
        """Latents and conditions -> logits."""
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        return self.decoder(side_by_side(z, c, self.decoder, "z")).unflatten(1, self.shape)

    def loss_terms(
        self, x: Float[Tensor, " N *shape"], c: Condition, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO of log p(x|c), with one draw of z per image, in nats."""
        mu, logvar = self.encode(x, c)
        z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype))
        kl = self.prior.kl(mu, logvar, z, as_vectors(c, self.conditions, self.encoder))
        return bernoulli_nll(self.decode(z, c), x), kl

    def log_weights(
        self, x: Float[Tensor, " N *shape"], c: Condition, generator: Generator | None = None
    ) -> Iterator[Float[Tensor, " N"]]:
        """log p(x, z|c) - log q(z|x, c) of one draw of z an image after another, without end; their mean: the ELBO."""
        told = as_vectors(c, self.conditions, self.encoder)

        def log_joint(z: Float[Tensor, "N D"]) -> Float[Tensor, " N"]:
            return self.prior.log_prob(z, told) - bernoulli_nll(self.decode(z, c), x)

        return gaussian_log_weights(*self.encode(x, c), log_joint, generator)

    @torch.no_grad()
    def sample(self, labels: Condition, seed: int = 0) -> Float[Tensor, " N *shape"]:
        """Pixel probabilities of an image for each condition: z from p(z|c), then the decoder."""
        c = as_vectors(labels, self.conditions, self.encoder)
        return torch.sigmoid(self.decode(self.prior.sample(c, Generator().manual_seed(as_seed(seed))), c))
