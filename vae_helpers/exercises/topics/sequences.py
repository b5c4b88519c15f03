"""The exercise on what a decoder reads before each step, with mistakes as wrong implementations."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception, Recognised
from vae_helpers.models.sequences import shift_right


def _strokes() -> list[Inputs]:
    generator = Generator().manual_seed(0)

    def drawn(n: int, points: int) -> Inputs:
        return (torch.rand(n, points, 2, generator=generator),)

    return [
        (torch.tensor([[[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]]),),
        (torch.tensor([[[0.7, 0.8]]]),),  # one point: nothing stands before it
        drawn(3, 8),
        drawn(2, 2),  # as many strokes as points, as coordinates
        drawn(5, 1),
        drawn(4, 5),
        drawn(8, 8),
    ]


def _before(*parts: Callable[[Tensor], Tensor]) -> Callable:
    """An answer that puts other parts one after another, along the points."""
    return lambda strokes: torch.cat([part(strokes) for part in parts], dim=1)


def _start(value: float) -> Callable[[Tensor], Tensor]:
    return lambda strokes: torch.full_like(strokes[:, :1], value)


def _all_but_last(strokes: Tensor) -> Tensor:
    return strokes[:, :-1]


def _all_but_first(strokes: Tensor) -> Tensor:
    return strokes[:, 1:]


def _along(dim: int) -> Callable:
    """An answer that shifts along another dimension."""
    return lambda strokes: shift_right(strokes.transpose(1, dim)).transpose(1, dim)


def _batch_shifted(strokes: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(strokes[:1]), strokes[:-1]])


def _with(strokes: Tensor, point: int, value: float = 0.0) -> Tensor:
    changed = strokes.clone()
    changed[:, point] = value
    return changed


def _x_alone(strokes: Tensor) -> Tensor:
    return torch.stack([shift_right(strokes)[..., 0], strokes[..., 1]], dim=2)


def _overwriting(strokes: Tensor) -> Tensor:
    return strokes.copy_(shift_right(strokes))


def leaves_the_targets(answer: Callable) -> None:
    """The strokes are what the decoder predicts, too: an answer that shifts them in place has none left."""
    for (strokes,) in _strokes():
        given = strokes.clone()
        answer(given)
        if not torch.equal(given, strokes):
            raise Recognised("input_overwritten")


FIT = "Zeros as torch.zeros_like(strokes[:, :1]) fit beside strokes[:, :-1], with dim=1: all but the points must agree."
START = "There is nothing before the first point: the decoder reads zeros."
SEES_IT = "the decoder reads the very point that it should predict"

SHIFTS = (
    Misconception(
        "not_shifted",
        lambda strokes: strokes,
        f"nothing is shifted: {SEES_IT}. It copies, the loss is far too good within an epoch, and nothing is learnt.",
    ),
    Misconception(
        "shifted_left",
        _before(_all_but_first, _start(0)),
        "this is shifted the wrong way: the decoder reads the point *after* the one that it should predict.",
    ),
    Misconception(
        "shifted_left_last_repeated",
        _before(_all_but_first, lambda strokes: strokes[:, -1:]),
        "this is shifted the wrong way: the decoder reads the point *after* the one that it should predict. "
        "And it ends with the last point twice.",
    ),
    Misconception(
        "next_points",
        _all_but_first,
        "these are points 2 to T, which stand *after* those to predict, and one is lacking. Zeros come first, then "
        "points 1 to T - 1.",
    ),
    Misconception(
        "rolled",
        lambda strokes: strokes.roll(1, dims=1),
        f"torch.roll brings the last point to the front: the decoder is told how the stroke ends. {START}",
    ),
    Misconception(
        "rolled_left",
        lambda strokes: strokes.roll(-1, dims=1),
        "this is rolled the wrong way: the decoder reads the point *after* the one that it should predict, and at the "
        "end the first.",
    ),
    Misconception(
        "rolled_as_one_row",
        lambda strokes: strokes.roll(1),
        "torch.roll without dims rolls all numbers as one row: x is read for y, and strokes run into each other. And "
        "no roll puts zeros at the start.",
    ),
    Misconception(
        "rolled_over_strokes",
        lambda strokes: strokes.roll(1, dims=0),
        "this rolls the strokes of the batch: each gets another's. Points are dimension 1, and zeros come first.",
    ),
    Misconception(
        "shifted_over_strokes",
        _batch_shifted,
        "this shifts the strokes of the batch, dimension 0: each gets the points of another. Points are dimension 1.",
    ),
    Misconception(
        "shifted_over_coordinates",
        _along(2),
        "this shifts the coordinates, the last dimension: x is read where y stood. Points are dimension 1.",
    ),
    Misconception(
        "one_coordinate",
        _x_alone,
        "only x is shifted: of each point that it should predict the decoder reads y.",
    ),
    Misconception(
        "first_repeated",
        _before(lambda strokes: strokes[:, :1], _all_but_last),
        f"the first point stands at the start, and {SEES_IT}: the first is never learnt, and *writing* begins without "
        "one. Zeros come first.",
    ),
    Misconception(
        "last_kept",
        _before(_start(0), lambda strokes: strokes),
        "the last point is still there, so there are T + 1: no point comes after it. Leave it out.",
    ),
    Misconception(
        "start_missing",
        _all_but_last,
        "there are T - 1 points: the last was left out, but nothing stands before the first. Zeros come first.",
    ),
    Misconception(
        "first_blanked",
        lambda strokes: _with(strokes, 0),
        f"only the first point is blanked, the rest is where it was: {SEES_IT}, from the second on.",
    ),
    Misconception(
        "last_blanked",
        lambda strokes: _with(strokes, -1),
        f"only the last point is blanked, the rest is where it was: {SEES_IT}, all but the last. With F.pad, the "
        "zeros belong *before* the points.",
    ),
    Misconception(
        "start_at_the_end",
        _before(_all_but_last, lambda strokes: strokes[:, -1:], _start(0)),
        "the zeros are appended; they belong *before* the first point, and the last one is left out.",
    ),
    Misconception(
        "ones_at_the_start",
        _before(_start(1), _all_but_last),
        "shifted as it should be, but the start is 1; asked are zeros.",
    ),
    Misconception(
        "centre_at_the_start",
        _before(_start(0.5), _all_but_last),
        "shifted as it should be, but the start is the middle of the page; asked are zeros.",
    ),
    Misconception(
        "two_steps",
        lambda strokes: shift_right(shift_right(strokes)),
        "this is shifted by two: the decoder should read the point just before.",
    ),
    Misconception(
        "backwards",
        lambda strokes: strokes.flip(1),
        "this turns the stroke round, so that the decoder reads what comes later.",
    ),
    Misconception(
        "backwards_and_shifted",
        lambda strokes: shift_right(strokes.flip(1)),
        "this is shifted, but the stroke is turned round: the decoder reads what comes later.",
    ),
    Misconception(
        "differences",
        lambda strokes: strokes - shift_right(strokes),
        f"these are the steps from point to point, and {SEES_IT}: it only has to add. Asked are the points.",
    ),
    Misconception(
        "smeared",
        lambda strokes: shift_right(strokes[:, :1].expand_as(strokes)),
        "the first point stands everywhere. A loop from the left overwrites each point before it is moved on: take "
        "them all from the strokes as they were.",
    ),
    Misconception(
        "all_zeros",
        torch.zeros_like,
        "these are zeros alone: that is a decoder with all its input dropped. (Does a loop move the zeros on?)",
    ),
    Misconception(
        "padded_coordinates",
        lambda strokes: F.pad(strokes, (1, 0)),
        "F.pad begins at the *last* dimension: (1, 0) adds a coordinate. (0, 0, 1, 0) leaves the coordinates, and adds "
        "a point before the first. And the last point is left out.",
    ),
    Misconception(
        "padded_coordinates_of_all_but_last",
        lambda strokes: F.pad(strokes[:, :-1], (1, 0)),
        "F.pad begins at the *last* dimension: (1, 0) adds a coordinate. (0, 0, 1, 0) leaves the coordinates, and adds "
        "a point before the first.",
    ),
    Misconception(
        "input_overwritten",
        _overwriting,
        "the result is right, but your function shifts the strokes themselves, in place: they are the targets, too, "
        "and so nothing is shifted against them. Make new ones.",
    ),
)

EXERCISES: dict[str, Exercise] = {
    "shift_right": Exercise(
        "what the decoder reads",
        shift_right,
        ("strokes",),
        _strokes,
        "each point is predicted from those before it alone, as it will be when the model writes.",
        SHIFTS,
        further=leaves_the_targets,
        error_hints={
            "Sizes of tensors must match": FIT,
            "same number of dimensions": FIT,
            "single memory location": "The points overlap with where they go: make new ones, that the targets stay.",
        },
    ),
}
