"""Parts of models that read or write sequences of different lengths: shifts, masks, and a GRU on either side.

A batch holds its sequences padded to one length T. What stands behind a sequence's end must change nothing: an encoder
takes its state from the last real step, and a loss counts real steps only.
"""

import torch
from jaxtyping import Bool, Float, Integer, Num
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vae_helpers.validation import check_fits, check_some, checked


@checked
def count_letters(names: Integer[Tensor, "N T"]) -> Integer[Tensor, " N"]:
    """How many letters stand before the padding, which is 0.

    >>> count_letters(torch.tensor([[5, 3, 0, 0], [7, 7, 1, 2]]))
    tensor([2, 4])
    """
    return (names != 0).sum(dim=1)


@checked
def real_steps(lengths: Integer[Tensor, " N"], steps: int) -> Bool[Tensor, "N T"]:
    """Which of T = ``steps`` steps belong to each sequence, and are no padding.

    >>> real_steps(torch.tensor([2, 3]), steps=3)
    tensor([[ True,  True, False],
            [ True,  True,  True]])
    """
    return torch.arange(steps, device=lengths.device) < lengths[:, None]


def check_letters(names: Integer[Tensor, "N T"], letters: int, name: str = "names") -> None:
    """Raise unless these are names, with padding behind the last letter only; reads every value, so call it once.

    >>> check_letters(torch.tensor([[5, 0, 3]]), letters=61)
    Traceback (most recent call last):
    ValueError: names: want zeros behind the last letter only
    """
    check_fits(Integer[Tensor, "N T"], **{name: names})
    if names.numel() and not 0 <= names.min() <= names.max() < letters:
        raise ValueError(f"{name}: want letters from 0 to {letters - 1}, got {names.min()} to {names.max()}")
    if not torch.equal(names != 0, real_steps(count_letters(names), names.shape[1])):
        raise ValueError(f"{name}: want zeros behind the last letter only")


@checked
def shift_right(steps: Num[Tensor, "N ..."]) -> Num[Tensor, "N ..."]:
    """What a decoder reads before it predicts each step: zeros first, then steps 1 to T - 1; (N, T) or (N, T, F).

    >>> shift_right(torch.tensor([[5, 3, 7]]))
    tensor([[0, 5, 3]])
    """
    start = torch.zeros_like(steps[:, :1])
    return torch.cat([start, steps[:, :-1]], dim=1)


@checked
def sequence_nll(each: Float[Tensor, "N T"], lengths: Integer[Tensor, " N"]) -> Float[Tensor, " N"]:
    """The nats of each sequence: the sum of its steps' ``each`` up to its length. What the padding holds is nothing.

    >>> sequence_nll(torch.tensor([[1.0, 2.0, torch.nan], [3.0, 4.0, 5.0]]), torch.tensor([2, 3]))
    tensor([ 3., 12.])
    """
    real = real_steps(lengths, each.shape[1])
    return torch.where(real, each, 0).sum(dim=1)  # 0 * NaN would be NaN


@checked
def spelling_nll(logits: Float[Tensor, "N steps letters"], names: Integer[Tensor, "N T"]) -> Float[Tensor, " N"]:
    """What the letters of each name and its end cost, in nats; of the T + 1 steps, those behind the end cost nothing.

    >>> spelling_nll(torch.zeros(1, 4, 61), torch.tensor([[5, 3, 0]]))  # two letters and the end: 3 log 61
    tensor([12.3326])
    """
    letters_and_end = F.pad(names.long(), (0, 1))
    each = F.cross_entropy(logits.transpose(1, 2), letters_and_end, reduction="none")
    return sequence_nll(each, count_letters(names) + 1)


@checked
def nats_per_step(
    reconstruction: Float[Tensor, " N"], kl: Float[Tensor, " N"], lengths: Integer[Tensor, " N"]
) -> Float[Tensor, ""]:
    """The negative ELBO of a set per real step: all nats, those of the KL too, over all steps.

    Its exponential is the perplexity that is quoted of language models, or rather an upper bound on it.

    >>> nats_per_step(torch.tensor([8.0, 2.0]), torch.tensor([1.0, 1.0]), torch.tensor([3, 1]))
    tensor(3.)

    Raises:
        ValueError: no sequences, or one without a step.
    """
    _check_lengths(lengths)
    return (reconstruction + kl).sum() / lengths.sum()


def _check_lengths(lengths: Integer[Tensor, " N"]) -> None:
    check_some(lengths=lengths)
    if lengths.min() < 1:
        raise ValueError(f"lengths: want at least 1 step in each sequence, got {lengths.min()}")


class SequenceEncoder(nn.Module):
    """Reads sequences with a GRU and answers from its state after the last real step.

    >>> encoder = SequenceEncoder(nn.Embedding(61, 32), inputs=32 + 6, hidden=128, outputs=16)
    >>> encoder(torch.tensor([[5, 3, 0]]), torch.tensor([2]), torch.eye(6)[:1]).shape
    torch.Size([1, 16])

    Args:
        embedding: from what a step holds to a vector: ``nn.Embedding`` for letters, ``nn.Linear`` for points.
        inputs: the size of that vector and of what the network is told besides, together.
        hidden: the size of the GRU's state.
        outputs: how many numbers it answers with.
    """

    def __init__(self, embedding: nn.Module, inputs: int, hidden: int, outputs: int):
        super().__init__()
        self.embedding = embedding
        self.gru = nn.GRU(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)

    def forward(
        self, x: Tensor, lengths: Integer[Tensor, " N"], told: Float[Tensor, "N C"] | None = None
    ) -> Float[Tensor, "N outputs"]:
        """``x``: (N, T) or (N, T, F), what the embedding takes; ``lengths``: from 1 to T; ``told``: at each step."""
        steps = self.embedding(x)
        states, _ = self.gru(steps if told is None else beside(steps, told))
        return self.head(states[torch.arange(len(x), device=x.device), lengths - 1])


class SequenceDecoder(nn.Module):
    """Writes sequences with a GRU: the step before, and what it is told at each step -> what it says of this step.

    >>> decoder = SequenceDecoder(nn.Embedding(61, 32), inputs=32 + 14, hidden=128, outputs=61)
    >>> decoder(torch.tensor([[0, 5, 3]]), torch.zeros(1, 14)).shape
    torch.Size([1, 3, 61])

    Args:
        embedding, inputs, hidden: as a :class:`SequenceEncoder`'s.
        outputs: how many numbers it says of a step: logits of the letters, for example.
    """

    def __init__(self, embedding: nn.Module, inputs: int, hidden: int, outputs: int):
        super().__init__()
        self.embedding = embedding
        self.gru = nn.GRU(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)

    def forward(
        self,
        before: Tensor,
        told: Float[Tensor, "N C"],
        hide: float = 0.0,
        generator: Generator | None = None,
    ) -> Float[Tensor, "N T outputs"]:
        """All steps at once, from the *true* step before each (teacher forcing).

        ``hide`` is the share of these true steps that are blanked at random (*word dropout*, Bowman et al. 2016, arXiv
        1511.06349): what the decoder can't see there it has to learn from ``told``. For training only.
        """
        steps = self.embedding(before)
        if hide:
            seen = torch.rand(steps.shape[:2], generator=generator, device=steps.device) >= hide
            steps = steps * seen[..., None]
        states, _ = self.gru(beside(steps, told))
        return self.head(states)

    def step(
        self,
        before: Tensor,
        told: Float[Tensor, "N C"],
        state: Float[Tensor, "1 N hidden"] | None,
        blind: bool = False,
    ) -> tuple[Float[Tensor, "N outputs"], Float[Tensor, "1 N hidden"]]:
        """One step, from the one ``before``, unless ``blind``, and the GRU's ``state``: ``None`` at the start."""
        seen = self.embedding(before[:, None])
        states, state = self.gru(beside(torch.zeros_like(seen) if blind else seen, told), state)
        return self.head(states[:, 0]), state


def beside(steps: Float[Tensor, "N T F"], told: Float[Tensor, "N C"]) -> Float[Tensor, "N T F+C"]:
    """What is told, beside each step.

    >>> beside(torch.zeros(1, 2, 1), torch.ones(1, 2))
    tensor([[[0., 1., 1.],
             [0., 1., 1.]]])
    """
    return torch.cat([steps, told[:, None].expand(-1, steps.shape[1], -1)], dim=2)
