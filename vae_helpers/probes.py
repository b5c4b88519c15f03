"""Does a latent tell the class? Asked of the simplest reader there is, a linear one.

Tensors of another dtype or shape than the signature says raise ``TypeError`` or ``ValueError``.
"""

import torch
from jaxtyping import Float, Integer
from torch import Tensor, nn
from torch.nn import functional as F

from vae_helpers.validation import check_finite, check_some, checked


@checked
def probe_accuracy(
    codes: Float[Tensor, "N D"],
    labels: Integer[Tensor, " N"],
    new_codes: Float[Tensor, "M D"],
    new_labels: Integer[Tensor, " M"],
) -> float:
    """The share of new codes whose class a linear probe names: a logistic regression fitted to ``codes``.

    A high one says that the class can be read off; a low one only that no *linear* reader can.

    >>> codes = torch.tensor([[0.0, 1.0], [0.1, 1.0], [5.0, 1.0], [5.1, 1.0]])
    >>> probe_accuracy(codes, torch.tensor([7, 7, 3, 3]), codes + 0.2, torch.tensor([7, 7, 3, 3]))
    1.0

    Args:
        codes: latents, such as the means of q(z|x).
        labels: their classes.
        new_codes, new_labels: others, which the fit does not see.

    Raises:
        ValueError: no codes, NaN, or a class < 0.

    Source: Alain & Bengio 2016 (arXiv 1610.01644).
    """
    check_some(codes=codes, new_codes=new_codes)
    check_finite(codes=codes, new_codes=new_codes)
    if min(labels.min(), new_labels.min()) < 0:
        raise ValueError(f"labels: want classes from 0 on, got {min(labels.min(), new_labels.min()).item()}")
    mean, std = codes.mean(dim=0), codes.std(dim=0, correction=0).clamp(min=1e-6)
    scaled, new_scaled = (codes - mean) / std, (new_codes - mean) / std
    probe = nn.Linear(codes.shape[1], 1 + int(labels.max())).to(codes)
    for weight in probe.parameters():
        nn.init.zeros_(weight)  # the loss is convex: from zeros, no seed is needed
    optimizer = torch.optim.LBFGS(probe.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(probe(scaled), labels.long())
        value.backward()
        return value

    with torch.enable_grad():
        optimizer.step(loss)
    return (probe(new_scaled).argmax(dim=1) == new_labels).float().mean().item()
