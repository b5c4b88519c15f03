"""What a recurrent model of strokes is measured against: a plain VAE on the same numbers, side by side."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.losses import gaussian_kl
from vae_helpers.models.gaussians import gaussian_log_prob, reparameterize, standard_log_weights
from vae_helpers.models.layers import architecture, floored_logvar, network, seeded
from vae_helpers.validation import check_fits, check_goes_into, check_unit_interval, check_whole


class StrokeVAE(nn.Module):
    """q(z|x) and p(x|z) as two MLPs, all numbers of a stroke at once: T points (x, y), neither more nor fewer.

    >>> model = StrokeVAE(latent_dim=8)
    >>> [term.shape for term in model.loss_terms(torch.rand(5, 8, 2))]
    [torch.Size([5]), torch.Size([5])]

    Args:
        latent_dim: D, the number of latent dimensions.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        points: T.
        seed: for the initial weights.

    Raises:
        ValueError: a size that is not a whole number >= 1.
    """

    def __init__(self, latent_dim: int = 8, hidden: Sequence[int] = (256, 256), points: int = 8, seed: int = 0):
        super().__init__()
        check_whole(1, points=points)
        sizes = architecture(latent_dim, hidden, layer_norm=True)
        self.latent_dim, self.points = sizes["latent_dim"], int(points)
        self.architecture = {"latent_dim": self.latent_dim, "hidden": sizes["hidden"], "points": self.points}
        numbers = 2 * self.points
        with seeded(seed):
            self.encoder = network([numbers, *sizes["hidden"], 2 * self.latent_dim])
            self.decoder = network([self.latent_dim, *reversed(sizes["hidden"]), 2 * numbers])

    def check_data(self, strokes: Tensor, name: str = "strokes") -> None:
        """Raise unless these are strokes of T points from 0 to 1; reads every value, so call it once."""
        check_fits(Float[Tensor, f"N {self.points} 2"], **{name: strokes})
        check_unit_interval(**{name: strokes})

    def encode(self, strokes: Float[Tensor, "N T 2"]) -> tuple[Float[Tensor, "N D"], Float[Tensor, "N D"]]:
        """Strokes -> ``mu, logvar``."""
        check_fits(Float[Tensor, f"N {self.points} 2"], strokes=strokes)
        check_goes_into(self.encoder[-1], strokes=strokes)
        mu, logvar = self.encoder(strokes.flatten(1)).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: Float[Tensor, "N D"]) -> tuple[Float[Tensor, "N T 2"], Float[Tensor, "N T 2"]]:
        """``mean, logvar`` of each point; logvar = log sigma^2."""
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        check_goes_into(self.decoder[-1], z=z)
        mean, raw = self.decoder(z).unflatten(1, (2, self.points, 2)).unbind(dim=1)
        return mean, floored_logvar(raw)

    def nll(self, z: Float[Tensor, "N D"], strokes: Float[Tensor, "N T 2"]) -> Float[Tensor, " N"]:
        """-log p(x|z), summed over the points; a density, so it may be negative."""
        mean, logvar = self.decode(z)
        check_fits(Float[Tensor, f"{len(z)} {self.points} 2"], strokes=strokes)
        check_goes_into(self.decoder[-1], strokes=strokes)
        return -gaussian_log_prob(strokes, mean, logvar).sum(dim=1)

    def loss_terms(
        self, strokes: Float[Tensor, "N T 2"], generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """The two terms of the negative ELBO, with one draw of z per stroke, in nats."""
        mu, logvar = self.encode(strokes)
        z = reparameterize(mu, logvar, torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype))
        return self.nll(z, strokes), gaussian_kl(mu, logvar)

    def log_weights(
        self, strokes: Float[Tensor, "N T 2"], generator: Generator | None = None
    ) -> Iterator[Float[Tensor, " N"]]:
        """log p(x, z) - log q(z|x) of one draw z ~ q(z|x) a stroke after another, without end: its mean is the ELBO."""
        return standard_log_weights(*self.encode(strokes), lambda z: self.nll(z, strokes), generator)
