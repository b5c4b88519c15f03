"""Does a decoder use what z tells it? Measures of one model of strokes on strokes that it was not trained on.

A model here has ``encode(strokes)``, ``nll(z, strokes)`` and ``loss_terms(strokes)``: a RecurrentVAE, a StrokeVAE. The
table of many trained models is made by ``python -m vae_helpers.pretrain.strokes_table``.
"""

from typing import Any

import torch
from jaxtyping import Float, Integer
from torch import Generator, Tensor, nn

from vae_helpers.data import REPO_DATA
from vae_helpers.data.tables import read_rows
from vae_helpers.encoding import draw
from vae_helpers.evaluation import active_units, check_data, evaluate, importance_weighted_bound
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.threads import threads_for
from vae_helpers.validation import as_seed, check_can, check_whole

DRAWS = 50  # of importance sampling
MEASURES = ("reconstruction", "kl", "total", "active", "shuffled", "shuffled_median", "log_px")
TABLE = REPO_DATA / "tables" / "pen_digits.json"

Row = dict[str, Any]


@torch.no_grad()
def shuffled_gap(model: nn.Module, strokes: Float[Tensor, "N T 2"], seed: int = 0) -> Float[Tensor, " N"]:
    """How many nats more each stroke costs with the z of *another* stroke than with its own, a draw from q(z|x).

    A decoder that ignores z doesn't notice: 0. Each z goes to exactly one other stroke, so that what the decoder is
    told is what it is always told, only of the wrong stroke.

    >>> from vae_helpers.models import StrokeVAE
    >>> model, strokes = StrokeVAE(latent_dim=2), torch.rand(5, 8, 2)
    >>> _ = torch.nn.init.zeros_(model.decoder[0].weight)  # now it hears nothing of z
    >>> shuffled_gap(model, strokes)
    tensor([0., 0., 0., 0., 0.])

    Args:
        model: a VAE of strokes, as above; it is used in eval mode, and no point is hidden from its decoder then.
        strokes: at least two.
        seed: for the draws of z, and for which stroke gets which.

    Returns:
        One value a stroke, in nats; also below 0, where the wrong z happens to suit a stroke better.

    Raises:
        TypeError, ValueError: another model, strokes that it can't use, or fewer than two.
    """
    strokes = _usable(model, strokes)
    if len(strokes) < 2:
        raise ValueError(f"strokes: want at least two, so that each has another, got {len(strokes)}")
    with threads_for(model), evaluating(model):
        z = draw(*model.encode(strokes), seed)
        return (model.nll(z[others(len(z), seed)], strokes) - model.nll(z, strokes)).cpu()


def others(n: int, seed: int = 0) -> Integer[Tensor, " n"]:
    """For each of n examples the number of another one; each is another's exactly once.

    >>> others(2)
    tensor([1, 0])

    All are put into a circle in random order, and each gets the next.

    Raises:
        ValueError: an n that is not a whole number >= 2.
    """
    check_whole(2, n=n)
    order = torch.randperm(int(n), generator=Generator().manual_seed(as_seed(seed)))
    other = torch.empty_like(order)
    other[order] = order.roll(-1)
    return other


@torch.no_grad()
def describe(model: nn.Module, strokes: Float[Tensor, "N T 2"], seed: int = 0) -> Row:
    """What a model's z is worth, as means over strokes.

    >>> from vae_helpers.models import StrokeVAE
    >>> tuple(describe(StrokeVAE(2), torch.rand(40, 8, 2))) == MEASURES
    True

    Args:
        model: a VAE of strokes, as above; it is used in eval mode.
        strokes: that it was not trained on; at least two.
        seed: of all draws.

    Returns:
        - "reconstruction", "kl" and "total": their sum, the negative ELBO, in nats a stroke.
        - "active": how many latents are active, as :func:`vae_helpers.evaluation.active_units` has it.
        - "shuffled", "shuffled_median": mean and median of :func:`shuffled_gap`. A wrong z can cost one stroke
          thousands of nats, so that the mean is mostly these strokes'.
        - "log_px": the mean of log p(x) by importance sampling with 50 draws.

    Raises:
        TypeError, ValueError: another model, strokes that it can't use, or fewer than two.
    """
    gap = shuffled_gap(model, strokes, seed)
    terms = evaluate(model, strokes, seed=seed)
    generator = Generator().manual_seed(as_seed(seed))
    log_px = importance_weighted_bound(model, strokes, DRAWS, generator, batch_size=len(strokes))
    with evaluating(model):
        mu, _ = model.encode(strokes.to(device_of(model)))
    return {
        "reconstruction": round(terms.reconstruction, 3),
        "kl": round(terms.kl, 3),
        "total": round(terms.total, 3),
        "active": int(active_units(mu).sum()),
        "shuffled": round(gap.mean().item(), 2),
        "shuffled_median": round(gap.median().item(), 2),
        "log_px": round(log_px.mean().item(), 3),
    }


def load_pen_table(**wanted: Any) -> list[Row]:
    """The rows of data/tables/pen_digits.json, each as ``pretrain.strokes_table.measure`` returns it.

    >>> len(load_pen_table(kind="gru", latent_dim=8, input_dropout=1.0, cure="none"))  # three seeds
    3

    Args:
        wanted: what a row must say, by column.

    Raises:
        ValueError: no such column.
    """
    return read_rows(TABLE, **wanted)


def _usable(model: nn.Module, strokes: Tensor) -> Tensor:
    check_can(model, "encode", "nll")
    (strokes,) = check_data(model, strokes, "strokes")
    return strokes.to(device_of(model))
