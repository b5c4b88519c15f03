"""The exercise on a KL that is steered to a number of nats, with mistakes as wrong implementations."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Each, Exercise, Inputs, Misconception
from vae_helpers.objectives import capacity_loss


def _losses() -> list[Inputs]:
    def row(*values: float) -> Tensor:
        return torch.tensor(values)

    def batch(n: int, kl: float, capacity: float, gamma: float) -> Inputs:
        noise = torch.rand(2, n, generator=Generator().manual_seed(n))
        return 60 + 40 * noise[0], 2 * kl * noise[1], capacity, gamma

    return [
        (row(80.0), row(7.0), 5.0, 10.0),  # one image above
        (row(60.0), row(2.0), 5.0, 30.0),  # one below
        (row(80.0, 70.0), row(4.0, 6.0), 5.0, 10.0),  # one of each: their mean has what is asked
        batch(6, 5.0, 0.0, 4.0),  # nothing allowed: a beta-VAE
        (row(80.0, 70.0, 75.0), row(0.0, 3.0, 0.5), 3.0, 20.0),  # one at 0, one just where it should be
        batch(5, 8.0, 25.0, 0.5),
        batch(64, 12.0, 12.5, 1000.0),
    ]


def _priced(price: Callable[[Tensor, float], Tensor]) -> Callable:
    """An answer with the right sum, in which gamma multiplies something else of the KL and C."""
    return lambda reconstruction, kl, capacity, gamma: reconstruction + gamma * price(kl, capacity)


def _combined(combine: Callable[[Tensor, Tensor, float], Tensor]) -> Callable:
    """An answer that combines the reconstruction, |KL - C| and gamma in another way."""
    return lambda reconstruction, kl, capacity, gamma: combine(reconstruction, (kl - capacity).abs(), gamma)


LOSSES = (
    Misconception(
        "absolute_value_forgotten",
        _priced(lambda kl, c: kl - c),
        "without the absolute value, C only shifts the loss, and its gradient is that of beta = gamma: the KL is "
        "pushed towards 0, not C.",
    ),
    Misconception(
        "turned_round",
        _priced(lambda kl, c: c - kl),
        "this rewards every nat of KL, without end: the absolute value is missing.",
    ),
    Misconception(
        "squared",
        _priced(lambda kl, c: (kl - c).square()),
        "this squares the distance to C: a penalty, too, but a weak one close to C. Asked is the absolute value.",
    ),
    Misconception(
        "half_squared",
        _priced(lambda kl, c: 0.5 * (kl - c).square()),
        "this is half the squared distance to C; asked is the absolute value.",
    ),
    Misconception(
        "only_above",
        _priced(lambda kl, c: (kl - c).relu()),
        "only a KL above C costs here. C is a *target*: too few nats cost as much.",
    ),
    Misconception(
        "only_below",
        _priced(lambda kl, c: (c - kl).relu()),
        "only a KL below C costs here, and one above is free. Both sides cost the same.",
    ),
    Misconception(
        "free_bits",
        _priced(lambda kl, c: kl.clamp(min=c)),
        "below C the KL costs the same whatever it is: these are free bits. Here a KL below C costs more.",
    ),
    Misconception(
        "capped",
        _priced(lambda kl, c: kl.clamp(max=c)),
        "above C the KL costs nothing more here: that holds nothing back.",
    ),
    Misconception(
        "capacity_added",
        _priced(lambda kl, c: (kl + c).abs()),
        "C is added to the KL, so it is a constant and the KL is pushed towards 0. Subtract it.",
    ),
    Misconception(
        "capacity_forgotten",
        _priced(lambda kl, c: kl),
        "this is the beta-VAE with beta = gamma. Where does C enter?",
    ),
    Misconception(
        "capacity_times_kl",
        _priced(lambda kl, c: c * kl),
        "C multiplies the KL, as a beta would; it is a number of nats, so subtract it.",
    ),
    Misconception(
        "capacity_as_beta",
        lambda reconstruction, kl, capacity, gamma: reconstruction + capacity * kl,
        "C is no weight like beta, it is a number of nats: subtract it from the KL. And gamma is the weight.",
    ),
    Misconception(
        "of_the_mean",
        _priced(lambda kl, c: (kl.mean() - c).abs()),
        "this compares the *mean* KL of the batch with C. Many programs do; then one image may spend what another "
        "saves. Asked is that each image spends C.",
    ),
    Misconception(
        "mean_of_all",
        lambda reconstruction, kl, capacity, gamma: reconstruction.mean() + gamma * (kl.mean() - capacity).abs(),
        "this averages over the batch first, and compares the *mean* KL with C. Many programs do; asked is that each "
        "image spends C, one value for each.",
    ),
    Misconception(
        "of_the_sum",
        _priced(lambda kl, c: (kl.sum() - c).abs()),
        "this compares the *sum* of all images' KLs with C, which is what one image is to spend.",
    ),
    Misconception(
        "distance_averaged",
        _priced(lambda kl, c: (kl - c).abs().mean()),
        "all images pay the mean distance: l1_loss and mean() average over the batch. Each image has a distance.",
    ),
    Misconception(
        "brackets_missing",
        lambda reconstruction, kl, capacity, gamma: reconstruction + gamma * kl - capacity,
        "without brackets and an absolute value, C is a constant without a gradient: the KL is pushed towards 0.",
    ),
    Misconception(
        "gamma_forgotten",
        _combined(lambda r, off, gamma: r + off),
        "where does gamma enter? It is the price of each nat away from C.",
    ),
    Misconception(
        "gamma_on_the_reconstruction",
        _combined(lambda r, off, gamma: gamma * r + off),
        "gamma weighs the reconstruction; it belongs to the distance of the KL from C.",
    ),
    Misconception(
        "gamma_on_both",
        _combined(lambda r, off, gamma: gamma * (r + off)),
        "gamma weighs the whole loss, which changes nothing of its minimum. It belongs to the second term.",
    ),
    Misconception(
        "gamma_on_the_kl",
        lambda reconstruction, kl, capacity, gamma: reconstruction + (gamma * kl - capacity).abs(),
        "gamma multiplies the KL before C is subtracted: the KL is then pulled to C / gamma. Weigh the whole distance.",
    ),
    Misconception(
        "gamma_on_the_capacity",
        lambda reconstruction, kl, capacity, gamma: reconstruction + (kl - gamma * capacity).abs(),
        "gamma multiplies C alone: the KL is then pulled to gamma * C. Weigh the whole distance.",
    ),
    Misconception(
        "divided_by_gamma",
        _combined(lambda r, off, gamma: r + off / gamma),
        "this divides by gamma: the larger it is, the less the distance costs. Multiply.",
    ),
    Misconception(
        "kl_kept",
        lambda reconstruction, kl, capacity, gamma: capacity_loss(reconstruction, kl, capacity, gamma) + kl,
        "the KL stands there once more; in this loss the distance to C takes its place.",
    ),
    Misconception(
        "on_the_reconstruction",
        lambda reconstruction, kl, capacity, gamma: kl + gamma * (reconstruction - capacity).abs(),
        "the two are exchanged: C is a target for the KL, not for the reconstruction.",
    ),
    Misconception(
        "absolute_value_of_all",
        lambda reconstruction, kl, capacity, gamma: (reconstruction + gamma * (kl - capacity)).abs(),
        "the absolute value is taken of the whole loss; it belongs to KL - C alone.",
    ),
    Misconception(
        "subtracted",
        _combined(lambda r, off, gamma: r - gamma * off),
        "the distance has the wrong sign: training would drive the KL away from C.",
    ),
    Misconception(
        "reconstruction_subtracted",
        _combined(lambda r, off, gamma: gamma * off - r),
        "the reconstruction has the wrong sign: it comes as -log p(x|z), and is made small.",
    ),
    Misconception(
        "reconstruction_forgotten",
        _combined(lambda r, off, gamma: gamma * off),
        "this is the second term alone. Where does the reconstruction enter?",
    ),
)

EXERCISES: dict[str, Exercise] = {
    "capacity_loss": Exercise(
        "the loss with a capacity",
        capacity_loss,
        ("reconstruction", "kl", "capacity", "gamma"),
        _losses,
        "a nat too few costs as much as one too many; with C = 0 it is the beta-VAE's loss, beta = gamma.",
        LOSSES,
        differentiable=("reconstruction", "kl"),
        each=Each(),
    ),
}
