"""Completing digits: which quadrants are seen, how a model is trained on them, and what a completion scores.

All scores are nats per image over the unseen pixels only. On grey pixels they are cross-entropies, no likelihoods.
The negative ELBO is :func:`vae_helpers.evaluation.evaluate`'s.
"""

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from vae_helpers.evaluation import evaluate
from vae_helpers.models.completion import QUADRANTS, CompletionVAE, Seen
from vae_helpers.models.gaussians import gaussian_log_weights, log_mean_weight
from vae_helpers.models.layers import evaluating
from vae_helpers.validation import as_seed, check_whole

# bottom left; the left half; all but bottom right: those of the published table, in the order of CompletionVAE's flags
PUBLISHED = {1: (0.0, 0.0, 1.0, 0.0), 2: (1.0, 0.0, 1.0, 0.0), 3: (1.0, 1.0, 1.0, 0.0)}


def published_seen(quadrants: int, n: int) -> Float[Tensor, "n 4"]:
    """The flags of ``n`` images of which 1, 2 or 3 quadrants are seen, those that the published table has.

    >>> published_seen(2, n=1)  # the left half
    tensor([[1., 0., 1., 0.]])

    Raises:
        ValueError: another number of quadrants, or no image.

    Source: Pyro's example ``cvae`` (examples/cvae/mnist.py, ``MaskImages``), after Sohn, Lee & Yan 2015.
    """
    check_whole(1, quadrants=quadrants, n=n)
    if quadrants not in PUBLISHED:
        raise ValueError(f"quadrants: want 1, 2 or 3 that are seen, got {quadrants!r}")
    return torch.tensor(PUBLISHED[int(quadrants)]).repeat(int(n), 1)


def random_seen(n: int, generator: Generator | None = None) -> Float[Tensor, "n 4"]:
    """Flags for training: half of the images one of the published three, the others any of all 14.

    >>> random_seen(3, torch.Generator().manual_seed(0)).shape
    torch.Size([3, 4])
    """
    check_whole(1, n=n)
    n = int(n)
    device = None if generator is None else generator.device
    published = torch.tensor(list(PUBLISHED.values()), device=device)
    number = torch.randint(1, 2**QUADRANTS - 1, (n, 1), generator=generator, device=device)  # neither none nor all
    any_of_them = (number >> torch.arange(QUADRANTS, device=device) & 1).float()
    one_of_three = published[torch.randint(len(published), (n,), generator=generator, device=device)]
    return torch.where(torch.rand(n, 1, generator=generator, device=device) < 0.5, one_of_three, any_of_them)


def scores(model: nn.Module, images: Float[Tensor, "N 1 28 28"]) -> dict[int, float]:
    """The negative ELBO with 1, 2 and 3 quadrants seen; of a deterministic net, its cross-entropy.

    >>> scores(CompletionVAE(hidden=(4,)), torch.rand(2, 1, 28, 28)).keys()
    dict_keys([1, 2, 3])
    """
    return {number: evaluate(model, (images, published_seen(number, len(images)))).total for number in PUBLISHED}


@torch.no_grad()
def prior_nll(
    model: CompletionVAE, images: Float[Tensor, "N 1 28 28"], seen: Seen, draws: int = 100, seed: int = 0
) -> Float[Tensor, " N"]:
    """-log of the mean of p(x|z, c) over ``draws`` of z from the prior p(z|c): Monte Carlo.

    The mean is right on average, so that its -log is too high on average (Jensen): much too high where few draws
    come near the image. From q(z|x, c) it is nearer: minus ``evaluation.importance_weighted_bound``.

    >>> prior_nll(CompletionVAE(hidden=(4,)), torch.rand(2, 1, 28, 28), torch.eye(4)[:2], draws=3).shape
    torch.Size([2])

    Raises:
        TypeError, ValueError: as the model's ``check_data``, or no draws.
    """
    check_whole(1, draws=draws)
    model.check_data(images, seen)
    generator = Generator().manual_seed(as_seed(seed))
    with evaluating(model):
        log_joint = model.log_joint(images, seen)
        return -log_mean_weight(gaussian_log_weights(*model.prior_of(images, seen), log_joint, generator), draws)
