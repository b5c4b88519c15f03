"""The exercise on the negative ELBO per step, with mistakes as wrong implementations."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.models.sequences import nats_per_step


def _terms() -> list[Inputs]:
    generator = Generator().manual_seed(1)

    def batch(lengths: list[int], low: float, kl: float) -> Inputs:
        n = len(lengths)
        reconstruction = (low + torch.rand(n, generator=generator)) * torch.tensor(lengths)
        return reconstruction, kl * torch.rand(n, generator=generator), torch.tensor(lengths)

    return [
        (torch.tensor([8.0, 2.0]), torch.tensor([1.0, 3.0]), torch.tensor([3, 1])),
        batch([7], 2.0, 4.0),
        batch([5, 5, 5], 1.5, 3.0),  # all of one length
        batch([1, 1, 1], 2.5, 0.5),
        batch([8, 2, 11, 4], -3.0, 6.0),  # densities: negative nats
        (torch.tensor([9.0, 6.0, 21.0]), torch.zeros(3), torch.tensor([4, 2, 9])),  # collapsed
        batch(torch.randint(1, 20, (64,), generator=generator).tolist(), 1.0, 5.0),
    ]


def _parts(of_reconstruction: Callable[..., Tensor], of_kl: Callable[..., Tensor]) -> Callable:
    """An answer that reduces the terms in two other ways, each given its term and the lengths."""
    return lambda reconstruction, kl, lengths: of_reconstruction(reconstruction, lengths) + of_kl(kl, lengths)


def _a_step(nats: Tensor, lengths: Tensor) -> Tensor:
    return nats.sum() / lengths.sum()


def _ratios(nats: Tensor, lengths: Tensor) -> Tensor:
    return (nats / lengths).mean()


def _a_sequence(nats: Tensor, lengths: Tensor) -> Tensor:
    return nats.mean()


def _total(reduce: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """An answer that reduces the whole -ELBO in another way, given the lengths."""
    return lambda reconstruction, kl, lengths: reduce(reconstruction + kl, lengths)


BETA = "So the KL weighs as much as with beta = the mean length in a loss of sums: divide both by the same number."
RATIO = "the mean of the sequences' ratios: there a step of a short one weighs more. Divide sum by sum."
STEPS = (
    Misconception(
        "kl_a_sequence",
        _parts(_a_step, _a_sequence),
        f"the reconstruction is per step, the KL per sequence. {BETA}",
    ),
    Misconception(
        "kl_a_sequence_and_ratios",
        _parts(_ratios, _a_sequence),
        f"two things. The reconstruction is per step, the KL per sequence. {BETA} And the first is {RATIO}",
    ),
    Misconception(
        "kl_at_each_step",
        _parts(_a_step, lambda kl, lengths: (kl * lengths).sum() / lengths.sum()),
        "the KL is counted at each step, T times; there is one z a sequence, and one KL. So it weighs as much as with "
        "beta = T.",
    ),
    Misconception(
        "kl_summed",
        _parts(_a_step, lambda kl, lengths: kl.sum()),
        "the KL is not divided at all: divide both sums by the number of all steps.",
    ),
    Misconception(
        "reconstruction_a_sequence",
        _parts(_a_sequence, _a_step),
        "the reconstruction is per sequence, the KL per step: that is beta = 1 / T. Divide both by the same number.",
    ),
    Misconception(
        "brackets_missing",
        lambda reconstruction, kl, lengths: reconstruction.sum() + kl.sum() / lengths.sum(),
        "only the KL is divided: brackets are missing.",
    ),
    Misconception(
        "brackets_missing_in_the_ratios",
        lambda reconstruction, kl, lengths: (reconstruction + kl / lengths).mean(),
        f"two things. Only the KL is divided: brackets are missing. And with them, this is {RATIO}",
    ),
    Misconception(
        "kl_a_sequence_not_reduced",
        lambda reconstruction, kl, lengths: reconstruction / lengths + kl,
        f"two things. One number is wanted. And the reconstruction is per step, the KL per sequence. {BETA}",
    ),
    Misconception(
        "mean_of_ratios",
        _total(_ratios),
        f"this is {RATIO}",
    ),
    Misconception(
        "reconstruction_by_ratios",
        _parts(_ratios, _a_step),
        f"the KL is divided as it should be; the reconstruction is {RATIO}",
    ),
    Misconception(
        "kl_by_ratios",
        _parts(_a_step, _ratios),
        f"the reconstruction is divided as it should be; the KL is {RATIO}",
    ),
    Misconception(
        "kl_divided_twice",
        _parts(_a_step, lambda kl, lengths: (kl / lengths).sum() / lengths.sum()),
        "the KL is divided by the length twice: its sum over the sequences is divided once, by all steps.",
    ),
    Misconception(
        "kl_averaged_and_divided",
        _parts(_a_step, lambda kl, lengths: kl.mean() / lengths.sum()),
        "the KL is averaged, and then divided by the number of all steps: divide its *sum*.",
    ),
    Misconception(
        "averaged_and_divided",
        _total(lambda nats, lengths: nats.mean() / lengths.sum()),
        "this averages, and then divides by the number of all steps: divide the *sum* over the set.",
    ),
    Misconception(
        "ratios_summed",
        _total(lambda nats, lengths: (nats / lengths).sum()),
        "this adds up the sequences' ratios. Divide the sum of all nats by the number of all steps.",
    ),
    Misconception(
        "a_sequence",
        _total(_a_sequence),
        "this is the -ELBO per sequence. Where do the lengths come in?",
    ),
    Misconception(
        "summed",
        _total(lambda nats, lengths: nats.sum()),
        "these are the nats of the whole set: divide by the number of its steps.",
    ),
    Misconception(
        "padding_counted",
        _total(lambda nats, lengths: nats.sum() / (len(nats) * lengths.max())),
        "this divides by N times the greatest length, so the padding is counted as steps, and the figure is too good.",
    ),
    Misconception(
        "greatest_length",
        _total(lambda nats, lengths: nats.sum() / lengths.max()),
        "this divides by the greatest length; asked is the number of all steps of all sequences.",
    ),
    Misconception(
        "mean_length",
        _total(lambda nats, lengths: nats.sum() / lengths.float().mean()),
        "the sum over the set is divided by the length of *one* sequence. Sum by sum, or mean by mean.",
    ),
    Misconception(
        "not_reduced",
        _total(lambda nats, lengths: nats / lengths),
        "this is one value for each sequence; one for the set is wanted, the ratio of two sums.",
    ),
    Misconception(
        "not_summed",
        _total(lambda nats, lengths: nats / lengths.sum()),
        "the nats are not added up: one number is wanted.",
    ),
    Misconception(
        "kl_forgotten",
        _parts(_a_step, lambda kl, lengths: torch.zeros(())),
        "this is the reconstruction alone, and no bound: z was read from the sequence itself. Add the KL.",
    ),
    Misconception(
        "kl_forgotten_in_the_ratios",
        lambda reconstruction, kl, lengths: _ratios(reconstruction, lengths),
        f"two things. The KL is forgotten, and without it there is no bound. And this is {RATIO}",
    ),
    Misconception(
        "kl_alone",
        _parts(lambda reconstruction, lengths: torch.zeros(()), _a_step),
        "this is the KL alone. Where does the reconstruction enter?",
    ),
    Misconception(
        "kl_subtracted",
        lambda reconstruction, kl, lengths: _a_step(reconstruction - kl, lengths),
        "the KL is subtracted. In the *negative* ELBO both are costs: add them.",
    ),
    Misconception(
        "reconstruction_subtracted",
        lambda reconstruction, kl, lengths: _a_step(kl - reconstruction, lengths),
        "the reconstruction is subtracted. It comes as -log p(x|z), a cost already: add it.",
    ),
    Misconception(
        "kl_twice",
        lambda reconstruction, kl, lengths: _a_step(reconstruction + 2 * kl, lengths),
        "the KL is counted twice.",
    ),
    Misconception(
        "sign_flipped",
        _total(lambda nats, lengths: -_a_step(nats, lengths)),
        "this is the ELBO per step; asked is the negative one.",
    ),
    Misconception(
        "in_bits",
        _total(lambda nats, lengths: _a_step(nats, lengths) / math.log(2)),
        "this is in bits per step; asked are nats.",
    ),
    Misconception(
        "perplexity",
        _total(lambda nats, lengths: _a_step(nats, lengths).exp()),
        "this is the perplexity, exp of what is asked: leave it in nats.",
    ),
    Misconception(
        "perplexity_of_ratios",
        _total(lambda nats, lengths: _ratios(nats, lengths).exp()),
        f"two things. This is exp of nats a step, as a perplexity is: leave it in nats. And it is exp of {RATIO}",
    ),
    Misconception(
        "one_step_more",
        _total(lambda nats, lengths: _a_step(nats, lengths + 1)),
        "each sequence is taken for one step longer. The lengths count all steps that are predicted, an end too.",
    ),
    Misconception(
        "one_step_less",
        _total(lambda nats, lengths: nats.sum() / (lengths.sum() - len(lengths))),
        "each sequence is taken for one step shorter: the first step is predicted, too.",
    ),
    Misconception(
        "multiplied",
        _total(lambda nats, lengths: (nats * lengths).sum() / lengths.sum()),
        "this weighs each sequence with its length. Its nats have grown with the length already: only divide.",
    ),
)

EXERCISES: dict[str, Exercise] = {
    "nats_per_step": Exercise(
        "nats per step",
        nats_per_step,
        ("reconstruction", "kl", "lengths"),
        _terms,
        "both terms over the same number, so beta is still 1; its exp is (a bound on) the perplexity.",
        STEPS,
        error_hints={"could not infer output dtype": "Lengths are whole numbers: lengths.float().mean()."},
    ),
}
