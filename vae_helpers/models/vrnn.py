"""The variational recurrent neural network (Chung et al. 2015, arXiv 1506.02216): a latent at each step."""

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import gaussian_kl_between
from vae_helpers.models.gaussians import gaussian_log_prob, reparameterize
from vae_helpers.models.layers import floored_logvar, network, seeded
from vae_helpers.models.recurrent_vae import Lengths, RecurrentVAE, lengths_or_all
from vae_helpers.models.sequences import real_steps
from vae_helpers.validation import as_seed, check_fits, check_goes_into, check_not_negative, check_whole


class VRNN(nn.Module):
    """A VAE at each point of a stroke, told by a GRU's state h what came before.

    The prior p(z_t|h) is learned, the encoder is q(z_t|x_t, h), the decoder p(x_t|z_t, h) a Gaussian; then the GRU
    reads x_t and z_t, and its state is the h of the next point. Nothing says at the start what the stroke will be.

    >>> model, strokes = VRNN(), torch.rand(5, 8, 2)
    >>> [term.shape for term in model.loss_terms(strokes)], model.kl_of_steps(strokes).shape, model.write(3).shape
    ([torch.Size([5]), torch.Size([5])], torch.Size([5, 8]), torch.Size([3, 8, 2]))

    Strokes and lengths are as a :class:`RecurrentVAE`'s.

    Args:
        latent_dim: D, the number of latent dimensions of each point.
        hidden: the size of the GRU's state, and of the one hidden layer of prior, encoder and decoder.
        embedding: numbers by which encoder and GRU are told a point.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(self, latent_dim: int = 2, hidden: int = 64, embedding: int = 32, seed: int = 0):
        super().__init__()
        sizes = {"latent_dim": latent_dim, "hidden": hidden, "embedding": embedding}
        check_whole(1, **sizes)
        self.architecture = {name: int(size) for name, size in sizes.items()}
        self.latent_dim, self.hidden, embedding = (int(size) for size in sizes.values())
        with seeded(seed):
            self.embedding = nn.Linear(2, embedding)
            self.prior = network([self.hidden, self.hidden, 2 * self.latent_dim])
            self.encoder = network([embedding + self.hidden, self.hidden, 2 * self.latent_dim])
            self.decoder = network([self.latent_dim + self.hidden, self.hidden, 4])
            self.cell = nn.GRUCell(embedding + self.latent_dim, self.hidden)

    check_data = staticmethod(RecurrentVAE.check_data)

    def loss_terms(
        self, strokes: Float[Tensor, "N T 2"], lengths: Lengths | None = None, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO, each summed over the real points, in nats."""
        nll, kl = self._terms_of_steps(strokes, lengths, generator)
        return nll.sum(dim=1), kl.sum(dim=1)

    def kl_of_steps(
        self, strokes: Float[Tensor, "N T 2"], lengths: Lengths | None = None, generator: Generator | None = None
    ) -> Float[Tensor, "N T"]:
        """KL( q(z_t|x_t, h) || p(z_t|h) ) of each point, given one draw of the z before; 0 behind a stroke's end."""
        return self._terms_of_steps(strokes, lengths, generator)[1]

    def _terms_of_steps(
        self, strokes: Float[Tensor, "N T 2"], lengths: Lengths | None, generator: Generator | None
    ) -> tuple[Float[Tensor, "N T"], Float[Tensor, "N T"]]:
        check_fits(Float[Tensor, "N T 2"], strokes=strokes)
        check_goes_into(self.embedding, strokes=strokes)
        real = real_steps(lengths_or_all(lengths, strokes), strokes.shape[1])
        h, nll, kl = strokes.new_zeros(len(strokes), self.hidden), [], []
        for x in strokes.unbind(dim=1):
            told = self.embedding(x)
            prior = self.prior(h).chunk(2, dim=1)
            mu, logvar = self.encoder(torch.cat([told, h], dim=1)).chunk(2, dim=1)
            z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype))
            mean, raw = self.decoder(torch.cat([z, h], dim=1)).chunk(2, dim=1)
            nll.append(-gaussian_log_prob(x, mean, floored_logvar(raw)))
            kl.append(gaussian_kl_between(mu, logvar, *prior))
            h = self.cell(torch.cat([told, z], dim=1), h)
        return tuple(torch.stack(each, dim=1).where(real, 0.0) for each in (nll, kl))

    @torch.no_grad()
    def write(self, n: int, points: int = 8, temperature: float = 1.0, seed: int = 0) -> Float[Tensor, "n points 2"]:
        """New strokes: at each point z from the prior, then x; what was written is what the GRU reads.

        Args:
            n: how many.
            points: of each.
            temperature: a factor on each sigma, the prior's and the decoder's.
            seed: for all draws.

        Raises:
            ValueError: a number that is none of the above.
        """
        check_whole(1, n=n, points=points)
        check_not_negative(temperature=temperature)
        generator = Generator().manual_seed(as_seed(seed))  # the CPU's, so that a seed means the same everywhere
        h, written = self.embedding.weight.new_zeros(int(n), self.hidden), []

        def draw(mean: Tensor, logvar: Tensor) -> Tensor:
            noise = torch.randn(mean.shape, generator=generator).to(mean)
            return reparameterize(mean, logvar, temperature * noise)

        for _ in range(int(points)):
            z = draw(*self.prior(h).chunk(2, dim=1))
            mean, raw = self.decoder(torch.cat([z, h], dim=1)).chunk(2, dim=1)
            written.append(draw(mean, floored_logvar(raw)))
            h = self.cell(torch.cat([self.embedding(written[-1]), z], dim=1), h)
        return torch.stack(written, dim=1)
