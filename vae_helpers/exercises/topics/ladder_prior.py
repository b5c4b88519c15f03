"""The exercise on the KL of a ladder's lower layer, whose prior is learned, with mistakes as wrong implementations."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.exercises.inputs import pairs, rows
from vae_helpers.layer_losses import learned_prior_kl
from vae_helpers.losses import gaussian_kl, gaussian_kl_between
from vae_helpers.models.gaussians import gaussian_log_prob, reparameterize
from vae_helpers.models.precisions import merge_precisions

HALVES = "mu_p, logvar_p = told.chunk(2, dim=1) cuts each row in two."
Gaussian = tuple[Tensor, Tensor]


def _said_and_told() -> list[Inputs]:
    generator = Generator().manual_seed(3)

    def drawn(n: int, d: int, spread: float = 1.0, logvar: float = 0.0) -> Inputs:
        mu_p, logvar_p = spread * torch.randn(2, n, d, generator=generator)
        mu, logvars = spread * torch.randn(2, n, d, generator=generator)
        return mu, logvars + logvar, torch.cat([mu_p, logvar_p + logvar], dim=1)

    mu, logvar = pairs(3, 2, 4)
    return [
        rows([2.0], [-1.0], [0.5, 0.3]),
        rows([1.0], [0.5], [-1.0, -0.7]),
        drawn(3, 2),
        drawn(5, 1),
        drawn(2, 4, 2.0),
        (mu, logvar, torch.cat([mu, logvar], dim=1)),  # both say the same
        rows([3.0, -1.0], [20.0, 25.0], [0.5, -0.5, 0.2, -0.4]),  # the image says nothing: q is p
        rows([3.0, -1.0], [-6.0, -8.0], [0.5, -0.5, 0.2, -0.4]),  # and nearly all
        drawn(3, 2, 1.0, -6.0),
        drawn(3, 3, 1.0, 5.0),
        drawn(64, 16),
    ]


def _from(q: Callable[..., Gaussian], p: Callable[..., Gaussian]) -> Callable:
    """An answer whose q and p are others; each is made of what x says, mu and logvar, and what the prior says."""

    def answer(mu_x: Tensor, logvar_x: Tensor, told: Tensor) -> Tensor:
        given = (mu_x, logvar_x, *told.chunk(2, dim=1))
        return gaussian_kl_between(*q(*given), *p(*given))

    return answer


def _said(mu_x: Tensor, logvar_x: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Gaussian:
    return mu_x, logvar_x


def _prior(mu_x: Tensor, logvar_x: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Gaussian:
    return mu_p, logvar_p


def _standard(mu_x: Tensor, *rest: Tensor) -> Gaussian:
    return torch.zeros_like(mu_x), torch.zeros_like(mu_x)


def _merged_means(mu_x: Tensor, logvar_x: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Gaussian:
    return merge_precisions(mu_x, logvar_x, mu_p, logvar_p)[0], logvar_x


def _merged_logvars(mu_x: Tensor, logvar_x: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Gaussian:
    return mu_x, merge_precisions(mu_x, logvar_x, mu_p, logvar_p)[1]


def _merged_twice(mu_x: Tensor, logvar_x: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Gaussian:
    return merge_precisions(*merge_precisions(mu_x, logvar_x, mu_p, logvar_p), mu_p, logvar_p)


def _merged_with_standard(mu_x: Tensor, logvar_x: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Gaussian:
    return merge_precisions(mu_x, logvar_x, *_standard(mu_x))


def _averaged(mu_x: Tensor, logvar_x: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Gaussian:
    return (mu_x + mu_p) / 2, (logvar_x + logvar_p) / 2


def _added(mu_x: Tensor, logvar_x: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Gaussian:
    return mu_x + mu_p, logvar_x + logvar_p


def _drawn(mu_x: Tensor, logvar_x: Tensor, told: Tensor) -> Tensor:
    p = told.chunk(2, dim=1)
    q = merge_precisions(mu_x, logvar_x, *p)
    z = reparameterize(*q, torch.randn_like(mu_x))
    return gaussian_log_prob(z, *q) - gaussian_log_prob(z, *p)


def _read(halves: Callable[[Tensor], tuple[Tensor, Tensor]]) -> Callable:
    """An answer that reads mu and logvar of the prior elsewhere in what it is told."""
    return lambda mu_x, logvar_x, told: learned_prior_kl(mu_x, logvar_x, torch.cat(halves(told), dim=1))


def _of_kl(change: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that does something with the right values."""
    return lambda *given: change(learned_prior_kl(*given))


UNMERGED = "q is what the encoder says of the image alone. A ladder draws z1 from the *merged* Gaussian: so that is q."
STANDARD = (
    "p is taken for N(0, I). The lower layer's prior is learned: its mu and logvar are what the network says of z2."
)
OTHER_WAY = "this is KL(p || q), the other way round: the draws are q's, so q comes first."
PRIORS = (
    Misconception("unmerged", _from(_said, _prior), UNMERGED),
    Misconception("reversed", _from(_prior, merge_precisions), OTHER_WAY),
    Misconception("unmerged_reversed", _from(_prior, _said), f"two things. First, {UNMERGED} Second, {OTHER_WAY}"),
    Misconception("prior_standard", _from(merge_precisions, _standard), STANDARD),
    Misconception(
        "unmerged_standard",
        lambda mu_x, logvar_x, told: gaussian_kl(mu_x, logvar_x),
        f"this is the KL of a VAE with one layer, two things. First, {UNMERGED} Second, {STANDARD}",
    ),
    Misconception(
        "merged_with_standard",
        _from(_merged_with_standard, _prior),
        "q is merged with N(0, I); merge what the encoder says with p(z1|z2).",
    ),
    Misconception(
        "all_standard",
        _from(_merged_with_standard, _standard),
        "N(0, I) is taken for p, in merging too: p(z1|z2) has what the network says of z2.",
    ),
    Misconception(
        "from_what_x_says",
        _from(merge_precisions, _said),
        "this compares q with what the encoder says. The KL is against the prior p(z1|z2).",
    ),
    Misconception(
        "to_what_x_says",
        _from(_said, merge_precisions),
        "this compares what the encoder says with q; asked is q against the prior p(z1|z2).",
    ),
    Misconception(
        "prior_alone",
        _from(_prior, _standard),
        "this is the KL of p(z1|z2) against N(0, I): no q in it. q comes first, p(z1|z2) second.",
    ),
    Misconception(
        "means_merged",
        _from(_merged_means, _prior),
        "the mean is merged, the logvar is the encoder's still: q has both from the merging.",
    ),
    Misconception(
        "logvars_merged",
        _from(_merged_logvars, _prior),
        "the logvar is merged, the mean is the encoder's still: q has both from the merging.",
    ),
    Misconception("merged_twice", _from(_merged_twice, _prior), "the prior is merged in twice."),
    Misconception(
        "parameters_averaged",
        _from(_averaged, _prior),
        "means and logvars are averaged. merge_precisions weighs the surer one more, and is surer than both.",
    ),
    Misconception(
        "parameters_added",
        _from(_added, _prior),
        "means and logvars are added. merge_precisions weighs the surer one more, and is surer than both.",
    ),
    Misconception(
        "halves_swapped",
        _read(lambda told: told.chunk(2, dim=1)[::-1]),
        "mu and logvar of the prior are swapped: told holds mu first, then logvar.",
    ),
    Misconception(
        "interleaved",
        _read(lambda told: (told[:, ::2], told[:, 1::2])),
        f"every second number is taken for mu. All of mu stand first, then all logvars: {HALVES}",
    ),
    Misconception(
        "mean_for_logvar",
        _read(lambda told: (told.chunk(2, dim=1)[0],) * 2),
        f"the first half is taken for both: {HALVES}",
    ),
    Misconception(
        "logvar_for_mean",
        _read(lambda told: (told.chunk(2, dim=1)[1],) * 2),
        f"the second half is taken for both: {HALVES}",
    ),
    Misconception(
        "prior_logvar_zero",
        _read(lambda told: (told.chunk(2, dim=1)[0], torch.zeros_like(told.chunk(2, dim=1)[1]))),
        "the prior's variance is taken for 1: its logvar is learned, too, the second half of told.",
    ),
    Misconception(
        "prior_mean_zero",
        _read(lambda told: (torch.zeros_like(told.chunk(2, dim=1)[0]), told.chunk(2, dim=1)[1])),
        "the prior's mean is taken for 0: it is learned, the first half of told.",
    ),
    Misconception(
        "sigma_told",
        _read(lambda told: (told.chunk(2, dim=1)[0], 2 * told.chunk(2, dim=1)[1])),
        "the second half is taken for log sigma; it is logvar already.",
    ),
    Misconception(
        "variance_given",
        _read(lambda told: (told.chunk(2, dim=1)[0], told.chunk(2, dim=1)[1].exp())),
        "exp makes a variance of the prior's logvar; both functions want logvar itself.",
    ),
    Misconception(
        "drawn",
        _drawn,
        "this is log q - log p of one draw of z1: right on average, but noisy. Given z2, the closed form needs none.",
    ),
    Misconception(
        "sign_flipped", _of_kl(torch.neg), "this is never positive; a KL is never negative. Look at the sign in front."
    ),
    Misconception("half_missing", _of_kl(lambda kl: 2 * kl), "this is twice the closed form: is the 1/2 there?"),
    Misconception("in_bits", _of_kl(lambda kl: kl / math.log(2)), "this is in bits; nats stay as they are."),
)

EXERCISES: dict[str, Exercise] = {
    "learned_prior_kl": Exercise(
        "the KL of a ladder's lower layer",
        learned_prior_kl,
        ("mu_x", "logvar_x", "told"),
        _said_and_told,
        "where the image says nothing, q is the prior, and the layer costs 0 nats.",
        PRIORS,
        differentiable=("mu_x", "logvar_x", "told"),
        each=Each(parts="latent dimensions"),
        error_hints={
            "must match the size of tensor": HALVES,
            "want the same shape": HALVES,
            "want shape": HALVES,
            "too many values to unpack": HALVES,
            "not enough values to unpack": HALVES,
            "is out of bounds": HALVES,
            "got tuple": "A star unpacks a pair: gaussian_kl_between(*q, *p).",
            "has no attribute 'sum'": "merge_precisions returns two tensors: mu_q, logvar_q = merge_precisions(...).",
        },
        note="A star in the call of gaussian_kl_between unpacks what merge_precisions returns, as well.",
    ),
}
