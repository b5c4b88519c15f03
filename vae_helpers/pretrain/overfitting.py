"""The table behind notebook 07's picture of overfitting: data/tables/overfitting.json."""

from collections.abc import Iterator

from vae_helpers.overfitting import KINDS, STEPS, TABLE, measure
from vae_helpers.pretrain.origin import MADE_FROM
from vae_helpers.pretrain.tables import write_table

SEEDS = {500: 3, 2000: 3, 10_000: 1, 60_000: 1}  # by the number of images: the fewer, the more they differ
LONGER = 5 * STEPS  # five epochs of 60,000 images, in place of one


def trainings() -> Iterator[tuple[str, int, int, int]]:
    """Condition, images, seed and steps of each row."""
    for images, seeds in SEEDS.items():
        for kind in KINDS:
            if kind == "image" and images == 60_000:
                continue  # a network that reads 60,000 conditions has 15 million weights
            if kind == "few random" and images > 500:
                continue  # asks one thing: at 500 images, is it how few share a number?
            yield from ((kind, images, seed, STEPS) for seed in range(seeds))
    yield from ((kind, 60_000, 0, LONGER) for kind in ("none", "cluster"))


def train_overfitting() -> None:
    """Train some forty small models, in about five minutes on one thread, and write the table, one row a line."""
    rows = []
    for kind, images, seed, steps in trainings():
        rows.append(row := measure(kind, images, seed, steps))
        print(f"{kind:>8} {images:6,} images, seed {seed}, {steps} steps: {row['train']:6.2f} {row['test']:6.2f}")
    made_from = {name: value for name, value in MADE_FROM.items() if name != "seed"}  # each row has its own
    write_table(TABLE, made_from, rows)
