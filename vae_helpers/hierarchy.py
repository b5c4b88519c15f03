"""What a model with layers of latents does with each: nats by unit, the importance-weighted bound, the table of runs.

The table of many trained models is made by ``python -m vae_helpers.pretrain.hierarchical_table``.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from vae_helpers.data import REPO_DATA
from vae_helpers.data.tables import read_rows
from vae_helpers.evaluation import check_data, evaluate, importance_weighted_bound, kl_of_layers
from vae_helpers.losses import gaussian_kl_between
from vae_helpers.models import HierarchicalVAE
from vae_helpers.models.gaussians import gaussian_log_densities
from vae_helpers.models.latent_layers import Layer
from vae_helpers.models.layers import device_of, evaluating
from vae_helpers.threads import threads_for
from vae_helpers.validation import as_seed, check_can, check_whole

ACTIVE = 0.01  # nats of a unit's own KL, above which it counts as active
BATCH_SIZE = 2000
DRAWS = 100  # K of the importance-weighted bound
MEASURES = ("reconstruction", "kl", "total", "kl_of_layers", "active", "iw_nll", "some_total")
TABLE = REPO_DATA / "tables" / "hierarchical.json"

Row = dict[str, Any]


@torch.no_grad()
def kl_of_units(model: HierarchicalVAE, images: Float[Tensor, "N 1 28 28"], seed: int = 0) -> list[Float[Tensor, " D"]]:
    """For each layer the KL of each of its units alone, the mean over images: what each costs.

    A layer's parts come together to :func:`vae_helpers.evaluation.kl_of_layers`. Variances of means, by which a
    notebook counts active dimensions elsewhere, would not do: where the prior is learned, so is the scale of z.

    >>> [part.shape for part in kl_of_units(HierarchicalVAE((8, 2), (16, 16)), torch.rand(5, 1, 28, 28))]
    [torch.Size([8]), torch.Size([2])]

    Args:
        model: it is used in eval mode.
        images: in [0, 1].
        seed: for the draws of z.

    Returns:
        Nats, z_1's layer first. Those that rest on draws may be a little below 0.

    Raises:
        TypeError, ValueError: another model, or images that it can't use.
    """
    images = _usable(model, images)
    generator, sums = Generator().manual_seed(as_seed(seed)), [0.0 for _ in model.latent_dims]
    with threads_for(model), evaluating(model):
        for x in images.split(BATCH_SIZE):
            for k, layer in enumerate(model.infer(x.to(device_of(model)), generator)):
                sums[k] = sums[k] + _unit_terms(layer, model.is_exact(k)).sum(dim=0).cpu()
    return [total / len(images) for total in sums]


def _unit_terms(layer: Layer, exact: bool) -> Float[Tensor, "N D"]:
    """What ``layer_terms`` sums over the units of one layer."""
    z, q, p = layer
    if not exact:
        return gaussian_log_densities(z, *q) - gaussian_log_densities(z, *p)
    columns = zip(*(part.split(1, dim=1) for part in (*q, *p)), strict=True)
    return torch.stack([gaussian_kl_between(*column) for column in columns], dim=1)


def describe(model: HierarchicalVAE, images: Float[Tensor, "N 1 28 28"], some: int = 2000, seed: int = 0) -> Row:
    """What the table says of a model: means over held-out images, in nats, rounded.

    >>> describe(HierarchicalVAE((8, 2), (16, 16)), torch.rand(5, 1, 28, 28)).keys() == {*MEASURES}
    True

    Args:
        model: it is used in eval mode.
        images: in [0, 1], that it was not trained on.
        some: of so many, the first ones, the importance-weighted bound is taken: 100 draws of each take their time.
        seed: of all draws.

    Returns:
        - "reconstruction", "kl" and "total": their sum, the negative ELBO.
        - "kl_of_layers", "active": a number a layer, z_1's first: its part of the KL, and how many of its units have
          more than 0.01 nats of their own.
        - "iw_nll", "some_total": the negative importance-weighted bound with 100 draws, and the negative ELBO of the
          same images.

    Raises:
        TypeError, ValueError: another model, images that it can't use, or a ``some`` that is not a whole number >= 1.
    """
    check_whole(1, some=some)
    few, generator = _usable(model, images)[: int(some)], Generator().manual_seed(as_seed(seed))
    terms = evaluate(model, images, seed=seed)
    return {
        "reconstruction": round(terms.reconstruction, 3),
        "kl": round(terms.kl, 3),
        "total": round(terms.total, 3),
        "kl_of_layers": [round(kl, 3) for kl in kl_of_layers(model, images, seed=seed)],
        "active": [int((part > ACTIVE).sum()) for part in kl_of_units(model, images, seed)],
        "iw_nll": round(-importance_weighted_bound(model, few, DRAWS, generator).mean().item(), 3),
        "some_total": round(evaluate(model, few, seed=seed).total, 3),
    }


def load_hierarchical_table(**wanted: Any) -> list[Row]:
    """The rows of data/tables/hierarchical.json, each as ``pretrain.hierarchical_table.measure`` returns it.

    >>> len(load_hierarchical_table(model="ladder", batch_norm=True, cure="warm-up", epochs=10))  # three seeds
    3

    Args:
        wanted: what a row must say, by column.

    Raises:
        ValueError: no such column.
    """
    return read_rows(TABLE, **wanted)


def _usable(model: HierarchicalVAE, images: Tensor) -> Tensor:
    check_can(model, "infer", "is_exact", "decode")
    (images,) = check_data(model, images, "images")
    return images
