"""A decoder that leaves z alone, and what is done about it: the rows of a table of models of names, and the table.

All are models of names without their language, trained by one recipe; each differs from "plain" in one thing. Rows are
measured by :func:`measure`; ``python -m vae_helpers.pretrain.names_table`` makes the table.
"""

import time
from typing import Any

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from vae_helpers.data import REPO_DATA, load_names
from vae_helpers.data.tables import read_rows
from vae_helpers.encoding import draw
from vae_helpers.evaluation import active_units, check_data, evaluate, importance_weighted_bound
from vae_helpers.models import NameVAE, PaddedNameVAE
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.models.sequences import count_letters
from vae_helpers.objectives import free_bits_step
from vae_helpers.text import NGram
from vae_helpers.training import fit, warm_up
from vae_helpers.validation import as_seed, check_can, check_fits, check_one_of, check_whole

RECIPE = {"latent_dim": 8, "epochs": 30, "batch_size": 128, "learning_rate": 6e-3}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "annealed": {"warm_up_epochs": 10.0},
    "free bits": {"free_nats": 4.0},
    "hidden letters": {"input_dropout": 0.4},
    "all letters hidden": {"input_dropout": 1.0},
    "lighter KL": {"beta": 0.6},
    "MLP": {"padded": True},
    "MLP, twice as long": {"padded": True, "epochs": 60},
}
COUNTED = "order-2 n-gram"  # the row that is not trained
KINDS = (*SETTINGS, COUNTED)
MLP_HIDDEN = (128,)
LENGTHS = {"2 to 5": (2, 5), "6 to 8": (6, 8), "9 to 16": (9, 16)}  # letters
DRAWS = 50  # of z a name, for the nats by importance sampling
LIKELIEST = 100  # names, each of another z, whose likeliest letters are taken
NEAR_ZERO = 1e-4  # the temperature at which a draw is the likeliest letter
TABLE = REPO_DATA / "tables" / "names.json"

Row = dict[str, Any]


def without_language(names: Integer[Tensor, "N T"]) -> tuple[Integer[Tensor, "N T"], Integer[Tensor, " N"]]:
    """The names, and one and the same language for all: what a model with ``languages=1`` takes.

    >>> without_language(torch.tensor([[3, 1], [2, 0]]))[1]
    tensor([0, 0])
    """
    check_fits(Integer[Tensor, "N T"], names=names)
    return names, torch.zeros(len(names), dtype=torch.long, device=names.device)


def train_name_model(kind: str, names: Integer[Tensor, "N T"], seed: int = 0, epochs: int | None = None) -> nn.Module:
    """One model by the recipe, with the one change that ``SETTINGS`` says of this kind.

    >>> type(train_name_model("MLP", load_names("train")[0][:100], epochs=1)).__name__
    'PaddedNameVAE'

    Args:
        kind: one of ``SETTINGS``.
        names: to train on.
        seed: of the weights, the order of names and all draws.
        epochs: in place of the recipe's.

    Raises:
        ValueError: another kind.
        SystemExit: training was stopped.
    """
    check_one_of(tuple(SETTINGS), kind=kind)
    recipe = {**RECIPE, "beta": 1.0, "input_dropout": 0.0, **SETTINGS[kind]}
    if "padded" in recipe:
        model = PaddedNameVAE(recipe["latent_dim"], languages=1, hidden=MLP_HIDDEN, seed=seed)
    else:
        model = NameVAE(recipe["latent_dim"], languages=1, input_dropout=recipe["input_dropout"], seed=seed)
    history = fit(
        model,
        without_language(names),
        epochs=recipe["epochs"] if epochs is None else epochs,
        batch_size=recipe["batch_size"],
        learning_rate=recipe["learning_rate"],
        beta=warm_up(recipe["warm_up_epochs"]) if "warm_up_epochs" in recipe else recipe["beta"],
        step=free_bits_step(recipe.get("free_nats", 0.0)),  # a floor of 0 changes nothing
        seed=seed,
        progress=False,
    )
    if history.stopped:
        raise SystemExit("training was stopped, so there are no figures")
    return model


def measure(kind: str, seed: int = 0, epochs: int | None = None) -> Row:
    """Train by the recipe on the names to train on, and measure on those held out: one row of the table.

    >>> row = measure("order-2 n-gram")
    >>> round(row["nats"], 1)  # a name
    19.6

    Args:
        kind: one of ``KINDS``.
        seed: of all that is drawn.
        epochs: in place of the recipe's.

    Returns:
        "kind", "seed", "seconds" of training, and what :func:`describe` says with "train" beside it, the negative ELBO
        of the names that it was trained on. Of the n-gram, "nats" and "by_length" alone, the others None.

    Raises:
        ValueError: another kind.
        SystemExit: training was stopped.
    """
    check_one_of(KINDS, kind=kind)
    (names, _), (held_out, _) = load_names("train"), load_names("test")
    started = time.perf_counter()
    if kind == COUNTED:
        found = dict.fromkeys(["reconstruction", "kl", "active", "shuffled", "nats", "by_length", "alike", "train"])
        found |= _nats(NGram(names).nll(held_out), held_out)
        return {"kind": kind, "seed": seed, "seconds": None} | found
    model = train_name_model(kind, names, seed, epochs)
    seconds = round(time.perf_counter() - started, 1)
    told = describe(model, held_out, seed) | {"train": round(evaluate(model, without_language(names)).total, 3)}
    return {"kind": kind, "seed": seed, "seconds": seconds} | told


@torch.no_grad()
def describe(model: nn.Module, names: Integer[Tensor, "N T"], seed: int = 0, draws: int = DRAWS) -> Row:
    """What a model of names without language costs, and how much of it goes through z.

    >>> found = describe(NameVAE(2, languages=1, hidden=8), load_names("test")[0][:50], draws=2)
    >>> [*found]
    ['reconstruction', 'kl', 'active', 'shuffled', 'nats', 'by_length', 'alike']

    Args:
        model: a :class:`NameVAE` or a :class:`PaddedNameVAE` of one language.
        names: that it was not trained on, at least two, some of each length in ``LENGTHS`` (else its mean is None).
        seed: of all draws.
        draws: of z a name, for "nats".

    Returns:
        - "reconstruction", "kl": nats a name, with one draw of z; "active": latents that tell names apart.
        - "shuffled": what a name costs more with the z of another name.
        - "nats": -log p(x) by importance sampling, and "by_length": the same of short, middle and long names.
        - "alike": how many of 100 draws of N(0, I), decoded to their likeliest letters, give the commonest name.

    Raises:
        TypeError, ValueError: another model, names that it can't use, fewer than two, or no draws.
    """
    check_whole(1, draws=draws)
    names = _usable(model, names)
    data = without_language(names)
    terms, (mu, logvar) = evaluate(model, data, seed=seed), model.encode(*data)
    z = draw(mu, logvar, seed)
    with evaluating(model):
        own, another = (model.nll(one, *data[::-1]) for one in (z, z.roll(1, dims=0)))  # names lie in no order
    generator = Generator().manual_seed(as_seed(seed))
    log_px = importance_weighted_bound(model, data, draws, generator, batch_size=len(names))
    prior = torch.randn(LIKELIEST, model.latent_dim, generator=Generator().manual_seed(as_seed(seed)))
    written = likeliest(model, prior.to(z))
    return {
        "reconstruction": round(terms.reconstruction, 3),
        "kl": round(terms.kl, 3),
        "active": int(active_units(mu).sum()),
        "shuffled": round((another - own).mean().item(), 3),
        **_nats(-log_px, names.cpu()),
        "alike": max(map(written.count, written)),
    }


def likeliest(model: nn.Module, z: Float[Tensor, "N D"]) -> list[str]:
    """The name of each z, at each step the likeliest letter: what is left of a draw is what z says.

    >>> a, b = likeliest(NameVAE(2, languages=1, hidden=8), torch.zeros(2, 2))
    >>> a == b
    True

    Args:
        model: a :class:`NameVAE` or a :class:`PaddedNameVAE` of one language.
        z: one a name.

    Raises:
        TypeError, ValueError: another model, or a latent that it can't use.
    """
    _check_speller(model)
    return model.sample(torch.zeros(len(z), dtype=torch.long), z=z, temperature=NEAR_ZERO)


def _usable(model: nn.Module, names: Tensor) -> Tensor:
    """The names, where the model is; each has another, whose z it can be told."""
    _check_speller(model)
    names, _ = check_data(model, without_language(names), "names")
    if len(names) < 2:
        raise ValueError(f"names: want at least two, so that each has another, got {len(names)}")
    return names.to(device_of(model))


def _check_speller(model: nn.Module) -> None:
    check_can(model, "encode", "nll", "sample")
    if getattr(model, "languages", None) != 1:
        got = f"{type(model).__name__} with {getattr(model, 'languages', 'none')}"
        raise ValueError(f"model: want one of names with one language, got {got}")


def _nats(nll: Float[Tensor, " N"], names: Integer[Tensor, "N T"]) -> Row:
    """The mean, and that of each range of lengths."""
    length = count_letters(names)
    chosen = [nll[(low <= length) & (length <= high)] for low, high in LENGTHS.values()]
    means = [round(part.mean().item(), 3) if len(part) else None for part in chosen]
    return {"nats": round(nll.mean().item(), 3), "by_length": dict(zip(LENGTHS, means, strict=True))}


def load_cures(**wanted: Any) -> list[Row]:
    """The rows of data/tables/names.json, each as :func:`measure` returns it.

    >>> len(load_cures(kind="free bits"))  # three seeds
    3

    Args:
        wanted: what a row must say, by column.

    Raises:
        ValueError: no such column.
    """
    return read_rows(TABLE, **wanted)
