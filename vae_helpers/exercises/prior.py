"""Look at the latents behind new images: are they independent draws from the prior N(0, I)?"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vae_helpers.exercises.exercise import Inputs, Recognised, Refused
from vae_helpers.models import VAE

IMAGES = 5000
BACKGROUND = -1.0  # the logit of all other pixels
MEASURED = (
    "the mean of all pixels",
    "the fraction of pixels that are grey",
    "the mean of your latents",
    "the standard deviation of your latents",
    "the mean product of the first and the last number of a latent",
)


class _Window(nn.Module):
    """A decoder that shows its latents: they are the logits of the first pixels."""

    def __init__(self, latent_dim: int):
        super().__init__()
        self.latent_dim, self.asked = latent_dim, False

    def forward(self, z: Tensor) -> Tensor:
        self.asked = True
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise Refused(f"decode wants z of shape (n, {self.latent_dim}) here, got {tuple(z.shape)}: the second "
                          "number is model.latent_dim.")  # fmt: skip
        return nn.functional.pad(z, (0, 784 - z.shape[1]), value=BACKGROUND).unflatten(1, (1, 28, 28))


def prior_statistics(answer: Callable, values: Inputs) -> Tensor | None:
    """What many images tell about the latents behind them, to a tenth.

    Raises:
        Recognised, Refused: these are no images of n latents.
    """
    images = _images(answer, *values)
    if images is None:
        return None
    low, high = (v.item() for v in images.aminmax())
    if (images.flatten(1)[:, values[1] :] == BACKGROUND).all():
        raise Recognised("sigmoid_forgotten")
    if not (low >= 0 and high <= 1):
        raise Refused(f"want the probabilities of ink, from 0 to 1; your pixels go from {low:.3g} to {high:.3g}.")
    z, shown = _latents(images, values[1]), images.flatten(1)[:, : values[1]]
    grey = ((shown > 0) & (shown < 1)).double().mean()
    if grey == 1 and z.abs().max() > 1e-6 and (z - z[:1]).abs().max() < 1e-6:
        raise Recognised("one_latent_for_all")
    product = (z[:, 0] * z[:, -1]).mean() if values[1] > 1 else torch.zeros(())
    ink = images.mean(dtype=torch.float32)
    return torch.stack([ink, grey, z.mean(), z.std(dim=0).mean(), product]).double().round(decimals=1)


def check_latents(answer: Callable) -> None:
    """What means do not show.

    Raises:
        Recognised: the latents are no independent draws from the prior.
    """
    for latent_dim in (3, 1):
        if (fault := latent_fault(_latents(_images(answer, IMAGES, latent_dim), latent_dim))) is not None:
            raise Recognised(fault)


def latent_fault(z: Tensor) -> str | None:
    """What is wrong with these draws from N(0, I), if anything; right ones miss a bound once in a million times.

    They have passed through the sigmoid of a pixel in float32, so they are compared to five digits.
    """
    n, d = z.shape
    if min(len(row.unique()) for row in z.abs().round(decimals=5).T) < 0.97 * n:
        return "latents_repeated"
    error = n**-0.5
    if z.mean(dim=0).abs().max() > 6 * error or (z.std(dim=0) - 1).abs().max() > 6 * error / 2**0.5:
        return "dimensions_differ"
    if d > 1 and max(_correlation(z), _correlation(z.square())) > 7 * error:
        return "dimensions_together"
    steps = torch.arange(1, n + 1) / n - 0.5 / n
    distances = (torch.special.ndtr(z.sort(dim=0).values) - steps[:, None]).abs().max()  # Kolmogorov and Smirnov
    if distances > math.sqrt(math.log(2e7) / 2) * error or not 2.8 < z.abs().max() < 6.5:
        return "not_normal"
    neighbours = [(z * z.roll(shift, dims=0)).mean(dim=0).abs().max() for shift in (1, 2, n // 2)]
    return "images_together" if max(neighbours) > 6 * error else None


def _correlation(z: Tensor) -> float:
    """The largest between two dimensions."""
    return (torch.corrcoef(z.T) - torch.eye(z.shape[1])).abs().max().item()


def _images(answer: Callable, n: int, latent_dim: int) -> Tensor | None:
    model = VAE(latent_dim=latent_dim, hidden=(4,), seed=0)
    model.decoder, model.sample = _Window(latent_dim), _refuse_to_sample
    images = answer(model, n)
    if images is None or images is ...:
        return None
    if not model.decoder.asked:
        raise Refused("your images don't come from the decoder: call model.decode on the latents.")
    if isinstance(images, (list, tuple)):
        kind = type(images).__name__
        raise Refused(f"want one tensor of images, got a {kind}; torch.cat or torch.stack puts them together.")
    try:
        images = torch.as_tensor(images).detach()
    except Exception:
        raise Refused(f"want a tensor of images, got {type(images).__name__}.") from None
    if tuple(images.shape) != (n, 1, 28, 28):
        raise Refused(f"for n = {n} want images of shape {(n, 1, 28, 28)}, got {tuple(images.shape)}.")
    if not images.is_floating_point():
        raise Refused(f"want the probabilities of ink, numbers from 0 to 1, got a tensor of type {images.dtype}.")
    return images


def _refuse_to_sample(*arguments: object, **options: object) -> None:
    raise Refused("model.sample is the package's own function: write what it does.")


def _latents(images: Tensor, latent_dim: int) -> Tensor:
    return torch.logit(images.flatten(1)[:, :latent_dim].double())
