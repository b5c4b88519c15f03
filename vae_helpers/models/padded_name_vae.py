"""What a recurrent model of names is measured against: a plain VAE on names of one length, padded."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vae_helpers.data.names import LANGUAGES, LONGEST, SYMBOLS, read_out
from vae_helpers.losses import gaussian_kl
from vae_helpers.models.conditions import Condition, as_vectors, check_condition, side_by_side
from vae_helpers.models.gaussians import reparameterize, standard_log_weights
from vae_helpers.models.layers import architecture, network, seeded
from vae_helpers.models.sequences import check_letters, spelling_nll
from vae_helpers.validation import as_seed, check_fits, check_positive, check_whole


class PaddedNameVAE(nn.Module):
    """q(z|x, c) and p(x|z, c) as two MLPs: all letters at once, each drawn by itself given z. No longer name fits.

    It takes and returns what a :class:`vae_helpers.models.NameVAE` does, and counts the same nats.

    >>> model, names = PaddedNameVAE(), torch.zeros(2, 16, dtype=torch.long)
    >>> [term.shape for term in model.loss_terms(names, torch.tensor([0, 5]))]
    [torch.Size([2]), torch.Size([2])]

    Args:
        latent_dim: D, the number of latent dimensions.
        languages: C, how many there are.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(
        self,
        latent_dim: int = 8,
        languages: int = len(LANGUAGES),
        hidden: Sequence[int] = (256, 256),
        seed: int = 0,
    ):
        super().__init__()
        check_whole(1, languages=languages)
        sizes = architecture(latent_dim, hidden, layer_norm=True)
        self.latent_dim, self.languages = sizes["latent_dim"], int(languages)
        self.architecture = {"latent_dim": self.latent_dim, "languages": self.languages, "hidden": sizes["hidden"]}
        widths, out = sizes["hidden"], (LONGEST + 1) * SYMBOLS  # the letters, and the end
        with seeded(seed):
            self.encoder = network([LONGEST * SYMBOLS + self.languages, *widths, 2 * self.latent_dim])
            self.decoder = network([self.latent_dim + self.languages, *reversed(widths), out])

    def check_data(self, names: Tensor, c: Condition, name: str = "names") -> None:
        """Raise unless these are names of 16 letters and padding, and a language for each; reads every value."""
        check_fits(Integer[Tensor, f"N {LONGEST}"], **{name: names})
        check_letters(names, SYMBOLS, name)
        check_condition(c, self.languages, self.encoder[0], len(names))

    def encode(self, names: Integer[Tensor, "N T"], c: Condition) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """Names and their languages -> ``mu, logvar``; the padding is read as one more letter."""
        check_fits(Integer[Tensor, f"N {LONGEST}"], names=names)
        letters = F.one_hot(names.long(), SYMBOLS).flatten(1).to(self.encoder[0].weight)
        return self.encoder(side_by_side(letters, c, self.encoder, "names")).chunk(2, dim=1)

    def decode(self, z: Float[Tensor, "N D"], c: Condition) -> Float[Tensor, "N T+1 letters"]:
        """Logits of each letter and of the end, whatever stands before it."""
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        return self.decoder(side_by_side(z, c, self.decoder, "z")).unflatten(1, (LONGEST + 1, SYMBOLS))

    def loss_terms(
        self, names: Integer[Tensor, "N T"], c: Condition, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO of log p(x|c), with one draw of z per name, in nats."""
        mu, logvar = self.encode(names, c)
        z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype))
        return self.nll(z, c, names), gaussian_kl(mu, logvar)

    def log_weights(
        self, names: Integer[Tensor, "N T"], c: Condition, generator: Generator | None = None
    ) -> Iterator[Float[Tensor, " N"]]:
        """log p(x, z|c) - log q(z|x, c) of one draw of z a name after another, without end: its mean is the ELBO."""
        return standard_log_weights(*self.encode(names, c), lambda z: self.nll(z, c, names), generator)

    def nll(self, z: Float[Tensor, "N D"], c: Condition, names: Integer[Tensor, "N T"]) -> Float[Tensor, " N"]:
        """-log p(x|z, c), summed over the letters of each name and its end; nothing behind that is counted."""
        check_fits(Integer[Tensor, f"{len(z)} {LONGEST}"], names=names)
        return spelling_nll(self.decode(z, c), names)

    @torch.no_grad()
    def sample(
        self, languages: Condition, z: Float[Tensor, "N D"] | None = None, temperature: float = 1.0, seed: int = 0
    ) -> list[str]:
        """A name for each language: its letters are drawn at once, each by itself, and what follows an end is dropped.

        Args:
            languages: (N,), places in ``LANGUAGES``.
            z: one latent a name; drawn from N(0, I) if none is given.
            temperature: what the logits are divided by before letters are drawn; below 1 likely letters are likelier.
            seed: for z and for the letters.

        Raises:
            TypeError, ValueError: a condition or a latent that the model can't use, or a temperature that is not > 0.
        """
        check_positive(temperature=temperature)
        generator = Generator().manual_seed(as_seed(seed))  # the CPU's, so that a seed means the same everywhere
        c = as_vectors(languages, self.languages, self.encoder[0])
        if z is None:
            z = torch.randn(len(c), self.latent_dim, generator=generator).to(c)
        chances = (self.decode(z, c) / temperature).softmax(dim=2).float().cpu()
        return read_out(torch.multinomial(chances.flatten(0, 1), 1, generator=generator).view(len(c), -1))
