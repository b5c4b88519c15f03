"""Which formula a model's own reconstruction is: known numbers are put in for the decoder's outputs."""

import math

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vae_helpers.clinic.known_values import SINGLES
from vae_helpers.clinic.watching import Numbers, copies, one_by_one, own_terms, prepared, watching
from vae_helpers.evaluation import Data
from vae_helpers.validation import as_seed


@torch.no_grad()
def reconstruction(model: nn.Module, images: Data, seed: int = 0) -> Numbers:
    """Which formula the model's own reconstruction is, where the decoder is made to say known numbers.

    >>> from vae_helpers.clinic import PracticeVAE
    >>> numbers = reconstruction(PracticeVAE(), torch.rand(64, 1, 28, 28))
    >>> numbers["likelihood"], round(numbers["weight"], 3), round(numbers["target_slope"], 3)
    ('BCE of logits', 1.0, 1.0)

    Args:
        model, images, seed: as of :func:`known_values.noise`; 32 images are used, one by one, in black and white.

    Returns:
        ``likelihood``: "BCE of logits", "BCE of probabilities", "squares", "squares of sigmoids" (a sigmoid in the
        loss) or "unknown"; ``misfit``: how badly that formula fits, a fraction (0); ``weight``: in front of the sum
        over pixels (healthy: 1 for BCE; a = 1/(2 s^2) for squares); ``target_slope``, ``target_offset``: BCE's target
        is slope * x + offset (healthy: 1 and 0);
        ``pixels``: how many; ``target_gap``: by how much perfect copies cost more in a batch than one by one, in nats
        (healthy: 0); ``reconstruction_batch``: that of eight copies of one image against that of the image alone
        (healthy: 1); ``finite_when_sure``: 1, or 0 where a decoder that is sure, and wrong, gives NaN or infinity.

    Raises:
        TypeError, ValueError: as of :func:`known_values.noise`.
    """
    model, batch = prepared(model, images, SINGLES, black_and_white=True)
    x = batch[0].flatten(1)
    draws = torch.rand(x.shape, generator=Generator().manual_seed(as_seed(seed)))
    powers = torch.linspace(-1.5, 1.5, len(x)).exp().unsqueeze(1)  # some images dark, others bright
    given = (0.02 + 0.96 * draws**powers).to(x)
    own = _own_at(model, batch, given, seed)
    if own is None:
        return {}
    numbers = _formula(own.double().cpu(), given.double().cpu(), x.double().cpu())
    numbers["pixels"] = x.shape[1]
    middle = torch.full_like(x, 0.5)
    alone, eight = (_together_at(model, copies(batch, n), middle[:1].expand(n, -1), seed).mean().item() for n in (1, 8))
    numbers["reconstruction_batch"] = eight / alone if alone else math.nan
    perfect = 0.02 + 0.96 * x
    gap = _together_at(model, batch, perfect, seed).mean() / numbers["reconstruction_batch"]
    gap = gap - _own_at(model, batch, perfect, seed).mean()
    numbers["target_gap"] = gap.item() / numbers.get("weight", 1.0)
    sure = 200 * (1 - 2 * x) if numbers["likelihood"] == "BCE of logits" else 1 - x
    numbers["finite_when_sure"] = float(_together_at(model, batch, sure, seed).isfinite().all())
    return numbers


def _own_at(model: nn.Module, batch: tuple, given: Tensor, seed: int) -> Tensor | None:
    """The own reconstruction of each image, one by one, with these decoder outputs; None where they can't be put in."""
    values = []
    for one, output in zip(one_by_one(batch), given.split(1), strict=True):
        value = _together_at(model, one, output, seed)
        if value is None:
            return None
        values.append(value.mean())
    return torch.stack(values)


def _together_at(model: nn.Module, batch: tuple, given: Tensor, seed: int) -> Tensor | None:
    fits = []

    def decode(z: Tensor, output: Tensor) -> Tensor:
        fits.append(output.numel() == given.numel())
        return given.reshape(output.shape) if fits[-1] else output

    with watching(model, decode=decode):
        own = own_terms(model, batch, seed)[0]
    return own if fits and fits[-1] else None


def _formula(own: Tensor, given: Tensor, x: Tensor) -> Numbers:
    """The formula that fits best, by least squares over images."""
    results = []
    for name, logits in (("BCE of logits", given), ("BCE of probabilities", given.logit())):
        sums = torch.stack([F.softplus(logits).sum(dim=1), -(x * logits).sum(dim=1), -logits.sum(dim=1)], dim=1)
        (weight, slope, offset), misfit = least_squares(sums, own)
        results.append((misfit, name, weight, slope / weight, offset / weight))
    for name, means in (("squares", given), ("squares of sigmoids", torch.sigmoid(given))):
        sums = torch.stack([(means - x).square().sum(dim=1), torch.ones(len(x), dtype=x.dtype)], dim=1)
        (weight, _), misfit = least_squares(sums, own)
        results.append((misfit, name, weight, 1.0, 0.0))
    misfit, name, weight, slope, offset = min(results)
    if not misfit < 0.001:
        return {"likelihood": "unknown", "misfit": misfit}
    return {"likelihood": name, "misfit": misfit, "weight": weight, "target_slope": slope, "target_offset": offset}


def least_squares(sums: Float[Tensor, "N K"], own: Float[Tensor, " N"]) -> tuple[list[float], float]:
    """The factors of the columns that together come nearest to ``own``, and how far from it they stay, a fraction.

    >>> factors, misfit = least_squares(torch.eye(3)[:, :2], torch.tensor([2.0, 3.0, 0.0]))
    >>> factors, misfit < 1e-6
    ([2.0, 3.0], True)
    """
    answer = torch.linalg.lstsq(sums, own.unsqueeze(1)).solution
    misfit = (sums @ answer).squeeze(1).sub(own).square().mean().sqrt() / own.std()
    return answer.squeeze(1).tolist(), misfit.item()
