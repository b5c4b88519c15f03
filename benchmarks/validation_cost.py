"""What a shape in the signature costs on each call: ``python benchmarks/validation_cost.py``."""

import inspect
import timeit

import torch

from vae_helpers.losses import gaussian_kl

CALLS, REPEATS = 5_000, 7


def microseconds(function, *arguments) -> float:
    """The fastest of several rounds, for one call."""
    rounds = timeit.repeat(lambda: function(*arguments), number=CALLS, repeat=REPEATS)
    return min(rounds) / CALLS * 1e6


def main() -> None:
    torch.set_num_threads(1)
    mu, logvar = torch.randn(2, 128, 20)
    plain = microseconds(inspect.unwrap(gaussian_kl), mu, logvar)
    checked = microseconds(gaussian_kl, mu, logvar)
    print(f"gaussian_kl(mu, logvar), shape (128, 20): {plain:.1f} us, with its checks {checked:.1f} us")
    print(f"the checks: {checked - plain:.1f} us a call (wanted: under 20)")


if __name__ == "__main__":
    main()
