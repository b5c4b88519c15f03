"""A decoder that reads the true points, and the same one that reads its own: how far each is from the truth."""

import torch
from jaxtyping import Float
from torch import Tensor

from vae_helpers.models import RecurrentVAE
from vae_helpers.models.layers import evaluating
from vae_helpers.validation import check_some, checked


@torch.no_grad()
def draw_two_ways(
    model: RecurrentVAE, strokes: Float[Tensor, "N T 2"]
) -> tuple[Float[Tensor, "N T 2"], Float[Tensor, "N T 2"]]:
    """Each stroke drawn again from its code mu, once from the true points before each, and once from its own.

    Both are means of p(x_t|z, x before t), no draws. The second is *free running*: the only way to draw what isn't
    there yet.

    >>> model = RecurrentVAE(latent_dim=2, input_dropout=1.0)  # a blind one, which reads no points at all
    >>> told, own = draw_two_ways(model, torch.rand(5, 8, 2))
    >>> torch.allclose(told, own, atol=1e-6)
    True

    Args:
        model: whose decoder draws.
        strokes: from 0 to 1.

    Returns:
        What it drew from the true points, and from its own; both in the units of the strokes.

    Raises:
        TypeError, ValueError: a model or strokes that are none.
    """
    if not isinstance(model, RecurrentVAE):
        raise TypeError(f"model: want a RecurrentVAE, got {type(model).__name__}")
    model.check_data(strokes)
    check_some(strokes=strokes)
    with evaluating(model):
        mu, _ = model.encode(strokes)
        told, _ = model.decode(mu, strokes)
        return told, model.write(mu, points=strokes.shape[1], temperature=0)


@checked
def point_errors(drawn: Float[Tensor, "N T 2"], strokes: Float[Tensor, "N T 2"]) -> Float[Tensor, " T"]:
    """How far each point was drawn from where it is: the root of the mean square distance over strokes.

    >>> point_errors(torch.zeros(1, 2, 2), torch.tensor([[[0.0, 0.0], [0.3, 0.4]]]))
    tensor([0.0000, 0.5000])

    Args:
        drawn, strokes: what was drawn, and what was to be.

    Returns:
        One distance for each of the T points, in the units of the strokes: for those from 0 to 1, sides of the square.

    Raises:
        ValueError: no strokes.
    """
    check_some(strokes=strokes)
    return (drawn - strokes).square().sum(dim=2).mean(dim=0).sqrt()
