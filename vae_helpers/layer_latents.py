"""What makes an image of a two-layer model: z_2, and the noise of z_1; either can be held while the other is drawn.

In a two-layer model z_1 = mu_p(z_2) + sigma_p(z_2) eps_1, mu_p and sigma_p being those of p(z_1|z_2). So an image comes
of z_2 and of eps_1, the *noise* of z_1, which a sampler draws independently of each other. Holding z_1 itself would
hold the image, whatever z_2: p(x|z_1) reads z_1 alone.

Images are what the decoder expects, pixel probabilities: no pixel is drawn.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.evaluation import check_data
from vae_helpers.models import HierarchicalVAE, reparameterize
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.threads import threads_for
from vae_helpers.validation import as_seed, check_dtype_of, check_one_of, check_whole

HOLDS = ("both", "z2", "eps1", "neither")
BATCH_SIZE = 2000


class Latents(NamedTuple):
    """What makes an image, a row for each.

    >>> Latents(torch.zeros(5, 2), torch.zeros(5, 16)).z2.shape
    torch.Size([5, 2])
    """

    z2: Float[Tensor, "N D2"]
    eps1: Float[Tensor, "N D1"]  # (z_1 - mu_p(z_2)) / sigma_p(z_2)


@torch.no_grad()
def infer_latents(model: HierarchicalVAE, images: Float[Tensor, "N 1 28 28"], seed: int = 0) -> Latents:
    """Draw z_2 and z_1 from q for each image; eps_1 is where z_1 lies under p(z_1|z_2), in that prior's sigmas.

    >>> infer_latents(HierarchicalVAE((16, 4), (8, 8)), torch.rand(5, 1, 28, 28)).eps1.shape
    torch.Size([5, 16])

    Args:
        model: with two layers; it is used in eval mode.
        images: in [0, 1].
        seed: of the draws.

    Raises:
        TypeError, ValueError: another model, or images that it can't use.
    """
    _check_two_layers(model)
    (images,) = check_data(model, images, "images")
    generator, found = Generator().manual_seed(as_seed(seed)), []
    with threads_for(model), evaluating(model):
        for x in images.split(BATCH_SIZE):
            below, above = model.infer(x.to(device_of(model)), generator)
            mu, logvar = below.p
            found.append((above.z.cpu(), ((below.z - mu) * (-0.5 * logvar).exp()).cpu()))
    return Latents(*(torch.cat(parts) for parts in zip(*found, strict=True)))


@torch.no_grad()
def redraw(model: HierarchicalVAE, latents: Latents, hold: str, seed: int = 0) -> Float[Tensor, "N 1 28 28"]:
    """Images of the latents that are held; the others are drawn from N(0, I), as a sampler draws them.

    >>> model = HierarchicalVAE((16, 4), (8, 8))
    >>> latents = infer_latents(model, torch.rand(5, 1, 28, 28))
    >>> redraw(model, latents, hold="z2").shape
    torch.Size([5, 1, 28, 28])

    Args:
        model: with two layers; it is used in eval mode.
        latents: a row for each image.
        hold: "z2": z_1 is drawn anew from p(z_1|z_2). "eps1": z_2 is. "both": the reconstruction. "neither": a sample.
        seed: of the draws.

    Returns:
        Pixel probabilities.

    Raises:
        TypeError, ValueError: another model, or latents that are not its own; another ``hold``.
    """
    _check_two_layers(model)
    check_one_of(HOLDS, hold=hold)
    _check_latents(model, latents)
    generator = Generator().manual_seed(as_seed(seed))
    held = (hold in ("z2", "both"), hold in ("eps1", "both"))
    new = [torch.randn(part.shape, generator=generator).to(part) for part in latents]
    z2, eps1 = (old if keep else drawn for keep, old, drawn in zip(held, latents, new, strict=True))
    with threads_for(model), evaluating(model):
        mu, logvar = model.prior(0, z2.to(device_of(model)))
        return torch.sigmoid(model.decode(reparameterize(mu, logvar, eps1.to(mu)))).cpu()


def redraw_each_way(
    model: HierarchicalVAE, latents: Latents, draws: int = 2, seed: int = 0
) -> dict[str, Float[Tensor, "K N 1 28 28"]]:
    """For each of ``HOLDS`` so many of :func:`redraw`, each with a seed of its own; with both held, one is all.

    >>> model = HierarchicalVAE((16, 4), (8, 8))
    >>> ways = redraw_each_way(model, Latents(torch.zeros(5, 4), torch.zeros(5, 16)))
    >>> {hold: len(drawn) for hold, drawn in ways.items()}
    {'both': 1, 'z2': 2, 'eps1': 2, 'neither': 2}

    Args, errors: as of :func:`redraw`, and ``draws`` >= 1.
    """
    check_whole(1, draws=draws)
    generator, ways = Generator().manual_seed(as_seed(seed)), {}
    for hold in HOLDS:
        seeds = torch.randint(2**62, (1 if hold == "both" else int(draws),), generator=generator).tolist()
        ways[hold] = torch.stack([redraw(model, latents, hold, own) for own in seeds])
    return ways


def _check_two_layers(model: HierarchicalVAE) -> None:
    if not isinstance(model, HierarchicalVAE):
        raise TypeError(f"model: want a HierarchicalVAE, got {type(model).__name__}")
    if len(model.latent_dims) != 2:
        raise ValueError(f"model: want one with two layers of latents, got {len(model.latent_dims)}")


def _check_latents(model: HierarchicalVAE, latents: Latents) -> None:
    if not isinstance(latents, Latents):
        raise TypeError(f"latents: want Latents, as from infer_latents, got {type(latents).__name__}")
    lower, upper = model.latent_dims
    if latents.z2.shape[1:] != (upper,) or latents.eps1.shape != (len(latents.z2), lower):
        shapes = tuple(latents.z2.shape), tuple(latents.eps1.shape)
        raise ValueError(f"latents: want shapes (N, {upper}) and (N, {lower}), got {shapes[0]} and {shapes[1]}")
    check_dtype_of(model, z2=latents.z2, eps1=latents.eps1)
