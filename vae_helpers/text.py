"""What a model of names is measured against: counted letters, and a judge that tells the language of a name.

Both only count, so there is nothing to train: what a network says about names should beat the first, and what it draws
should please the second as often as real names do.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import torch
from jaxtyping import Float, Integer
from torch import Tensor
from torch.nn import functional as F

from vae_helpers.data.names import SYMBOLS
from vae_helpers.models.sequences import count_letters, real_steps
from vae_helpers.validation import check_fits, check_positive, check_some, check_whole


class NGram:
    """How likely is each letter after the ``order`` letters before it? Counted in names, and smoothed.

    Most contexts are seen too seldom to be counted alone, so each table leans on the one with a letter less of it:
    p_k = (count + strength p_(k-1)) / (count of the context + strength), down to p_(-1) = 1/61.

    >>> table = NGram(torch.tensor([[1, 2, 0], [1, 2, 1]]), order=1, strength=1e-6)  # "ab" and "aba"
    >>> table.nll(torch.tensor([[1, 2, 0]]))  # first an a; a b after two of three; an end after one of two: log 3
    tensor([1.0986])

    Args:
        names: to count in, the numbers of their letters, padded with 0.
        order: letters of context, 0 to 3: the table has 61^(order + 1) entries.
        strength: how many observations the table with less context is worth.

    Raises:
        TypeError, ValueError: no such names, or a number that is none.

    Source: MacKay & Peto 1995, *A hierarchical Dirichlet language model*, section 3.
    """

    def __init__(self, names: Integer[Tensor, "N T"], order: int = 2, strength: float = 10.0):
        check_whole(0, order=order)
        check_positive(strength=strength)
        if order > 3:
            raise ValueError(f"order: want at most 3 letters of context, got {order}")
        self.order = int(order)
        entries, real = self._windows(names)
        check_some(names=names)
        counts = torch.bincount(entries[real], minlength=SYMBOLS ** (self.order + 1)).float()
        tables = [counts.view([SYMBOLS] * (self.order + 1))]
        while tables[-1].ndim > 1:
            tables.append(tables[-1].sum(dim=0))  # the farthest letter of context left out
        chances = torch.full([SYMBOLS], 1 / SYMBOLS)
        for seen in reversed(tables):
            chances = (seen + strength * chances) / (seen.sum(dim=-1, keepdim=True) + strength)
        self.log_chances = chances.log().flatten()

    def nll(self, names: Integer[Tensor, "N T"]) -> Float[Tensor, " N"]:
        """-log p(name), its end included, in nats."""
        entries, real = self._windows(names)
        return -(self.log_chances[entries] * real).sum(dim=1)

    def _windows(self, names: Integer[Tensor, "N T"]) -> tuple[Integer[Tensor, "N T+1"], Tensor]:
        """The table's entry for each letter with its context, and which of these steps are no padding."""
        check_fits(Integer[Tensor, "N T"], names=names)
        windows = F.pad(names, (self.order, 1)).unfold(1, self.order + 1, 1)
        entries = (windows * SYMBOLS ** torch.arange(self.order, -1, -1)).sum(dim=2)
        return entries, real_steps(count_letters(names) + 1, entries.shape[1])


class LanguageJudge:
    """Naive Bayes on a name's runs of 1 to 4 letters: which language is it in?

    >>> judge = LanguageJudge(["kowalska", "nowak", "rossi", "bianchi"], torch.tensor([0, 0, 1, 1]))
    >>> judge(["wakowska", "rossini"])
    tensor([0, 1])

    Args:
        names: to count in.
        languages: which language each is in, from 0.
        strength: what each run's count is raised by, so that none is impossible.

    Raises:
        TypeError, ValueError: no names, or not one language for each, from 0.
    """

    def __init__(self, names: Sequence[str], languages: Integer[Tensor, " N"], strength: float = 0.1):
        check_fits(Integer[Tensor, f"{len(names)}"], languages=languages)
        check_some(languages=languages)
        if languages.min() < 0:
            raise ValueError(f"languages: want whole numbers >= 0, got {languages.min().item()}")
        check_positive(strength=strength)
        self.counts = [Counter() for _ in range(int(languages.max()) + 1)]
        for name, language in zip(names, languages.tolist(), strict=True):
            self.counts[language].update(runs(name))
        kinds = len(set().union(*self.counts))
        self.strength, self.totals = strength, [count.total() + strength * kinds for count in self.counts]
        self.log_prior = (torch.bincount(languages) / len(languages)).log().tolist()

    def __call__(self, names: Sequence[str]) -> Integer[Tensor, " N"]:
        """The likeliest language of each name; ``ValueError`` where there is none."""
        if not names:
            raise ValueError("names: want at least one name, got none")
        return torch.tensor([self._scores(name) for name in names]).argmax(dim=1)

    def _scores(self, name: str) -> list[float]:
        seen = [run for run in runs(name) if any(run in count for count in self.counts)]  # the others tell nothing
        return [
            prior + sum(math.log((count[run] + self.strength) / total) for run in seen)
            for prior, count, total in zip(self.log_prior, self.counts, self.totals, strict=True)
        ]


def runs(name: str, longest: int = 4) -> Iterator[str]:
    """All runs of 1 to ``longest`` letters of a name, whose start and end are letters too.

    >>> list(runs("li", longest=2))
    ['^', 'l', 'i', '$', '^l', 'li', 'i$']
    """
    marked = f"^{name}$"
    for length in range(1, longest + 1):
        for start in range(len(marked) - length + 1):
            yield marked[start : start + length]


def novelty(drawn: Collection[str], known: Collection[str]) -> float:
    """The share of drawn names that are not among the known ones.

    >>> novelty(["nowak", "wakno"], known=["nowak", "rossi"])
    0.5
    """
    if not drawn:
        raise ValueError("drawn: want at least one name")
    known = set(known)
    return sum(name not in known for name in drawn) / len(drawn)
