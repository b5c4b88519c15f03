"""What a patient is: a VAE with one method gone wrong, what it complains of, and by what numbers it is known."""

import inspect
import textwrap
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from vae_helpers.clinic.chart import Chart
from vae_helpers.clinic.practice import PracticeVAE
from vae_helpers.clinic.watching import seeded_globally
from vae_helpers.history import NonFiniteLossError
from vae_helpers.training import fit

PARTS = ("prepare", "encode", "draw", "decode", "reconstruction", "kl", "loss_terms", "step")  # of PracticeVAE


def practise(model: PracticeVAE, images: Float[Tensor, "N 1 28 28"], epochs: int = 2, seed: int = 0) -> list[float]:
    """Train a practice model for a short time, by its own ``step``.

    >>> import torch
    >>> len(practise(PracticeVAE(latent_dim=2), torch.rand(300, 1, 28, 28), epochs=2))  # three batches of 128 an epoch
    6

    Args:
        model: is trained in place; where its loss is no number any more, up to the last epoch before.
        images: in batches of 128.
        epochs: passes over them.
        seed: for the order of the images and all draws.

    Returns:
        The model's own loss at each step: the mean of its two terms together.

    Raises:
        TypeError, ValueError: as of ``training.fit``.
    """
    losses: list[float] = []

    def step(model: PracticeVAE, *args: object, **options: object) -> tuple[Tensor, Tensor]:
        terms = type(model).step(model, *args, **options)
        losses.append((terms[0] + terms[1]).mean().item())
        return terms

    with seeded_globally(seed), suppress(NonFiniteLossError):
        fit(model, images, epochs=epochs, batch_size=128, seed=seed, progress=False, step=step)
    return losses


@dataclass(frozen=True)
class Patient:
    """One bug that people really report, as data.

    Args:
        name: what the patient is called before anyone knows what it has.
        diagnosis: the name of the bug, and of its file.
        symptom: what its owner sees; no word on the cause.
        broken: the method gone wrong, by the name that it has in :class:`PracticeVAE`.
        phrase: the bug in a few words, for a list of suspects.
        signature: whether a chart shows this bug.
        finding: what is wrong, a sentence.
        next: what to look at next, to be sure.
        remedy: what to write in its place.
        tests: the tests on which the signature rests.
        doubt: what else would give the same numbers, if anything.
        sources: where people report it.
    """

    name: str
    diagnosis: str
    symptom: str
    broken: Callable
    phrase: str
    signature: Callable[[Chart], bool]
    finding: str
    next: str
    remedy: str
    tests: tuple[str, ...]
    doubt: str = ""
    sources: tuple[str, ...] = ()

    @property
    def part(self) -> str:
        """The method of :class:`PracticeVAE` that is broken."""
        return self.broken.__name__

    @property
    def source(self) -> str:
        """The broken method, as it is written."""
        return textwrap.dedent(inspect.getsource(self.broken))

    @property
    def healthy_source(self) -> str:
        """The method as it should be, without its docstring."""
        method = getattr(PracticeVAE, self.part)
        source = textwrap.dedent(inspect.getsource(method))
        return source.replace(f'    """{method.__doc__}"""\n', "")

    def model(
        self, repaired: Callable | None = None, latent_dim: int = 10, hidden: int = 128, seed: int = 0
    ) -> PracticeVAE:
        """The model before training; ``repaired``, a function of the same arguments, replaces the broken one."""
        method = self.broken if repaired is None else repaired
        kind = type(f"{self.name}sVAE", (PracticeVAE,), {self.part: method})
        return kind(latent_dim, hidden, seed)

    def train(
        self, images: Float[Tensor, "N 1 28 28"], repaired: Callable | None = None, epochs: int = 2, seed: int = 0
    ) -> PracticeVAE:
        """The model after a short training, in 10 dimensions; where its loss is no number any more, before that."""
        model = self.model(repaired, seed=seed)
        practise(model, images, epochs, seed)
        return model
