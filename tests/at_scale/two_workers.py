"""What each process does that test_two_workers.py starts by torchrun: small trainings, and what came of them."""

import sys
from pathlib import Path

import torch

from vae_helpers.data import load_mnist, load_names, load_pen_digits
from vae_helpers.distributed import started_by_torchrun
from vae_helpers.models import VAE, VRNN, ConditionalVAE, HierarchicalVAE, NameVAE, RecurrentVAE
from vae_helpers.training import NonFiniteLossError, fit, warm_up


class Breaks(VAE):
    """Its loss is NaN where an image is black: in one process of two."""

    def loss_terms(self, x, generator=None):
        reconstruction, kl = super().loss_terms(x, generator)
        return torch.where(x.flatten(1).any(dim=1), reconstruction, float("nan")), kl


def trainings():
    """``name, model, data, settings`` of each: in double precision, where a fault can't hide behind rounding."""
    images, labels = (part[:205] for part in load_mnist("test"))
    strokes, digits = (part[:205] for part in load_pen_digits("test"))
    names = tuple(part[:205] for part in load_names("test"))
    images, strokes = images.double(), strokes.double()
    two_layers = HierarchicalVAE((6, 3), (16, 8), batch_norm=False)
    # of the three last batches the first has 1 row for two processes, the others are uneven
    yield "vae", VAE(2, (16,)), images, {"binarization": "dynamic", "batch_size": 51, "beta": warm_up(2)}
    yield "hierarchical", two_layers, images, {"batch_size": 60}
    yield "conditional", ConditionalVAE(latent_dim=2, hidden=(16,)), (images, labels), {"batch_size": 41}
    yield "recurrent", RecurrentVAE(2, hidden=8), strokes, {"batch_size": 60}
    yield "vrnn", VRNN(hidden=8), strokes, {"batch_size": 60}
    yield "names", NameVAE(2, input_dropout=0.3), names, {"batch_size": 60, "one_cycle": False}


def results(fabric=None) -> dict[str, dict]:
    """Rows and weights of each."""
    found = {}
    for name, model, data, settings in trainings():
        history = fit(model.double(), data, data, epochs=2, progress=False, fabric=fabric, **settings)
        found[name] = {"rows": history.rows, "weights": {k: v.clone() for k, v in model.state_dict().items()}}
    return found


def broken(fabric) -> str:
    """What is said of a loss that is NaN in one process alone."""
    images = load_mnist("test")[0][:200].clone()
    last = torch.randperm(200, generator=torch.Generator().manual_seed(0))[99]
    images[last] = 0  # the last row of the first batch: that of the last process
    try:
        fit(Breaks(2, (16,)), images, epochs=1, batch_size=100, progress=False, fabric=fabric)
    except NonFiniteLossError as error:
        return str(error)
    return "nothing"


if __name__ == "__main__":
    fabric = started_by_torchrun()
    found = {**results(fabric), "broken": broken(fabric)}
    torch.save(found, Path(sys.argv[1]) / f"{fabric.global_rank}.pt")
