"""What a check says."""

from dataclasses import dataclass

MARKS = {"todo": "…  Still to do", "right": "✓  Right", "wrong": "✗  Not yet", "error": "✗  It stopped"}


@dataclass(frozen=True)
class CheckResult:
    """The outcome of a check: ``status`` is "todo", "right", "wrong" or "error"."""

    status: str
    message: str
    misconception: str | None = None

    def __repr__(self) -> str:
        return f"{MARKS[self.status]}: {self.message}"


TODO = CheckResult("todo", "write it in the cell above, run that cell, then run this one again.")
