"""Remedies that other notebooks tried, as rows of the drug cabinet: the decoder sees too much, or a layer lies idle."""

from collections.abc import Iterator

from vae_helpers.clinic.cabinet import Row
from vae_helpers.data import REPO_DATA
from vae_helpers.data.tables import read_rows


def elsewhere() -> list[Row]:
    """What the tables of notebooks 10 and 11 say of remedies, as rows of this kind: a decoder that is told the past.

    Each row has "illness", "remedy", "seed", "kl" and "total" alone, in nats.

    - "letters told": models of names; the first 4 nats of the KL are free; past hidden: 40 % of the letters told.
    - "points told": models of pen digits; 8 nats free; past hidden: half of the points.
    - "second layer": two layers of latents, bottom-up, images in black and white; 2 nats of each free.
    - "fifty latents": one layer beside them, with as many weights.

    >>> sorted({row["illness"] for row in elsewhere()})
    ['fifty latents', 'letters told', 'points told', 'second layer']
    """
    return [*_names(), *_pen_digits(), *_layers()]


def _names() -> Iterator[Row]:
    called = {"plain": "none", "annealed": "warm-up", "free bits": "free bits", "hidden letters": "past hidden"}
    for row in read_rows(REPO_DATA / "tables" / "names.json"):
        if row["kind"] in called:
            yield _borrowed("letters told", called[row["kind"]], row)


def _pen_digits() -> Iterator[Row]:
    told_all = {"kind": "gru", "latent_dim": 8, "epochs": 40, "input_dropout": 0.0}
    path = REPO_DATA / "tables" / "pen_digits.json"
    for row in read_rows(path, **told_all):
        yield _borrowed("points told", row["cure"], row)
    for row in read_rows(path, **told_all | {"input_dropout": 0.5}):
        yield _borrowed("points told", "past hidden", row)


def _layers() -> Iterator[Row]:
    path = REPO_DATA / "tables" / "hierarchical.json"
    for illness, model in (("second layer", "bottom-up"), ("fifty latents", "one")):
        for row in read_rows(path, model=model, batch_norm=False, epochs=10):
            yield _borrowed(illness, row["cure"], row)


def _borrowed(illness: str, remedy: str, row: Row) -> Row:
    total = round(row["reconstruction"] + row["kl"], 3)
    return {"illness": illness, "remedy": remedy, "seed": row["seed"], "kl": row["kl"], "total": total}
