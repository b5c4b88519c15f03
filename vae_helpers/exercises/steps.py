"""Try a training step on small models: what it does to the weights, and which noise it draws."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from vae_helpers.exercises.exercise import Inputs, Recognised
from vae_helpers.losses import bernoulli_nll, gaussian_kl, vae_loss
from vae_helpers.models import VAE


def batches() -> list[Inputs]:
    """Two steps each, on batches of several sizes, one image among them."""
    return [(_images(5, 0), _images(3, 1)), (_images(1, 2), _images(4, 3))]


def two_steps(answer: Callable, batches: Inputs) -> Tensor | None:
    """The loss of a batch before, after one step and after two; None if nothing was touched.

    With almost no noise in z, a step is the same however an answer draws its eps.
    """
    model = _model(latent_dim=2, logvar=-40.0, spread=0.0)
    optimizer = _optimizer(model)
    losses, modes = [_loss(model, batches[0])], []
    model.encoder.register_forward_hook(lambda *_: modes.append(model.training))
    for x in batches:
        modes.clear()
        returned = answer(model, optimizer, x)
        if not modes and (returned is None or returned is ...):
            return None  # it has not even looked at the images
        if not all(modes):
            raise Recognised("eval_mode")
        losses.append(_loss(model, batches[0]))
    if optimizer.steps == 0 and losses[0] != losses[-1]:
        raise Recognised("another_optimizer")
    return torch.tensor(losses, dtype=torch.float64)


def check_noise(answer: Callable) -> None:
    """Decoded is z, drawn afresh with the right spread; and the gradient comes back through the draw.

    Raises:
        Recognised: it is not so.
    """
    model = _model(latent_dim=16, logvar=-1.5, spread=0.3)
    codes, latents, noises = [], [], []
    model.encoder.register_forward_hook(lambda module, x, output: codes.append(output))
    model.decoder.register_forward_pre_hook(lambda module, z: latents.append((z[0], codes[-1]) if codes else None))
    for seed in (4, 5):
        before, x = {name: value.clone() for name, value in model.state_dict().items()}, _images(250, seed)
        latents.clear()
        answer(model, _optimizer(model), x)
        if not latents or None in latents or any(z.shape != mu.shape for z, (mu, _) in latents):
            return  # it goes another way through the model: nothing to see here
        drawn = [((z - mu) / torch.exp(logvar / 2)).detach() for z, (mu, logvar) in latents]
        drawn.append(torch.cat(drawn))  # it may take one image at a time
        faults = [noise_fault(eps) for eps in drawn]
        if None not in faults:  # it may decode a mean, too, just to look at it
            raise Recognised(faults[0] if len(latents) == 1 else faults[-1])
        noises.append(drawn[faults.index(None)])
        if len(latents) == 1 and not _same_step(model, before, x, noises[-1]):
            raise Recognised("path_through_sigma_cut")
    if torch.allclose(*noises, atol=1e-6):
        raise Recognised("frozen_noise")


def noise_fault(eps: Tensor) -> str | None:
    """What is wrong with these draws from N(0, 1), if anything; right ones miss a bound once in a million times."""
    count = eps.numel()
    if eps.abs().max() < 1e-6:
        return "mean_decoded"
    if (eps - eps[:1]).abs().max() < 1e-6 or (eps - eps[:, :1]).abs().max() < 1e-6:
        return "noise_shared"
    off = (eps.mean().abs(), (eps.square().mean() - 1).abs() / 2**0.5, (eps.pow(4).mean() - 3).abs() / 96**0.5)
    return "wrong_noise" if max(off) > 6 / count**0.5 else None


def _images(n: int, seed: int) -> Tensor:
    return torch.rand(n, 1, 28, 28, generator=Generator().manual_seed(seed), dtype=torch.float64)


def _model(latent_dim: int, logvar: float, spread: float) -> VAE:
    """A small VAE with about this log-variance of z."""
    model = VAE(latent_dim=latent_dim, hidden=(6,), seed=0).double()
    with torch.no_grad():
        model.encoder.head.weight[latent_dim:] *= spread
        model.encoder.head.bias[latent_dim:] = logvar
    return model


class _Counted(torch.optim.SGD):
    """An optimizer that counts its steps."""

    steps = 0

    def step(self, closure: Callable | None = None) -> Tensor | None:
        self.steps += 1
        return super().step(closure)


def _optimizer(model: VAE) -> _Counted:
    """With settings that no answer would choose for an optimizer of its own."""
    return _Counted(model.parameters(), lr=7.7e-4, momentum=0.6)


@torch.no_grad()
def _loss(model: VAE, x: Tensor) -> float:
    return vae_loss(*model.loss_terms(x, Generator().manual_seed(0))).mean().item()


def _same_step(model: VAE, before: dict[str, Tensor], x: Tensor, eps: Tensor) -> bool:
    """Whether the step that led from the weights ``before`` to the model's is the right one with this noise."""
    copy = VAE(**model.architecture).double()
    copy.load_state_dict(before)
    mu, logvar = copy.encode(x)
    logits = copy.decode(mu + torch.exp(0.5 * logvar) * eps)
    vae_loss(bernoulli_nll(logits, x), gaussian_kl(mu, logvar)).mean().backward()
    _optimizer(copy).step()
    weights = zip(copy.state_dict().values(), model.state_dict().values(), strict=True)
    return all(torch.allclose(a, b, rtol=1e-6, atol=1e-9) for a, b in weights)
