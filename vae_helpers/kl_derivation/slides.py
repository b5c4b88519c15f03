"""What the lecture's slides say, line by line, with a verdict that SymPy has checked."""

from dataclasses import dataclass

from vae_helpers.kl_derivation.beyond import BEYOND
from vae_helpers.kl_derivation.proving import Step
from vae_helpers.kl_derivation.steps import ONE_DIMENSION

# Where a slide is not simply right: the line that stands in its place here.
REPAIRS = {
    "second_moment": "derive it: integrate ε² against the density of N(0, 1)",
    "dropped": "the expectation goes to *every* term: see *The same line, repaired*",
    "sum_is_not_legal": "say when: q diagonal and p factorised. Else see *The matrix form*",
}


@dataclass(frozen=True)
class SlideTable:
    """A table that renders in a notebook; ``rows`` are (slide, line, verdict, repair)."""

    rows: list[tuple[str, str, str, str]]

    def __repr__(self) -> str:
        return "\n".join(f"{verdict:5}  {slide}: {title}" for slide, title, verdict, _ in self.rows)

    def _repr_markdown_(self) -> str:
        lines = [f"| {slide} | {title} | **{verdict}** | {repair} |" for slide, title, verdict, repair in self.rows]
        return "\n".join(["| slide | its line | verdict | instead |", "|---|---|---|---|", *lines])


def slide_table() -> SlideTable:
    """Every line of the slides, in order; each is proven first.

    Raises:
        DerivationError: SymPy does not confirm a line.
    """
    steps: dict[str, Step] = {name: one for name, one in (ONE_DIMENSION | BEYOND).items() if one.slide}
    for one in steps.values():
        one.prove()
    return SlideTable([(one.slide, one.title, one.verdict, REPAIRS.get(name, "")) for name, one in steps.items()])
