"""What goes through a model's ``encode`` and ``decode`` while it computes its loss, and known values put in instead.

A bug hides in the middle of a network. Here the two places where a VAE can be cut are opened: what the encoder says,
and what the decoder says. Put a known value in at one of them, and what comes out at the end is known too.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from vae_helpers.evaluation import Data, check_data
from vae_helpers.models.layers import device_of
from vae_helpers.validation import as_seed

FEWEST = 64  # images that the tests need
Numbers = dict[str, float | str]
Encoded = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
Decoded = Callable[[Tensor, Tensor], Tensor]


@dataclass
class Seen:
    """What passed last: ``mu, logvar`` from the encoder, ``z`` into the decoder, ``output`` out of it.

    >>> Seen().mu is None
    True
    """

    mu: Tensor | None = None
    logvar: Tensor | None = None
    z: Tensor | None = None
    output: Tensor | None = None
    decode: Callable[[Tensor], Tensor] | None = None  # the decoder, with whatever else it was given


@contextmanager
def watching(model: nn.Module, encode: Encoded | None = None, decode: Decoded | None = None) -> Iterator[Seen]:
    """Note what goes through ``model.encode`` and ``model.decode``, and put other values in their place.

    Modules named ``encoder`` and ``decoder`` do as well; what has neither stays unseen, and None.

    >>> from vae_helpers.clinic.practice import PracticeVAE
    >>> model = PracticeVAE(latent_dim=2)
    >>> with watching(model, encode=lambda mu, logvar: (mu * 0 + 3, logvar * 0)) as seen:
    ...     kl = model.loss_terms(torch.rand(4, 1, 28, 28))[1]
    >>> seen.z.shape, kl[0].item()  # 3^2 / 2 in each of two dimensions
    (torch.Size([4, 2]), 9.0)

    Args:
        model: it is as before when the block ends.
        encode: from ``mu, logvar`` to what is given on in their place.
        decode: from ``z, output`` to what is given on in place of the output.
    """
    seen = Seen()

    def encoded(args: tuple, output: object, again: Callable) -> object:
        if not _is_gaussian(output):
            return output
        seen.mu, seen.logvar = encode(*output[:2]) if encode else output[:2]
        return (seen.mu, seen.logvar, *output[2:])

    def decoded(args: tuple, output: object, again: Callable) -> object:
        if not isinstance(output, Tensor) or not args:
            return output
        seen.z, seen.decode = args[0], lambda z: again(z, *args[1:])
        seen.output = decode(args[0], output) if decode else output
        return seen.output

    undo = [undone for name, handler in (("encode", encoded), ("decode", decoded))
            for undone in _listen(model, name, handler)]  # fmt: skip
    try:
        yield seen
    finally:
        for undone in reversed(undo):
            undone()


def _is_gaussian(output: object) -> bool:
    return (
        isinstance(output, tuple)
        and len(output) >= 2
        and all(isinstance(part, Tensor) for part in output[:2])
        and output[0].shape == output[1].shape
        and output[0].ndim == 2
    )


def _listen(model: nn.Module, name: str, handler: Callable) -> Iterator[Callable[[], object]]:
    """Call ``handler`` on what passes; gives what undoes it. The method's word counts: it comes after the module's."""
    for module in (getattr(model, name, None), getattr(model, f"{name}r", None)):
        if isinstance(module, nn.Module):
            original = module.forward
            hook = module.register_forward_hook(lambda _, args, output, call=original: handler(args, output, call))
            yield hook.remove
    method = getattr(model, name, None)
    if callable(method) and not isinstance(method, nn.Module):
        setattr(model, name, lambda *args, **others: handler(args, method(*args, **others), method))
        yield lambda: delattr(model, name)


def own_terms(model: nn.Module, batch: tuple[Tensor, ...], seed: int = 0) -> tuple[Tensor, Tensor]:
    """The model's own reconstruction and KL, drawn from ``seed`` whether or not it takes a generator.

    >>> from vae_helpers.clinic.practice import PracticeVAE
    >>> [term.shape for term in own_terms(PracticeVAE(), (torch.rand(4, 1, 28, 28),))]
    [torch.Size([4]), torch.Size([4])]

    Args:
        model: with ``loss_terms(*batch)`` or ``loss_terms(*batch, generator=...)``.
        batch: what it takes.
        seed: PyTorch's own generator is left as it was.

    Raises:
        TypeError: what comes back is not two tensors.
    """
    parameters = inspect.signature(model.loss_terms).parameters.values()
    takes = any(parameter.name == "generator" or parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    options = {"generator": Generator(device_of(model)).manual_seed(as_seed(seed))} if takes else {}
    with seeded_globally(seed):
        terms = model.loss_terms(*batch, **options)
    if not isinstance(terms, tuple | list) or len(terms) != 2 or not all(isinstance(term, Tensor) for term in terms):
        raise TypeError(f"model.loss_terms: want two tensors, reconstruction and KL, got {type(terms).__name__}")
    return terms[0], terms[1]


@contextmanager
def seeded_globally(seed: int) -> Iterator[None]:
    """Draws on the CPU of whoever takes no generator (dropout, ``randn_like``) come from ``seed`` here, and only here.

    >>> with seeded_globally(0):
    ...     a = torch.rand(1)
    >>> with seeded_globally(0):
    ...     assert torch.rand(1) == a
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(as_seed(seed))  # torch.manual_seed is slow: it goes round all devices
        yield


def prepared(model: nn.Module, images: Data, n: int = 256, black_and_white: bool = False) -> tuple[nn.Module, tuple]:
    """A copy of the model in eval mode, so that no test changes the student's, and the first ``n`` examples.

    >>> from vae_helpers.clinic.practice import PracticeVAE
    >>> copy, (x,) = prepared(PracticeVAE(), torch.rand(100, 1, 28, 28), n=64, black_and_white=True)
    >>> x.unique()
    tensor([0., 1.])

    Args:
        model: with ``loss_terms``.
        images: as of ``evaluation.evaluate``, at least 64.
        n: how many are used.
        black_and_white: round the pixels, so that a model which draws its pixels anew has nothing to draw.

    Raises:
        TypeError, ValueError: a model without ``loss_terms``, or unusable or too few images.
    """
    parts = check_data(model, images, "images")
    if len(parts[0]) < FEWEST:
        raise ValueError(f"images: want at least {FEWEST}, got {len(parts[0])}")
    device = device_of(model)
    first, *others = (part[:n].to(device) for part in parts)
    return deepcopy(model).eval(), (first.round() if black_and_white else first, *others)


def reborn(model: nn.Module, seed: int = 0) -> nn.Module:
    """A copy with new initial weights, as PyTorch's layers draw them.

    >>> from vae_helpers.clinic.practice import PracticeVAE
    >>> model = PracticeVAE()
    >>> bool((reborn(model, seed=1).encoder.head.weight == model.encoder.head.weight).any())
    False
    """
    copy = deepcopy(model)
    with seeded_globally(seed):
        for module in copy.modules():
            if hasattr(module, "reset_parameters"):
                module.reset_parameters()
    return copy


def one_by_one(batch: tuple[Tensor, ...]) -> list[tuple[Tensor, ...]]:
    """A batch as batches of one example each.

    >>> [part.shape for part in one_by_one((torch.zeros(2, 3), torch.zeros(2)))[0]]
    [torch.Size([1, 3]), torch.Size([1])]
    """
    return list(zip(*(part.split(1) for part in batch), strict=True))


def copies(batch: tuple[Tensor, ...], n: int) -> tuple[Tensor, ...]:
    """The first example of a batch, ``n`` times.

    >>> copies((torch.tensor([5, 6]),), 3)
    (tensor([5, 5, 5]),)
    """
    return tuple(part[:1].repeat(n, *[1] * (part.ndim - 1)) for part in batch)
