"""The plan in docs/instructors.md fits its sessions and shows sections of the core path, in order."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"^### (?:First|Second) session.*?\n(.*?)(?=^#)", PAGE, re.MULTILINE | re.DOTALL)
AFTER_THE_CORE = ("Going further", "References")


def steps(session: str) -> list[tuple[int, str, list[str]]]:
    """Of each row: its minutes, its notebook's file and the sections that it shows."""
    rows = [line for line in session.splitlines() if re.match(r"\| \d+ \|", line)]
    return [
        (
            int(row.split("|")[1]),
            re.search(r"notebooks/(\S+)\.ipynb", row)[1],
            re.findall(r"\*([^*]+)\*", row.split("|")[2]),
        )
        for row in rows
    ]


STEPS = [[*steps(session)] for session in SESSIONS]


def sections(stem: str) -> list[str]:
    cells = json.loads((ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.findall(r"^## (.+)", text, re.MULTILINE)


def test_there_are_two_with_ten_minutes_to_spare():
    assert len(STEPS) == 2
    for session in STEPS:
        assert 60 <= sum(minutes for minutes, _, _ in session) <= 80


@pytest.mark.parametrize("stem", sorted({stem for session in STEPS for _, stem, _ in session}))
def test_what_is_shown_is_on_the_core_path_and_in_order(stem):
    core = [name for name in sections(stem) if name not in AFTER_THE_CORE]
    shown = [name for session in STEPS for _, other, names in session if other == stem for name in names]
    assert shown and set(shown) <= set(core), f"{stem} has {core}"
    assert shown == sorted(shown, key=core.index)


def test_it_takes_no_longer_than_the_core_paths_that_it_shows():
    """As the headers have them, and with ten minutes to spare in each session."""
    shown = {stem for session in STEPS for _, stem, _ in session}
    headers = [(ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8") for stem in shown]
    assert sum(int(re.search(r"(\d+) of them on the core path", header)[1]) for header in headers) <= 160
    assert min(shown).startswith("01") and len(shown) >= 6


@pytest.mark.parametrize("stem", sorted({stem for session in STEPS for _, stem, _ in session}))
def test_its_minutes_are_those_of_the_speaker_notes(stem):
    notes = (ROOT / "docs" / "speaker_notes" / f"{stem}.md").read_text(encoding="utf-8")
    parts = [int(minutes) for minutes in re.findall(r"^\*\*Minutes:\*\* (\d+)", notes, re.MULTILINE)]
    in_the_plan = sum(minutes for session in STEPS for minutes, other, _ in session if other == stem)
    assert notes.splitlines()[2].startswith(f"{sum(parts)} minutes in all")
    assert sum(parts) == in_the_plan


def test_the_homework_is_there():
    """Exercises by their names in ``check``."""
    homework = PAGE.partition("### Homework")[2].partition("\n#")[0]
    named = [name for line in homework.splitlines() if line[:1] == "|" for name in re.findall(r"`(\w+)`", line)]
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "notebooks").glob("*.ipynb"))
    missing = [name for name in named if f'check(\\"{name}\\"' not in code]
    assert named and not missing
