"""Try a step of the adversarial game on small models: which of the three networks it moves, and how."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from vae_helpers.adversarial import adversarial_step
from vae_helpers.exercises.exercise import Inputs, Recognised
from vae_helpers.models import AdversarialAutoencoder

NETWORKS = ("encoder", "decoder", "discriminator")
MEASURED = tuple(
    text.format(network, step)
    for step in ("first", "second")
    for text in (
        "the {}'s {} step, how far it goes the right way (1 = as the package's own)",
        "the {}'s {} step, how far it goes astray",
    )
    for network in NETWORKS
)


def games() -> list[Inputs]:
    """Two steps each, images and draws of the prior, and the weight; one image among them."""
    return [_batch(5, 0) + _batch(3, 1) + (7.0,), _batch(1, 2) + _batch(4, 3) + (0.4,)]


def two_moves(answer: Callable, values: Inputs) -> Tensor | None:
    """How the networks move in two steps, beside the package's own step from the same weights; see ``MEASURED``.

    None if nothing was touched. Plain gradient descent, so that what moves is the gradient.
    """
    model = AdversarialAutoencoder(2, (6,), judges=(5,), seed=0).double()
    optimizers = _optimizers(model)
    codes, judged, moves = [], [], []
    model.encoder.register_forward_hook(lambda module, x, z: codes.append((module.training, z.detach().clone())))
    model.discriminator.register_forward_pre_hook(lambda module, z: judged.append(z[0].detach().clone()))
    for x, real in (values[0:2], values[2:4]):
        right = AdversarialAutoencoder(**model.architecture).double()
        right.load_state_dict(model.state_dict())
        before = _weights(model)
        returned = answer(model, *optimizers, x.clone(), real.clone(), values[4])
        if not codes and not judged and (returned is None or returned is ...):
            return None  # it has not even looked at the images
        _look(model, codes, judged, real)
        judged.clear()
        adversarial_step(right, *_optimizers(right), x, real, values[4])
        moves += _moves(before, _weights(model), _weights(right))
    if optimizers[0].steps == 0 and _ways(moves)[:2] != [0, 0]:
        raise Recognised("another_optimizer")
    return torch.tensor(moves, dtype=torch.float64)


def _look(model: AdversarialAutoencoder, codes: list, judged: list[Tensor], real: Tensor) -> None:
    """What the networks were shown, and how they were left."""
    if not all(training for training, _ in codes):
        raise Recognised("eval_mode")
    if not all(value.requires_grad for value in model.parameters()):
        raise Recognised("left_frozen")
    known = torch.cat([real, *(z for _, z in codes)])
    for points in judged:
        if not (points[:, None] == known).all(dim=2).any(dim=1).all():
            raise Recognised("other_points")


def _moves(before: dict[str, Tensor], after: dict[str, Tensor], right: dict[str, Tensor]) -> list[float]:
    """For each network how far along the right way; then for each how far across it."""
    along, across = [], []
    for name in NETWORKS:
        way, wanted = after[name] - before[name], right[name] - before[name]
        share = way @ wanted / (wanted @ wanted)
        along.append(share.item())
        across.append(((way - share * wanted).norm() / wanted.norm()).item())
    return along + across


def _ways(moves: list[float]) -> list[float]:
    """How far each network moved in the first step, whichever way."""
    return [abs(along) + across for along, across in zip(moves[:3], moves[3:6], strict=True)]


def _weights(model: nn.Module) -> dict[str, Tensor]:
    return {
        name: torch.cat([value.detach().flatten() for value in getattr(model, name).parameters()]) for name in NETWORKS
    }


def _batch(n: int, seed: int) -> Inputs:
    generator = Generator().manual_seed(seed)
    images = torch.rand(n, 1, 28, 28, generator=generator, dtype=torch.float64)
    return images, torch.randn(n, 2, generator=generator, dtype=torch.float64)


class _Counted(torch.optim.SGD):
    """An optimizer that counts its steps."""

    steps = 0

    def step(self, closure: Callable | None = None) -> Tensor | None:
        self.steps += 1
        return super().step(closure)


def _optimizers(model: AdversarialAutoencoder) -> tuple[_Counted, _Counted]:
    """One of all weights, as in ``fit``, and one of the discriminator's alone."""
    return _Counted(model.parameters(), lr=2.3e-3), _Counted(model.discriminator.parameters(), lr=0.31)
