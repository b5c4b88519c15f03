"""The results as a table for a spreadsheet: a line for each student and exercise."""

import csv
from pathlib import Path

from collect.results import Outcome
from collect.submissions import Submission

COLUMNS = ("student", "notebook", "exercise", "result", "mistake", "message", "runs", "file")


def safe(text: str) -> str:
    """A text that a spreadsheet shows and does not calculate: ``=HYPERLINK(...)`` in a name is no formula of ours."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text


def write_csv(path: Path, outcomes: list[Outcome], unusable: list[Submission]) -> None:
    """One line for each student and exercise, and one for each file that could not be used."""
    lines = [
        (
            o.submission.student,
            o.submission.notebook.stem,
            r.exercise,
            r.status,
            r.mistake,
            r.message,
            o.runs,
            o.submission.file,
        )
        for o in outcomes
        for r in o.results
    ]
    lines += [(s.student, "", "", "not read", "", s.problem, "", s.file) for s in unusable]
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # the mark by which spreadsheets know UTF-8
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([safe(text) for text in line] for line in lines)
