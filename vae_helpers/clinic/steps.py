"""What a training step does with the gradients; nothing is moved."""

import torch
from torch import Generator, Tensor, nn

from vae_helpers.clinic.formula import least_squares
from vae_helpers.clinic.watching import Numbers, own_terms, prepared, reborn, seeded_globally, watching
from vae_helpers.evaluation import Data
from vae_helpers.models.layers import device_of
from vae_helpers.training import Step, training_step
from vae_helpers.validation import as_seed


def step(model: nn.Module, images: Data, step: Step = training_step, seed: int = 0) -> Numbers:
    """What a training step gives the optimizer, on new initial weights that it is not allowed to move.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = step(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> round(numbers["step_growth"], 3), round(numbers["step_beta"], 3)
    (1.0, 1.0)

    Args:
        model, images, seed: as of :func:`known_values.noise`; 64 images are used.
        step: as ``training.fit`` takes it.

    Returns:
        ``step_growth``: the gradient of the second step on a batch against that of the first (healthy: 1);
        ``step_beta``: the weight of the KL's gradient against the reconstruction's, beta = 1 being asked for
        (healthy: 1); left out where it can't be told; ``encoder_learns``: 1, or 0 where what the
        encoder says has no gradient.

    Raises:
        TypeError, ValueError: as of :func:`known_values.noise`.
    """
    model, batch = prepared(model, images, 64)
    model = reborn(model, seed).train()
    numbers = _of_step(model, batch, step, seed)
    if abs(numbers.get("step_beta", 1.0)) < 0.02:  # free bits cost nothing where the KL is small: look where it is not
        numbers |= {"step_beta": _of_step(model, batch, step, seed, shift=5.0).get("step_beta", numbers["step_beta"])}
    return numbers


def _of_step(model: nn.Module, batch: tuple, step: Step, seed: int, shift: float = 0.0) -> Numbers:
    """The numbers of :func:`step`, with ``shift`` added to each mu."""

    def encode(mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
        return (mu + shift, logvar) if shift else (mu, logvar)

    gradients = []
    for k in (0, 1):
        with watching(model, encode=encode) as seen:
            terms = own_terms(model, batch, seed)
        model.zero_grad()
        if terms[k].requires_grad:
            terms[k].mean().backward()
        gradients.append(_gradient(model))
    model.zero_grad()
    recorder = _Recorder(model)
    for _ in (0, 1):
        generator = Generator(device_of(model)).manual_seed(as_seed(seed))
        with seeded_globally(seed), watching(model, encode=encode):
            step(model, recorder, *batch, beta=1.0, generator=generator)
    if not recorder.seen:
        return {}
    first, last = recorder.seen[0], recorder.seen[-1]
    numbers: Numbers = {"step_growth": (last.norm() / first.norm()).item()}
    if seen.mu is not None:
        numbers["encoder_learns"] = float(seen.mu.requires_grad)
    (of_reconstruction, of_kl), _ = least_squares(torch.stack(gradients, dim=1), first)
    missed = (of_reconstruction * gradients[0] + of_kl * gradients[1] - first).norm() / first.norm()
    told_apart = missed < 0.01 and gradients[1].norm() > 0
    return numbers | ({"step_beta": of_kl / of_reconstruction} if told_apart else {})


def unheld(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[str]:
    """The names of the weights that the optimizer does not hold, and so never moves (healthy: none).

    >>> from vae_helpers.clinic import PracticeVAE
    >>> model = PracticeVAE()
    >>> unheld(model, torch.optim.Adam(model.parameters()))
    []
    >>> unheld(model, torch.optim.Adam(model.decoder.parameters()))[0]
    'encoder.body.0.weight'

    Args:
        model: whose weights shall learn; frozen ones are not missed.
        optimizer: as it was made for the model.
    """
    held = {id(weight) for group in optimizer.param_groups for weight in group["params"]}
    return [name for name, weight in model.named_parameters() if weight.requires_grad and id(weight) not in held]


class _Recorder(torch.optim.SGD):
    """Notes the gradient and moves nothing."""

    def __init__(self, model: nn.Module):
        super().__init__(model.parameters(), lr=0.0)
        self.model, self.seen = model, []

    def step(self, closure=None) -> None:
        self.seen.append(_gradient(self.model))


def _gradient(model: nn.Module) -> Tensor:
    gradients = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in model.parameters()]
    return torch.cat([gradient.flatten() for gradient in gradients]).double()
