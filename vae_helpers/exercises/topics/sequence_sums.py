"""The exercise on the nats of sequences of different lengths, with mistakes as wrong implementations."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.models.sequences import real_steps, sequence_nll

COMPARE = "Compare the number of each step with the lengths: torch.arange(T) < lengths[:, None] is (N, T)."


def _padded() -> list[Inputs]:
    generator = Generator().manual_seed(0)

    def batch(lengths: list[int], steps: int, low: float = 0.5, padding: float | None = None) -> Inputs:
        counts = torch.tensor(lengths)
        each = low + 3 * torch.rand(len(lengths), steps, generator=generator)
        return (each if padding is None else each.where(real_steps(counts, steps), padding)), counts

    many = torch.randint(1, 21, (32,), generator=generator).tolist()
    return [
        (torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([2])),
        batch([4, 1, 3], 4),
        batch([3, 3], 3),  # no padding
        batch([1, 1, 1], 5, low=-2.5),  # densities: negative nats
        batch([2, 5, 4, 1, 3], 5, low=-1.5),  # as many sequences as steps
        batch([2, 6], 6, padding=0.0),  # as padding_idx or ignore_index leave it
        (torch.tensor([[0.0, 1.5, 0.25], [2.0, 0.0, 0.5]]), torch.tensor([3, 2])),  # a certain letter costs 0 nats
        batch([1], 1),
        batch([2, 4, 3], 4, low=-1.0, padding=torch.nan),
        batch([1, 3], 5, padding=torch.inf),
        batch(many, 20, low=-1.0),
    ]


def padding_is_finite(each: Tensor, lengths: Tensor) -> bool:
    """Whether nothing is NaN or infinite: what is masked by a product is masked there."""
    return bool(each.isfinite().all())


def _masked(mask: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """An answer that counts other steps: from their numbers, (1, T), and the lengths, (N, 1)."""
    return lambda each, lengths: each.where(mask(torch.arange(each.shape[1])[None], lengths[:, None]), 0).sum(dim=1)


def _of_sum(change: Callable[[Tensor, Tensor, int], Tensor]) -> Callable:
    """An answer that does something with the right sums, given the lengths and T."""
    return lambda each, lengths: change(sequence_nll(each, lengths), lengths, each.shape[1])


def _real(each: Tensor, lengths: Tensor) -> Tensor:
    """The steps, 0 where there is padding."""
    return each.where(real_steps(lengths, each.shape[1]), 0)


def _finite(name: str, function: Callable, message: str) -> Misconception:
    """A mistake that shows already where the padding is finite, whatever a product makes of it elsewhere."""
    return Misconception(name, function, message, only=padding_is_finite)


KEEP = "Keep one value for each sequence: its *sum*."
SUMS = (
    Misconception(
        "multiplied_by_the_mask",
        lambda each, lengths: (each * real_steps(lengths, each.shape[1])).sum(dim=1),
        "right as long as the padding is finite: 0 times NaN or infinity is NaN. torch.where(mask, each, 0) picks, and "
        "never touches what it leaves out.",
    ),
    Misconception(
        "mask_by_nan",
        lambda each, lengths: each.where(each.isfinite(), 0).sum(dim=1),
        "this takes what is not finite for padding. Padding may hold anything: only the lengths tell.",
    ),
    Misconception(
        "only_nan_left_out",
        lambda each, lengths: each.nansum(dim=1),
        "this leaves out what is NaN. Padding may hold anything: only the lengths tell.",
    ),
    _finite(
        "padding_counted",
        lambda each, lengths: each.sum(dim=1),
        "the padding is counted, too: a sequence costs more (or less) the more of it there is. Where do the lengths "
        "come in?",
    ),
    _finite(
        "padding_averaged",
        lambda each, lengths: each.mean(dim=1),
        "two things. The padding is counted, too; and this averages over the steps, whose nats are to be added.",
    ),
    _finite(
        "mean_over_real_steps",
        _of_sum(lambda nats, lengths, steps: nats / lengths),
        "this divides by the length: nats a step. The KL beside it is a sum for the sequence; divided so, the "
        "reconstruction counts less than the KL, the longer the sequence.",
    ),
    _finite(
        "divided_by_all_steps",
        _of_sum(lambda nats, lengths, steps: nats / steps),
        "this divides by T, padding and all. The nats of a sequence are the *sum* of its real steps.",
    ),
    _finite(
        "scaled_to_all_steps",
        _of_sum(lambda nats, lengths, steps: nats * steps / lengths),
        "this scales each sequence up to T steps. A short one has fewer nats, and that is right.",
    ),
    _finite(
        "divided_by_the_mean_length",
        _of_sum(lambda nats, lengths, steps: nats / lengths.float().mean()),
        "this divides by the mean length of the batch: one sequence's nats depend on its neighbours. Only sum.",
    ),
    _finite(
        "divided_by_the_batch",
        lambda each, lengths: sequence_nll(each, lengths) / len(each),
        f"this divides by the number of sequences: a sequence's nats depend on the batch it is in. {KEEP}",
    ),
    _finite(
        "mean_of_all_real_steps",
        lambda each, lengths: each[real_steps(lengths, each.shape[1])].mean(),
        f"this is one mean over the real steps of the whole batch. Indexing with a mask forgets whose they are. {KEEP}",
    ),
    _finite(
        "one_step_short",
        _masked(lambda step, length: step < length - 1),
        "the last real step is left out. Steps are numbered from 0: those below the length are real.",
    ),
    _finite(
        "one_step_too_many",
        _masked(lambda step, length: step <= length),
        "the first step of the padding is counted. Steps are numbered from 0: `<`, not `<=`.",
    ),
    _finite(
        "first_step_left_out",
        _masked(lambda step, length: (step > 0) & (step < length)),
        "the first step is left out. What is shifted is the decoder's input; every real step is predicted and counts.",
    ),
    _finite(
        "shifted_by_one",
        _masked(lambda step, length: (step > 0) & (step <= length)),
        "the mask stands one step too late: the first real step is left out, the first of the padding counted.",
    ),
    _finite(
        "mask_inverted",
        _masked(lambda step, length: step >= length),
        "this counts the padding, and leaves the real steps out: turn the mask round.",
    ),
    _finite(
        "padding_in_front",
        lambda each, lengths: sequence_nll(each.flip(1), lengths),
        "this counts the last steps of each row, as if the padding stood in front; it stands at the end.",
    ),
    _finite(
        "last_real_step",
        lambda each, lengths: each[torch.arange(len(each)), lengths - 1],
        "this picks the last real step. So an encoder's state is taken; of nats all real steps are added.",
    ),
    _finite(
        "one_length_for_all",
        _masked(lambda step, length: step < length[:1]),
        "all sequences have the length of the first: each has its own. lengths[:, None] compares row by row.",
    ),
    _finite(
        "cut_to_the_shortest",
        _masked(lambda step, length: step < length.min()),
        "all sequences are cut to the shortest. Each has its own length.",
    ),
    _finite(
        "cut_to_the_longest",
        _masked(lambda step, length: step < length.max()),
        "all sequences are cut to the longest, so shorter ones still count padding. Each has its own length.",
    ),
    _finite(
        "mask_by_value",
        lambda each, lengths: each.sum(dim=1) / (each != 0).sum(dim=1),
        "this takes what is 0 for padding, and averages. Padding may hold anything, and a step that was certain costs "
        f"0 nats: only the lengths tell. {KEEP}",
    ),
    _finite(
        "length_by_value",
        lambda each, lengths: sequence_nll(each, (each != 0).sum(dim=1)),
        "the length is counted from the steps that are not 0. Padding may hold anything: take the lengths as given.",
    ),
    _finite(
        "negative_nats_dropped",
        lambda each, lengths: sequence_nll(each.clamp(min=0), lengths),
        "this drops negative nats. They are no mistake: a density may be above 1.",
    ),
    _finite(
        "absolute_value",
        lambda each, lengths: sequence_nll(each.abs(), lengths),
        "this takes absolute values. Negative nats are no mistake: a density may be above 1.",
    ),
    _finite(
        "minus_infinity",
        lambda each, lengths: each.masked_fill(~real_steps(lengths, each.shape[1]), -torch.inf).sum(dim=1),
        "the padding is filled with -infinity. That is for what goes into a softmax; what goes into a sum is filled "
        "with 0.",
    ),
    _finite(
        "steps_kept",
        lambda each, lengths: _real(each, lengths).sum(dim=0),
        "this adds up the sequences and keeps the steps apart; it should be the other way round.",
    ),
    _finite(
        "not_summed",
        _real,
        "masked as it should be, but one sequence still has T values: add them up.",
    ),
    _finite(
        "sign_flipped",
        _of_sum(lambda nats, lengths, steps: -nats),
        "the sign is flipped. `each` holds -log p already.",
    ),
    _finite(
        "in_bits",
        _of_sum(lambda nats, lengths, steps: nats / math.log(2)),
        "this is in bits; nats stay as they are.",
    ),
)


EXERCISES: dict[str, Exercise] = {
    "sequence_nll": Exercise(
        "the nats of a sequence",
        sequence_nll,
        ("each", "lengths"),
        _padded,
        "each sequence pays for its own steps, whatever the padding holds.",
        SUMS,
        differentiable=("each",),
        each=Each("sequence"),
        error_hints={
            "must match the size of tensor": COMPARE,
            "can be converted to an index": f"No slice has another end in each row. {COMPARE}",
            "is out of bounds": "Steps are numbered from 0: the last real one is number lengths - 1.",
        },
        note="real_steps(lengths, T) is torch.arange(T) < lengths[:, None]. The sum stays clean; a gradient through "
        "what made a NaN may still be NaN (0 times NaN again), so feed models finite padding.",
    ),
}
