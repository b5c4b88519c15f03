"""Exercises on paths between two codes, with mistakes as wrong implementations."""

from collections.abc import Callable
from itertools import product

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from vae_helpers.exercises.exercise import Exercise, Inputs, Misconception
from vae_helpers.exercises.inputs import pairs
from vae_helpers.latent_space import arc, lerp, slerp


def _line_inputs() -> list[Inputs]:
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])
    c, d = pairs(1, 64, 0)
    numbers = torch.tensor([2.0]), torch.tensor([-1.0])  # one dimension
    alike = (a, a, 0.3), (a, 2 * a, 0.5), (a, -2 * a, 0.5)
    return [(a, b, 0.25), (a, b, 0.0), (a, b, 1.0), (a, a + b, 0.5), (*numbers, 0.75), (c[0], 100 * d[0], 0.7), *alike]


def _arc_inputs() -> list[Inputs]:
    """No opposite vectors: there rounding decides whether sin(w) is 0."""
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 1.0])
    c, d = (v[0] for v in pairs(1, 16, 0))
    arcs = [(a, b, 0.25), (a, b, 0.0), (a, b, 1.0), (a, a + b, 0.5), (a, 2 * b - a, 0.4), (b / 10, (b - a) / 10, 0.6)]
    large = [(c, d, 0.7), (c, 0.5 * d - c, 0.3), tuple(100 * v[0] for v in pairs(1, 64, 2)) + (0.5,)]
    # parallel vectors, where rounding takes the cosine beyond 1 for some
    few = [(a, 2 * a, 0.5), (torch.tensor([0.6, 0.8]), torch.tensor([0.6, 0.8]), 0.25)]
    numbers = [(torch.tensor([2.0]), torch.tensor([3.0]), 0.25)]  # one dimension
    parallel = [(v, 2 * v, 0.5) for v in torch.randn(20, 16, generator=Generator().manual_seed(1))]
    return [*arcs, *large, *few, *numbers, *parallel]


def _is_arc(a: Tensor, b: Tensor, t: float) -> bool:
    return bool(_cosine(a, b).abs() < 0.999)


def _cosine(a: Tensor, b: Tensor) -> Tensor:
    return torch.dot(a, b) / (a.norm() * b.norm())


COSINES = (  # they round differently
    _cosine,
    lambda a, b: torch.dot(a / a.norm(), b / b.norm()),
    lambda a, b: F.cosine_similarity(a, b, dim=0),
    lambda a, b: torch.dot(a, b) / a.norm() / b.norm(),
)


def _angle(a: Tensor, b: Tensor) -> Tensor:
    return torch.acos(_cosine(a, b).clamp(-1, 1))


def _arc(a: Tensor, b: Tensor, t: float, omega: Tensor) -> Tensor:
    return (torch.sin((1 - t) * omega) * a + torch.sin(t * omega) * b) / torch.sin(omega)


def _arc_or_line(a: Tensor, b: Tensor, t: float, omega: Tensor) -> Tensor:
    return lerp(a, b, t) if torch.sin(omega) < 1e-3 else _arc(a, b, t, omega)


def _arc_unless_zero(a: Tensor, b: Tensor, t: float, omega: Tensor) -> Tensor:
    return lerp(a, b, t) if torch.sin(omega) == 0 else _arc(a, b, t, omega)


def _weight(a: Tensor, b: Tensor, t: float) -> Tensor:
    return torch.sin(t * _angle(a, b)) / torch.sin(_angle(a, b))


def _anywhere(name: str, message: str, *functions: Callable) -> tuple[Misconception, ...]:
    """One slip, written in several ways."""
    return tuple(Misconception(name, function, message) for function in functions)


def _slips(name: str, message: str, *functions: Callable) -> tuple[Misconception, ...]:
    """One slip, written in several ways; what happens to vectors that are parallel says nothing about it."""
    return tuple(Misconception(name, function, message, only=_is_arc) for function in functions)


def _slips_in_the_angle(name: str, message: str, *angles: Callable) -> tuple[Misconception, ...]:
    """The same with and without the straight line where sin(w) is small or 0: the wrong angle takes it elsewhere.

    At a wrong angle of pi, where sin(w) is a rounding error, nothing is compared.
    """
    return tuple(
        Misconception(
            name,
            lambda a, b, t, way=way, angle=angle: way(a, b, t, angle(a, b)),
            message,
            only=lambda a, b, t, angle=angle: _is_arc(a, b, t) and not angle(a, b) > 3.14,
        )
        for way, angle in product((_arc, _arc_or_line, _arc_unless_zero), angles)
    )


EXERCISES: dict[str, Exercise] = {
    "lerp": Exercise(
        "the straight line between two codes",
        lerp,
        ("a", "b", "t"),
        _line_inputs,
        "at t = 0 it is a, at t = 1 it is b, and the steps between are even.",
        (
            Misconception("ends_swapped", lambda a, b, t: lerp(b, a, t), "it runs backwards: at t = 0 it must be a."),
            Misconception(
                "not_from_a",
                lambda a, b, t: a + t * b,
                "at t = 1 this is a + b. Add t times the *difference* b - a.",
            ),
            Misconception(
                "difference_turned",
                lambda a, b, t: a + t * (a - b),
                "this walks away from b: the difference is b - a.",
            ),
            Misconception(
                "from_b",
                lambda a, b, t: b + t * (b - a),
                "at t = 0 this is b. Start at a.",
            ),
            Misconception(
                "weights_alike",
                lambda a, b, t: t * a + t * b,
                "at t = 0 this is 0: the two weights must add up to 1.",
            ),
            Misconception(
                "midpoint",
                lambda a, b, t: (a + b) / 2,
                "this is the midpoint whatever t is. Where does t enter?",
            ),
            Misconception(
                "arc",
                slerp,
                "this is the arc (slerp), correct for another exercise; lerp is the straight line.",
            ),
        ),
        note="The first line lets t be several numbers at once; one number does not need it.",
    ),
    "slerp": Exercise(
        "the arc between two codes",
        slerp,
        ("a", "b", "t"),
        _arc_inputs,
        "between ends of equal length it keeps that length; it falls back to the straight line where no arc exists.",
        (
            Misconception("straight", lerp, "this is the straight line (lerp): its middle comes too near the origin."),
            *_slips(
                "ends_swapped",
                "it runs backwards: at t = 0 it must be a.",
                lambda a, b, t: slerp(b, a, t),
            ),
            *_slips(
                "unit_sphere",
                "this has length 1 everywhere: unit vectors are for the *angle* only; mix a and b themselves.",
                lambda a, b, t: slerp(a / a.norm(), b / b.norm(), t),
            ),
            *_anywhere(
                "no_fallback",
                "right for a real arc, but not where a and b point along one line: sin(w) is 0 there.",
                lambda a, b, t: _arc(a, b, t, _angle(a, b)),
                *(lambda a, b, t, cos=cos: _arc(a, b, t, torch.acos(cos(a, b))) for cos in COSINES),
            ),
            *_anywhere(
                "no_clamp",
                "nearly always right, but rounding can take the cosine beyond 1, where acos is NaN: clamp it.",
                *(
                    lambda a, b, t, cos=cos, way=way: way(a, b, t, torch.acos(cos(a, b)))
                    for cos in COSINES
                    for way in (_arc_or_line, _arc_unless_zero)
                ),
            ),
            *_slips_in_the_angle(
                "lengths_forgotten",
                "the cosine is the dot product divided by *both lengths*.",
                lambda a, b: torch.acos(torch.dot(a, b).clamp(-1, 1)),
                lambda a, b: torch.acos(torch.dot(a, b)),
                lambda a, b: torch.acos((torch.dot(a, b) / a.norm()).clamp(-1, 1)),
                lambda a, b: torch.acos((torch.dot(a, b) / b.norm()).clamp(-1, 1)),
            ),
            *_slips_in_the_angle(
                "lengths_squared",
                "the cosine is the dot product divided by both lengths, not by their squares.",
                lambda a, b: torch.acos((torch.dot(a, b) / (a.norm() * b.norm()).square()).clamp(-1, 1)),
                lambda a, b: torch.acos((torch.dot(a, b) / a.square().sum()).clamp(-1, 1)),
                lambda a, b: torch.acos((torch.dot(a, b) / b.square().sum()).clamp(-1, 1)),
            ),
            *_slips_in_the_angle(
                "cosine_as_angle",
                "this uses the cosine where the angle belongs: acos turns one into the other.",
                _cosine,
            ),
            *_slips_in_the_angle(
                "another_inverse",
                "the angle comes from its cosine by acos, not by asin or atan.",
                lambda a, b: torch.asin(_cosine(a, b).clamp(-1, 1)),
                lambda a, b: torch.atan(_cosine(a, b)),
            ),
            *_slips(
                "degrees",
                "torch.sin wants the angle in radians, as acos gives it; here it is in degrees.",
                *(lambda a, b, t, way=way: way(a, b, t, torch.rad2deg(_angle(a, b))) for way in (_arc, _arc_or_line)),
            ),
            *_slips(
                "sine_forgotten",
                "divide both terms by sin(w); else t = 0 does not give a.",
                lambda a, b, t: _arc(a, b, t, _angle(a, b)) * torch.sin(_angle(a, b)),
            ),
            *_slips(
                "divided_by_angle",
                "both terms are divided by sin(w), not by w.",
                lambda a, b, t: _arc(a, b, t, _angle(a, b)) * torch.sin(_angle(a, b)) / _angle(a, b),
            ),
            *_slips(
                "one_term_divided",
                "*both* terms are divided by sin(w): are there brackets around the sum?",
                lambda a, b, t: torch.sin((1 - t) * _angle(a, b)) * a + _weight(a, b, t) * b,
                lambda a, b, t: _weight(a, b, 1 - t) * a + torch.sin(t * _angle(a, b)) * b,
            ),
            *_slips(
                "t_outside",
                "t belongs *into* the sine: it is a fraction of the angle.",
                lambda a, b, t: _weight(a, b, 1 - t) * a + t * b,
                lambda a, b, t: (1 - t) * a + _weight(a, b, t) * b,
            ),
            *_slips(
                "cosine_for_sine",
                "the weights are sines: at t = 1 that of a must be 0.",
                lambda a, b, t: (
                    (torch.cos((1 - t) * _angle(a, b)) * a + torch.cos(t * _angle(a, b)) * b) / torch.sin(_angle(a, b))
                ),
                lambda a, b, t: (
                    (torch.cos((1 - t) * _angle(a, b)) * a + torch.cos(t * _angle(a, b)) * b) / torch.cos(_angle(a, b))
                ),
            ),
            *_slips(
                "length_changed_evenly",
                "this changes the length evenly; the formula asked for does not (that one comes later, as arc).",
                arc,
            ),
            *_slips(
                "line_rescaled",
                "this bends the straight line to the right length, but its steps are not even: use the two sines.",
                lambda a, b, t: lerp(a, b, t) / lerp(a, b, t).norm() * ((1 - t) * a.norm() + t * b.norm()),
                lambda a, b, t: lerp(a, b, t) / lerp(a, b, t).norm() * a.norm(),
                lambda a, b, t: lerp(a, b, t) / lerp(a, b, t).norm(),
            ),
        ),
        note="The first line lets t be several numbers at once; one number does not need it.",
    ),
}
