"""The snapshots behind notebook 09's CodeFlow: codes and discriminator, from the first step to the last."""

import torch
from torch import Generator, Tensor
from torch.optim import Optimizer

from vae_helpers.adversarial import AdversarialStep
from vae_helpers.code_flow import PATH, Flow, record, save_code_flow
from vae_helpers.data import load_mnist
from vae_helpers.evaluation import evaluate
from vae_helpers.models import AdversarialAutoencoder
from vae_helpers.models.layers import evaluating
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.sampled_priors import GaussianPrior, Prior, RingPrior, SwissRollPrior
from vae_helpers.training import fit, warm_up

RECIPE = {"hidden": [128, 64], "judges": [64, 64], "epochs": 8, "weight": 30.0, "warm_up": 4}
PRIORS = {"Gaussian": GaussianPrior(2), "ring of ten": RingPrior(), "swiss roll": SwissRollPrior()}
SNAPSHOTS = (0, 10, 30, 70, 150, 280, 450, 650, 900, 1150, 1500, 1880)  # steps; at the start codes move most
SHOWN, DRAWS = 40, 400  # images a class, draws of the prior


class Recording:
    """A step for ``fit`` that leaves training as it is, and keeps what :func:`record` says after the steps of ``at``.

    Before the first step too, where ``at`` has a 0.
    """

    def __init__(self, step: AdversarialStep, images: Tensor, at: tuple[int, ...]):
        self.step, self.images, self.at = step, images, at
        self.done, self.snapshots = 0, []

    def __call__(
        self,
        model: AdversarialAutoencoder,
        optimizer: Optimizer,
        *batch: Tensor,
        beta: float = 1.0,
        generator: Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        if self.done == 0:
            self._look(model)
        terms = self.step(model, optimizer, *batch, beta=beta, generator=generator)
        self.done += 1
        self._look(model)
        return terms

    def _look(self, model: AdversarialAutoencoder) -> None:
        if self.done in self.at:
            with evaluating(model):
                reconstruction = torch.tensor(evaluate(model, load_mnist("test")[0]).reconstruction)
                parts = record(model, self.images) | {"reconstruction": reconstruction}
            self.snapshots.append(parts | {"steps": torch.tensor(self.done)})


def train_code_flow() -> None:
    """One training for each prior, all else the same: about a minute on one thread; one file for all."""
    images, labels = few_of_each()
    flows = {name: train(prior, images) for name, prior in PRIORS.items()}
    save_code_flow(flows, labels, PATH, {**MADE_FROM, **RECIPE})
    print(f"{PATH}: {PATH.stat().st_size / 1e6:.2f} MB")


def few_of_each() -> tuple[Tensor, Tensor]:
    """The first 40 test images of each digit, and their labels."""
    images, labels = load_mnist("test")
    chosen = torch.cat([(labels == digit).nonzero()[:SHOWN, 0] for digit in range(10)])
    return images[chosen], labels[chosen]


def train(prior: Prior, images: Tensor, weight: float = RECIPE["weight"], seed: int = 0) -> Flow:
    """The snapshots of one training towards ``prior``."""
    model = AdversarialAutoencoder(2, RECIPE["hidden"], judges=RECIPE["judges"], seed=seed)
    watch = Recording(AdversarialStep(model, prior), images, SNAPSHOTS)
    beta = warm_up(RECIPE["warm_up"], weight)
    if fit(model, load_mnist("train")[0], epochs=RECIPE["epochs"], beta=beta, seed=seed, step=watch).stopped:
        raise SystemExit(f"{PATH.name} stays as it was: training was stopped")
    parts = {name: torch.stack([one[name] for one in watch.snapshots]) for name in watch.snapshots[0]}
    return Flow(**parts, draws=prior.sample(DRAWS, Generator().manual_seed(0)), judges=tuple(RECIPE["judges"]))
