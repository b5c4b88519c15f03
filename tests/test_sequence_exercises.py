"""Right answers on sequences in other people's idioms, and mistakes as one writes them."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from vae_helpers.exercises import check


def real(each, lengths):
    return torch.arange(each.shape[1]) < lengths[:, None]


def picked(each, lengths):
    return torch.where(real(each, lengths), each, 0)


def one_by_one(strokes):
    shifted = torch.zeros_like(strokes)
    for t in range(1, strokes.shape[1]):
        shifted[:, t] = strokes[:, t - 1]
    return shifted


def rolled_and_blanked(strokes):
    shifted = strokes.roll(1, dims=1)
    shifted[:, 0] = 0
    return shifted


def in_numpy(strokes):
    return np.concatenate([np.zeros((len(strokes), 1, 2)), strokes.numpy()[:, :-1]], axis=1)


def step_by_step(each, lengths):
    total = torch.zeros(len(each))
    for k in range(len(each)):
        for t in range(lengths[k]):
            total[k] += each[k, t]
    return total


RIGHT = [
    ("shift_right", one_by_one),
    ("shift_right", rolled_and_blanked),
    ("shift_right", in_numpy),
    ("shift_right", lambda s: F.pad(s, (0, 0, 1, -1))),
    ("shift_right", lambda s: F.pad(s[:, :-1], (0, 0, 1, 0))),
    ("sequence_nll", step_by_step),
    ("sequence_nll", lambda e, n: e.masked_fill(~real(e, n), 0).sum(1)),
    ("sequence_nll", lambda e, n: torch.stack([row[:k].sum() for row, k in zip(e, n, strict=True)])),
    ("sequence_nll", lambda e, n: e.cumsum(1)[torch.arange(len(e)), n - 1]),
    ("sequence_nll", lambda e, n: (e.nan_to_num(0, 0, 0) * real(e, n)).sum(1)),
    ("nats_per_step", lambda r, kl, n: r.sum() / n.sum() + kl.sum() / n.sum()),
    ("nats_per_step", lambda r, kl, n: (r + kl).mean() / n.float().mean()),
    ("nats_per_step", lambda r, kl, n: ((r.sum() + kl.sum()) / n.sum()).item()),
    ("nats_per_step", lambda r, kl, n: (((r + kl) / n) * n).sum() / n.sum()),  # ratios, weighted by length
]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_other_right_answers(name, answer):
    assert check(name, answer).status == "right"


def loop_from_the_left(strokes):
    for t in range(1, strokes.shape[1]):
        strokes[:, t] = strokes[:, t - 1]
    strokes[:, 0] = 0
    return strokes


def blanked_then_moved_on(strokes):
    strokes[:, 0] = 0
    for t in range(1, strokes.shape[1]):
        strokes[:, t] = strokes[:, t - 1]
    return strokes


def loop_from_the_right(strokes):
    for t in range(strokes.shape[1] - 1, 0, -1):
        strokes[:, t] = strokes[:, t - 1]
    strokes[:, 0] = 0
    return strokes


def copied_in_place(strokes):
    strokes[:, 1:] = strokes[:, :-1].clone()
    strokes[:, 0] = 0
    return strokes


def rolled_over_the_batch(strokes):
    shifted = strokes.roll(1, dims=0)
    shifted[0] = 0
    return shifted


def zeroed_in_place(each, lengths):
    each[~real(each, lengths)] = 0
    return each.sum(1)


WRONG = [
    ("shift_right", "smeared", loop_from_the_left),
    ("shift_right", "all_zeros", blanked_then_moved_on),
    ("shift_right", "input_overwritten", loop_from_the_right),
    ("shift_right", "input_overwritten", copied_in_place),
    ("shift_right", "shifted_over_strokes", rolled_over_the_batch),
    ("shift_right", "shifted_over_strokes", lambda s: F.pad(s[:-1], (0, 0, 0, 0, 1, 0))),
    ("shift_right", "shifted_left", lambda s: F.pad(s[:, 1:], (0, 0, 0, 1))),
    ("shift_right", "last_blanked", lambda s: F.pad(s[:, :-1], (0, 0, 0, 1))),
    ("shift_right", "last_kept", lambda s: F.pad(s, (0, 0, 1, 0))),
    ("shift_right", "differences", lambda s: s.diff(dim=1, prepend=torch.zeros_like(s[:, :1]))),
    ("shift_right", "ones_at_the_start", lambda s: F.pad(s[:, :-1], (0, 0, 1, 0), value=1)),
    ("sequence_nll", "multiplied_by_the_mask", lambda e, n: (e * real(e, n).float()).sum(1)),
    ("sequence_nll", "multiplied_by_the_mask", lambda e, n: (e * real(e, n)).sum()),
    ("sequence_nll", "multiplied_by_the_mask", lambda e, n: (e * real(e, n)).sum(1).mean()),
    ("sequence_nll", "divided_by_all_steps", lambda e, n: (e * real(e, n)).mean(1)),
    ("sequence_nll", "divided_by_all_steps", lambda e, n: picked(e, n).mean()),
    ("sequence_nll", "mean_over_real_steps", lambda e, n: (e * real(e, n)).sum(1) / n),
    ("sequence_nll", "mean_over_real_steps", lambda e, n: torch.where(real(e, n), e, torch.nan).nanmean(1)),
    ("sequence_nll", "mean_of_all_real_steps", lambda e, n: (e * real(e, n)).sum() / real(e, n).sum()),
    ("sequence_nll", "summed_over_sequences", lambda e, n: e[real(e, n)].sum()),
    ("sequence_nll", "steps_kept", lambda e, n: (e * real(e, n)).sum(0)),
    ("sequence_nll", "one_step_too_many", lambda e, n: (e * (torch.arange(e.shape[1]) <= n[:, None])).sum(1)),
    ("sequence_nll", "one_step_short", lambda e, n: (e * (torch.arange(1, e.shape[1] + 1) < n[:, None])).sum(1)),
    ("sequence_nll", "padding_counted", lambda e, n: (e * (e != 0)).sum(1)),
    ("sequence_nll", "mask_by_nan", lambda e, n: e.nan_to_num(0, 0, 0).sum(1)),
    ("sequence_nll", "only_nan_left_out", lambda e, n: torch.where(e.isnan(), 0, e).sum(1)),
    ("sequence_nll", "minus_infinity", lambda e, n: (e + real(e, n).float().log()).sum(1)),
    ("sequence_nll", "negative_nats_dropped", lambda e, n: torch.where(real(e, n) & (e > 0), e, 0).sum(1)),
    ("sequence_nll", "input_overwritten", zeroed_in_place),
    ("sequence_nll", "gradient_cut", lambda e, n: picked(e, n).sum(1).detach()),
    ("nats_per_step", "kl_a_sequence", lambda r, kl, n: r.sum() / n.sum() + kl.sum() / len(kl)),
    ("nats_per_step", "kl_a_sequence_and_ratios", lambda r, kl, n: (r / n + kl).mean()),
    ("nats_per_step", "kl_a_sequence_not_reduced", lambda r, kl, n: r / n + kl),
    ("nats_per_step", "kl_at_each_step", lambda r, kl, n: (r + kl * n).sum() / n.sum()),
    ("nats_per_step", "brackets_missing_in_the_ratios", lambda r, kl, n: r.mean() + (kl / n).mean()),
    ("nats_per_step", "padding_counted", lambda r, kl, n: (r + kl).mean() / n.max()),
    ("nats_per_step", "in_bits", lambda r, kl, n: (r + kl).sum() / n.sum() * math.log2(math.e)),
    ("nats_per_step", "kl_forgotten_in_the_ratios", lambda r, kl, n: torch.mean(r / n)),
    ("nats_per_step", "sign_flipped", lambda r, kl, n: (-r - kl).sum() / n.sum()),
]


@pytest.mark.parametrize(("name", "misconception", "answer"), WRONG)
def test_mistakes_as_one_writes_them(name, misconception, answer):
    assert check(name, answer).misconception == misconception


def test_a_product_and_a_wrong_sum_are_both_told():
    message = check("sequence_nll", lambda e, n: (e * real(e, n)).sum()).message
    assert message.startswith("two things.") and "0 times NaN" in message and "adds up all sequences" in message


def test_kl_per_sequence_is_told_as_a_beta():
    assert "beta = the mean length" in check("nats_per_step", lambda r, kl, n: r.sum() / n.sum() + kl.mean()).message


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("shift_right", lambda s: torch.cat([torch.zeros(1, 1, 2), s[:, :-1]], dim=1), "zeros_like(strokes[:, :1])"),
        ("shift_right", lambda s: torch.cat([torch.zeros(1, 2), s[:, :-1]]), "with dim=1"),
        ("shift_right", lambda s: s[:, 1:].copy_(s[:, :-1]), "make new ones"),
        ("sequence_nll", lambda e, n: torch.where(torch.arange(e.shape[1]) < n, e, 0).sum(1), "lengths[:, None]"),
        ("sequence_nll", lambda e, n: e[:, :n].sum(1), "No slice has another end in each row"),
        ("sequence_nll", lambda e, n: e.cumsum(1)[torch.arange(len(e)), n], "number lengths - 1"),
        ("nats_per_step", lambda r, kl, n: (r + kl).mean() / n.mean(), "lengths.float()"),
    ],
)
def test_cryptic_errors_are_explained(name, answer, words):
    result = check(name, answer)
    assert result.status == "error" and words in result.message


def test_nan_in_the_padding_is_not_taken_for_an_overwritten_input():
    result = check("sequence_nll", lambda e, n: picked(e, n).sum(1))
    assert result.status == "right" and "overwrites" not in result.message
