"""Pictures of the clinic: what a patient's owner sees, and which test sees what."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from vae_helpers.clinic import PracticeVAE, find, order, practise, treat
from vae_helpers.clinic.chart import near
from vae_helpers.plots.curves import LINE_STYLES
from vae_helpers.plots.images import _ink, _pictures
from vae_helpers.validation import as_seed, check_whole

USUAL = (60.0, 800.0)  # nats between which a loss curve is drawn; others are cut off at the edge
POINTS = 24  # of a curve: each the mean of steps that follow one another
GAP = 12  # pixels between two models
STYLES = (*LINE_STYLES, {"color": "#ffa90e", "ls": (0, (4, 1))})
OFF, FINE, BLANK = "#ffa90e", "#e8f1fa", "white"
CROWD = 8  # tests that fit on a slide
FEWEST = 64  # images that the clinic's tests need


@torch.no_grad()
def symptoms(
    models: Mapping[str, PracticeVAE],
    losses: Mapping[str, Sequence[float]],
    images: Float[Tensor, "N 1 28 28"],
    *,
    n: int = 8,
    seed: int = 0,
) -> Figure:
    """What the owners of some models see: loss curves, copies, samples, and four numbers as the models say them.

    Args:
        models: by the name that stands beside them.
        losses: of each, the own loss at equal steps; what lies outside of 60 to 800 nats is drawn at the edge.
        images: for the copies the first ``n``, for the numbers all; at least 64.
        n: how many copies, and how many samples.
        seed: for the draws.

    Raises:
        TypeError, ValueError: no models by name, none of their losses, or unusable images.
    """
    if not isinstance(models, Mapping) or not models:
        raise TypeError(f"models: want a dictionary of models by their names, got {models!r:.60}")
    if missing := [name for name in models if not len(losses.get(name, ()))]:
        raise ValueError(f"losses: want those of {missing[0]}, got those of {', '.join(losses) or 'none'}")
    check_whole(1, n=n)
    if len(_pictures("images", images)) < max(FEWEST, n):
        raise ValueError(f"images: want at least {max(FEWEST, n)}, got {len(images)}")
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(11, 1.3 + 1.35 * len(models)), width_ratios=[1, 2.1], layout="constrained"
    )
    _curves(left, losses)
    top = _strip(right, 0, "images", images[:n])
    for name, model in models.items():
        eps = torch.randn(n, model.latent_dim, generator=Generator().manual_seed(as_seed(seed)))
        mu, logvar = model.encode(images[:n])
        copies = model.decode(model.draw(mu, logvar, Generator().manual_seed(as_seed(seed))))
        middle = top + GAP + 28
        top = _strip(right, top + GAP, f"{name}: copies", _paper(copies))
        top = _strip(right, top, "samples", _paper(model.decode(eps)))
        right.text(28 * n + 10, middle, _numbers(model, images, seed), va="center", fontsize=12, family="monospace")
    right.set(xlim=(-110, 28 * n + 160), ylim=(top, 0))
    right.axis("off")
    return fig


def treated(
    repairs: Mapping[str, Callable],
    train_images: Float[Tensor, "N 1 28 28"],
    images: Float[Tensor, "M 1 28 28"],
    seed: int = 0,
) -> Figure:
    """The :func:`symptoms` of patients, each trained for a short time, and of those that a repair cures once more.

    Args:
        repairs: by the patient's name, what is to replace its broken method; one that is still to do cures nothing.
        train_images: what they are trained on.
        images: as of :func:`symptoms`.
        seed: for weights, training and draws.

    Raises:
        TypeError, ValueError: as of ``clinic.treat`` and :func:`symptoms`.
    """
    models, losses = {}, {}
    for name, repaired in repairs.items():
        methods = {name: None}
        if treat(name, repaired, images, seed).status == "cured":
            methods[f"{name}, repaired"] = repaired
        for label, method in methods.items():
            models[label] = find(name).model(method, seed=seed)
            losses[label] = practise(models[label], train_images, seed=seed)
    return symptoms(models, losses, images, seed=seed)


def _curves(axis: Axes, losses: Mapping[str, Sequence[float]]) -> None:
    for k, ((name, values), style) in enumerate(zip(losses.items(), cycle(STYLES), strict=False)):
        parts = torch.as_tensor(values, dtype=torch.float64).tensor_split(min(POINTS, len(values)))
        shown = torch.stack([part.mean() for part in parts]).nan_to_num(USUAL[1], USUAL[1], USUAL[0])
        part = (torch.arange(len(shown)) + 1) / len(shown)
        axis.plot(
            part, shown.clamp(*USUAL), **style, lw=1.8 + 0.7 * (len(losses) - 1 - k), label=name
        )  # none hides another
    axis.set(xlabel="part of the training", ylabel="own loss, nats per image", yscale="log", ylim=USUAL)
    axis.set_yticks([60, 100, 150, 200, 400, 800], ["60", "100", "150", "200", "400", "800"])
    axis.minorticks_off()
    axis.grid(alpha=0.3)
    axis.legend(frameon=False)


def _strip(axis: Axes, top: float, name: str, images: Tensor) -> float:
    """One row of images; gives where it ends."""
    strip = torch.cat(list(images[:, 0]), dim=1)
    axis.imshow(_ink(strip), cmap="gray", vmin=0, vmax=1, extent=(0, strip.shape[1], top + 28, top))
    axis.text(-6, top + 14, name, ha="right", va="center", fontsize=12)
    return top + 28


def _paper(logits: Tensor) -> Tensor:
    return torch.sigmoid(logits).nan_to_num(0.5)


def _numbers(model: PracticeVAE, images: Tensor, seed: int) -> str:
    own, latents = order("honest", model, images, seed=seed), order("latents", model, images, seed=seed)
    rows = {"reconstr.": own["own_reconstruction"], "KL": own["own_kl"], "own loss": own["own_loss"]}
    lines = [f"{name:9} {_short(value):>7}" for name, value in rows.items()]
    active = latents["active_units"]
    return "\n".join([*lines, f"{'active':9} {'-' if math.isnan(active) else int(active):>2} of {model.latent_dim}"])


def _short(value: float) -> str:
    return f"{value:.1f}" if 10 <= abs(value) < 1e5 else f"{value:.2g}"


def clinic_tests(charts: Mapping[str, Mapping[str, float]], tests: Mapping[str, str], healthy: str) -> Figure:
    """Models by tests: the numbers, orange where they differ from the healthy model's by more than 15 % of it.

    Beside a healthy 0 what is above 0.1 differs. What was not measured is white. Of many tests only the numbers that
    differ are written, and the first row's.

    Args:
        charts: of each model, numbers by name.
        tests: the numbers that are shown, and what stands above each.
        healthy: the name of the model that the others are compared with.

    Raises:
        TypeError: no charts by name.
        ValueError: no healthy model of that name, or a number that it lacks.
    """
    if not isinstance(charts, Mapping) or not charts or not tests:
        raise TypeError("charts, tests: want two dictionaries that are not empty")
    if healthy not in charts:
        raise ValueError(f"healthy: want one of {', '.join(charts)}, got {healthy!r}")
    if missing := [name for name in tests if not math.isfinite(charts[healthy].get(name, math.nan))]:
        raise ValueError(f"tests: want numbers that {healthy} has, got {missing[0]}")
    crowded = len(tests) > CROWD
    size = (0.75 if crowded else 1.3) * len(tests) + 1.4, 0.42 * len(charts) + 1.2
    fig, axis = plt.subplots(figsize=size, layout="constrained")
    for row, chart in enumerate(charts.values()):
        for column, test in enumerate(tests):
            value = chart.get(test, math.nan)
            color = BLANK if not math.isfinite(value) else OFF if _is_off(value, charts[healthy][test]) else FINE
            axis.add_patch(plt.Rectangle((column, row), 1, 1, fc=color, ec="white", lw=2))
            weight = "bold" if color == OFF else "normal"
            text = "" if crowded and color == FINE and row else _short_or_blank(value)
            axis.text(column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=12, weight=weight)
    axis.set(xlim=(0, len(tests)), ylim=(len(charts), 0))
    axis.set_yticks([row + 0.5 for row in range(len(charts))], list(charts), fontsize=13)
    axis.set_xticks([column + 0.5 for column in range(len(tests))], list(tests.values()), fontsize=11)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return fig


def _is_off(value: float, healthy: float) -> bool:
    return abs(value) > 0.1 if abs(healthy) < 1e-6 else not near(value, healthy)


def _short_or_blank(value: float) -> str:
    if not math.isfinite(value):
        return ""
    if abs(value) < 1e-3:
        return "0"
    return f"{value:.0e}" if abs(value) >= 1e5 else f"{value:.0f}" if abs(value) >= 10 else f"{value:.2g}"
