"""The models that spell names: of notebook 07, told the language, and of notebook 10, told nothing."""

from typing import Any

from vae_helpers.cures import without_language
from vae_helpers.data import load_names
from vae_helpers.data.names import LANGUAGES
from vae_helpers.evaluation import Data
from vae_helpers.models import NameVAE
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.scored import score_and_store
from vae_helpers.training import fit, warm_up

# The KL weighs less than 1, so that z is used: with weight 1 and all else the same, the decoder leaves it alone, and
# the bound is better. Hidden letters narrow the gap to held-out names. data/README.md has the figures.
RECIPE = {
    "latent_dim": 8,
    "input_dropout": 0.4,
    "beta": 0.6,
    "beta_after": 10,
    "epochs": 30,
    "batch_size": 128,
    "learning_rate": 6e-3,
}
# For walks from one name to another: smaller, and with a lighter KL and more epochs, so that z says more of a name.
WALK = {**RECIPE, "latent_dim": 16, "beta": 0.3, "epochs": 60, "hidden": 96, "embedding": 16}
DATA = "names of six languages, a fifth held out"


def train_names(seed: int = MADE_FROM["seed"]) -> None:
    """Train the one with languages, and store it."""
    _train("name_vae", RECIPE, load_names("train"), load_names("test"), seed, languages=len(LANGUAGES))


def train_name_walk(seed: int = MADE_FROM["seed"]) -> None:
    """Train the one without language, and store it."""
    train, test = (without_language(load_names(split)[0]) for split in ("train", "test"))
    _train("name_walk", WALK, train, test, seed, languages=1)


def _train(name: str, recipe: dict[str, Any], train: Data, test: Data, seed: int, languages: int) -> None:
    """Train one, and store it in half precision."""
    model = fit_names(**recipe, seed=seed, data=train, languages=languages)
    score_and_store(model, test, name, {"data": DATA, "seed": seed, **recipe}, "name")


def fit_names(
    latent_dim: int,
    input_dropout: float,
    beta: float,
    beta_after: float,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int = 0,
    data: Data | None = None,
    languages: int = len(LANGUAGES),
    **sizes: int,
) -> NameVAE:
    """A model trained by this recipe: beta is reached after so many epochs. ``sizes`` are those of its networks.

    ``data`` are names and their languages, all that there are to train on if none are given.
    """
    model = NameVAE(latent_dim, languages, input_dropout=input_dropout, seed=seed, **sizes)
    history = fit(
        model,
        load_names("train") if data is None else data,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        beta=warm_up(beta_after, beta),
        seed=seed,
    )
    if history.stopped:
        raise SystemExit("the weights stay as they were: training was stopped")
    return model
