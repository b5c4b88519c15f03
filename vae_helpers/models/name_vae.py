"""A conditional VAE for names: letters one after another, told the language."""

from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vae_helpers.data.names import LANGUAGES, SYMBOLS, read_out, spell
from vae_helpers.losses import gaussian_kl
from vae_helpers.models.conditions import Condition, as_vectors, check_condition
from vae_helpers.models.gaussians import reparameterize, standard_log_weights
from vae_helpers.models.layers import seeded
from vae_helpers.models.sequences import (
    SequenceDecoder,
    SequenceEncoder,
    check_letters,
    count_letters,
    shift_right,
    spelling_nll,
)
from vae_helpers.validation import as_seed, check_fits, check_goes_into, check_positive, check_whole, is_number

LONGEST_DRAWN = 24  # letters of a name that was drawn, at most


class NameVAE(nn.Module):
    """q(z|x, c), p(z) = N(0, I), and p(x|z, c) letter by letter; x is a name, c its language.

    >>> model, names = NameVAE(), torch.tensor([[3, 1, 4, 0], [1, 5, 9, 2]])
    >>> reconstruction, kl = model.loss_terms(names, torch.tensor([0, 5]))
    >>> reconstruction.shape, kl.shape, len(model.sample(torch.tensor([0, 0, 5])))
    (torch.Size([2]), torch.Size([2]), 3)

    Args:
        latent_dim: D, the number of latent dimensions.
        languages: C, how many there are.
        letters: in the alphabet, and one more: 0 is a name's start, its end, and the padding behind it.
        hidden: the size of both GRUs' states.
        embedding: numbers by which a letter is described.
        input_dropout: the share of letters that are hidden from the decoder in training, where it is given the true
            letters before the one to predict: 0 is plain teacher forcing. At 1 it never sees any, not even in use.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1, or a share that is not from 0 to 1.
    """

    def __init__(
        self,
        latent_dim: int = 8,
        languages: int = len(LANGUAGES),
        letters: int = SYMBOLS,
        hidden: int = 128,
        embedding: int = 32,
        input_dropout: float = 0.5,
        seed: int = 0,
    ):
        super().__init__()
        sizes = {"latent_dim": latent_dim, "languages": languages, "letters": letters}
        sizes |= {"hidden": hidden, "embedding": embedding}
        check_whole(1, **sizes)
        if not is_number(input_dropout) or not 0 <= input_dropout <= 1:
            raise ValueError(f"input_dropout: want a share from 0 to 1, got {input_dropout!r}")
        self.architecture = {name: int(size) for name, size in sizes.items()} | {"input_dropout": float(input_dropout)}
        self.latent_dim, self.languages, self.letters = int(latent_dim), int(languages), int(letters)
        hidden, embedding, self.input_dropout = int(hidden), int(embedding), float(input_dropout)
        with seeded(seed):
            tables = [nn.Embedding(self.letters, embedding) for _ in range(2)]
            told = self.latent_dim + self.languages
            self.encoder = SequenceEncoder(tables[0], embedding + self.languages, hidden, 2 * self.latent_dim)
            self.decoder = SequenceDecoder(tables[1], embedding + told, hidden, self.letters)

    def check_data(self, names: Tensor, c: Condition, name: str = "names") -> None:
        """Raise unless these are names and a language for each; reads every value, so call it once."""
        check_letters(names, self.letters, name)
        check_condition(c, self.languages, self.encoder.head, len(names))

    def encode(self, names: Integer[Tensor, "N T"], c: Condition) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """Names and their languages -> ``mu, logvar``; the encoder reads each up to its end, and no padding."""
        check_fits(Integer[Tensor, "N T"], names=names)
        told, letters_and_end = self._languages(c, names=names), F.pad(names.long(), (0, 1))
        return self.encoder(letters_and_end, count_letters(names) + 1, told).chunk(2, dim=1)

    def decode(
        self, z: Float[Tensor, "N D"], c: Condition, names: Integer[Tensor, "N T"], generator: Generator | None = None
    ) -> Float[Tensor, "N T+1 letters"]:
        """Logits of each letter of the names and of their end, given the letters *before* it."""
        told = self._told(z, c)
        check_fits(Integer[Tensor, f"{len(z)} T"], names=names)
        hide = self.input_dropout if self.training or self.input_dropout == 1 else 0.0
        letters_and_end = F.pad(names.long(), (0, 1))
        return self.decoder(shift_right(letters_and_end), told, hide, generator)

    def loss_terms(
        self, names: Integer[Tensor, "N T"], c: Condition, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO of log p(x|c), with one draw of z per name, in nats."""
        mu, logvar = self.encode(names, c)
        z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype))
        return self.nll(z, c, names, generator), gaussian_kl(mu, logvar)

    def log_weights(
        self, names: Integer[Tensor, "N T"], c: Condition, generator: Generator | None = None
    ) -> Iterator[Float[Tensor, " N"]]:
        """log p(x, z|c) - log q(z|x, c) of one draw of z a name after another, without end; in eval mode."""
        return standard_log_weights(*self.encode(names, c), lambda z: self.nll(z, c, names), generator)

    def nll(
        self, z: Float[Tensor, "N D"], c: Condition, names: Integer[Tensor, "N T"], generator: Generator | None = None
    ) -> Float[Tensor, " N"]:
        """-log p(x|z, c), summed over the letters of each name and its end; nothing behind that is counted."""
        return spelling_nll(self.decode(z, c, names, generator), names)

    @torch.no_grad()
    def sample(
        self,
        languages: Condition,
        prefix: str = "",
        z: Float[Tensor, "N D"] | None = None,
        temperature: float = 1.0,
        seed: int = 0,
    ) -> list[str]:
        """A name for each language, drawn letter by letter.

        Args:
            languages: (N,), places in ``LANGUAGES``.
            prefix: the first letters of all names, at most 24; the model reads them, and goes on.
            z: one latent a name; drawn from N(0, I) if none is given.
            temperature: what the logits are divided by before a letter is drawn; below 1 likely letters are likelier.
            seed: for z and for the letters.

        Raises:
            TypeError, ValueError: a condition or a latent that the model can't use, a letter that it does not know,
                or a temperature that is not > 0.
        """
        check_positive(temperature=temperature)
        if not isinstance(prefix, str):
            raise TypeError(f"prefix: want a text, got {prefix!r}")
        forced = spell([prefix], steps=0, name="prefix")[0].tolist()
        if len(forced) > LONGEST_DRAWN:
            raise ValueError(f"prefix: want at most {LONGEST_DRAWN} letters, got {len(forced)}")
        generator = Generator().manual_seed(as_seed(seed))  # the CPU's, so that a seed means the same everywhere
        c = as_vectors(languages, self.languages, self.encoder.head)
        if z is None:
            z = torch.randn(len(c), self.latent_dim, generator=generator).to(c)

        def choose(logits: Float[Tensor, "N letters"], step: int) -> Integer[Tensor, " N"]:
            chances = (logits / temperature).softmax(dim=1).float().cpu()
            return torch.multinomial(chances, 1, generator=generator)[:, 0].to(c.device)

        return write(self.decoder, self._told(z, c), forced, choose, blind=self.input_dropout == 1)

    def _told(self, z: Float[Tensor, "N D"], c: Condition) -> Float[Tensor, "N D+C"]:
        """The latent and the language, side by side: what the decoder reads at each step."""
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        check_goes_into(self.decoder.head, z=z)
        return torch.cat([z, self._languages(c, z=z)], dim=1)

    def _languages(self, c: Condition, **others: Tensor) -> Float[Tensor, "N C"]:
        [(name, other)] = others.items()
        c = as_vectors(c, self.languages, self.encoder.head)
        if len(c) != len(other):
            raise ValueError(f"c: want one for each of the {len(other)} in {name}, got {len(c)}")
        return c


@torch.no_grad()
def write(
    decoder: SequenceDecoder,
    told: Float[Tensor, "N C"],
    forced: Sequence[int],
    choose: Callable[[Float[Tensor, "N letters"], int], Integer[Tensor, " N"]],
    blind: bool = False,
) -> list[str]:
    """Names, letter by letter: the decoder reads the letters so far, and ``choose`` takes the next one.

    >>> model, told = NameVAE(), torch.zeros(2, 8 + 6)
    >>> [name[:2] for name in write(model.decoder, told, forced=[13, 1], choose=lambda logits, step: logits.argmax(1))]
    ['ma', 'ma']

    Args:
        decoder: of a :class:`NameVAE`.
        told: what it reads at each step of each name.
        forced: the numbers of the first letters, of all names.
        choose: from the logits and the number of the step, from 0, to a letter for each name; 0 ends it.
        blind: whether the decoder reads no letters.
    """
    letter, state, written = torch.zeros(len(told), dtype=torch.long, device=told.device), None, []
    for step in range(LONGEST_DRAWN):
        logits, state = decoder.step(letter, told, state, blind)
        letter = torch.full_like(letter, forced[step]) if step < len(forced) else choose(logits, step)
        written.append(letter)
    return read_out(torch.stack(written, dim=1))
