"""Estimate how many minutes a notebook takes: ``python tools/reading_time.py [notebooks/01_*.ipynb ...]``.

A minute for 150 words of prose outside folded details, for 10 lines of code, three quarters of one for each displayed
formula, and six for each exercise. The *core path* is all of it without the section "Going further" and the references;
a notebook without that section has none: it is taken whole.
"""

import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent.parent / "notebooks"
NOT_CORE = ("## Going further", "## References")


class Amount(NamedTuple):
    """What there is to read and to do."""

    words: int = 0
    lines: int = 0
    formulas: int = 0
    exercises: int = 0

    @property
    def minutes(self) -> float:
        return self.words / 150 + self.lines / 10 + 0.75 * self.formulas + 6 * self.exercises

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(*map(sum, zip(self, other, strict=True)))


def amount(kind: str, text: str) -> Amount:
    """Of one cell: its type and its text."""
    if kind == "code":
        lines = sum(bool(line.strip()) for line in text.splitlines())
        return Amount(lines=lines, exercises=len(re.findall(r"^check\(", text, re.MULTILINE)))
    prose, formulas = re.subn(r"\$\$.*?\$\$", "", without_details(text), flags=re.DOTALL)
    return Amount(words=len(re.findall(r"\S*\w\S*", prose)), formulas=formulas)


def without_details(text: str) -> str:
    return re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL)


def read(path: Path) -> tuple[Amount, Amount]:
    """The core path of a notebook, and all of it; twice the same where nothing is to be skipped."""
    core = whole = Amount()
    section = ""
    skippable = False
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            section = (re.findall(r"^## .+", text, re.MULTILINE) or [section])[-1]
        skippable |= section == "## Going further"
        here = amount(cell["cell_type"], text)
        whole += here
        core += Amount() if section in NOT_CORE else here
    return core if skippable else whole, whole


def main(paths: list[Path]) -> None:
    print(f"{'':32} {'core':>5} {'whole':>5} minutes    words  lines  formulas  exercises")
    totals = [0.0, 0.0]
    for path in paths:
        core, whole = read(path)
        core_minutes = core.minutes if core != whole else 0
        totals = [totals[0] + core_minutes, totals[1] + whole.minutes]
        print(f"{path.stem:32} {f'{core_minutes:.0f}' if core_minutes else '-':>5} {whole.minutes:5.0f}", end="")
        print(f" {whole.words:15} {whole.lines:6}", end="")
        print(f" {whole.formulas:9} {whole.exercises:10}")
    print(f"{'all':32} {totals[0]:5.0f} {totals[1]:5.0f}")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")))
