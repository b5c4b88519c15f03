"""Many small VAEs on sprites, alike but for the objective, its strength and the seed, and what each has learnt.

The rows of the table are measured by :func:`measure`; ``make sweep`` makes the table.
"""

import math
from statistics import fmean
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn

from vae_helpers.data import REPO_DATA
from vae_helpers.data.tables import read_rows
from vae_helpers.disentanglement import factor_entropies, information_gaps, mutual_information, mutual_information_gap
from vae_helpers.encoding import draw, encode_distributions
from vae_helpers.evaluation import active_units, evaluate
from vae_helpers.models import VAE
from vae_helpers.objectives import capacity_step, tcvae_step
from vae_helpers.rotations import X, Y, place_grid, place_plane
from vae_helpers.sprites import sprites
from vae_helpers.total_correlation import kl_parts
from vae_helpers.training import fit, training_step, warm_up
from vae_helpers.validation import as_seed, check_finite, check_not_negative, check_one_of, checked

Objective = Literal["beta", "tcvae", "capacity", "narrow", "long"]
OBJECTIVES = get_args(Objective)
RECIPE = {"latent_dim": 10, "hidden": [96, 64], "epochs": 60, "batch_size": 128}  # all else as ``fit`` has it
CAPACITY = {"gamma": 30.0, "epochs": 40}  # C grows for so many of the epochs, and then stays
NARROW, LONG = 0.75, 3  # pixels from one x to the next in place of 1.5; times the epochs
MAPPED = 4  # the beta at which a row also holds where the places lie
DRAWS = 2048  # of z, for total correlation and mutual information
SKEWED = 22.5  # degrees off a right angle from which on x and y have no turn in common
SCORES = (  # what :func:`describe` says, in its order
    "reconstruction",
    "kl",
    "active",
    "mig",
    "gaps",
    "total_correlation",
    "mutual_information",
    "turn",
    "mig_straight",
)
TABLE = REPO_DATA / "tables" / "sprites.json"

Row = dict[str, Any]


def measure(objective: Objective, strength: float, seed: int = 0) -> Row:
    """Train on all sprites by the recipe and measure: one row of the table.

    - "beta": reconstruction + beta * KL.
    - "tcvae": :func:`vae_helpers.objectives.tcvae_step`.
    - "capacity": :func:`vae_helpers.objectives.capacity_step`.
    - "narrow": as "beta", on sprites whose x moves half as far as their y.
    - "long": as "beta", for three times the epochs.

    >>> row = next(row for row in load_sweep() if row["objective"] == "beta")  # to measure takes some 15 seconds
    >>> [*row][:7]
    ['objective', 'strength', 'seed', 'reconstruction', 'kl', 'active', 'mig']

    Args:
        objective: one of the above.
        strength: beta, or for "capacity" the nats that C grows to.
        seed: of the weights, the order of images and all draws.

    Returns:
        The three of them and what :func:`describe` says; at beta = 4 also "grid" (:func:`rounded_grid`).

    Raises:
        ValueError: another objective, or a strength < 0.
        SystemExit: training was stopped, so there are no figures.
    """
    check_one_of(OBJECTIVES, objective=objective)
    check_not_negative(strength=strength)
    seed = as_seed(seed)
    images, factors = sprites(x_step=NARROW) if objective == "narrow" else sprites()
    model = VAE(RECIPE["latent_dim"], RECIPE["hidden"], seed=seed)
    step, schedule = training_step, strength
    if objective == "tcvae":
        step = tcvae_step(len(images))
    if objective == "capacity":
        step, schedule = capacity_step(CAPACITY["gamma"]), warm_up(CAPACITY["epochs"], strength)
    epochs = RECIPE["epochs"] * (LONG if objective == "long" else 1)
    options = {"epochs": epochs, "batch_size": RECIPE["batch_size"], "seed": seed, "progress": False}
    if fit(model, images, beta=schedule, step=step, **options).stopped:
        raise SystemExit("training was stopped, so there are no figures")
    row = {"objective": objective, "strength": strength, "seed": seed} | describe(model, images, factors, seed)
    if objective in ("beta", "narrow", "long") and strength == MAPPED:
        row["grid"] = rounded_grid(model, images, factors, seed)
    return row


def describe(
    model: nn.Module, images: Float[Tensor, "N 1 28 28"], factors: Integer[Tensor, "N 5"], seed: int = 0
) -> Row:
    """What a VAE has learnt about sprites.

    >>> images, factors = sprites(200)
    >>> tuple(describe(VAE(10, (8,)), images, factors)) == SCORES
    True

    Returns:
        - "reconstruction", "kl": nats an image, as ``evaluation.evaluate`` gives them.
        - "active": how many latents are active.
        - "mig", "gaps": the mutual information gap of draws from q(z|x), and its part for each factor.
        - "total_correlation", "mutual_information": two of the KL's three parts in nats, from q(z) over all N images,
          at (at most) 2,048 draws.
        - "turn": by how many degrees the plane of x and y lies off the axes (:func:`straightened`); None where that
          can't be told, or fewer than two latents are active.
        - "mig_straight": the MIG of the same draws with that plane turned back, and as they are where "turn" is None.
    """
    terms = evaluate(model, images, seed=seed)
    mu, logvar = encode_distributions(model, images)
    z = draw(mu, logvar, seed)
    entropies = factor_entropies(factors)
    gaps = information_gaps(mutual_information(z, factors), entropies)
    active = int(active_units(mu).sum())
    turn, straight = (None, z) if active < 2 else straightened(z, mu, factors)
    parts = kl_parts(mu, logvar, seed=seed, draws=min(DRAWS, len(mu)))
    return {
        "reconstruction": round(terms.reconstruction, 2),
        "kl": round(terms.kl, 3),
        "active": active,
        "mig": round(gaps.mean().item(), 4),
        "gaps": [round(gap, 3) for gap in gaps.tolist()],
        "total_correlation": round(parts.total_correlation, 3),
        "mutual_information": round(parts.mutual_information, 3),
        "turn": None if turn is None else round(turn, 1),
        "mig_straight": round(mutual_information_gap(straight, factors), 4),
    }


def rounded_grid(
    model: nn.Module, images: Float[Tensor, "N 1 28 28"], factors: Integer[Tensor, "N 5"], seed: int = 0
) -> list[list[list[float]]]:
    """Where each place of the sprites lies in their plane: mean codes to two digits, (8, 8, 2) as lists.

    >>> images, factors = sprites()
    >>> grid = rounded_grid(VAE(10, (8,)), images, factors)
    >>> len(grid), len(grid[0]), len(grid[0][0])  # by x, by y, the latent with the smaller number first
    (8, 8, 2)
    """
    mu, logvar = encode_distributions(model, images)
    plane = sorted(place_plane(mutual_information(draw(mu, logvar, seed), factors)))
    grid = place_grid(mu[:, plane], factors[:, X], factors[:, Y])
    return [[[round(value, 2) for value in place] for place in row] for row in grid.tolist()]


@checked
def straightened(
    z: Float[Tensor, "N D"], mu: Float[Tensor, "N D"], factors: Integer[Tensor, "N 5"]
) -> tuple[float | None, Float[Tensor, "N D"]]:
    """Turn the plane of x and y (:func:`vae_helpers.rotations.place_plane`), until these two lie along its axes.

    The directions are those in which the means move with x and with y (least squares); the turn that brings both
    nearest to an axis is the mean of their angles, modulo 90 degrees. Where they are far from right angles, or one of
    the two moves nothing, no turn does that.

    >>> factors = sprites().factors
    >>> z = (factors[:, 2:4] - 3.5) @ torch.tensor([[0.8, 0.6], [-0.6, 0.8]])  # x and y, turned
    >>> turn, straight = straightened(z, z, factors)
    >>> round(turn), straight[0]  # the first sprite stands 3.5 steps left of the middle and above it
    (37, tensor([-3.5000, -3.5000]))

    Args:
        z: a draw from q(z|x) for each image; these say which plane, and are turned.
        mu: the means of q(z|x).
        factors: as from ``sprites()``.

    Returns:
        The turn in degrees, from -45 to 45, and the draws with the plane turned back. The sign depends on the order of
        the two latents: compare sizes. None, and the draws as they are, where the directions of x and y are more than
        22.5 degrees off a right angle.

    Raises:
        ValueError: fewer than two latents, no images, or NaN.
    """
    plane = place_plane(mutual_information(z, factors))
    check_finite(mu=mu)
    places = factors[:, [X, Y]].to(mu)
    slopes = (mu[:, plane] - mu[:, plane].mean(dim=0)).T @ (places - places.mean(dim=0))  # a column for x, one for y
    directions = slopes / slopes.norm(dim=0)
    if not torch.dot(*directions.T).abs() < math.sin(math.radians(SKEWED)):  # NaN for one that moves nothing
        return None, z
    quarters = torch.complex(*directions) ** 4  # the same for an axis, its opposite and the other
    turn = quarters.sum().angle().item() / 4
    rotation = torch.tensor([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]).to(z)
    straight = z.clone()
    straight[:, plane] = z[:, plane] @ rotation
    return math.degrees(turn), straight


def load_sweep() -> list[Row]:
    """The rows of data/tables/sprites.json, each as :func:`measure` returns it.

    >>> sorted({row["strength"] for row in load_sweep() if row["objective"] == "beta"})
    [1, 2, 4, 8, 16]
    """
    return read_rows(TABLE)


def shares_of_variance(rows: list[Row], score: str) -> dict[str, float]:
    """One-way analysis of variance: which share of a score's variance lies between strengths, which between seeds.

    >>> rows = [{"strength": s, "mig": mig} for s, mig in [(1, 0.1), (1, 0.3), (2, 0.4), (2, 0.6)]]
    >>> shares = shares_of_variance(rows, "mig")
    >>> round(shares["strength"], 2), round(shares["seed"], 2)
    (0.69, 0.31)

    Args:
        rows: of one objective.
        score: a name in each row.

    Returns:
        "strength" (eta squared: the squares between the strengths' means over all squares) and "seed" (the rest,
        within a strength), which add up to 1. Of n rows at k strengths that make no difference, chance alone gives
        "strength" a share of (k - 1) / (n - 1) in the mean: 0.08 for fifty rows at five, 0.05 for twenty at two.

    Raises:
        ValueError: no rows, or a score that is the same in all.

    Source: Fisher 1925, *Statistical Methods for Research Workers*, chapter 7.
    """
    if not rows:
        raise ValueError("rows: want at least one, got none")
    groups = {}
    for row in rows:
        groups.setdefault(row["strength"], []).append(row[score])
    mean = fmean(row[score] for row in rows)
    between = sum(len(group) * (fmean(group) - mean) ** 2 for group in groups.values())
    within = sum((value - fmean(group)) ** 2 for group in groups.values() for value in group)
    if between + within == 0:
        raise ValueError(f"{score}: want values that differ, got {mean} in every row")
    return {"strength": between / (between + within), "seed": within / (between + within)}
