"""Parts of models that read or write sequences of different lengths: masks, and a GRU on either side.

A batch holds its sequences padded to one length T. What stands behind a sequence's end must change nothing: an encoder
takes its state from the last real step, and a loss counts real steps only.
"""

import torch
from jaxtyping import Bool, Float, Integer
from torch import Generator, Tensor, nn

from vae_helpers.validation import checked


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


class SequenceEncoder(nn.Module):
    """Reads sequences with a GRU and answers from its state after the last real step.

    >>> encoder = SequenceEncoder(nn.Embedding(61, 32), inputs=32 + 6, hidden=128, outputs=16)
    >>> encoder(torch.tensor([[5, 3, 0]]), torch.tensor([2]), torch.eye(6)[:1]).shape
    torch.Size([1, 16])

    Args:
        embedding: from what a step holds to a vector: ``nn.Embedding`` for letters, ``nn.Identity()`` for points.
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
        self, x: Tensor, lengths: Integer[Tensor, " N"], told: Float[Tensor, "N C"]
    ) -> Float[Tensor, "N outputs"]:
        """``x``: (N, T) or (N, T, F), what the embedding takes; ``lengths``: from 1 to T; ``told``: at each step."""
        states, _ = self.gru(beside(self.embedding(x), told))
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
