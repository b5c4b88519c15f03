"""Decode and encode in the kernel: the fall-back for a network that the browser can't evaluate, a convolution say."""

import copy
from collections.abc import Callable
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from vae_helpers.models.layers import IMAGE_SHAPE, PIXELS
from vae_helpers.validation import check_whole
from vae_helpers.widgets.shared.models import check_codes, check_weights, outputs_of


class KernelDecoder:
    """A frozen copy of a decoder, and its answers to what a view asks.

    A request is ``{"kind": "decode", "id": ..., "latents": [[...], ...]}``. The answer repeats the id, and comes with
    one buffer of 784 little-endian float32 for each latent, or with an ``error`` to show instead.

    Args:
        decoder: from latents (N, latent_dim) to 784 logits each. Training it further does not change the copy.
        latent_dim: how many values a latent has.

    Raises:
        TypeError: a decoder that can't be copied, or that gives no tensor.
        ValueError: weights or outputs that are not finite, a decoder that does not take such latents, or that gives
            anything but 784 logits for each: probabilities, say.
    """

    def __init__(self, decoder: nn.Module, latent_dim: int):
        check_whole(1, latent_dim=latent_dim)
        self._latent_dim = latent_dim = int(latent_dim)
        self._decoder = frozen(decoder, "decoder")
        z = torch.randn(3, latent_dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        for part in (z[:1], z):  # a view asks for one at a time, where a squeeze could lose the batch
            logits = self._first_logits(part)
            self._check_logits(logits, len(part))
        if isinstance([*self._decoder.modules()][-1], nn.Sigmoid) and logits.min() >= 0 and logits.max() <= 1:
            raise ValueError("decoder: want logits, got probabilities; leave its last Sigmoid out")  # two make it grey

    def decode(self, latents: list[list[float]]) -> Tensor:
        """Pixel probabilities (N, 784), float32 on the CPU, for N latents.

        Raises:
            ValueError: anything but N >= 1 lists of latent_dim finite numbers, or logits that are not finite.
        """
        z = self._read(latents)
        logits = self._logits(z)
        self._check_logits(logits, len(z))
        return torch.sigmoid(logits.flatten(1).float()).cpu()

    def answer(self, content: Any) -> tuple[dict[str, Any], list[bytes]] | None:
        """The message and the buffers that answer a view's message; None where it asks for something else."""
        return answer_to(content, "decode", "latents", self.decode)

    @torch.no_grad()  # here, not once for all: it holds for one thread only, and comms may have one of their own
    def _logits(self, z: Tensor) -> Tensor:
        place = next(chain(self._decoder.parameters(), self._decoder.buffers()), torch.zeros(()))
        return self._decoder(z.to(place.dtype if place.is_floating_point() else torch.float32).to(place.device))

    def _first_logits(self, z: Tensor) -> Tensor:
        """The logits, or an error that says what they were wanted for."""
        try:
            return self._logits(z)
        except Exception as error:
            wanted = f"want one that takes latents {tuple(z.shape)}"
            raise ValueError(f"decoder: {wanted}, got {type(error).__name__}: {error}") from error

    def _check_logits(self, logits: Any, count: int) -> None:
        if not isinstance(logits, Tensor):
            raise TypeError(f"decoder: want a tensor of logits from it, got {type(logits).__name__}")
        if logits.ndim < 2 or len(logits) != count or logits.numel() != count * PIXELS:
            got = f"shape {tuple(logits.shape)} for {count} latent{'s' * (count > 1)}"
            raise ValueError(f"decoder: want {PIXELS} logits for each latent, got {got}")
        if not logits.isfinite().all():
            raise ValueError("decoder: it gives NaN or infinity for this latent; did training break down?")

    def _read(self, latents: Any) -> Tensor:
        return read_rows("latents", latents, self._latent_dim)


class KernelEncoder:
    """A frozen model, and the codes that a view asks for.

    A request is ``{"kind": "encode", "id": ..., "images": [[784 values], ...]}``; the answer comes with one buffer of
    little-endian float32 for each image: its code, or its mu and logvar after each other.

    Args:
        model: one with ``encode``, as :func:`frozen` gives it.
    """

    def __init__(self, model: nn.Module):
        self._model = model

    @torch.no_grad()
    def encode(self, images: list[list[float]]) -> Tensor:
        """Codes (N, D), or mu and logvar (N, 2 D), float32 on the CPU, for N images of 784 values.

        Raises:
            ValueError: anything but N >= 1 lists of 784 finite numbers, or codes that are not finite.
        """
        x = read_rows("images", images, PIXELS).unflatten(1, IMAGE_SHAPE)
        codes = outputs_of(self._model, x.to(next(self._model.parameters(), torch.zeros(()))))
        check_codes(codes)
        return codes

    def answer(self, content: Any) -> tuple[dict[str, Any], list[bytes]] | None:
        """As :meth:`KernelDecoder.answer`."""
        return answer_to(content, "encode", "images", self.encode)


def answer_to(
    content: Any, kind: str, argument: str, compute: Callable[[Any], Tensor]
) -> tuple[dict[str, Any], list[bytes]] | None:
    """The message and the buffers that answer a view's message of this kind; None where it asks for something else."""
    if not isinstance(content, dict) or content.get("kind") != kind:
        return None
    message = {"kind": f"{kind}d", "id": content.get("id")}
    try:
        rows = compute(content.get(argument))
    except Exception as error:  # the view shows it: raised here, it would vanish in the server's log
        return message | {"error": f"{type(error).__name__}: {error}"}, []
    return message, [row.astype("<f4").tobytes() for row in rows.numpy()]


def read_rows(name: str, values: Any, length: int) -> Tensor:
    """The numbers of a request, (N, length) in double precision; ``ValueError`` for anything else."""
    try:
        rows = torch.tensor(values, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        rows = torch.empty(0)
    if rows.ndim != 2 or len(rows) == 0 or rows.shape[1] != length or not rows.isfinite().all():
        raise ValueError(f"{name}: want N >= 1 lists of {length} finite numbers, got {values!r:.60}")
    return rows


def frozen(network: nn.Module, name: str) -> nn.Module:
    """A copy in eval mode and without gradients, on the network's device; ``name`` says in an error what it is."""
    check_weights(network, part=name)
    try:
        return copy.deepcopy(network).eval().requires_grad_(False)
    except Exception as error:  # a module may hold anything: a lock, a tensor with a graph behind it
        raise TypeError(f"{name}: it can't be copied: {type(error).__name__}: {error}") from error
