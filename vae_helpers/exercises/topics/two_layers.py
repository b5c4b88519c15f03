"""The exercise on the KL of two layers of latents, from one draw, with mistakes as wrong implementations."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.layer_losses import two_layer_kl
from vae_helpers.losses import gaussian_kl, gaussian_kl_between
from vae_helpers.models.gaussians import gaussian_log_densities, gaussian_log_prob, reparameterize

THEIRS = "z1 belongs to q1 and p1, z2 to q2 and N(0, I)."


def _draws() -> list[Inputs]:
    """Draws and pairs; a pair is one tensor (2, N, D), mu and logvar, so that it can be unpacked and differentiated."""
    generator = Generator().manual_seed(0)

    def drawn(n: int, lower: int, upper: int, spread: float = 1.0, logvar: float = 0.0) -> Inputs:
        q1, p1 = (torch.randn(2, n, lower, generator=generator) * spread for _ in range(2))
        q2 = torch.randn(2, n, upper, generator=generator) * spread
        for pair in (q1, p1, q2):
            pair[1] += logvar
        noise = torch.randn(n, lower, generator=generator), torch.randn(n, upper, generator=generator)
        return reparameterize(*q1, noise[0]), reparameterize(*q2, noise[1]), q1, q2, p1

    one = torch.tensor([[1.0]]), torch.tensor([[-0.5]])
    sure, standard, wide = (torch.tensor([[[mu]], [[logvar]]]) for mu, logvar in ((0.5, -1.0), (0.0, 0.0), (-1.0, 0.5)))
    z1, z2, q1, q2, _ = drawn(4, 3, 2)
    return [
        (*one, sure, wide, standard),
        (*one, wide, standard, sure),  # the top has collapsed
        drawn(3, 4, 2),
        drawn(2, 2, 2),  # layers of one size
        drawn(4, 1, 3),
        drawn(1, 5, 1),
        (z1, z2, q1, q2, q1),  # the lower layer has collapsed: q1 is p1
        drawn(3, 2, 1, 0.5, -6.0),  # tiny variances
        drawn(3, 2, 1, 0.5, 4.0),  # large ones
        drawn(2, 3, 2, 3.0),
        drawn(64, 16, 8),
    ]


def _standard(z: Tensor) -> tuple[Tensor, Tensor]:
    return torch.zeros_like(z), torch.zeros_like(z)


def _logs(z1: Tensor, z2: Tensor, q1: Tensor, q2: Tensor, p1: Tensor) -> tuple[Tensor, ...]:
    """The four logarithms, (N,) each: of q1, q2, p1 and p2."""
    pairs = (z1, q1), (z2, q2), (z1, p1), (z2, _standard(z2))
    return tuple(gaussian_log_prob(z, *pair) for z, pair in pairs)


def _weighted(*weights: float) -> Callable:
    """An answer that adds up the four logarithms, of q1, q2, p1 and p2, with other weights."""
    return lambda *given: sum(weight * log for weight, log in zip(weights, _logs(*given), strict=True))


def _of_kl(change: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that does something with the right values."""
    return lambda *given: change(two_layer_kl(*given))


def _lower(part: Callable[..., Tensor]) -> Callable:
    """An answer whose part of the lower layer is another, given z1, q1 and p1."""
    return lambda z1, z2, q1, q2, p1: (
        part(z1, q1, p1) + gaussian_log_prob(z2, *q2) - gaussian_log_prob(z2, *_standard(z2))
    )


def _upper(part: Callable[..., Tensor]) -> Callable:
    """An answer whose part of the upper layer is another, given z2 and q2."""
    return lambda z1, z2, q1, q2, p1: gaussian_log_prob(z1, *q1) - gaussian_log_prob(z1, *p1) + part(z2, q2)


def _densities(*given: Tensor) -> Tensor:
    """What each latent dimension of both layers adds, (N, D1 + D2)."""
    z1, z2, q1, q2, p1 = given
    lower = gaussian_log_densities(z1, *q1) - gaussian_log_densities(z1, *p1)
    return torch.cat([lower, gaussian_log_densities(z2, *q2) - gaussian_log_densities(z2, *_standard(z2))], dim=1)


def _means_of_layers(z1: Tensor, z2: Tensor, *pairs: Tensor) -> Tensor:
    return torch.stack([part.mean(dim=1) for part in _densities(z1, z2, *pairs).split([z1.shape[1], z2.shape[1]], 1)])


def _pairs(change: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Callable:
    """An answer that reads the pairs in another way."""
    return lambda z1, z2, *pairs: two_layer_kl(z1, z2, *(change(pair) for pair in pairs))


def _with_draws(draw1: Callable | None, draw2: Callable | None) -> Callable:
    """An answer that takes other values for z1 or z2, from the Gaussians that they were drawn from."""

    def answer(z1: Tensor, z2: Tensor, q1: Tensor, q2: Tensor, p1: Tensor) -> Tensor:
        z1 = z1 if draw1 is None else draw1(*q1)
        return two_layer_kl(z1, z2 if draw2 is None else draw2(*q2), q1, q2, p1)

    return answer


def _again(mu: Tensor, logvar: Tensor) -> Tensor:
    return reparameterize(mu, logvar, torch.randn_like(mu))


def _mean(mu: Tensor, logvar: Tensor) -> Tensor:
    return mu


LEARNED = "z1 is compared with N(0, I). Its prior is learned: p1 = p(z1|z2), given z2."
HELD = (
    "KL(q1 || p1) in closed form averages over z1 while z2 stays. Bottom-up z2 was drawn *given this* z1: move z1, and "
    "z2, p1 with it, would move too. Take log q1 - log p1 of the draw."
)
TOP = (
    "the top's KL in closed form is right on average, and less noisy (z1 given, it averages over z2 alone). Here the "
    "estimate of the draws is asked: log q2 - log p(z2)."
)
DRAWS = "The draws that were decoded are given: p1 was computed from this z2. All terms are of the same draws."
LAYERS = (
    Misconception(
        "lower_standard",
        _lower(lambda z1, q1, p1: gaussian_log_prob(z1, *q1) - gaussian_log_prob(z1, *_standard(z1))),
        LEARNED,
    ),
    Misconception("lower_closed_form", _lower(lambda z1, q1, p1: gaussian_kl_between(*q1, *p1)), HELD),
    Misconception(
        "lower_reversed",
        _lower(lambda z1, q1, p1: gaussian_kl_between(*p1, *q1)),
        f"two things. It is KL(p1 || q1), the other way round. And {HELD}",
    ),
    Misconception(
        "lower_closed_form_standard",
        _lower(lambda z1, q1, p1: gaussian_kl(*q1)),
        f"this is KL(q1 || N(0, I)) below: {LEARNED}",
    ),
    Misconception("upper_closed_form", _upper(lambda z2, q2: gaussian_kl(*q2)), TOP),
    Misconception(
        "closed_forms",
        lambda z1, z2, q1, q2, p1: gaussian_kl_between(*q1, *p1) + gaussian_kl(*q2),
        f"these are two closed forms, without the draws. The top's may be taken; but {HELD}",
    ),
    Misconception(
        "closed_forms_standard",
        lambda z1, z2, q1, q2, p1: gaussian_kl(*q1) + gaussian_kl(*q2),
        "these are two closed forms, both against N(0, I). z1's prior is learned: p1 = p(z1|z2). And the draws are not "
        "used: take log q - log p of them.",
    ),
    Misconception("top_forgotten", _weighted(1, 0, -1, 0), "the top layer is missing: + log q2(z2) - log p(z2)."),
    Misconception("bottom_forgotten", _weighted(0, 1, 0, -1), "the lower layer is missing: + log q1(z1) - log p1(z1)."),
    Misconception("top_prior_forgotten", _weighted(1, 1, -1, 0), "the top has a prior, too: - log p(z2), of N(0, I)."),
    Misconception("top_posterior_forgotten", _weighted(1, 0, -1, -1), "log q2(z2) is missing: z2 was drawn, too."),
    Misconception(
        "lower_prior_forgotten",
        _weighted(1, 1, 0, -1),
        "- log p1(z1) is missing: p(z1, z2) = p(z2) p(z1|z2).",
    ),
    Misconception("lower_posterior_forgotten", _weighted(0, 1, -1, -1), "log q1(z1) is missing: z1 was drawn, too."),
    Misconception("posterior_alone", _weighted(1, 1, 0, 0), "this is log q of both: the priors are missing."),
    Misconception("prior_alone", _weighted(0, 0, -1, -1), "this is -log p of both: log q of both is missing."),
    Misconception(
        "sign_flipped",
        _weighted(-1, -1, 1, 1),
        "the sign is flipped: it is log q - log p.",
    ),
    Misconception("all_added", _weighted(1, 1, 1, 1), "the priors are added; subtract them: log q - log p."),
    Misconception(
        "brackets_missing",
        _weighted(1, 1, -1, 1),
        "log p(z2) is added: are brackets missing? Both priors are subtracted.",
    ),
    Misconception("layers_subtracted", _weighted(1, -1, -1, 1), "the top's part is subtracted: add both layers."),
    Misconception(
        "layers_averaged", _of_kl(lambda kl: kl / 2), "this is the mean of the layers; both are paid: add them."
    ),
    Misconception("lower_flipped", _weighted(-1, 1, 1, -1), "below it is log p1 - log q1: the sign is flipped there."),
    Misconception(
        "top_prior_wide",
        _upper(
            lambda z2, q2: gaussian_log_prob(z2, *q2) - gaussian_log_prob(z2, torch.zeros_like(z2), torch.ones_like(z2))
        ),
        "N(0, I) has the logvar 0: log of the variance 1. This takes 1 for it.",
    ),
    Misconception(
        "top_prior_at_z1",
        lambda z1, z2, *pairs: (
            two_layer_kl(z1, z2, *pairs) + gaussian_log_prob(z2, *_standard(z2)) - gaussian_log_prob(z1, *_standard(z1))
        ),
        "N(0, I) is the prior of z2, the top: here it is asked for z1.",
    ),
    Misconception(
        "exponents_alone",
        lambda z1, z2, q1, q2, p1: (
            two_layer_kl(z1, z2, q1, q2, p1) + 0.5 * (q1[1].sum(dim=1) + q2[1].sum(dim=1) - p1[1].sum(dim=1))
        ),
        "these are the exponents alone: a Gaussian's log density also has - logvar / 2, which differs from q to p. "
        "gaussian_log_prob has all.",
    ),
    *(
        Misconception("draws_anew", _with_draws(draw1, draw2), f"this draws again from q. {DRAWS}")
        for draw1, draw2 in ((_again, _again), (_again, None), (None, _again))
    ),
    *(
        Misconception("means_for_draws", _with_draws(draw1, draw2), f"this takes q's mean in place of a draw. {DRAWS}")
        for draw1, draw2 in ((_mean, _mean), (_mean, None), (None, _mean))
    ),
    Misconception(
        "logvar_as_log_sigma",
        _pairs(lambda pair: (pair[0], 2 * pair[1])),
        "this takes logvar for log sigma: sigma is exp(logvar / 2), the variance exp(logvar).",
    ),
    Misconception(
        "pairs_swapped", _pairs(lambda pair: (pair[1], pair[0])), "a pair is mu first, then logvar; this swaps them."
    ),
    Misconception(
        "not_summed",
        _densities,
        "one image still has a value for each latent dimension: add up those of both layers.",
    ),
    Misconception(
        "mean_over_dimensions",
        lambda *given: _densities(*given).mean(dim=1),
        "this averages over the latent dimensions. Densities are multiplied, so their nats are *added*.",
    ),
    Misconception(
        "mean_in_each_layer",
        lambda *given: _means_of_layers(*given).sum(dim=0),
        "this averages over each layer's latent dimensions. Densities are multiplied, so their nats are *added*.",
    ),
    Misconception(
        "mean_over_everything",
        lambda *given: _densities(*given).mean(),
        "this is one mean over everything. Add up the latent dimensions; keep one value for each image.",
    ),
    Misconception(
        "layers_kept",
        lambda *given: torch.stack([_weighted(1, 0, -1, 0)(*given), _weighted(0, 1, 0, -1)(*given)], dim=1),
        "these are the layers' parts; add them up.",
    ),
    Misconception(
        "not_negative",
        _of_kl(lambda kl: kl.clamp(min=0)),
        "this cuts off what is below 0. A KL is never negative, but one draw's estimate may be; cut, it is too high "
        "on average.",
    ),
    Misconception(
        "absolute_value",
        _of_kl(torch.abs),
        "this takes absolute values. A KL is never negative, but one draw's estimate may be: it must, for the mean "
        "to be right.",
    ),
    Misconception("ratio", _of_kl(torch.exp), "this is q / p itself; asked is its logarithm."),
    Misconception("in_bits", _of_kl(lambda kl: kl / math.log(2)), "this is in bits; nats stay as they are."),
)

EXERCISES: dict[str, Exercise] = {
    "two_layer_kl": Exercise(
        "the KL of two layers, from draws",
        two_layer_kl,
        ("z1", "z2", "q1", "q2", "p1"),
        _draws,
        "one draw's estimate: it may be negative, its average can't. Of a ladder it holds as well.",
        LAYERS,
        differentiable=("z1", "z2", "q1", "q2", "p1"),
        each=Each(),
        error_hints={
            "must match the size of tensor": f"{THEIRS} Sum over each layer's own dimensions, then add.",
            "want the same shape": THEIRS,
            "must be Tensor, not int": "torch.zeros_like(z2) is a tensor of zeros, for mu and for logvar.",
            "must be Tensor, not float": "torch.zeros_like(z2) is a tensor of zeros, for mu and for logvar.",
            "has no attribute 'mu'": "A pair is unpacked: mu, logvar = q1.",
            "Expected parameter scale": "Normal wants sigma: exp(logvar / 2).",
            "missing 1 required positional argument: 'logvar'": "A star unpacks a pair: gaussian_log_prob(z1, *q1).",
        },
        note="The prior's N(0, I) has mu = 0 and logvar = 0.",
    ),
}
