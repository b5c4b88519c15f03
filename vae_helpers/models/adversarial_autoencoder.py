"""The adversarial autoencoder: an autoencoder, and a third network that looks at its codes."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vae_helpers.models.autoencoder import Autoencoder
from vae_helpers.models.layers import mlp, seeded, whole_numbers
from vae_helpers.validation import check_fits, check_goes_into, check_images, check_whole, checked


class AdversarialAutoencoder(Autoencoder):
    """Encoder and decoder of an :class:`Autoencoder`, and a discriminator that tells codes from draws of a prior.

    Which prior, the model does not know: it comes with the step, :class:`vae_helpers.adversarial.AdversarialStep`.

    >>> model = AdversarialAutoencoder(latent_dim=2)
    >>> z = model.encode(torch.rand(5, 1, 28, 28))
    >>> model.discriminate(z).shape  # logits: > 0 where it takes a point for one of the prior's
    torch.Size([5])

    Args:
        latent_dim: D, the size of a code.
        hidden: widths of the encoder's hidden layers; the decoder has them in reverse.
        layer_norm: normalise each hidden layer of encoder and decoder.
        judges: widths of the discriminator's hidden layers.
        classes: K, if the discriminator is told the image's class as well, so that each class can have its own place
            in the prior (Makhzani et al. 2015, section 2.3); label K then means "not known".
        seed: for the initial weights; those of encoder and decoder are an ``Autoencoder``'s of the same seed.

    Raises:
        ValueError: a size that is not a whole number >= 1, or ``classes`` that is none >= 0.
    """

    def __init__(
        self,
        latent_dim: int = 2,
        hidden: Sequence[int] = (256, 128),
        layer_norm: bool = True,
        judges: Sequence[int] = (128, 128),
        classes: int = 0,
        seed: int = 0,
    ):
        super().__init__(latent_dim, hidden, layer_norm, seed)
        check_whole(0, classes=classes)
        self.architecture |= {**whole_numbers(judges=judges), "classes": int(classes)}
        self.classes, judges = self.architecture["classes"], self.architecture["judges"]
        with seeded(seed):
            sizes = [self.latent_dim + (self.classes + 1 if self.classes else 0), *judges]
            self.discriminator = mlp(sizes, layer_norm=False).append(nn.Linear(sizes[-1], 1))

    @checked
    def discriminate(self, z: Float[Tensor, "N D"], labels: Integer[Tensor, " N"] | None = None) -> Float[Tensor, " N"]:
        """Codes (and labels) -> logits: the log odds that each is a draw of the prior."""
        check_fits(Float[Tensor, f"N {self.latent_dim}"], z=z)
        check_goes_into(self.discriminator, z=z)
        self.check_told(labels)
        if labels is not None:
            z = torch.cat([z, F.one_hot(labels.long(), self.classes + 1).to(z)], dim=1)
        return self.discriminator(z)[:, 0]

    def check_told(self, labels: Tensor | None) -> None:
        """Raise unless the discriminator is told labels if, and only if, the model has classes."""
        if (labels is None) == bool(self.classes):
            wanted = "one for each code" if self.classes else "none"
            raise ValueError(f"labels: want {wanted}, as the model has classes={self.classes}")

    def check_data(self, images: Tensor, labels: Tensor | None = None, name: str = "images") -> None:
        """Raise unless these are images, and, with ``classes``, labels from 0 to ``classes``."""
        check_images(images, name)
        if labels is None:
            return
        check_fits(Integer[Tensor, " N"], **{name: labels})
        if not 0 <= int(labels.min()) <= int(labels.max()) <= self.classes:
            raise ValueError(
                f"{name}: want labels from 0 to {self.classes}, got {int(labels.min())} to {int(labels.max())}"
            )

    def loss_terms(
        self, x: Float[Tensor, "N 1 28 28"], labels: Tensor | None = None, generator: Generator | None = None
    ) -> tuple[Float[Tensor, " N"], Float[Tensor, " N"]]:
        """As an autoencoder's: the reconstruction, in nats, and zeros; the game is no term of one image's loss."""
        return super().loss_terms(x, generator)
