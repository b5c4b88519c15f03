"""The variational recurrent autoencoder (Fabius & van Amersfoort 2014, arXiv 1412.6581), on strokes of a pen."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from vae_helpers.losses import gaussian_kl
from vae_helpers.models.gaussians import gaussian_log_prob, reparameterize, standard_log_weights
from vae_helpers.models.layers import floored_logvar, seeded
from vae_helpers.models.sequences import SequenceDecoder, SequenceEncoder, sequence_nll, shift_right
from vae_helpers.validation import (
    as_seed,
    check_fits,
    check_goes_into,
    check_not_negative,
    check_unit_interval,
    check_whole,
    is_number,
)

Lengths = Integer[Tensor, " N"]


class RecurrentVAE(nn.Module):
    """A GRU reads a stroke into one q(z|x); a second GRU writes p(x|z) point by point, a Gaussian each.

    >>> model, strokes = RecurrentVAE(latent_dim=2), torch.rand(5, 8, 2)
    >>> reconstruction, kl = model.loss_terms(strokes)
    >>> reconstruction.shape, kl.shape, model.write(torch.zeros(3, 2), points=8).shape
    (torch.Size([5]), torch.Size([5]), torch.Size([3, 8, 2]))

    A stroke is a row of points (x, y) from 0 to 1. Strokes of different lengths are padded at the end to one number T
    of points; ``lengths``, (N,), tells how many are real, and without it all are. What stands behind a stroke's end
    changes nothing; it has to be finite, or gradients are NaN.

    Args:
        latent_dim: D, the number of latent dimensions.
        hidden: the size of both GRUs' states.
        input_dropout: the share of true points that are hidden from the decoder in training, where it is given the
            ones before the one to predict: 0 is plain teacher forcing. At 1 it never sees any, not even in use: all
            that it knows comes from z.
        embedding: numbers by which a GRU is told a point.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1, or a share that is not from 0 to 1.
    """

    shift = staticmethod(shift_right)  # from strokes to what the decoder reads

    def __init__(
        self, latent_dim: int = 2, hidden: int = 128, input_dropout: float = 1.0, embedding: int = 32, seed: int = 0
    ):
        super().__init__()
        sizes = {"latent_dim": latent_dim, "hidden": hidden, "embedding": embedding}
        check_whole(1, **sizes)
        if not is_number(input_dropout) or not 0 <= input_dropout <= 1:
            raise ValueError(f"input_dropout: want a share from 0 to 1, got {input_dropout!r}")
        self.architecture = {name: int(size) for name, size in sizes.items()} | {"input_dropout": float(input_dropout)}
        self.latent_dim, self.input_dropout = int(latent_dim), float(input_dropout)
        hidden, embedding = int(hidden), int(embedding)
        with seeded(seed):
            tables = [nn.Linear(2, embedding) for _ in range(2)]
            self.encoder = SequenceEncoder(tables[0], embedding, hidden, 2 * self.latent_dim)
            self.decoder = SequenceDecoder(tables[1], embedding + self.latent_dim, hidden, 4)

    @staticmethod
    def check_data(strokes: Tensor, lengths: Tensor | None = None, name: str = "strokes") -> None:
        """Raise unless these are strokes, and how many points of each are real; reads every value."""
        check_fits(Float[Tensor, "N T 2"], **{name: strokes})
        check_unit_interval(**{name: strokes})
        lengths_or_all(lengths, strokes, name)

    def encode(
        self, strokes: Float[Tensor, "N T 2"], lengths: Lengths | None = None
    ) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """Strokes -> ``mu, logvar``, from the state after the last real point of each."""
        check_fits(Float[Tensor, "N T 2"], strokes=strokes)
        check_goes_into(self.encoder.head, strokes=strokes)
        return self.encoder(strokes, lengths_or_all(lengths, strokes)).chunk(2, dim=1)

    def decode(
        self, z: Float[Tensor, "N D"], strokes: Float[Tensor, "N T 2"], generator: Generator | None = None
    ) -> tuple[Float[Tensor, "N T 2"], Float[Tensor, "N T 2"]]:
        """``mean, logvar`` of each point of the strokes, given the points *before* it; logvar = log sigma^2."""
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        check_fits(Float[Tensor, f"{len(z)} T 2"], strokes=strokes)
        check_goes_into(self.decoder.head, z=z, strokes=strokes)
        hide = self.input_dropout if self.training or self.input_dropout == 1 else 0.0
        if hide == 1 and generator is None:
            generator = Generator(z.device)  # whatever it draws, all points are hidden: leave PyTorch's own alone
        mean, raw = self.decoder(self.shift(strokes), z, hide, generator).chunk(2, dim=2)
        return mean, floored_logvar(raw)

    def loss_terms(
        self,
        strokes: Float[Tensor, "N T 2"],
        lengths: Lengths | None = None,
        generator: Generator | None = None,
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO, with one draw of z per stroke, in nats."""
        mu, logvar = self.encode(strokes, lengths)
        z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype))
        return self.nll(z, strokes, lengths, generator), gaussian_kl(mu, logvar)

    def log_weights(
        self,
        strokes: Float[Tensor, "N T 2"],
        lengths: Lengths | None = None,
        generator: Generator | None = None,
    ) -> Iterator[Float[Tensor, " N"]]:
        """log p(x, z) - log q(z|x) of one draw of z a stroke after another, without end; in eval mode."""
        return standard_log_weights(*self.encode(strokes, lengths), lambda z: self.nll(z, strokes, lengths), generator)

    def nll(
        self,
        z: Float[Tensor, "N D"],
        strokes: Float[Tensor, "N T 2"],
        lengths: Lengths | None = None,
        generator: Generator | None = None,
    ) -> Float[Tensor, " N"]:
        """-log p(x|z), summed over the real points of each stroke; a density, so it may be negative."""
        mean, logvar = self.decode(z, strokes, generator)
        each = -gaussian_log_prob(strokes, mean, logvar)
        return sequence_nll(each, lengths_or_all(lengths, strokes))

    @torch.no_grad()
    def write(
        self, z: Float[Tensor, "N D"], points: int = 8, temperature: float = 1.0, seed: int = 0
    ) -> Float[Tensor, "N points 2"]:
        """A stroke for each z, drawn point by point: the decoder reads what it has written itself (*free running*).

        Args:
            z: one latent a stroke.
            points: of each stroke.
            temperature: a factor on each sigma; at 0 every point is the mean.
            seed: for the points.

        Raises:
            TypeError, ValueError: a latent that the model can't use, or a number that is none of the above.
        """
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        check_whole(1, points=points)
        generator = Generator().manual_seed(as_seed(seed))  # the CPU's, so that a seed means the same everywhere
        noise = [torch.randn(len(z), 2, generator=generator) for _ in range(int(points))]  # all at once would differ
        return self.write_with(torch.stack(noise, dim=1).to(z), z, temperature)

    @torch.no_grad()
    def write_with(
        self, noise: Float[Tensor, "N points 2"], z: Float[Tensor, "N D"], temperature: float = 1.0
    ) -> Float[Tensor, "N points 2"]:
        """What :meth:`write` does with draws of N(0, 1) that are given, two numbers a point.

        Raises:
            TypeError, ValueError: a latent that the model can't use, noise of another shape, or a temperature below 0.
        """
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        check_fits(Float[Tensor, f"{len(z)} T 2"], noise=noise)
        check_goes_into(self.decoder.head, z=z, noise=noise)
        check_not_negative(temperature=temperature)
        point, state, written = z.new_zeros(len(z), 2), None, []
        for each in noise.unbind(dim=1):
            told, state = self.decoder.step(point, z, state, blind=self.input_dropout == 1)
            mean, raw = told.chunk(2, dim=1)
            point = mean + temperature * torch.exp(0.5 * floored_logvar(raw)) * each
            written.append(point)
        return torch.stack(written, dim=1)


def lengths_or_all(
    lengths: Integer[Tensor, " N"] | None, strokes: Float[Tensor, "N T 2"], name: str = "strokes"
) -> Integer[Tensor, " N"]:
    """The lengths given, each from 1 to T, or T for each stroke.

    >>> lengths_or_all(None, torch.rand(2, 8, 2)), lengths_or_all(torch.tensor([3, 8]), torch.rand(2, 8, 2))
    (tensor([8, 8]), tensor([3, 8]))

    Raises:
        TypeError, ValueError: strokes without a point; lengths that are no whole numbers from 1 to T, one for each
            stroke, or that are on another device.
    """
    count, points = strokes.shape[:2]
    if not points:
        raise ValueError(f"{name}: want at least one point of each, got shape {tuple(strokes.shape)}")
    if lengths is None:
        return torch.full((count,), points, device=strokes.device)
    check_fits(Integer[Tensor, f"{count}"], lengths=lengths)
    if lengths.device != strokes.device:
        raise ValueError(f"lengths: want them on {strokes.device}, where the {name} are, got {lengths.device}")
    if count and not 1 <= lengths.min() <= lengths.max() <= points:
        got = f"{lengths.min()} to {lengths.max()}"
        raise ValueError(f"lengths: want from 1 to the {points} points of {name}, got {got}")
    return lengths
