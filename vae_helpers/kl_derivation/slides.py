"""What the lecture's slides say, line by line, with a verdict that SymPy has checked."""

from dataclasses import dataclass

from vae_helpers.kl_derivation.beyond import BEYOND
from vae_helpers.kl_derivation.proving import Step
from vae_helpers.kl_derivation.steps import ONE_DIMENSION


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
    """The lines of the slides on the KL, in the order of this derivation; each is proven first.

    Raises:
        DerivationError: SymPy does not confirm a line.
    """
    steps: list[Step] = [one for one in (ONE_DIMENSION | BEYOND).values() if one.slide]
    for one in steps:
        one.prove()
    return SlideTable([(one.slide, one.title, one.verdict, one.repair) for one in steps])
