"""The exercise on the gaps behind the MIG, with mistakes as wrong implementations."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.disentanglement import information_gaps
from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception

DOWN = "A row of information is a latent, a column a factor: one gap for each column, so look along dim=0."


def _tables() -> list[Inputs]:
    def table(d: int, k: int, seed: int) -> Inputs:
        generator = Generator().manual_seed(seed)
        entropies = 0.5 + 2 * torch.rand(k, generator=generator)
        return torch.rand(d, k, generator=generator) * entropies, entropies

    entropies = torch.tensor([1.0986, 1.3863])  # of three and of four values, equally often
    return [
        (torch.tensor([[0.6, 0.4], [0.1, 0.5]]), torch.tensor([1.0, 2.0])),
        (torch.tensor([[0.2, 0.1], [0.9, 0.0], [0.3, 0.7], [0.0, 0.3]]), entropies),
        table(10, 5, 0),
        table(2, 5, 1),  # wider than tall
        table(4, 4, 2),
        (torch.tensor([[0.5, 0.8, 0.1], [0.5, 0.8, 0.3], [0.1, 0.8, 0.3]]), torch.tensor([1.0, 0.9, 0.4])),  # ties
        (torch.eye(3, 2) * entropies, entropies),  # one latent tells all
        (torch.zeros(3, 2), entropies),  # none tells anything
        table(6, 1, 3),  # one factor
    ]


def _ahead_of(other: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that compares the best latent of each factor with something else than the next."""
    return lambda information, entropies: (information.amax(dim=0) - other(information)) / entropies


def _from_gap(finish: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """An answer that has the right gaps in nats, and goes on in another way."""
    return lambda information, entropies: finish(information_gaps(information, entropies) * entropies, entropies)


def _lowest(finish: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """An answer that takes the two latents that tell least, the lowest first."""
    return lambda information, entropies: finish(*information.sort(dim=0).values[:2]) / entropies


def _of_another_factor(information: Tensor) -> Tensor:
    """What each factor's best latent tells at most about another one."""
    own = torch.eye(information.shape[1], dtype=torch.bool)
    return information[information.argmax(dim=0)].masked_fill(own, -torch.inf).amax(dim=1)


def _others(information: Tensor) -> Tensor:
    return information.sum(dim=0) - information.amax(dim=0)


def _below_the_best(information: Tensor) -> Tensor:
    return information.masked_fill(information == information.amax(dim=0), -torch.inf).amax(dim=0)


def _several_factors(information: Tensor, entropies: Tensor) -> bool:
    return len(entropies) > 1


GAPS = (
    Misconception(
        "other_factor",
        _ahead_of(_of_another_factor),
        "the second best is taken along the row: what the best latent tells about *another factor*. Look down the "
        "column: what another latent tells about this factor.",
        only=_several_factors,
    ),
    Misconception(
        "by_latent",
        lambda information, entropies: -F.pad(information, (0, 1)).topk(2, dim=1).values.diff(dim=1)[:, 0],
        f"this is a gap for each latent. {DOWN}",
        only=_several_factors,
    ),
    Misconception(
        "entropy_forgotten",
        _from_gap(lambda gap, h: gap),
        "these are the gaps in nats. Divide by each factor's entropy, the most that can be told about it.",
    ),
    Misconception(
        "divided_by_the_sum",
        _from_gap(lambda gap, h: gap / h.sum()),
        "all gaps are divided by the sum of the entropies; each factor has its own.",
    ),
    Misconception(
        "divided_by_the_mean",
        _from_gap(lambda gap, h: gap / h.mean()),
        "all gaps are divided by the mean entropy; each factor has its own.",
    ),
    Misconception(
        "divided_by_the_largest",
        _from_gap(lambda gap, h: gap / h.max()),
        "all gaps are divided by the largest entropy; each factor has its own.",
    ),
    Misconception(
        "entropy_in_bits",
        _from_gap(lambda gap, h: gap / h * math.log(2)),
        "the gap is in nats, the entropy in bits. Both come in nats: just divide.",
    ),
    Misconception(
        "gap_in_bits",
        _from_gap(lambda gap, h: gap / h / math.log(2)),
        "the gap is in bits, the entropy in nats. Both come in nats: just divide.",
    ),
    Misconception(
        "gaps_in_bits",
        _from_gap(lambda gap, h: gap / math.log(2)),
        "these are the gaps in bits. Divide by each factor's entropy instead; the unit then cancels.",
    ),
    Misconception(
        "multiplied",
        _from_gap(lambda gap, h: gap * h),
        "the gap is multiplied by the entropy; a *share* of the entropy is wanted, so divide.",
    ),
    Misconception(
        "every_entropy",
        _from_gap(lambda gap, h: gap / h[:, None]),
        "each gap is divided by every entropy: of (K,) and (K, 1) broadcasting makes (K, K).",
    ),
    Misconception(
        "averaged",
        _from_gap(lambda gap, h: (gap / h).mean()),
        "this is their mean, the MIG. One gap for each factor is wanted.",
    ),
    Misconception(
        "averaged_before",
        _from_gap(lambda gap, h: gap.mean() / h.mean()),
        "this divides a mean by a mean. One gap for each factor is wanted, each divided by its own entropy.",
    ),
    Misconception(
        "summed",
        _from_gap(lambda gap, h: (gap / h).sum()),
        "this adds up all factors. One gap for each is wanted.",
    ),
    Misconception(
        "divided_by_the_best",
        lambda information, entropies: (
            (information.amax(dim=0) - information.topk(2, dim=0).values[1]) / information.amax(dim=0)
        ),
        "this divides by what the best latent tells. Then a latent that tells next to nothing has a gap of 1 if all "
        "others tell nothing; divide by the entropy.",
        only=lambda information, entropies: bool((information.amax(dim=0) > 0).all()),
    ),
    Misconception(
        "brackets_missing",
        lambda information, entropies: (lambda first, second: first - second / entropies)(
            *information.topk(2, dim=0).values
        ),
        "only the second best is divided by the entropy: brackets around the difference.",
    ),
    Misconception(
        "best_alone",
        _ahead_of(lambda i: 0 * i[0]),
        "this is the best latent's share alone; a gap subtracts what the next best tells.",
    ),
    Misconception(
        "mean_of_the_others",
        _ahead_of(lambda i: _others(i) / (len(i) - 1)),
        "the best is compared with the mean of the others. Then two latents that share a factor look fine if the rest "
        "tell nothing; compare with the next best.",
    ),
    Misconception(
        "mean_of_all",
        _ahead_of(lambda i: i.mean(dim=0)),
        "the best is compared with the mean over all latents; compare it with the next best alone.",
    ),
    Misconception(
        "sum_of_the_others",
        _ahead_of(_others),
        "what all others tell is subtracted; subtract what the next best tells.",
    ),
    Misconception(
        "least_subtracted",
        _ahead_of(lambda i: i.amin(dim=0)),
        "this is the best minus the *worst*, and some latent nearly always tells nothing. Compare with the next best.",
    ),
    Misconception(
        "ties_skipped",
        _ahead_of(_below_the_best),
        "where two latents tell as much, the gap is 0. Here both count as the best, and a third is subtracted.",
        only=lambda information, entropies: bool((information.amax(dim=0) > information.amin(dim=0)).all()),
    ),
    Misconception(
        "ascending",
        _lowest(lambda low, next_low: low - next_low),
        "sort() starts with the *smallest*: these are the two latents that tell least. Say descending=True.",
    ),
    Misconception(
        "two_least",
        _lowest(lambda low, next_low: next_low - low),
        "these are the two latents that tell *least*; wanted are the two that tell most.",
    ),
    Misconception(
        "sign_flipped",
        _from_gap(lambda gap, h: -gap / h),
        "no gap is positive: the best comes first, the next is subtracted.",
    ),
    Misconception(
        "first_two_rows",
        lambda information, entropies: (information[0] - information[1]) / entropies,
        "these are the first two latents, whatever they tell. Each factor has its own best two.",
    ),
    Misconception(
        "best_two_overall",
        lambda information, entropies: (lambda best: (information[best[0]] - information[best[1]]) / entropies)(
            information.sum(dim=1).argsort(descending=True)
        ),
        "these are the two latents that tell most about all factors together. Each factor has its own best two.",
    ),
    Misconception(
        "values_minus_positions",
        lambda information, entropies: (lambda values, indices: (values - indices) / entropies)(
            *information.topk(2, dim=0)
        ),
        "topk and sort return two tables, values and positions, and here one is subtracted from the other. Take "
        ".values, and of these the two rows.",
    ),
    Misconception(
        "positions",
        lambda information, entropies: -information.topk(2, dim=0).indices.diff(dim=0)[0] / entropies,
        "these are the *positions* of the best two: topk and sort return values and positions. Take .values.",
    ),
)


EXERCISES: dict[str, Exercise] = {
    "information_gaps": Exercise(
        "the gap of each factor",
        information_gaps,
        ("information", "entropies"),
        _tables,
        "their mean is the mutual information gap: 1 if one latent alone tells all, 0 if two tell as much.",
        GAPS,
        error_hints=dict.fromkeys(("must match the size of tensor", "index k out of range", "is out of bounds"), DOWN),
    ),
}
